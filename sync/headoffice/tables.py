"""What the parts of head office's database write once for SQLite and PostgreSQL: column types, and tables that are only ever added to.

in_both("CREATE TABLE … {text} …") + append_only("office_looks", …)   →   .sqlite, .postgres
"""

from __future__ import annotations

from dataclasses import dataclass

_SQLITE = {
    "text": "TEXT",
    "sorted": "TEXT",
    "int": "INTEGER",
    "bytes": "BLOB",
    "serial": "INTEGER PRIMARY KEY",
    "new": "",
}
_POSTGRES = {
    "text": "text",
    "sorted": 'text COLLATE "C"',
    "int": "bigint",
    "bytes": "bytea",
    "serial": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "new": "IF NOT EXISTS ",
}


@dataclass(frozen=True, slots=True)
class Both:
    """SQL text for either database."""

    sqlite: str
    postgres: str

    def __add__(self, other: Both) -> Both:
        return Both(self.sqlite + other.sqlite, self.postgres + other.postgres)


def in_both(sql: str) -> Both:
    """Text with {text}, {sorted} (by bytes), {int}, {bytes}, {serial} for types, and {new} where PostgreSQL is told that a column may be there already (SQLite has
    no words for that)."""
    return Both(sql.format(**_SQLITE), sql.format(**_POSTGRES))


def append_only(table: str, name: str, why: str) -> Both:
    """Triggers that refuse to change or remove a row of `table`. `name`: of the triggers, as older databases have them; `why`: what SQLite says."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{why}'); END;"
    sqlite = f"""
CREATE TRIGGER IF NOT EXISTS {name}_kept BEFORE DELETE ON {table} {refuse}
CREATE TRIGGER IF NOT EXISTS {name}_fixed BEFORE UPDATE ON {table} {refuse}
"""
    postgres = f"""
CREATE OR REPLACE TRIGGER {name}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();
"""
    return Both(sqlite, postgres)
