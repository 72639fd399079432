"""The people of the gate: who they are, their PINs, and who is signed in on which tablet.

    tap a name ─▶ locked? ─▶ argon2id (own thread) ─┬ right ─▶ token (32 random bytes) ─▶ cookie; SHA-256 of it in the table
                                                    └ wrong ─▶ count; the 5th locks for a minute, each further one twice as long

Neither PIN nor hash is ever in the journal or in an idempotency row; what makes a PIN good stands in pins.py, who may change an
account and how that is written in account_change.py.

Accounts and sessions are few, so all of them are in memory: asking «who is this?» for each request reads no disk. What
changes them is committed together with its event first. Sessions end by the steady clock (a Pi's wall clock may jump by
years, and that must sign nobody out) and are kept over a restart by the wall clock, as far as that one can be trusted.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from edge.clock import Clock
from edge.domain.events import SessionBegan, SessionEnded, SessionRefused
from edge.errors import LockedOut, NotFound, SignInNeeded
from edge.store.account_change import CONSOLE, account_of, answer_of, check_change, write_change
from edge.store.accounts import Account, Session, UserChange, load_accounts, token_digest, write_account, write_seen
from edge.store.db import Store, Tx
from edge.store.journal import iso
from edge.store.pins import Pins, check_pin, random_pin

__all__ = ["CONSOLE", "Account", "Session", "UserChange", "Users"]
TRIES = 5
LOCK_S = 60.0
LOCK_MAX_S = 3600.0
SAVE_SEEN_S = 600.0
"""A session's use is written down at most so often: a restart may shorten its twelve hours by this much."""


