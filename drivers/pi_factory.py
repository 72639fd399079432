"""lgpio's pins as a gate needs them: a relay's pin is left driven, at the level that opens the contact.

gpiozero turns every pin that it closes into an input without a pull: after a clean stop a relay board's inputs would float
(gpiozero issue 1146), and a board without resistors of its own may close a contact then. Here an output stays an output: the
process lets go of the line, and Raspberry Pi's kernel keeps driving what was driven last (persist_gpio_outputs). Mainline
kernels let the line go back to its pull; there the board's resistor decides, as at boot.

And it turns a pin into an output at low level first, and writes the wanted level then: a relay that closes on a low level
would be closed from the one call to the other, for 10 ms on a busy machine (seen on the rig). Here it is one call.

Importing this imports lgpio, which writes a pipe into $LG_WD or the working directory: so only `raspberry_pi` imports it.
"""

from __future__ import annotations

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin


class Pin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that stays as it is when it is an output."""

    def output_with_state(self, state: bool) -> None:
        """An output that has this level from its first moment on. Raises lgpio.error."""
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    def close(self) -> None:
        """Inputs are let go; outputs are left for the kernel to keep. Raises lgpio.error."""
        if self.factory._handle is not None and self.function != "output":
            super().close()


class PiFactory(LGPIOFactory):  # type: ignore[misc]
    """All pins of this Raspberry Pi."""

    def __init__(self) -> None:
        super().__init__()
        self.pin_class = Pin
