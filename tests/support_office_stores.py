"""Fixtures: head office's store, once in SQLite and once in PostgreSQL, empty. `pytest_plugins = ["tests.support_office_stores"]`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sync.headoffice.store import Store
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from tests.support_sync import postgres


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A PostgreSQL server's URL."""
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """One of them."""
    made: Store
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "headoffice.sqlite")
    else:
        url = request.getfixturevalue("cluster")
        with psycopg.connect(url, autocommit=True) as con:
            con.execute("DROP SCHEMA public CASCADE")
            con.execute("CREATE SCHEMA public")
        made = PostgresStore(url)
    yield made
    made.close()
