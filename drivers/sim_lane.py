"""One lane of the simulated world: its arm, its vehicles in their order, its loops and its beam.

Everything here runs on the world's thread. Whatever changes calls `settle`: each driver decides, each vehicle gets its
target (never nearer to the one ahead than the gap), the loops and the beam are driven, and it is looked at whether the arm
comes down on somebody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.base import Action, Line
from drivers.sim_agenda import Agenda
from drivers.sim_arm import ARM_FAULTS, SimulatedArm
from drivers.sim_motion import Motion
from drivers.sim_pins import LanePins
from drivers.sim_reader import SimulatedReader
from drivers.sim_vehicle import (
    APPROACH,
    ARM,
    AWAY,
    BEAM,
    FAR,
    GAP,
    TAILGATE_GAP,
    UNDER,
    Behaviour,
    Phase,
    SimulatedVehicle,
)

ZONES = {Line.APPROACH: APPROACH, Line.UNDER: UNDER, Line.BEAM: BEAM}
DANGER_BELOW = 0.8
"""An arm that moves down below this angle touches the roof of a car that stands under it."""
HAIR = 1e-6
STUCK_LINES = {"approach-stuck": Line.APPROACH, "loop-stuck": Line.UNDER, "beam-broken": Line.BEAM}
CONTACTS = {"fire": Line.FIRE, "hand-switch": Line.HAND, "tamper": Line.TAMPER}
"""What people work: no vehicle moves them, so they stay as they were put."""
FAULTS = (*ARM_FAULTS, *STUCK_LINES, *CONTACTS, "reader-gone")


@dataclass(frozen=True, slots=True)
class Violation:
    """The arm came down on a vehicle: must never be. `second` is simulated time, `angle` the arm's at that moment."""

    lane: str
    plate: str
    second: float
    angle: float


