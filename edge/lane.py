"""Runs one lane's state table: what comes in from its devices and its people, and what the table wants done.

    sensor edge, committed decision, deadline → barrier.step → state, effects
                                                               ├ Pulse      → the relay, at once
                                                               ├ Ask        → journal it, then feed Recorded
                                                               ├ Snap       → the camera
                                                               └ observed   → journal, page

The table decides; this file only carries. Inputs that were committed before they came here carry their record with them,
so a pulse that follows from them may go out at once. What was merely observed is journalled in the order in which it
happened, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from edge.clock import Clock
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain.event import Event
from edge.domain.pictures import Snap
from edge.errors import StoreError
from edge.settings_lane import LaneTable

log = logging.getLogger(__name__)
NOTICE_MS = 60_000
"""What has happened and is over (a tailgater, the wrong way) is told so long, or until the next vehicle."""
NOTICES = ("tailgated", "wrong-way", "not-recorded", "no-relays", "plate-late")
OF_A_CODE = "code."
"""What became of an appointment code at the lane's scanner."""
OF_THE_ARM = ("left-open", "stopped-under")
"""What is over when the arm is down."""
BOTH_WAYS = frozenset({b.Holder.EMERGENCY, b.Holder.CONVOY})
"""Whoever holds the arm up for others lets them come from either side (V6, V8)."""


class Relays(Protocol):
    """What a lane needs of its hardware; drivers.gpio.GpioLane satisfies it."""

    def pulse(self, action: str) -> None:
        """Close a relay for its time. Raises OSError."""


Record = Callable[[tuple[Event, ...]], Awaitable[list[int]]]
"""Journals events in one transaction and returns their numbers. Raises StoreError."""


@dataclass(slots=True)
class Prompt:
    """The sentence to say or the thing to do at this lane now; the words are in the page's dictionary."""

    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    salute: bool = False
    seq: int = 0
    """The event it came from."""

    @property
    def notice(self) -> bool:
        """Whether it tells of something that is over, and so ends by itself."""
        return self.code in NOTICES or self.code.startswith(OF_A_CODE)


