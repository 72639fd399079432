"""The registry from head office, over both links: whole or not at all, whatever the line and the restarts do to it."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import registry_down
from edge.domain.events import FaultBegan
from edge.store import registry
from edge.store.registry_down import Intake
from sync.headoffice import registrar
from sync.headoffice.registry import Registry
from sync.headoffice.store_sqlite import SqliteStore
from sync.memory import MemoryBroker, MemoryLink
from sync.protocol import Topics
from sync.registry_protocol import SNAPSHOT, Piece, Transfer, packed
from tests.support_registry import KEY, OFFICE, BadLine, GateEnd, Links, as_csv, made_up, office, take
from tests.support_store import stamp
from tests.support_sync import GATE, SITE, Mosquitto, Recorder, eventually, signer


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "AGAIN_S", 0.6)
    monkeypatch.setattr(registrar, "LOOK_S", 0.2)
    monkeypatch.setattr(registry_down, "ASK_S", 0.2)


@pytest.fixture(params=["memory", "mosquitto"])
def links(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Links]:
    if request.param == "memory":
        broker = MemoryBroker()
        yield lambda name: MemoryLink(broker, name)
        return
    real = Mosquitto(tmp_path)
    yield real.link
    real.kill()


def test_a_bad_line_and_restarts_in_the_middle_change_nothing_about_what_arrives(links: Links, tmp_path: Path) -> None:
    rng = random.Random(20261125)
    store = SqliteStore(tmp_path / "office.sqlite")
    people = made_up(6_000)
    take(store, as_csv(people))
    bad = [BadLine(links("office"), rng), BadLine(links("gate"), rng)]
    bad[0].ends = False
    receiver, gate = office(tmp_path, links, bad[0]), GateEnd(tmp_path, bad[1], KEY)
    try:
        eventually(lambda: gate.pieces() >= 2, 30)
        receiver.stop()
        assert gate.has()[0] == 0
        bad.append(BadLine(links("office"), rng))
        bad[-1].ends = False
        receiver = office(tmp_path, links, bad[-1])
        eventually(lambda: gate.pieces() >= 4, 30)
        gate.stop()
        at_office = bad[-1]
        bad.append(BadLine(links("gate"), rng))
        gate = GateEnd(tmp_path, bad[-1], KEY)
        assert (gate.has(), gate.cards()) == ((0, ""), {}), "half a list is no list"
        at_office.ends = True
        eventually(lambda: gate.has()[0] == 1, 40)
        assert gate.cards() == people
        for version in range(2, 5):
            gone, *changed = rng.sample(sorted(people), 4)
            del people[gone]
            people |= {uid: (*people[uid][:2], f"粤C{version}{n:04d}") for n, uid in enumerate(changed)}
            people[f"0b{version:08x}"] = (f"new{version}", "新人", "粤B88888")
            assert take(store, as_csv(people), version) == version
            eventually(lambda v=version: gate.has()[0] == v, 40)
            assert gate.cards() == people
        assert gate.has()[1] == Registry(store, SITE).list_at(GATE, 4).digest
        assert gate.ask("SELECT count(*) FROM journal WHERE kind = 'registry.imported'") == [(4,)]
        assert min(sum(getattr(line, what) for line in bad) for what in ("lost", "doubled", "swapped")) > 0
    finally:
        gate.stop()
        receiver.stop()
        store.close()


def test_a_gate_that_was_away_and_one_with_a_list_of_its_own(tmp_path: Path) -> None:
    broker = MemoryBroker()

    def links(name: str) -> MemoryLink:
        return MemoryLink(broker, name)

    store = SqliteStore(tmp_path / "office.sqlite")
    people = made_up(300)
    take(store, as_csv(people))
    receiver, gate = office(tmp_path, links), GateEnd(tmp_path, links("gate"), KEY)
    try:
        eventually(lambda: gate.has()[0] == 1)
        (generation,) = gate.ask("SELECT gen FROM registry")
        gate.stop()
        for version in range(2, 6):
            people[f"0b{version:08x}"] = (f"n{version}", "新人", "粤B88888")
            del people[f"0a{version:08x}"]
            take(store, as_csv(people), version)
        gate = GateEnd(tmp_path, links("gate"), KEY)
        eventually(lambda: gate.has()[0] == 5)
        assert gate.cards() == people
        assert gate.ask("SELECT gen FROM registry") == [generation], "a change set: nothing was written anew"
        assert gate.ask("SELECT count(*) FROM people") == [(len({p for p, _, _ in people.values()}),)]

        registry.import_bytes(gate.store, as_csv(made_up(3)), "own.csv", stamp=stamp())  # in an emergency, at the gate
        assert gate.has()[0] == 5
        assert len(gate.cards()) == 3
        eventually(lambda: gate.cards() == people)
        assert gate.ask("SELECT gen FROM registry") != [generation]

        people = made_up(2_000, first=7)
        take(store, as_csv(people), 9)  # nearly everything is another: a snapshot is smaller
        eventually(lambda: gate.has()[0] == 6, 20)
        assert gate.cards() == people
        eventually(lambda: gate.ask("SELECT count(DISTINCT gen) FROM registry_credentials") == [(1,)], 20)
    finally:
        gate.stop()
        receiver.stop()
        store.close()


def test_what_head_office_did_not_sign_is_refused_and_on_record_and_old_lists_stay_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, clear = threading.Event(), Intake.clear

    def late(intake: Intake) -> None:
        arrived.wait(60)
        clear(intake)

    monkeypatch.setattr(Intake, "clear", late)  # what follows arrives while the gate clears up behind a list
    broker = MemoryBroker()
    store = SqliteStore(tmp_path / "office.sqlite")
    people = made_up(50)
    for version in (1, 2):
        take(store, as_csv(people := people | {f"0c{version:08x}": ("x", "某人", "")}), version)
    taps = Recorder()
    tap = MemoryLink(broker, "tap")
    tap.subscribe(Topics(SITE, GATE).registry)
    tap.connect(taps)
    taps.wait(lambda r: r.limits)
    receiver = office(tmp_path, lambda name: MemoryLink(broker, name))
    gate = GateEnd(tmp_path, MemoryLink(broker, "gate"), KEY)
    try:
        eventually(lambda: gate.has()[0] == 2)
        head = gate.has()
        taps.wait(lambda r: r.messages)
        transfer = Transfer(SITE, GATE, SNAPSHOT, 0, "", 7, "11" * 32, 0, 9)
        forged = Piece(transfer, 0, True, packed([])).to_bytes(signer("somebody").sign)
        damaged = bytearray(taps.messages[0].payload)
        damaged[-1] ^= 1
        for payload in (forged, bytes(damaged), b"GER1" + bytes(80), b"nonsense", b""):
            tap.publish(Topics(SITE, GATE).registry, payload)
        eventually(lambda: b"" in gate.down._waiting, 60)
        arrived.set()
        eventually(lambda: any(isinstance(e, FaultBegan) and e.code == "registry-not-signed" for e in gate.noted), 60)
        older = Transfer(SITE, GATE, SNAPSHOT, 0, "", 1, "11" * 32, 0, 9)
        wrong = Transfer(SITE, GATE, SNAPSHOT, 0, "", 9, "11" * 32, 0, 9)
        elsewhere = Transfer(SITE, "east", SNAPSHOT, 0, "", 9, "11" * 32, 0, 9)
        line = '["c","0a00000001","0a00000001","owner","active","","","","",[],"p","n","","",0,"",""]'
        for made in (older, wrong, elsewhere):
            for lines in ([], [line], ['["c",1]'], ["{"]):
                tap.publish(Topics(SITE, GATE).registry, Piece(made, 0, True, packed(lines)).to_bytes(OFFICE.sign))
        take(store, as_csv(people | {"0d00000001": ("y", "后来", "")}), 3)  # comes after all of that
        eventually(lambda: gate.has()[0] == 3)
        assert head != gate.has()
        assert gate.ask("SELECT version FROM registry") == [("3",)]
        assert gate.ask("SELECT count(*) FROM journal WHERE kind = 'registry.imported'") == [(2,)]
    finally:
        gate.stop()
        tap.close()
        receiver.stop()
        store.close()
