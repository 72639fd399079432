"""The list at head office: imports as versions, previews, who gets which rows; the same over SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import plates
from sync import roster, roster_fields
from sync.fields import ProtocolError
from sync.headoffice import registry_form
from sync.headoffice.__main__ import main
from sync.headoffice.config import Config
from sync.headoffice.drafts import LISTS, Edit, Handed, Stale, edited, prepare, publish, with_edit
from sync.headoffice.drafts_kept import FAILED_MS, MOST, WAIT_MS, Drafts, Full
from sync.headoffice.drafts_work import Apart, compare, now_ms, publish_draft, published_after_all
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import Plan
from sync.headoffice.registry_view import headings, preview
from sync.headoffice.store import Conflict, Heard, Store
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from sync.headoffice.web_users import User
from sync.instructions import NotSigned
from sync.lists_kinds import KINDS
from sync.lists_words import Words
from sync.registry_lines import added, hash_of, hexed, parsed
from sync.registry_protocol import CHANGES, MAX_PIECE, Piece, Transfer, Want, packed
from tests.support_registry import as_csv, made_up, take
from tests.support_sync import SITE, eventually, postgres, signer

OFFICE = signer("headoffice")
KEY = OFFICE.public_key().public_bytes_raw()
HEAD = "卡号,类别,姓名,房号,车牌,门岗,不含门岗\n"
LIST = (
    HEAD + "0a00000001,业主,张三,3栋201,粤B12345,,\n0a00000002,员工,李四,,,main east,\n0a00000003,业主,王五,,,,east\n"
)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        made: Store = SqliteStore(tmp_path / "office.sqlite")
        yield made
        made.close()
        return
    with postgres() as url:
        made = PostgresStore(url)
        yield made
        made.close()


def lines(registry: Registry, gate: str, number: int) -> list[str]:
    return [line for _, line in registry.lines(gate, number, "", 10_000) if line]


def test_one_list_leaves_the_others_and_is_found_by_what_it_says(store: Store) -> None:
    registry = Registry(store, SITE)
    passes = "证号,姓名,截止日期\nSG-1,赵%工,2026-12-31\nSG-2,钱_工,2026-01-31\n"
    take(store, LIST.encode(), 1)
    for whole, text in ((True, passes), (False, "证号,姓名,截止日期\nSG2,钱工,2027-01-31\nSG3,孙工,2026-11-01\n")):
        plan, problems = prepare(registry, Handed("passes", text.encode(), "p.csv", whole))
        assert plan is not None, problems
        publish(store, registry, SITE, plan, "p.csv", "zhang")
    assert (registry.counts()["passes"], registry.counts()["cards"]) == (3, len(LIST.splitlines()) - 1)
    assert [k for k, _, _ in registry.page("passes", "", "赵%", 9)] == ['["l","passes","SG1"]']
    assert registry.page("cards", "", "赵%", 9) == []
    assert len(registry.page("passes", '["l","passes","SG1"]', "工", 9)) == 2
    for gate in ("main", "west"):
        there = lines(registry, gate, 3)
        at = registry.list_at(gate, 3)
        assert (at.lines, int(at.digest, 16)) == (len(there), added(0, map(hash_of, there)))
    late, _ = prepare(registry, Handed("passes", passes.encode(), "p.csv"))
    other, _ = prepare(registry, Handed("passes", b"\xef\xbb\xbf" + passes.replace("SG-1", "SG-9").encode(), "p.csv"))
    assert late is not None
    assert other is not None
    publish(store, registry, SITE, late, "p.csv", "zhang")
    with pytest.raises(Stale):
        publish(store, registry, SITE, other, "p.csv", "li")


def test_versions_sums_and_changes_agree_for_every_gate(store: Store) -> None:
    registry = Registry(store, SITE)
    assert registry.newest() == (0, 0)
    assert take(store, LIST.encode(), 1) == 1
    assert take(store, LIST.replace("张三", "张山").replace("main east", "west").encode(), 2) == 2
    assert take(store, (HEAD + "0a00000003,业主,王五,,,,\n0a00000004,业主,赵六,,,,\n").encode(), 3) == 3
    whole = json.dumps(
        {
            "credentials": [{"card": "0a00000004", "category": "owner", "schedule": "day"}],
            "schedules": {"day": [{"days": "mon", "begin": "06:00", "end": "22:00"}]},
            "holidays": ["2026-10-01"],
        }
    )
    found = roster.read(whole.encode(), "list.json")
    registry.complete(found)
    assert registry.take(registry.plan(found), "list.json", "zhang", 4) == 4
    for gate in ("main", "east", "west"):
        for number in range(1, 5):
            there = lines(registry, gate, number)
            at = registry.list_at(gate, number)
            assert at.digest == hexed(added(0, map(hash_of, there))), (gate, number)
            assert (at.lines, at.cards) == (len(there), sum(line.startswith('["c"') for line in there))
            for base in range(1, number):
                ops = registry.changes(gate, base, number, 100)
                assert ops is not None
                held = {json.dumps(parsed(line)[:2]): line for line in lines(registry, gate, base)}
                for op in ops:
                    if op.startswith("-"):
                        del held[json.dumps(json.loads(op[1:])[:2])]
                    else:
                        held[json.dumps(parsed(op)[:2])] = op
                assert sorted(held.values()) == sorted(there), (gate, base, number)
    assert [len(lines(registry, gate, 1)) for gate in ("main", "east", "west")] == [3, 2, 2]
    assert registry.changes("main", 1, 4, 2) is None, "more than asked for"
    stale = registry.plan(found)
    take(store, as_csv(made_up(5)), 5)
    with pytest.raises(Conflict):
        registry.take(stale, "list.json", "li", 6)
    with pytest.raises(Conflict):
        registry.take(stale, "list.json", "li", 6, above=70)
    registry.forget(0)
    assert registry.changes("main", 1, 5, 100) is not None
    registry.forget(3)  # in the time of version 3: it stays, however old it is
    assert (registry.list_at("main", 2).lines, registry.list_at("main", 3).lines) == (0, 2)
    assert len(lines(registry, "main", 3)) == 2
    registry.forget(5)
    assert registry.list_at("main", 3).lines == 0
    assert len(lines(registry, "main", 5)) == 7, "schedules and holidays of before stay"
    assert not store.run("SELECT 1 FROM registry_lines WHERE line LIKE ?", ("%王五%",))


def test_import_from_the_command_line_with_a_preview_and_each_bad_row_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db, path = str(tmp_path / "office.sqlite"), tmp_path / "名单.csv"

    def run(*words: str) -> tuple[int, str]:
        code = main(["--db", db, "--site", SITE, "registry", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert "no list was imported" in run("status")[1]
    path.write_text(LIST + "0a0000,业主,坏,,,,\n0a00000009,业主,坏,,,main,east\n0a00000002,员工,重,,,,\n", "gbk")
    code, said = run("import", str(path))
    assert code == 1
    assert all(word in said for word in ("row 5 [卡号]", "row 6 [不含门岗]", "row 7 [卡号]", "nothing was imported"))
    path.write_text(LIST, "utf-8")
    code, said = run("import", str(path), "--preview")
    assert code == 0
    assert "added 3, 变更 changed 0" in said
    assert "张三" in said
    assert "@ -east" in said
    assert run("versions") == (0, "")
    assert "version 1" in run("import", str(path))[1]
    path.write_text(LIST.replace("张三", "张山").replace("0a00000003", "0a00000005"), "utf-8")
    said = run("import", str(path), "--by", "li")[1]
    assert "added 1, 变更 changed 1, 删除 removed 1, 不变 as before 1" in said
    assert "张三" in said.split("→")[0]
    assert "张山" in said.split("→")[1]
    assert run("import", str(path))[1].startswith("新增 added 0"), "the same again is no version"
    assert "2: " in run("versions")[1]
    assert run("import", str(tmp_path / "no.csv"))[0] == 1

    store = SqliteStore(db)
    digest = Registry(store, SITE).list_at("main", 2).digest
    now = time.time_ns() // 1_000_000
    said_at = [("east", {"number": 1, "digest": "x"}), ("main", {"number": 2, "digest": digest}), ("old", None)]
    said_at += [("own", {"number": 2, "digest": "y"}), ("zoo", {"number": 9, "digest": "z"})]
    store.hear(
        SITE, [Heard(gate, gate != "main", "e1", 1, {"registry": "v", "registry_at": at}, now) for gate, at in said_at]
    )
    store.close()
    code, said = run("status")
    assert code == 1
    east, main_, old, own, zoo = said.splitlines()[1:]
    assert "has version 1, 1 behind" in east
    assert "has it" in main_
    assert "offline since" in main_
    assert "has none" in old
    assert "another list of this number" in own
    assert "newer than head office's" in zoo
    assert "version 10" in run("import", str(path), "--gates", "main")[1], "above what any gate has"


def test_a_workbook_reads_as_its_csv_would(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [["卡面号", "类别", "姓名", "车牌", "截止日期"], [1234567, "业主", "张三", "粤B12345", date(2026, 12, 31)]]
    for row in (*rows, [None] * 5, ["1234568", "业主", "李四", None, "2026/1/2"], [1.5, "业主", "坏", "", ""]):
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    found = roster.read(made.getvalue(), "whatever.bin")
    text = "卡面号,类别,姓名,车牌,截止日期\n1234567,业主,张三,粤B12345,2026-12-31\n,,,,\n1234568,业主,李四,,2026/1/2\n"
    assert found.entries == roster.read(text.encode(), "list.csv").entries
    assert len(found.problems) == 1
    assert "row 5 [卡面号] '1.5'" in str(found.problems[0])
    for bad in (b"PK\x03\x04", made.getvalue()[:2000], b"nonsense"):
        assert any("not an Excel workbook" in str(said) for said in roster.read(bad, "list.xlsx").problems), bad


TRANSFER = Transfer(SITE, "main", CHANGES, 3, "ab" * 32, 4, "cd" * 32, 7, 5)


def test_a_piece_arrives_as_it_was_and_any_other_byte_is_refused() -> None:
    text = ['["h","2026-10-01","国庆节"]', '-["c","0a00000001"]']
    piece = Piece(TRANSFER, 2, True, packed(text))
    payload = piece.to_bytes(OFFICE.sign)
    assert Piece.from_bytes(payload, KEY) == piece
    assert piece.lines() == text
    for at in (5, 70, 100, len(payload) - 1):
        with pytest.raises(NotSigned):
            Piece.from_bytes(payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :], KEY)
    with pytest.raises(NotSigned):
        Piece.from_bytes(payload, signer("somebody").public_key().public_bytes_raw())
    with pytest.raises(ProtocolError):
        Piece(TRANSFER, 0, True, bytes(MAX_PIECE)).to_bytes(OFFICE.sign)
    with pytest.raises(ProtocolError, match="inflates to more"):
        Piece(TRANSFER, 0, True, packed(["x" * 100_000])).lines()
    want = Want(3, "ab" * 32, TRANSFER.name, 5, True)
    assert Want.from_bytes(want.to_bytes()) == want


@given(st.binary(max_size=300), st.text(max_size=80))
def test_whatever_arrives_is_an_error_of_one_kind(payload: bytes, text: str) -> None:
    for reads in (
        lambda: Piece.from_bytes(b"GER1" + payload, KEY),
        lambda: Piece.from_bytes(Piece(TRANSFER, 0, True, payload).to_bytes(OFFICE.sign), KEY).lines(),
        lambda: parsed(text),
        lambda: Want.from_bytes(payload),
    ):
        with pytest.raises(ProtocolError):
            reads()


@given(st.text(max_size=12))
def test_plates_are_written_the_same_at_both_ends(text: str) -> None:
    assert roster_fields.normal(text) == plates.normal(text)


# ---- drafts and single entries ----------------------------------------------------------------------------------------


def entry(list_: str = "cards", **cells: str) -> tuple[str, ...]:
    """A row as the page's form sends it."""
    return tuple(cells.get(column["name"], "") for column in registry_form.columns(list_, [], ["main"]))


