"""A request of a gate's desk as head office understands it: the gate's events folded into one row (D1–D3). Pure, no database.

    request.received, .passed, .done, .asked, .sent-back, .noted, .withdrawn, .overdue, .seen, .reported  ─▶ `step_of` ─▶ Step
    all steps of one request, in the order of their numbers                                               ─▶ `fold`    ─▶ Story

The gate is the truth; this only repeats what it says, by the same rule as the gate's own tables (edge/store/tables_post.py). A story is
always folded from all its steps, so it does not matter in which order, or how often, they arrive. Nothing of a personal part is kept here: names,
telephones, words and notes stay in `personal`, where erasing finds them.

What head office has told the gate and the gate has not answered is put on top of it (`expected`), only to tell whether the next act makes sense. Whether it is
carried out, the gate says: its rules are those of edge/domain/requests.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.headoffice.index_words import time_of

MARK = b'"kind":"request.'
PLANNED = b'"kind":"post.planned"'
RECEIVED, PASSED, DONE, SATISFIED, CLOSED, WITHDRAWN = "received", "passed", "done", "satisfied", "closed", "withdrawn"
MOVES = ("passed", "done", "asked", "sent-back", "withdrawn")
"""Steps after which something else is possible than before."""
ANSWERS = ("satisfied", "unsatisfied", "unreached")
ACTS = ("pass", "finish", "ask", "note", "withdraw")
_KINDS = frozenset((*MOVES, "received", "noted", "overdue", "seen", "reported"))
_TEXTS = ("sort", "category", "department", "source", "unit", "title", "answer", "to", "picture", "phrase")
_FLAGS = ("follow_up", "final", "at_once")
_MOST = 1 << 53


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a request. `said`: what its body says of `_TEXTS`, `round`, `due_ms`, `_FLAGS`; `at_ms`: UTC, by the gate's clock."""

    seq: int
    request: int
    step: str
    at_ms: int
    by: str
    said: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text of the body; empty when it has none."""
        return str(self.said.get(name, ""))

    def number(self, name: str) -> int:
        """A number of the body; 0 when it has none."""
        return int(self.said.get(name, 0))


@dataclass(frozen=True, slots=True)
class Story:
    """Where a request stands. `due_ms` 0: no deadline; `moved`: the last event that moved it; `done_ms`: when its work was first done, `ended_ms`: when it was
    over, both 0 when not; `late`: how many of its deadlines passed; `satisfied`, `unsatisfied`: answers."""

    request: int
    sort: str
    category: str
    department: str
    state: str
    round: int
    due_ms: int
    follow_up: bool
    source: str
    unit: str
    title: str
    picture: str
    at_ms: int
    by: str
    moved: int
    done_ms: int = 0
    ended_ms: int = 0
    late: int = 0
    satisfied: int = 0
    unsatisfied: int = 0

    def overdue(self, now_ms: int) -> bool:
        """Whether it waits longer than was promised (edge/domain/requests.py has the same rule)."""
        return not self.ended_ms and 0 < self.due_ms < now_ms


def step_of(data: bytes) -> Step | None:
    """The step that an event is. None when it is none, or says nothing usable: a gate's word must not hold up the follower."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    body, kind = (said.get("body"), str(said.get("kind"))) if isinstance(said, dict) else (None, "")
    step = kind.removeprefix("request.")
    if not isinstance(body, dict) or not kind.startswith("request.") or step not in _KINDS:
        return None
    seq = _whole(said.get("seq"))
    request = seq if step == "received" else _whole(body.get("request"))
    if not seq or not request:
        return None
    told: dict[str, Any] = {name: _text(body[name]) for name in _TEXTS if isinstance(body.get(name), str)}
    told |= {name: _whole(body[name]) for name in ("round", "due_ms") if name in body}
    told |= {name: body[name] is True for name in _FLAGS if name in body}
    return Step(seq, request, step, time_of(str(said.get("at", ""))), _text(str(said.get("actor", ""))), told)


