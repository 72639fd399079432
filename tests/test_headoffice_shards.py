"""Several receivers of one site: each gate has one of them, and the living take over from the dead."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from sync.batch import Batch
from sync.headoffice.intake import ChainId, Verified, verify
from sync.headoffice.ledger import Ledger
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.shards import Shards, owner
from sync.headoffice.status import Board
from sync.headoffice.store_sqlite import SqliteStore
from sync.memory import MemoryBroker, MemoryLink
from sync.uplink import Uplink
from tests.support_sync import (
    EPOCH,
    FAST,
    GATE,
    SITE,
    ListSource,
    Mosquitto,
    batch_of,
    batches,
    entries,
    eventually,
    postgres,
    start_process,
)


def checked(batch: Batch) -> Verified:
    return verify(ChainId(SITE, GATE, EPOCH), batch)


NAMES = [f"gate{n}" for n in range(12)]


def test_the_gates_of_a_dead_receiver_fall_to_all_others_and_nobody_elses_move() -> None:
    gates = [f"g{n}" for n in range(3000)]
    before = {g: owner(g, ("a", "b", "c")) for g in gates}
    after = {g: owner(g, ("a", "c")) for g in gates}
    assert all(800 < count < 1200 for count in Counter(before.values()).values())
    assert all(after[g] == before[g] for g in gates if before[g] != "b")
    assert all(400 < count < 600 for count in Counter(after[g] for g in gates if before[g] == "b").values())


def test_alive_is_who_says_so_and_who_leaves_is_gone_at_once(tmp_path: Path) -> None:
    a, b = (Shards(SqliteStore(tmp_path / "o.sqlite"), SITE, name, beat_s=0.0, alive_s=60.0) for name in "ab")
    assert not a.beat(1.0)
    assert a.alone
    assert all(a.owns(g) for g in NAMES)
    assert b.beat(1.0)
    assert a.beat(2.0)
    assert (a.rank, b.rank, a.members) == (0, 1, ("a", "b"))
    assert all(a.owns(g) != b.owns(g) for g in NAMES)
    b.leave()
    assert a.beat(3.0)
    assert a.alone
    b.beat(4.0)
    a.beat(4.0)
    assert not a.alone
    impatient = Shards(SqliteStore(tmp_path / "o.sqlite"), SITE, "a", beat_s=0.0, alive_s=0.3)
    eventually(lambda: (impatient.beat(5.0), impatient.alone)[1])  # b has said nothing for 0.3 s
    assert not Shards(SqliteStore(tmp_path / "o.sqlite"), SITE, "").beat(1e9), "without a name there is nobody else"


def test_two_who_believe_that_a_gate_is_theirs_write_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watermark is what makes it safe, not the table of the living."""
    monkeypatch.setattr(Shards, "owns", lambda _self, _gate: True)
    broker, store = MemoryBroker(), tmp_path / "o.sqlite"
    both = [
        Receiver(
            MemoryLink(broker, name), SqliteStore(store), ReceiverOptions(SITE, trust_first_contact=True, name=name)
        )
        for name in "ab"
    ]
    for receiver in both:
        receiver.start()
    source = ListSource(entries(2000))
    uplink = Uplink(source, MemoryLink(broker, "gate"), FAST)
    uplink.start()
    try:
        eventually(lambda: uplink.status().acked == 2000, 30)
    finally:
        uplink.stop()
        for receiver in both:
            receiver.stop()
    found = SqliteStore(store)
    (chain,) = found.chains(SITE)
    assert [r.seq for r in found.rows(chain.where)] == list(range(1, 2001))
    assert found.alarms() == []


def test_who_comes_second_believes_nothing_of_what_it_had_decided(tmp_path: Path) -> None:
    """A batch that comes twice in one group, when the group cannot be written because the other receiver was first: the second copy proves nothing."""
    store = SqliteStore(tmp_path / "o.sqlite")
    first, second = (
        Ledger(store, Board(SITE, ""), SITE, trust_first_contact=True, want_interval_s=1.0) for _ in range(2)
    )
    second.shared = True
    made = entries(300)
    one, two, three = batches(made, 100)
    other = batch_of(entries(100, after=made[199], mark="another history"), made[199].hash)
    first.take([checked(one)], 0.0)
    assert [ack.seq for _, ack in second.take([checked(one)], 0.0)] == [100]
    first.take([checked(two)], 1.0)
    assert second.take([checked(b) for b in (two, three, three, other)], 1.0) == []
    (chain,) = store.chains(SITE)
    assert (chain.mark.seq, chain.quarantined, store.alarms()) == (200, 0, [])
    assert [r.seq for r in store.rows(chain.where)] == list(range(1, 201)), "nothing lies above the watermark"
    assert [ack.seq for _, ack in second.take([checked(b) for b in (two, three)], 2.0)] == [300]
    store.close()


def test_kill_9_of_one_of_two_hands_its_gates_over_within_ten_seconds(tmp_path: Path) -> None:
    with postgres() as url:
        broker = Mosquitto(tmp_path)
        log = tmp_path / "office.log"
        args = ("--site", SITE, "--db", url, "--broker", broker.url, "--trust", "first-contact", "--photos", "off")
        office = {n: start_process("sync.headoffice", *args, "run", "--receiver", n, log=log) for n in ("a", "b")}
        gates = [ListSource(entries(300, gate=name), gate=name) for name in NAMES]
        uplinks = [Uplink(source, broker.link(source.gate), FAST) for source in gates]
        try:
            for uplink in uplinks:
                uplink.start()
            eventually(lambda: all(u.status().acked == 300 for u in uplinks), 30)
            eventually(lambda: _alive(url) == {"a", "b"}, 15)
            orphans = [u for u in uplinks if owner(u_gate(u, uplinks), ("a", "b")) == "b"]
            assert 0 < len(orphans) < len(uplinks)
            office["b"].kill()
            killed = time.monotonic()
            for source, uplink in zip(gates, uplinks, strict=True):
                source.extend(50)
                uplink.notify()
            eventually(lambda: all(u.status().acked == 350 for u in uplinks), 30)
            took = time.monotonic() - killed
            assert took < 10, f"{took:.1f} s"
            office["b"].wait()
            dead = log.read_text().count("receiving site")
            office["b"] = start_process("sync.headoffice", *args, "run", "--receiver", "b", log=log)
            eventually(lambda: log.read_text().count("receiving site") > dead and _alive(url) == {"a", "b"}, 30)
            for source, uplink in zip(gates, uplinks, strict=True):
                source.extend(50)
                uplink.notify()
            eventually(lambda: all(u.status().acked == 400 for u in uplinks), 30)
        finally:
            for uplink in uplinks:
                uplink.stop()
            for process in office.values():
                process.terminate()
                process.wait(15)
            broker.kill()
        with psycopg.connect(url) as con:
            for source in gates:
                found = con.execute(
                    "SELECT seq, data FROM events WHERE gate = %s ORDER BY seq", (source.gate,)
                ).fetchall()
                assert [(seq, bytes(data)) for seq, data in found] == [(e.seq, e.data) for e in source.made]
            assert con.execute("SELECT count(*) FROM alarms").fetchone() == (0,), log.read_text()
            assert con.execute("SELECT name FROM receivers").fetchall() == [], log.read_text()


def u_gate(uplink: Uplink, uplinks: list[Uplink]) -> str:
    return NAMES[uplinks.index(uplink)]


def _alive(url: str) -> set[str]:
    with psycopg.connect(url) as con:
        sql = "SELECT name FROM receivers WHERE at > clock_timestamp() - interval '3 s'"
        return {row[0] for row in con.execute(sql)}