def card(uid: str, name: str = "", **cells: str) -> tuple[str, ...]:
    return entry(card=uid, name=name, category="业主", **cells)


def test_a_draft_waits_in_the_database_and_goes_with_its_publication(store: Store) -> None:
    drafts, boss = Drafts(store, SITE), User("admin", "admin")
    number = drafts.keep("wen", Handed("cards", LIST.encode(), "a.csv", gates="main"), 1_001_000)
    assert [(d.number, d.by, d.said, d.fit) for d in drafts.all(1_002_000)] == [(number, "wen", None, False)]
    assert drafts.handed(number) == Handed("cards", LIST.encode(), "a.csv", gates="main")
    assert drafts.begin(number, 1_003_000)
    assert not drafts.begin(number, 1_004_000), "somebody is at it"
    compare(store, SITE, number)
    draft = drafts.of(number)
    assert draft is not None
    assert draft.said is not None
    assert (draft.base, draft.fit, draft.said["counts"]) == (0, True, {"added": 3, "changed": 0, "removed": 0})
    take(store, LIST.replace("王五", "王舞").encode())
    with pytest.raises(Stale):
        publish_draft(store, SITE, draft, boss)
    compare(store, SITE, number)
    draft = drafts.of(number)
    assert draft is not None
    assert drafts.put(number, Handed("cards", LIST.replace("李四", "李思").encode(), "a.csv"), draft, 1_005_000)
    assert not drafts.put(number, Handed("cards", b"", "a.csv"), draft, 1_006_000), "it is another one now"
    compare(store, SITE, number)
    draft = drafts.of(number)
    assert draft is not None
    assert publish_draft(store, SITE, draft, boss) == 2
    assert drafts.of(number) is None
    assert [(v.by, v.changed) for v in Registry(store, SITE).versions()] == [("zhang", 0), ("admin (wen)", 3)]
    assert not store.run("SELECT 1 FROM registry_drafts")
    # what was never published is erased: thrown away, too old, or with nothing to publish in it
    for n, text in enumerate(
        (LIST.replace("张三", "废弃甲"), LIST.replace("张三", "废弃乙"), LIST + "x,业主,废弃丙,,,,\n")
    ):
        number = drafts.keep("wen", Handed("cards", text.encode(), "b.csv"), 1_010_000)
        compare(store, SITE, number)
        if n == 0:
            drafts.drop(number)
    assert drafts.tidy(1_010_000 + FAILED_MS + 1) == 1
    assert drafts.tidy(1_010_000 + WAIT_MS + 1) == 1
    if isinstance(store, SqliteStore):
        for path in store.path.parent.glob(f"{store.path.name}*"):
            assert "废弃".encode() not in path.read_bytes(), path
    for _ in range(MOST):
        drafts.keep("wen", Handed("cards", b"", "c.csv"), 1_020_000)
    with pytest.raises(Full):
        drafts.keep("wen", Handed("cards", b"", "c.csv"), 1_020_000)


