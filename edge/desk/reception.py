"""Reception: who is expected, who is watched for, who is still inside, and the search through the years (issue 3: 1, 8, 12).

A service beside the desk, over the same gate and the same plan; see desk/service.py for how an action works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from edge.desk import codes, expecting, show_visits, watching, words
from edge.desk.act import Act, Acted, require, rule_of
from edge.desk.codes import Here
from edge.desk.expecting import AppointmentInput
from edge.desk.views import AppointmentRow, FoundRow, WatchRow
from edge.desk.watching import WatchInput
from edge.domain import events_visits as ev
from edge.domain import muster as lists
from edge.domain import visits as v
from edge.domain.expected import LONGEST_MS, due_ms
from edge.domain.plan import Plan
from edge.gate import Gate
from edge.orders import Person
from edge.service import Service
from edge.store import queries_find as find
from edge.store import queries_office
from edge.store import queries_visits as q
from edge.store.files import write_whole

T = TypeVar("T")
SOON_MS = 12 * 3_600_000
"""Appointments that begin within this time are in the guard's list."""
SEES_NAMES = ("guard", "leader")
GATE = Person("gate", "")
FILES = ("muster.html", "muster.txt")
CATEGORIES = {
    "owner": "业主 owner",
    "company": "公司 company",
    "staff": "员工 staff",
    "temporary": "临时 temporary",
    "by-hand": "人工放行 by hand",
    "unknown": "未登记 unknown",
}


