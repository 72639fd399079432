"""The events of requests and calls (D1–D4). A request is named by the number of its `request.received`.

What was wanted is told in the caller's own words, and notes are typed in a hurry: such texts name people, so they are personal, like name
and telephone. Category, department, unit, deadline, round and answers are the body: who let something lie stays provable.
"""

from __future__ import annotations

from edge.domain.event import Event, event


@event("request.received", "D1", "D2", "D3", "D4", personal=("name", "phone", "words"))
class RequestReceived(Event):
    """Taken down. `sort`: request, call, complaint, violation; `source`: telephone, post, patrol, headoffice.

    `due_ms`: UTC ms until which it is to be done (0: no deadline); `phrase`: what was said (D4); `picture`: digest of a photograph.
    """

    sort: str
    category: str
    department: str
    source: str = "telephone"
    unit: str = ""
    title: str = ""
    due_ms: int = 0
    follow_up: bool = True
    phrase: str = ""
    picture: str = ""
    name: str = ""
    phone: str = ""
    words: str = ""


@event("request.passed", "D1", "D2", "D3", personal=("note",))
class RequestPassed(Event):
    """Passed on to a department. `round`: 1 at first, one more each time it was sent back."""

    request: int
    department: str
    round: int
    due_ms: int = 0
    note: str = ""


@event("request.reported", "D3")
class RequestReported(Event):
    """Told to somebody above at once; `notice` is the notice that went out, which they acknowledge."""

    request: int
    to: str
    notice: int


@event("request.done", "D1", "D2", "D3", personal=("note",))
class RequestDone(Event):
    """The work is done. `at_once`: by the guard on the spot; `final`: nobody needs to be asked; `due_ms`: until when the owner is asked."""

    request: int
    round: int
    at_once: bool = False
    final: bool = False
    due_ms: int = 0
    note: str = ""


@event("request.asked", "D2", personal=("note",))
class RequestAsked(Event):
    """回访: the owner was asked. `answer`: satisfied, unsatisfied, unreached."""

    request: int
    round: int
    answer: str
    note: str = ""


@event("request.sent-back", "D2", personal=("note",))
class RequestSentBack(Event):
    """The owner was not satisfied: passed on again. `round` is the new one."""

    request: int
    department: str
    round: int
    due_ms: int = 0
    note: str = ""


@event("request.noted", "D1", "D2", personal=("note",))
class RequestNoted(Event):
    """Something was added: the owner called again, the engineer has an appointment."""

    request: int
    note: str = ""


@event("request.withdrawn", "D1", "D2", personal=("note",))
class RequestWithdrawn(Event):
    """The caller takes it back, or it was taken down twice."""

    request: int
    note: str = ""


@event("request.overdue", "D1", "D2", "D3")
class RequestOverdue(Event):
    """Its deadline `due_ms` has passed. Once for each deadline: each round has one, and so has asking the owner."""

    request: int
    round: int
    due_ms: int


@event("request.seen", "D1", "D2", "D3")
class RequestSeen(Event):
    """Somebody has seen that it is overdue: the alarm for this deadline rests."""

    request: int
    due_ms: int


@event("post.planned", "D1", "D2")
class PostPlanned(Event):
    """Which departments and categories this post knows, each with its names: at the first start, and whenever they have changed.

    Three texts at the same place belong together. Head office has its list of departments from here and from nowhere else.
    """

    departments: tuple[str, ...]
    departments_zh: tuple[str, ...]
    departments_en: tuple[str, ...]
    categories: tuple[str, ...]
    categories_zh: tuple[str, ...]
    categories_en: tuple[str, ...]
