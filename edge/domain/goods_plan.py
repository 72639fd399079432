"""Who may sign for what, how long a load check serves, what may be wrong with a permit: config/goods.toml as frozen values (G1, G2).

Everything that is wrong with the file is found at once, as in `plan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.domain import rights
from edge.domain.plan import built
from edge.domain.rights import Rights

KNOWN = ("another", "expired", "used", "stopped", "unstamped", "authority", "difference")
"""Findings that the gate itself can make; the file may have more, which only a guard's eye finds."""
SAYS = frozenset(
    {
        "goods-ask-permit",
        "goods-open-truck",
        "goods-check",
        "goods-released",
        "goods-carry",
        "truck-clear",
        "truck-unload",
    }
)
"""Sentences that the room itself says, beside those of the findings."""
OF = ("", "unit", "company")
MAY: Rights = {"stop": ("leader",), "restore": ("leader",), "specimen": ("leader",)}


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody who may sign. `of`: what tells one from another: unit (an owner), company (a contractor), "" (there is but one)."""

    id: str
    zh: str
    en: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A sort of goods, and the roles whose signature serves for it."""

    id: str
    zh: str
    en: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: its name, the sentence to say, what the guard does.

    `stops`: nothing leaves on this permit. `judged`: found by the guard's eye and recorded by his tap.
    """

    id: str
    zh: str
    en: str
    say: str
    do_zh: str
    do_en: str
    stops: bool = True
    judged: bool = False


@dataclass(frozen=True, slots=True)
class GoodsPlan:
    """The whole file. `serves_ms`: how long a load check serves. `may`: who stops and restores permits, who files specimens."""

    roles: Mapping[str, Role]
    categories: Mapping[str, Category]
    findings: Mapping[str, Finding]
    serves_ms: int
    may: Rights = field(default_factory=lambda: MAY)

    def may_sign(self, role: str, category: str) -> bool:
        """Whether a role's signature serves for a sort of goods; of an unknown sort nobody's does."""
        known = self.categories.get(category)
        return known is not None and role in known.signers

    def says(self) -> frozenset[str]:
        """All sentences that are said about goods."""
        return SAYS | {finding.say for finding in self.findings.values()}


def read(raw: Mapping[str, Any]) -> GoodsPlan:
    """The parsed TOML. Raises PlanError."""
    return built(lambda: _plan(raw), _problems)


def _plan(raw: Mapping[str, Any]) -> GoodsPlan:
    return GoodsPlan(
        roles={name: Role(id=name, **value) for name, value in raw["roles"].items()},
        categories={
            name: Category(id=name, **{**value, "signers": tuple(value["signers"])})
            for name, value in raw["categories"].items()
        },
        findings={name: Finding(id=name, **value) for name, value in raw["findings"].items()},
        serves_ms=round(float(raw["load"]["serves_min"]) * 60_000),
        may=rights.read(raw.get("may", {}), MAY),
    )


def _problems(plan: GoodsPlan) -> Iterator[str]:
    if not 60_000 <= plan.serves_ms <= 8 * 3_600_000:
        yield f"load.serves_min: 1 … 480, 现在是 is {plan.serves_ms / 60_000:g}"
    yield from rights.problems(plan.may, MAY)
    for role in plan.roles.values():
        if role.of not in OF:
            yield f"roles.{role.id}.of: {role.of!r}, 可用 known: {', '.join(OF[1:])}"
    for category in plan.categories.values():
        if not category.signers:
            yield f"categories.{category.id}: 没有人可以签名 nobody may sign for it"
        for role_id in category.signers:
            if role_id not in plan.roles:
                yield f"categories.{category.id}.signers: {role_id!r}"
    for known in KNOWN:
        if known not in plan.findings:
            yield f"findings: 缺少 missing {known}"
