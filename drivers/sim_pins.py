"""The world's grip on a lane's pins: it hears the relays and moves the inputs, on gpiozero's MockFactory.

The pins are the lowest seam: above them the real GpioLane runs, and it cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from drivers.base import Action, Line
from drivers.gpio import GpioLane
from drivers.pins import Pins


class WatchedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A mock pin that tells when its level changes: `watcher(level)`, on the thread that changed it."""

    watcher: Callable[[bool], None] | None = None

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        if changed and self.watcher is not None:
            self.watcher(bool(value))
        return changed


def mock_pins(rate: float = 1.0) -> Pins:
    """A gate's pins that exist only in memory. `rate`: see drivers.pins.Pins."""
    return Pins(MockFactory(pin_class=WatchedPin), rate=rate)


class LanePins:
    """One lane's pins, from outside."""

    def __init__(self, lane: GpioLane) -> None:
        self._lane = lane
        factory = lane.pins.factory
        if not isinstance(factory, MockFactory):
            raise TypeError(f"lane {lane.options.lane} has real pins: the simulated world does not touch them")
        self._inputs: dict[Line, Any] = {line: factory.pin(each.pin) for line, each in lane.options.inputs.items()}

    def watch(self, pressed: Callable[[Action], None]) -> None:
        """Call it whenever a relay closes."""
        for action, relay in self._lane.options.relays.items():
            pin = self._lane.pins.factory.pin(relay.pin)

            def changed(level: bool, action: Action = action, closed: bool = relay.active_high) -> None:
                if level == closed:
                    pressed(action)

            pin.watcher = changed

    def unwatch(self) -> None:
        """Hear no more."""
        for relay in self._lane.options.relays.values():
            self._lane.pins.factory.pin(relay.pin).watcher = None

    def drive(self, line: Line, active: bool) -> None:
        """Open or close the contact of this line; nothing happens when the lane has none."""
        pin = self._inputs.get(line)
        if pin is None or pin.function != "input":
            return
        if active == self._lane.options.inputs[line].active_level:
            pin.drive_high()
        else:
            pin.drive_low()
