"""`python -m edge safe`: every relay that a configuration names is opened, whatever the gate left behind.

The Pi's kernel keeps a pin driven when its process is gone, so a gate that is killed in the middle of a pulse leaves the contact
closed. Its unit runs this as ExecStopPost=, after every end of the gate, before it is started again. It goes through the same pin code as
the gate (`drivers.gpio`): each output is claimed at its released level in one call, and let go of without being changed.

Each relay by itself: one that another program holds must not keep the others closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from drivers.base import Action, DeviceFault, DeviceGone
from drivers.gpio import GpioLane
from drivers.pins import LaneOptions, Pins
from edge.hardware import lane_pins
from edge.settings import Settings


@dataclass(frozen=True, slots=True)
class Released:
    """One relay. `trouble`: why it was not released; empty when it was."""

    lane: str
    action: Action
    pin: int
    trouble: str = ""

    def __str__(self) -> str:
        where = f"{self.lane}.{self.action.value} GPIO {self.pin}"
        return f"✗ {where}: {self.trouble}" if self.trouble else f"✓ {where}"


def release(settings: Settings, pins: Pins) -> Iterator[Released]:
    """Open every relay, one after the other, the one that raises the arm last: nothing else may then move it."""
    for table in settings.lane:
        options = lane_pins(table)
        for action, relay in sorted(options.relays.items(), key=lambda item: item[0] is Action.OPEN):
            faults: list[DeviceFault] = []
            try:
                GpioLane(LaneOptions(table.id, {action: relay}), pins, partial(_hear, faults)).close()
            except DeviceGone as e:
                yield Released(table.id, action, relay.pin, f"{e} → {e.hint}")
            else:
                yield Released(table.id, action, relay.pin, "; ".join(fault.detail for fault in faults))


def _hear(faults: list[DeviceFault], said: object) -> None:
    if isinstance(said, DeviceFault):
        faults.append(said)


def run(settings: Settings, open_pins: Callable[[], Pins], say: Callable[[str], None] = print) -> int:
    """For the command line: 0 when every relay is open. Raises DeviceGone when this machine's pins cannot be opened at all."""
    if settings.pins.factory == "simulated":
        say("✓ 引脚是模拟的，没有继电器 · the pins are simulated: there is no relay to open")
        return 0
    pins = open_pins()
    try:
        done = list(release(settings, pins))
    finally:
        pins.close()
    for each in done:
        say(str(each))
    return 1 if any(each.trouble for each in done) else 0