class SimulatedLane:
    """One lane. `changed` is called after anything changed, `violated` when somebody was hit."""

    def __init__(
        self,
        lane: str,
        direction: str,
        agenda: Agenda,
        pins: LanePins,
        reader: SimulatedReader | None,
        *,
        changed: Callable[[], None],
        violated: Callable[[Violation], None],
        rise_s: float,
        fall_s: float,
        angle: float,
    ) -> None:
        self.lane = lane
        self.direction = direction
        self.reader = reader
        self.vehicles: tuple[SimulatedVehicle, ...] = ()
        """The foremost first. Replaced, never changed: others read it while the world goes on."""
        self._agenda = agenda
        self._pins = pins
        self._changed = changed
        self._violated = violated
        self._stuck: set[Line] = set()
        self._hit: set[int] = set()
        self._settling = False
        self.answers = False
        """Whether the gate says what became of a card (`answered`); then drivers wait for that, as they do for a reader's beep."""
        self.arm = SimulatedArm(
            agenda, pins.drive, self.settle, rise_s=rise_s, fall_s=fall_s, angle=angle, marks=(DANGER_BELOW,)
        )
        for line in CONTACTS.values():
            pins.drive(line, False)
        pins.watch(self._pressed)
        self.settle()

    def _pressed(self, action: Action) -> None:
        """On whatever thread moved the relay."""
        self._agenda.post(lambda: self.arm.press(action))

    def close(self) -> None:
        """Nobody waits for ever for a vehicle of a world that has ended."""
        self._pins.unwatch()
        for vehicle in self.vehicles:
            self._finish(vehicle, "removed")
        self._changed()

    # ---- orders

    def enter(self, vehicle: SimulatedVehicle) -> None:
        """A vehicle comes into the lane, behind all others; with a tailgater right behind it when that is its nature."""
        now = self._agenda.now()
        last = self.vehicles[-1] if self.vehicles and vehicle.way > 0 else None
        gap = TAILGATE_GAP if vehicle.ahead else GAP
        start = FAR if last is None else min(FAR, last.motion.place(now) - last.manners.length - gap)
        vehicle.motion = Motion.rest(start, now)
        self.vehicles = (*self.vehicles, vehicle)
        if vehicle.follower is not None:
            self.enter(vehicle.follower)
        self.settle()

    def fault(self, name: str, on: bool) -> None:
        """Begin or end one of FAULTS."""
        if name in ARM_FAULTS:
            self.arm.fault(name, on)
        elif name in STUCK_LINES:
            (self._stuck.add if on else self._stuck.discard)(STUCK_LINES[name])
        elif name in CONTACTS:
            self._pins.drive(CONTACTS[name], on)
            if on and name == "hand-switch":  # it works the machine itself, and its second contact tells the gate
                self.arm.press(Action.OPEN)
        elif self.reader is not None:
            (self.reader.wire.unplug if on else self.reader.wire.plug)()
        self.settle()

    def answered(self) -> None:
        """The gate has decided about a card: the foremost driver who waits for that knows it."""
        for vehicle in self.vehicles:
            if vehicle.presented_at is not None:
                vehicle.presented_at = None
                break
        self.settle()

    # ---- what follows from what is

    def settle(self) -> None:
        """Bring drivers, vehicles and lines into agreement with the moment. Called again while it runs, it does nothing."""
        if self._settling:
            return
        self._settling = True
        now = self._agenda.now()
        for vehicle in self.vehicles:
            self._decide(vehicle, now)
        for ahead, vehicle in zip((None, *self.vehicles), self.vehicles, strict=False):
            self._steer(vehicle, ahead if ahead is not None and ahead.way == vehicle.way else None, now)
        self._lines(now)
        self._look_for_hits(now)
        self._settling = False
        self._changed()

    def _decide(self, vehicle: SimulatedVehicle, now: float) -> None:
        front = vehicle.motion.place(now)
        if vehicle.phase is Phase.COMING:
            if vehicle.ahead is not None and vehicle.ahead.phase in (Phase.GOING, Phase.HALTED, Phase.GONE):
                vehicle.phase = Phase.GOING
            elif front >= vehicle.stop_line - HAIR:
                self._present(vehicle)
        elif vehicle.phase is Phase.WAITING:
            if self.arm.is_up and len(vehicle.deciding) < 2 and not self._listens(vehicle, now):
                react = self._agenda.after(vehicle.manners.reacts_after_s, lambda: self._react(vehicle))
                vehicle.deciding.append(react)
        elif vehicle.phase is Phase.GOING:
            # Who follows on another's opening brakes only when the arm is really coming down.
            free = self.arm.is_up or (vehicle.ahead is not None and self.arm.angle() > DANGER_BELOW)
            if front < 0 and not vehicle.committed(now) and not free:
                self._wait(vehicle)
            elif vehicle.halts_at is not None and front >= vehicle.halts_at - HAIR:
                vehicle.phase = Phase.HALTED
                self._agenda.after(vehicle.manners.halts_s, lambda: self._go_on(vehicle))
            elif front >= AWAY - HAIR:
                self._finish(vehicle, "crossed")
        elif vehicle.phase is Phase.LEAVING and front <= FAR + HAIR:
            self._finish(vehicle, vehicle.leaves_as)

    def _present(self, vehicle: SimulatedVehicle) -> None:
        vehicle.phase = Phase.PRESENTING

        def presented() -> None:
            if vehicle.phase is Phase.PRESENTING:
                if self.reader is not None and vehicle.card is not None:
                    self.reader.tap(vehicle.card)
                    if self.answers:
                        vehicle.presented_at = self._agenda.now()
                        self._agenda.after(vehicle.manners.listens_s + HAIR, self.settle)
                self._wait(vehicle)
                self.settle()

        self._agenda.after(vehicle.manners.presents_after_s, presented)

    @staticmethod
    def _listens(vehicle: SimulatedVehicle, now: float) -> bool:
        return vehicle.presented_at is not None and now < vehicle.presented_at + vehicle.manners.listens_s

    def _wait(self, vehicle: SimulatedVehicle) -> None:
        vehicle.phase = Phase.WAITING
        self._forget_decisions(vehicle)
        vehicle.deciding = [self._agenda.after(vehicle.manners.patience_s, lambda: self._leave(vehicle, "gave-up"))]

    def _react(self, vehicle: SimulatedVehicle) -> None:
        """The arm has been up for as long as a driver needs to see it."""
        del vehicle.deciding[1:]
        if vehicle.phase is not Phase.WAITING or not self.arm.is_up:
            return
        if vehicle.behaviour is Behaviour.TURN_BACK:
            self._leave(vehicle, "turned-back")
            return
        self._forget_decisions(vehicle)
        vehicle.phase = Phase.GOING
        self.settle()

    def _leave(self, vehicle: SimulatedVehicle, outcome: str) -> None:
        self._forget_decisions(vehicle)
        vehicle.phase, vehicle.leaves_as = Phase.LEAVING, outcome
        self.settle()

    def _go_on(self, vehicle: SimulatedVehicle) -> None:
        if vehicle.phase is Phase.HALTED:
            vehicle.halts_at = None
            vehicle.phase = Phase.GOING
            self.settle()

    def _finish(self, vehicle: SimulatedVehicle, outcome: str) -> None:
        self._forget_decisions(vehicle)
        for handle in vehicle.coming_up:
            handle.cancel()
        vehicle.phase = Phase.GONE
        vehicle.outcome = outcome
        self.vehicles = tuple(each for each in self.vehicles if each is not vehicle)
        vehicle.done.set()

    @staticmethod
    def _forget_decisions(vehicle: SimulatedVehicle) -> None:
        for handle in vehicle.deciding:
            handle.cancel()
        vehicle.deciding = []

    def _steer(self, vehicle: SimulatedVehicle, ahead: SimulatedVehicle | None, now: float) -> None:
        """Give the vehicle its target; plan a `settle` for each moment at which it passes something."""
        place = vehicle.motion.place(now)
        goal = {
            Phase.COMING: vehicle.stop_line,
            Phase.GOING: AWAY if vehicle.halts_at is None else vehicle.halts_at,
            Phase.LEAVING: FAR,
        }.get(vehicle.phase, place)
        if ahead is not None:
            gap = TAILGATE_GAP if vehicle.ahead is ahead else GAP
            goal = min(goal, ahead.motion.target - ahead.manners.length - gap)
        if abs(goal - vehicle.motion.target) < HAIR:
            return
        for handle in vehicle.coming_up:
            handle.cancel()
        speed = vehicle.manners.speed if abs(goal - place) > HAIR else 0.0
        vehicle.motion = Motion(place, goal, speed, now)
        moments = [*vehicle.passes((APPROACH, UNDER, BEAM, ARM)), vehicle.motion.ends]
        # A hair later than the edge itself: then «on the loop» and «off the loop» are beyond doubt.
        vehicle.coming_up = [self._agenda.at(moment + HAIR, self.settle) for moment in moments]

    def _lines(self, now: float) -> None:
        for line, zone in ZONES.items():
            self._pins.drive(line, line in self._stuck or any(each.on(zone, now) for each in self.vehicles))

    def _look_for_hits(self, now: float) -> None:
        if not self.arm.is_falling or self.arm.by_hand:
            self._hit.clear()
            return
        if self.arm.angle() > DANGER_BELOW + HAIR:
            return
        for vehicle in self.vehicles:
            if vehicle.on(ARM, now) and id(vehicle) not in self._hit:
                self._hit.add(id(vehicle))
                self._violated(Violation(self.lane, vehicle.plate, now, self.arm.angle()))
