"""The registry from head office, at the gate: believed by its signature, taken in beside everything else, asked for until it is whole.

    uplink's thread ── bridge ──▶ arrived ──▶ queue ──▶ a worker thread: Intake (store/registry_down.py)
                                                  ◀── what is to be asked for ──▶ uplink ──▶ registry/want

What is not signed by head office is a fault, journalled, and changes nothing. What is signed and does not fit is refused whole, and a fault
that names the line, until another list is in force (store/registry_down.py). While a transfer is under way and nothing of it comes for
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
from edge.store.registry_down import Intake, Settle
from sync.fields import ProtocolError
from sync.instructions import NotSigned
from sync.registry_protocol import WINDOW, Piece, Want

log = logging.getLogger(__name__)
ASK_S = 1.0
PATIENCE = 20
"""So often it asks, unanswered; then whatever head office offers next is begun anew."""


class RegistryDown:
    """Lives in the gate's loop. `key`: head office's public key (32 bytes); `ask`: says something on registry/want, never waits."""

    def __init__(self, gate: Gate, key: bytes, ask: Callable[[bytes], None], settle: Settle | None = None) -> None:
        self._gate, self._key, self._ask = gate, key, ask
        self._intake = Intake(gate.store, gate.clock, settle)
        self._waiting: deque[bytes] = deque(maxlen=2 * WINDOW)
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._unanswered = 0
        self.in_force: Callable[[], None] = lambda: None
        """Called (in the loop) after a list came into force."""

    async def begin(self) -> None:
        """After a start: what was refused still is, and what the lists say and was not carried out, is now. Raises StoreError."""
        self._say_refused()
        await asyncio.to_thread(self._intake.settle)
        self._gate.bridge.spawn(
            asyncio.to_thread(self._intake.clear)
        )  # what a list left that broke off with the process

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
            while self._waiting:
                taken = self._intake.taken
                while self._waiting:
                    await self._take(self._waiting.popleft())
                    if self._intake.again() is None:
                        self._say_refused()
                if self._intake.taken != taken:
                    self.in_force()
                    self._gate.changed()
                    await asyncio.to_thread(self._intake.clear)  # more may come meanwhile
        except StoreError as e:
            log.error("the registry waits: nothing can be recorded: %s", e)
            self._waiting.clear()  # it is offered again
        finally:
            self._busy = False
        self._wind()

    async def _take(self, payload: bytes) -> None:
        try:
            want = await asyncio.to_thread(self._in_peace, payload)
        except NotSigned as e:
            self._gate.faults.set(DEVICE, "registry-not-signed", True, str(e))
            return
        except ProtocolError as e:
            log.warning("a piece of the registry was not understood: %s", e)
            return
        self._gate.faults.set(DEVICE, "registry-not-signed", False)
        self._unanswered = 0
        if want is not None:
            self._ask(want.to_bytes())

    def _in_peace(self, payload: bytes) -> Want | None:
        """On a thread."""
        piece = Piece.from_bytes(payload, self._key)
        store, t = self._gate.store, piece.transfer
        if (t.site, t.gate) != (store.site, store.gate):
            raise ProtocolError(f"a registry for {t.site}/{t.gate} came here")
        with in_the_background():
            return self._intake.take(piece)

    def _say_refused(self) -> None:
        said = self._intake.refused()
        detail = f"{said['number']} {said['why']} {said['key']}" if said else ""
        self._gate.faults.set(DEVICE, "registry-refused", bool(said), detail)

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
        if (want := self._intake.again()) is not None:
            self._ask(want.to_bytes())
        self._wind()
