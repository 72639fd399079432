"""What is kept longer than its time (保全), derived from the journal. What was erased shows in `personal` itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_privacy as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("kept",)


def _kept(con: Con, meta: Meta, e: ev.RecordKept) -> None:
    con.execute(
        "INSERT OR REPLACE INTO kept (about, reason, by, since_ms) VALUES (?, ?, ?, ?)",
        (e.about, e.reason, meta.actor, meta.at_ms),
    )


def _released(con: Con, _meta: Meta, e: ev.RecordReleased) -> None:
    con.execute("DELETE FROM kept WHERE about = ?", (e.about,))


HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {
    ev.RecordKept.KIND: _kept,
    ev.RecordReleased.KIND: _released,
}
NOT_DERIVED = {
    ev.PersonalErased.KIND: "the personal parts themselves are gone",
    ev.PicturesChecked.KIND: "what lies on this disk is no consequence of the journal",
    ev.PictureAsked.KIND: "what is asked for stands in the local table of pictures",
    ev.PictureSeen.KIND: "the journal is where one looks who looked",
    ev.PictureErased.KIND: "the pictures themselves are gone; their digests still prove a copy",
}
