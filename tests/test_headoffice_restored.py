"""Head office's database restored from a backup: the gates' journals are the outbox, and fill it again by themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from sync.headoffice.audit import audit
from sync.headoffice.intake import ChainId
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.store import Chunk, Store
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from sync.headoffice.told import answers
from sync.journal_source import Entry
from sync.memory import MemoryBroker, MemoryLink
from sync.protocol import chain
from sync.uplink import Uplink
from tests.support_sync import (
    EPOCH,
    FAST,
    GATE,
    ROOT,
    SITE,
    ListSource,
    Postgres,
    batch_of,
    batches,
    entries,
    eventually,
    rows_of,
    signer,
)

OPTIONS = ReceiverOptions(SITE, trust_first_contact=True, ack_interval_s=0.2, sign=signer("headoffice").sign)


class Database:
    """One that can be dumped, and put back as it was then, while nobody uses it: as docs/headoffice.md says."""

    def __init__(self, folder: Path, server: Postgres | None) -> None:
        self._path, self._copy, self._server = folder / "o.sqlite", folder / "copy.sqlite", server
        if server is not None:
            self._url = server.url.replace("/postgres", "/gates")
            self._copy = server.folder / "gates.dump"
            self._anew(drop=False)

    def open(self) -> Store:
        return SqliteStore(self._path) if self._server is None else PostgresStore(self._url)

    def dump(self) -> None:
        if self._server is None:
            shutil.copy(self._path, self._copy)
        else:
            self._server.run(self._server.bin / "pg_dump", "-Fc", "-f", self._copy, self._url)

    def restore(self) -> None:
        if self._server is None:
            for path in self._path.parent.glob("o.sqlite*"):
                path.unlink()
            shutil.copy(self._copy, self._path)
        else:
            self._anew(drop=True)
            self._server.run(self._server.bin / "pg_restore", "-d", self._url, self._copy)

    def _anew(self, *, drop: bool) -> None:
        assert self._server is not None
        with psycopg.connect(self._server.url, autocommit=True) as con:
            if drop:
                con.execute("DROP DATABASE gates")
            con.execute("CREATE DATABASE gates")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        yield Database(tmp_path, None)
        return
    server = Postgres()
    yield Database(tmp_path, server)
    server.kill()
    shutil.rmtree(server.folder, ignore_errors=True)


def _answer(source: ListSource, number: int, said_ms: int) -> None:
    """The event with which a gate says that it has done what it was told."""
    last = source.made[-1]
    said = json.loads(last.data)
    body = {"number": number, "act": "notice.post", "result": "done", "about": 0, "said_ms": said_ms}
    said.update(kind="headoffice.instructed", body=body, seq=last.seq + 1, prev=last.hash.hex(), personal=None)
    data = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    source.made.append(Entry(last.seq + 1, data, chain(last.hash, data), None))


@pytest.mark.parametrize("when", ["there all the time", "comes later"])
def test_an_idle_gate_fills_a_restored_database_by_itself(database: Database, when: str) -> None:
    broker = MemoryBroker()
    source, late = ListSource(entries(200)), when == "comes later"
    uplink = Uplink(source, MemoryLink(broker, "gate"), FAST)

    def office() -> Receiver:
        made = Receiver(MemoryLink(broker, "office"), database.open(), OPTIONS)
        made.start()
        return made

    receiver = office()
    uplink.start()
    try:
        eventually(lambda: uplink.status().acked == 200)
        receiver.stop()
        database.dump()
        with closing(database.open()) as store:
            assert store.instruct(SITE, GATE, "notice.post", '{"n": 1}', "zhang", 1000) == 1
        receiver = office()
        source.extend(150)
        _answer(source, 1, 1000)
        source.extend(149)
        uplink.notify()
        eventually(lambda: uplink.status().acked == 500, 20)
        eventually(lambda: source.acked() == 500)
        receiver.stop()
        if late:
            uplink.stop()
        database.restore()
        with closing(database.open()) as store:
            assert [c.mark.seq for c in store.chains(SITE)] == [200]
            assert store.instruct(SITE, GATE, "notice.post", '{"n": 2}', "zhang", 2000) == 1, "not known to be taken"
        receiver = office()
        if late:
            uplink = Uplink(source, MemoryLink(broker, "gate"), FAST)
            uplink.start()
        with closing(database.open()) as store:
            eventually(lambda: [c.mark.seq for c in store.chains(SITE)] == [500], 20)
            eventually(lambda: uplink.status().acked == 500)
            (found,) = store.chains(SITE)
            assert tuple(store.rows(found.where)) == rows_of(source.made)
            assert audit(store, found).wrong == ""
            assert [(a.code, a.where.epoch) for a in store.alarms(SITE)] == [("restored", "")]
            assert "500" in store.alarms(SITE)[0].detail
            told = [(t.number, t.at_ms, t.result) for t in store.told(SITE, GATE)]
            assert told == [(1, 1000, "done"), (2, 2000, "")], "what was done keeps its number, what is new gets one"
            assert store.instruct(SITE, GATE, "notice.post", "{}", "zhang", 3000) == 3
    finally:
        uplink.stop()
        receiver.stop()


def test_answers_are_held_to_what_a_database_takes(database: Database) -> None:
    """A gate that is not ours any more must not stop the intake of the others."""
    source = ListSource(entries(1))
    for number in (2**53, 0, True, -1, 7):
        _answer(source, number, 5)
    bad = source.made[-1].data.replace(b'"result":"done"', rb'"result":"\u0000\ud800x"')
    rows = rows_of([*source.made[:-1], Entry(6, bad, chain(source.made[-2].hash, bad), None)])
    assert [(a.number, a.result) for a in answers(rows)] == [(7, "?x")]
    with closing(database.open()) as store:
        where = ChainId(SITE, GATE, EPOCH)
        store.apply([Chunk(where, store.mark(where), rows, b"s" * 64)], 1_700_000_000_000)
        assert [(t.number, t.result) for t in store.told(SITE)] == [(7, "?x")]


def test_a_month_is_taken_away_and_put_back_while_events_come(tmp_path: Path) -> None:
    """docs/headoffice.md, «Months»: its commands, word by word."""
    server = Postgres()
    page = (ROOT / "docs" / "headoffice.md").read_text("utf-8")
    months = page.split("## Months")[1].split("\n## ")[0]
    try:
        with closing(PostgresStore(server.url)) as store, psycopg.connect(server.url, autocommit=True) as con:
            made, where = entries(90), ChainId(SITE, GATE, EPOCH)
            store.enrol(SITE, GATE, signer().public_key().public_bytes_raw(), "test", 1)
            for month, batch in zip((11, 12), batches(made[:60], 30), strict=True):
                at_ms = int(datetime(2026, month, 5, tzinfo=UTC).timestamp() * 1000)
                rows = rows_of(made[batch.first - 1 : batch.last])
                store.apply([Chunk(where, store.mark(where), rows, batch.signature)], at_ms)

            def do(command: str) -> None:
                assert command in months, command
                if command.startswith("pg_"):
                    program, *rest = command.replace(" gates", f" {server.url}").split()
                    server.run(
                        server.bin / program, *(f"{server.folder}/{w}" if w.endswith(".dump") else w for w in rest)
                    )
                else:
                    con.execute(command.encode())

            do("ALTER TABLE events DETACH PARTITION events_202611 CONCURRENTLY;")
            do("pg_dump -Fc -t events_202611 -f events_202611.dump gates")
            do("DROP TABLE events_202611;")
            last = batch_of(made[60:], made[59].hash)
            store.apply([Chunk(where, store.mark(where), rows_of(made[60:]), last.signature)], at_ms)
            (found,) = store.chains(SITE)
            assert [r.seq for r in store.rows(where)] == list(range(31, 91))
            assert audit(store, found).wrong == "event 1 is missing"
            do("pg_restore -d gates events_202611.dump")
            do("ALTER TABLE events ATTACH PARTITION events_202611 FOR VALUES IN (202611);")
            assert audit(store, found).wrong == ""
            assert tuple(store.rows(where)) == rows_of(made)
    finally:
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)
