"""Kill -9 of gate, broker and receiver in turn, during traffic: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.headoffice.audit import audit
from sync.headoffice.store import Store
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from tests.support_sync import SITE, Mosquitto, Process, SqliteSource, eventually, postgres, start_process, stored

KILLS = 9


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Store]]:
    if request.param == "sqlite":
        store: Store = SqliteStore(tmp_path / "headoffice.sqlite")
        yield str(tmp_path / "headoffice.sqlite"), store
        store.close()
    else:
        with postgres() as url:
            store = PostgresStore(url)
            yield url, store
            store.close()


def test_kill_9_of_gate_broker_and_receiver_in_turn(tmp_path: Path, db: tuple[str, Store]) -> None:
    url, store = db
    log, journal = tmp_path / "log", tmp_path / "gate.sqlite"
    broker = Mosquitto(tmp_path)
    gate = Process(
        lambda: start_process(*("tests.support_sync", "gate", "--db", journal, "--broker", broker.url), log=log)
    )
    office = Process(
        lambda: start_process(
            *("sync.headoffice", "--site", SITE, "--db", url, "--broker", broker.url, "--trust", "first-contact"),
            log=log,
        )
    )
    rng = random.Random(7)
    pause = threading.Event()
    try:
        for i in range(KILLS):
            marks = [c.mark.seq for c in store.chains(SITE)]
            eventually(lambda m=marks: m != [c.mark.seq for c in store.chains(SITE)], 15)
            pause.wait(rng.random() * 0.3)
            which = (gate, broker, office)[i % 3]
            which.kill()
            pause.wait(rng.random() * 0.2)
            which.start()
        gate.now.terminate()  # it ends when head office has everything
        gate.now.wait(30)
    finally:
        gate.kill()
        office.now.terminate()
        code = office.now.wait(10)
        broker.kill()
    said = log.read_text()
    assert gate.now.returncode == 0, said[-3000:]
    assert code == 0, said[-3000:]
    assert "Traceback" not in said, said[-3000:]
    with closing(sqlite3.connect(journal)) as con:
        written = con.execute("SELECT seq, data, hash, personal FROM journal ORDER BY seq").fetchall()
    assert len(written) > 100 * KILLS
    kept = [(r.seq, r.data, r.hash, r.personal) for r in stored(store)]
    assert kept == written, "every event is there exactly once, in order, as it was written"
    (chain,) = store.chains(SITE)
    assert audit(store, chain).wrong == ""
    assert store.alarms() == []
    with closing(SqliteSource(journal)) as source:
        assert source.acked() == len(written)