def names_of(data: bytes) -> list[tuple[str, str, str, str]]:
    """What a `post.planned` calls its departments and categories: («department» or «category», id, Chinese, English), in its order."""
    try:
        body = json.loads(data)["body"]
        found = [
            (part, *map(_text, three))
            for part, name in (("department", "departments"), ("category", "categories"))
            for three in zip(body[name], body[f"{name}_zh"], body[f"{name}_en"], strict=True)
        ]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return []
    return [(part, id_, zh, en) for part, id_, zh, en in found if id_]


def fold(steps: Iterable[Step]) -> Story | None:
    """The story of one request; None as long as what it begins with is not there."""
    story: Story | None = None
    for s in sorted(steps, key=lambda step: step.seq):
        story = _on(story, s) if story else _begun(s)
    return story


def _begun(s: Step) -> Story | None:
    if s.step != "received":
        return None
    sort, category, department, source, unit, title, picture = map(
        s.text, ("sort", "category", "department", "source", "unit", "title", "picture")
    )
    due, follow = s.number("due_ms"), bool(s.said.get("follow_up", True))
    rest = (source, unit, title, picture, s.at_ms, s.by, s.seq)
    return Story(s.seq, sort, category, department, RECEIVED, 1, due, follow, *rest)


def _on(story: Story, s: Step) -> Story:
    if s.step in MOVES:
        story = replace(story, moved=s.seq)
    if s.step in ("passed", "sent-back"):
        department = s.text("department") or story.department
        return replace(story, state=PASSED, department=department, round=s.number("round"), due_ms=s.number("due_ms"))
    if s.step == "done":
        final, first = s.said.get("final") is True, story.done_ms or s.at_ms
        ended = s.at_ms if final else 0
        due = 0 if final else s.number("due_ms")
        return replace(story, state=CLOSED if final else DONE, due_ms=due, done_ms=first, ended_ms=ended)
    if s.step == "asked":
        if s.text("answer") == "satisfied":
            return replace(story, state=SATISFIED, due_ms=0, ended_ms=s.at_ms, satisfied=story.satisfied + 1)
        return replace(story, unsatisfied=story.unsatisfied + (s.text("answer") == "unsatisfied"))
    if s.step == "withdrawn":
        return replace(story, state=WITHDRAWN, due_ms=0, ended_ms=s.at_ms)
    return replace(story, late=story.late + 1) if s.step == "overdue" else story


# ---- what may be done next


def expected(story: Story, told: Iterable[tuple[str, Mapping[str, Any]]]) -> Story:
    """How it will stand when the gate has carried out what it has been told: (act, data), in order."""
    for act, data in told:
        if objection(story, act, str(data.get("department", ""))):
            continue
        if act == "pass":
            story = replace(story, state=PASSED, department=str(data.get("department") or story.department))
        elif act == "finish":
            story = replace(story, state=DONE if story.follow_up else CLOSED, ended_ms=0 if story.follow_up else 1)
        elif act == "withdraw":
            story = replace(story, state=WITHDRAWN, ended_ms=1)
        elif act == "ask" and data.get("answer") == "satisfied":
            story = replace(story, state=SATISFIED, ended_ms=1)
        elif act == "ask" and data.get("answer") == "unsatisfied":
            story = replace(story, state=PASSED)
    return story


def objection(story: Story, act: str, department: str = "") -> str:
    """Empty where the gate would do it as things stand, else the gate's own code."""
    if story.ended_ms:
        return "request-over"
    done = story.state == DONE
    if act == "pass" and story.state == PASSED and department == story.department:
        return "request-there"
    if act in ("pass", "finish"):
        return "request-done" if done else ""
    return "" if act != "ask" or done else "request-open"


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST else 0


def _text(value: object) -> str:
    """As any database takes it."""
    return str(value).replace("\0", "").encode("utf-8", "ignore").decode()[:80]
