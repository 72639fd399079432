"""The change of shift (D6): counted first, then compared, then handed over; and what the shift leader looks at.

    the incoming guard counts ─▶ shift.counted ─▶ the page shows what the gate knows ─▶ reason for what differs
                                                 ─▶ shift.handed_over + card.blocked for each card that should be back

Whoever hands over stays on duty until that moment; their sessions end with it. A wrong count stays on record as it was made: counting
again is another record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time
from typing import Any

from edge.desk.post_words import bad, require, short
from edge.domain import events_shifts as es
from edge.domain import shifts as s
from edge.domain.events_desk import CardBlocked
from edge.gate import Gate
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.store import queries, queries_desk
from edge.store import queries_post as q
from edge.store.db import Tx

LONGEST = 400
SHIFT_END = "shift-end"
"""Why a card is blocked at a hand-over."""
VIEW_MS = 24 * 3_600_000
"""The leader's view goes back to the last hand-over, and no further than this."""
VIEW_ROWS = 40
Row = dict[str, Any]


async def _nobody(_users: tuple[str, ...]) -> None:
    return None


class Shifts(Service):
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate, ends: tuple[time, ...]) -> None:
        super().__init__(gate)
        self._ends = ends
        self.unsent: Callable[[], int] | None = None
        """How many events wait to be sent; None: as the journal's cursor says."""
        self.sign_off: Callable[[tuple[str, ...]], Awaitable[None]] = _nobody
        """Ends the sessions of those who have handed over."""

    # ---- looking (any thread) --------------------------------------------------------------------------------------

    def now(self) -> datetime | None:
        """Local time, where it can be relied on."""
        return self._gate.local(self._gate.clock.stamp())

    def state(self, last_ms: int, on_duty_ms: int) -> Row:
        """For the live state: when this shift ends (ms; 0 unknown), and whether an earlier one ended without a hand-over."""
        now = self.now()
        if now is None:
            return {"ends_ms": 0, "due": False, "due_since_ms": 0}
        due = s.is_due(self._ends, now, self._local(last_ms, now), self._local(on_duty_ms, now))
        return {
            "ends_ms": _ms(s.next_boundary(self._ends, now)),
            "due": due,
            "due_since_ms": _ms(s.boundary(self._ends, now)) if due else 0,
        }

    def duty(self, person: Person) -> Row:
        """Who is on duty, the shift, the last hand-overs, and this person's count that nobody has used yet."""
        with self._gate.store.reader() as con:
            on_duty = queries.on_duty(con)
            state = self.state(q.last_handover_ms(con), q.on_duty_since_ms(con))
            last = q.handovers(con)
            counted = self._pending(con, person)
        return {"on_duty": on_duty, "shift": state, "items": list(s.COUNTED), "handovers": last, "count": counted}

    def _pending(self, con: q.Con, person: Person) -> Row | None:
        row = con.execute(
            "SELECT count FROM shift_counts WHERE actor = ? AND used = 0 ORDER BY count DESC LIMIT 1",
            (person.actor,),
        ).fetchone()
        found = q.count(con, row[0]) if row else None
        if found is None or self._gate.clock.now_ms() - found["at_ms"] > s.COUNT_MS:
            return None
        if found["at_ms"] < q.last_handover_ms(con):
            return None
        return _compared(found)

    def counted(self, number: int) -> Row | None:
        """A count with what the gate knew, and what differs."""
        with self._gate.store.reader() as con:
            found = q.count(con, number)
        return _compared(found) if found else None

    def overview(self) -> Row:
        """One page for the shift leader: lifts by hand by reason, overrides, refusals, cards not back, since the last hand-over."""
        now_ms, local = self._gate.clock.now_ms(), self.now()
        with self._gate.store.reader() as con:
            last = q.handovers(con, 1)
            after = max(last[0]["handover"] if last else 0, q.first_since(con, now_ms - VIEW_MS))
            found = q.of_the_shift(con, after)
            cards = [
                row | {"not_back": s.not_back(card, local.date().isoformat() if local else "")}
                for card, row in q.cards_out(con)
            ]
            known = q.known(con) | {"unsent": self._unsent(con)}
            since = con.execute("SELECT at_ms FROM journal WHERE seq > ? ORDER BY seq LIMIT 1", (after,)).fetchone()
        reasons: dict[str, int] = {}
        for lift in found["lifts"]:
            reasons[lift["reason"]] = reasons.get(lift["reason"], 0) + 1
        shown = {name: rows[:VIEW_ROWS] for name, rows in found.items()}
        totals = {name: len(rows) for name, rows in found.items()}
        return {
            **shown,
            "totals": totals,
            "lifts_by_reason": reasons,
            "since_ms": since[0] if since else now_ms,
            "cards_out": [row for row in cards if row["not_back"]],
            "known": known,
        }

    def _unsent(self, con: q.Con) -> int:
        return queries.unsent(con) if self.unsent is None else self.unsent()

    # ---- doing -----------------------------------------------------------------------------------------------------

    async def count(self, person: Person, counted: Mapping[str, int], key: str = "") -> Acted:
        """The incoming guard has counted. Only the answer says what the gate knows. Raises BadInput."""
        if code := s.complete(counted):
            raise bad(code)

        def action(act: Doing) -> Acted:
            known = q.known(act.con) | {"unsent": self._unsent(act.con)}
            numbers = tuple(counted.get(item, s.NOT_COUNTED) for item in s.ITEMS)
            seq = act.append(es.ShiftCounted(s.ITEMS, numbers, tuple(known[item] for item in s.ITEMS)))
            return Acted(seq, seq)

        return await self.do(person, key, action)

    async def hand_over(
        self, person: Person, count: int, outgoing: tuple[str, ...], reason: str = "", key: str = ""
    ) -> Acted:
        """`person` takes over from `outgoing` by their own count. What differs needs a reason; cards that are not back are blocked."""
        short(LONGEST, reason)
        outgoing = tuple(dict.fromkeys(outgoing))

        def action(act: Doing) -> Acted:
            found = self._usable(act, count)
            on_duty = {row["user"] for row in queries.on_duty(act.con)} - {person.user}
            if person.user in outgoing or (on_duty and not outgoing) or not set(outgoing) <= _users(act):
                require("outgoing")
            items, counted, known = (tuple(found[name]) for name in ("items", "counted", "known"))
            differing = s.differences(items, counted, known)
            if differing and not reason.strip():
                require("difference-reason")
            cards = [c for c, _ in q.cards_out(act.con) if s.not_back(c, act.today.isoformat() if act.today else "")]
            names = tuple(c.card for c in cards)
            shift = f"{s.boundary(self._ends, act.local):%H:%M}" if act.local else ""
            made = es.ShiftHandedOver(
                outgoing, (person.user,), count, items, counted, known, differing, names, shift, reason.strip()
            )
            seq = act.append(made)
            for card in names:
                bound = queries_desk.card(act.con, card)
                act.append(CardBlocked(card, bound.visit if bound else 0, SHIFT_END), "D6")
            return Acted(seq, seq)

        done = await self.do(person, key, action)
        await self.sign_off(outgoing)
        return done

    def _usable(self, act: Doing, number: int) -> Row:
        """The count by which somebody takes over: their own, fresh, and not used."""
        found = q.count(act.con, number)
        if found is None:
            raise bad("count-incomplete")
        require("count-used" if found["used"] else "")
        require("" if found["actor"] == act.person.actor else "count-of-another")
        require("count-old" if act.stamp.at_ms - found["at_ms"] > s.COUNT_MS else "")
        return found

    async def watch(self) -> None:
        """A chore: at the end of a shift with no hand-over that is put on record, once; the pages show it from then on."""
        now = self.now()
        if now is None:
            return
        with self._gate.store.reader() as con:
            last, since = q.last_handover_ms(con), q.on_duty_since_ms(con)
            boundary = f"{s.boundary(self._ends, now):%Y-%m-%dT%H:%M}"
            told = q.reminded(con, boundary)
        if told or not s.is_due(self._ends, now, self._local(last, now), self._local(since, now)):
            return
        stamp = self._gate.clock.stamp()

        def work(tx: Tx) -> None:
            if not q.reminded(tx.con, boundary):
                tx.append(es.ShiftDue(boundary), actor="gate", stamp=stamp)

        await self._gate.store.transact(work)

    def _local(self, ms: int, now: datetime) -> datetime | None:
        return datetime.fromtimestamp(ms / 1000, now.tzinfo) if ms else None


def _compared(found: Row) -> Row:
    items, counted, known = (tuple(found[name]) for name in ("items", "counted", "known"))
    return found | {"differences": list(s.differences(items, counted, known))}


def _users(act: Doing) -> set[str]:
    return {user for (user,) in act.con.execute("SELECT user FROM users")}


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
