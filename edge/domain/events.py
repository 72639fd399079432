"""The gate's own kinds of events: itself, its people, who may pass, the barrier, vehicles on the loops, the register.

What an event is stands in event.py; the other rooms' kinds in events_*.py.
"""

from __future__ import annotations

from edge.domain.event import Event, event

# ---- the gate itself -------------------------------------------------------------------------------------------


@event("gate.started")
class GateStarted(Event):
    """The process began. `config`: SHA-256 of the settings in force (settings.fingerprint); `previous` is first, clean or crash;
    `simulated`: something stands in for hardware."""

    version: str
    config: str
    previous: str
    simulated: bool = False


@event("gate.stopped")
class GateStopped(Event):
    """The process ended in order."""

    reason: str


@event("journal.restored")
class JournalRestored(Event):
    """A backup was put back: this journal goes on under a new epoch after event `seq` (whose hash is `hash`) of the epoch `was`.
    What happened between the backup and now is not in it. `made`: when the backup was made."""

    was: str
    seq: int
    hash: str
    made: str


@event("clock.changed")
class ClockChanged(Event):
    """The wall clock became trusted, lost its trust or jumped. `offset_ms`: new wall time less the old one's continuation."""

    trust: str
    was: str
    offset_ms: int


@event("fault.began")
class FaultBegan(Event):
    """Something is wrong with a device or with the gate's own resources (disk, database, clock)."""

    device: str
    code: str
    detail: str = ""
    lane: str = ""


@event("fault.ended")
class FaultEnded(Event):
    """The same is right again, after so many seconds."""

    device: str
    code: str
    seconds: int = 0
    lane: str = ""


# ---- people of the gate ----------------------------------------------------------------------------------------


@event("user.saved", personal=("name",))
class UserSaved(Event):
    """A guard, shift leader or technician was added or changed. Never carries the PIN or its hash. `card`: their staff card."""

    user: str
    role: str
    enabled: bool
    pin_changed: bool
    name: str = ""
    card: str = ""


@event("session.began", "D6")
class SessionBegan(Event):
    """Somebody signed in on a tablet; guards and shift leaders are on duty from now on."""

    user: str
    role: str
    device: str = ""


@event("session.ended", "D6")
class SessionEnded(Event):
    """Signed out, expired, or ended by another sign-in. `why`: asked, expired, disabled, handed-over."""

    user: str
    role: str
    why: str


@event("session.refused")
class SessionRefused(Event):
    """A wrong PIN or a locked account. `why`: wrong-pin, locked, disabled, unknown."""

    user: str
    why: str
    locked_until: str = ""


# ---- the registry ----------------------------------------------------------------------------------------------


@event("registry.imported")
class RegistryImported(Event):
    """A whole registry took the place of the old one. `digest`: SHA-256 over its canonical rows."""

    source: str
    version: str
    rows: int
    digest: str


# ---- who may pass ----------------------------------------------------------------------------------------------


@event("access.decided", "P1", "P2", "V1", "V2", personal=("holder",))
class AccessDecided(Event):
    """A credential was presented and answered. Opens a pass when granted, or when a guard must decide.

    `decision`: granted, refused, ask. `reason`: a word of policy.Reason. `plate_match`: match, differs, unread, unbound.
    """

    lane: str
    direction: str
    reader: str
    card: str
    credential: str
    category: str
    decision: str
    reason: str
    plate_bound: str = ""
    plate_read: str = ""
    plate_match: str = "unread"
    salute: bool = False
    holder: str = ""


@event("passback.forgiven", "P1", "P2", "V2")
class PassbackForgiven(Event):
    """A guard set a credential's whereabouts right: the next presentation on either side is accepted."""

    credential: str
    was: str
    reason: str


# ---- the barrier -----------------------------------------------------------------------------------------------


@event("barrier.commanded", "V1")
class BarrierCommanded(Event):
    """A relay is about to be pulsed. `cause`: card, guard, auto, reopen, fire, hold, release, start.

    `pass_seq` is the number of the event that opened the pass (0: none). A close carries its standing instruction:
    `reopen` true means that a vehicle under the falling arm raises it again at once, and this event is the record for it.
    """

    lane: str
    action: str
    cause: str
    reason: str = ""
    pass_seq: int = 0
    reopen: bool = False


@event("barrier.observed")
class BarrierObserved(Event):
    """The arm's state became another one. `ms`: since the command that caused it (-1: nobody commanded it)."""

    lane: str
    was: str
    now: str
    cause: str
    ms: int = -1
    pass_seq: int = 0


