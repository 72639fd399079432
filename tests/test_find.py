"""The search and the completion: what is typed, what is found, and that an erased person is found by nobody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.desk import DocumentInput, StepInput, VisitInput
from edge.domain import events as ev
from edge.domain import finding
from edge.store import journal, lookup, queries_find, registry, verify
from edge.store.hosts import Hosts
from edge.store.queries_find import PASS
from tests.support_desk import LI, TECH, AtTheDesk, at_the_desk, id_number


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTheDesk]:
    with at_the_desk(tmp_path) as desk:
        yield desk


def passed(card: str, plate: str, holder: str = "", credential: str = "") -> ev.AccessDecided:
    return ev.AccessDecided(
        *("entry", "in", "entry.reader", card, credential, "owner", "granted", "ok", plate), holder=holder
    )


def numbers(at: AtTheDesk, text: str, **more: object) -> list[tuple[str, str]]:
    """What is found: plate or name, and by what."""
    rows, _ = at.reception.search(LI, text, **more)
    return [(row.plate or row.name, row.via) for row in rows]


# ---- what is typed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "plate", "fits"),
    [
        ("B123", "粤B12345", True),
        ("8l24", "粤BL2345", False),
        ("8123", "粤B12345", True),
        ("粤B?23", "粤B12345", True),
        ("粤B*45", "粤B12345", True),
        ("B?34", "粤B12345", False),
        ("粤B0", "粤BD1234", True),
        ("粤BQ", "粤B01234", True),
        ("5Z", "粤BS2000", True),
        ("粤Ｂ·1", "粤B12345", True),
        ("？23", "粤B12345", True),
    ],
)
def test_pieces_of_plates(typed: str, plate: str, fits: bool) -> None:
    wanted = finding.pattern(typed)
    assert wanted is not None
    assert wanted.fits(plate) is fits
    if fits:
        assert wanted.core in finding.fold(plate)


def test_wildcards_alone_are_nothing() -> None:
    assert finding.pattern("?*?") is None


@given(st.text("粤B8D0OQZ2S5I1A7?*", min_size=1, max_size=6), st.text("粤B8D0OQZ2S5I1A7", min_size=7, max_size=8))
def test_whatever_fits_has_the_core_by_which_the_index_finds_it(typed: str, plate: str) -> None:
    wanted = finding.pattern(typed)
    if wanted is not None and wanted.fits(plate):
        assert any(end.startswith(wanted.core) for end in finding.ends(finding.fold(plate)))


def test_cards_as_they_are_read_and_printed() -> None:
    assert finding.card_names("0A:00:3F:8A:21") == ("0a003f8a21",)
    assert finding.card_names("0004164129") == ("0004164129", "003f8a21")
    assert finding.card_names("王") == ()


# ---- the search -----------------------------------------------------------------------------------------------------


def test_a_visit_is_found_by_name_initials_plate_unit_company_and_card(at: AtTheDesk) -> None:
    at.stocked("vehicle", "车01")
    given = VisitInput("vehicle", name="王小明", host="周杰", unit="3-1201", plate="粤B12345", company="大华公司")
    visit = at.open_visit("delivery", given).about
    at.append(ev.GateStarted("1", "x", "first"))
    for text, via in (
        ("王小明", "name"),
        ("小明", "name"),
        ("wxm", "name"),
        ("周杰", "name"),
        ("b1234", "plate"),
        ("812", "alike"),
        ("3-12", "unit"),
        ("31201", "unit"),
        ("大华", "company"),
    ):
        assert numbers(at, text) == [("粤B12345", via)], text
    assert numbers(at, "nobody") == numbers(at, "  ") == numbers(at, "*") == []
    assert numbers(at, "王小明", what=PASS) == []
    assert at.reception.search(TECH, "王小明")[0][0].name == "", "a technician reads no names"
    story = at.reception.story(LI, visit)
    assert [row["kind"] for row in story] == ["visit.opened"]
    assert story[0]["personal"]["name"] == "王小明"


def test_a_card_leads_to_every_visit_it_served_and_every_pass(at: AtTheDesk) -> None:
    at.stock_card("0a003f8a21", "construction", "C01")
    for name in ("王", "李"):
        visit = at.open_visit("construction-short", VisitInput(name=name, company="宏达", unit="3-1")).about
        at.check_document(visit, DocumentInput("resident-id", id_number()))
        at.issue_card(visit, "C01")
        at.take_back_card("C01")
        at.refuse(visit, "left")
    at.append(passed("0a003f8a21", "粤B00001"))
    for text in ("C01", "c01", "0A:00:3F:8A:21", "0004164129"):
        assert [name for name, via in numbers(at, text) if via == "card"] == ["粤B00001", "李", "王"], text


def test_passes_are_found_by_plate_holder_driver_and_credential_newest_first(at: AtTheDesk) -> None:
    at.append(passed("0a00000001", "粤B12345", "周杰", "P1"), passed("0a00000002", "粤B1234S", "郑伟", "P2"))
    at.append(passed("0a00000001", "粤B12345", "周杰", "P1"))
    first = at.store.transact_sync(lambda tx: tx.con.execute("SELECT min(pass_seq) FROM passes").fetchone()[0])
    at.append(ev.PassNoted(first, "粤B77777", "粤B12345", 1, "陈师傅"))
    assert numbers(at, "12345") == [("粤B12345", "plate"), ("粤B1234S", "alike")]
    assert numbers(at, "B77") == [("粤B77777", "plate")]
    assert numbers(at, "周杰") == [("粤B12345", "name"), ("粤B77777", "name")]
    assert numbers(at, "zw") == [("粤B1234S", "name")]
    assert numbers(at, "陈师傅") == [("粤B77777", "name")]
    assert numbers(at, "P2") == [("粤B1234S", "card")]


def test_pages_follow_each_other_without_a_gap_or_a_double(at: AtTheDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where so many words fit that the search walks back from the newest row, in short pieces."""
    for n in range(12):
        at.open_visit(
            "business",
            VisitInput("vehicle" if n % 2 else "foot", f"王{chr(0x4E00 + n)}", plate=f"粤B1000{n}" if n % 2 else ""),
        )
        at.append(passed(f"0a0000000{n:x}", f"粤B2000{n % 10}", f"王某{n}", f"P{n}"))

    def all_of(text: str, limit: int) -> list[int]:
        found, before = list[int](), 0
        while True:
            rows, before = at.reception.search(LI, text, before=before, limit=limit)
            found += [row.number for row in rows]
            if not before:
                return found

    quick = {text: all_of(text, 100) for text in ("王", "w", "粤B", "B1000")}
    assert [len(found) for found in quick.values()] == [24, 24, 18, 6]
    for text, wanted in quick.items():
        assert wanted == sorted(set(wanted), reverse=True)
        assert all_of(text, 5) == wanted
    monkeypatch.setattr(queries_find, "MANY", 2)
    monkeypatch.setattr(queries_find, "WALK", 4)
    for text, wanted in quick.items():
        assert all_of(text, 3) == wanted, text


