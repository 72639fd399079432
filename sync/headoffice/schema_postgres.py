"""The tables of head office's database in PostgreSQL, and how a new or an older database comes to have them.

store.py says what each is for. Parts that other modules own (pictures, registry, index, the pages' users, retention) bring their own text; each is
made when the table that was added to it last is not there. All of it in one transaction that one process at a time does.
"""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg

from sync.headoffice import desk, drafts_kept, index, photo_index, registry, retention, web_users

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    site text NOT NULL, gate text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL, data bytea NOT NULL, hash bytea NOT NULL,
    month integer NOT NULL, PRIMARY KEY (site, gate, epoch, seq, month)) PARTITION BY LIST (month);
CREATE TABLE IF NOT EXISTS personal (
    site text NOT NULL, gate text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL, data bytea NOT NULL,
    PRIMARY KEY (site, gate, epoch, seq));
CREATE TABLE IF NOT EXISTS chains (
    site text NOT NULL, gate text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL,
    signature bytea NOT NULL, began_ms bigint NOT NULL, at_ms bigint NOT NULL,
    PRIMARY KEY (site, gate, epoch));
CREATE TABLE IF NOT EXISTS gates (
    site text NOT NULL, gate text NOT NULL, key bytea NOT NULL, how text NOT NULL, at_ms bigint NOT NULL,
    PRIMARY KEY (site, gate));
CREATE TABLE IF NOT EXISTS quarantine (
    site text NOT NULL, gate text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL,
    data bytea NOT NULL, personal bytea, at_ms bigint NOT NULL,
    PRIMARY KEY (site, gate, epoch, seq, hash));
CREATE TABLE IF NOT EXISTS alarms (
    site text NOT NULL, gate text NOT NULL, epoch text NOT NULL, code text NOT NULL, detail text NOT NULL,
    count bigint NOT NULL, first_ms bigint NOT NULL, last_ms bigint NOT NULL,
    PRIMARY KEY (site, gate, epoch, code));
CREATE TABLE IF NOT EXISTS instructions (
    site text NOT NULL, gate text NOT NULL, number bigint NOT NULL, act text NOT NULL, data text NOT NULL, by text NOT NULL,
    at_ms bigint NOT NULL, until_ms bigint NOT NULL, result text NOT NULL DEFAULT '', done_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (site, gate, number));
CREATE TABLE IF NOT EXISTS receivers (
    site text NOT NULL, name text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (site, name));
CREATE TABLE IF NOT EXISTS heard (
    site text NOT NULL, gate text NOT NULL, online boolean NOT NULL, epoch text NOT NULL, high bigint NOT NULL, details text NOT NULL,
    at_ms bigint NOT NULL, PRIMARY KEY (site, gate));
CREATE INDEX IF NOT EXISTS instructions_open ON instructions (site, gate, number) WHERE result = '';
CREATE OR REPLACE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$;
CREATE OR REPLACE TRIGGER events_are_kept BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only();
CREATE OR REPLACE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();
"""
BEFORE_MONTHS = """
ALTER TABLE events RENAME TO events_0;
ALTER TABLE events_0 DROP CONSTRAINT events_pkey, ADD COLUMN month integer NOT NULL DEFAULT 0;
ALTER TABLE events_0 ADD PRIMARY KEY (site, gate, epoch, seq, month);
DROP TRIGGER events_are_kept ON events_0;
"""
"""A database of a version that had one table: it becomes the partition of month 0."""
LOCK = int.from_bytes(hashlib.sha256(b"gate-edge schema").digest()[:7], "big")
"""Of the transaction of whoever makes tables or partitions."""
_PARTS = (
    ("photos_erased", photo_index.TABLES.postgres),
    ("registry_sums", registry.TABLES.postgres),
    ("index_latest", index.POSTGRES),
    ("office_searches", web_users.TABLES.postgres),
    ("desk_taken", desk.POSTGRES),
    ("retention_done", retention.TABLES.postgres),
    ("registry_drafts", drafts_kept.TABLES.postgres),
)


def prepare(con: psycopg.Connection[Any]) -> None:
    """Make what is missing. Raises psycopg.Error."""
    con.execute(
        "SET jit = off"
    )  # compiling a question over three years of months takes seconds, answering it milliseconds
    con.execute("SET work_mem = '32MB'")  # a year of charts is added up in memory
    with con.transaction():
        con.execute("SET LOCAL client_min_messages = warning")
        con.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        kind = con.execute("SELECT relkind::text FROM pg_class WHERE oid = to_regclass('events')").fetchone()
        if kind == ("r",):
            con.execute(BEFORE_MONTHS)
        if kind != ("p",) or not _has(con, "heard"):
            con.execute(SCHEMA)
        if kind == ("r",):
            con.execute("ALTER TABLE events ATTACH PARTITION events_0 FOR VALUES IN (0)")
        for newest, text in _PARTS:
            if not _has(con, newest):
                con.execute(text.encode())


def _has(con: psycopg.Connection[Any], table: str) -> bool:
    return con.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,)