class Lane:
    """One lane: its state, its timer, its prompt."""

    def __init__(
        self,
        table: LaneTable,
        config: b.Config,
        clock: Clock,
        record: Record,
        note: Callable[[tuple[Event, ...]], None],
        spawn: Callable[[Coroutine[Any, Any, object]], None],
        changed: Callable[[], None],
        fault: Callable[[str, str, bool, str, str], object],
        snap: Snap,
    ) -> None:
        self.table, self.id = table, table.id
        self._clock, self._record, self._note, self._spawn = clock, record, note, spawn
        self._changed, self._snap = changed, snap
        self._report = fault
        self._config = config
        self.state = b.initial(config)
        self.since_ms = clock.now_ms()
        self.relays: Relays | None = None
        self.prompt = Prompt()
        self.asked = 0
        """The pass that waits for a guard's word (0: none)."""
        self.granted: dict[str, int] = {}
        """Card → its pass that has not ended yet: the same card again is no second vehicle."""
        self.deciding: set[str] = set()
        """Cards whose decision is being recorded: the same one read once more meanwhile is no second vehicle."""
        self._asked_enters = 0
        """The pass of `asked` when the vehicle that nobody admitted went under the arm."""
        self._stranger = 0
        """What tells the one under the arm from all others when nobody admitted it (events.VehicleCrossed)."""
        self.on_code = "ask"
        """What a good appointment code at this lane's scanner does: ask (the guard sees who is expected), open."""
        self.plate_now: Callable[[], str] = str
        """The plate that was read here just now, if a recogniser is fitted."""
        self.seen: Callable[[Event], None] = lambda event: None
        """Whoever wants to know at once what the loops saw (edge/reading.py); returns at once."""
        self.tell: Callable[[str], None] = lambda answer: None
        """The reader's light and buzzer answer a decision (granted, refused, ask); returns at once."""
        self.announce: Callable[[Prompt], None] | None = None
        """The lane's sign and voice, where it has them; hands over at once."""
        self._timer: asyncio.TimerHandle | None = None
        self._fading: asyncio.TimerHandle | None = None
        self._opened: asyncio.Event = asyncio.Event()
        self._opened_ms = 0

    # ---- inputs --------------------------------------------------------------------------------------------------

    def feed(self, given: b.Input, *, covered: bool = False, of: tuple[int, ...] = ()) -> tuple[b.Effect, ...]:
        """Give the table an input and carry out its effects. `covered`: its pulse is in the journal already; `of`: the numbers
        of the events that recorded it, should nothing come of them."""
        was, held = self.state.phase, self.state.holders
        self.state, out = b.step(self.state, given, self._clock.mono_ms())
        if self.state.phase is not was:
            self.since_ms = self._clock.now_ms()
        self._carry_out(out.effects, covered, of)
        if b.Holder.FIRE in held ^ self.state.holders:  # a guard's hold is recorded before it comes here, fire's is not
            fire = b.Holder.FIRE in self.state.holders
            self._note((ev.BarrierHeld(self.id, "fire") if fire else ev.BarrierReleased(self.id, "fire"),))
        self._arm_timer()
        self._changed()
        return out.effects

    def would_pulse(self, given: b.Input) -> bool:
        """Whether that input would move a relay now: the table is pure, so one can simply ask it."""
        _, out = b.step(self.state, given, self._clock.mono_ms())
        return any(isinstance(effect, b.Pulse) for effect in out.effects)

    def objection(self, action: b.Input) -> str:
        """Why a guard's command cannot be done now, or an empty text."""
        if self.relays is None:
            return "no-relays"
        reason = b.objection(self.state, action)
        return reason.value if reason else ""

    # ---- the guard's sentence ------------------------------------------------------------------------------------

    def show(self, prompt: Prompt, asked: int = 0) -> None:
        """The sentence for the guard from now on; `asked`: the pass that waits for the guard's word.

        A notice fades by itself. What was asked is forgotten when its time is over and nobody stands there: or the guard's
        yes to the next vehicle would be put down to this card.
        """
        self.prompt, self.asked = prompt, asked
        self._fade(NOTICE_MS if prompt.notice else self._config.authorisation_ms if asked else 0)
        if self.announce is not None:  # in a turn of its own: whatever follows now (the relay) comes first
            asyncio.get_running_loop().call_soon(self.announce, prompt)
        self._changed()

    def _fade(self, after_ms: int) -> None:
        if self._fading:
            self._fading.cancel()
        self._fading = None
        if after_ms:
            loop = asyncio.get_running_loop()
            self._fading = loop.call_later(self._clock.seconds(after_ms), self._faded)

    def _faded(self) -> None:
        if self.asked and (self.state.approach or self.state.under):
            self._fade(self._config.authorisation_ms)
        else:
            self.show(Prompt())

    # ---- effects -------------------------------------------------------------------------------------------------

    def _carry_out(self, effects: tuple[b.Effect, ...], covered: bool, of: tuple[int, ...]) -> None:
        seen: list[Event] = []
        for effect in effects:
            if isinstance(effect, b.Pulse):
                if not covered:
                    seen.append(
                        ev.BarrierCommanded(self.id, effect.action.value, effect.cause, pass_seq=self.state.pass_seq)
                    )
                self._pulse(effect)
            elif isinstance(effect, b.Ask):
                self._spawn(self._ask(effect))
            elif isinstance(effect, b.Snap):
                self._asked_enters = 0 if effect.pass_seq else self.asked
                self._stranger = 0 if effect.pass_seq else self._clock.now_ms()
                self._snap(self.id, effect.moment, effect.pass_seq, vehicle=self._stranger)
            elif isinstance(effect, b.Withheld):
                seen.append(ev.CommandRefused(self.id, effect.action.value, effect.why, of=of))
            else:
                seen += self._observed(effect)
        if seen:
            self._note(tuple(seen))
            for event in seen:
                self.seen(event)

    def _pulse(self, effect: b.Pulse) -> None:
        if self.relays is None:
            log.error("lane %s: no relays, %s not done", self.id, effect.action.value)
            return
        try:
            self.relays.pulse(effect.action.value)
        except OSError as e:
            # The driver has said so as a fault; the table's own deadline tells that the arm did not move.
            log.error("lane %s: %s not done: %s", self.id, effect.action.value, e)

    async def _ask(self, ask: b.Ask) -> None:
        """The table wants to close by itself: first the record, with its standing instruction to reopen."""
        wanted = ev.BarrierCommanded(self.id, ask.action.value, ask.cause, pass_seq=self.state.pass_seq, reopen=True)
        try:
            numbers = await self._record((wanted,))
        except StoreError as e:
            log.error("lane %s: the close could not be recorded, so the arm stays up: %s", self.id, e)
            return
        self.feed(b.Recorded(ask.token), covered=True, of=tuple(numbers))

    def _observed(self, effect: b.Effect) -> list[Event]:
        """An effect of the table as events of the journal."""
        lane, direction = self.id, self.table.direction
        match effect:
            case b.Moved():
                if effect.now in (b.Phase.UP, b.Phase.HELD):
                    self._opened_ms = max(effect.ms_since_command, 0)
                    self._opened.set()
                if effect.now is b.Phase.DOWN and self.prompt.code in OF_THE_ARM:
                    self.show(Prompt())
                return [
                    ev.BarrierObserved(
                        lane,
                        effect.was.value,
                        effect.now.value,
                        effect.cause,
                        effect.ms_since_command,
                        self.state.pass_seq,
                    )
                ]
            case b.Waiting():
                if not self.prompt.code or self.prompt.notice:
                    self.show(Prompt("vehicle-waiting", salute=True))
                return [ev.VehicleWaiting(lane)]
            case b.Crossed():
                self._ended(effect.pass_seq or self._asked_enters)
                plate, vehicle = self.plate_now(), 0 if effect.pass_seq else self._who()
                return [ev.VehicleCrossed(lane, direction, effect.pass_seq, effect.ms, plate, vehicle)]
            case b.TurnedBack():
                gone = effect.pass_seq or self.asked
                self._ended(gone)
                return [ev.VehicleTurnedBack(lane, gone)]
            case b.Tailgated():
                self.show(Prompt("tailgated"), self.asked)
                return [ev.VehicleTailgated(lane, direction, effect.after_pass)]
            case b.WrongWay():
                if not self.state.holders & BOTH_WAYS:
                    self.show(Prompt("wrong-way"), self.asked)
                return [ev.VehicleWrongWay(lane, self._who())]
            case b.StoppedUnder():
                self.show(Prompt("stopped-under", {"seconds": effect.seconds}), self.asked)
                return [ev.VehicleStoppedUnder(lane, effect.seconds, effect.pass_seq)]
            case b.AuthorisationLapsed():
                self._ended(effect.pass_seq)
                return [ev.AccessLapsed(lane, effect.pass_seq)]
            case b.LeftOpen():
                self.show(Prompt("left-open", {"seconds": effect.seconds}), self.asked)
                return [ev.BarrierLeftOpen(lane, effect.seconds)]
            case b.FaultBegan():
                self._fault("barrier", effect.code.value, True, effect.detail)
            case b.FaultEnded():
                self._fault("barrier", effect.code.value, False, "")
        return []

    def _who(self) -> int:
        """The vehicle without a pass that has just gone; one that was never seen under the arm has no picture, so any new number does."""
        who, self._stranger = self._stranger or self._clock.now_ms(), 0
        return who

    def _fault(self, part: str, code: str, active: bool, detail: str) -> None:
        self._report(f"{self.id}.{part}", code, active, detail, self.id)

    def _ended(self, pass_seq: int) -> None:
        self.granted = {card: seq for card, seq in self.granted.items() if seq != pass_seq}
        nobody = b.Line.APPROACH in self._config.lines and not self.state.approach
        if self.asked == pass_seq or nobody:
            self.asked = 0
        if not self.granted and not self.asked and not self.prompt.notice:
            self.show(Prompt())

    def _arm_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self.state.deadline is not None:
            wait = self._clock.seconds(max(0, self.state.deadline - self._clock.mono_ms()))
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _tick(self) -> None:
        self.feed(b.Tick())

    def adopt(self, table: LaneTable, config: b.Config) -> None:
        """Another name, other times, the same lines: from now on. Call it while the arm is at rest."""
        self.table, self._config = table, config
        self.state = replace(self.state, config=config)
        self._arm_timer()
        self._changed()

    def stop(self) -> None:
        """No more timers."""
        for timer in (self._timer, self._fading):
            if timer:
                timer.cancel()

    @property
    def moving(self) -> bool:
        """Whether the arm is on its way, or about to come down."""
        moving = self.state.phase in (b.Phase.RISING, b.Phase.FALLING)
        return self.relays is not None and (moving or self.state.pending is not None)

    # ---- for the page --------------------------------------------------------------------------------------------

    async def arm_up(self, timeout_s: float) -> int | None:
        """Wait until the arm is up; milliseconds since its command, or None when the time is over."""
        if self.state.phase in (b.Phase.UP, b.Phase.HELD):
            return self._opened_ms
        self._opened.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._opened.wait()
        except TimeoutError:
            return None
        return self._opened_ms