def test_an_erased_person_is_found_by_nobody_and_no_trace_of_the_name_is_left(at: AtTheDesk) -> None:
    visit = at.open_visit("business", VisitInput(name="王小明", unit="3-1", phone="13800138000")).about
    other = at.open_visit("business", VisitInput(name="王小明", unit="3-2")).about
    at.append(passed("0a00000001", "粤B12345", "周杰", "P1"))
    at.store.transact_sync(lambda tx: journal.erase(tx.con, [visit]))
    assert [row.number for row in at.reception.search(LI, "wxm")[0]] == [other]
    at.store.transact_sync(lambda tx: journal.erase(tx.con, range(1, 100)))
    assert numbers(at, "wxm") == numbers(at, "周杰") == []
    assert [s for s in at.desk.suggest(LI, "wxm") if s.what == "visitor"] == []
    with at.store.reader() as con:
        for table in ("lookup", "lookup_holders", "lookup_parts"):
            assert con.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
    assert [row.number for row in at.reception.search(LI, "粤B12345")[0]] == [other + 1], "the rest of the record stays"
    assert at.store.scrub()
    assert "王小明".encode() not in at.store.path.read_bytes()


def test_the_index_made_again_is_the_one_that_grew(at: AtTheDesk) -> None:
    visit = at.open_visit("business", VisitInput(name="王小明", host="周杰", unit="3-1")).about
    at.correct(visit, {"name": "王晓明", "goods": "电脑一台"})
    at.append(passed("0a00000001", "粤B12345", "郑伟", "P1"), passed("0a00000001", "粤B12345", "郑伟", "P1"))

    def index() -> list[list[tuple[object, ...]]]:
        with at.store.reader() as con:
            tables = ("lookup", "lookup_holders", "lookup_parts")
            return [con.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in tables]

    before = index()
    assert all(before)
    at.store.transact_sync(lambda tx: lookup.refill(tx.con))
    assert index() == before
    assert verify.rebuild(at.store).changed == ()
    assert index() == before


