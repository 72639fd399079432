"""A barrier machine: an arm with real travel time, limit switches, a fire contact, and everything that breaks.

    angle 0 ───────────────────────── 1        open  → rises from where it is (also out of a fall)
          down limit ≤ 0.02   ≥ 0.98 up limit  close → falls from where it is (also out of a rise)
                                               stop  → stays where it is

Faults: `stuck-down` does not rise, `stuck-up` does not fall, `slow` needs four times as long, `hand-moved` goes to the other
end with no relay and back when the fault ends, `up-limit-broken` and `down-limit-broken` never say «active».

Runs on the world's thread alone. Times in simulated seconds.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Action, Line
from drivers.sim_agenda import Agenda
from drivers.sim_motion import Motion
from drivers.timers import Timer

DOWN_LIMIT_BELOW = 0.02
UP_LIMIT_ABOVE = 0.98
SLOWER = 4.0
ARM_FAULTS = ("stuck-down", "stuck-up", "slow", "hand-moved", "up-limit-broken", "down-limit-broken")


class SimulatedArm:
    """One arm. `moved` is called after each change of its motion, at each limit and at each of `marks` (angles).

    `drive` sets an input line.
    """

    def __init__(
        self,
        agenda: Agenda,
        drive: Callable[[Line, bool], None],
        moved: Callable[[], None],
        *,
        rise_s: float = 3.0,
        fall_s: float = 3.5,
        angle: float = 0.0,
        marks: tuple[float, ...] = (),
    ) -> None:
        self._marks = (DOWN_LIMIT_BELOW, UP_LIMIT_ABOVE, *marks)
        self._agenda = agenda
        self._drive = drive
        self._moved = moved
        self._rise_s, self._fall_s = rise_s, fall_s
        self.motion = Motion.rest(angle, agenda.now())
        self.by_hand = False
        self._faults: set[str] = set()
        self._coming: list[Timer] = []
        self._limits()

    def angle(self) -> float:
        """0 down, 1 up."""
        return self.motion.place(self._agenda.now())

    @property
    def is_up(self) -> bool:
        """Up and standing, as a driver sees it."""
        return self.angle() >= UP_LIMIT_ABOVE and self.motion.direction >= 0

    @property
    def is_falling(self) -> bool:
        """Moving down at this moment."""
        return self.motion.direction < 0 and self._agenda.now() < self.motion.ends

    def press(self, action: Action) -> None:
        """A relay closed."""
        if action is Action.STOP:
            self._go(self.angle())
        elif action is Action.OPEN and "stuck-down" not in self._faults:
            self._go(1.0)
        elif action is Action.CLOSE and "stuck-up" not in self._faults:
            self._go(0.0)

    def fault(self, name: str, on: bool) -> None:
        """A fault begins or ends."""
        (self._faults.add if on else self._faults.discard)(name)
        if name == "hand-moved":
            self._go(1.0 if self.angle() < 0.5 else 0.0, by_hand=True)
        elif (on and name == "stuck-down" and self.motion.direction > 0) or (
            on and name == "stuck-up" and self.motion.direction < 0
        ):
            self._go(self.angle())
        elif name == "slow" and self.motion.direction:
            self._go(self.motion.target, by_hand=self.by_hand)
        self._limits()

    def _go(self, target: float, *, by_hand: bool = False) -> None:
        for handle in self._coming:
            handle.cancel()
        now = self._agenda.now()
        angle = self.angle()
        seconds = self._rise_s if target > angle else self._fall_s
        if "slow" in self._faults:
            seconds *= SLOWER
        self.by_hand = by_hand
        self.motion = Motion(angle, target, 1.0 / seconds if target != angle else 0.0, now)
        times = {when for place in self._marks if (when := self.motion.reaches(place)) is not None} | {self.motion.ends}
        self._coming = [self._agenda.at(when, self._step) for when in sorted(times)]
        self._step()

    def _step(self) -> None:
        self._limits()
        self._moved()

    def _limits(self) -> None:
        # A hair's breadth of tolerance: the event of passing a place is due at the very moment of being there.
        angle, hair = self.angle(), 1e-6
        rising, falling = self.motion.direction > 0, self.motion.direction < 0
        down = angle < DOWN_LIMIT_BELOW - hair if rising else angle <= DOWN_LIMIT_BELOW + hair
        up = angle > UP_LIMIT_ABOVE + hair if falling else angle >= UP_LIMIT_ABOVE - hair
        self._drive(Line.DOWN_LIMIT, down and "down-limit-broken" not in self._faults)
        self._drive(Line.UP_LIMIT, up and "up-limit-broken" not in self._faults)
