"""How somebody signs in for the first time: a gate that knows nobody makes a shift leader and says the PIN once."""

from __future__ import annotations

import asyncio

from edge.clock import Clock
from edge.domain import events as ev
from edge.store.db import Store
from edge.store.users import Users


async def words(users: Users, store: Store) -> str:
    """What a start says about signing in."""
    first = await users.first_start() or await _not_yet_signed_in(users, store)
    if first:
        return f"登录 sign in: 班长 ({first[0]}), PIN {first[1]} (只显示一次 · shown once)"
    return "登录 sign in: 点姓名, 输入 PIN · tap your name (忘记 PIN forgotten: python -m edge pin leader)"


async def _not_yet_signed_in(users: Users, store: Store) -> tuple[str, str] | None:
    """Until somebody has signed in for the first time, each start prints a new PIN: the first one may never have been seen."""
    accounts = users.accounts()
    if len(accounts) != 1:
        return None
    with store.reader() as con:
        seen = con.execute("SELECT 1 FROM journal WHERE kind = ? LIMIT 1", (ev.SessionBegan.KIND,)).fetchone()
    return None if seen else (accounts[0].user, await users.reset_pin(accounts[0].user))


def reset_pin(store: Store, user: str) -> str:
    """A new PIN for somebody; printed once by the caller."""

    async def work() -> str:
        users = Users(store, Clock())
        try:
            return await users.reset_pin(user)
        finally:
            users.close()

    return asyncio.run(work())
