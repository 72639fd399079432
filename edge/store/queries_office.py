"""Entries of head office's lists that are read where they lie: construction passes (P8)."""

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
