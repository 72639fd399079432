"""Cards are decided while the registry comes down: 100,000 credentials as a snapshot, then change sets of 250 ops, the largest there are.

    pieces, signed and packed before ──▶ RegistryDown in a gate's loop (its threads, its writer, its disk)
    a card every 10 ms               ──▶ the facts of that card and two events in an urgent, durable transaction: what a decision is

The limit is the same cards in the same process on the same disk with nothing coming down, before and after. A card that is presented
while the list of before is cleared away counts as well. Head office is not measured here but for the import.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from edge.bridge import Bridge
from edge.clock import Clock
from edge.domain import events as ev
from edge.faults import Faults
from edge.gate import Gate
from edge.registry_down import RegistryDown
from edge.store import queries, registry_down
from edge.store.db import Store, Tx
from sync import roster
from sync.headoffice.registrar import Registrar
from sync.headoffice.registry import Registry
from sync.headoffice.store_sqlite import SqliteStore
from sync.protocol import GateState
from sync.registry_protocol import Want
from tests.bench.support_data import KEPT
from tests.bench.support_run import Wrong, row
from tests.support_sync import signer

SITE, GATE = "bench", "main"
EVERY_S = 0.01
GOAL_RATIO, GOAL_S = 3.0, 2.0
OFFICE = signer("headoffice")


class _Wire:
    """Takes what the registrar sends: a Link as far as it needs one."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def publish(self, _topic: str, payload: bytes, **_: Any) -> int:
        self.sent.append(payload)
        return 1


def run(
    *, credentials: int = 100_000, ops: int = 250, sets: int = 20, snapshots: int = 4, quiet: int = 400
) -> list[dict[str, Any]]:
    """The table's rows. `sets`: change sets of `ops` each, one after the other, and `snapshots` of everything; `quiet`: cards with nothing coming, before and after."""
    folder = KEPT / "registry"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        office = Registry(SqliteStore(folder / "office.sqlite"), SITE)
        people = {f"{n:010x}": f"周{n}" for n in range(credentials)}
        began = time.perf_counter()
        _import(office, people)
        took = time.perf_counter() - began
        transfers = [_pieces(folder, 0, "")]
        for number in range(1, sets + snapshots):
            digest = office.list_at(GATE, number).digest
            for n in range(ops):
                people[f"{(number * ops + n) * 7 % credentials:010x}"] = f"李{number}"
            _import(office, people)
            transfers.append(_pieces(folder, number, digest) if number <= sets else _pieces(folder, 0, ""))
        rows = asyncio.run(_measured(folder, transfers, sets, quiet, credentials))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [row(f"head office: import of {credentials:,} credentials", took, "s"), *rows]


def _import(office: Registry, people: dict[str, str]) -> None:
    text = "".join(f"{uid},{_rest(int(uid, 16), name)}\n" for uid, name in people.items())
    found = roster.read(f"卡号,编号,类别,人员编号,姓名,房号,车牌\n{text}".encode(), "list.csv")
    office.complete(found)
    if found.problems:
        raise Wrong(found.problems[0])
    office.take(office.plan(found), "list.csv", "bench", office.newest()[0] + 1)


def _rest(n: int, name: str) -> str:
    """Names, people, units and plates are in no order beside the cards', as in life."""
    k = n * 70_657 % 100_000
    return f"C{k:05d},业主,p{k:05d},{name},{k % 400}栋{k % 97},粤B{k * 7919 % 100_000:05d}"


def _pieces(folder: Path, number: int, digest: str) -> list[bytes]:
    """All pieces that lead a gate to the newest list."""
    store, wire = SqliteStore(folder / "office.sqlite"), _Wire()
    registrar = Registrar(store, SITE, OFFICE.sign)
    registrar.heard(GATE, GateState(True, "e", 1, 1, bytes(32), {"registry_at": {"number": number, "digest": digest}}))
    now, had = 10.0, 0
    registrar.work(cast(Any, wire), now)
    while len(wire.sent) > had:
        had = len(wire.sent)
        registrar.wanted(GATE, Want(number, digest, registrar._gates[GATE].name, had), now)
        while registrar.look_at <= now:
            registrar.work(cast(Any, wire), now)
    store.close()
    return wire.sent