def test_single_entries_are_added_changed_and_taken_out(store: Store) -> None:
    registry = Registry(store, SITE)
    two = "卡号,类别,人员编号,姓名,房号\n0b00000001,业主,7,周杰,1-1\n0b00000002,业主,7,周杰,1-1\n0b00000003,业主,8,李娜,1-2\n"
    take(store, two.encode())

    def changes(*edits: Edit, list_: str = "cards") -> tuple[set[str], set[str], set[str]]:
        made: list[Edit] = []
        for edit in edits:
            made = with_edit(list_, made, edit)
        plan, problems = prepare(registry, edited(list_, made))
        assert plan is not None, problems
        said = [{json.loads(key)[-1] for key in some} for some in (plan.added, plan.changed, plan.removed)]
        return said[0], said[1], said[2]

    one, other, third = (f'["c","0b0000000{n}"]' for n in (1, 2, 3))
    named = Edit(one, (card("0b00000001", "周节", person="7", unit="1-1"),))
    assert changes(named) == (set(), {"0b00000001", "0b00000002"}, set()), "who somebody is stands on all their cards"
    plan, _ = prepare(registry, edited("cards", [named]))
    assert plan is not None
    assert {json.loads(new)[12] for _, (new, _) in plan.changed.values()} == {"周"}
    assert changes(Edit("", (card("0b00000009", "新人"),)), Edit(third)) == ({"0b00000009"}, set(), {"0b00000003"})
    renumbered = Edit(third, (card("0b0000000a", "李娜", person="8"),))
    assert changes(renumbered) == ({"0b0000000a"}, set(), {"0b00000003"})
    again = (Edit("", (card("0b00000009", "新人"),)), Edit("", (card("0b00000009", "新仁"),)), renumbered, Edit(third))
    assert changes(*again) == ({"0b00000009"}, set(), {"0b00000003"}), "the last word counts"
    for wrong, says in (
        ([Edit("", (card("0b0", "短"),))], "位数不对"),
        ([Edit("", (card("0b00000009", "重", credential="0b00000001"),))], "is the name of card"),
        ([Edit("", (card("0b00000009", "时", schedule="夜班"),))], "no such schedule"),
        ([Edit(one), Edit(other), Edit(third)], "nobody could pass"),
    ):
        plan, problems = prepare(registry, edited("cards", wrong))
        assert plan is None
        assert says in str(problems[0]), problems
        assert problems[0].row == 0, "there are no rows on a form"
    # another list, and an entry as a form shows it
    permit = [entry("permits", number="cz-1", role="业主", until="2030-01-01", item=item, quantity="2", category="家庭物品", unit="1-1", gates="main") for item in ("箱", "椅")]  # fmt: skip
    assert changes(Edit("", tuple(permit)), list_="permits") == ({"CZ-1"}, set(), set())
    handed = edited("permits", [Edit("", tuple(permit))])
    plan, _ = prepare(registry, handed)
    assert plan is not None
    publish(store, registry, SITE, plan, "permits: ", "wen")
    key = '["l","permits","CZ-1"]'
    there = registry.entry(key)
    assert there is not None
    rows = registry_form.rows("permits", *there)
    assert [row[3] for row in rows] == ["箱", "椅"]
    assert changes(Edit(key, tuple(tuple(row) for row in rows)), list_="permits") == (set(), set(), set())
    assert changes(Edit(key), list_="permits") == (set(), set(), {"CZ-1"})


