"""The events of goods that leave (G1), of trucks (G2), and of plates compared when a vehicle leaves (V3).

A permit is named by the number of its `permit.registered`, a specimen by that of its `specimen.filed`. Items are parallel tuples: the
n-th name, count, measure and category belong together. What things are, how many, plates and units are in the body; who signed and
who carries them are personal.
"""

from __future__ import annotations

from edge.domain.event import Event, event

# ---- permits ---------------------------------------------------------------------------------------------------


@event("permit.registered", "G1", personal=("signer", "bearer", "remark"))
class PermitRegistered(Event):
    """A goods exit permit is known. `source`: headoffice, leader (beforehand), paper (typed in at the gate). `until`: ISO date.

    `role`: a role of config/goods.toml; `unit` or `company` says whose. `stamp`: number of the management centre's stamp.
    """

    number: str
    role: str
    until: str
    source: str
    names: tuple[str, ...]
    counts: tuple[int, ...]
    measures: tuple[str, ...]
    categories: tuple[str, ...]
    unit: str = ""
    company: str = ""
    plate: str = ""
    stamped: bool = False
    stamp: str = ""
    signer: str = ""
    bearer: str = ""
    remark: str = ""


@event("permit.stopped", "G1")
class PermitStopped(Event):
    """Nothing leaves on it until it is restored: withdrawn, or doubted."""

    permit: int
    reason: str


@event("permit.restored", "G1")
class PermitRestored(Event):
    """It was verified and serves again for what is left on it."""

    permit: int
    reason: str


@event("permit.refused", "G1")
class PermitRefused(Event):
    """A permit was shown and is not good: nothing leaves. `finding`: a word of config/goods.toml; `permit` 0: there is none.

    `picture`: asked, or none (the lane has no camera); the picture's own event names this one's number.
    """

    permit: int
    finding: str
    lane: str
    plate: str = ""
    phrase: str = ""
    picture: str = "none"


@event("goods.released", "G1")
class GoodsReleased(Event):
    """Checked item by item and let out. `taken`: how much of each item of the permit. `way`: foot, vehicle."""

    permit: int
    way: str
    taken: tuple[int, ...]
    lane: str = ""
    plate: str = ""


@event("goods.kept", "G1")
class GoodsKept(Event):
    """What differs stays here. `item`: of the permit, -1 for what it does not name. `why`: see edge/domain/goods.py.

    `picture`: asked, same (that of the first event of this action shows it too), or none."""

    permit: int
    item: int
    name: str
    quantity: int
    measure: str
    why: str
    lane: str = ""
    plate: str = ""
    picture: str = "none"


@event("specimen.filed", "G1", personal=("name",))
class SpecimenFiled(Event):
    """How somebody signs who may sign for goods. `digest`: of the picture, as JPEG."""

    role: str
    digest: str
    size: int
    unit: str = ""
    company: str = ""
    name: str = ""


@event("specimen.withdrawn", "G1")
class SpecimenWithdrawn(Event):
    """It is not compared with any more."""

    specimen: int
    reason: str


# ---- trucks ----------------------------------------------------------------------------------------------------


@event("truck.marked", "G2")
class TruckMarked(Event):
    """A guard says what stands at the exit: a truck, or (`truck` false) none. Its plate, else its credential, is remembered."""

    lane: str
    truck: bool
    plate: str = ""
    credential: str = ""
    pass_seq: int = 0


@event("load.checked", "G2")
class LoadChecked(Event):
    """A truck's load space was looked into. `result`: empty, permit (its goods were checked with `permit`), unpermitted
    (goods without a permit: it leaves when they are unloaded and it was checked again), override (with a leader's reason)."""

    lane: str
    result: str
    plate: str = ""
    credential: str = ""
    pass_seq: int = 0
    permit: int = 0
    reason: str = ""


# ---- leaving ---------------------------------------------------------------------------------------------------


@event("plate.compared", "V3")
class PlateCompared(Event):
    """At the exit the guard compared the vehicle's plate with that of its entry (`entry_seq` 0: no entry is on record)."""

    pass_seq: int
    entry_seq: int
    plate: str
    entry_plate: str
    agrees: bool