class Reception(Service):
    """Over a Gate; lives in its loop. What looks may be called on any thread."""

    def __init__(self, gate: Gate, plan: Plan, name: str) -> None:
        super().__init__(gate)
        self._plan, self._name = plan, name
        self._listed: object = None
        self._here = Here(gate.store.site, gate.store.gate)

    async def _do(self, person: Person, key: str, action: Callable[[Act], Acted]) -> Acted:
        return await self.do(person, key, lambda d: action(Act(d.tx, d.person, d.stamp, d.local, self._plan)))

    async def in_one(self, person: Person, action: Callable[[Act], T]) -> T:
        """Something of several events in one transaction, for whoever stands over reception (scanners.py); not repeated by a key."""
        stamp = self._gate.clock.stamp()
        local = self._gate.local(stamp)
        return await self._gate.store.transact(
            lambda tx: action(Act(tx, person, stamp, local, self._plan)), urgent=True
        )

    def _now(self) -> tuple[int, datetime | None]:
        stamp = self._gate.clock.stamp()
        return stamp.at_ms, self._gate.local(stamp)

    def believe(self, key: bytes) -> None:
        """Head office's public key (32 bytes; empty: no signed code is believed)."""
        self._here = replace(self._here, key=key)

    # ---- expected visitors -----------------------------------------------------------------------------------------

    def expected(self, *, later: bool = False) -> tuple[AppointmentRow, ...]:
        """Those who may come now or in the next hours, the earliest first; `later`: those of the next weeks too."""
        now, local = self._now()
        with self._gate.store.reader() as con:
            rows = q.expected(con, now, now + (LONGEST_MS if later else SOON_MS))
        return tuple(
            show_visits.appointment(row, self._plan, self._gate.store.gate, now if local else None) for row in rows
        )

    def later(self) -> int:
        """How many are expected after that."""
        now, _ = self._now()
        with self._gate.store.reader() as con:
            return q.expected_later(con, now + SOON_MS)

    def appointment(self, number: int) -> AppointmentRow:
        """One, whatever became of it. Raises NotFound."""
        now, local = self._now()
        with self._gate.store.reader() as con:
            rows = q.appointment_rows(con, "a.appointment = ?", number)
        if not rows:
            raise words.not_found("appointment", number)
        return show_visits.appointment(rows[0], self._plan, self._gate.store.gate, now if local else None)

    async def make(self, person: Person, given: AppointmentInput, key: str = "") -> Acted:
        """Somebody will come: typed for a host on the telephone, by a shift leader, or sent by head office."""
        return await self._do(person, key, lambda act: expecting.make(act, given))

    async def change(self, person: Person, appointment: int, given: AppointmentInput, key: str = "") -> Acted:
        """Another time, another plate …; all its data anew."""
        return await self._do(person, key, lambda act: expecting.change(act, appointment, given))

    async def cancel(self, person: Person, appointment: int, reason: str = "", key: str = "") -> Acted:
        """They will not come."""
        return await self._do(person, key, lambda act: expecting.cancel(act, appointment, reason))

    async def find(self, person: Person, text: str, key: str = "") -> int:
        """The appointment of a six-digit code or a scanned «GE1:…». Raises NotExecuted with what to do, after it is on record."""
        done = await self._do(person, key, lambda act: expecting.find(act, self._here, text))
        if not done.about:
            with self._gate.store.reader() as con:
                (why,) = con.execute("SELECT why FROM code_tries WHERE seq = ?", (done.seq,)).fetchone()
            require(f"appointment-{why}")
        return done.about

    async def revoke(self, person: Person, token: str, reason: str = "", key: str = "") -> Acted:
        """Head office takes a signed code back."""
        return await self._do(person, key, lambda act: codes.revoke(act, token, reason))

    async def arrive(self, person: Person, appointment: int, by: str = "list", key: str = "") -> Acted:
        """They are here: a visit with what is known, the question for an appointment answered."""
        return await self._do(person, key, lambda act: expecting.arrive(act, appointment, by))

    # ---- watch list --------------------------------------------------------------------------------------------------

    def watch_list(self) -> tuple[WatchRow, ...]:
        """For shift leaders."""
        with self._gate.store.reader() as con:
            return show_visits.watch_list(con)

    async def watch(self, person: Person, given: WatchInput, key: str = "") -> Acted:
        """Look out for somebody; by a shift leader or head office."""
        return await self.do(person, key, lambda doing: watching.add(doing, given))

    async def unwatch(self, person: Person, entry: int, why: str = "", key: str = "") -> Acted:
        """No longer."""
        return await self.do(person, key, lambda doing: watching.remove(doing, entry, why))

    async def decide(self, person: Person, visit: int, decision: str, remark: str = "", key: str = "") -> Acted:
        """A leader's word on a visit that fits: admit (its steps go on), decline."""
        return await self._do(person, key, lambda act: watching.decide(act, visit, decision, remark))

    # ---- inside ------------------------------------------------------------------------------------------------------

    async def overstayed(self) -> int:
        """A chore: visits that are past their planned stay are on record once; entries of the watch list whose time is over go. How many
        visits there were now."""
        now, local = self._now()
        if local is None:
            return 0
        with self._gate.store.reader() as con:
            known = q.overstays(con)
            late = [visit for visit, kind, at in q.admitted(con) if visit not in known and self._late(kind, at, now)]
            over = [w["entry"] for w in q.watch_rows(con) if w["until"] and w["until"] < local.date().isoformat()]
        for entry in over:
            await self.unwatch(GATE, entry, "expired")
        for visit in late:
            await self._do(GATE, "", partial(self._overstay, visit_id=visit))
        return len(late)

    def _late(self, kind: str, admitted_ms: int, now_ms: int) -> bool:
        of = self._plan.kinds.get(kind)
        due = due_ms(admitted_ms, of.stay_h) if of else None
        return due is not None and now_ms > due

    def _overstay(self, act: Act, visit_id: int) -> Acted:
        visit, kind = act.visit(visit_id)
        if visit.state is not v.State.ADMITTED or visit_id in q.overstays(act.con):
            return Acted(visit_id, visit_id, again=True)
        (admitted,) = act.con.execute("SELECT admitted_ms FROM visits WHERE visit = ?", (visit_id,)).fetchone()
        due = due_ms(admitted, kind.stay_h) or 0
        return Acted(act.append(ev.VisitOverstayed(visit_id, due), rule_of(kind, visit)), visit_id)

    async def heard(self, person: Person, visit: int, key: str = "") -> Acted:
        """Somebody sees to an overstay: the page is quiet about it for a while."""

        def work(act: Act) -> Acted:
            facts, kind = act.visit(visit)
            require("" if visit in q.overstays(act.con) else "not-inside")
            return Acted(act.append(ev.VisitOverstayHeard(visit), rule_of(kind, facts)), visit)

        return await self._do(person, key, work)

    def muster(self) -> dict[str, Any]:
        """Visitors and vehicles inside, as lines of the list, with its head and when it was made."""
        now, local = self._now()
        with self._gate.store.reader() as con:
            people = [self._line(row) for row in find.inside_rows(con)]
            vehicles = [self._vehicle(row) for row in q.vehicles_inside(con)]
        return {
            "at_ms": now,
            "gate": self._name,
            "head": lists.title(self._name, local, people, vehicles),
            "people": lists.ordered(people),
            "vehicles": vehicles,
        }

    def _line(self, row: dict[str, Any]) -> lists.Line:
        kind = self._plan.kinds.get(row["kind"])
        names = "、".join(filter(None, (row["name"], row["names"])))
        since = self._since(row["admitted_ms"])
        return lists.Line(
            row["unit"], names, 1 + row["companions"], kind.zh if kind else row["kind"], row["plate"], since
        )

    def _vehicle(self, row: dict[str, Any]) -> lists.Line:
        category = CATEGORIES.get(row["category"], row["category"])
        return lists.Line(row["unit"], "", 0, category, row["plate"], self._since(row["since_ms"]))

    def _since(self, at_ms: int) -> str:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._gate.zone)
        return at.strftime("%m-%d %H:%M")

    def write_muster(self, folder: Path) -> bool:
        """A chore's work, on a thread: put the list into the data folder when it is another one, for this user alone; nobody inside: no
        file. Whether it was written. Raises OSError."""
        with self._gate.store.reader() as con:
            state = find.inside_state(con)
        if state == self._listed:
            return False
        made = self.muster()
        parts = (made["head"], made["people"], made["vehicles"])
        for name, text in zip(FILES, (lists.as_html(*parts), lists.as_text(*parts)), strict=True):
            if made["people"] or made["vehicles"]:
                write_whole(folder / name, text.encode())
            else:
                (folder / name).unlink(missing_ok=True)
        self._listed = state
        return True

    # ---- search ------------------------------------------------------------------------------------------------------

    def search(
        self, person: Person, text: str, *, what: str = "", before: int = 0, limit: int = 20
    ) -> tuple[tuple[FoundRow, ...], int]:
        """Visits and passes of years, newest first; and where the next page begins (0: that was all)."""
        with self._gate.store.reader() as con:
            page = find.search(con, text, what=what, before=before, limit=limit)
            return show_visits.found(con, page.hits, self._plan, names=person.role in SEES_NAMES), page.older

    def story(self, person: Person, visit: int) -> list[dict[str, Any]]:
        """All that happened on a visit."""
        with self._gate.store.reader() as con:
            return show_visits.whole_story(con, visit, self._plan, leader=person.role == "leader")

    def last_pass(self, number: str) -> dict[str, Any] | None:
        """P8: dates, person and picture of a construction pass as it was last checked; None: it is new here. What head office's list says
        of it stands above that (`office`)."""
        with self._gate.store.reader() as con:
            last, known = find.last_pass(con, number), queries_office.construction_pass(con, number)
        if known is None:
            return last
        said = {name: known[name] for name in ("name", "company", "unit")}
        dates = {"valid_from": known["from"], "valid_until": known["until"]}
        empty = {"visit": 0, "title": "", "phone": "", "photo": "", "answer": ""}
        return {**empty, **(last or {}), **said, **dates, "office": True}
