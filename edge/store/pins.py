"""PINs: which are good, making one, and their slow hash.

Six digits are twenty bits, which no hash can protect for long from somebody who holds the database. What protects a PIN is
the lock-out (users.py), and that the hash is slow enough to make the database alone not worth stealing: argon2id with
19 MiB and 2 passes, about 0.1 s on a Pi, on a thread of its own and one at a time, so that memory stays bounded.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.errors import BadInput


def check_pin(pin: str) -> None:
    """Raise BadInput with a hint when a PIN is too short, not of digits, or among those that everybody tries first."""
    if not (pin.isascii() and pin.isdigit()):
        raise BadInput(
            "密码只能用数字 · a PIN has digits only", "请用 6 到 12 位数字 · use 6 to 12 digits", code="pin-digits"
        )
    if not 6 <= len(pin) <= 12:
        raise BadInput(
            "密码要 6 到 12 位 · a PIN has 6 to 12 digits",
            "请再想一个长一点的 · choose a longer one",
            code="pin-length",
        )
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    repeats = any(len(pin) % n == 0 and pin[:n] * (len(pin) // n) == pin for n in (1, 2, 3))
    if repeats or steps in ({1}, {9}) or len(set(pin)) < 3:
        raise BadInput(
            "这个密码太容易猜到 · this PIN is too easy to guess",
            "请避开 123456、888888、121212 这样的号码 · avoid sequences and repetitions",
            code="pin-trivial",
        )


def random_pin() -> str:
    """Six random digits that `check_pin` accepts."""
    while True:
        pin = f"{secrets.randbelow(1_000_000):06d}"
        try:
            check_pin(pin)
        except BadInput:
            continue
        return pin


class Pins:
    """Hashes and checks PINs off the loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(1, "gate-pin")

    async def hash(self, pin: str) -> str:
        """The hash to be stored."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, pin)

    async def right(self, stored: str, pin: str) -> bool:
        """Whether this is the PIN of that hash; an empty hash has none."""
        if not stored:
            return False
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.verify, stored, pin)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, stored: str) -> bool:
        """Whether that hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=True)
