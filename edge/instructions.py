"""Head office's instructions at the gate: each is believed by its signature, carried out once, in order, and answered in the journal.

    uplink's thread ── bridge ──▶ arrived ──▶ queue ──▶ one after the other:
        signed? addressed here? newer than the last? nothing missing before it? in time?
            ──▶ the service that a guard's tap would call, as Person(by, headoffice), with a key made of the number
            ──▶ headoffice.instructed {number, result}

The service's own transaction is idempotent by that key: a power cut between what was done and its answer costs nothing, the
instruction comes again and gets the old result. What cannot be done (a request that is closed already) is answered with its code, and
is over as well: head office decides what next. What is not signed by head office is a fault, once, and changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import ValidationError

from edge.domain.events_headoffice import Instructed
from edge.errors import BadInput, GateError, StoreError
from edge.gate import Gate
from edge.orders import HEAD_OFFICE, Person
from edge.service import Acted
from edge.store import tables_headoffice
from sync.fields import ProtocolError
from sync.instructions import Instruction, NotSigned

log = logging.getLogger(__name__)
Act = Callable[[Person, dict[str, Any], str], Awaitable[Acted]]
DEVICE = "headoffice"
DONE = "done"
AT_ONCE = frozenset({"lane.raise", "lane.hold", "lane.release"})
"""What moves a barrier is worth nothing later: it must end within `AT_ONCE_MS` of being said, by a clock that can be trusted."""
AT_ONCE_MS = 10_000


class Instructions:
    """Lives in the gate's loop. `key`: head office's public key (32 bytes); `acts`: what it may tell this gate."""

    def __init__(self, gate: Gate, key: bytes, acts: Mapping[str, Act]) -> None:
        self._gate, self._key, self._acts = gate, key, dict(acts)
        self._waiting: list[bytes] = []
        self._busy = False

    def arrived(self, payload: bytes) -> None:
        """Something came from head office (in the loop)."""
        self._waiting.append(payload)
        if not self._busy:
            self._busy = True
            self._gate.bridge.spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self.carry_out(self._waiting.pop(0))
        except StoreError as e:
            log.error("instructions wait: nothing can be recorded: %s", e)
            self._waiting.clear()  # they come again
        finally:
            self._busy = False

    async def carry_out(self, payload: bytes) -> None:
        """One message. Raises StoreError; then nothing has happened, and it comes again."""
        try:
            told = Instruction.from_bytes(payload, self._key)
        except NotSigned as e:
            self._gate.faults.set(DEVICE, "not-signed", True, str(e))
            return
        except ProtocolError as e:
            log.warning("an instruction was not understood: %s", e)
            return
        self._gate.faults.set(DEVICE, "not-signed", False, "")
        store = self._gate.store
        if (told.site, told.gate) != (store.site, store.gate):
            log.warning("an instruction for %s/%s came here", told.site, told.gate)
            return
        with store.reader() as con:
            last = tables_headoffice.last(con)
        if told.number <= last:
            return  # carried out already: its answer is in the journal
        if told.after > last:
            log.info("instruction %d waits for %d", told.number, told.after)
            return
        result, about = await self._do(told)
        said = Instructed(told.number, told.act, result, about, told.at_ms)
        await self._gate.record((said,), actor=_person(told).actor)
        self._gate.changed()

    async def _do(self, told: Instruction) -> tuple[str, int]:
        act = self._acts.get(told.act)
        if act is None:
            return "unknown-act", 0
        if told.act in AT_ONCE:
            if not 0 < told.until_ms - told.at_ms <= AT_ONCE_MS:
                return "must-expire", 0
            if self._gate.clock.trust != "ntp":  # one that was restored may be slow, and an old word look young
                return "clock-in-doubt", 0
        if told.until_ms and self._gate.clock.now_ms() > told.until_ms:
            return "expired", 0
        try:
            async with asyncio.timeout(30):
                done = await act(_person(told), dict(told.data), f"headoffice-{told.number}")
        except StoreError:
            raise
        except GateError as e:
            return e.code, 0
        except (ValidationError, TypeError, KeyError) as e:
            log.warning("instruction %d (%s) does not fit: %s", told.number, told.act, e)
            return BadInput.code, 0
        except TimeoutError:
            return "timeout", 0
        return DONE, done.about


def _person(told: Instruction) -> Person:
    return Person(told.by or HEAD_OFFICE, HEAD_OFFICE)
