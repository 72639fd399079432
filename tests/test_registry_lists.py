"""Head office's other lists: read with every bad row named, carried out at a real gate, and nobody there changes what is head office's."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.desk.act import StepInput, VisitInput
from edge.desk.watching import WatchInput
from edge.domain import courtesy, documents
from edge.domain.expected import digest
from edge.domain.goods import Counted
from edge.errors import GateError
from edge.orders import Person
from edge.store import queries_visits, tables
from edge.store.db import Tx
from sync import lists, lists_fields, times
from sync.headoffice.drafts import Handed, prepare, publish
from sync.headoffice.registry import Registry
from sync.headoffice.registry_view import TITLES, gates, headings
from sync.headoffice.store_sqlite import SqliteStore
from sync.lists_kinds import KINDS
from sync.lists_words import Words
from sync.problems import dictionaries
from tests.support_gate import PATIENCE_S, Whole, whole, without_cameras

WORDS = Words.load()
LI, BOSS = Person("li", "guard"), Person("leader", "leader")
SOON, LATER = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=hours) for hours in (1, 3))
TODAY, NEXT = SOON.date(), (SOON + timedelta(days=20)).date()
GOOD = {
    "passes": f"证号,姓名,施工单位,施工房号,生效日期,截止日期\nSG-01 7,赵工,宏达装饰,11栋201,2026-01-01,{NEXT}\nSG-018,钱工,宏达装饰,,,2026-01-31\n",
    "permits": "出闸纸编号,签名人身份,房号,截止日期,物品,数量,单位,物品类别,已盖章,门岗\n"
    f"cz-9,业主,11栋201,{NEXT},沙发,1,套,家具家电,是,main\ncz-9,业主,11栋201,{NEXT},纸箱,5,箱,家庭物品,是,main\n",
    "appointments": f"编号,来访类别,开始时间,结束时间,姓名,性别,被访人,房号\nA1,业主访客,{SOON:%Y-%m-%d %H:%M},{LATER:%Y/%m/%d %H:%M},王伟,男,周杰,11栋201\n",
    "convoys": f"编号,到达时间,新人,车牌,习俗\nH1,{LATER:%Y-%m-%d %H:%M},王伟、李娜,粤B11111 粤B22222,过门放鞭炮\n",
    "phones": "房号,姓名,电话\n11栋201,周杰,13800138000\n11栋201,周太太,0755-2601 1234\n工程部,,8003\n",
    "watch": "编号,姓名,证件号码,车牌,原因\nW1,孙七,440301199001011236,,曾冒充快递员\nW2,,,粤B99999,多次跟车\n",
    "notices": f"编号,通知类别,内容,范围,开始时间,结束时间\nN1,停水,水管检修,11栋,{SOON:%Y-%m-%d %H:%M},{LATER:%Y-%m-%d %H:%M}\n",
    "schedules": "时段,星期,开始,结束\n日间,周一至周五,6:00,22:00\n日间,周六,08:00,00:00\n夜班,每天,22:00,06:00\n",
    "holidays": "日期,名称\n2030-10-01,国庆节\n2030-10-02,\n",
    "phrases": "语言,键名,用语\n中文,ask-whom,{who}，{hello}，请问您要找哪一位？\n中文,ten-3,谢谢您的配合\n",
}


def read(list_: str, text: str) -> lists.Listed:
    return lists.read(KINDS[list_], text.encode(), f"{list_}.csv", WORDS)


def test_every_list_reads_and_is_the_same_once_it_was_written_again() -> None:
    for name, text in GOOD.items():
        found = read(name, text)
        assert found.problems == [], name
        kind = KINDS[name]
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(kind.headings())
        for e in found.entries:
            for row in lists.cells(kind, e.data, e.key, e.gates):
                book.active.append(row)
        with contextlib.closing(io.BytesIO()) as made:
            book.save(made)
            again = lists.read(kind, made.getvalue(), "again.xlsx", WORDS)
        assert again.problems == []
        assert [(e.key, e.data, e.gates) for e in again.entries] == [(e.key, e.data, e.gates) for e in found.entries]
    (watched, _) = read("watch", GOOD["watch"]).entries
    assert watched.data["number"] == digest("440301 19900101 1236"), "never the number itself"


@pytest.mark.parametrize(
    ("list_", "text", "says"),
    [
        ("permits", "编号,身份,截止日期,物品,数量,类别,门岗\nX,业主,2026-12-01,沙发,0x,家具家电,main\n", ["[数量]", "[房号]"][:1]),
        ("permits", "编号,身份,截止日期,物品,数量,类别,房号,门岗\nX,业主,2026-12-01,沙发,1,家具家电,1-1,\n", ["[门岗]", "serves once"]),
        ("permits", "编号,身份,截止日期,物品,数量,类别,门岗\nX,业主,2026-12-01,沙发,1,家具家电,main\n", ["[房号]", "whose permit"]),
        ("permits", "编号,身份,截止日期,物品,数量,类别,房号,门岗\nX,业主,2026-12-01,沙发,1,家具家电,1-1,main\nX,业主,2026-12-02,纸箱,1,家具家电,1-1,main\n", ["row 3", "the same permit as row 2"]),
        ("watch", "姓名,原因\n,可疑\n", ["row 2", "give one of"]),
        ("watch", "姓名\n张三\n", ["缺少列", "原因"]),
        ("watch", "姓名,原由\n张三,x\n", ["did you mean «原因»"]),
        ("notices", "类别,开始时间,结束时间\n停水,2026-11-28 10:00,2026-11-28 09:00\n", ["[结束时间]", "must be later"]),
        ("notices", "类别,开始时间\n停网,明天\n", ["[类别]", "停水"]),
        ("appointments", "类别,开始时间,结束时间,姓名\n业主访客,2026-11-01 8:00,2026-12-28 8:00,王伟\n", ["at most 31 days"]),
        ("phrases", "键名,用语\nask-whom,不行。\n", ["[用语]", "kindly"]),
        ("phrases", "键名,用语\nask-whoom,您好\n", ["[键名]", "no such sentence"]),
        ("phrases", "键名,用语\nask-whom,{plate}您好\n", ["[用语]", "braces"]),
        ("phrases", "键名,用语\nten-1,{who}您好\n", ["[用语]", "braces"]),
        ("phrases", "键名,用语\nten-11,您好\n", ["[键名]", "no such sentence"]),
        ("schedules", "时段,星期,开始,结束\n日间,周八,6:00,25:00\n", ["row 2 [星期] '周八'", "no range of days", "[结束] '25:00'"]),
        ("schedules", "时段,星期,开始,结束\n日间,周一,6:00,9:00\n日间,mon,06:00,10:00\n", ["row 3", "same days and beginning"]),
        ("holidays", "日期\n2030-10-01\n2030/10/1\n", ["already in row 2"]),
        ("passes", "证号,姓名,截止日期\nA 1,赵,2026-12-01\na-1,钱,2026-12-01\n", ["row 3", "already in row 2"]),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_its_column_and_what_to_do(list_: str, text: str, says: list[str]) -> None:
    found = read(list_, text)
    for word in says:
        assert any(word in str(problem) for problem in found.problems), (word, [*map(str, found.problems)])


KEEPS = {
    "passes": ("证号,截止日期\nSG-01 7,2031-01-01\n", {"until": "2031-01-01"}),
    "permits": ("编号,备注\ncz-9,改到周五\n", {"remark": "改到周五"}),
    "appointments": ("编号,房号,单位\nA1,,顺丰\n", {"unit": "", "company": "顺丰"}),
    "convoys": ("id,plates\nH1,粤B33333\n", {"plates": ["粤B33333"]}),
    "phones": ("房号,姓名,电话\n11栋201,周杰,13900139000\n", {"phone": "13900139000"}),
    "watch": ("编号,原因\nW1,已核实\n", {"reason": "已核实"}),
    "notices": ("编号,范围\nN1,12栋\n", {"where": "12栋"}),
    "schedules": ("时段\n日间\n", {}),
    "holidays": ("日期,名称\n2030/10/1,国庆\n", {"name": "国庆"}),
}
"""List → a table of a few columns, and what it changes of the first entry of GOOD."""


@pytest.mark.parametrize("list_", KEEPS)
def test_a_table_of_changes_leaves_what_it_has_no_column_for_and_a_new_entry_needs_it(list_: str) -> None:
    kind, (text, changed) = KINDS[list_], KEEPS[list_]
    (first, *_) = read(list_, GOOD[list_]).entries
    rows_ = [dict(zip(kind.columns, row, strict=True)) for row in lists.cells(kind, first.data, first.key, first.gates, WORDS)]  # fmt: skip

    def there(key: str) -> list[dict[str, str]]:
        return rows_ if key == first.key else []

    found = lists.read(kind, text.encode(), "changes.csv", WORDS, there)
    assert found.problems == []
    assert [(e.key, e.data, e.gates) for e in found.entries] == [(first.key, {**first.data, **changed}, first.gates)]
    missing = [c.headings[0] for n, c in kind.columns.items() if c.needed and not {*c.headings} & {*text.split("\n")[0].split(",")}]  # fmt: skip
    new = lists.read(kind, text.encode(), "changes.csv", WORDS, lambda _key: [])
    assert [p.column for p in new.problems if p.code == "empty-new"] == missing
    assert bool(new.problems) is (list_ not in ("holidays", "phones"))


def test_one_item_of_a_permit_keeps_its_own_columns_and_the_others_are_not_mixed_up() -> None:
    kind = KINDS["permits"]
    (first,) = read("permits", GOOD["permits"]).entries
    rows_ = [dict(zip(kind.columns, row, strict=True)) for row in lists.cells(kind, first.data, first.key, first.gates, WORDS)]  # fmt: skip
    found = lists.read(kind, "编号,物品,数量\ncz-9,纸箱,7\ncz-9,沙发,1\n".encode(), "c.csv", WORDS, lambda _key: rows_)
    assert found.problems == []
    assert [(i["name"], i["quantity"], i["measure"]) for i in found.entries[0].data["items"]] == [("纸箱", 7, "箱"), ("沙发", 1, "套")]  # fmt: skip
    twice = lists.read(kind, "编号,备注\ncz-9,一\ncz-9,二\n".encode(), "c.csv", WORDS, lambda _key: rows_)
    assert [(p.code, p.row) for p in twice.problems] == [("twice", 3)]


def test_days_and_hours_are_the_same_once_they_were_written_again() -> None:
    for text, digits in (("周一至周五 节假日", "012347"), ("mon-fri, holidays", "012347"), ("每天", "0123456"), ("周六、周日", "56"), ("工作日 周末", "0123456")):  # fmt: skip
        assert times.days(text) == digits == times.days(times.days_shown(digits)), text
    assert times.hours_shown("22:00", "06:00") == "22:00–次日 06:00"


def test_every_code_of_a_problem_has_its_sentence_and_what_to_do_in_both_languages() -> None:
    root = Path(__file__).parent.parent
    source = "\n".join(
        path.read_text("utf-8")
        for path in [
            *root.glob("sync/[lrst]*.py"),
            *(root / "sync" / "headoffice").glob("[df]*.py"),
            root / "edge" / "store" / "registry.py",
        ]
    )
    codes = set(re.findall(r"""(?:Problem|BadField|_problem)\(\s*"([a-z-]+)\"""", source))
    codes |= set(re.findall(r"""BadField\("[a-z-]+" if [^"]*else "([a-z-]+)"\)""", source)) | {
        "column-like",
        "column-unknown",
    }
    assert len(codes) > 45
    for words in dictionaries():
        said = {key.removeprefix("bad.").removesuffix(".hint") for key in words if key.startswith("bad.")}
        assert codes == said - {"row", "value", "and"}
        for code in codes:
            assert words[f"bad.{code}"], code
            assert words[f"bad.{code}.hint"], code


