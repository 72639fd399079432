"""Events around visits: who is expected, who is watched for, and who stays longer than planned.

An appointment is named by the number of its `appointment.made`, an entry of the watch list by that of its `watch.added`.
"""

from __future__ import annotations

from edge.domain.event import Event, event

# ---- expected visitors -------------------------------------------------------------------------------------------


@event("appointment.made", "P3", "P4", "V3", personal=("name", "phone", "host", "remark"))
class AppointmentMade(Event):
    """Somebody is expected. `source`: host (who called the post), leader, headoffice. `code` and `token` are good until `until_ms`."""

    kind: str
    mode: str
    from_ms: int
    until_ms: int
    code: str
    token: str
    source: str
    unit: str = ""
    plate: str = ""
    vehicle: str = ""
    companions: int = 0
    company: str = ""
    purpose: str = ""
    title: str = ""
    name: str = ""
    phone: str = ""
    host: str = ""
    remark: str = ""


@event("appointment.changed", "P3", "P4", "V3", personal=("name", "phone", "host", "remark"))
class AppointmentChanged(Event):
    """The appointment's data as they are from now on, all of them. Code and token stay."""

    appointment: int
    kind: str
    mode: str
    from_ms: int
    until_ms: int
    unit: str = ""
    plate: str = ""
    vehicle: str = ""
    companions: int = 0
    company: str = ""
    purpose: str = ""
    title: str = ""
    name: str = ""
    phone: str = ""
    host: str = ""
    remark: str = ""


@event("appointment.cancelled", "P3", "P4", "V3")
class AppointmentCancelled(Event):
    """They will not come, or are not expected any more."""

    appointment: int
    reason: str = ""


@event("appointment.used", "P3", "P4", "V3")
class AppointmentUsed(Event):
    """They are here: `visit` began with it. `by`: list, code, qr. An appointment serves once."""

    appointment: int
    visit: int
    by: str = "list"


@event("appointment.tried", "P3", "P4", "V3")
class AppointmentTried(Event):
    """A code or QR code found nothing that may be used. `why`: unknown, used, expired, cancelled, other-gate, unreadable;
    of a signed code also not-signed, not-yet, revoked. What was
    typed is not kept: it may be one digit beside somebody's code."""

    why: str
    by: str = "code"


# ---- watch list ---------------------------------------------------------------------------------------------------


@event("watch.added", "P6", personal=("name", "number", "phone", "reason"))
class WatchAdded(Event):
    """Somebody to be looked out for. `number`: digest of a document's number (expected.digest); `until`: last local day, "": until
    removed."""

    plate: str = ""
    until: str = ""
    name: str = ""
    number: str = ""
    phone: str = ""
    reason: str = ""


@event("watch.removed", "P6", personal=("reason",))
class WatchRemoved(Event):
    """Nobody looks out for them any more."""

    entry: int
    reason: str = ""


@event("watch.matched", "P6")
class WatchMatched(Event):
    """A visit fits an entry. `by`: name, number, plate, phone. The shift leader is told in the same transaction."""

    visit: int
    entry: int
    by: tuple[str, ...]


@event("watch.decided", "P6", personal=("remark",))
class WatchDecided(Event):
    """A shift leader has said what to do with a visit that fits the list. `decision`: admit (its steps go on), decline."""

    visit: int
    decision: str
    remark: str = ""


# ---- longer inside than planned -------------------------------------------------------------------------------------


@event("visit.overstayed", "P3", "P4", "P7", "P8", "V3", "V5")
class VisitOverstayed(Event):
    """Still inside when the planned stay was over at `due_ms`. Once for each visit; the page repeats it."""

    visit: int
    due_ms: int


@event("visit.overstay-heard", "P3", "P4", "P7", "P8", "V3", "V5")
class VisitOverstayHeard(Event):
    """A guard has seen to it; the page is quiet for a while, and says it again when they are still inside."""

    visit: int