def put(store: Store, handed: Handed) -> Plan:
    """Compared and published."""
    plan, problems = prepare(Registry(store, SITE), handed)
    assert plan is not None, [*map(str, problems)]
    publish(store, Registry(store, SITE), SITE, plan, handed.name, "wen")
    return plan


def hours(name: str, *spans: tuple[str, str, str]) -> tuple[tuple[str, ...], ...]:
    return tuple(entry("schedules", schedule=name, days=days, begin=begin, end=end) for days, begin, end in spans)


def test_schedules_and_holidays_are_entries_of_lists_and_lines_at_the_gates(store: Store) -> None:
    registry = Registry(store, SITE)
    spans = {"days": "mon-fri", "begin": "6:00", "end": "22:00"}, {"days": "周六", "begin": "8:00", "end": "12:00"}
    said = {"credentials": [{"card": "0d00000001", "category": "owner"}], "schedules": {"日间": spans}, "holidays": ["2030-10-01"]}  # fmt: skip
    put(store, Handed("cards", json.dumps(said).encode(), "a.json"))
    assert (registry.counts()["schedules"], registry.counts()["holidays"]) == (1, 1)
    ((key, line, gates_),) = registry.page("schedules", "", "日", 9)
    assert registry.entry(key) == (line, gates_)
    rows = registry_form.rows("schedules", line, gates_)
    assert rows == [["日间", "周一至周五", "06:00", "22:00"], ["日间", "周六", "08:00", "12:00"]]
    as_it_is, _ = prepare(registry, edited("schedules", [Edit(key, tuple(map(tuple, reversed(rows))))]))
    assert as_it_is is not None
    assert as_it_is.empty
    # other hours mean these instead of those
    earlier = hours("日间", ("周一至周五", "07:00", "22:00"), ("周六 周日", "08:00", "00:00"))
    plan = put(store, edited("schedules", [Edit(key, earlier), Edit("", hours("夜班", ("每天 节假日", "22:00", "06:00")))]))  # fmt: skip
    told = preview("schedules", plan, [])
    assert told["counts"] == {"added": 1, "changed": 1, "removed": 0}
    ((_, (_, was, now)),) = told["changed"]
    assert (was, now) == ("周一至周五 06:00–22:00；周六 08:00–12:00", "周一至周五 07:00–22:00；周六 周日 08:00–24:00")
    assert told["added"][0][1][1] == "周一至周日 节假日 22:00–次日 06:00"
    put(store, edited("holidays", [Edit("", (entry("holidays", day="2030-10-02", name="国庆"),)), Edit('["l","holidays","2030-10-01"]')]))  # fmt: skip
    put(store, Handed("cards", "卡号,时段\n0d00000001,夜班\n".encode(), "b.csv", whole=False))
    there = [json.loads(line) for line in lines(registry, "main", 4)]
    assert [fields for fields in there if fields[0] != "c"] == [
        ["h", "2030-10-02", "国庆"],
        *(["s", "夜班", "01234567", 1320, 360], ["s", "日间", "01234", 420, 1320], ["s", "日间", "56", 480, 1440]),
    ]
    assert registry.list_at("main", 4).digest == hexed(added(0, map(hash_of, lines(registry, "main", 4))))
    # one that a card goes by stays
    for change in (
        Edit('["l","schedules","夜班"]'),
        Edit('["l","schedules","夜班"]', hours("晚班", ("每天", "22:00", "06:00"))),
    ):
        none, problems = prepare(registry, edited("schedules", [change]))
        assert none is None
        assert [(p.code, p.of) for p in problems] == [("fit-schedule", {"card": "0d00000001", "word": "夜班"})]
    assert put(store, edited("schedules", [Edit('["l","schedules","日间"]')])).removed.keys() == {key}
    # a table that has not every column
    head = "卡号,类别,姓名,车牌,房号,门岗\n"
    put(store, Handed("cards", f"{head}0d00000002,业主,欧阳一,粤B12345,1-1,main\n0d00000003,业主,李四,粤B11111,1-2,\n".encode(), "c.csv", whole=False))  # fmt: skip
    few = Handed("cards", "卡号,姓名,房号\n0d00000002,周杰,\n0d00000003,李四,1-2\n".encode(), "d.csv", whole=False, gates="east")  # fmt: skip
    plan = put(store, few)
    told = preview("cards", plan, [])
    assert told["changed"] == [[["卡号", "0d00000002", "0d00000002"], ["姓名", "欧阳一", "周杰"], ["姓", "欧阳", "周"], ["房号", "1-1", ""]]]  # fmt: skip
    assert (told["same"], "车牌" in told["lacks"], "房号" in told["lacks"]) == (1, True, False)
    none, problems = prepare(registry, Handed("cards", "卡号,状态\n0d00000002,停用\n0d0000000f,停用\n".encode(), "e.csv", whole=False))  # fmt: skip
    assert none is None
    assert [(p.code, p.row, p.column) for p in problems] == [("empty-new", 3, "类别")]
    whole_, _ = prepare(
        registry, Handed("cards", "卡号,类别,姓名\n0d00000002,业主,周杰\n0d00000003,业主,李四\n".encode(), "f.csv")
    )
    assert preview("cards", whole_, [], whole=True)["lacks"] == ["房号", "车牌", "门岗"]


