"""The journal: exact bytes, the chain, append-only, personal parts apart."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from edge.domain import events as ev
from edge.domain.event import encode
from edge.store import journal, verify
from sync import personal
from tests.support_store import NAME, T0, a_morning, decided, opened, put, stamp


def _stored(path: Path) -> list[tuple[int, int, str, bytes, bytes]]:
    con = sqlite3.connect(path)
    rows = con.execute("SELECT seq, at_ms, kind, data, hash FROM journal ORDER BY seq").fetchall()
    con.close()
    return rows


def test_the_bytes_are_canonical_json_with_exactly_the_fields_of_the_contract(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        put(store, decided(holder=NAME), ev.VehicleWaiting("in1"))
        epoch = store.epoch
    first, second = _stored(tmp_path / "g.db")
    said = json.loads(first[3])
    body, _ = encode(decided(holder=NAME))
    con = sqlite3.connect(tmp_path / "g.db")
    (part,) = con.execute("SELECT bytes FROM personal").fetchone()
    con.close()
    assert said == {
        "at": "2026-10-26T07:33:20.000Z",
        "actor": "test",
        "body": body,
        "boot": "boot1",
        "clock": "ntp",
        "epoch": epoch,
        "gate": "main",
        "kind": "access.decided",
        "mono_ms": 5000,
        "personal": personal.digest(part).hex(),
        "prev": "00" * 32,
        "rule": "P1 P2 V1 V2",
        "seq": 1,
    }
    assert "holder" not in said["body"]
    assert first[3] == json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert first[4] == hashlib.sha256(bytes(32) + first[3]).digest()
    assert second[4] == hashlib.sha256(first[4] + second[3]).digest()
    assert json.loads(second[3])["prev"] == first[4].hex()
    assert json.loads(second[3])["personal"] is None
    name, salt, value = json.loads(part)
    assert (name, value) == ("holder", NAME)
    assert len(bytes.fromhex(salt)) == 16


def test_the_same_name_twice_has_two_digests(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        put(store, decided(holder=NAME), decided(holder=NAME))
    digests = [json.loads(row[3])["personal"] for row in _stored(tmp_path / "g.db")]
    assert len(set(digests)) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET kind = 'x' WHERE seq = 1",
        "UPDATE journal SET seq = 99 WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 2",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT 1, at_ms, kind, data, hash FROM journal WHERE seq = 2",
        "INSERT INTO journal SELECT 9, at_ms, kind, data, hash FROM journal WHERE seq = 2",
        "DELETE FROM personal",
        "UPDATE personal SET bytes = x'00'",
        "UPDATE personal SET bytes = NULL, digest = x'00'",
        "INSERT OR REPLACE INTO personal SELECT seq, digest, NULL FROM personal",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_recorded(tmp_path: Path, statement: str) -> None:
    with opened(tmp_path / "g.db") as store:
        put(store, decided(holder=NAME), decided())
    before = _stored(tmp_path / "g.db")
    con = sqlite3.connect(tmp_path / "g.db", isolation_level=None)
    with pytest.raises(
        sqlite3.Error, match=r"append-only|personal"
    ):  # a stranger's connection cannot even prove a part
        con.execute(statement)
    con.close()
    assert _stored(tmp_path / "g.db") == before


def test_records_come_back_as_the_events_that_were_put_in(tmp_path: Path) -> None:
    events = a_morning()
    with opened(tmp_path / "g.db") as store:
        put(store, *events)
        with store.reader() as con:
            records = journal.after(con, 0, 100)
            middle = journal.after(con, 4, 3)
    assert [r.event for r in records] == events
    assert [r.seq for r in records] == list(range(1, len(events) + 1))
    assert [r.seq for r in middle] == [5, 6, 7]
    assert records[0].at_ms == T0
    assert {r.actor for r in records} == {"test"}


def test_a_rule_that_is_given_stands_in_the_place_of_the_kinds_own(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        store.transact_sync(lambda tx: tx.append(decided(), actor="a", stamp=stamp(), rule="P2"))
        with store.reader() as con:
            assert journal.after(con, 0, 1)[0].rule == "P2"


def test_erasing_takes_the_person_out_of_every_file_and_leaves_the_chain_whole(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    with opened(path) as store:
        put(store, *a_morning())
        erased = store.transact_sync(lambda tx: journal.erase(tx.con, [3, 4, 9, 999]))
        again = store.transact_sync(lambda tx: journal.erase(tx.con, [3]))
        assert store.scrub()
        for file in tmp_path.iterdir():
            assert NAME.encode() not in file.read_bytes(), file.name
        with store.reader() as con:
            record = journal.after(con, 2, 1)[0]
        report = verify.verify_file(path)
        rebuilt = verify.rebuild(store)
    assert (erased, again) == ([3, 9], [])
    assert record.personal is None
    assert isinstance(record.event, ev.AccessDecided)
    assert record.event.holder == ""
    assert report.ok
    assert (report.personal, report.erased) == (2, 2)
    assert rebuilt.changed == ()


def test_iso_is_exact_to_the_millisecond_before_and_after_1970() -> None:
    assert journal.iso(0) == "1970-01-01T00:00:00.000Z"
    assert journal.iso(T0 + 7) == "2026-10-26T07:33:20.007Z"
    assert journal.iso(-1) == "1969-12-31T23:59:59.999Z"


def test_what_json_has_no_word_for_is_refused_and_nothing_is_recorded(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        with pytest.raises(ValueError, match="surrogates"):
            put(store, ev.VehicleWaiting("\ud800"))
        assert put(store, ev.VehicleWaiting("in1")) == [1]
