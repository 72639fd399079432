"""The desk's tables: an older database grows into them, they survive an erasure, and counts and rows agree with the journal."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.desk import DocumentInput, VisitInput
from edge.domain import events_desk as desk
from edge.domain.event import KINDS
from edge.store import journal, lookup, sqlite, tables, tables_desk, tables_find, tables_plates, verify
from edge.store import queries_desk as q
from edge.store.db import Store
from tests.support_desk import LI, LICENCE, at_the_desk, id_number, stopped
from tests.support_store import a_morning, opened, put


def test_every_event_of_the_desk_changes_a_table() -> None:
    mine = {kind for kind, cls in KINDS.items() if cls.__module__ == desk.__name__}
    assert len(mine) == 18
    assert mine == set(tables_desk.HANDLERS) | set(tables_desk.NOT_DERIVED)
    assert set(tables_desk.DERIVED) <= set(tables.DERIVED)


def test_a_database_of_the_first_schema_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gate.sqlite"
    first = {1: sqlite.scripts()[1]}
    begun = a_morning()[1:4]  # what comes before and after them has rows in newer tables too
    with monkeypatch.context() as older:
        older.setattr(sqlite, "scripts", lambda: first)
        older.setattr(tables_find, "apply", lambda *_: None)
        older.setattr(lookup, "note", lambda *_: None)
        older.setattr(tables_plates, "belongs", lambda *_: None)
        with opened(path) as store:
            put(store, *begun)
            with store.reader() as con:
                assert sqlite.version_of(con) == 1
                assert not con.execute("SELECT 1 FROM sqlite_schema WHERE name = 'visits'").fetchall()
    with opened(path) as store:
        (visit,) = put(store, desk.VisitOpened("business", "foot", name="王小明"), at=99)
        with store.reader() as con:
            assert sqlite.version_of(con) == sqlite.newest() >= 2
            assert [row["name"] for row in q.visit_rows(con)] == ["王小明"]
            assert con.execute("SELECT count(*) FROM terms").fetchone()[0] > 0, "what was there before is found too"
        assert visit == len(begun) + 1
        assert verify.rebuild(store).changed == ()
    assert verify.verify_file(path).ok


def test_after_an_erasure_the_rest_is_there_and_proven(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        visit = at.open_visit("business", VisitInput(name="王小明", unit="3-1", phone="13800138000")).about
        at.hold_document(visit, DocumentInput(LICENCE, id_number()))
        at.store.transact_sync(lambda tx: journal.erase(tx.con, range(1, 10)))
        row = at.see(visit)
        assert (row.name, row.phone, row.unit) == ("", "", "3-1")
        (document,) = row.documents
        assert (document.owner, document.number, document.slot) == ("", "", 1), "nothing is left of the number either"
        assert row.say_zh.startswith("先生（小姐），")
        at.return_document(visit)


def test_a_journal_that_has_masked_numbers_is_read_and_carried_on(tmp_path: Path) -> None:
    """Until November 2026 what is left of a number stood in the body; its digest is part of the chain, so it stays there, and in no table."""
    path = tmp_path / "gate.sqlite"
    with opened(path) as store:
        held = desk.DocumentHeld(1, LICENCE, 1, "440***********1236", "王小明", "440305199003071236")
        put(store, desk.VisitOpened("business", "foot", "3-1"), held)
        assert verify.rebuild(store).changed == ()
        with store.reader() as con:
            (row,) = q.document_rows(con, "d.visit = 1")
        assert (row["owner"], row["number"]) == ("王小明", "440305199003071236")
        assert "440***********1236" not in map(str, row.values())
    assert verify.verify_file(path).ok


def test_the_database_itself_refuses_two_documents_in_one_slot(tmp_path: Path) -> None:
    """The last line, should two decisions ever be made on the same facts."""
    with opened(tmp_path / "g.db") as store:
        put(store, desk.VisitOpened("business", "foot"), desk.DocumentHeld(1, LICENCE, 7))
        with pytest.raises(sqlite3.IntegrityError):
            put(store, desk.DocumentHeld(1, LICENCE, 7))
        assert head(store) == 2
        put(store, desk.DocumentReturned(1, 2, 7), desk.DocumentHeld(1, LICENCE, 7))


def head(store: Store) -> int:
    with store.reader() as con:
        return journal.head(con)[0]


def test_a_card_is_found_by_what_is_read_printed_or_labelled(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        at.stock_card("0A:00:3F:8A:21", "visitor", "A01")
        at.stock_card("0004163105", "visitor", "A02")  # printed: 0x003F8621
        with at.store.reader() as con:
            for named, uid in (
                ("0a003f8a21", "0a003f8a21"),
                ("0x0A003F8A21", "0a003f8a21"),
                ("0004164129", "0a003f8a21"),
                ("A01", "0a003f8a21"),
                ("0004163105", "003f8621"),
                ("17003f8621", "003f8621"),
            ):
                found = q.card(con, named)
                assert found is not None, named
                assert found.card == uid
            assert q.presented(con, "17003f8621") == q.card(con, "A02")
        assert at.stock_card("0004164129", "visitor", "A01").again, "the same card, by the number printed on it"
        with stopped("label-taken"):
            at.stock_card("0a00000009", "visitor", "A01")
        with stopped("card-in-rack"):
            at.take_back_card("A01")
        at.block_card("A01", "损坏")
        at.stock_card("0a003f8a21", "visitor", "A01")
        assert [c.state for c in at.desk.stock()] == ["rack", "rack"]


def test_completion_finds_hosts_and_visitors_and_tells_no_technician(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        at.open_visit("business", VisitInput("vehicle", name="王小明", unit="3-1", plate="粤B12345"))
        assert [s.name for s in at.desk.suggest(LI, "wxm")] == ["王小明"]
        assert [s.plate for s in at.desk.suggest(LI, "b123")] == ["粤B12345"]
        assert at.desk.suggest(type(LI)("tech", "technician"), "wxm") == ()
