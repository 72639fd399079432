"""What all sides of the live gate share: who asks, as the services know them, actions by name, and rows as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from edge.api.who import Who
from edge.errors import NotFound
from edge.orders import Person
from edge.service import Acted

Row = dict[str, Any]
Actions = Mapping[str, Callable[[Person, Row, str], Awaitable[Acted]]]
"""What a room's pages may do, by name: called with who acts, what was given, and the key."""


def person_of(who: Who) -> Person:
    """The person behind a request."""
    return Person(who.user, who.role)


def rows_of(found: Iterable[Any]) -> list[Row]:
    """Dataclasses as JSON-ready rows."""
    return [asdict(row) for row in found]


async def carried_out(actions: Actions, who: Who, action: str, given: Row, key: str, about: str = "about") -> Row:
    """One action, and what came of it; `about`: what its number is called here. Raises GateError."""
    do = actions.get(action)
    if do is None:
        raise NotFound(f"没有这个操作：{action} · there is no action {action}", "")
    done = await do(person_of(who), dict(given), key)
    return {"seq": done.seq, about: done.about, "again": done.again}
