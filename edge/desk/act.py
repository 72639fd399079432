"""One action at the desk: who, when, within which transaction; and what pages send (inputs), checked for form."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desk import words
from edge.domain import visits as v
from edge.domain.plan import Kind, Plan
from edge.service import Acted, Doing
from edge.store import queries_desk as q

__all__ = ["Act", "Acted", "DocumentInput", "StepInput", "VisitInput"]

LONGEST = 120
MOST = 60
"""Companions."""


@dataclass(frozen=True, slots=True)
class VisitInput:
    """What is known of a visitor. `mode`: foot, vehicle. `title`: mr, ms, "". `unit`: of the host. `goods`: what is brought in; `names`: the companions."""

    mode: str = "foot"
    name: str = ""
    title: str = ""
    phone: str = ""
    company: str = ""
    purpose: str = ""
    host: str = ""
    unit: str = ""
    plate: str = ""
    vehicle: str = ""
    companions: int = 0
    remark: str = ""
    goods: str = ""
    names: str = ""


@dataclass(frozen=True, slots=True)
class StepInput:
    """What goes with an answer: the place told (tell), or the pass that was checked (check, P8: `mine` is «it is this person's»)."""

    place: str = ""
    number: str = ""
    valid_from: str = ""
    valid_until: str = ""
    mine: bool = False
    remark: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document. `kind`: resident-id, passport, driving-licence … (config/visits.toml); `owner`: the name on it."""

    kind: str
    number: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Act(Doing):
    """A doing at the desk, with the plan of visits."""

    plan: Plan

    def visit(self, visit_id: int) -> tuple[v.Visit, Kind]:
        """Facts and kind of a visit. Raises NotFound, also for a kind that the plan has no more."""
        found = q.visit(self.con, visit_id)
        kind = self.plan.kinds.get(found.kind) if found else None
        if found is None or kind is None:
            raise words.not_found("visit", visit_id)
        return found, kind


def rule_of(kind: Kind, visit: v.Visit) -> str:
    """The procedure's rule for a visit."""
    return kind.rule.get(visit.mode, "")


def require(code: str) -> None:
    """Raise NotExecuted when something stands against it."""
    if code:
        raise words.stop(code)


def short(*texts: str) -> None:
    """Raise BadInput for a text that is too long."""
    if any(len(text) > LONGEST for text in texts):
        raise words.bad("too-long")
