"""Green way (V6 ambulance and fire engine, V7 funeral): what it is for, and what stands against an action.

One touch holds the needed arms up, both ways, until somebody releases them. Nothing is asked before: the touch counts as an ambulance
until a chip says otherwise. A second touch on another tablet finds it open already. After a restart nothing moves by itself: the
way is then `interrupted`, which the page says until it is pressed again or dismissed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

KINDS = ("ambulance", "fire-engine", "police", "funeral", "other")
FIRST = "ambulance"
QUIET = frozenset({"funeral"})
"""Kinds that are shown subdued (V7)."""


class State(enum.StrEnum):
    """How a hold for others stands: of a green way, and of one leg of a convoy."""

    OPEN = "open"
    INTERRUPTED = "interrupted"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Escort:
    """A hold, as the record has it. `crossings`: vehicles that went through during it."""

    id: int
    kind: str
    lanes: tuple[str, ...]
    state: State
    crossings: int = 0
    convoy: int = 0
    way: str = ""


def rule_of(kind: str) -> str:
    """The procedure's rule."""
    return "V7" if kind in QUIET else "V6"


def against_naming(green: Escort | None, kind: str) -> str:
    """Why it cannot be named so: unknown-kind, green-over, or an empty text."""
    if kind not in KINDS:
        return "unknown-kind"
    return "" if green is not None and green.state is not State.RELEASED else "green-over"
