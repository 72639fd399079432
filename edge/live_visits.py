"""Reception as pages see it (edge.api.port_rooms.ReceptionPort): rows become JSON, requests become calls of `edge.desk.Reception`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from edge.api.who import Who
from edge.desk import AppointmentInput, Desk, Reception, VisitInput, WatchInput
from edge.live_rows import Actions, carried_out, person_of, rows_of

Row = dict[str, Any]
_WHEN = ("kind", "from_ms", "until_ms", "token")


def _appointment(given: Row) -> AppointmentInput:
    who = {name: value for name, value in given.items() if name not in _WHEN}
    return AppointmentInput(
        given["kind"], given["from_ms"], given["until_ms"], VisitInput(**who), given.get("token", "")
    )


class LiveReception:
    """Satisfies edge.api.port_rooms.ReceptionPort."""

    def __init__(self, reception: Reception, desk: Desk) -> None:
        self._reception = reception
        r = reception
        self._actions: Actions = {
            "make": lambda p, g, key: r.make(p, _appointment(g), key),
            "change": lambda p, g, key: r.change(p, g.pop("appointment"), _appointment(g), key),
            "cancel": lambda p, g, key: r.cancel(p, **g, key=key),
            "revoke": lambda p, g, key: r.revoke(p, **g, key=key),
            "arrive": lambda p, g, key: r.arrive(p, **g, key=key),
            "watch": lambda p, g, key: r.watch(p, WatchInput(**g), key),
            "unwatch": lambda p, g, key: r.unwatch(p, **g, key=key),
            "decide": lambda p, g, key: r.decide(p, **g, key=key),
            "heard": lambda p, g, key: r.heard(p, **g, key=key),
            "correct": lambda p, g, key: desk.correct(p, g.pop("visit"), g, key),
        }

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action. Raises GateError."""
        return await carried_out(self._actions, who, action, given, key)

    def expected(self, *, later: bool = False) -> Row:
        """Those who may come now or soon (`later`: or within weeks), and how many come later."""
        return {
            "rows": rows_of(self._reception.expected(later=later)),
            "later": 0 if later else self._reception.later(),
        }

    def appointment(self, number: int) -> Row:
        """One. Raises NotFound."""
        return asdict(self._reception.appointment(number))

    async def find(self, who: Who, text: str, key: str) -> int:
        """The appointment of a code or QR code. Raises NotExecuted with what to do."""
        return await self._reception.find(person_of(who), text, key)

    def watch_list(self) -> list[Row]:
        """Entries in force."""
        return rows_of(self._reception.watch_list())

    def muster(self) -> Row:
        """Who is inside, as an evacuation looks for them."""
        made = self._reception.muster()
        return made | {"people": rows_of(made["people"]), "vehicles": rows_of(made["vehicles"])}

    def search(self, who: Who, text: str, what: str, before: int, limit: int) -> Row:
        """A page of what was found."""
        rows, older = self._reception.search(person_of(who), text, what=what, before=before, limit=limit)
        return {"rows": rows_of(rows), "older": older}

    def story(self, who: Who, visit: int) -> list[Row]:
        """All that happened on a visit."""
        return self._reception.story(person_of(who), visit)

    def last_pass(self, number: str) -> Row | None:
        """A construction pass as it was last checked."""
        return self._reception.last_pass(number)
