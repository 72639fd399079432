"""The plan of the post: config/requests.toml as frozen values, with everything that is wrong with it found at once (D1–D5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.domain.events_requests import PostPlanned
from edge.domain.plan import built
from edge.domain.requests import SORTS

FIXED = frozenset(
    {
        "ask-satisfied",
        "sent-back",
        "bulletin-cause",
        "bulletin-restored",
        "bulletin-restoring",
        "bulletin-span",
        "bulletin-since",
    }
)
"""Sentences that the post says whatever the file names."""
RULE = {"request": "D2", "call": "D1", "complaint": "D3", "violation": "D4"}


@dataclass(frozen=True, slots=True)
class Department:
    """Who handles things."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Category:
    """What is asked for. `minutes`: default deadline of a round (0: none). See config/requests.toml."""

    id: str
    sort: str
    zh: str
    en: str
    department: str
    minutes: int
    say: str
    follow_up: bool

    @property
    def rule(self) -> str:
        """The procedure's rule."""
        return RULE[self.sort]


@dataclass(frozen=True, slots=True)
class BulletinKind:
    """A kind of notice. `restored`: it has a time of restoration."""

    id: str
    zh: str
    en: str
    ahead_min: int
    restored: bool
    say: str


@dataclass(frozen=True, slots=True)
class PostPlan:
    """The whole file."""

    categories: Mapping[str, Category]
    departments: Mapping[str, Department]
    bulletins: Mapping[str, BulletinKind]
    phrases: tuple[str, ...]
    follow_up_min: int

    def says(self) -> frozenset[str]:
        """All sentences that the plan names."""
        named = {c.say for c in self.categories.values()} | {b.say for b in self.bulletins.values()}
        return frozenset(named | set(self.phrases) | FIXED)

    def told(self) -> PostPlanned:
        """Departments and categories, as head office is told of them."""
        departments, categories = self.departments.values(), self.categories.values()
        return PostPlanned(
            *(
                tuple(getattr(one, field) for one in of)
                for of in (departments, categories)
                for field in ("id", "zh", "en")
            )
        )


def read(raw: Mapping[str, Any]) -> PostPlan:
    """The parsed TOML as a plan. Raises PlanError."""
    return built(lambda: _plan(raw), _problems)


def _plan(raw: Mapping[str, Any]) -> PostPlan:
    return PostPlan(
        categories={c["id"]: Category(**c) for c in raw["category"]},
        departments={name: Department(id=name, **value) for name, value in raw["departments"].items()},
        bulletins={b["id"]: BulletinKind(**b) for b in raw["bulletin"]},
        phrases=tuple(raw["violation"]["phrases"]),
        follow_up_min=int(raw["follow_up"]["minutes"]),
    )


def _problems(plan: PostPlan) -> Iterator[str]:
    for category in plan.categories.values():
        if category.sort not in SORTS:
            yield f"category {category.id}.sort: {category.sort!r}, 可用 known: {', '.join(SORTS)}"
        if category.department not in plan.departments:
            yield f"category {category.id}.department: {category.department!r}"
        if category.minutes < 0:
            yield f"category {category.id}.minutes ≥ 0"
    for kind in plan.bulletins.values():
        if kind.ahead_min < 0:
            yield f"bulletin {kind.id}.ahead_min ≥ 0"
    if plan.follow_up_min < 1:
        yield "follow_up.minutes ≥ 1"
    if not plan.phrases:
        yield "violation.phrases: one or more"