@event("barrier.held", "V6", "V7", "V8")
class BarrierHeld(Event):
    """Held open until released. `by`: guard, fire, emergency, convoy."""

    lane: str
    by: str
    reason: str = ""


@event("barrier.released", "V6", "V7", "V8")
class BarrierReleased(Event):
    """No longer held open by that one."""

    lane: str
    by: str
    reason: str = ""


@event("command.refused")
class CommandRefused(Event):
    """A command was not executed. `why`: late, occupied, held, fault … (barrier.Objection). `of`: the numbers of its own events
    that had been recorded by then (pass.opened, barrier.commanded …): no relay moved for them. `pass_seq`: the pass that
    they had begun or admitted, and that is not let through by them."""

    lane: str
    action: str
    why: str
    late_ms: int = 0
    of: tuple[int, ...] = ()
    pass_seq: int = 0


# ---- vehicles on the loops -------------------------------------------------------------------------------------


@event("vehicle.waiting", "V1")
class VehicleWaiting(Event):
    """A vehicle stands before the arm."""

    lane: str


@event("vehicle.crossed", "V1", "V2")
class VehicleCrossed(Event):
    """A vehicle went through. `pass_seq` 0: nobody had authorised it. `plate`: as it was read there just then. `vehicle`: of one
    without a pass, what tells it from all others at this lane (when it came under the arm, ms since 1970): its picture bears it, too, and
    may be on record before or after this."""

    lane: str
    direction: str
    pass_seq: int
    ms: int = 0
    plate: str = ""
    vehicle: int = 0


@event("vehicle.turned-back", "V2")
class VehicleTurnedBack(Event):
    """It was let in or out and went away again without crossing: it is where it was before."""

    lane: str
    pass_seq: int


@event("vehicle.tailgated", "V2")
class VehicleTailgated(Event):
    """A second vehicle used the opening of the first."""

    lane: str
    direction: str
    after_pass: int


@event("vehicle.wrong-way", "V2")
class VehicleWrongWay(Event):
    """A vehicle went through against the lane's direction. `vehicle`: as in VehicleCrossed."""

    lane: str
    vehicle: int = 0


@event("vehicle.stopped-under", "V1")
class VehicleStoppedUnder(Event):
    """Something has stood under the arm for so many seconds."""

    lane: str
    seconds: int
    pass_seq: int = 0


@event("access.lapsed", "V2")
class AccessLapsed(Event):
    """An admitted vehicle never came: its pass has ended without a crossing."""

    lane: str
    pass_seq: int


@event("barrier.left-open", "V1")
class BarrierLeftOpen(Event):
    """The arm has been up for so many seconds and nobody passes: the guard is told."""

    lane: str
    seconds: int


# ---- the register of vehicle passes ----------------------------------------------------------------------------


@event("pass.opened", "V2")
class PassOpened(Event):
    """A guard lets a vehicle through by hand: a pass with no credential. `reason`: the chip that the guard tapped."""

    lane: str
    direction: str
    reason: str
    plate: str = ""


@event("pass.admitted", "V2", "V3")
class PassAdmitted(Event):
    """A guard lets a vehicle through whose card was refused or put before the guard: its pass goes on."""

    lane: str
    pass_seq: int
    reason: str


@event("pass.noted", "V2", personal=("driver",))
class PassNoted(Event):
    """What the guard added to a pass: the plate as it really is, the driver, how many passengers."""

    pass_seq: int
    plate: str = ""
    plate_was: str = ""
    passengers: int = -1
    driver: str = ""


@event("picture.taken", "V2")
class PictureTaken(Event):
    """A picture lies in the store under its digest. `moment`: what for (card, crossing, manual, goods …); `pass_seq`: number of its matter (a
    pass, a visit, a permit's event), or 0 and `vehicle` as in VehicleCrossed; `keep`: its class (edge/domain/pictures.py); `thumbnail`:
    digest of the small one ("": none)."""

    lane: str
    moment: str
    digest: str
    size: int
    pass_seq: int = 0
    keep: str = "pass"
    thumbnail: str = ""
    vehicle: int = 0


@event("picture.missed", "V2")
class PictureMissed(Event):
    """There should be a picture and there is none, and why."""

    lane: str
    moment: str
    why: str
    pass_seq: int = 0
    vehicle: int = 0
