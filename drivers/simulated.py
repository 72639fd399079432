"""The simulated world: lanes with arms, vehicles, loops and readers, at the lowest seam there is.

Below the real drivers and above nothing: relays are heard and inputs driven on gpiozero's MockFactory, cards are bytes on a
`sim://` line or a pty. It ships with the product: `make run` is a whole gate on a laptop.

    world = World(rate=1.0)
    world.add_lane("entry", gpio_lane, "in", wire("entry-reader"))
    car = world.car("entry", plate="粤B·12345", card=bytes.fromhex("3C00CE754C"))
    car.done.wait(60); car.outcome            → "crossed"
    world.violations                          → () for ever, or the gate is wrong

Every method may be called from any thread. The world has one thread of its own, `world` (drivers/sim_agenda.py).
"""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from drivers.base import Line
from drivers.gpio import GpioLane
from drivers.readers import rdm6300
from drivers.sim_agenda import Agenda
from drivers.sim_lane import FAULTS, SimulatedLane, Violation
from drivers.sim_mifare import MemoryReader
from drivers.sim_pins import LanePins, mock_pins
from drivers.sim_reader import AskedReader, SimulatedReader
from drivers.sim_vehicle import FAR, Behaviour, Manners, SimulatedVehicle
from drivers.wire import FarEnd, PtyWire, Wire, wire

__all__ = [
    "FAULTS",
    "Behaviour",
    "LaneScene",
    "Manners",
    "PtyWire",
    "SimulatedVehicle",
    "Violation",
    "Wire",
    "World",
    "mock_pins",
    "wire",
]

LOOK_S = 0.02
SEEN_UNTIL = 3.0
"""Metres behind the arm at which a vehicle has left the camera's picture."""


@dataclass(frozen=True, slots=True)
class LaneScene:
    """What a camera at the arm sees. `position` 0: just coming into sight, 1: past the arm. `arm` 0: down, 1: up."""

    plate: str = ""
    colour: str = "blue"
    body: str = "white"
    position: float = 0.0
    arm: float = 0.0
    night: bool = False


