"""The events of the change of shift (D6). Counted and known numbers stand side by side in the body: what differed stays provable."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("shift.counted", "D6")
class ShiftCounted(Event):
    """The incoming guard has counted, and only then been shown what the gate knows. `items`, `counted`, `known` in one order.

    `counted` −1: not counted but read off (events that wait to be sent).
    """

    items: tuple[str, ...]
    counted: tuple[int, ...]
    known: tuple[int, ...]


@event("shift.handed_over", "D6", personal=("reason",))
class ShiftHandedOver(Event):
    """From `outgoing` to `incoming` (users). `count`: number of its `shift.counted`; `differences`: the items that differed.

    `cards`: those that were not back and are blocked from now on.
    """

    outgoing: tuple[str, ...]
    incoming: tuple[str, ...]
    count: int
    items: tuple[str, ...]
    counted: tuple[int, ...]
    known: tuple[int, ...]
    differences: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    shift: str = ""
    reason: str = ""


@event("shift.due", "D6")
class ShiftDue(Event):
    """A shift has ended (`boundary`: local time as 2026-11-23T15:00) and nobody has handed over."""

    boundary: str


@event("staff-card.presented", "D6")
class StaffCardPresented(Event):
    """A staff card at the desk reader. `answer`: known (whose: `user`), unknown, nobody's, not-good (blocked, lost, expired), disabled."""

    card: str
    answer: str
    user: str = ""