class Users:
    """Accounts and sessions. Lives in the loop; argon2 runs on its own thread, one at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        session_s: float = 12 * 3600,
        steady: Callable[[], float] = time.monotonic,
        pins: Pins | None = None,
    ) -> None:
        self._store, self._clock, self._steady, self.session_s = store, clock, steady, session_s
        self._pins = pins or Pins()
        self._one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._strangers = Account("", "", "", enabled=False, pin_hash="", created_ms=0)
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[bytes, Session] = {}
        with store.reader() as con:
            for account, locked_until_ms in load_accounts(con):
                left = min(max(0.0, (locked_until_ms - clock.now_ms()) / 1000), LOCK_MAX_S)
                locked_until = steady() + left if left else 0.0
                self._accounts[account.user] = replace(account, locked_until=locked_until)
            for row in con.execute("SELECT token_hash, user, device, created_ms, seen_ms, expires_ms FROM sessions"):
                self._restore(row)

    def _restore(self, row: Any) -> None:
        """A session from before the restart: what was left of it, or all of it where the wall clock says nothing."""
        account, now = self._accounts[row[1]], self._clock.now_ms()
        sound = self._clock.trust != "unset" and row[4] <= now
        left = min((row[5] - now) / 1000, self.session_s) if sound else self.session_s
        steady = self._steady()
        session = Session(account.user, account.name, account.role, row[2], row[3], steady + left, steady)
        self._sessions[bytes(row[0])] = session

    def close(self) -> None:
        """End the thread."""
        self._pins.close()

    # ---- accounts ------------------------------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        """Everybody, leaders first, then in the order in which they were added."""
        order = {role: n for n, role in enumerate(("leader", "guard", "technician"))}
        return sorted(self._accounts.values(), key=lambda a: (order.get(a.role, 9), a.created_ms, a.user))

    async def first_start(self) -> tuple[str, str] | None:
        """Without any account: make the shift leader 班长 and return (user, PIN), to be printed once. Else None."""
        if self._accounts:
            return None
        pin = random_pin()
        await self._put(UserChange("leader", "班长", "leader", pin=pin), actor="gate", key="")
        return "leader", pin

    async def reset_pin(self, user: str) -> str:
        """A new random PIN for somebody who has forgotten theirs, by whoever has the machine's console. Unlocks."""
        account = self._account(user)
        pin = random_pin()
        await self._put(UserChange(account.user, account.name, account.role, pin=pin), actor=CONSOLE, key="")
        return pin

    async def save(self, by: str, wanted: UserChange, key: str, *, new: bool = False) -> dict[str, Any]:
        """Add (`new`) or change an account as shift leader `by` wants it; unlocks it. The same `key` again changes nothing more."""
        check_change(self._accounts, by, wanted)
        return await self._put(wanted, actor=f"user:{by}", key=key, new=new)

    async def _put(self, wanted: UserChange, *, actor: str, key: str, new: bool = False) -> dict[str, Any]:
        if wanted.pin is not None:
            check_pin(wanted.pin)
        async with self._one_at_a_time[wanted.user]:  # a sign-in that is on its way must not put the old account back
            old = self._accounts.get(wanted.user)
            pin_hash = await self._pins.hash(wanted.pin) if wanted.pin else old.pin_hash if old else ""
            stamp = self._clock.stamp()
            made = account_of(wanted, old, pin_hash, stamp.at_ms)
            again = await self._store.transact(partial(write_change, made, wanted, actor, key, stamp, new=new))
            if again is not None:
                return again
            self._accounts[made.user] = made
            if old and (wanted.pin or not made.enabled or old.role != made.role):
                await self._end([t for t, s in self._sessions.items() if s.user == made.user], "disabled")
            for session in self._sessions.values():
                if session.user == made.user:
                    session.name = made.name
            return answer_of(made)

    def _account(self, user: str) -> Account:
        if (account := self._accounts.get(user)) is None:
            raise NotFound(f"没有人员 {user} · there is nobody called {user}", "请在名单中选择 · choose from the list")
        return account

    # ---- sessions ------------------------------------------------------------------------------------------------

    async def sign_in(self, user: str, pin: str, device: str = "", replacing: str = "") -> tuple[str, Session]:
        """Token and session. `replacing`: the token that this tablet had. Raises SignInNeeded (wrong) or LockedOut."""
        async with self._one_at_a_time[user if user in self._accounts else ""]:
            account = await self._right(user, pin)
            fresh = replace(account, failed=0, locked_until=0.0)
            if self._pins.outdated(account.pin_hash):
                fresh = replace(fresh, pin_hash=await self._pins.hash(pin))
            token, session = await self._begin(fresh, device)
        await self.sign_out(replacing)
        return token, session

    async def _right(self, user: str, pin: str) -> Account:
        """Whose PIN this is. Counts a wrong one."""
        account = self._accounts.get(user, self._strangers)
        left = account.locked_until - self._steady()
        if left > 0:
            raise _locked(left)
        if not await self._pins.right(account.pin_hash, pin):
            await self._refuse(account, user)
        if not account.enabled:
            await self._record_refusal(account, "disabled", "")
            raise _disabled()
        return account

    async def sign_in_known(self, user: str, device: str = "", replacing: str = "") -> tuple[str, Session]:
        """For somebody who is known by their card already (edge/desk/sign_on.py says whether that is enough)."""
        async with self._one_at_a_time[user]:
            account = self._account(user)
            if not account.enabled:
                await self._record_refusal(account, "disabled", "")
                raise _disabled()
            token, session = await self._begin(account, device)
        await self.sign_out(replacing)
        return token, session

    async def _begin(self, account: Account, device: str) -> tuple[str, Session]:
        """A session, and the account as it is from now on."""
        token, now, stamp = secrets.token_urlsafe(32), self._steady(), self._clock.stamp()
        session = Session(account.user, account.name, account.role, device, stamp.at_ms, now + self.session_s, now)
        expires = stamp.at_ms + int(self.session_s * 1000)

        def work(tx: Tx) -> None:
            write_account(tx.con, account)
            row = (token_digest(token), account.user, device, stamp.at_ms, stamp.at_ms, expires)
            tx.con.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)", row)
            tx.append(SessionBegan(account.user, account.role, device), actor=f"user:{account.user}", stamp=stamp)

        await self._store.transact(work)
        self._accounts[account.user] = account
        self._sessions[token_digest(token)] = session
        return token, session

    async def vouch(self, user: str, pin: str) -> Account:
        """Whose PIN this is, without signing anybody in: somebody stands beside another's device and agrees. Raises SignInNeeded, LockedOut."""
        async with self._one_at_a_time[user if user in self._accounts else ""]:
            account = await self._right(user, pin)
            if account.failed:
                account = self._accounts[user] = replace(account, failed=0, locked_until=0.0)
                await self._store.transact(lambda tx: write_account(tx.con, account))
            return account

    def by_card(self, uid: str) -> Account | None:
        """Whose staff card this is; one that was typed by its printed number is known by its last four bytes."""
        return next((a for a in self._accounts.values() if a.card and a.card in (uid, uid[-8:])), None)

    def session(self, token: str, *, used: bool = False) -> Session | None:
        """Who holds this token, if the session is still good. `used`: a person acts, which prolongs it."""
        session = self._sessions.get(token_digest(token)) if token else None
        if session is None or session.ends <= self._steady():
            return None
        if used:
            session.ends = self._steady() + self.session_s
        return session

    async def sign_out(self, token: str) -> None:
        """End one session; an unknown token is no error."""
        await self._end([token_digest(token)], "asked")

    async def hand_over(self, users: tuple[str, ...]) -> None:
        """The sessions of these end, on every tablet: they have handed over (D6)."""
        await self._end([t for t, s in self._sessions.items() if s.user in users], "handed-over")

    async def tend(self) -> None:
        """Once a minute: end what has expired, and write down which sessions are in use."""
        now, wall = self._steady(), self._clock.now_ms()
        await self._end([t for t, s in self._sessions.items() if s.ends <= now], "expired")
        used = [(t, s) for t, s in self._sessions.items() if s.ends - self.session_s > s.saved + SAVE_SEEN_S]
        if used:
            rows = [(wall, wall + int((s.ends - now) * 1000), t) for t, s in used]
            await self._store.transact(lambda tx: write_seen(tx.con, rows))
            for _, session in used:
                session.saved = session.ends - self.session_s

    async def _end(self, tokens: list[bytes], why: str) -> None:
        ended = [(t, s) for t in tokens if (s := self._sessions.pop(t, None)) is not None]
        if not ended:
            return
        stamp = self._clock.stamp()

        def work(tx: Tx) -> None:
            for token, session in ended:
                tx.con.execute("DELETE FROM sessions WHERE token_hash = ?", (token,))
                actor = f"user:{session.user}" if why == "asked" else "gate"
                tx.append(SessionEnded(session.user, session.role, why), actor=actor, stamp=stamp)

        await self._store.transact(work)

    async def _refuse(self, account: Account, user: str) -> None:
        """Count a wrong PIN, lock when it is one too many, and say so. Names nobody has share one counter."""
        failed = account.failed + 1
        lock_s = min(LOCK_S * 2 ** (failed - TRIES), LOCK_MAX_S) if failed >= TRIES else 0.0
        counted = replace(account, failed=failed, locked_until=self._steady() + lock_s if lock_s else 0.0)
        until = iso(self._clock.now_ms() + int(lock_s * 1000)) if lock_s else ""
        if account is self._strangers:
            self._strangers = counted
        else:
            self._accounts[user] = counted
        await self._record_refusal(counted, "wrong-pin" if account.user else "unknown", until)
        if lock_s:
            raise _locked(lock_s)
        left = TRIES - failed
        raise SignInNeeded(
            f"密码有误，还可以试 {left} 次 · wrong PIN, {left} tries left",
            "请再输入一次 · enter it again",
            code="wrong-pin",
        )

    async def _record_refusal(self, account: Account, why: str, until: str) -> None:
        stamp = self._clock.stamp()

        def work(tx: Tx) -> None:
            if account.user:
                write_account(tx.con, account, self._locked_until_ms(account))
            tx.append(
                SessionRefused(account.user, why, until),
                actor=f"user:{account.user}" if account.user else "gate",
                stamp=stamp,
            )

        await self._store.transact(work)

    def _locked_until_ms(self, account: Account) -> int:
        left = account.locked_until - self._steady()
        return self._clock.now_ms() + int(left * 1000) if left > 0 else 0


def _disabled() -> SignInNeeded:
    return SignInNeeded("这个账号已停用 · this account is disabled", "请找班长 · ask the shift leader", code="disabled")


def _locked(left_s: float) -> LockedOut:
    seconds = int(left_s) + 1
    return LockedOut(
        f"连续输错，已锁定，{seconds} 秒后再试 · locked after wrong PINs, try again in {seconds} s",
        "等一等，或请班长重设密码 · wait, or ask the shift leader for a new PIN",
    )