async def _measured(
    folder: Path, transfers: list[list[bytes]], sets: int, quiet: int, credentials: int
) -> list[dict[str, Any]]:
    store = Store.open(folder / "gate.db", gate=GATE, site=SITE, ballast=0)
    clock, bridge = Clock(), Bridge(asyncio.get_running_loop())
    faults = Faults(clock, lambda _events: None)
    house = SimpleNamespace(store=store, clock=clock, bridge=bridge, faults=faults, changed=lambda: None)
    down = RegistryDown(cast(Gate, house), OFFICE.public_key().public_bytes_raw(), lambda _want: None)

    def cards() -> Callable[[], Awaitable[list[float]]]:
        return _Cards(store, clock).stop

    async def alone() -> list[float]:
        stop = cards()
        await asyncio.sleep(EVERY_S * quiet)
        return await stop()

    async def taken(pieces: list[bytes], number: int) -> tuple[float, float]:
        """Seconds from the first piece, and from the last one, until a card is judged by the new list."""
        began = last = time.perf_counter()
        force = 0.0
        for at in range(0, len(pieces), 8):
            last = time.perf_counter()
            for piece in pieces[at : at + 8]:
                down.arrived(piece)
            while down._waiting:
                await asyncio.sleep(0.001)
        while down._busy or not force:
            with store.reader() as con:
                if not force and registry_down.state(con)[0] == number:
                    force = time.perf_counter()
            await asyncio.sleep(0.002)
        return force - began, force - last

    try:
        before = await alone()
        at_lists, at_sets, lists, seconds = list[float](), list[float](), list[tuple[float, float]](), list[float]()
        for number, pieces in enumerate(transfers, 1):
            stop = cards()
            came = await taken(pieces, number)
            if 1 < number <= 1 + sets:
                seconds.append(came[0])
                at_sets += await stop()
            else:
                lists.append(came)
                at_lists += await stop()
        with store.reader() as con:
            if con.execute("SELECT count(*) FROM credentials").fetchone() != (credentials,):
                raise Wrong("not the list that was sent")
        after = await alone()
    finally:
        down.stop()
        await bridge.drain()
        store.close()
    bare = [*before, *after]
    load = os.getloadavg()[0]
    rows = [
        row(
            f"snapshot of {credentials:,}: first piece → in force, slowest of {len(lists)}",
            (slowest := max(lists))[0],
            "s",
            None,
            f"< {GOAL_S:.0f} s",
            slowest[0] < GOAL_S,
        ),
        row("the same: last eight pieces → in force", slowest[1], "s"),
        row("its size", sum(map(len, transfers[0])) / 1e6, "MB"),
        row("change set: piece → in force, median", sorted(seconds)[len(seconds) // 2], "s"),
        row("the machine's load meanwhile", load, ""),
    ]
    for name, some in (("while a snapshot comes", at_lists), ("while change sets come", at_sets)):
        for word, q in (("p50", 0.5), ("p99", 0.99), ("slowest", 1.0)):
            limit, value = _quantile(bare, q), _quantile(some, q)
            made = row(f"card, {name}, {word} of {len(some)}", value, "ms", limit)
            if word == "p99":
                made |= {"goal": f"≤ {GOAL_RATIO:.0f} × quiet", "met": value <= GOAL_RATIO * limit}
            rows.append(made)
    return rows


class _Cards:
    """Cards, one every EVERY_S, until `stop`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock, self._ms, self._on = store, clock, list[float](), True
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> list[float]:
        """Their times in ms."""
        self._on = False
        await self._task
        return self._ms

    async def _run(self) -> None:
        n = 0
        while self._on:
            n += 1
            uid, stamp = f"{n * 7919 % 100_000:010x}", self._clock.stamp()

            def work(tx: Tx, uid: str = uid, stamp: Any = stamp) -> None:
                queries.card_facts(tx.con, uid, stamp)
                more = {
                    "reader": "r1",
                    "card": uid,
                    "category": "owner",
                    "reason": "ok",
                    "credential": uid,
                    "decision": "granted",
                }
                seq = tx.append(ev.AccessDecided("in1", "in", **more), actor="device:r1", stamp=stamp)
                tx.append(ev.BarrierCommanded("in1", "open", "card", pass_seq=seq), actor="device:r1", stamp=stamp)

            began = time.perf_counter()
            self._store.hush()
            await self._store.transact(work, urgent=True)
            self._ms.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(EVERY_S)


def _quantile(some: list[float], q: float) -> float:
    ordered = sorted(some)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
