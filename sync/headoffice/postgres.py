"""A connection to PostgreSQL that is lost and made again: what the store stands on.

Nothing here retries: whoever asks hears StoreUnavailable and asks again, and that call connects. A server that dies says so by its system; one
whose machine or line has gone says nothing, and a statement would wait for what the system's TCP believes, a quarter of an hour and more: so
a connection over which nothing gets through counts as lost after `_SILENT_S`; at the server too, or what a dead client had locked would stay so for hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import errors

from sync.headoffice import schema_postgres
from sync.headoffice.store import StoreUnavailable

_SILENT_S = 20
_ALIVE: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": _SILENT_S * 1000,
}
_ALIVE_THERE = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"


class Postgres:
    """One connection, opened when it is needed, its tables made. Belongs to the thread that uses it."""

    def __init__(self, url: str, connect_timeout_s: int) -> None:
        self._url = url
        self._timeout = connect_timeout_s
        parts = urlsplit(url)
        self.name = f"PostgreSQL {parts.hostname or 'local'}{parts.path}"
        self._con: psycopg.Connection[Any] | None = None

    def close(self) -> None:
        """Give the connection back."""
        con, self._con = self._con, None
        if con is not None:
            con.close()

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Cursor[Any]]:
        con = self._open()
        try:
            with con.transaction(), con.cursor(binary=True) as cur:
                yield cur
        except errors.UniqueViolation:
            raise
        except psycopg.Error as e:
            self.close()
            raise self._unavailable(e) from e

    def _open(self) -> psycopg.Connection[Any]:
        if self._con is None:
            try:
                con = psycopg.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=self._timeout,
                    application_name="gate-edge headoffice",
                    **_ALIVE,
                )
                try:
                    con.execute(_ALIVE_THERE)
                    schema_postgres.prepare(con)
                except psycopg.Error:
                    con.close()
                    raise
            except psycopg.Error as e:
                raise self._unavailable(e) from e
            self._con = con
        return self._con

    def _unavailable(self, e: psycopg.Error) -> StoreUnavailable:
        hint = "is the server running and reachable, does the database exist, and may this user create tables in it?"
        return StoreUnavailable(f"{self.name}: {' '.join(str(e).split())}", hint)
