"""The tables of head office's database in one SQLite file; store.py says what each is for."""

from __future__ import annotations

import sqlite3

from sync.headoffice import desk, drafts_kept, index, photo_index, registry, retention, web_users
from sync.headoffice.tables import append_only

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    site TEXT NOT NULL, gate TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (site, gate, epoch, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS personal (
    site TEXT NOT NULL, gate TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (site, gate, epoch, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chains (
    site TEXT NOT NULL, gate TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
    signature BLOB NOT NULL, began_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (site, gate, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gates (
    site TEXT NOT NULL, gate TEXT NOT NULL, key BLOB NOT NULL, how TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (site, gate)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
    site TEXT NOT NULL, gate TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
    data BLOB NOT NULL, personal BLOB, at_ms INTEGER NOT NULL,
    PRIMARY KEY (site, gate, epoch, seq, hash)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarms (
    site TEXT NOT NULL, gate TEXT NOT NULL, epoch TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
    count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (site, gate, epoch, code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instructions (
    site TEXT NOT NULL, gate TEXT NOT NULL, number INTEGER NOT NULL, act TEXT NOT NULL, data TEXT NOT NULL, by TEXT NOT NULL,
    at_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, result TEXT NOT NULL DEFAULT '', done_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, gate, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receivers (site TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (site, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heard (
    site TEXT NOT NULL, gate TEXT NOT NULL, online INTEGER NOT NULL, epoch TEXT NOT NULL, high INTEGER NOT NULL, details TEXT NOT NULL,
    at_ms INTEGER NOT NULL, PRIMARY KEY (site, gate)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instructions_open ON instructions (site, gate, number) WHERE result = '';
"""
_PARTS = (
    append_only("events", "events_are", "events are append-only").sqlite,
    index.SQLITE,
    *(part.TABLES.sqlite for part in (photo_index, web_users, registry, retention, desk, drafts_kept)),
)


def prepare(con: sqlite3.Connection) -> None:
    """Make what is missing. Raises sqlite3.DatabaseError."""
    con.execute("PRAGMA journal_mode = WAL")
    con.execute("PRAGMA synchronous = FULL")
    con.execute("PRAGMA secure_delete = ON")
    con.executescript(SCHEMA + "".join(_PARTS))
    if "about" not in _columns(con):
        con.execute("BEGIN IMMEDIATE")
        for statement in desk.ORDERS.sqlite.split(";") if "about" not in _columns(con) else ():
            con.execute(statement)
        con.execute("COMMIT")


def _columns(con: sqlite3.Connection) -> set[str]:
    return {row[1] for row in con.execute("PRAGMA table_info(instructions)")}
