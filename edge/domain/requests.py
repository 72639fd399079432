"""A request: what may be done with it next (D1–D4). Pure.

    received ──pass on──▶ passed ──done──▶ done ──asked: satisfied──▶ satisfied
       │                    ▲               │ └───asked: unreached──▶ (asked again later)
       │                    └──sent back────┘     asked: unsatisfied (the next round)
       ├──done at once──▶ done, or closed where nobody needs to be asked
       └──withdrawn (also from passed and done)

Whoever was promised something is asked until satisfied (篇1 二 «直到业主对维修服务工作满意为止»): nothing but that answer, or the
caller's own word, ends a request that has a follow-up. Each question returns "" for yes, or the code of the objection.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    PASSED = "passed"
    DONE = "done"
    SATISFIED = "satisfied"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


ENDED = frozenset({State.SATISFIED, State.CLOSED, State.WITHDRAWN})
SORTS = ("request", "call", "complaint", "violation")
SOURCES = ("telephone", "post", "patrol", "headoffice")
SATISFIED, UNSATISFIED, UNREACHED = ANSWERS = ("satisfied", "unsatisfied", "unreached")
THEN = ("pass", "keep", "done")
"""What happens with it as it is taken down: passed on, kept at the post, done on the spot."""
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Request:
    """The facts. `due_ms` 0: no deadline. `alarmed_ms`, `seen_ms`: the deadline that was journalled as passed, and seen by somebody."""

    id: int
    sort: str
    category: str
    department: str
    state: State
    round: int
    due_ms: int
    follow_up: bool
    alarmed_ms: int = 0
    seen_ms: int = 0

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.state in ENDED


def deadline(at_ms: int, minutes: int, *, clock: bool) -> int:
    """UTC ms; 0 (none) where the category has none, or while the clock cannot be relied on."""
    return at_ms + minutes * MINUTE_MS if minutes and clock else 0


def overdue(request: Request, now_ms: int) -> bool:
    """Whether it waits longer than was promised."""
    return not request.ended and bool(request.due_ms) and now_ms > request.due_ms


def to_alarm(request: Request, now_ms: int) -> bool:
    """Whether its deadline has passed and that is not on record yet."""
    return overdue(request, now_ms) and request.alarmed_ms != request.due_ms


def alarms(request: Request) -> bool:
    """Whether it calls for attention: overdue on record, and seen by nobody."""
    return not request.ended and bool(request.due_ms) and request.alarmed_ms == request.due_ms != request.seen_ms


def may_pass(request: Request, department: str) -> str:
    """To a department; from one to another when it was the wrong one."""
    if request.ended:
        return "request-over"
    if request.state is State.DONE:
        return "request-done"
    return "request-there" if request.state is State.PASSED and request.department == department else ""


def may_finish(request: Request) -> str:
    """The work is done once a round."""
    return "request-over" if request.ended else "request-done" if request.state is State.DONE else ""


def may_ask(request: Request) -> str:
    """The owner is asked when the work is done."""
    return "request-over" if request.ended else "" if request.state is State.DONE else "request-open"


def may_withdraw(request: Request) -> str:
    """As long as it is not over."""
    return "request-over" if request.ended else ""
