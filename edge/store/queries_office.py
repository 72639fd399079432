"""Entries of head office's lists that are read where they lie: construction passes (P8), hosts' telephones (P3, P4)."""

from __future__ import annotations

import json
import sqlite3

from edge.domain.plates import normal

Con = sqlite3.Connection
PASS_FIELDS = ("number", "name", "company", "unit", "from", "until")


def construction_pass(con: Con, number: str) -> dict[str, str] | None:
    """What head office says of a construction pass, by its number however it is typed; None: it is not on the list."""
    row = con.execute("SELECT data FROM office_lists WHERE list = 'passes' AND key = ?", (normal(number),)).fetchone()
    if row is None:
        return None
    data = json.loads(row[0])
    return {name: str(data.get(name, "")) for name in PASS_FIELDS}


def telephones(con: Con, unit: str, host: str) -> tuple[tuple[str, str], ...]:
    """Name and number of those in a flat or department, the host first; without one, of all who bear the host's name."""
    where, who = normal(unit), normal(host)
    if where:  # keys are unit:name, and «;» follows «:»
        sql, given = "key >= ? || ':' AND key < ? || ';'", (where, where)
    elif who:
        sql, given = "substr(key, -length(?) - 1) = ':' || ?", (who, who)
    else:
        return ()
    rows = con.execute(f"SELECT data FROM office_lists WHERE list = 'phones' AND {sql} ORDER BY key LIMIT 20", given)
    found = [(str(data.get("name", "")), str(data.get("phone", ""))) for data in (json.loads(row[0]) for row in rows)]
    return tuple(sorted(found, key=lambda one: bool(who) and normal(one[0]) != who))
