"""Goods and trucks: each function is one action, within its transaction (G1, G2, V3). See edge/desk/goods.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from edge.desk import goods_words as words
from edge.desk.words import not_found, one_of
from edge.domain import events_goods as ev
from edge.domain import goods as g
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plates import compare, normal
from edge.domain.policy import Rules
from edge.orders import HEAD_OFFICE
from edge.service import Acted, Doing
from edge.store import queries, queries_load, tables_headoffice
from edge.store import queries_goods as q

LONGEST = 60
LEADING = frozenset({"leader", HEAD_OFFICE})
Snapped = list[tuple[str, int]]
"""Lane and number of what a picture is to be taken of, after the commit."""


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


@dataclass(frozen=True, slots=True)
class At:
    """Where goods leave: lane ("" on foot, away from a lane), plate as typed, and the pass that waits there for the guard's word."""

    lane: str = ""
    plate: str = ""
    asked: int = 0
    camera: bool = False


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
    _short(*texts, *(item.name for item in given.items), *(item.measure for item in given.items))
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
    permit = _permit(d, permit_id)
    _may(d, plan, "stop")
    if permit.state == g.STOPPED:
        return Acted(permit_id, permit_id, again=True)
    return Acted(d.append(ev.PermitStopped(permit_id, _reason(reason)), "G1"), permit_id)


def restore(d: Doing, plan: GoodsPlan, permit_id: int, reason: str) -> Acted:
    """Verified: what is left on it may leave."""
    permit = _permit(d, permit_id)
    _may(d, plan, "restore")
    if permit.state != g.STOPPED:
        raise words.stop("permit-open")
    if tables_headoffice.was_office(d.con, "permits", permit_id):
        raise words.stop("permit-withdrawn")
    return Acted(d.append(ev.PermitRestored(permit_id, _reason(reason)), "G1"), permit_id)


# ---- goods leave, or stay --------------------------------------------------------------------------------------------


def release(
    d: Doing,
    plan: GoodsPlan,
    rules: Rules,
    permit_id: int,
    at: At,
    counted: Sequence[g.Counted],
    extra: Sequence[ItemInput],
    snapped: Snapped,
    *,
    genuine: bool,
    gone: int | None,
) -> Acted:
    """Checked item by item: what agrees leaves, what differs stays. `gone`: how many pieces had left in the guard's eyes, so that two
    guards with one permit do not both release the same. A truck's load is checked with it (G2)."""
    permit = _permit(d, permit_id)
    found = g.findings(permit, plan, d.today, normal(at.plate))
    if stopped := g.stops(found, plan):
        raise words.stop(f"permit-{stopped}")
    if gone is not None and gone != sum(item.gone for item in permit.items):
        raise words.stop("permit-changed")
    if not genuine:
        raise words.stop("first-genuine")
    if any(not 0 <= one.found <= g.MOST for one in counted):
        raise words.bad("item-count")
    try:
        reckoned = g.reckon(permit, plan, counted, _extras(extra))
    except ValueError:
        raise words.bad("item-unknown") from None
    if not reckoned.leaves and not reckoned.kept:
        raise words.stop("first-count")
    seqs = []
    plate = normal(at.plate)
    if reckoned.leaves:
        way = "vehicle" if at.lane else "foot"
        seqs.append(d.append(ev.GoodsReleased(permit_id, way, reckoned.taken, at.lane, plate), "G1"))
    seqs += [_keep(d, permit_id, kept, at, snapped if n == 0 else None) for n, kept in enumerate(reckoned.kept)]
    if at.lane and (truck := _truck(d, at, rules)):
        d.append(_checked(truck, "unpermitted" if reckoned.kept else "permit", permit_id), "G2")
    return Acted(seqs[0], permit_id)


def refuse(
    d: Doing, plan: GoodsPlan, permit_id: int, finding: str, at: At, extra: Sequence[ItemInput], snapped: Snapped
) -> Acted:
    """The permit is not good, or there is none (`permit_id` 0): all goods stay, and that is on record."""
    known = plan.findings.get(finding)
    if known is None or not known.stops:
        raise one_of("finding", finding, [f.id for f in plan.findings.values() if f.stops])
    permit = _permit(d, permit_id) if permit_id else None
    picture = "asked" if at.camera else "none"
    made = ev.PermitRefused(permit_id, finding, at.lane, normal(at.plate), known.say, picture)
    seq = d.append(made, "G1")
    snapped.append((at.lane, seq))
    for kept in _extras(extra):
        _keep(d, permit_id, kept, at, None)
    if permit is not None and finding in ("signature", "stamp") and permit.state == g.OPEN:
        d.append(ev.PermitStopped(permit_id, finding), "G1")
    return Acted(seq, permit_id)


def _extras(extra: Sequence[ItemInput]) -> list[g.Kept]:
    for item in extra:
        _short(item.name, item.measure)
        if not item.name.strip() or not 1 <= item.quantity <= g.MOST:
            raise words.bad("item-count" if item.name.strip() else "items-none")
    return [g.Kept(-1, item.name.strip(), item.quantity, item.measure.strip(), "not-listed") for item in extra]


