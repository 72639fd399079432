"""The post as pages see it (edge.api.port_rooms.PostPort): requests, notices from head office, the change of shift (D1–D6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from edge.api.who import Who
from edge.desk.bulletins import BulletinInput, Bulletins
from edge.desk.requests import RequestInput, Requests
from edge.desk.shifts import Shifts
from edge.desk.sign_on import SignOn, card_name
from edge.errors import NotFound
from edge.live_rows import Actions, carried_out, person_of, rows_of
from edge.store import queries_post as q
from edge.store.users import Session

Row = dict[str, Any]


class LivePost:
    """Satisfies edge.api.port_rooms.PostPort."""

    def __init__(
        self, requests: Requests, bulletins: Bulletins, shifts: Shifts, sign_on: SignOn, name_of: Callable[[str], str]
    ) -> None:
        self._requests, self._bulletins, self._shifts, self._sign_on = requests, bulletins, shifts, sign_on
        self._name_of = name_of
        self._actions: Actions = {
            "receive": lambda p, g, key: requests.receive(p, RequestInput(**g), key),
            "pass": lambda p, g, key: requests.pass_on(p, **g, key=key),
            "finish": lambda p, g, key: requests.finish(p, **g, key=key),
            "ask": lambda p, g, key: requests.ask(p, **g, key=key),
            "note": lambda p, g, key: requests.note(p, **g, key=key),
            "withdraw-request": lambda p, g, key: requests.withdraw(p, **g, key=key),
            "seen": lambda p, g, key: requests.seen(p, **g, key=key),
            "post": lambda p, g, key: bulletins.post(p, BulletinInput(**g), key),
            "correct": lambda p, g, key: bulletins.correct(p, g.pop("bulletin"), BulletinInput(**g), key),
            "withdraw-bulletin": lambda p, g, key: bulletins.withdraw(p, **g, key=key),
            "read": lambda p, g, key: bulletins.read(p, **g, key=key),
            "count": shifts.count,
            "hand-over": lambda p, g, key: shifts.hand_over(p, g["count"], tuple(g["outgoing"]), g["reason"], key),
        }

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action. Raises GateError."""
        return await carried_out(self._actions, who, action, given, key)

    # ---- requests --------------------------------------------------------------------------------------------------

    def request_kinds(self) -> Row:
        """Categories with their sentences, and departments."""
        departments = [asdict(one) for one in self._requests.plan.departments.values()]
        return {"kinds": rows_of(self._requests.kinds()), "departments": departments}

    def requests(self, who: Who) -> list[Row]:
        """Open ones, overdue first, and the last that ended."""
        return rows_of(self._requests.rows(person_of(who)))

    def request(self, who: Who, request: int) -> Row:
        """One with its steps. Raises NotFound."""
        return asdict(self._requests.one(person_of(who), request))

    # ---- notices from head office ----------------------------------------------------------------------------------

    def bulletins(self) -> Row:
        """The kinds, and what is in force, coming, or just over."""
        return {"kinds": self._bulletins.kinds(), "rows": rows_of(self._bulletins.rows())}

    # ---- the change of shift ---------------------------------------------------------------------------------------

    def duty(self, who: Who) -> Row:
        """Who is on duty, the shift, the last hand-overs, this person's pending count."""
        found = self._shifts.duty(person_of(who))
        found["on_duty"] = [self._named(row) for row in found["on_duty"]]
        for row in found["handovers"]:
            row["outgoing_names"] = [self._name_of(user) for user in row["outgoing"]]
            row["incoming_names"] = [self._name_of(user) for user in row["incoming"]]
        return found

    def _named(self, row: Row) -> Row:
        return {name: row[name] for name in ("user", "role", "since_ms")} | {"name": self._name_of(row["user"])}

    def counted(self, count: int) -> Row:
        """A count beside what the gate knew. Raises NotFound."""
        found = self._shifts.counted(count)
        if found is None:
            raise NotFound(f"没有这次清点：{count} · there is no count {count}", "请再清点一次 · please count again")
        return found

    def overview(self) -> Row:
        """The shift leader's view."""
        return self._shifts.overview()

    # ---- the card at the desk --------------------------------------------------------------------------------------

    def card_presented(self) -> Row | None:
        """Whose staff card was presented just now, for a page on which nobody is signed in."""
        found = self._sign_on.presented()
        return {"user": found.user, "ticket": found.ticket} if found else None

    async def sign_on(self, ticket: str, device: str, replacing: str) -> tuple[str, Session]:
        """A session for the ticket of a tap. Raises SignInNeeded."""
        return await self._sign_on.redeem(ticket, device, replacing)

    def card_name(self, text: str) -> str:
        """A typed card number as the registry writes it. Raises BadInput."""
        return card_name(text)

    # ---- the live state --------------------------------------------------------------------------------------------

    def read(self, con: q.Con) -> Row:
        """What changes with the journal only."""
        return {
            "requests": q.counts(con),
            "last_ms": q.last_handover_ms(con),
            "on_duty_ms": q.on_duty_since_ms(con),
            "bulletins": self._bulletins.stored(con),
        }

    def state(self, read: Row) -> Row:
        """For the snapshot: counts of requests, the notices in force, and whether a hand-over is due; as of this moment."""
        return {
            "requests": read["requests"],
            "bulletins": self._bulletins.shown(read["bulletins"]),
            "shift": self._shifts.state(read["last_ms"], read["on_duty_ms"]),
        }
