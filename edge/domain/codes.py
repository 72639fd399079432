"""A code that head office has signed, shown at this gate: may it be used now, and if not, why. Pure (P3, P4, V3).

The signature was looked at before (sync/codes.py). What the gate has heard of the appointment meanwhile is newer than what the visitor carries:
a change of its times counts, a cancellation counts. Only who is not known here yet is judged by the code's own times.

    objection      other-gate · revoked · used · cancelled · not-yet · expired
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.expected import Appointment, State


@dataclass(frozen=True, slots=True)
class Shown:
    """What a signed code says of place and time."""

    token: str
    site: str
    gates: tuple[str, ...]
    from_ms: int
    until_ms: int


def objection(
    shown: Shown, site: str, gate: str, *, revoked: bool, known: Appointment | None, now_ms: int | None
) -> str:
    """ "" or why it cannot be used. `now_ms` None: no clock to judge by, a person does."""
    if shown.site != site or gate not in shown.gates:
        return "other-gate"
    if known is not None and known.state is not State.VALID and not (revoked and known.state is State.CANCELLED):
        return known.state.value
    if revoked:
        return "revoked"
    begin, end = (known.from_ms, known.until_ms) if known else (shown.from_ms, shown.until_ms)
    if now_ms is None:
        return ""
    return "not-yet" if now_ms < begin else "expired" if now_ms > end else ""


def may_open(setting: str, direction: str, plate: str, plate_read: str, *, clock: bool, watched: str) -> bool:
    """Whether a lane opens by a code alone: only where it is set so, inwards, for a code with a plate that the camera has just read as the
    same, with a clock that can be relied on, and for nobody on the watch list."""
    return setting == "open" and direction == "in" and bool(plate) and plate == plate_read and clock and not watched
