"""Instructions end to end: written into head office's table, sent by its receiver, done by a gate, answered by its journal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.headoffice.__main__ import main
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.store_sqlite import SqliteStore
from sync.instructions import Instruction
from sync.journal_source import Entry
from sync.link import Link
from sync.memory import MemoryBroker, MemoryLink
from sync.protocol import chain
from sync.uplink import Uplink
from tests.support_page import RealGate, until
from tests.support_sync import FAST, GATE, SITE, ListSource, Mosquitto, entries, eventually, signer

pytest_plugins = ["tests.support_page_fixtures"]
OFFICE = signer("headoffice")
KEY = OFFICE.public_key().public_bytes_raw()
Links = Callable[[str], Link]


@pytest.fixture(params=["memory", "mosquitto"])
def links(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Links]:
    if request.param == "memory":
        broker = MemoryBroker()
        yield lambda name: MemoryLink(broker, name)
        return
    real = Mosquitto(tmp_path)
    yield real.link
    real.kill()


def test_open_ones_are_sent_in_order_until_the_journal_answers(links: Links, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "office.sqlite")
    for n in range(1, 4):
        assert store.instruct(SITE, GATE, "notice.post", json.dumps({"n": n}), "zhang", n) == n
    receiver = Receiver(links("office"), SqliteStore(tmp_path / "office.sqlite"), _options())
    source, heard = ListSource(entries(3)), []
    uplink = Uplink(source, links("gate"), FAST)
    uplink.on_instruction(lambda payload: heard.append(Instruction.from_bytes(payload, KEY)))
    receiver.start()
    uplink.start()
    try:
        eventually(lambda: [(i.number, i.after, i.data["n"]) for i in heard[-3:]] == [(1, 0, 1), (2, 1, 2), (3, 2, 3)])
        _answer(source, 1, "done")
        _answer(source, 2, "expired")
        uplink.notify()
        eventually(lambda: [t.number for t in store.told(SITE, only_open=True)] == [3])
        assert [(t.number, t.result) for t in store.told(SITE, GATE)] == [(1, "done"), (2, "expired"), (3, "")]
        store.instruct(SITE, GATE, "card.block", "{}", "zhang", 9)
        eventually(lambda: any(i.number == 4 and i.after == 3 for i in heard))
    finally:
        uplink.stop()
        receiver.stop()
        store.close()


def test_a_range_once_more_mends_what_was_lost_and_names_what_was_altered(links: Links, tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite"
    receiver = Receiver(links("office"), SqliteStore(path), _options())
    source = ListSource(entries(600))
    uplink = Uplink(source, links("gate"), FAST)
    receiver.start()
    uplink.start()
    try:
        eventually(lambda: uplink.status().acked == 600)
        with sqlite3.connect(path) as con:
            con.execute("DROP TRIGGER events_are_kept")
            con.execute("DROP TRIGGER events_are_fixed")
            con.execute("DELETE FROM events WHERE seq BETWEEN 100 AND 350")
            con.execute("UPDATE events SET data = X'7B7D' WHERE seq = 400")
        con.close()
        uplink.again(90, 2**53)
        source.extend(40)  # what is new does not wait
        uplink.notify()
        eventually(lambda: uplink.status().acked == 640)
        seen = SqliteStore(path)
        chain_id = seen.chains()[0].where
        eventually(lambda: [r.seq for r in seen.rows(chain_id)] == list(range(1, 641)), 20)
        eventually(lambda: {a.code for a in seen.alarms()} == {"mended", "altered"}, 20)
        assert all("400" in a.detail for a in seen.alarms() if a.code == "altered")
        assert uplink.status().acked == 640
    finally:
        uplink.stop()
        receiver.stop()


def _options() -> ReceiverOptions:
    return ReceiverOptions(SITE, trust_first_contact=True, ack_interval_s=0.2, sign=OFFICE.sign)


def _answer(source: ListSource, number: int, result: str) -> None:
    """The event that a gate journals."""
    seq, prev = source.head()
    said = json.loads(source.after(seq - 1, 1, 10_000)[0].data)
    said.update(kind="headoffice.instructed", body={"number": number, "result": result}, seq=seq + 1, prev=prev.hex())
    said["personal"] = None
    data = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    source.made.append(Entry(seq + 1, data, chain(prev, data), None))


def test_a_whole_gate_does_what_it_is_told_from_the_command_line(
    gate: RealGate, capsys: pytest.CaptureFixture[str]
) -> None:
    leader, db = gate.leader(), str(gate.database.parent / "headoffice.sqlite")
    leader.post("/cards", {"card": "0a00ee0001", "kind": "visitor", "label": "T-1"})
    site, name = (leader.state()["gate"][k] for k in ("site", "id"))
    said = json.dumps({"card": "0a00ee0001", "reason": "总部停用"}, ensure_ascii=False)
    assert main(["--db", db, "--site", site, "tell", name, "card.block", said, "--by", "zhang"]) == 0
    until(lambda: {c["card"]: c["state"] for c in leader.get("/cards").json()["rows"]}["0a00ee0001"] == "blocked")
    assert main(["--db", db, "--site", site, "tell", name, "open-sesame"]) == 0

    def became() -> bool:
        main(["--db", db, "--site", site, "told", name])
        out = capsys.readouterr().out
        return "1 card.block" in out and ": done," in out and ": unknown-act," in out

    until(became)
    assert main(["--db", db, "--site", site, "tell", name, "card.block", "no json"]) == 2
    assert "is not JSON" in capsys.readouterr().err


def test_head_office_moves_a_request_and_posts_a_notice(gate: RealGate) -> None:
    """D2, D5: what departments do shows at the gate."""
    leader, db = gate.leader(), str(gate.database.parent / "headoffice.sqlite")
    site, name = (leader.state()["gate"][k] for k in ("site", "id"))
    request = leader.post("/requests", {"category": "repair", "unit": "11栋201", "words": "漏水"}).json()["request"][
        "request"
    ]

    def tell(act: str, **data: object) -> None:
        said = json.dumps(data, ensure_ascii=False)
        assert main(["--db", db, "--site", site, "tell", name, act, said, "--by", "engineering"]) == 0

    now, before = leader.state()["now_ms"], len(leader.events("headoffice.instructed"))
    tell("request.finish", request=request, note="已更换水龙头")
    tell("notice.post", notice="water-cut", text="三号水泵检修", from_ms=now, until_ms=now + 7_200_000)
    tell("request.pass", request="not a number", department="engineering")
    until(lambda: leader.get(f"/requests/{request}").json()["state"] == "done")
    (shown,) = until(lambda: [row for row in leader.get("/bulletins").json()["rows"] if row["text"] == "三号水泵检修"])
    until(lambda: len(leader.events("headoffice.instructed")) >= before + 3)
    done = [e for e in leader.events("request.done") if e["body"]["request"] == request]
    posted = [e for e in leader.events("bulletin.posted") if e["seq"] == shown["bulletin"]]
    assert [e["actor"] for e in (*done, *posted)] == ["headoffice:engineering"] * 2
    results = [e["body"]["result"] for e in leader.events("headoffice.instructed")]
    assert results[-3:] == ["done", "done", "bad-input"]


def test_head_office_sends_the_registry_and_knows_which_gate_has_it(
    gate: RealGate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leader, db = gate.leader(), str(gate.database.parent / "headoffice.sqlite")
    site, name = (leader.state()["gate"][k] for k in ("site", "id"))
    path = tmp_path / "list.csv"
    path.write_text(f"卡号,类别,姓名,门岗\n0a0badcafe,业主,张三,\n0a0badcaff,业主,李四,{name}x\n", "utf-8")
    said = ("--db", db, "--site", site, "registry")
    assert main([*said, "import", str(path)]) == 0
    shown = until(lambda: (found := leader.state()["registry"])["source"] == "headoffice" and found)
    assert (shown["version"], shown["rows"]) == ("1", 1)
    taken = [e for e in leader.events("registry.imported") if e["body"]["source"] == "headoffice"]
    assert [e["actor"] for e in taken] == ["headoffice"]
    until(lambda: main([*said, "status"]) == 0)
    assert f"{name}: 一致 has it" in capsys.readouterr().out
