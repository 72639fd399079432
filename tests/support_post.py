"""A post for tests: the desk of support_desk.py with requests, notices from head office, the change of shift, and people who sign in."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from argon2 import PasswordHasher

from edge.desk import DocumentInput, StepInput, VisitInput
from edge.desk.bulletins import BulletinInput, BulletinRow, Bulletins
from edge.desk.files import read_post
from edge.desk.request_show import RequestRow
from edge.desk.requests import RequestInput, Requests
from edge.desk.shifts import Shifts
from edge.desk.sign_on import SignOn
from edge.domain.shifts import times
from edge.orders import HEAD_OFFICE, Person
from edge.service import Acted
from edge.store import queries_post as q
from edge.store.pins import Pins
from edge.store.users import UserChange, Users
from tests.support_desk import CONFIG, LI, LICENCE, AtTheDesk, at_the_desk, id_number

T = TypeVar("T")
ZHANG = Person("zhang", HEAD_OFFICE)
BOSS = Person("ban", "leader")
SHIFTS = ("07:00", "15:00", "23:00")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
COUNTED = ("documents", "cards_rack", "cards_out", "visitors", "requests")


class AtThePost:
    """The post's services without `await`."""

    def __init__(self, at: AtTheDesk) -> None:
        self.at, self.clock = at, at.clock
        plan = read_post(CONFIG, at.phrases)
        self.plan = plan
        self.requests = Requests(at.gate, plan, at.phrases, "臻园正门")
        self.bulletins = Bulletins(at.gate, plan, at.phrases, "Asia/Shanghai")
        self.shifts = Shifts(at.gate, times(SHIFTS))
        self.users = Users(at.store, at.clock, pins=Pins(PasswordHasher(1, 8, 1)))
        self.shifts.sign_off = self.users.hand_over
        self.sign_on = SignOn(at.gate, self.users)

    def run(self, work: Awaitable[T]) -> T:
        """Wait for it."""
        return self.at.loop.run_until_complete(_wait(work))

    def at_time(self, hour: int, minute: int = 0, days: int = 0) -> None:
        """Put the clock to a local time of its present day."""
        now = self.shifts.now()
        assert now is not None
        wanted = datetime(now.year, now.month, now.day, hour, minute, tzinfo=now.tzinfo)
        self.clock.at = int(wanted.timestamp() * 1000) + days * DAY

    # ---- requests

    def taken(self, category: str = "repair", *, by: Person = LI, **given: Any) -> int:
        """Something taken down; its number."""
        told = {"name": "周杰", "title": "mr", "unit": "3-1201", "words": "厨房水龙头漏水"} | given
        return self.run(self.requests.receive(by, RequestInput(category, **told))).about

    def do(self, action: str, request: int, *more: Any, by: Person = LI, **given: Any) -> Acted:
        """An action on a request."""
        return self.run(getattr(self.requests, action)(by, request, *more, **given))

    def see(self, request: int, by: Person = LI) -> RequestRow:
        """It, as the page shows it."""
        return self.requests.one(by, request)

    # ---- notices

    def posted(
        self, notice: str = "water-cut", *, by: Person = ZHANG, begin: int = 0, hours: float = 4, **more: Any
    ) -> int:
        """A notice that begins `begin` ms from now."""
        start = self.clock.at + begin
        given = BulletinInput(notice, from_ms=start, until_ms=start + round(hours * HOUR), **more)
        return self.run(self.bulletins.post(by, given)).about

    def shown(self) -> list[BulletinRow]:
        """What the tablets show now."""
        return [row for row in self.bulletins.rows() if row.phase == "shown"]

    def bulletin(self, number: int) -> BulletinRow:
        """One notice."""
        return next(row for row in self.bulletins.rows() if row.bulletin == number)

    # ---- shifts

    def somebody(self, user: str, role: str = "guard", card: str = "") -> Person:
        """An account, signed in."""
        if not self.users.accounts():
            self.run(self.users.first_start())
        self.run(self.users.save("leader", UserChange(user, user, role, pin="602914", card=card), ""))
        self.run(self.users.sign_in(user, "602914", "tablet"))
        return Person(user, role)

    def count(self, by: Person, **differs: int) -> int:
        """A right count, but for what is named."""
        with self.at.store.reader() as con:
            known = q.known(con)
        return self.run(self.shifts.count(by, {name: differs.get(name, known[name]) for name in COUNTED})).about

    def on_duty(self) -> list[str]:
        """Users."""
        return [row["user"] for row in self.shifts.duty(LI)["on_duty"]]

    def admitted(self, card: str, **given: Any) -> int:
        """A business visitor who is inside with this card, whose licence lies in the rack."""
        at = self.at
        told = {"name": "王小明", "unit": "3-1"} | given
        visit = at.open_visit("business", VisitInput(**told)).about
        at.answer(visit, "appointment", "yes", StepInput())
        at.call(visit, "agreed")
        at.hold_document(visit, DocumentInput(LICENCE, id_number(order=f"{visit % 900 + 100}")))
        at.issue_card(visit, card)
        at.admit(visit)
        return visit


async def _wait(work: Awaitable[T]) -> T:
    return await work


@contextmanager
def at_the_post(folder: Path) -> Iterator[AtThePost]:
    """A post as long as the block lasts; at its end the journal verifies and every table comes out of it again."""
    with at_the_desk(folder) as at:
        post = AtThePost(at)
        try:
            yield post
        finally:
            post.users.close()
