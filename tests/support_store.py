"""For the store's tests: stamps, a store on a real file, and events as a gate gives them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from edge.clock import Stamp
from edge.domain import events as ev
from edge.domain.event import Event
from edge.store import sqlite
from edge.store.db import Store

T0 = 1_793_000_000_000
NAME = "周杰伦测试"


def stamp(n: int = 0, *, boot: str = "boot1", clock: str = "ntp") -> Stamp:
    return Stamp(T0 + n, boot, 5_000 + n, clock)


@contextmanager
def opened(path: Path, ballast: int = 0) -> Iterator[Store]:
    store = Store.open(path, gate="main", site="z", ballast=ballast)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_as_before(path: Path, migration: int) -> Iterator[sqlite3.Connection]:
    """A gate's database as it was before a migration, to be filled as that version filled it; `opened` then brings it up to date."""
    before = {n: script for n, script in sqlite.scripts().items() if n < migration}
    with pytest.MonkeyPatch.context() as older:
        older.setattr(sqlite, "scripts", lambda: before)
        with opened(path) as store:
            file = store.path
    con = sqlite3.connect(file)
    try:
        yield con
    finally:
        con.close()


def put(store: Store, *events: Event, at: int = 0) -> list[int]:
    return store.transact_sync(
        lambda tx: [tx.append(e, actor="test", stamp=stamp(at + n)) for n, e in enumerate(events)]
    )


def decided(
    lane: str = "in1", direction: str = "in", credential: str = "P1", decision: str = "granted", **more: Any
) -> Event:
    said = {"reader": "r1", "card": f"0a{credential}", "category": "owner", "reason": "ok", **more}
    return ev.AccessDecided(lane, direction, credential=credential, decision=decision, **said)


def a_morning() -> list[Event]:
    """A few of everything, with personal parts."""
    return [
        ev.GateStarted("1", "laptop", "first", True),
        ev.SessionBegan("li", "guard", "tablet"),
        decided(holder=NAME, plate_bound="粤B12345"),
        ev.BarrierCommanded("in1", "open", "card", pass_seq=3),
        ev.BarrierObserved("in1", "rising", "up", "card", 2900, 3),
        ev.PictureTaken("in1", "card", "ab" * 32, 1234, 3),
        ev.VehicleCrossed("in1", "in", 3, 4000),
        ev.BarrierObserved("in1", "falling", "down", "auto", 3000, 3),
        ev.PassNoted(3, "粤B12346", "粤B12345", 2, "王师傅"),
        ev.VehicleCrossed("in1", "in", 0),
        ev.FaultBegan("cam1", "gone", "no answer", "in1"),
    ]


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the file and root could do: the triggers are taken away first."""
    con = sqlite3.connect(path, isolation_level=None)
    for (name,) in con.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        con.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert con.execute(statement).rowcount != 0, statement
    con.close()


_lane = st.sampled_from([("in1", "in"), ("out1", "out")])
_who = st.sampled_from(["", "P1", "P2", "P3"])
_plate = st.sampled_from(["", "粤B11111", "粤B22222"])
_seq = st.integers(0, 30)


@st.composite
def _any_event(draw: st.DrawFn) -> Event:
    lane, direction = draw(_lane)
    seq = draw(_seq)
    made: Event = draw(
        st.one_of(
            st.builds(
                ev.AccessDecided,
                lane=st.just(lane),
                direction=st.just(direction),
                reader=st.just("r"),
                card=_who,
                credential=_who,
                category=st.sampled_from(["owner", ""]),
                decision=st.sampled_from(["granted", "refused", "ask"]),
                reason=st.just("ok"),
                plate_bound=_plate,
                plate_read=_plate,
                holder=st.sampled_from(["", NAME]),
            ),
            st.builds(ev.PassOpened, st.just(lane), st.just(direction), st.just("truck"), _plate),
            st.builds(ev.PassAdmitted, st.just(lane), st.just(seq), st.just("known")),
            st.builds(ev.AccessLapsed, st.just(lane), st.just(seq)),
            st.builds(ev.PassNoted, st.just(seq), _plate, _plate, st.integers(-1, 4), st.sampled_from(["", NAME])),
            st.builds(
                ev.BarrierCommanded, st.just(lane), st.sampled_from(["open", "close"]), st.just("card"), pass_seq=_seq
            ),
            st.builds(
                ev.BarrierObserved,
                st.just(lane),
                st.just("x"),
                st.sampled_from(["up", "down", "held", "rising"]),
                st.just(""),
            ),
            st.builds(ev.VehicleCrossed, st.just(lane), st.just(direction), st.just(seq)),
            st.builds(ev.VehicleTurnedBack, st.just(lane), st.just(seq)),
            st.builds(ev.VehicleTailgated, st.just(lane), st.just(direction), st.just(seq)),
            st.builds(ev.VehicleWrongWay, st.just(lane)),
            st.builds(ev.PassbackForgiven, st.sampled_from(["P1", "P2"]), st.just("inside"), st.just("ok")),
            st.builds(
                ev.PictureTaken, st.just(lane), st.sampled_from(["card", "crossing"]), st.just("00"), st.just(1), _seq
            ),
            st.builds(ev.FaultBegan, st.sampled_from(["a", "b"]), st.just("gone")),
            st.builds(ev.FaultEnded, st.sampled_from(["a", "b"]), st.just("gone")),
            st.builds(ev.SessionBegan, st.sampled_from(["li", "wu"]), st.sampled_from(["guard", "technician"])),
            st.builds(ev.SessionEnded, st.sampled_from(["li", "wu"]), st.just("guard"), st.just("asked")),
            st.builds(ev.BarrierHeld, st.just(lane), st.sampled_from(["guard", "fire"])),
            st.builds(ev.BarrierReleased, st.just(lane), st.sampled_from(["guard", "fire"])),
            st.builds(ev.ClockChanged, st.just("ntp"), st.just("unset"), st.integers(-9, 9)),
            st.builds(ev.GateStarted, st.just("1"), st.just("c"), st.just("crash")),
            st.builds(ev.UserSaved, st.just("li"), st.just("guard"), st.booleans(), st.booleans(), st.just(NAME)),
        )
    )
    return made


sequences = st.lists(_any_event(), max_size=40)