class World:
    """All lanes of a gate. Simulated time runs `rate` times as fast as life."""

    def __init__(self, rate: float = 1.0) -> None:
        self.night = False
        self._closed = False
        self._agenda = Agenda(rate)
        self._lanes: dict[str, SimulatedLane] = {}
        self._fire: tuple[LanePins, ...] = ()
        self._buttons: tuple[LanePins, ...] = ()
        self._violations: tuple[Violation, ...] = ()
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._changed = threading.Condition()

    # ---- building

    def add_lane(
        self,
        lane: str,
        gpio_lane: GpioLane,
        direction: Literal["in", "out"] = "in",
        reader_wire: FarEnd | None = None,
        *,
        encode: Callable[[bytes], bytes] | None = None,
        rise_s: float = 3.0,
        fall_s: float = 3.5,
        angle: float = 0.0,
    ) -> None:
        """Put the world around a lane that is made already (making it resets the pins) and best not yet started.

        `encode` is the reader's own; the default is the RDM6300. `angle`: where the arm is found. Times in simulated
        seconds. When this returns, the input pins are as the world is; `gpio_lane.start()` then begins with that.
        """
        frame = encode or (lambda uid: rdm6300.encode(uid, rdm6300.Options()))
        reader = None if reader_wire is None else SimulatedReader(self._agenda, reader_wire, frame)
        pins = LanePins(gpio_lane)

        def build() -> None:
            self._lanes[lane] = SimulatedLane(
                lane,
                direction,
                self._agenda,
                pins,
                reader,
                changed=self._notify,
                violated=self._violated,
                rise_s=rise_s,
                fall_s=fall_s,
                angle=angle,
            )

        self._and_wait(build)

    def fit_reader(
        self,
        lane: str,
        reader_wire: FarEnd | None,
        encode: Callable[[bytes], bytes] | None,
        memory: MemoryReader | None = None,
    ) -> None:
        """Another reader stands at a lane from now on; without a wire there is none. `encode` is its own; `memory`: it is asked instead."""
        reader = None if reader_wire is None or encode is None else SimulatedReader(self._agenda, reader_wire, encode)
        reader = reader if memory is None else AskedReader(self._agenda, memory)

        def fit() -> None:
            self._lanes[lane].reader = reader

        self._and_wait(fit)

    def add_fire(self, gpio_lane: GpioLane) -> None:
        """A fire contact that belongs to the whole gate, on pins of its own: the fault «fire» of any lane closes it."""
        pins = LanePins(gpio_lane)

        def build() -> None:
            pins.drive(Line.FIRE, False)
            self._fire = (*self._fire, pins)

        self._and_wait(build)

    def add_button(self, gpio_lane: GpioLane) -> None:
        """A button at the post, or the contact of its cabinet's door, on pins of its own."""
        pins = LanePins(gpio_lane)

        def build() -> None:
            pins.drive(Line.BUTTON, False)
            pins.drive(Line.TAMPER, False)
            self._buttons = (*self._buttons, pins)

        self._and_wait(build)

    def button(self, down: bool) -> None:
        """Press the buttons at the post, or let them go."""

        def happen() -> None:
            for pins in self._buttons:
                pins.drive(Line.BUTTON, down)

        self._agenda.post(happen)

    def close(self) -> None:
        """End the world; vehicles under way are done with the outcome «removed». May be called twice."""
        if self._closed:
            return
        self._closed = True

        def end() -> None:
            for lane in self._lanes.values():
                lane.close()

        self._and_wait(end)
        self._agenda.close()

    # ---- what may happen

    def car(
        self,
        lane: str,
        plate: str = "粤B·12345",
        card: bytes | None = None,
        behaviour: Behaviour | str = Behaviour.NORMAL,
        *,
        colour: str = "blue",
        body: str = "white",
        manners: Manners | None = None,
        second_plate: str = "粤B·67890",
    ) -> SimulatedVehicle:
        """A vehicle drives up. `card` None: nobody holds a card to the reader. `second_plate`: of the car that tailgates.

        ValueError when there is no such behaviour, KeyError when there is no such lane.
        """
        road = self._lanes[lane]
        known = _known("behaviour", str(behaviour), [each.value for each in Behaviour])
        vehicle = SimulatedVehicle(lane, plate, card, Behaviour(known), colour=colour, body=body, manners=manners)
        if vehicle.behaviour is Behaviour.TAILGATE:
            vehicle.follower = SimulatedVehicle(
                lane, second_plate, None, Behaviour.NORMAL, body="silver", manners=manners, ahead=vehicle
            )
        self._agenda.post(lambda: road.enter(vehicle))
        return vehicle

    def tap(self, lane: str, uid: bytes) -> None:
        """A card is held to the lane's reader. ValueError when this family of cards has no such uid."""
        reader = self._lanes[lane].reader
        if reader is None:
            raise ValueError(f"lane {lane} has no simulated reader")
        reader.tap(uid)

    def answers(self, lane: str) -> Callable[[], None]:
        """The gate answers cards at this lane, and drivers wait for it: call what is returned after each decision, on any thread."""
        road = self._lanes[lane]
        road.answers = True

        def answered() -> None:
            self._agenda.post(road.answered)

        return answered

    def fault(self, lane: str, name: str, on: bool) -> None:
        """Begin or end a fault. ValueError when FAULTS has no such name."""
        road = self._lanes[lane]
        known = _known("fault", name, FAULTS)

        def happen() -> None:
            road.fault(known, on)
            if known == "fire":
                for pins in self._fire:
                    pins.drive(Line.FIRE, on)

        self._agenda.post(happen)

    # ---- looking

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every time that the arm came down on somebody."""
        return self._violations

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes' names."""
        return tuple(self._lanes)

    def direction(self, lane: str) -> str:
        """in or out, as the lane was added."""
        return self._lanes[lane].direction

    def now(self) -> float:
        """Simulated seconds since the world began."""
        return self._agenda.now()

    def arm(self, lane: str) -> float:
        """The arm's angle: 0 down, 1 up."""
        return self._lanes[lane].arm.angle()

    def vehicles(self, lane: str) -> tuple[SimulatedVehicle, ...]:
        """The vehicles in the lane, the foremost first."""
        return self._lanes[lane].vehicles

    def scene(self, lane: str) -> LaneScene:
        """What the lane's camera sees at this moment."""
        road, now = self._lanes[lane], self._agenda.now()
        arm = road.arm.angle()
        for vehicle in road.vehicles:
            front = vehicle.motion.place(now)
            if vehicle.way > 0 and FAR < front < SEEN_UNTIL:
                position = (front - FAR) / (SEEN_UNTIL - FAR)
                return LaneScene(vehicle.plate, vehicle.colour, vehicle.body, position, arm, self.night)
        return LaneScene(arm=arm, night=self.night)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call it on the world's thread after anything changed. It must not block."""
        with self._changed:
            self._listeners = (*self._listeners, listener)

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Wait until the predicate holds; `timeout` in real seconds.

        Looked at after each change, and every `LOOK_S` besides: angles and places change without an event.
        """
        ends = time.monotonic() + timeout
        with self._changed:
            while not predicate():
                left = ends - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, LOOK_S))
        return True

    # ---- inside

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
            listeners = self._listeners
        for listener in listeners:
            listener()

    def _violated(self, violation: Violation) -> None:
        self._violations = (*self._violations, violation)

    def _and_wait(self, call: Callable[[], None]) -> None:
        finished = threading.Event()

        def run() -> None:
            call()
            finished.set()

        self._agenda.post(run)
        if not finished.wait(5.0):
            raise TimeoutError("the simulated world does not answer")


def _known(what: str, name: str, known: Collection[str]) -> str:
    if name in known:
        return name
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.3)
    raise ValueError(f"there is no {what} {name!r}; {f'did you mean {near[0]!r}' if near else ', '.join(known)}")
