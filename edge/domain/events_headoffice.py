"""What head office told the gate, and what became of it."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("headoffice.instructed")
class Instructed(Event):
    """An instruction was carried out, or was not: `result` is «done» or the code of what stood against it. Head office reads this
    as the answer. `about`: the number of what it concerns; `said_ms`: when head office said it, by its own clock."""

    number: int
    act: str
    result: str
    about: int = 0
    said_ms: int = 0


@event("registry.refused", personal=("line",))
class RegistryRefused(Event):
    """A list that head office signed does not fit and was not taken, nothing of it. `why`: twice, name-taken, person-differs,
    schedule-unknown, value, shape, digest; `key`: of the line that does not fit, as the lists have it; `line`: all of it."""

    number: int
    digest: str
    why: str
    key: str = ""
    line: str = ""


@event("registry.entry", "D5", "G1", "P3", "P6", "V8")
class RegistryEntry(Event):
    """What became of an entry of one of head office's lists at this gate. `about`: number of the permit, appointment, entry, convoy or notice
    that it is here, 0: none; `hash`: of what the list said, "" when it has left the list; `result`: done, or why not."""

    list: str
    key: str
    about: int
    hash: str
    result: str = "done"
