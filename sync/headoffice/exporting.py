"""What a search finds, as a file for a spreadsheet: CSV (with a byte order mark, so that Excel reads the Chinese) or XLSX, written as it goes.

An export is a job: it goes page by page through the same search, with the same rights and the same record of looks as the page itself, says how far it is, and can
be stopped. The file lies in a folder of this process's own, readable by nobody else, and goes with the process, after an hour, or when it is taken.

A page asks for it in the words and the time of its language (`Words`); without, columns and values are the journal's own, for machines.

A cell that begins with = + - @ would be a formula to a spreadsheet: such a text gets an apostrophe before it.
"""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from openpyxl import Workbook

from sync.headoffice.search import Place, Question
from sync.headoffice.web_static import FOLDER

log = logging.getLogger(__name__)
MOST = 200_000
"""Rows of one file: a spreadsheet opens a million, a person reads none of them."""
PAGE = 500
KEPT_S = 3600.0
JOBS = 4
"""At once, for everybody together."""
COLUMNS = (
    "at",
    "gate",
    "epoch",
    "seq",
    "kind",
    "lane",
    "actor",
    "plate",
    "card",
    "unit",
    "decision",
    "reason",
    "name",
    "phone",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Words:
    """A file's columns and values in a language (zh-CN, en), times `east_min` minutes east of UTC, as a spreadsheet reads them."""

    def __init__(self, lang: str, east_min: int) -> None:
        self._words: dict[str, str] = json.loads((FOLDER / f"{lang}.json").read_text("utf-8"))
        self._east = timedelta(minutes=east_min)

    @property
    def header(self) -> list[str]:
        """The names of `COLUMNS`."""
        return [self._words.get(f"export.{name}") or self._words.get(f"field.{name}", name) for name in COLUMNS]

    def of(self, cells: Sequence[str]) -> list[str]:
        """A line of `cells`."""
        return [self._said(name, cell) for name, cell in zip(COLUMNS, cells, strict=True)]

    def _said(self, name: str, cell: str) -> str:
        if name == "at":
            try:
                return f"{datetime.fromisoformat(cell).astimezone(UTC) + self._east:%Y-%m-%d %H:%M:%S}"
            except ValueError:
                return cell
        if name == "kind":
            return self._words.get(f"kind.{cell}", cell)
        if name == "actor":
            who = cell.rpartition(":")[2]
            return self._words.get(f"value.actor-{who}", who)
        if name in ("lane", "decision", "reason"):
            return self._words.get(f"value.{cell}", cell)
        return cell


class Busy(Exception):
    """There are enough of them."""


class _Writer(Protocol):
    def write(self, cells: Sequence[str]) -> None: ...
    def close(self) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)

    def write(self, cells: Sequence[str]) -> None:
        self._csv.writerow(cells)

    def close(self) -> None:
        self._file.close()


class _Xlsx:
    def __init__(self, path: Path) -> None:
        self._path, self._book = path, Workbook(write_only=True)
        self._sheet = self._book.create_sheet("events")

    def write(self, cells: Sequence[str]) -> None:
        self._sheet.append(list(cells))

    def close(self) -> None:
        self._book.save(self._path)


@dataclass
class Job:
    """One export. `rows` so far; `reached_ms`: how far back it has looked; `state`: running, done, stopped, failed."""

    number: str
    owner: str
    form: str
    path: Path
    question: Question
    words: Words | None = None
    rows: int = 0
    reached_ms: int = 0
    state: str = "running"
    problem: str = ""
    at: float = field(default_factory=time.monotonic)

    def said(self) -> dict[str, Any]:
        """As the page sees it."""
        names = ("number", "form", "rows", "reached_ms", "state", "problem")
        return {name: getattr(self, name) for name in names}


def cells(row: dict[str, Any]) -> list[str]:
    """One event as a line of the file: what is in `COLUMNS`."""
    body, personal = row["body"], row.get("personal", {})
    known = {**{k: v for k, v in row.items() if k not in ("body", "personal")}, **body, **personal}
    known["kind"], known["at"] = row["kind"], row["at"]  # a visit's body has a kind of its own
    known["plate"] = (
        body.get("plate") or body.get("plate_read") or (body.get("text") if row["kind"] == "plate.read" else "")
    )
    known["name"] = next((personal[name] for name in ("name", "holder", "driver", "owner") if personal.get(name)), "")
    return [_cell(known.get(column, "")) for column in COLUMNS]


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    text = "".join(sign for sign in text if sign.isprintable())
    return "'" + text if text.startswith(_FORMULA) else text


Ask = Callable[[Question], Awaitable[tuple[list[dict[str, Any]], Place | None]]]


class Exports:
    """Lives in the loop. `ask` gives a page's rows (as its person may see them) and where the next one begins."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="office-")
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, owner: str, form: str, question: Question, ask: Ask, words: Words | None = None) -> Job:
        """Start one. Raises Busy."""
        self._tidy()
        if sum(job.state == "running" for job in self._jobs.values()) >= JOBS:
            raise Busy
        number = secrets.token_hex(8)
        job = Job(
            number, owner, form, Path(self._folder.name) / f"{number}.{form}", replace(question, limit=PAGE), words
        )
        self._jobs[number] = job
        task = asyncio.create_task(self._run(job, ask))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def of(self, owner: str, number: str) -> Job | None:
        """Somebody's own."""
        job = self._jobs.get(number)
        return job if job is not None and job.owner == owner else None

    def stop(self, job: Job) -> None:
        """No more of it."""
        if job.state == "running":
            job.state = "stopped"

    def close(self) -> None:
        """All of them, and their files."""
        for task in self._tasks:
            task.cancel()
        self._folder.cleanup()

    async def _run(self, job: Job, ask: Ask) -> None:
        writer: _Writer = await asyncio.to_thread(_Xlsx if job.form == "xlsx" else _Csv, job.path)
        try:
            writer.write(job.words.header if job.words else COLUMNS)
            question: Question | None = job.question
            while question is not None and job.state == "running" and job.rows < MOST:
                rows, older = await ask(question)
                await asyncio.to_thread(_write, writer, rows[: MOST - job.rows], job.words)
                job.rows = min(MOST, job.rows + len(rows))
                job.reached_ms = older.at_ms if older else 0
                question = replace(question, before=older) if older else None
            await asyncio.to_thread(writer.close)
            if job.state == "running":
                job.state = "done"
        except Exception as e:  # whatever it was, whoever waits for the file must hear of it
            log.exception("a file could not be written")
            job.state, job.problem = "failed", str(e)
        if job.state != "done":
            job.path.unlink(missing_ok=True)

    def _tidy(self) -> None:
        for job in [
            job for job in self._jobs.values() if job.state != "running" and time.monotonic() - job.at > KEPT_S
        ]:
            job.path.unlink(missing_ok=True)
            del self._jobs[job.number]


def _write(writer: _Writer, rows: Sequence[dict[str, Any]], words: Words | None) -> None:
    for row in rows:
        writer.write(words.of(cells(row)) if words else cells(row))