def _keep(d: Doing, permit_id: int, kept: g.Kept, at: At, snapped: Snapped | None) -> int:
    """On record. One picture shows all that stays at once: it has the number of the action's first event (`snapped` None: not this)."""
    picture = "none" if not at.camera else "same" if snapped is None else "asked"
    said = (permit_id, kept.n, kept.name, kept.quantity, kept.measure, kept.why)
    seq = d.append(ev.GoodsKept(*said, at.lane, normal(at.plate), picture), "G1")
    if snapped is not None:
        snapped.append((at.lane, seq))
    return seq


# ---- specimens -------------------------------------------------------------------------------------------------------


def file_specimen(
    d: Doing, plan: GoodsPlan, role: str, unit: str, company: str, name: str, digest: str, size: int
) -> Acted:
    """How somebody signs."""
    _may(d, plan, "specimen")
    of = plan.roles.get(role)
    if of is None:
        raise one_of("role", role, list(plan.roles))
    _short(unit, company, name)
    if of.of and not {"unit": unit, "company": company}[of.of].strip():
        raise words.bad(f"of-{of.of}")
    whose = {"unit": unit.strip()} if of.of == "unit" else {"company": company.strip()} if of.of else {}
    seq = d.append(ev.SpecimenFiled(role, digest, size, name=name.strip(), **whose), "G1")
    return Acted(seq, seq)


def withdraw_specimen(d: Doing, plan: GoodsPlan, specimen: int, reason: str) -> Acted:
    """It is not compared with any more."""
    _may(d, plan, "specimen")
    active = q.specimen_active(d.con, specimen)
    if active is None:
        raise not_found("specimen", specimen)
    if not active:
        return Acted(specimen, specimen, again=True)
    return Acted(d.append(ev.SpecimenWithdrawn(specimen, _reason(reason)), "G1"), specimen)


# ---- trucks ----------------------------------------------------------------------------------------------------------


def mark_truck(d: Doing, at: At, truck: bool) -> Acted:
    """«这是货车» at an exit; remembered by its plate, else by its credential. `truck` false takes it back."""
    vehicle = queries_load.at_exit(d.con, at.lane, at.asked, normal(at.plate))
    if truck and any(
        (here["lane"], here["plate"], here["credential"]) == (at.lane, vehicle.plate, vehicle.credential)
        for here in q.here(d.con)
    ):
        return Acted(vehicle.since, again=True)
    made = ev.TruckMarked(at.lane, truck, vehicle.plate, vehicle.credential, at.asked)
    return Acted(d.append(made, "G2"))


def check_load(
    d: Doing, rules: Rules, at: At, result: str, reason: str, extra: Sequence[ItemInput], snapped: Snapped
) -> Acted:
    """The load space was looked into: empty, unpermitted (what is on it stays), or a shift leader's override."""
    if result not in ("empty", "unpermitted", "override"):
        raise one_of("result", result, ["empty", "unpermitted", "override"])
    if result == "override":
        _leading(d)
        reason = _reason(reason)
    truck = _truck(d, at, rules)
    if truck is None:
        raise words.stop("no-truck")
    seq = d.append(_checked(truck, result, 0, reason.strip()), "G2")
    if result == "unpermitted":
        snapped.append((at.lane, seq))
        for kept in _extras(extra):
            _keep(d, 0, kept, at, None)
    return Acted(seq)


def _truck(d: Doing, at: At, rules: Rules) -> queries_load.AtExit | None:
    vehicle = queries_load.at_exit(d.con, at.lane, at.asked, normal(at.plate))
    return vehicle if queries_load.is_truck(d.con, vehicle, rules.trucks) else None


def _checked(truck: queries_load.AtExit, result: str, permit: int, reason: str = "") -> ev.LoadChecked:
    return ev.LoadChecked(truck.lane, result, truck.plate, truck.credential, truck.pass_seq, permit, reason)


# ---- leaving (V3) ----------------------------------------------------------------------------------------------------


def compare_plates(d: Doing, leaving: int, entry: int, plate: str) -> Acted:
    """The guard read the plate at the exit: does it agree with that of the entry?"""
    plate = normal(plate)
    if not leaving:
        raise words.stop("nothing-leaving")
    if not plate:
        raise words.bad("plate-needed")
    _short(plate)
    came = queries.pass_plate(d.con, entry) or "" if entry else queries.pass_plate(d.con, leaving) or ""
    agrees = compare((came,), plate) == "match"
    before = q.compared(d.con, leaving)
    if before and (before["plate"], bool(before["agrees"])) == (plate, agrees):
        return Acted(leaving, again=True)
    return Acted(d.append(ev.PlateCompared(leaving, entry, plate, came, agrees), "V3"))


# ---- what they share -------------------------------------------------------------------------------------------------


def _permit(d: Doing, permit_id: int) -> g.Permit:
    permit = q.permit(d.con, permit_id)
    if permit is None:
        raise not_found("permit", permit_id)
    return permit


def _leading(d: Doing) -> None:
    if d.person.role not in LEADING:
        raise words.leader()


def _may(d: Doing, plan: GoodsPlan, what: str) -> None:
    if d.person.role not in (*plan.may[what], HEAD_OFFICE):
        raise words.leader()


def _reason(text: str) -> str:
    if not text.strip():
        raise words.bad("reason-needed")
    _short(text)
    return text.strip()


def _short(*texts: str) -> None:
    if any(len(text) > LONGEST for text in texts):
        raise words.bad("too-long")
