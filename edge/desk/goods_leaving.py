"""Goods and trucks that leave, or stay: each function is one action, within its transaction (G1, G2, V3). See edge/desk/goods.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.desk import goods_words as words
from edge.desk.goods_permits import LEADING, ItemInput, permit_of, reason_of, short
from edge.desk.words import one_of
from edge.domain import events_goods as ev
from edge.domain import goods as g
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plates import compare, normal
from edge.domain.policy import Rules
from edge.service import Acted, Doing
from edge.store import queries, queries_load
from edge.store import queries_goods as q

Snapped = list[tuple[str, int]]
"""Lane and number of what a picture is to be taken of, after the commit."""


@dataclass(frozen=True, slots=True)
class At:
    """Where goods leave: lane ("" on foot, away from a lane), plate as typed, and the pass that waits there for the guard's word."""

    lane: str = ""
    plate: str = ""
    asked: int = 0
    camera: bool = False


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
    permit = permit_of(d, permit_id)
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
    permit = permit_of(d, permit_id) if permit_id else None
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
        short(item.name, item.measure)
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
        leading(d)
        reason = reason_of(reason)
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
    short(plate)
    came = queries.pass_plate(d.con, entry) or "" if entry else queries.pass_plate(d.con, leaving) or ""
    agrees = compare((came,), plate) == "match"
    before = q.compared(d.con, leaving)
    if before and (before["plate"], bool(before["agrees"])) == (plate, agrees):
        return Acted(leaving, again=True)
    return Acted(d.append(ev.PlateCompared(leaving, entry, plate, came, agrees), "V3"))


def leading(d: Doing) -> None:
    """Raises NotAllowed for whoever leads no shift."""
    if d.person.role not in LEADING:
        raise words.leader()
