"""A calibration that goes on: waits for the card at the reader, and keeps what the cards before it have shown. One at a time.

    begin(device, known) → the next card there → Result: found, several (begin again with another card), none

The reader's raw bytes are listened to: a line reader's because with a wrong rule its decoder believes none of its lines, the others' because a
card that is held there is no new read to the gate. Only OSDP is waited for by what it reads: its bytes are encrypted.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from drivers import base as d
from drivers import loader
from drivers.line_form import numbers
from edge.devices import Devices
from edge.errors import BadInput, NotExecuted
from edge.gate import Gate
from edge.hearing import Said
from edge.settings_lane import OSDP
from edge.technician import calibrate as c
from edge.technician.taps import Chunk, Of, Taps

Row = dict[str, Any]
WAIT_S = 60.0
FRESH_S = 60.0
"""A card read at another reader counts for so long."""
MOST_UIDS = 200_000
TORN_NS = 50_000_000
"""A line that comes so soon after the beginning may have begun before it."""
KEPT = 2048


@dataclass(slots=True)
class _Session:
    of: Of
    shown: list[c.Shown] = field(default_factory=list)
    known: str = ""
    kind: str = ""
    waiting: bool = False
    result: c.Result | None = None
    bytes: bytearray = field(default_factory=bytearray)
    card: asyncio.Event = field(default_factory=asyncio.Event)
    decoder: d.Decoder | None = None
    """None: lines, which are taken as they are."""
    begun_ns: int = 0
    torn: bool = False
    """The first line may have begun before we listened."""

    def begin(self) -> None:
        """Listen from now on."""
        table = self.of.table
        self.begun_ns, self.torn = time.monotonic_ns(), False
        self.bytes.clear()
        if table.driver != c.LINE:
            module = loader.load(table.driver)
            self.decoder = module.Decoder(loader.make_options(module, table.options))


class Calibrating:
    """Over a gate, its devices and taps. Lives in the loop."""

    def __init__(self, gate: Gate, devices: Devices, taps: Taps) -> None:
        self._gate, self._taps = gate, taps
        self._session: _Session | None = None
        self._last: dict[str, tuple[bytes, float]] = {}
        devices.overhears.append(self._overheard)

    def state(self) -> Row | None:
        """`{"device", "waiting", "cards", "result", "others"}`; None before the first one."""
        now = self._session
        if now is None:
            return None
        return {
            "device": now.of.device,
            "waiting": now.waiting,
            "cards": [asdict(one) for one in now.shown],
            "result": asdict(now.result) if now.result else None,
        }

    async def begin(self, device: str, known: str, kind: str, more: bool) -> Row:
        """Wait for a card. `more`: it is another card of the calibration that goes on. Raises BadInput, NotFound, NotExecuted."""
        of = self._taps.reader(device)
        with self._taps.tap(of, _nothing):  # it runs, or says why not
            pass
        if self._session is not None and self._session.waiting:
            self._session.card.set()
            self._session.waiting = False
        uid_or_print, kind = await self._known(of, known.strip(), kind)
        old = self._session
        kept = more and old is not None and old.of == of
        session = old if kept and old is not None else _Session(of)
        session.known, session.kind, session.waiting = uid_or_print, kind, True
        session.card = asyncio.Event()
        self._session = session
        self._gate.bridge.spawn(self._wait(session))
        state = self.state()
        assert state is not None
        return state

    def stop(self) -> None:
        """Wait no more."""
        if self._session is not None:
            self._session.waiting = False
            self._session.card.set()

    # ---- what is known of the card

    async def _known(self, of: Of, known: str, kind: str) -> tuple[str, str]:
        match kind:
            case c.UID:
                return _hex(known), c.UID
            case c.READER:
                return self._other(of.device).hex(), c.UID
            case c.PRINTED if known:
                if of.table.driver != c.LINE:
                    return known, c.PRINTED
                return (await self._registered(known)).hex(), c.UID
        raise BadInput("请输入卡号 · enter the card's number", "印在卡面上的，或登记的 · printed on it, or registered")

    def _other(self, device: str) -> bytes:
        now = time.monotonic()
        fresh = [(at, uid) for name, (uid, at) in self._last.items() if name != device and now - at < FRESH_S]
        if not fresh:
            raise NotExecuted(
                "还没有在别的读卡器上读到卡 · no card was read at another reader yet",
                "先在另一个读卡器上刷这张卡 · present the card at another reader first",
                code="no-other",
            )
        return max(fresh)[1]

    async def _registered(self, printed: str) -> bytes:
        def work() -> list[bytes]:
            with self._gate.store.reader() as con:
                rows = con.execute("SELECT uid FROM credentials LIMIT ?", (MOST_UIDS,)).fetchall()
            return c.whose(printed, (bytes.fromhex(row[0]) for row in rows))

        found = await asyncio.to_thread(work)
        if len(found) != 1:
            raise NotExecuted(
                "登记的卡中找不到唯一的一张 · the registry has no such card, or several",
                "输入卡的 UID，或先在另一个读卡器上刷这张卡 · enter its UID, or present it at another reader first",
                code="no-one-card",
            )
        return found[0]

    # ---- the card

    async def _wait(self, session: _Session) -> None:
        card = session.card
        with contextlib.suppress(TimeoutError, NotExecuted):
            async with asyncio.timeout(WAIT_S):
                if session.of.table.driver == OSDP:
                    await card.wait()
                else:
                    session.begin()
                    with self._taps.tap(session.of, partial(self._heard, session)):
                        await card.wait()
        if session.card is card:
            session.waiting = False
        self._gate.changed()

    def _heard(self, session: _Session, chunk: Chunk) -> None:
        """A reader's bytes. A card that is held to it repeats itself: the gate takes that for one read, here each counts."""
        if session is not self._session or not session.waiting:
            return
        if session.decoder is not None:
            cards = [each.uid for each in session.decoder.feed(chunk.data) if isinstance(each, d.Card)]
            if cards:
                self._shown(session, c.as_sent(session.of.table, cards[-1]))
            return
        session.torn = session.torn or (not session.bytes and chunk.mono_ns - session.begun_ns < TORN_NS)
        session.bytes += chunk.data
        found = numbers(bytes(session.bytes[-KEPT:]))
        if len(found) > session.torn:
            self._shown(session, found[-1])

    def _overheard(self, said: Said) -> None:
        if not isinstance(said, d.CardRead):
            return
        self._last[said.device] = (said.uid, time.monotonic())
        session = self._session
        if session is None or not session.waiting or session.of.table.driver != OSDP:
            return
        if said.device == session.of.device:
            self._shown(session, c.as_sent(session.of.table, said.uid))

    def _shown(self, session: _Session, said: str) -> None:
        one = c.Shown(said, session.known, session.kind)
        if one not in session.shown:
            session.shown.append(one)
        session.result = c.result(session.of.table, session.shown)
        session.waiting = False
        session.card.set()


def _nothing(_chunk: Chunk) -> None:
    """A tap that only shows that there is one."""


def _hex(text: str) -> str:
    try:
        uid = bytes.fromhex(text)
    except ValueError:
        uid = b""
    if not 4 <= len(uid) <= 16:
        raise BadInput(
            "UID 是 8 到 32 个十六进制字符 · a UID has 8 to 32 hexadecimal digits",
            "如 3F8A21C4 · for instance 3F8A21C4",
        )
    return uid.hex()