def test_the_guide_names_every_column() -> None:
    text = (Path(__file__).parent.parent / "docs" / "headoffice.md").read_text("utf-8")
    rows_ = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for name in TITLES:
        for heading in headings(name):
            assert heading in rows_[name] or heading in ("门岗", "不含门岗"), (name, heading)


@given(st.text(max_size=30))
def test_both_ends_agree_on_what_is_curt_and_on_numbers(text: str) -> None:
    assert bool(lists_fields.BARE.search(text)) == courtesy.curt(text)
    assert lists_fields.normal_number(text) == documents.normal(text)


# ---- at a gate ---------------------------------------------------------------------------------------------------------


class Office:
    """Head office of a laptop's gate: its database, beside the gate that runs."""

    def __init__(self, data: Path, site: str) -> None:
        self.store, self.site = SqliteStore(str(data / "headoffice.sqlite")), site
        self.registry = Registry(self.store, site)

    def hand_in(self, list_: str, text: str, *, whole: bool = True) -> int:
        plan, problems = prepare(self.registry, Handed(list_, text.encode(), f"{list_}.csv", whole))
        assert plan is not None, problems
        return publish(self.store, self.registry, self.site, plan, f"{list_}.csv", "zhang")


async def has(gate: Whole, number: int) -> None:
    def good() -> bool:
        with gate.house.store.reader() as con:
            return bool(con.execute("SELECT number FROM registry").fetchone()[0] == number)

    await gate.until(good, f"list {number}", 60)


