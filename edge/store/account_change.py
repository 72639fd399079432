"""A change of an account: what may be wanted, and how it is written, once for each key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge.clock import Stamp
from edge.domain.events import UserSaved
from edge.errors import BadInput, NotAllowed
from edge.store import queries
from edge.store.accounts import Account, UserChange, write_account
from edge.store.db import Tx

ROLES = ("guard", "leader", "technician")
CONSOLE = "console"
"""Whoever has the machine's console: no account, and every right."""


def check_change(accounts: Mapping[str, Account], by: str, wanted: UserChange) -> None:
    """Whether shift leader `by` may want this. Raises NotAllowed, BadInput."""
    actor = accounts.get(by)
    if by != CONSOLE and (actor is None or actor.role != "leader" or not actor.enabled):
        raise NotAllowed(
            "只有当班班长可以管理人员 · only a shift leader manages people", "请找班长操作 · ask the shift leader"
        )
    if wanted.role not in ROLES or not wanted.name.strip():
        raise BadInput("姓名或岗位缺失 · name or role is missing", "岗位 · role: guard, leader, technician")
    old = accounts.get(wanted.user)
    if old is None and wanted.pin is None:
        raise BadInput(
            "新人员要有密码 · a new person needs a PIN",
            "请输入 6 位以上的密码 · enter 6 digits or more",
            code="pin-missing",
        )
    leaders = {a.user for a in accounts.values() if a.role == "leader" and a.enabled} - {wanted.user}
    if not leaders and not (wanted.role == "leader" and wanted.enabled):
        raise BadInput(
            "至少要留一位班长 · one shift leader must remain",
            "请先设另一位班长 · appoint another first",
            code="last-leader",
        )


def account_of(wanted: UserChange, old: Account | None, pin_hash: str, at_ms: int) -> Account:
    """The account as it is to be, unlocked."""
    card = wanted.card if wanted.card is not None else old.card if old else ""
    created_ms = old.created_ms if old else at_ms
    return Account(wanted.user, wanted.name.strip(), wanted.role, wanted.enabled, pin_hash, created_ms, card=card)


def answer_of(made: Account) -> dict[str, Any]:
    """What whoever asked is told, JSON-ready."""
    return {"user": made.user, "name": made.name, "role": made.role, "enabled": made.enabled, "card": made.card}


def write_change(
    made: Account, wanted: UserChange, actor: str, key: str, stamp: Stamp, tx: Tx, *, new: bool
) -> dict[str, Any] | None:
    """The account and its event, within a transaction; the old answer instead, where this key had one. Raises BadInput."""
    asked = hashlib.sha256(
        json.dumps({**asdict(wanted), "pin": wanted.pin is not None}, sort_keys=True).encode()
    ).digest()
    was = tx.con.execute(
        "SELECT request, response FROM idempotency WHERE key = ? AND user = ?", (key, actor)
    ).fetchone()
    if key and was:
        if bytes(was[0]) != asked:
            raise BadInput(
                "这个请求号已用过 · this key was used for something else", "请重新操作 · start again", code="key-reused"
            )
        return dict(json.loads(was[1]))
    if new and tx.con.execute("SELECT 1 FROM users WHERE user = ?", (made.user,)).fetchone():
        raise BadInput("这个工号已有人用 · this id is taken", "请换一个工号 · choose another id", code="user-exists")
    others = "SELECT 1 FROM users WHERE card = ? AND user <> ?"
    if made.card and tx.con.execute(others, (made.card, made.user)).fetchone():
        raise BadInput(
            "这张卡已登记给另一位人员 · this card is somebody else's",
            "请核对卡号 · look at its number",
            code="card-taken",
        )
    write_account(tx.con, made)
    said = UserSaved(made.user, made.role, made.enabled, wanted.pin is not None, made.name, made.card)
    tx.append(said, actor=actor, stamp=stamp)
    if key:
        queries.answer(tx.con, key, actor, json.dumps(answer_of(made)), stamp.at_ms, request=asked)
    return None
