"""Goods that leave: what a permit is good for, and what of it leaves now (G1). Pure.

    open ──everything on it has left──▶ used          stopped: withdrawn by whoever gave it, or its signature or stamp is
      └──stopped──▶ stopped ──restored──▶ open                 doubted; nothing leaves on it until it is restored

A permit serves once for each piece: what has left cannot leave again, what is left of it may leave until its date. An item leaves
only when the signer's role may sign for its sort. What is at the gate and does not leave is *kept*, with the reason why:

    authority   the signer may not sign for this sort          other       another thing than the permit says
    more        more of it than the permit has left            not-listed  the permit does not name it at all
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from edge.domain.goods_plan import GoodsPlan

OPEN, USED, STOPPED = "open", "used", "stopped"
WAYS = ("foot", "vehicle")
MOST = 9_999
"""Pieces of one item."""
ITEMS = 60
"""Items of one permit."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a permit. `gone`: how much has left already."""

    n: int
    name: str
    measure: str
    category: str
    quantity: int
    gone: int = 0

    @property
    def left(self) -> int:
        """How much may still leave."""
        return self.quantity - self.gone


@dataclass(frozen=True, slots=True)
class Permit:
    """The facts of a permit (出闸纸). `until`: its last local day."""

    id: int
    number: str
    role: str
    state: str
    until: date
    stamped: bool
    plate: str = ""
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """How much of an item stands at the gate to leave now. `other`: it is another thing than the permit says."""

    n: int
    found: int
    other: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays. `n`: the item of the permit, -1 for what it does not name. `quantity` at least 1."""

    n: int
    name: str
    quantity: int
    measure: str
    why: str


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What leaves, for each item of the permit in its order, and what stays."""

    taken: tuple[int, ...]
    kept: tuple[Kept, ...]

    @property
    def leaves(self) -> bool:
        """Whether anything leaves at all."""
        return any(self.taken)


def findings(permit: Permit, plan: GoodsPlan, today: date | None, plate: str = "") -> tuple[str, ...]:
    """What is wrong with a permit, the gravest first: stopped, used, expired, another, unstamped, authority.

    `today` None: the clock is not known, and the guard reads the date. `plate`: of the vehicle that has the goods, "" on foot.
    """
    wrong = (
        ("stopped", permit.state == STOPPED),
        ("used", permit.state == USED),
        ("expired", today is not None and today > permit.until),
        ("another", bool(permit.plate and plate and permit.plate != plate)),
        ("unstamped", not permit.stamped),
        ("authority", any(item.left and not plan.may_sign(permit.role, item.category) for item in permit.items)),
    )
    return tuple(code for code, is_so in wrong if is_so)


def stops(found: Iterable[str], plan: GoodsPlan) -> str:
    """The first finding for which nothing leaves; "" when something may."""
    return next((code for code in found if code in plan.findings and plan.findings[code].stops), "")


def reckon(permit: Permit, plan: GoodsPlan, counted: Iterable[Counted], extra: Iterable[Kept] = ()) -> Reckoning:
    """Compare what stands at the gate with the permit. Raises ValueError for an item that the permit does not have, or twice."""
    found: dict[int, Counted] = {}
    for one in counted:
        if one.n in found or not 0 <= one.n < len(permit.items):
            raise ValueError(f"item {one.n}")
        found[one.n] = one
    taken, kept = [], []
    for item in permit.items:
        here = found.get(item.n, Counted(item.n, 0))
        why = "other" if here.other else "" if plan.may_sign(permit.role, item.category) else "authority"
        leaves = 0 if why else min(here.found, item.left)
        taken.append(leaves)
        if here.found > leaves:
            kept.append(Kept(item.n, item.name, here.found - leaves, item.measure, why or "more"))
    return Reckoning(tuple(taken), (*kept, *extra))


# ---- trucks (G2) ---------------------------------------------------------------------------------------------------

DUE, DONE, GOODS = "due", "done", "goods"
"""What is known of a truck's load: to be looked into; looked into and in order; goods without a permit are on it."""


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """The last check of a truck's load space. `ago_ms` None: the clocks do not tell how long ago."""

    result: str
    ago_ms: int | None
    used: bool = False


def load_state(check: LoadCheck | None, serves_ms: int) -> str:
    """What the last check is worth now: it serves one departure, and only for its time."""
    if check is None or check.used or check.ago_ms is None or not 0 <= check.ago_ms <= serves_ms:
        return DUE
    return GOODS if check.result == "unpermitted" else DONE
