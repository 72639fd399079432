"""verify names the first wrong event, whatever was done to the file; rebuild gives the same bytes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from edge.domain import events as ev
from edge.domain.event import KINDS, Event
from edge.store import journal, tables, verify
from tests.support_store import NAME, a_morning, opened, put, sequences, stamp, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with opened(tmp_path / "g.db") as store:
        put(store, *a_morning())
    return tmp_path / "g.db"


def test_a_whole_journal_is_said_to_be_whole(path: Path) -> None:
    report = verify.verify_file(path)
    assert report.ok, report.text()
    assert (report.events, report.head, report.personal) == (11, 11, 2)
    assert set(report.digests) == set(tables.DERIVED)
    assert "11 events" in report.text()


_ROW7 = "(SELECT {} FROM journal WHERE seq = 7)"


@pytest.mark.parametrize(
    ("statements", "seq", "says"),
    [
        (
            (
                "UPDATE journal SET data = CAST(replace(CAST(data AS TEXT), '\"ms\":4000', '\"ms\":4001') AS BLOB) WHERE seq = 7",
            ),
            7,
            "do not fit its hash",
        ),
        (("UPDATE journal SET data = CAST('{,' AS BLOB) WHERE seq = 7",), 7, "not JSON"),
        (("UPDATE journal SET data = CAST('{}' AS BLOB) WHERE seq = 7",), 7, "fields"),
        (("UPDATE journal SET hash = zeroblob(32) WHERE seq = 7",), 7, "do not fit its hash"),
        (("DELETE FROM journal WHERE seq = 7",), 8, "event 7 is missing"),
        (("DELETE FROM journal WHERE seq = 1",), 2, "event 1 is missing"),
        (("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 7",), 7, "at = "),
        (("UPDATE journal SET kind = 'vehicle.waiting' WHERE seq = 7",), 7, "kind = "),
        (
            (
                "CREATE TEMP TABLE t AS SELECT * FROM journal WHERE seq IN (6, 7)",
                "UPDATE journal SET data = (SELECT data FROM t WHERE seq = 13 - journal.seq), "
                "hash = (SELECT hash FROM t WHERE seq = 13 - journal.seq) WHERE seq IN (6, 7)",
            ),
            6,
            "does not follow",
        ),
        (("UPDATE personal SET bytes = CAST('{}' AS BLOB) WHERE seq = 3",), 3, "personal part was altered"),
        (("UPDATE personal SET digest = zeroblob(32) WHERE seq = 3",), 3, "digest of its personal part"),
        (("DELETE FROM personal WHERE seq = 3",), 3, "removed, not erased"),
        (("INSERT INTO personal VALUES (4, zeroblob(32), NULL)",), 4, "was added"),
        (("INSERT INTO personal VALUES (99, zeroblob(32), NULL)",), 99, "without an event"),
        (
            (
                "UPDATE cursor SET acked_seq = 9, acked_hash = (SELECT hash FROM journal WHERE seq = 9)",
                "DELETE FROM journal WHERE seq > 8",
                "DELETE FROM personal WHERE seq > 8",
            ),
            9,
            "events 9 to 9 are missing at the end",
        ),
        (("UPDATE cursor SET acked_seq = 5, acked_hash = zeroblob(32)",), 5, "head office acknowledged another event"),
    ],
)
def test_the_first_wrong_event_is_named_with_its_time_its_kind_and_what_is_wrong(
    path: Path, statements: tuple[str, ...], seq: int, says: str
) -> None:
    tamper(path, *statements)
    report = verify.verify_file(path)
    assert not report.ok
    assert report.problem is not None
    assert report.problem.seq == seq, report.problem
    assert says in report.problem.what, report.problem
    assert f"event {seq} " in report.text()
    if seq <= 8:
        assert report.problem.at.startswith("2026-10-26T07:33:20.0")
        assert report.problem.kind


def test_a_whole_forged_chain_is_found_by_the_gates_name_and_epoch(path: Path) -> None:
    con = sqlite3.connect(path)
    rows = con.execute("SELECT seq, data FROM journal ORDER BY seq").fetchall()
    con.close()
    previous, statements = journal.ZERO, []
    for seq, data in rows:
        said = json.loads(data) | {"prev": previous.hex(), "epoch": "f" * 32}
        forged = journal.canonical(said)
        previous = journal.chain(previous, forged)
        statements.append(f"UPDATE journal SET data = x'{forged.hex()}', hash = x'{previous.hex()}' WHERE seq = {seq}")
    tamper(path, *statements)
    report = verify.verify_file(path)
    assert report.problem is not None
    assert report.problem.seq == 1
    assert "epoch = " in report.problem.what


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE passes SET plate = '粤B99999' WHERE pass_seq = 3", "passes"),
        ("DELETE FROM inside", "inside"),
        ("UPDATE presence SET place = 'outside'", "presence"),
        ("INSERT INTO duty VALUES ('eve', 'guard', '', 0, 1, 1)", "duty"),
        ("DELETE FROM faults", "faults"),
        ("UPDATE last_read SET lane = 'out1'", "last_read"),
        ("DELETE FROM pictures", "pictures"),
    ],
)
def test_an_altered_derived_table_is_named_and_rebuild_makes_it_right(path: Path, statement: str, table: str) -> None:
    tamper(path, statement)
    report = verify.verify_file(path)
    assert report.problem is not None
    assert f"table {table} is not what the journal gives" in report.problem.what
    with opened(path) as store:
        rebuilt = verify.rebuild(store)
        assert rebuilt.changed == (table,)
        assert f"changed: {table}" in rebuilt.text()
        assert verify.rebuild(store).changed == ()
    assert verify.verify_file(path).ok


def test_verify_needs_no_lock_and_sees_one_moment_of_a_running_gate(path: Path) -> None:
    with opened(path) as store:
        put(store, ev.VehicleWaiting("in1"))
        assert verify.verify_file(path).events == 12


def test_memory_does_not_grow_with_the_journal(tmp_path: Path) -> None:
    """Streaming: the peak of Python's memory for 6,000 events is that of 1,500."""
    import tracemalloc

    def peak(events: int) -> int:
        path = tmp_path / f"{events}.db"
        with opened(path) as store:
            for n in range(0, events, 500):
                put(store, *[ev.VehicleWaiting("in1")] * 500, at=n)
        tracemalloc.start()
        assert verify.verify_file(path).events == events
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(500)  # what is loaded once
    assert peak(6_000) < peak(1_500) * 1.5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=sequences, erase=...)
