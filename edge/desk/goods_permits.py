"""Permits and the specimens of signatures that they are compared with: each function is one action, within its transaction (G1). See
edge/desk/goods.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from edge.desk import goods_words as words
from edge.desk.words import not_found, one_of
from edge.domain import events_goods as ev
from edge.domain import goods as g
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plates import normal
from edge.orders import HEAD_OFFICE
from edge.service import Acted, Doing
from edge.store import queries_goods as q
from edge.store import tables_headoffice

LONGEST = 60
LEADING = frozenset({"leader", HEAD_OFFICE})


@dataclass(frozen=True, slots=True)
class ItemInput:
    """A line of a permit, or goods that no permit names (then `category` is "")."""

    name: str
    quantity: int
    measure: str = "件"
    category: str = ""


@dataclass(frozen=True, slots=True)
class PermitInput:
    """A permit as it is written. `until`: ISO date. `paper`: brought to the gate and typed in there."""

    role: str
    until: str
    items: tuple[ItemInput, ...]
    number: str = ""
    unit: str = ""
    company: str = ""
    plate: str = ""
    signer: str = ""
    bearer: str = ""
    stamped: bool = False
    stamp: str = ""
    remark: str = ""
    paper: bool = False


# ---- permits ---------------------------------------------------------------------------------------------------------


def register(d: Doing, plan: GoodsPlan, given: PermitInput, *, anew: bool = False) -> Acted:
    """A permit is known from now on. The same printed number again is the one that is there, unless it is written `anew`."""
    role = plan.roles.get(given.role)
    if role is None:
        raise one_of("role", given.role, list(plan.roles))
    number, plate = given.number.strip().upper(), normal(given.plate)
    if number and not anew and (there := q.numbered(d.con, number)):
        return Acted(there, there, again=True)
    texts = [given.unit, given.company, given.signer, given.bearer, given.stamp, number, given.remark]
    short(*texts, *(item.name for item in given.items), *(item.measure for item in given.items))
    if role.of and not getattr(given, role.of).strip():
        raise words.bad(f"of-{role.of}")
    _items(plan, given.items)
    source = "paper" if given.paper or d.person.role not in LEADING else d.person.role
    made = ev.PermitRegistered(
        number=number,
        role=given.role,
        until=_day(given.until).isoformat(),
        source=source,
        names=tuple(item.name.strip() for item in given.items),
        counts=tuple(item.quantity for item in given.items),
        measures=tuple(item.measure.strip() for item in given.items),
        categories=tuple(item.category for item in given.items),
        unit=given.unit.strip(),
        company=given.company.strip(),
        plate=plate,
        stamped=given.stamped,
        stamp=given.stamp.strip(),
        signer=given.signer.strip(),
        bearer=given.bearer.strip(),
        remark=given.remark.strip(),
    )
    seq = d.append(made, "G1")
    return Acted(seq, seq)


def _items(plan: GoodsPlan, items: Sequence[ItemInput]) -> None:
    if not items:
        raise words.bad("items-none")
    if len(items) > g.ITEMS:
        raise words.bad("items-many")
    for item in items:
        if not item.name.strip():
            raise words.bad("items-none")
        if not 1 <= item.quantity <= g.MOST:
            raise words.bad("item-count")
        if item.category not in plan.categories:
            raise one_of("category", item.category, list(plan.categories))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise words.bad("until-form") from None


def stop(d: Doing, plan: GoodsPlan, permit_id: int, reason: str) -> Acted:
    """Withdrawn, or to be verified first. Also one of head office: keeping goods back is the safe side."""
    permit = permit_of(d, permit_id)
    may(d, plan, "stop")
    if permit.state == g.STOPPED:
        return Acted(permit_id, permit_id, again=True)
    return Acted(d.append(ev.PermitStopped(permit_id, reason_of(reason)), "G1"), permit_id)


def restore(d: Doing, plan: GoodsPlan, permit_id: int, reason: str) -> Acted:
    """Verified: what is left on it may leave."""
    permit = permit_of(d, permit_id)
    may(d, plan, "restore")
    if permit.state != g.STOPPED:
        raise words.stop("permit-open")
    if tables_headoffice.was_office(d.con, "permits", permit_id):
        raise words.stop("permit-withdrawn")
    return Acted(d.append(ev.PermitRestored(permit_id, reason_of(reason)), "G1"), permit_id)


# ---- specimens -------------------------------------------------------------------------------------------------------


def file_specimen(
    d: Doing, plan: GoodsPlan, role: str, unit: str, company: str, name: str, digest: str, size: int
) -> Acted:
    """How somebody signs."""
    may(d, plan, "specimen")
    of = plan.roles.get(role)
    if of is None:
        raise one_of("role", role, list(plan.roles))
    short(unit, company, name)
    if of.of and not {"unit": unit, "company": company}[of.of].strip():
        raise words.bad(f"of-{of.of}")
    whose = {"unit": unit.strip()} if of.of == "unit" else {"company": company.strip()} if of.of else {}
    seq = d.append(ev.SpecimenFiled(role, digest, size, name=name.strip(), **whose), "G1")
    return Acted(seq, seq)


def withdraw_specimen(d: Doing, plan: GoodsPlan, specimen: int, reason: str) -> Acted:
    """It is not compared with any more."""
    may(d, plan, "specimen")
    active = q.specimen_active(d.con, specimen)
    if active is None:
        raise not_found("specimen", specimen)
    if not active:
        return Acted(specimen, specimen, again=True)
    return Acted(d.append(ev.SpecimenWithdrawn(specimen, reason_of(reason)), "G1"), specimen)


# ---- what they share -------------------------------------------------------------------------------------------------


def permit_of(d: Doing, permit_id: int) -> g.Permit:
    """Raises NotFound."""
    permit = q.permit(d.con, permit_id)
    if permit is None:
        raise not_found("permit", permit_id)
    return permit


def may(d: Doing, plan: GoodsPlan, what: str) -> None:
    """Raises NotAllowed, where the community's file does not name this person's role."""
    if d.person.role not in (*plan.may[what], HEAD_OFFICE):
        raise words.leader()


def reason_of(text: str) -> str:
    """What was typed, which must be something. Raises BadInput."""
    if not text.strip():
        raise words.bad("reason-needed")
    short(text)
    return text.strip()


def short(*texts: str) -> None:
    """Raises BadInput for a text that is too long."""
    if any(len(text) > LONGEST for text in texts):
        raise words.bad("too-long")
