"""Tables as people hand them in: a CSV in GBK or UTF-8 with any delimiter, or the first sheet of a workbook (.xlsx); rows of text with their
numbers, and what is wrong in the words of a clerk: row, column, why, and what to do."""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from sync.problems import Problem
from sync.roster_fields import PASSED_OVER

Rows = list[tuple[int, list[str]]]
_ZIP = b"PK\x03\x04"


def is_workbook(data: bytes, name: str) -> bool:
    """Whether it is, or says that it is, an Excel file."""
    return data[:4] == _ZIP or name.lower().endswith(".xlsx")


def rows(data: bytes, name: str, problems: list[Problem]) -> Rows:
    """All rows, headings included, each with its number."""
    if is_workbook(data, name):
        return _excel(data, problems)
    text = text_of(data, problems)
    return [] if text is None else _csv(text, problems)


def text_of(data: bytes, problems: list[Problem]) -> str | None:
    """The text of a file, in whichever of the usual encodings; None, and a problem, when it is in none."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    problems.append(Problem("encoding"))
    return None


def _csv(text: str, problems: list[Problem]) -> Rows:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t，", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: Rows = []
    try:
        found.extend((reader.line_num, cells) for cells in reader)
    except csv.Error as error:
        problems.append(Problem("not-csv", reader.line_num, of={"why": str(error)}))
    return found


def _excel(data: bytes, problems: list[Problem]) -> Rows:
    """The first sheet. Read-only: the file's rows are never all in memory as objects of openpyxl."""
    import openpyxl  # where a workbook is read, and nowhere else

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            return [(n, [_cell(v) for v in row]) for n, row in enumerate(sheet.iter_rows(values_only=True), 1)]
        finally:
            book.close()
    except (OSError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile, SyntaxError) as error:
        problems.append(Problem("not-excel", of={"why": str(error)}))
        return []


def _cell(value: Any) -> str:
    """A cell as it would stand in a CSV: dates ISO, whole numbers without «.0»."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain(value)


def plain(value: Any) -> str:
    """A value of JSON or a workbook as text."""
    return "" if value is None or value is False else "1" if value is True else str(value).strip()


def field(heading: str, known: Mapping[str, str], row: int, problems: list[Problem], names: Iterable[str]) -> str:
    """The field that a heading means; empty when it is passed over, or unknown (and then said, with the nearest known one)."""
    word = unicodedata.normalize("NFKC", heading).strip().lower()
    if word in known:
        return known[word]
    if word not in PASSED_OVER:
        near = difflib.get_close_matches(word, known, 1, 0.5)
        of = {"near": near[0]} if near else {"known": "、".join(names)}
        problems.append(Problem("column-like" if near else "column-unknown", row, heading, of=of))
    return ""
