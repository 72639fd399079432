"""Events and passes of a time range as CSV or JSON lines, for people and for other programs; streamed, of one moment of the journal.

    events, CSV    one row an event: corrected time, time as written, number, kind, actor, rule, body and personal part as JSON
    events, JSON   one line an event: {"at": corrected, "corrected": true|false, "hash", "personal": {…}|null, "data": exact bytes}
    passes         one row a pass, in words of the register (V2)

**Time.** A gate that woke up in 1970 wrote 1970 into its events. When its clock became right, `clock.changed` said so, and the
steady clock of that boot tells how long before that each event was: such times are corrected here, in the export, never in the
journal. Only what was written while nobody vouched for the clock is corrected.

**CSV.** Begins with a byte order mark, so that Excel shows Chinese. A cell that Excel would take for a formula (=, +, -, @, tab,
return) gets an apostrophe before it: a plate or a name is typed by strangers.
"""

from __future__ import annotations

import bisect
import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from edge.errors import BadInput
from edge.store import journal, sqlite
from sync import personal

BOM = "\ufeff"
TRUSTED = frozenset({"ntp", "manual"})
"""Words of `clock` for which a time needs no correction."""
WHAT = ("events", "passes")
FORMS = ("csv", "jsonl")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(
    path: Path,
    out: TextIO,
    *,
    what: str = "events",
    form: str = "csv",
    begin_ms: int | None = None,
    end_ms: int | None = None,
) -> int:
    """Write what happened from `begin_ms` (included) to `end_ms` (not) to `out`; how many rows. Beside a running gate, if any.

    `out` must be opened with newline="" and UTF-8. Raises BadInput for an unknown `what` or `form`, StoreError.
    """
    if what not in WHAT or form not in FORMS:
        raise BadInput(f"不能导出 cannot export {what} as {form}", f"可用 known: {', '.join(WHAT)}; {', '.join(FORMS)}")
    con = sqlite.open_reader(path)
    try:
        with sqlite.explained(path):
            con.execute("BEGIN")
            return _write(con, out, what, form, (begin_ms, end_ms))
    finally:
        con.close()


Range = tuple[int | None, int | None]


def _write(con: sqlite3.Connection, out: TextIO, what: str, form: str, span: Range) -> int:
    rows = events(con, span) if what == "events" else passes(con, span)
    if form == "csv":
        return _csv(out, EVENT_COLUMNS if what == "events" else PASS_COLUMNS, rows)
    count = 0
    for row in rows:
        out.write(journal.canonical(row).decode() + "\n")
        count += 1
    return count


def _csv(out: TextIO, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> int:
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([cell(row[column]) for column in columns])
        count += 1
    return count


def cell(value: Any) -> str:
    """A value as Excel should show it: never as a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


# ---- time --------------------------------------------------------------------------------------------------------


class Corrections:
    """For each boot, the moments at which its clock became right: (number, steady time, wall time)."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self._by_boot: dict[str, list[tuple[int, int, int]]] = {}
        found = con.execute("SELECT boot, seq, mono_ms, at_ms, trust FROM clock_changes ORDER BY seq")
        for boot, seq, mono_ms, at_ms, trust in found:
            if trust in TRUSTED:
                self._by_boot.setdefault(boot, []).append((seq, mono_ms, at_ms))

    def at(self, seq: int, at_ms: int, boot: str, mono_ms: int, clock: str) -> int:
        """When event `seq` really was, as far as the journal knows; `at_ms` when it knows no better."""
        moments = self._by_boot.get(boot)
        if clock in TRUSTED or not moments:
            return at_ms
        later = bisect.bisect_left(moments, (seq, 0, 0))
        _, right_mono, right_ms = moments[min(later, len(moments) - 1)]
        return right_ms - (right_mono - mono_ms)


def _within(at_ms: int, span: Range) -> bool:
    return (span[0] is None or at_ms >= span[0]) and (span[1] is None or at_ms < span[1])


# ---- what --------------------------------------------------------------------------------------------------------

EVENT_COLUMNS = ("at", "written_at", "seq", "kind", "actor", "rule", "clock", "body", "personal", "hash")
PASS_COLUMNS = (
    *(
        "pass_seq",
        "lane",
        "direction",
        "at",
        "outcome",
        "decision",
        "reason",
        "category",
        "card",
        "credential",
        "holder",
    ),
    *("plate", "plate_read", "plate_bound", "plate_match", "driver", "passengers", "guard", "actor", "admitted_by"),
    *(
        "admitted_reason",
        "commanded_at",
        "up_at",
        "crossed_at",
        "closed_at",
        "tailgated",
        "picture_card",
        "picture_crossing",
    ),
)


def events(con: sqlite3.Connection, span: Range = (None, None)) -> Iterator[dict[str, Any]]:
    """The events of a time range in the order of their numbers. `data` are the exact stored bytes, as text."""
    corrections = Corrections(con)
    for seq, at_ms, kind, data, hash_, part in journal.rows(con):
        said = json.loads(data)
        right = corrections.at(seq, at_ms, said["boot"], said["mono_ms"], said["clock"])
        if _within(right, span):
            yield {
                "at": journal.iso(right),
                "written_at": said["at"],
                "corrected": right != at_ms,
                "seq": seq,
                "kind": kind,
                "actor": said["actor"],
                "rule": said["rule"],
                "clock": said["clock"],
                "body": said["body"],
                "personal": personal.read(part) if part else None,
                "hash": hash_.hex(),
                "data": data.decode(),
            }


def passes(con: sqlite3.Connection, span: Range = (None, None)) -> Iterator[dict[str, Any]]:
    """The register of passes of a time range (V2), oldest first, with names where they were not erased."""
    corrections = Corrections(con)
    found = con.execute(
        """SELECT p.*, j.data AS opening, h.bytes AS holder_part, d.bytes AS driver_part FROM passes p
           JOIN journal j ON j.seq = p.pass_seq LEFT JOIN personal h ON h.seq = p.holder_seq
           LEFT JOIN personal d ON d.seq = p.driver_seq ORDER BY p.pass_seq"""
    )
    names = [column[0] for column in found.description]
    for values in found:
        row = dict(zip(names, values, strict=True))
        said = json.loads(row["opening"])
        right = corrections.at(row["pass_seq"], row["opened_ms"], said["boot"], said["mono_ms"], said["clock"])
        if not _within(right, span):
            continue
        shift = right - row["opened_ms"]
        for name in ("commanded", "up", "crossed", "closed"):
            moment = row[f"{name}_ms"]
            row[f"{name}_at"] = None if moment is None else journal.iso(moment + shift)
        row["at"] = journal.iso(right)
        for name in ("holder", "driver"):
            part = row[f"{name}_part"]
            row[name] = personal.read(part).get(name, "") if part else ""
        yield {column: row[column] for column in PASS_COLUMNS}
