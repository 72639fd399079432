"""The simulated world around a simulated gate: made only when the configuration says that its pins are simulated.

Satisfies edge.simulation.Playground: cars and faults go to drivers.simulated, the cameras' faults to camera.simulated, and
each camera sees its lane of the world.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from camera import simulated as pictures
from camera.base import Source
from drivers import loader, sim_mifare
from drivers.gpio import GpioLane
from drivers.sim_mifare import MemoryReader
from drivers.simulated import SimulatedVehicle, World, mock_pins, wire
from edge.errors import BadInput, NotFound
from edge.settings import LaneTable, ReaderTable

__all__ = ["Playground", "mock_pins"]
SIM = "sim://"


class Ride:
    """A vehicle under way (edge.simulation.Vehicle)."""

    def __init__(self, vehicle: SimulatedVehicle, done: Callable[[SimulatedVehicle, Callable[[], None]], None]) -> None:
        self._vehicle, self._done = vehicle, done

    @property
    def outcome(self) -> str:
        """crossed, turned-back, gave-up, removed; empty while under way."""
        return self._vehicle.outcome

    def when_done(self, call: Callable[[], None]) -> None:
        """Call it, on the world's thread, when the vehicle is gone."""
        self._done(self._vehicle, call)


def _frame(table: LaneTable, uid: bytes) -> bytes:
    """What the lane's own kind of reader sends for a card."""
    assert table.reader is not None
    return _encoded(table.reader, uid)


def _encoded(reader: ReaderTable, uid: bytes) -> bytes:
    module = loader.load(reader.driver)
    return module.encode(uid, loader.make_options(module, reader.options))


def _answering(reader: ReaderTable) -> MemoryReader | None:
    """A simulated reader that is asked says that there is no card, until one is held to it. With cards that have a memory, where the family has."""
    module = loader.load(reader.driver)
    if family := sim_mifare.FAMILIES.get(reader.driver):
        line = wire(reader.port.removeprefix(SIM))
        memory = family(line)
        line.on_received = memory.hear
        return memory
    if no_card := getattr(module, "no_card", None):
        options, line = loader.make_options(module, reader.options), wire(reader.port.removeprefix(SIM))

        def answer(request: bytes) -> None:
            line.write(no_card(request, options))

        line.on_received = answer
    return None


class Playground:
    """The world, lane by lane."""

    def __init__(self, rate: float) -> None:
        self.world = World(rate)
        self.sources: dict[str, pictures.SimulatedCamera] = {}
        self._rate = rate
        self._desk: ReaderTable | None = None
        self.desk_memory: MemoryReader | None = None
        self._waiting: list[tuple[SimulatedVehicle, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self.world.on_change(self._tell)

    def add(self, table: LaneTable, io: GpioLane) -> None:
        """Put the world around a lane whose pins are open."""
        port = table.reader.port if table.reader else ""
        line = wire(port.removeprefix(SIM)) if port.startswith(SIM) else None
        encode = partial(_frame, table) if line else None
        memory = _answering(table.reader) if line and table.reader else None
        self.world.add_lane(table.id, io, table.direction, line, encode=encode, memory=memory)

    def add_desk(self, reader: ReaderTable) -> None:
        """The reader beside the tablet, where it is simulated."""
        if reader.port.startswith(SIM):
            self._desk = reader
            self.desk_memory = _answering(reader)

    def desk_card(self, uid: bytes) -> None:
        """A card is held to the desk's reader. Raises BadInput, NotFound."""
        if self._desk is None:
            raise NotFound(
                "没有模拟的桌面读卡器 · there is no simulated desk reader", "[desk.reader] port = sim://desk-reader"
            )
        try:
            frame = _encoded(self._desk, uid)
        except ValueError as e:
            raise BadInput(f"这种读卡器没有这样的卡号 · {e}", "10位十六进制 · ten hex digits") from None
        if self.desk_memory is not None:  # it lies there until another one takes its place
            self.desk_memory.lay(uid)
        else:
            wire(self._desk.port.removeprefix(SIM)).write(frame)

    def add_fire(self, io: GpioLane) -> None:
        """The fire contact of the whole gate."""
        self.world.add_fire(io)

    def add_button(self, io: GpioLane) -> None:
        """The green way's button."""
        self.world.add_button(io)

    def source(self, table: LaneTable) -> Source:
        """The lane's rendered camera."""
        camera = table.camera
        assert camera is not None
        made = pictures.SimulatedCamera(
            lambda: self._scene(table.id), fps=camera.fps, label=table.name, width=camera.width, height=camera.height
        )
        self.sources[table.id] = made
        return made

    def _scene(self, lane: str) -> pictures.SceneState:
        seen = self.world.scene(lane)
        return pictures.SceneState(
            plate=seen.plate, colour=seen.colour, body=seen.body, position=seen.position, arm=seen.arm, night=seen.night
        )

    # ---- edge.simulation.Playground

    def car(self, lane: str, plate: str, card: bytes | None, behaviour: str) -> Ride:
        """A vehicle drives up."""
        colour = "green" if len(plate) == 8 else "blue"
        try:
            return Ride(self.world.car(lane, plate, card, behaviour, colour=colour), self._when_done)
        except ValueError as e:
            raise BadInput(str(e), "见 edge/simulation.py 开头 · see the top of edge/simulation.py") from None

    def fault(self, lane: str, name: str, on: bool) -> None:
        """A fault begins or ends: camera-gone, camera-frozen, camera-dark, or one of the world's."""
        if name.startswith("camera-"):
            source = self.sources.get(lane)
            if source is None:
                raise NotFound(f"车道 {lane} 没有模拟摄像头 · no simulated camera", "")
            try:
                source.order(name.removeprefix("camera-"), on)
            except ValueError as e:
                raise BadInput(str(e), "") from None
            return
        try:
            self.world.fault(lane, name, on)
        except ValueError as e:
            raise BadInput(str(e), "见 drivers/simulated.py · see drivers/simulated.py") from None

    def _when_done(self, vehicle: SimulatedVehicle, call: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.append((vehicle, call))
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            done = [call for vehicle, call in self._waiting if vehicle.done.is_set()]
            self._waiting = [(vehicle, call) for vehicle, call in self._waiting if not vehicle.done.is_set()]
        for call in done:
            call()

    def close(self) -> None:
        """The world ends."""
        self.world.close()
