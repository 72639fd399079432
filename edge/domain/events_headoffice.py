"""What head office told the gate, and what became of it."""

from __future__ import annotations

from edge.domain.events import Event, event


@event("headoffice.instructed")
class Instructed(Event):
    """An instruction was carried out, or was not: `result` is «done» or the code of what stood against it. Head office reads this
    as the answer. `about`: the number of what it concerns; `said_ms`: when head office said it, by its own clock."""

    number: int
    act: str
    result: str
    about: int = 0
    said_ms: int = 0
