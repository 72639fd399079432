"""What the devices say, in the loop: cards to the gate's one path, edges into the lanes' tables, trouble to the faults.

a device's thread → Bridge.sink → Hearing.says → gate.card, lane.feed, faults
"""

from __future__ import annotations

import logging
import time

from camera.base import CameraFault
from drivers import base as d
from edge import hardware
from edge.desk.green import AGAIN_MS, GreenWay
from edge.desk.reader import DeskReader
from edge.desk.scanners import Scanners
from edge.domain import barrier as b
from edge.errors import GateError
from edge.gate import Gate
from edge.lane import Lane
from edge.orders import Order, Person

log = logging.getLogger(__name__)
Said = d.CardRead | d.TextRead | d.DeviceFault | d.Edge | CameraFault


class Hearing:
    """Where each kind of word goes."""

    def __init__(self, gate: Gate, desk: DeskReader, green: GreenWay, codes: Scanners) -> None:
        self._gate, self._desk, self._green, self._codes = gate, desk, green, codes
        self._raised_ms: dict[str, int] = {}

    def says(self, value: Said) -> None:
        """One word of one device."""
        match value:
            case d.CardRead(device=hardware.DESK_READER):
                self._gate.bridge.spawn(self._desk.card(value.uid))
            case d.CardRead():
                lane = value.device.partition(".")[0]
                self._gate.bridge.spawn(self._gate.card(lane, value.device, value.uid))
            case d.TextRead():
                lane = value.device.partition(".")[0]
                self._gate.bridge.spawn(self._codes.scanned(lane, value.device, value.text))
            case d.Edge(lane=hardware.FIRE_LANE):
                self.fire(value.active)
            case d.Edge(lane=hardware.GREEN_LANE):
                if value.active:
                    self._gate.bridge.spawn(self._button(value.mono_ns))
            case d.Edge(line=d.Line.TAMPER):
                self._tamper(value.lane, value.active)
            case d.Edge(line=d.Line.HAND):
                self._hand(value)
            case d.Edge():
                self._gate.lanes[value.lane].feed(b.Sensor(b.Line(value.line.value), value.active))
            case d.DeviceFault():
                self.fault(value.device, value.code.value, value.active, value.detail)
            case CameraFault():
                self.fault(value.device, value.code, value.active, value.detail)

    def found(self, lane: str, active: frozenset[d.Line]) -> None:
        """How the contacts of a lane, or of the post, are found at the start. Of buttons only a press counts, so nothing moves."""
        if d.Line.FIRE in active or lane == hardware.FIRE_LANE:
            self.fire(d.Line.FIRE in active)
        self._tamper(lane, d.Line.TAMPER in active)
        if (road := self._gate.lanes.get(lane)) is not None:
            self._hand_switch(road, d.Line.HAND in active)
            road.feed(b.Start(frozenset(b.Line(line.value) for line in active if line is not d.Line.TAMPER)))

    def _tamper(self, lane: str, open_: bool) -> None:
        """The door of a barrier machine or of the post's cabinet."""
        device = hardware.POST_CABINET if lane == hardware.POST_LANE else f"{lane}.barrier"
        self.fault(device, d.FaultCode.TAMPER.value, open_, "")

    def _hand(self, edge: d.Edge) -> None:
        """The switch at the machine: the table knows whose hand it was; where it has no say of its own it is an order to raise."""
        lane = self._gate.lanes[edge.lane]
        lane.feed(b.Sensor(b.Line.HAND, edge.active))
        self._hand_switch(lane, edge.active)
        if edge.active and lane.table.barrier.hand_raises:
            self._gate.bridge.spawn(self._raise(lane.id, edge.mono_ns))

    def _hand_switch(self, lane: Lane, on: bool) -> None:
        if not lane.table.barrier.hand_raises:
            self.fault(f"{lane.id}.barrier", "hand-switch", on, "")

    async def _raise(self, lane: str, mono_ns: int) -> None:
        press = Order(lane, "open", "hand-switch", tick=self._pressed_ms(mono_ns))
        if press.tick - self._raised_ms.get(lane, -AGAIN_MS) < AGAIN_MS:
            return  # pressed twice in haste: one vehicle
        self._raised_ms[lane] = press.tick
        try:
            await self._gate.order(Person(f"device:{lane}.hand", ""), press)
        except GateError as e:
            log.error("lane %s: the button at the machine: %s", lane, e)

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
        press = Order("", "green-way", tick=self._pressed_ms(mono_ns))
        try:
            await self._green.button(press)
        except GateError as e:
            log.error("the green way's button: %s", e)

    def _pressed_ms(self, mono_ns: int) -> int:
        """When a button was pressed, on the gate's steady clock."""
        return self._gate.clock.mono_ms() - max(0, (time.monotonic_ns() - mono_ns) // 1_000_000)
