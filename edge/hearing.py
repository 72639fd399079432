"""What the devices say, in the loop: cards to the gate's one path, edges into the lanes' tables, trouble to the faults.

a device's thread → Bridge.sink → Hearing.says → gate.card, lane.feed, faults
"""

from __future__ import annotations

import logging
import time

from camera.base import CameraFault
from drivers import base as d
from edge import hardware
from edge.desk.green import GreenWay
from edge.desk.reader import DeskReader
from edge.domain import barrier as b
from edge.errors import GateError
from edge.gate import Gate
from edge.orders import Order

log = logging.getLogger(__name__)
Said = d.CardRead | d.DeviceFault | d.Edge | CameraFault


class Hearing:
    """Where each kind of word goes."""

    def __init__(self, gate: Gate, desk: DeskReader, green: GreenWay) -> None:
        self._gate, self._desk, self._green = gate, desk, green

    def says(self, value: Said) -> None:
        """One word of one device."""
        match value:
            case d.CardRead(device=hardware.DESK_READER):
                self._gate.bridge.spawn(self._desk.card(value.uid))
            case d.CardRead():
                lane = value.device.partition(".")[0]
                self._gate.bridge.spawn(self._gate.card(lane, value.device, value.uid))
            case d.Edge(lane=hardware.FIRE_LANE):
                self.fire(value.active)
            case d.Edge(lane=hardware.GREEN_LANE):
                if value.active:
                    self._gate.bridge.spawn(self._button(value.mono_ns))
            case d.Edge():
                self._gate.lanes[value.lane].feed(b.Sensor(b.Line(value.line.value), value.active))
            case d.DeviceFault():
                self.fault(value.device, value.code.value, value.active, value.detail)
            case CameraFault():
                self.fault(value.device, value.code, value.active, value.detail)

    def fire(self, active: bool) -> None:
        """The alarm system's contact, for every lane."""
        for lane in self._gate.lanes.values():
            lane.feed(b.Sensor(b.Line.FIRE, active))

    def fault(self, device: str, code: str, active: bool, detail: str) -> None:
        """A device is not as it should be, or is again."""
        lane = device.partition(".")[0]
        self._gate.faults.set(device, code, active, detail, lane if lane in self._gate.lanes else "")
        self._gate.changed()

    async def _button(self, mono_ns: int) -> None:
        """A press is as old as its edge: one that waited for a stalled loop does not open later."""
        age_ms = max(0, (time.monotonic_ns() - mono_ns) // 1_000_000)
        press = Order("", "green-way", tick=self._gate.clock.mono_ms() - age_ms)
        try:
            await self._green.button(press)
        except GateError as e:
            log.error("the green way's button: %s", e)
