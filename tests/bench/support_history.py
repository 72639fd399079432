"""Five years of a busy community: 5,000,000 passes and 1,000,000 visits in a gate's database, made once and kept in build/bench-data.

A fiftieth is real: every event goes through the store's own `Tx` (journal, personal parts, derived tables, search index), as it does in
life, though a pass has three events here (decided, crossed, down) and not ten. All others are copies of it in SQL, with their own numbers,
five weeks later each. So the tables that the page asks have their full size, distribution and indexes; the copied part of
the journal has true lengths and no true chain, so `verify` is for other benches. Names are made up: 30 surnames, 400 given names.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from edge.clock import Stamp
from edge.domain import events as ev
from edge.domain import events_desk as desk
from edge.store import registry
from edge.store.db import Store
from edge.store.journal import Identity
from edge.store.sqlite import connect, newest, version_of
from edge.store.tx import Tx
from tests.bench.support_data import KEPT, SITE, Made, name, plate, uid

PASSES, VISITS, COPIES = 5_000_000, 1_000_000, 50
CREDENTIALS = 5_000
CARDS = 300
PIECE_MS = 1_830 * 24 * 3_600_000 // COPIES
PIECE = 20_000
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = tuple(
    a + b for a in "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚" for b in "华国建文志海玉春红云兰梅晓丽新立永成光峰"
)
SEQ, AT = "seq", "at"
SHIFTED: dict[str, dict[str, str]] = {
    "journal": {"seq": SEQ, "at_ms": AT},
    "personal": {"seq": SEQ},
    "passes": {
        **dict.fromkeys(("pass_seq", "holder_seq", "driver_seq", "crossed_seq"), SEQ),
        **dict.fromkeys(("opened_ms", "commanded_ms", "up_ms", "crossed_ms", "closed_ms"), AT),
    },
    "visits": {
        **dict.fromkeys(("visit", "person_seq", "call_seq"), SEQ),
        **dict.fromkeys(("opened_ms", "call_ms", "admitted_ms", "ended_ms"), AT),
    },
    "visit_steps": {"visit": SEQ, "seq": SEQ, "at_ms": AT},
    "documents": {"document": SEQ, "visit": SEQ, "at_ms": AT, "returned_ms": AT},
    "visit_events": {"visit": SEQ, "seq": SEQ},
    "visit_cards": {"visit": SEQ},
    "lookup": {"about": SEQ, "seq": SEQ},
}
"""Table → the columns that are numbers of events or times; all others are copied as they are."""


def prepared(passes: int = PASSES, visits: int = VISITS, copies: int = COPIES) -> Made:
    """The folder; made when it is not there, when this file has changed, or when a newer tree has used it. A database of an older schema grows
    when the gate opens it, as a gate's own would."""
    sha = hashlib.sha256(f"{passes} {visits} {copies}".encode() + Path(__file__).read_bytes())
    folder = KEPT / f"history-{passes}-{sha.hexdigest()[:16]}"
    if folder.exists() and _version(folder) <= newest():
        return Made(folder, 0.0)
    for old in KEPT.glob(f"history-{passes}-*"):
        shutil.rmtree(old)
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    begun = time.perf_counter()
    _make(draft, passes // copies, visits // copies, copies)
    draft.rename(folder)
    return Made(folder, time.perf_counter() - begun)


def _version(folder: Path) -> int:
    with closing(connect(folder / "gate.sqlite", read_only=True)) as con:
        return version_of(con)


def person(rng: random.Random) -> str:
    """Somebody's name."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def visitor_plate(rng: random.Random) -> str:
    """One of 40,000 plates of outside vehicles."""
    return f"粤{rng.choice('ABCDEFGH')}{rng.randrange(5_000) * 19 % 100_000:05d}"


def _make(folder: Path, passes: int, visits: int, copies: int) -> None:
    path = folder / "gate.sqlite"
    store = Store.open(path, gate="main", site=SITE)
    rng = random.Random(7)
    rows = "\n".join(
        f"{uid(n)},业主,正常,{name(n)},{person(rng)},先生,,{n % 20 + 1}栋{n // 20 % 30 + 1:02d}0{n % 4 + 1},{plate(n)}"
        for n in range(CREDENTIALS)
    )
    text = f"卡号,类别,状态,编号,姓名,称呼,主管,房号,车牌\n{rows}\n"
    began = time.time_ns() // 1_000_000 - copies * PIECE_MS
    registry.import_bytes(store, text.encode(), "bench.csv", stamp=Stamp(began - 1_000, "b0", 1_000, "ntp"))
    who = Identity(store.site, store.gate, store.epoch)
    store.close()
    con = connect(path)
    for pragma in ("synchronous = OFF", "cache_size = -400000", "wal_autocheckpoint = 50000", "secure_delete = OFF"):
        con.execute(f"PRAGMA {pragma}")
    try:
        _live(con, who, began, passes, visits, rng)
        head = int(con.execute("SELECT max(seq) FROM journal").fetchone()[0])
        for n in range(1, copies):
            _copy(con, head, n)
        con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        con.execute("PRAGMA synchronous = FULL")
    finally:
        con.close()


def _live(con: sqlite3.Connection, who: Identity, began: int, passes: int, visits: int, rng: random.Random) -> None:
    """The real part: five weeks, passes and visits mixed as they come."""
    con.execute("BEGIN IMMEDIATE")
    tx = Tx(con, who)
    for n in range(CARDS):
        _append(tx, desk.CardStocked(f"0a00bb{n:04x}", "visitor", f"V{n:03d}"), Stamp(began, "b0", 1, "ntp"))
    every = PIECE_MS // passes
    for n in range(passes):
        _pass(tx, n, began + n * every)
        if n * visits // passes != (n + 1) * visits // passes:
            _visit(tx, n, began + n * every + 1, rng)
        if len(tx.records) >= PIECE:
            con.execute("COMMIT")
            con.execute("BEGIN IMMEDIATE")
            tx = Tx(con, who)
    con.execute("COMMIT")


def _append(tx: Tx, event: ev.Event, stamp: Stamp) -> int:
    return tx.append(event, actor="user:li", stamp=stamp)


def _pass(tx: Tx, n: int, at_ms: int) -> None:
    number = n // 2 * 7 % CREDENTIALS
    lane, direction = ("entry", "in") if n % 2 == 0 else ("exit", "out")
    stamp = Stamp(at_ms, "b0", at_ms, "ntp")
    decided = ev.AccessDecided(
        lane, direction, f"{lane}.reader", uid(number), name(number), "owner", "granted", "ok", plate(number), salute=True,
        holder=SURNAMES[number % 30] + GIVEN[number % 400],
    )  # fmt: skip
    seq = tx.append(decided, actor=f"device:{lane}.reader", stamp=stamp, rule="V2")
    crossed = ev.VehicleCrossed(lane, direction, seq, 2_400)
    tx.append(crossed, actor="gate", stamp=Stamp(at_ms + 6_000, "b0", at_ms, "ntp"))
    down = ev.BarrierObserved(lane, "falling", "down", "auto", 3_499, seq)
    tx.append(down, actor="gate", stamp=Stamp(at_ms + 11_000, "b0", at_ms, "ntp"))


def _visit(tx: Tx, n: int, at_ms: int, rng: random.Random) -> None:
    """P3 or V3, whole: nine events."""
    stamps: Iterator[Stamp] = (Stamp(at_ms + k * 9_000, "b0", at_ms, "ntp") for k in range(100))
    who, host = person(rng), person(rng)
    vehicle = n % 4 == 0
    card, number = f"0a00bb{n % CARDS:04x}", f"44030119{1950 + n % 50}0101{n % 10_000:04d}"
    opened = desk.VisitOpened(
        "business", "vehicle" if vehicle else "foot", f"{n % 20 + 1}栋{n % 30 + 1:02d}0{n % 4 + 1}",
        visitor_plate(rng) if vehicle else "", name=who, phone=f"139{n % 100_000_000:08d}", host=host, title="mr",
    )  # fmt: skip
    visit = _append(tx, opened, next(stamps))
    for event in (
        desk.VisitStep(visit, "appointment", "yes"),
        desk.HostCalled(visit, "agreed", host=host),
        desk.DocumentHeld(visit, "driving-licence", 1, owner=who, number=number),
        desk.CardIssued(card, visit, "visitor", f"V{n % CARDS:03d}"),
        desk.VisitAdmitted(visit),
        desk.CardReturned(card, visit),
    ):
        seq = _append(tx, event, next(stamps))
        if isinstance(event, desk.DocumentHeld):
            held = seq
    _append(tx, desk.DocumentReturned(visit, held, 1), next(stamps))
    _append(tx, desk.VisitClosed(visit, "settled"), next(stamps))


def _copy(con: sqlite3.Connection, head: int, nth: int) -> None:
    """All rows of the real part (events up to `head`) for the nth time, so many events and spans later."""
    con.execute("BEGIN IMMEDIATE")
    for table, moved in SHIFTED.items():
        names = [row[1] for row in con.execute(f"PRAGMA table_info({table})")]
        by = {SEQ: nth * head, AT: nth * PIECE_MS}
        said = [f"{n} + {by[moved[n]]}" if n in moved else n for n in names]
        first = next(column for column, what in moved.items() if what == SEQ)
        con.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(said)} FROM {table} WHERE {first} <= ? ORDER BY {first}",
            (head,),
        )
    con.execute("COMMIT")
