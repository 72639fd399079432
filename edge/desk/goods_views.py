"""What the page gets of goods: frozen rows of plain values, as edge/desk/views.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A line of a permit. `may`: whether the signer's role serves for it; else `signers_*` says whose does."""

    n: int
    name: str
    measure: str
    category: str
    category_zh: str
    category_en: str
    quantity: int
    gone: int
    left: int
    may: bool
    signers_zh: str
    signers_en: str


@dataclass(frozen=True, slots=True)
class SpecimenRow:
    """How somebody signs. `mine`: the name on it is the one on the permit."""

    specimen: int
    digest: str
    name: str
    mine: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class FiledRow:
    """A specimen signature in the list of all, and whose it is."""

    specimen: int
    digest: str
    role: str
    role_zh: str
    role_en: str
    unit: str
    company: str
    name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """Something that left, stayed or was refused. `picture`: its digest; `camera`: asked (no digest: it is being taken, or there
    was no frame), same (the picture of the action's first line), none (no camera)."""

    seq: int
    permit: int
    what: str
    name: str
    quantity: int
    measure: str
    why: str
    plate: str
    at_ms: int
    by: str
    picture: str
    camera: str


@dataclass(frozen=True, slots=True)
class PermitRow:
    """One permit as the page shows it. `findings`: what is wrong with it now, the gravest first; `stops`: the one for which
    nothing leaves. The sentence to say and what the guard does stand ready for it."""

    permit: int
    number: str
    role: str
    role_zh: str
    role_en: str
    unit: str
    company: str
    signer: str
    bearer: str
    remark: str
    plate: str
    until: str
    stamped: bool
    stamp: str
    source: str
    state: str
    reason: str
    at_ms: int
    by: str
    findings: tuple[str, ...]
    stops: str
    items: tuple[ItemRow, ...] = ()
    specimens: tuple[SpecimenRow, ...] = ()
    log: tuple[GoodsRow, ...] = ()
    say_zh: str = ""
    say_en: str = ""
    do_zh: str = ""
    do_en: str = ""


@dataclass(frozen=True, slots=True)
class TruckRow:
    """A truck at an exit. `load`: due, done, goods."""

    lane: str
    plate: str
    credential: str
    since_ms: int
    load: str
