"""A gate that has worked for years: a registry of a whole district and a long journal, made once and kept in build/bench-data.

Nothing is faked. The registry comes in through the real import; every event is made, chained and carried into the derived
tables by the store's own `Tx`, in transactions of 20,000 events and without syncs (the folder gets its name only when all of it
is there, so a half-made one is never used). `python -m edge verify` finds nothing wrong with it.

A vehicle is ten events, as the gate writes them: decision (with the holder's name as its personal part), open, rising, up,
picture, crossed, picture, close, falling, down. Credentials take turns: in, and out again some two thousand vehicles later.

The folder's name is a digest of the schema, of what writes the journal, and of this file: whoever changes one of them gets new
data.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.clock import Stamp
from edge.domain import events as ev
from edge.domain.event import Event
from edge.store import registry
from edge.store.db import Store
from edge.store.journal import Identity
from edge.store.keys import picture_key
from edge.store.photos import Photos
from edge.store.sqlite import connect
from edge.store.tx import Tx

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "bench-data"
SITE, GATE = "zhenyuan", "main"
PIECE = 20_000
"""Events in one transaction."""
INSIDE = 2_000
"""So many vehicles are inside at a time."""
EVERY_MS = 20_000
FIRST_MS = 1_730_000_000_000
"""Autumn 2024."""
_MAKERS = ("schema/001.sql", "journal.py", "tx.py", "tables.py", "passes.py", "registry.py")


@dataclass(frozen=True, slots=True)
class Made:
    """A prepared data folder. `seconds`: what making it took, 0 when it was there already."""

    folder: Path
    seconds: float


def prepared(events: int, credentials: int) -> Made:
    """The folder with so many events and credentials; made when it is not there."""
    store = ROOT / "edge" / "store"
    sha = hashlib.sha256(f"{events} {credentials}".encode())
    domain = ROOT / "edge" / "domain"
    for path in (*(store / name for name in _MAKERS), domain / "event.py", domain / "events.py", Path(__file__)):
        sha.update(path.read_bytes())
    folder = KEPT / f"{events}-{credentials}-{sha.hexdigest()[:16]}"
    if folder.exists():
        return Made(folder, 0.0)
    for old in KEPT.glob(f"{events}-{credentials}-*"):
        shutil.rmtree(old)
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    begun = time.perf_counter()
    _make(draft, events, credentials)
    draft.rename(folder)
    return Made(folder, time.perf_counter() - begun)


def copied(source: Path, target: Path) -> Path:
    """A copy to run a gate on, written out to the disk so that its own syncs do not pay for it."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)
    subprocess.run(["sync", "-f", str(target)], check=True)
    return target


def uid(number: int) -> str:
    """The card of credential `number`: five bytes as an EM4100 has them, in hex."""
    return f"0a{number:08x}"


def name(number: int) -> str:
    """What the registry calls it."""
    return f"P{number:06d}"


def plate(number: int) -> str:
    """Its vehicle's plate."""
    return f"粤B{number:05d}" if number < 100_000 else f"粤C{number % 100_000:05d}"


def _make(folder: Path, events: int, credentials: int) -> None:
    path = folder / "gate.sqlite"
    store = Store.open(path, gate=GATE, site=SITE)
    rows = "\n".join(f"{uid(n)},业主,正常,{name(n)},张伟{n:06d},先生,,{plate(n)}" for n in range(credentials))
    text = f"卡号,类别,状态,编号,姓名,称呼,主管,车牌\n{rows}\n"
    registry.import_bytes(store, text.encode(), "bench.csv", stamp=Stamp(FIRST_MS - 1_000, "b0", 1_000, "ntp"))
    who = Identity(store.site, store.gate, store.epoch)
    picture = cv2.imencode(".jpg", np.full((90, 160, 3), 128, np.uint8))[1].tobytes()
    stamp = Stamp(FIRST_MS - 900, "b0", 1_100, "ntp")
    digest = Photos(folder / "photos", store, picture_key(folder), lambda: stamp).put(picture)
    store.close()
    con = connect(path)
    con.execute("PRAGMA synchronous = OFF")
    con.execute("PRAGMA cache_size = -200000")
    con.execute("PRAGMA wal_autocheckpoint = 20000")
    try:
        _drive(con, who, events, credentials, (digest, len(picture)))
        con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        con.execute("PRAGMA synchronous = FULL")
    finally:
        con.close()


