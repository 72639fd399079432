"""A list that was signed and does not fit: refused whole, by name, on record, seen at head office; and gates that were away for long."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge import registry_down
from edge.domain.events import FaultBegan, FaultEnded
from edge.store import registry
from sync import roster
from sync.headoffice import registrar
from sync.headoffice.fit import misfits
from sync.headoffice.registry import Registry
from sync.headoffice.registry_view import gates
from sync.headoffice.store_sqlite import SqliteStore
from sync.memory import MemoryBroker, MemoryLink
from tests.support_registry import KEY, GateEnd, as_csv, made_up, office, take
from tests.support_store import stamp
from tests.support_sync import GATE, SITE, eventually

HEAD = "卡号,编号,类别,人员编号,姓名,时段\n"
BAD = {
    "name-taken": ("0a00000001,P1,业主,,周杰,\n0a00000002,P1,业主,,李娜,\n", '["c","0a00000002"]'),
    "person-differs": ("0b00000001,,业主,7,周杰,\n0b00000002,,业主,7!,李节,\n", '["c","0b00000002"]'),
    "schedule-unknown": ("0d00000001,,业主,,周杰,\n0d00000002,,业主,,李娜,夜班\n", '["c","0d00000002"]'),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "AGAIN_S", 0.6)
    monkeypatch.setattr(registrar, "LOOK_S", 0.2)
    monkeypatch.setattr(registry_down, "ASK_S", 0.2)


def unchecked(store: SqliteStore, text: str) -> list[str]:
    """What a head office that looks at nothing would sign; «!» after a person's number goes."""
    found = roster.read((HEAD + text).encode(), "bad.csv")
    found.schedules, found.holidays = [], []
    registry = Registry(store, SITE)
    plan = registry.plan(found)
    added = {key: (line.replace("!", ""), gates) for key, (line, gates) in plan.added.items()}
    registry.take(replace(plan, added=added), "bad.csv", "zhang", 1)
    return [line for line, _ in (*added.values(), *(new for _, new in plan.changed.values()))]


def test_a_line_that_does_not_fit_refuses_the_whole_list_by_name(tmp_path: Path) -> None:
    broker = MemoryBroker()
    store = SqliteStore(tmp_path / "office.sqlite")
    people = made_up(300)
    take(store, as_csv(people))
    receiver, gate = (
        office(tmp_path, lambda name: MemoryLink(broker, name)),
        GateEnd(tmp_path, MemoryLink(broker, "gate"), KEY),
    )
    faults: list[Any] = gate.noted

    def said() -> dict[str, Any]:
        found = [g for g in gates(store, Registry(store, SITE), SITE) if g["gate"] == GATE]
        return found[0] if found else {"state": "", "refused": None, "online": None}

    try:
        eventually(lambda: gate.has()[0] == 1, 30)
        for n, (why, (text, key)) in enumerate(BAD.items(), 1):
            assert misfits(unchecked(store, text)), "head office itself would not have signed it"
            eventually(lambda n=n: len(gate.ask("SELECT 1 FROM journal WHERE kind = 'registry.refused'")) == n, 30)
            (data,) = gate.ask("SELECT data FROM journal WHERE kind = 'registry.refused' ORDER BY seq DESC LIMIT 1")[0]
            body = json.loads(data)["body"]
            assert (body["why"], body["key"], body["number"]) == (why, key, n + 1)
            assert "李" not in data.decode(), "who it is stands apart"
            assert (gate.has()[0], gate.cards()) == (1, people), "nothing of it"
            eventually(lambda why=why: (said()["state"], (said()["refused"] or {}).get("why")) == ("refused", why), 30)
        assert any(isinstance(e, FaultBegan) and e.code == "registry-refused" for e in faults)
        sent = len(gate.ask("SELECT 1 FROM journal"))
        gate.stop()
        gate = GateEnd(tmp_path, MemoryLink(broker, "gate"), KEY)  # a restart does not ask again
        eventually(lambda: said()["online"], 30)
        faults = gate.noted
        take(store, as_csv(people := people | {"0c00000001": ("x", "某人", "")}), 9)
        eventually(lambda: gate.has()[0] == 5, 30)
        assert gate.cards() == people
        eventually(lambda: said()["state"] == "same", 30)
        assert gate.ask("SELECT refused FROM registry") == [("",)]
        assert len(gate.ask("SELECT 1 FROM journal WHERE kind LIKE 'registry.%'")) == sent + 1
        assert not any(isinstance(e, FaultBegan) for e in faults)
        assert all(isinstance(e, FaultEnded) for e in faults)
    finally:
        gate.stop()
        receiver.stop()
        store.close()


def test_a_gate_that_was_away_a_month_while_versions_were_forgotten(tmp_path: Path) -> None:
    broker = MemoryBroker()
    store = SqliteStore(tmp_path / "office.sqlite")
    people = made_up(400)
    take(store, as_csv(people), 1)
    receiver, gate = (
        office(tmp_path, lambda name: MemoryLink(broker, name)),
        GateEnd(tmp_path, MemoryLink(broker, "gate"), KEY),
    )
    try:
        eventually(lambda: gate.has()[0] == 1, 30)
        gate.stop()
        for day in range(2, 32):
            people[f"0b{day:08x}"] = (f"n{day}", "新人", "")
            del people[f"0a{day:08x}"]
            take(store, as_csv(people), day * 86_400_000)
        Registry(store, SITE).forget(25 * 86_400_000)
        assert Registry(store, SITE).list_at(GATE, 1).lines == 0, "what it has is known here no more"
        gate = GateEnd(tmp_path, MemoryLink(broker, "gate"), KEY)
        registry.import_bytes(gate.store, as_csv(made_up(3)), "own.csv", stamp=stamp())
        eventually(lambda: gate.has()[0] == 31 and gate.cards() == people, 30)
        events = gate.ask("SELECT data FROM journal WHERE kind = 'registry.imported' ORDER BY seq")
        taken = [b["version"] for (d,) in events if (b := json.loads(d)["body"])["source"] == "headoffice"]
        assert (taken[0], taken[-1]) == ("1", "31")
        assert len(taken) <= 3, "not one by one"
    finally:
        gate.stop()
        receiver.stop()
        store.close()
