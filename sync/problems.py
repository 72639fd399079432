"""What is wrong with a table that somebody handed in: a code with its parameters, told in the words of whoever looks.

    Problem ─▶ a page: its row, its column, `bad.CODE` and what to do, `bad.CODE.hint`, in the language of the page
            ─▶ a terminal: str(), the same sentences in both languages

The sentences stand in the dictionaries of head office's pages and nowhere else; a test asks for each code that is raised here or there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DICTIONARIES = Path(__file__).parent / "headoffice" / "pages"
SHOWN = 40
"""Characters of a wrong value that are shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct. `row` as a spreadsheet counts, 0: of the whole table; `column`: its heading in the table; `name`: our name of the
    column; `value`: what stands in the cell; `of`: what the sentence names."""

    code: str
    row: int = 0
    column: str = ""
    value: str = ""
    name: str = ""
    of: Mapping[str, str | int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """For a page."""
        return {"code": self.code, "row": self.row, "column": self.column, "name": self.name, "value": self.value[:SHOWN], "of": dict(self.of)}  # fmt: skip

    def __str__(self) -> str:
        where = f"第{self.row}行 row {self.row}" if self.row else ""
        where += f" [{self.column}]" if self.column else ""
        where += f" {self.value[:SHOWN]!r}" if self.value else ""
        said, hint = (" ".join(filter(None, (_said(words, f"bad.{self.code}{end}", self.of) for words in dictionaries()))) for end in ("", ".hint"))  # fmt: skip
        return f"{where.strip()}{': ' if where else ''}{said}{' — ' if hint else ''}{hint}"


class BadField(ValueError):
    """A cell that cannot be taken: the code of a Problem, and of which column where it is not the one that was read."""

    def __init__(self, code: str, column: str = "", **of: str | int) -> None:
        super().__init__(code)
        self.code, self.column, self.of = code, column, of

    def at(self, row: int, column: str, value: object, name: str) -> Problem:
        """As a problem of a row."""
        return Problem(self.code, row, column, "" if value is None else str(value), name, self.of)


def choices(words: Mapping[str, str]) -> dict[str, str]:
    """What may be written (word → meaning), for a sentence: one word of each meaning in Chinese, one in English."""
    zh: dict[str, str] = {}
    en: dict[str, str] = {}
    for word, meaning in words.items():
        if word:
            (en if word.isascii() else zh).setdefault(meaning, word)
    return {"zh": "、".join(zh.values()), "en": ", ".join(en.values())}


@cache
def dictionaries() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Chinese, English: those of head office's pages."""
    zh, en = (json.loads((DICTIONARIES / f"{name}.json").read_text("utf-8")) for name in ("zh-CN", "en"))
    return zh, en


def _said(words: Mapping[str, str], key: str, of: Mapping[str, str | int]) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: str(of.get(slot[1], "")), words.get(key, ""))