def test_any_sequence_of_events_gives_the_same_tables_again_also_after_an_erasure(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], erase: bool
) -> None:
    path = tmp_path_factory.mktemp("h") / "g.db"
    with opened(path) as store:
        store.transact_sync(lambda tx: [tx.append(e, actor="t", stamp=stamp(n)) for n, e in enumerate(events)])
        if erase:
            store.transact_sync(lambda tx: journal.erase(tx.con, range(1, 50)))
            assert store.scrub()
            assert NAME.encode() not in path.read_bytes()
        rebuilt = verify.rebuild(store)
        assert rebuilt.changed == ()
        assert rebuilt.events == len(events)
    report = verify.verify_file(path)
    assert report.ok, report.text()


def test_every_kind_is_derived_or_deliberately_not() -> None:
    assert set(tables.HANDLERS) | set(tables.NOT_DERIVED) == set(KINDS)
    assert not set(tables.HANDLERS) & set(tables.NOT_DERIVED)


def test_every_table_of_the_schema_is_known_to_be_derived_or_not(path: Path) -> None:
    con = sqlite3.connect(path)
    names = {name for (name,) in con.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    con.close()
    registry = {n for n in names if n.startswith("registry")}
    assert names - set(tables.DERIVED) - registry == {
        "info",
        "journal",
        "personal",
        "photos",
        "erasing",
        "erasing_files",
        "erasing_later",
        "cursor",
        "users",
        "sessions",
        "idempotency",
        "lookup",
        "lookup_holders",
        "lookup_parts",
    }
