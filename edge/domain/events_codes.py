"""Events of signed codes (sync/codes.py). A code is named by its `token`; the appointment that it is for has the same one."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("code.shown", "P3", "P4", "V3")
class CodeShown(Event):
    """A good code was held to a lane's scanner: the guard sees who is expected. `plate_match`: match, differs, unread (no camera, or nothing
    read), unbound (the code is for a person). `opened`: the lane opened by it, because it is set so."""

    lane: str
    appointment: int
    plate: str = ""
    plate_read: str = ""
    plate_match: str = "unbound"
    opened: bool = False


@event("code.revoked", "P3", "P4", "V3")
class CodeRevoked(Event):
    """Head office takes a code back: it is worth nothing here, whether its appointment has arrived or not."""

    token: str
    reason: str = ""
