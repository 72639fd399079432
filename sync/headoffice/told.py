"""What head office has told its gates: rows of the table `instructions`, and the gates' answers among their events.

An answer also mends a table that was restored from a backup: the gates' journals fill the database again, and with them come the answers to
instructions that it no longer knows. A number is carried out once for ever, so none of those may be given again: the answer becomes a row of
its own, and an open instruction that was given the number meanwhile gets a new one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from sync.headoffice.intake import ChainId, Row, saying
from sync.headoffice.photo_index import Run
from sync.instructions import Instruction

_ANSWER = b'"kind":"headoffice.instructed"'
RECEIVE = "request.receive"
"""A request that is taken down at head office (desk_take.py)."""
REFUSED_KEPT_MS = 7 * 86_400_000
"""How long the words of one that a gate refused are kept for whoever took it down: no event has them."""
_OF_PERSONS = ("request.", "appointment.")
_PERSONAL = frozenset(("name", "phone", "words", "note"))


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
    about: int = 0
    """Which request of the gate's desk it moves; 0: none."""

    def instruction(self, after: int) -> Instruction:
        """To be signed and sent; `after`: the open one before it."""
        data = json.loads(self.data)
        return Instruction(self.site, self.gate, self.number, after, self.act, data, self.by, self.at_ms, self.until_ms)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gate has journalled of an instruction. `said_ms`: the instruction's `at_ms`, 0 when it does not say; `about`: the number of a request that it received."""

    number: int
    result: str
    act: str = ""
    said_ms: int = 0
    about: int = 0


def hold(run: Run, postgres: bool, site: str, gate: str) -> None:
    """Until the transaction ends nobody else tells this gate anything. (In SQLite there is one writer anyway.)"""
    if postgres:
        run("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (f"instructions {site}/{gate}",))


def tell(run: Run, postgres: bool, said: Told) -> int:
    """Store an instruction, under the next number of its gate, which is returned. Within a transaction."""
    gate = (said.site, said.gate)
    hold(run, postgres, *gate)
    ((number,),) = run("SELECT coalesce(max(number), 0) + 1 FROM instructions WHERE (site, gate) = (?, ?)", gate)
    about = json.loads(said.data).get("request") if said.act.startswith("request.") else 0
    row = (*gate, number, said.act, said.data, said.by, said.at_ms, said.until_ms, about if _whole(about) else 0)
    run("INSERT INTO instructions VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?)", row)
    return int(number)


def answers(rows: Sequence[Row]) -> list[Answer]:
    """The answers among verified events; one that says nothing usable is an event like any other."""
    found = [_answer(json.loads(row.data)) for row in saying(rows, _ANSWER)]
    return [answer for answer in found if answer is not None]


def _answer(said: Any) -> Answer | None:
    body = said.get("body") if said.get("kind") == "headoffice.instructed" else None
    if not isinstance(body, dict):
        return None
    number, result, act, at_ms, about = (body.get(key) for key in ("number", "result", "act", "said_ms", "about"))
    if not _whole(number) or number == 0 or not isinstance(result, str):
        return None
    act = _text(act) if isinstance(act, str) else ""
    received = about if act == RECEIVE and _whole(about) else 0
    return Answer(number, _text(result), act, at_ms if _whole(at_ms) else 0, received)


def _whole(value: object) -> TypeGuard[int]:
    """A number that every database and JSON has."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _text(value: str) -> str:
    """What a gate wrote, as a database takes it: no lone surrogate, no NUL, not long."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "")[:200]


def record(run: Run, where: ChainId, rows: Sequence[Row], at_ms: int) -> None:
    """Within the intake's transaction: what these verified events answer. What an instruction said of persons goes with its answer: from
    then on it is the gate's event that has it, and that is erased in its time. (What a gate would not receive, no event has: `forget`.)"""
    same = "(site, gate, number) = (?, ?, ?)"
    for answer in answers(rows):
        key = (where.site, where.gate, answer.number)
        if answer.said_ms:
            run(
                "UPDATE instructions SET number = (SELECT max(number) + 1 FROM instructions WHERE (site, gate) = (?, ?))"
                f" WHERE {same} AND result = '' AND at_ms <> ?",
                (where.site, where.gate, *key, answer.said_ms),
            )
        for (data,) in run(f"SELECT data FROM instructions WHERE {same} AND result = ''", key):
            left = data if answer.act == RECEIVE and answer.result != "done" else impersonal(answer.act, data)
            run(
                f"UPDATE instructions SET result = ?, done_ms = ?, data = ?, about = CASE WHEN about = 0 THEN ? ELSE about END WHERE {same}",
                (answer.result, at_ms, left, answer.about, *key),
            )
        run(
            "INSERT INTO instructions VALUES (?, ?, ?, ?, '{}', '', ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING",
            (*key, answer.act, answer.said_ms, answer.result, at_ms, answer.about),
        )


def forget(run: Run, site: str, now_ms: int) -> None:
    """What instructions say of persons that were never answered and are worth nothing any more: of a gate that does not come back. It would
    refuse them as expired whatever they say. And requests that a gate would not receive, a week later."""
    late = f"""site = ? AND (result = '' AND until_ms > 0 AND until_ms < ?
        OR act = '{RECEIVE}' AND result NOT IN ('', 'done') AND done_ms < ?)"""
    for gate, number, act, data, result in run(
        f"SELECT gate, number, act, data, result FROM instructions WHERE {late}",
        (site, now_ms, now_ms - REFUSED_KEPT_MS),
    ):
        if (left := impersonal(act, data)) != data:
            same = "(site, gate, number, result) = (?, ?, ?, ?)"
            run(f"UPDATE instructions SET data = ? WHERE {same}", (left, site, gate, number, result))


def impersonal(act: str, data: str) -> str:
    """The same instruction without what it says of persons."""
    if not act.startswith(_OF_PERSONS):
        return data
    said = json.loads(data)
    left = {name: value for name, value in said.items() if name not in _PERSONAL}
    return data if left == said else json.dumps(left, ensure_ascii=False)
