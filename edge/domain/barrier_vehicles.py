"""What the lines that feel vehicles say, as the barrier's table understands it: who came, who is under the arm, who is through.

Where the vehicle is, `crossing.py` tells from the order of the loops. Whose vehicle it is, is told here, from the queue of
admissions: the first vehicle that enters uses the oldest one. Admissions come and vehicles go in the same order, as the lane
is too narrow for anything else.

`Vehicles` is the lower half of `barrier_turn.Turn`: it changes the state and says effects, and moves no arm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.domain import barrier_words as w
from edge.domain.barrier_state import Admission, BarrierState
from edge.domain.barrier_words import Line, Phase
from edge.domain.crossing import BRIEF_MS, GRACE_MS, Seen, Sign, Spot, blind, step


class Vehicles:
    """A state on its way, the moment, and what is to be done."""

    def __init__(self, s: BarrierState, now: int) -> None:
        self.s, self.now = s, now
        self.effects: list[w.Effect] = []

    def set(self, **changes: Any) -> None:
        """Change fields of the state; the same again costs nothing."""
        if any(getattr(self.s, name) != value for name, value in changes.items()):
            self.s = replace(self.s, **changes)

    def say(self, *effects: w.Effect) -> None:
        """Add effects, in order."""
        self.effects += effects

    def due(self, when: int | None) -> bool:
        """Whether that time has come."""
        return when is not None and when <= self.now

    @property
    def somebody_near(self) -> bool:
        """A vehicle stands before, between or on the loops."""
        return self.s.spot is not Spot.EMPTY

    def admit(self, pass_seq: int) -> None:
        """Each pass is one vehicle, however often its card is held to the reader."""
        s = self.s
        if pass_seq == s.using:
            return
        until = self.now + s.config.authorisation_ms
        if any(a.pass_seq == pass_seq for a in s.queue):
            again = (Admission(pass_seq, until) if a.pass_seq == pass_seq else a for a in s.queue)
            self.set(queue=tuple(again))
            return
        self.set(queue=(*s.queue, Admission(pass_seq, until)), over=False)
        if self._has_come_too_far():
            self._entered()

    def _has_come_too_far(self) -> bool:
        """Whether the vehicle that is being admitted stands under the arm already: its nose is on the loop, and behind it
        nobody can be at the reader; or the arm is not up, so whoever is there waits for it."""
        s = self.s
        waits = s.spot is Spot.ENTERING or (s.spot is Spot.PASSING and not s.raised)
        return waits and not s.using

    def feel(self, line: Line, active: bool) -> None:
        """A line that feels vehicles changed: where is the vehicle now?"""
        self.set(warned=False, warn_due=None)  # something happens: the time of «left open» begins anew
        if line is Line.APPROACH:
            self.see(Seen.A_ON if active else Seen.A_OFF)
        elif line is self.s.vehicle_line:
            self.see(Seen.Z_ON if active else Seen.Z_OFF)
        self.watch_under()

    def watch_under(self) -> None:
        """How long something has stood under the arm."""
        if not (self.s.under or self.s.beam):
            self.set(under_due=None, under_told=False)
        elif self.s.under_due is None and not self.s.under_told:
            self.set(under_due=self.now + self.s.config.stopped_under_ms)

    def lose_approach(self) -> None:
        """The loop before the arm is lost: vehicles are followed by what is under the arm alone."""
        self.set(active=self.s.active - {Line.APPROACH}, spot=blind(self.s.spot), grace_due=None)

    def see(self, seen: Seen) -> None:
        """A loop changed, or the time for a short vehicle is over."""
        s = self.s
        brief = s.using is not None and self.now - s.entered_at < BRIEF_MS
        through = s.phase is not Phase.DOWN and not brief
        spot, signs = step(s.spot, seen, approach_loop=s.has(Line.APPROACH), through=through)
        self.set(spot=spot, grace_due=self.now + GRACE_MS if spot is Spot.BETWEEN else None)
        for sign in signs:
            self._sign(sign)

    def _sign(self, sign: Sign) -> None:
        match sign:
            case Sign.ARRIVED:
                self.say(w.Waiting())
            case Sign.ENTERED:
                self._entered()
            case Sign.BACKED_OUT:
                self._backed_out()
            case Sign.CROSSED:
                self._crossed()
            case Sign.TURNED_BACK:
                self._turned_back()
            case Sign.WRONG_WAY:
                self.say(w.WrongWay())

    def _next(self) -> int:
        """Take the next admission; 0 when there is none."""
        if not self.s.queue:
            return 0
        admitted, *rest = self.s.queue
        self.set(queue=tuple(rest))
        return admitted.pass_seq

    def _entered(self) -> None:
        using = self._next()
        self.set(using=using, entered_at=self.now)
        if self.s.phase is not Phase.DOWN:  # before an arm that is down nobody goes through, yet
            self.say(w.Snap("crossing", using))

    def _backed_out(self) -> None:
        """It stands before the arm again, and may still come."""
        if self.s.using:
            again = Admission(self.s.using, self.now + self.s.config.authorisation_ms)
            self.set(queue=(again, *self.s.queue))
        self.set(using=None)

    def _crossed(self) -> None:
        using, s = self.s.using or 0, self.s
        if not using and s.last_pass and not s.holders and s.phase is not Phase.DOWN:
            self.say(w.Tailgated(s.last_pass))
        self.say(w.Crossed(using, self.now - s.entered_at if s.using is not None else 0))
        self.set(using=None, last_pass=using or s.last_pass, over=s.over or bool(using or s.last_pass))

    def _turned_back(self) -> None:
        """It has gone away again; unless nothing can feel it under the arm, and it may as well have gone through."""
        line = self.s.vehicle_line
        if line is None or not self.s.has(line):
            return
        gone = self._next()
        self.say(w.TurnedBack(gone))
        self.set(last_pass=gone or self.s.last_pass, over=self.s.over or gone != 0)