def test_every_list_has_a_form_whose_choices_can_be_read() -> None:
    for name in LISTS:
        columns = registry_form.columns(name, ["日间"], ["main"])
        assert [column["zh"] for column in columns] == headings(name)
        for column in columns:
            assert (column["kind"] in ("choice", "days")) is bool(column["options"]), column["name"]
            if name == "cards":
                continue
            for value, zh, en in column["options"]:
                assert zh, (name, column["name"])
                assert en, (name, column["name"])
                KINDS[name].columns[column["name"]].reading(value, Words.load())


# ---- a process that publishes, killed ---------------------------------------------------------------------------------


@contextmanager
def stuck(store: Store) -> Iterator[Callable[[], bool]]:
    """Whoever publishes stays in the middle of its transaction, the version and its lines written, the sums not; says whether somebody is there."""
    if isinstance(store, PostgresStore):
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO registry_sums%%'"
        with psycopg.connect(store._url) as con:
            con.execute("LOCK TABLE registry_sums IN SHARE MODE")
            yield lambda: bool(store.run(waits)[0][0])
        return
    assert isinstance(store, SqliteStore)
    with closing(sqlite3.connect(store.path, timeout=0, isolation_level=None, check_same_thread=False)) as con:
        con.execute(
            "CREATE TRIGGER stuck BEFORE INSERT ON registry_sums BEGIN "
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n; END"
        )
        yield lambda: _locked(con)
        con.execute("PRAGMA busy_timeout = 60000")
        con.execute("DROP TRIGGER stuck")


