"""The registry from head office, at the gate: believed by its signature, taken in beside everything else, asked for until it is whole.

    uplink's thread ── bridge ──▶ arrived ──▶ queue ──▶ a worker thread: Intake (store/registry_down.py)
                                                  ◀── what is to be asked for ──▶ uplink ──▶ registry/want

What is not signed by head office is a fault, journalled, and changes nothing. While a transfer is under way and nothing of it comes for
`ASK_S`, the gate asks again from the first piece that it lacks; when head office has gone, it is offered anew by whoever comes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from edge.errors import StoreError
from edge.gate import Gate
from edge.instructions import DEVICE
from edge.store.registry import in_the_background
from edge.store.registry_down import Intake
from sync.fields import ProtocolError
from sync.instructions import NotSigned
from sync.registry_protocol import WINDOW, Piece, Want

log = logging.getLogger(__name__)
ASK_S = 1.0
PATIENCE = 20
"""So often it asks, unanswered; then whatever head office offers next is begun anew."""


class RegistryDown:
    """Lives in the gate's loop. `key`: head office's public key (32 bytes); `ask`: says something on registry/want, never waits."""

    def __init__(self, gate: Gate, key: bytes, ask: Callable[[bytes], None]) -> None:
        self._gate, self._key, self._ask = gate, key, ask
        self._intake = Intake(gate.store, gate.clock)
        self._waiting: deque[bytes] = deque(maxlen=2 * WINDOW)
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._unanswered = 0

    def arrived(self, payload: bytes) -> None:
        """A piece came (in the loop)."""
        if self._stopped:
            return
        self._waiting.append(payload)
        if not self._busy:
            self._busy = True
            self._gate.bridge.spawn(self._work())

    def stop(self) -> None:
        """Take no more (in the loop): what has come of a list so far is of no use after the end."""
        self._stopped = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _work(self) -> None:
        try:
            taken = self._intake.taken
            while self._waiting:
                await self._take(self._waiting.popleft())
            if self._intake.taken != taken:
                self._gate.changed()
                await asyncio.to_thread(self._intake.clear)
        except StoreError as e:
            log.error("the registry waits: nothing can be recorded: %s", e)
            self._waiting.clear()  # it is offered again
        finally:
            self._busy = False
        self._wind()

    async def _take(self, payload: bytes) -> None:
        try:
            piece = await asyncio.to_thread(Piece.from_bytes, payload, self._key)
        except NotSigned as e:
            self._gate.faults.set(DEVICE, "registry-not-signed", True, str(e))
            return
        except ProtocolError as e:
            log.warning("a piece of the registry was not understood: %s", e)
            return
        self._gate.faults.set(DEVICE, "registry-not-signed", False)
        self._unanswered = 0
        store, t = self._gate.store, piece.transfer
        if (t.site, t.gate) != (store.site, store.gate):
            log.warning("a registry for %s/%s came here", t.site, t.gate)
            return
        try:
            self._say(await asyncio.to_thread(self._in_peace, piece))
        except ProtocolError as e:
            log.error("registry %s, piece %d: %s", t.name, piece.n, e)

    def _in_peace(self, piece: Piece) -> Want | None:
        with in_the_background():
            return self._intake.take(piece)

    def _wind(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._stopped and self._intake.again() is not None:
            self._timer = asyncio.get_running_loop().call_later(ASK_S, self._ask_again)

    def _ask_again(self) -> None:
        self._timer = None
        if self._busy:
            return
        self._unanswered += 1
        if self._unanswered > PATIENCE:
            self._intake.drop()
        self._say(self._intake.again())
        self._wind()

    def _say(self, want: Want | None) -> None:
        if want is not None:
            self._ask(want.to_bytes())
