"""A desk for tests: a real store in a folder, the plan and phrases of config/, a clock driven by hand, and no lane.

with at_the_desk(tmp_path) as desk:
    visit = desk.do.open_visit("business", VisitInput(name="王小明"))
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edge.bridge import Bridge
from edge.clock import Clock, Stamp
from edge.desk import Acted, Desk, Reception, VisitRow, read_files
from edge.domain.courtesy import curt
from edge.domain.documents import check_digit
from edge.domain.event import Event
from edge.domain.plan import Plan
from edge.domain.policy import Rules
from edge.errors import NotExecuted
from edge.gate import Gate
from edge.orders import Person
from edge.store import verify
from edge.store.db import Store

CONFIG = Path(__file__).resolve().parent.parent / "config"
T0 = 1_793_000_000_000 + 86_400_000
"""A morning in October 2026, some minutes after eight in Shanghai's time zone plus a day."""
LI, WU = Person("li", "guard"), Person("wu", "guard")
TECH = Person("tech", "technician")
LICENCE = "driving-licence"


def id_number(born: str = "19900307", place: str = "440305", order: str = "123") -> str:
    """A resident's identity number that can be right."""
    return place + born + order + check_digit(place + born + order)


@contextmanager
def stopped(code: str) -> Iterator[None]:
    """The action is not possible, and this is why; what the guard reads has a next step and nothing curt."""
    with pytest.raises(NotExecuted) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.hint
    assert not curt(caught.value.message)
    assert not curt(caught.value.hint)


class HandClock(Clock):
    """Goes on when told to."""

    def __init__(self) -> None:
        self.at, self.worth = T0, "ntp"
        super().__init__()

    @property
    def usable(self) -> bool:
        return self.worth != "unset"

    def wall_ms(self) -> int:
        return self.at

    def mono_ms(self) -> int:
        return self.at - T0 + 5_000

    def stamp(self) -> Stamp:
        self.at += 1
        return Stamp(self.at, "boot1", self.mono_ms(), self.worth)


class AtTheDesk:
    """The desk's actions without `await`, by the guard Li if nobody else is named."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, plan: Plan, said: Any) -> None:
        self.clock, self.store, self.loop = HandClock(), store, loop
        self.gate = Gate(store, self.clock, Bridge(loop), Rules(), "Asia/Shanghai")
        self.desk = Desk(self.gate, plan, said)
        self.reception = Reception(self.gate, plan, "正门")
        self.plan, self.phrases = plan, said

    def __getattr__(self, name: str) -> Any:
        """`at.admit(visit)` is `await desk.admit(LI, visit)`; `by=` another guard, `key=` as it is."""
        action = getattr(self.desk if hasattr(self.desk, name) else self.reception, name)

        def act(*args: Any, by: Person = LI, **more: Any) -> Acted:
            done: Acted = self.loop.run_until_complete(action(by, *args, **more))
            return done

        return act

    def see(self, visit: int, by: Person = LI) -> VisitRow:
        return self.desk.visit(by, visit)

    def events(self, after: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """Kinds and bodies of the journal."""
        with self.store.reader() as con:
            rows = con.execute("SELECT kind, data FROM journal WHERE seq > ? ORDER BY seq", (after,)).fetchall()
        return [(kind, json.loads(data)["body"]) for kind, data in rows]

    def kinds(self, after: int = 0) -> list[str]:
        return [kind for kind, _ in self.events(after)]

    def rules(self, after: int = 0) -> set[str]:
        with self.store.reader() as con:
            rows = con.execute("SELECT data FROM journal WHERE seq > ?", (after,)).fetchall()
        return {json.loads(data)["rule"] for (data,) in rows}

    def stocked(self, kind: str = "visitor", label: str = "A01", card: str = "0a003f8a21") -> str:
        self.stock_card(card, kind, label)
        return label

    def append(self, *events: Event) -> None:
        self.store.transact_sync(lambda tx: [tx.append(e, actor="test", stamp=self.clock.stamp()) for e in events])

    @property
    def today(self) -> date:
        local = self.gate.local(self.clock.stamp())
        assert local is not None
        return local.date()


@contextmanager
def at_the_desk(folder: Path, *, exit_tap: str = "ask", slots: int = 40, proven: bool = True) -> Iterator[AtTheDesk]:
    """A desk as long as the block lasts; at its end the journal verifies and every table comes out of it again."""
    plan, said = read_files(CONFIG)
    store = Store.open(folder / "gate.sqlite", gate="main", site="z", ballast=0)
    loop = asyncio.new_event_loop()
    try:
        yield AtTheDesk(loop, store, replace(plan, slots=slots, exit_tap=exit_tap), said)
        if proven:
            assert verify.rebuild(store).changed == ()
    finally:
        loop.close()
        store.close()
    if proven:
        report = verify.verify_file(folder / "gate.sqlite")
        assert report.ok, report.text()