def _left_over(tx: Tx) -> None:
    said = [
        *(
            ("notices", "N9", '{"from":"2030-01-01T10:00","notice":"nothing"}'),
            ("permits", "P9", "{}"),
            ("of-tomorrow", "X", "{}"),
        ),
        *(("watch", "W9", '{"name":"吴九","reason":"x"}'), ("watch", "WA", '{"name":"郑十","until":"soon"}')),
    ]
    sql = "INSERT INTO registry_lists VALUES ((SELECT gen FROM registry), ?, ?, ?, 'h')"
    tx.con.executemany(sql, said)


def rows(gate: Whole, sql: str) -> list[Any]:
    with gate.house.store.reader() as con:
        return con.execute(sql).fetchall()


@contextlib.contextmanager
def refuses(code: str) -> Iterator[None]:
    with pytest.raises(GateError) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.hint


def test_what_head_office_lists_is_what_the_gate_goes_by(tmp_path: Path) -> None:
    asyncio.run(_the_gate_goes_by_it(tmp_path))


async def _the_gate_goes_by_it(tmp_path: Path) -> None:
    async with whole(tmp_path, without_cameras) as gate:
        house = gate.house
        await gate.told()
        office = Office(tmp_path, house.store.site)
        own = await house.post.reception.watch(BOSS, WatchInput(name="自己", reason="本门记录"))
        assert "people and cards first" in str(
            prepare(office.registry, Handed("watch", GOOD["watch"].encode(), "w.csv"))[1][0]
        )
        number = office.hand_in("cards", "卡号,类别,姓名\n0a3f8a21c4,业主,周杰\n")
        for list_, text in GOOD.items():
            number = office.hand_in(list_, text)
        await has(gate, number)
        await gate.until(lambda: len(rows(gate, "SELECT 1 FROM office_entries")) == 6, "carried out")
        assert rows(gate, "SELECT DISTINCT result FROM office_entries") == [("done",)]
        # the rules read them where they read the gate's own
        ((permit, actor),) = rows(gate, "SELECT permit, actor FROM permits WHERE number = 'CZ-9' AND state = 'open'")
        assert actor == "headoffice:registry"
        assert rows(gate, f"SELECT name, quantity FROM permit_items WHERE permit = {permit} ORDER BY n") == [
            ("沙发", 1),
            ("纸箱", 5),
        ]
        (expected,) = house.post.reception.expected()
        assert (expected.name, expected.source, expected.unit) == ("王伟", "headoffice", "11栋201")
        (convoy,) = house.post.convoys.rows()
        assert convoy["names"] == "王伟、李娜"
        assert {b.text for b in house.post.bulletins.rows()} == {"水管检修"}
        watched = {w.name or w.plate: w.entry for w in house.post.reception.watch_list()}
        assert set(watched) == {"孙七", "粤B99999", "自己"}
        with house.store.reader() as con:
            (seven,) = (w for w in queries_visits.watched(con) if w.name == "孙七")
        assert seven.number == digest("440301199001011236")
        said = "王先生，早上好，请问您要找哪一位？"
        await gate.until(
            lambda: house.post.desk.phrases["zh"].sentence("ask-whom", who="王先生", hello="早上好") == said
        )
        ten = {language: said.ten for language, said in house.post.desk.phrases.items()}
        assert (ten["zh"][1:4:2], ten["zh"][2], ten["en"][2]) == (["请您出示证件登记。", "有什么需要，我能帮您吗？"], "谢谢您的配合", "Thank you")  # fmt: skip
        # P4: whom to call, the host first, while the host is to be called and not otherwise
        desk = house.post.desk
        guest = (await desk.open_visit(LI, "guest", VisitInput(name="王伟", host="周太太", unit="11栋201"))).about
        assert desk.telephones(LI, guest) == ()
        await desk.answer(LI, guest, desk.visit(LI, guest).step, "yes", StepInput())
        assert desk.telephones(LI, guest) == (("周太太", "0755-2601 1234"), ("周杰", "13800138000"))
        assert desk.telephones(Person("tech", "technician"), guest) == ()
        await desk.call(LI, guest, "no-answer")
        assert len(desk.telephones(LI, guest)) == 2, "to be rung once more"
        await desk.call(LI, guest, "agreed")
        assert desk.telephones(LI, guest) == ()
        # P8: the dates of the list, whatever stands on the paper
        visit = (await house.post.desk.open_visit(LI, "construction-long", VisitInput(name="钱工"))).about
        step = next(x.id for x in house.post.desk.plan.kinds["construction-long"].of("foot") if x.does == "check")
        await house.post.desk.answer(
            LI, visit, step, "", StepInput(number="sg 018", valid_until="2027-12-31", mine=True)
        )
        assert rows(gate, f"SELECT answer, until FROM visit_steps WHERE visit = {visit}") == [("expired", "2026-01-31")]
        assert (house.post.reception.last_pass("SG018") or {})["office"]
        # head office's own is not changed here; the gate's own is
        for who in (LI, BOSS):
            with refuses("office-entry"):
                await house.post.reception.unwatch(who, watched["孙七"], "x")
            with refuses("appointment-headoffice"):
                await house.post.reception.cancel(who, expected.appointment, "x")
        with refuses("office-entry"):
            await house.post.convoys.cancel(BOSS, convoy["convoy"], "mistake")
        await house.post.reception.unwatch(BOSS, own.about, "已核实")
        # goods leave once, whatever becomes of the entry
        await house.post.goods.release(
            BOSS, permit, (Counted(1, 2),), extra=(), genuine=True, lane="", plate="", gone=0
        )
        office.hand_in("permits", GOOD["permits"].replace("沙发,1", "沙发,2"))
        number = office.hand_in("watch", "编号,姓名,原因\nW3,吴八,新来的\n", whole=False)
        await has(gate, number)
        await gate.until(
            lambda: rows(gate, "SELECT result FROM office_entries WHERE list = 'permits'") == [("permit-begun",)]
        )
        assert rows(gate, "SELECT count(*) FROM permits WHERE number = 'CZ-9'") == [(1,)]
        for list_ in ("watch", "appointments", "convoys", "notices", "permits"):
            plan, _ = prepare(office.registry, Handed(list_, GOOD[list_].splitlines()[0].encode(), "empty.csv"))
            assert plan is not None
            number = publish(office.store, office.registry, office.site, plan, "empty.csv", "zhang")
        await has(gate, number)
        await gate.until(lambda: rows(gate, "SELECT count(*) FROM office_entries WHERE hash <> ''") == [(0,)], "gone")
        assert house.post.reception.watch_list() == house.post.reception.expected() == ()
        assert rows(gate, "SELECT state FROM permits WHERE number = 'CZ-9'") == [("stopped",)]
        with refuses("permit-withdrawn"):
            await house.post.goods.restore(BOSS, permit, "还要用")
        async with asyncio.timeout(PATIENCE_S):
            while (said := gates(office.store, office.registry, office.site)[0])["state"] != "same":
                await asyncio.sleep(0.1)  # head office's receiver tells nobody that it has heard the gate
        assert (said["state"], said["number"], said["open"]) == ("same", number, [])
        # a stop between the list in force and what follows from it, and entries that no gate can take
        await house.store.transact(_left_over)
        await house.outside.begin()
        left = rows(
            gate, "SELECT list, key, result FROM office_entries WHERE at_ms > 0 AND hash = 'h' ORDER BY list, key"
        )
        assert left == [
            ("notices", "N9", "bad-input"),
            ("permits", "P9", "bad-input"),
            ("watch", "W9", "done"),
            ("watch", "WA", "bad-input"),
        ]
        assert [w.name for w in house.post.reception.watch_list()] == ["吴九"]
        office.store.close()
        rebuilt = await house.store.transact(lambda tx: tables.rebuild(tx.con))
        assert rebuilt.changed == ()
