"""What an event is, and its way into the journal and out of it.

An event is a frozen dataclass. Its fields are plain JSON values (text, whole numbers, booleans, None, tuples of these).
Fields named in `PERSONAL` go to the personal part, which is kept apart, travels beside the event, and can be erased while
the chain still verifies; everything else is the body. `RULES` are the numbers of procedures.md that the event serves.

The journal stores what `encode` gives and `decode` reads it back. A field may be added with a default; a field or a kind
is never renamed or removed, because old journals are read for years.

The kinds there are stand in events.py (the gate, who may pass, barriers, vehicles) and in events_*.py, a file for each room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

Json = dict[str, Any]
KINDS: dict[str, type[Event]] = {}
"""Name of the kind → its class."""


class UnknownKind(ValueError):
    """An event of a kind that this program does not know: written by a newer one."""


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""

    KIND: ClassVar[str] = ""
    RULES: ClassVar[tuple[str, ...]] = ()
    PERSONAL: ClassVar[frozenset[str]] = frozenset()


E = TypeVar("E", bound=Event)


@dataclass_transform(frozen_default=True)
def event(kind: str, *rules: str, personal: tuple[str, ...] = ()) -> Callable[[type[E]], type[E]]:
    """Class decorator: a frozen dataclass, registered under its kind."""

    def register(cls: type[E]) -> type[E]:
        cls.KIND, cls.RULES, cls.PERSONAL = kind, rules, frozenset(personal)
        made = dataclass(frozen=True, slots=True)(cls)
        KINDS[kind] = made
        return made

    return register


def encode(e: Event) -> tuple[Json, Json]:
    """The body and the personal part (empty when the kind has none or nothing of it is known)."""
    body: Json = {}
    personal: Json = {}
    for f in fields(e):
        value = getattr(e, f.name)
        if f.name not in e.PERSONAL:
            body[f.name] = value
        elif value not in (None, "", ()):
            personal[f.name] = value
    return body, personal


def decode(kind: str, body: Json, personal: Json | None = None) -> Event:
    """The event again. An erased personal part leaves its fields at their defaults. Raises UnknownKind."""
    cls = KINDS.get(kind)
    if cls is None:
        raise UnknownKind(kind)
    known = {f.name for f in fields(cls)}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in {**body, **(personal or {})}.items() if k in known}
    return cls(**values)
