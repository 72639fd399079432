"""What head office has told its gates: rows of the table `instructions`, and the gates' answers among their events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sync.headoffice.intake import Row
from sync.instructions import Instruction

_ANSWER = b'"kind":"headoffice.instructed"'


@dataclass(frozen=True, slots=True)
class Told:
    """One instruction as it is stored. `result`: empty while it is open; then done, or why not."""

    site: str
    gate: str
    number: int
    act: str
    data: str
    by: str
    at_ms: int
    until_ms: int
    result: str = ""
    done_ms: int = 0

    def instruction(self, after: int) -> Instruction:
        """To be signed and sent; `after`: the open one before it."""
        data = json.loads(self.data)
        return Instruction(self.site, self.gate, self.number, after, self.act, data, self.by, self.at_ms, self.until_ms)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gate has journalled of an instruction."""

    number: int
    result: str


def answers(rows: Sequence[Row]) -> list[Answer]:
    """The answers among verified events; one that says nothing usable is an event like any other."""
    bodies = [_body(json.loads(row.data)) for row in rows if _ANSWER in row.data]
    return [Answer(body["number"], body["result"]) for body in bodies if body]


def _body(said: Any) -> dict[str, Any] | None:
    body = said.get("body") if said.get("kind") == "headoffice.instructed" else None
    usable = isinstance(body, dict) and isinstance(body.get("number"), int) and isinstance(body.get("result"), str)
    return body if usable else None
