"""The simulated world around a simulated gate: made only when the configuration says that its pins are simulated.

Satisfies edge.simulation.Playground: cars and faults go to drivers.simulated, the cameras' faults to camera.simulated, and
each camera sees its lane of the world.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Literal

from camera import simulated as pictures
from camera.base import Source
from drivers import base as d
from drivers import loader, sim_mifare
from drivers.gpio import GpioLane
from drivers.sim_mifare import MemoryReader
from drivers.simulated import SimulatedVehicle, World, mock_pins, wire
from edge.desk_play import DeskPlay
from edge.errors import BadInput, NotFound
from edge.settings_lane import CameraTable, ReaderTable

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
        self.desk = DeskPlay(rate)
        self._rate = rate
        self._desk: ReaderTable | None = None
        self.desk_memory: MemoryReader | None = None
        self._waiting: list[tuple[SimulatedVehicle, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self.world.on_change(self._tell)

    def add(self, lane: str, direction: Literal["in", "out"], io: GpioLane) -> None:
        """Put the world around a lane whose pins are open."""
        self.world.add_lane(lane, io, direction)

    def add_reader(self, lane: str, reader: ReaderTable | None) -> None:
        """The lane's reader, where it is simulated, or with no lane the one beside the tablet; None: there is none any more."""
        simulated = reader if reader is not None and reader.port.startswith(SIM) else None
        memory = _answering(simulated) if simulated else None
        if not lane:
            self._desk, self.desk_memory = simulated, memory
        elif lane in self.world.lanes:
            line = wire(simulated.port.removeprefix(SIM)) if simulated else None
            self.world.fit_reader(lane, line, partial(_encoded, simulated) if simulated else None, memory)

    def listening(self, lane: str, tell: Callable[[str], None]) -> Callable[[str], None]:
        """How a lane tells what was decided (edge.lane.Lane.tell), so that simulated drivers hear it too."""
        answered = self.world.answers(lane)

        def told(answer: str) -> None:
            tell(answer)
            answered()

        return told

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

    def add_contact(self, io: GpioLane) -> None:
        """The fire contact, or the green way's button: contacts of the whole gate."""
        (self.world.add_fire if d.Line.FIRE in io.options.inputs else self.world.add_button)(io)

    def source(self, lane: str, label: str, camera: CameraTable) -> Source:
        """The lane's rendered camera."""
        made = pictures.SimulatedCamera(
            lambda: self._scene(lane), fps=camera.fps, label=label, width=camera.width, height=camera.height
        )
        self.sources[lane] = made
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
            raise BadInput(str(e), "见 edge/scenario.py 开头 · see the top of edge/scenario.py") from None

    def fault(self, lane: str, name: str, on: bool) -> None:
        """A fault begins or ends: camera-gone, camera-dark … (camera.simulated ORDERS), or one of the world's."""
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
