"""The registry's import: all or nothing, each bad row named, and never half a registry."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from edge.domain.credentials import Category, Span, Status
from edge.errors import BadInput, ImportRefused
from edge.store import journal, queries, registry, registry_stage
from edge.store.db import Store
from edge.store.registry_rows import TABLES
from sync import roster_fields as fields
from sync.surnames import surname_of
from tests.support_store import opened, stamp

HEAD = "卡号,卡面号,编号,类别,状态,姓名,性别,主管,房号,车牌,生效日期,截止日期,时段,备注\n"
GOOD = HEAD + (
    "0A-3F8A21C4,,P1,业主,正常,欧阳志远,男,否,3栋201,粤b·12345 粤BD12345,2026/1/1,2026年12月31日,,常客\n"
    ",0001234567,,公司,,王小姐,女,,工程部,,,,,\n"
    "04a1b2c3d4e5f6,,S9,职员,挂失,Anna Smith,女士,是,,,20260101,,,\n"
)
JSON = {
    "version": "2026-11",
    "credentials": [
        {"card": "0a3f8a21c4", "category": "staff", "schedule": "day", "plates": ["粤B1A2B3"], "supervisor": True}
    ],
    "schedules": {
        "day": [
            {"days": "mon-fri", "begin": "06:00", "end": "22:00"},
            {"days": "holiday,周六", "begin": "22:00", "end": "06:00"},
        ]
    },
    "holidays": [{"day": "2026-10-01", "name": "国庆节"}, "2026-10-02"],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "g.db") as store:
        yield store


def put(store: Store, text: str | bytes, name: str = "list.csv") -> registry.Imported:
    data = text.encode() if isinstance(text, str) else text
    return registry.import_bytes(store, data, name, stamp=stamp())


def problems(store: Store, text: str | bytes, name: str = "list.csv") -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        put(store, text, name)
    assert refused.value.hint
    return refused.value.rows


def card(store: Store, uid: str) -> object:
    with store.reader() as con:
        return queries.card_facts(con, uid, stamp()).credential


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_list_as_excel_writes_it_in_any_encoding(store: Store, encoding: str) -> None:
    done = put(store, GOOD.encode(encoding))
    assert (done.rows, done.seq) == (3, 1)
    found = card(store, "0a3f8a21c4")
    assert found == roster_credential()
    by_number = card(store, "770012d687")  # printed 0001234567, whatever the reader says before it
    assert by_number is not None
    lost = queries_status(store, "04a1b2c3d4e5f6")
    assert lost == (Status.LOST, True, "")


def roster_credential() -> object:
    from edge.domain.credentials import Credential

    return Credential(
        id="P1",
        category=Category.OWNER,
        plates=("粤B12345", "粤BD12345"),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        holder="欧阳志远",
        surname="欧阳",
        title="mr",
    )


def queries_status(store: Store, uid: str) -> tuple[Status, bool, str]:
    with store.reader() as con:
        found = queries.card_facts(con, uid, stamp()).credential
    assert found is not None
    return found.status, found.supervisor, found.surname


def test_english_headings_semicolons_and_tabs(store: Store) -> None:
    for delimiter in (";", "\t"):
        text = f"uid{delimiter}category{delimiter}holder\n0a00000001{delimiter}owner{delimiter}张三\n"
        assert put(store, text).rows == 1


def test_a_json_list_brings_schedules_and_holidays_and_a_csv_keeps_them(store: Store) -> None:
    assert put(store, json.dumps(JSON), "r.json").version == "2026-11"
    for _ in range(2):
        with store.reader() as con:
            facts = queries.card_facts(con, "0a3f8a21c4", stamp())
        assert facts.credential is not None
        schedule = facts.credential.schedule
        assert schedule is not None
        assert schedule.spans == (Span(frozenset(range(5)), 360, 1320), Span(frozenset({5, 7}), 1320, 360))
        assert facts.holidays == {date(2026, 10, 1), date(2026, 10, 2)}
        assert schedule.allows(datetime(2026, 10, 1, 23, 0), facts.holidays)  # noqa: DTZ001 - local time is meant
        put(store, "card,category,schedule\n0a3f8a21c4,staff,day\n")


def test_all_that_is_wrong_is_named_with_row_field_and_hint_and_nothing_is_taken(store: Store) -> None:
    put(store, GOOD)
    bad = (
        "卡号,卡面号,类别,状态,车牌,截止日期,生效日期,时段,姓名\n"
        "1.23E+09,,业主,,,,,,\n"
        "0a3f8a21c,,业主,,,,,,\n"
        "1234567890123456789012,,业主,,,,,,\n"
        "xyz,,业主,,,,,,\n"
        ",99999999999,业主,,,,,,\n"
        "0a00000001,,外星,坏,=1+1,2026-02-30,,,\n"
        ",,业主,,,,,,\n"
        "0a00000002,5,业主,,,,,,\n"
        "0a00000003,,业主,,,2026-01-01,2026-02-01,,\n"
        "0a00000004,,业主,,,,,night,\n"
        "0a00000005,,业主,,,,,,\n"
        "0a00000005,,业主,,,,,,\n"
        ",5,业主,,,,,,\n"
        "0a00000006,,业主,,,,,,,,,多\n"
    )
    rows = problems(store, bad)
    expected = [
        (2, "[卡号]", "spreadsheet"),
        (3, "[卡号]", "even number"),
        (4, "[卡号]", "even number"),
        (5, "[卡号]", "not hexadecimal"),
        (6, "[卡面号]", "ten decimal digits"),
        (7, "[类别]", "owner"),
        (7, "[状态]", "blocked"),
        (7, "[车牌]", "not a plate"),
        (7, "[截止日期]", "not a date"),
        (8, "[卡号]", "no card number"),
        (9, "[卡面号]", "not the number of card"),
        (10, "[截止日期]", "later than 2026-02-01"),
        (11, "[时段]", "no such schedule"),
        (13, "[卡号]", "already in row 12"),
        (12, "[卡面号]", "already in row 14"),
        (15, "", "more cells"),
    ]
    for row, name, why in expected:
        assert any(f"row {row}" in said and name in said and why in said for said in rows), (row, name, why, rows)
    with store.reader() as con:
        assert queries.registry(con)["rows"] == 3
        assert queries.head(con).seq == 1


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("", "a.csv", "no card column"),
        ("card,category\n", "a.csv", "no rows"),
        ("card,categry\n0a00000001,owner\n", "a.csv", "did you mean «category»"),
        ("card,uid,category\n", "a.csv", "twice"),
        (b"card\xff\xfe\x00\x81\n", "a.csv", "UTF-8"),
        ("{", "a.json", "not JSON"),
        ("{}", "a.json", "no list"),
        ('{"credentials": [], "cards": []}', "a.json", "unknown field «cards»"),
        (
            '[{"card": "0a00000001", "category": "owner", "vald_until": "2026-01-01"}]',
            "a.json",
            "did you mean «valid_until»",
        ),
        ('[{"card": "0a00000001", "category": "owner"}, 7]', "a.json", "not an object"),
        (
            json.dumps(JSON | {"schedules": {"day": [{"days": "fri-mon", "begin": "1:00", "end": "2:00"}]}}),
            "a.json",
            "range of days",
        ),
        (
            json.dumps(JSON | {"schedules": {"day": [{"days": "mon", "begin": "25:00", "end": "2:00"}]}}),
            "a.json",
            "time of day",
        ),
        (json.dumps(JSON | {"holidays": ["2026-13-01"]}), "a.json", "not a date"),
    ],
)
def test_what_is_no_list_is_refused_in_words(store: Store, text: str | bytes, name: str, says: str) -> None:
    assert any(says in row for row in problems(store, text, name)), problems(store, text, name)


def test_a_uid_that_could_be_a_number_with_an_exponent_is_a_uid(store: Store) -> None:
    assert put(store, "card,category\n123456e7,owner\n00000000e0,owner\n").rows == 2
    for rounded in ("1.23457E+08", "1E+09", "1.5e8"):
        assert "spreadsheet" in problems(store, f"card,category\n{rounded},owner\n")[0]


def test_two_people_under_one_number_are_named(store: Store) -> None:
    rows = problems(store, "card,category,工号,姓名\n0a00000001,owner,7,张三\n0a00000002,owner,7,李四\n")
    assert any("another name" in row for row in rows)


def test_the_digest_is_of_what_the_list_says_not_of_its_order_or_form(store: Store) -> None:
    first = put(store, "card,category,name\n0a00000001,owner,张三\n0a00000002,staff,李四\n")
    other = put(store, "姓名,类别,卡号\n李四,职员,0A00000002\n张三,业主,0A00000001\n".encode("gbk"))
    changed = put(store, "card,category,name\n0a00000001,owner,张三\n0a00000002,staff,李五\n")
    assert first.digest == other.digest != changed.digest


def test_the_journal_has_version_and_digest_and_no_name(store: Store, tmp_path: Path) -> None:
    done = put(store, GOOD)
    with store.reader() as con:
        (record,) = journal.after(con, 0, 10)
        assert queries.registry(con) == {
            "version": done.version,
            "digest": done.digest,
            "source": "list.csv",
            "rows": 3,
            "imported_ms": stamp().at_ms,
            "seq": 1,
        }
    assert record.kind == "registry.imported"
    assert "欧阳".encode() not in record.data
    assert registry.status_of(tmp_path / "g.db")["rows"] == 3


def test_the_old_registry_is_gone_from_the_file_after_the_next(store: Store, tmp_path: Path) -> None:
    put(store, GOOD)
    put(store, "card,category\n0a00000001,owner\n")
    assert card(store, "0a3f8a21c4") is None
    assert store.scrub()
    assert "欧阳志远".encode() not in (tmp_path / "g.db").read_bytes()
    with store.reader() as con:
        for table in TABLES:
            assert con.execute(f"SELECT count(DISTINCT gen) FROM {table}").fetchone()[0] <= 1


def test_an_import_that_broke_off_is_cleared_away_and_was_never_in_force(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, GOOD)

    works = registry_stage._works

    def torn(*args: Any) -> Iterator[Any]:
        yield from islice(works(*args), 1)
        store.transact_sync(lambda _tx: None, bulk=True)  # that one is done
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(registry_stage, "_works", torn)
        with pytest.raises(KeyboardInterrupt):
            put(store, "card,category,name\n0a00000009,owner,半途\n")
    with store.reader() as con:
        assert con.execute("SELECT count(DISTINCT gen) FROM registry_credentials").fetchone() == (2,)
    assert not [*store.path.parent.glob("*.stage-*")]
    assert card(store, "0a00000009") is None
    assert card(store, "0a3f8a21c4") is not None
    assert put(store, "card,category\n0a00000008,owner\n").rows == 1
    with store.reader() as con:
        assert con.execute("SELECT count(*) FROM registry_people").fetchone() == (1,)


def test_a_card_is_answered_while_a_large_list_is_coming_in(store: Store) -> None:
    """Each piece of the import is a short transaction: a presentation never finds half a registry nor waits for the whole."""
    put(store, GOOD)
    text = "card,category,plates\n" + "".join(f"0b{n:08x},owner,粤B{n:05d}\n" for n in range(5_000))
    done: list[registry.Imported] = []
    thread = threading.Thread(target=lambda: done.append(put(store, text)))
    answers = []
    thread.start()
    while thread.is_alive():
        with store.reader() as con:
            old = queries.card_facts(con, "0a3f8a21c4", stamp()).credential is not None
            new = con.execute("SELECT count(*) FROM credentials").fetchone()[0]
        answers.append((old, new))
        store.transact_sync(lambda tx: None)
    thread.join()
    assert done[0].rows == 5_000
    assert set(answers) <= {(True, 3), (False, 5_000)}
    assert len(answers) > 5


def test_a_file_that_is_not_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read"):
        registry.import_file(store, tmp_path / "no.csv")


def test_a_file_of_the_disk(store: Store, tmp_path: Path) -> None:
    (tmp_path / "业主.csv").write_text(GOOD, "gb18030")
    assert registry.import_file(store, tmp_path / "业主.csv").source == "业主.csv"


@pytest.mark.parametrize(
    ("name", "surname"),
    [("周杰", "周"), ("欧阳志远", "欧阳"), ("欧阳", "欧"), ("司徒美美", "司徒"), ("Anna", ""), ("", ""), ("张A", "")],
)
def test_surnames(name: str, surname: str) -> None:
    assert surname_of(name) == surname


def test_no_heading_means_two_things() -> None:
    every = [heading for headings in fields.FIELDS.values() for heading in headings]
    assert len(every) == len(set(every))
    assert not set(every) & fields.PASSED_OVER
