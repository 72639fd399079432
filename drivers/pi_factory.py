"""lgpio's pins as a gate needs them: a relay's pin is left driven, at the level that opens the contact.

gpiozero turns every pin that it closes into an input without a pull: after a clean stop a relay board's inputs would float
(gpiozero issue 1146), and a board without resistors of its own may close a contact then. Here an output stays an output: the
process lets go of the line, and Raspberry Pi's kernel keeps driving what was driven last (persist_gpio_outputs). Mainline
kernels let the line go back to its pull; there the board's resistor decides, as at boot.

And it turns a pin into an output at low level first, and writes the wanted level then: a relay that closes on a low level
would be closed from the one call to the other, for 10 ms on a busy machine (seen on the rig). Here it is one call.

Edges come to Python through a pipe and a thread of lgpio's, which may be far behind on a busy machine. `when_heard` tells when it
has caught up: it writes a message of its own into the same pipe, of a pin that there is not, and waits for its turn.

Importing this imports lgpio, which writes a pipe into $LG_WD or the working directory: so only `raspberry_pi` imports it.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections import deque
from collections.abc import Callable

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

TRANSIT_NS = 2_000_000
"""So long, and on an idle machine far less, does lgpio's own thread (C, no interpreter) need from the kernel's edge to its pipe."""
NOBODY = 255
"""A pin that no chip of a Raspberry Pi has."""
_MESSAGE = struct.Struct("QBBBBI")
"""lgpio's notification: time in ns, chip (the upper half of its handle), pin, level, flags, padding."""


class Pin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that stays as it is when it is an output."""

    def output_with_state(self, state: bool) -> None:
        """An output that has this level from its first moment on. Raises lgpio.error."""
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    def close(self) -> None:
        """Inputs are let go; outputs are left for the kernel to keep. Raises lgpio.error."""
        if self.factory._handle is not None and self.function != "output":
            super().close()


class PiFactory(LGPIOFactory):  # type: ignore[misc]  # gpiozero has no types
    """All pins of this Raspberry Pi."""

    def __init__(self) -> None:
        super().__init__()
        self.pin_class = Pin
        self._asked: deque[tuple[int, Callable[[int], None]]] = deque()
        self._asking = threading.Lock()
        self._mark = lgpio.callback(self._handle, NOBODY, lgpio.BOTH_EDGES, self._marked)
        pipe = lgpio._notify_thread._file.fileno()
        self._pipe = os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def when_heard(self, call: Callable[[int], None]) -> None:
        """Call it, on lgpio's thread, when all edges until now have been told; with up to when that is (monotonic ns)."""
        with self._asking:
            if self._pipe < 0:
                return
            now = time.monotonic_ns()
            self._asked.append((now, call))  # before it is written: its turn may come before this thread's next step
            try:
                os.write(self._pipe, _MESSAGE.pack(now, self._handle >> 16, NOBODY, 0, 0, 0))
            except BlockingIOError:  # thousands of edges wait: nothing is heard now, and it is asked again
                self._asked.pop()

    def _marked(self, _chip: int, _pin: int, _level: int, _tick: int) -> None:
        with self._asking:
            if not self._asked:
                return
            asked, call = self._asked.popleft()
        call(asked - TRANSIT_NS)

    def close(self) -> None:
        """Give everything back. Raises lgpio.error."""
        with self._asking:
            pipe, self._pipe = self._pipe, -1
            self._asked.clear()
        if pipe >= 0:
            self._mark.cancel()
            os.close(pipe)
        super().close()
