"""Signing on by staff card (D6): a card of the registry's staff, held to the desk reader, says who comes on duty.

A card alone identifies and does not prove: it can be lent, found, or copied (EM4100 cards hold a number and no secret). So after it the
PIN is asked, unless the gate's configuration says `[post] card_is_enough = true`; then whichever tablet asks first within ten
seconds, with the ticket of this one tap, is signed in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from edge.desk.handing import uid_of
from edge.domain import events_shifts as es
from edge.errors import SignInNeeded
from edge.gate import Gate
from edge.store import queries_post as q
from edge.store.users import Session, Users

FRESH_MS = 10_000
GOOD = frozenset({"staff", "company"})


@dataclass(frozen=True, slots=True)
class Presented:
    """Somebody is known by their card. `ticket`: to be signed in without a PIN ("": the PIN is asked)."""

    user: str
    name: str
    at_ms: int
    ticket: str = ""


class SignOn:
    """Over a Gate and its users; lives in their loop."""

    def __init__(self, gate: Gate, users: Users, *, card_is_enough: bool = False) -> None:
        self._gate, self._users, self._enough = gate, users, card_is_enough
        self._last: Presented | None = None

    async def by_card(self, uid: str) -> Presented | None:
        """A card (UID in hex) at the desk reader. None when it is not the card of somebody who signs in; it is on record either way
        when it is a staff card."""
        uid = uid.lower()
        stamp = self._gate.clock.stamp()
        local = self._gate.local(stamp)
        with self._gate.store.reader() as con:
            card = q.staff_card(con, uid)
        if card is None or card["category"] not in GOOD:
            return None
        account = self._users.by_card(uid)
        answer = _worth(card, local.date() if local else None)
        if answer == "known":
            answer = "nobody's" if account is None else "known" if account.enabled else "disabled"
        user = account.user if account else ""
        await self._gate.record((es.StaffCardPresented(card["uid"], answer, user),), actor="device:desk", stamp=stamp)
        if account is None or answer != "known":
            return None
        ticket = secrets.token_hex(16) if self._enough else ""
        self._last = Presented(account.user, account.name, self._gate.clock.mono_ms(), ticket)
        return self._last

    def presented(self) -> Presented | None:
        """Whose card was presented just now, for sign-in pages; nobody's once the time is over or it has been used."""
        last = self._last
        return last if last and self._gate.clock.mono_ms() - last.at_ms <= FRESH_MS else None

    async def redeem(self, ticket: str, device: str = "", replacing: str = "") -> tuple[str, Session]:
        """Token and session for the ticket of a tap. Raises SignInNeeded for one that is over, used, or was never given."""
        last = self.presented()
        if last is None or not last.ticket or not secrets.compare_digest(last.ticket, ticket):
            raise SignInNeeded(
                "请再刷一次卡 · please hold the card to the reader again",
                "或点自己的名字，输入密码 · or tap your name and enter your PIN",
                code="card-over",
            )
        self._last = None
        return await self._users.sign_in_known(last.user, device, replacing)


def _worth(card: q.Row, today: date | None) -> str:
    """known, or not-good: blocked, lost, not valid on this day (where the day is known)."""
    day = today.isoformat() if today else ""
    first, last = card["valid_from"], card["valid_until"]
    over = bool(day) and ((bool(first) and day < first) or (bool(last) and day > last))
    return "known" if card["status"] == "active" and not over else "not-good"


def card_name(text: str) -> str:
    """What a shift leader typed for a card, as the registry writes it ("" stays ""). Raises BadInput."""
    return uid_of(text) if text.strip() else ""