def _locked(con: sqlite3.Connection) -> bool:
    try:
        con.executescript("BEGIN IMMEDIATE; ROLLBACK")
    except sqlite3.OperationalError:
        return True
    return False


def test_a_publishing_process_that_is_killed_in_the_middle_has_published_nothing(store: Store) -> None:
    take(store, LIST.encode())
    drafts, registry, boss = Drafts(store, SITE), Registry(store, SITE), User("admin", "admin")
    before = (registry.versions(), registry.counts(), lines(registry, "main", 2))
    number = drafts.keep("wen", Handed("cards", LIST.replace("王五", "王舞").encode(), "a.csv"), now_ms())
    compare(store, SITE, number)
    draft = drafts.of(number)
    assert draft is not None

    async def killed() -> dict[str, Any]:
        apart = Apart(Config(site=SITE, db=store._url if isinstance(store, PostgresStore) else str(store.path)))  # type: ignore[attr-defined]
        with stuck(store) as there:
            task = asyncio.create_task(apart("publish", number, boss, draft.at_ms))
            try:
                await asyncio.to_thread(eventually, there, 60)
            finally:
                assert apart._child is not None
                apart._child.kill()
            return await task

    assert asyncio.run(killed()) == {"failed": -signal.SIGKILL}
    assert drafts.of(number) == draft
    assert published_after_all(store, SITE, draft, boss) == 0
    assert (registry.versions(), registry.counts(), lines(registry, "main", 2)) == before
    assert publish_draft(store, SITE, draft, boss) == 2
    # or it had come to the end, and only could not say so any more
    assert published_after_all(store, SITE, draft, boss) == 2
    other = drafts.keep("wen", Handed("cards", LIST.encode(), "b.csv"), now_ms())
    thrown_away = drafts.of(other)
    assert thrown_away is not None
    drafts.drop(other)
    assert published_after_all(store, SITE, thrown_away, boss) is None