# ---- completion -------------------------------------------------------------------------------------------------------


def test_completion_offers_hosts_and_visitors_with_last_times_data(at: AtTheDesk) -> None:
    people = [("周杰", "3-1201"), ("郑洁", "1-902"), ("王周", "2-301")]
    rows = "\n".join(f"0a0000000{n},业主,C{n},{name},{unit}" for n, (name, unit) in enumerate(people))
    registry.import_bytes(at.store, f"卡号,类别,编号,姓名,房号\n{rows}\n".encode(), "r.csv", stamp=at.clock.stamp())
    for plate in ("粤B12345", "粤B12345", "粤B99999"):
        visit = at.open_visit(
            "business", VisitInput("vehicle", "周游", "mr", company="大华", plate=plate, unit="3-1201")
        ).about
        at.refuse(visit, "left")

    def found(text: str) -> list[tuple[str, str, str]]:
        return [(s.what, s.name, s.plate or s.unit) for s in at.desk.suggest(LI, text)]

    assert found("zj") == [("host", "郑洁", "1-902"), ("host", "周杰", "3-1201")]
    assert found("周") == [
        *(("host", "周杰", "3-1201"), ("host", "王周", "2-301")),
        *(("visitor", "周游", "粤B99999"), ("visitor", "周游", "粤B12345")),
    ]
    assert found("3-12") == [("host", "周杰", "3-1201")]
    assert found("b123") == [("visitor", "周游", "粤B12345")]
    assert found("大华") == found("zy") == found("周")[2:]
    assert found("  ") == []
    assert at.desk.suggest(LI, "b123")[0].visits == 3
    assert at.desk.suggest(TECH, "周") == ()
    registry.import_bytes(
        at.store, f"卡号,类别,编号,姓名,房号\n{rows[: rows.index(chr(10))]}\n".encode(), "r.csv", stamp=at.clock.stamp()
    )
    assert [s.name for s in at.desk.suggest(LI, "zj")] == ["周杰"], "who left the registry is offered no more"


@given(st.lists(st.text("王周zw3-1\x1f栋", max_size=4), max_size=8), st.text("王周zw3-1\x1f栋", min_size=1, max_size=3))
def test_hosts_are_found_whatever_they_are_called(names: list[str], typed: str) -> None:
    con = sqlite3.connect(":memory:")
    con.executescript(
        "CREATE TABLE registry (seq); INSERT INTO registry VALUES (1); CREATE TABLE people (person, name, title, unit);"
    )
    con.executemany("INSERT INTO people VALUES (?, ?, '', '')", [(str(n), name) for n, name in enumerate(names)])
    found = Hosts().find(con, typed, 100)
    con.close()
    wanted = finding.normal(typed)
    if wanted.isprintable() and wanted:
        assert sorted(row["name"] for row in found) == sorted(
            name
            for name in names
            if name and any(wanted in part for part in (finding.normal(name), finding.initials(name).upper()))
        )


def test_p8_a_pass_that_was_checked_before_comes_with_its_dates_and_person(at: AtTheDesk) -> None:
    worker = VisitInput(name="李建国", company="宏达装饰", unit="3-1201")
    visit = at.open_visit("construction-long", worker).about
    checked = StepInput(
        number="SG-2026-017", valid_from="2026-01-01", valid_until="2026-12-31", mine=True, photo="ab" * 32
    )
    at.answer(visit, "pass", "", checked)
    last = at.reception.last_pass("sg2026017")
    assert last is not None
    assert (last["name"], last["company"], last["valid_from"], last["valid_until"], last["photo"], last["answer"]) == (
        *("李建国", "宏达装饰", "2026-01-01", "2026-12-31", "ab" * 32, "valid"),
    )
    assert at.reception.last_pass("SG-2026-018") is None
    at.store.transact_sync(lambda tx: journal.erase(tx.con, range(1, 100)))
    assert at.reception.last_pass("SG-2026-017") is None
