"""The same request twice, where the journal does not already answer that: sign-in and the simulation.

A repetition with the same key waits for the first one and gets its answer, the error included; the same key with another
request is refused. Kept in memory only, because a sign-in's answer holds a token that must not be written anywhere.
What changes the gate's record has its idempotency in the transaction of its event instead.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from edge.errors import BadInput

T = TypeVar("T")
KEPT = 256


class Once:
    """The last answers, by whoever asked and the key."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], tuple[object, asyncio.Future[Any]]] = OrderedDict()

    async def do(self, who: str, key: str, request: object, work: Callable[[], Awaitable[T]]) -> T:
        """`work()`, or what it answered when this request came the first time."""
        known = self._answers.get((who, key))
        if known is None:
            known = (request, asyncio.ensure_future(work()))
            self._answers[who, key] = known
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        if known[0] != request:
            raise BadInput(
                "这个请求号已用过 · this key was used for something else", "请重新操作 · start again", code="key-reused"
            )
        answer: T = await asyncio.shield(known[1])
        return answer