def _drive(con: sqlite3.Connection, who: Identity, events: int, credentials: int, picture: tuple[str, int]) -> None:
    """Vehicles come and go until the journal has so many events."""
    vehicles = _vehicles(credentials)
    con.execute("BEGIN IMMEDIATE")
    tx = Tx(con, who)
    first = tx.mark()[0]
    started = Stamp(FIRST_MS, "b0", 2_000, "ntp")
    tx.append(ev.GateStarted("0.1.0", GATE, "first", simulated=True), actor="gate", stamp=started)
    done, n = first + 1, 0
    while done < events - 1:
        lane, number = next(vehicles)
        done += _pass(tx, n, lane, number, picture, room=events - 1 - done)
        n += 1
        if len(tx.records) >= PIECE:
            con.execute("COMMIT")
            con.execute("BEGIN IMMEDIATE")
            tx = Tx(con, who)
    tx.append(ev.GateStopped("asked"), actor="gate", stamp=_stamp(n, 0))
    con.execute("COMMIT")


def _vehicles(credentials: int) -> Iterator[tuple[str, int]]:
    """Lane and credential, for ever: every second one comes in, every second one goes out that came in long ago."""
    inside: deque[int] = deque()
    number = 0
    regulars = credentials * 6 // 10 or 1
    while True:
        inside.append(number)
        yield "entry", number
        number = (number + 7) % regulars
        if len(inside) > min(INSIDE, regulars // 2):
            yield "exit", inside.popleft()


def _stamp(vehicle: int, ms: int) -> Stamp:
    at = (vehicle + 1) * EVERY_MS + ms
    return Stamp(FIRST_MS + at, "b0", 2_000 + at, "ntp")


def _pass(tx: Tx, n: int, lane: str, number: int, picture: tuple[str, int], room: int) -> int:
    """One vehicle's events, as many of them as there is room for; how many."""
    direction = "in" if lane == "entry" else "out"
    device, bound = f"device:{lane}.reader", plate(number)
    decided = ev.AccessDecided(
        lane, direction, f"{lane}.reader", uid(number), name(number), "owner", "granted", "ok", bound, salute=True,
        holder=f"张伟{number:06d}",
    )  # fmt: skip
    seq = tx.append(decided, actor=device, stamp=_stamp(n, 0), rule="V2")
    rest: list[tuple[int, str, Event]] = [
        (0, device, ev.BarrierCommanded(lane, "open", "card", pass_seq=seq)),
        (1, "gate", ev.BarrierObserved(lane, "down", "rising", "card", 0, seq)),
        (40, "gate", ev.PictureTaken(lane, "card", *picture, seq)),
        (3_010, "gate", ev.BarrierObserved(lane, "rising", "up", "card", 3_010, seq)),
        (6_500, "gate", ev.VehicleCrossed(lane, direction, seq, 2_400)),
        (6_540, "gate", ev.PictureTaken(lane, "crossing", *picture, seq)),
        (8_000, "gate", ev.BarrierCommanded(lane, "close", "auto", pass_seq=seq, reopen=True)),
        (8_001, "gate", ev.BarrierObserved(lane, "up", "falling", "auto", 0, seq)),
        (11_500, "gate", ev.BarrierObserved(lane, "falling", "down", "auto", 3_499, seq)),
    ]
    for ms, actor, event in rest[: room - 1]:
        tx.append(event, actor=actor, stamp=_stamp(n, ms))
    return min(len(rest), room - 1) + 1
