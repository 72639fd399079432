"""One reader on an OSDP bus: what its channel, its reports and its silence mean. No library, no thread: time comes in.

    down ──── channel with our key ───→ up        heard nothing for 3 s, or channel lost → down
    down, every 3 s: kick (take it out and in); nothing heard meanwhile → SILENT, answers but no channel → KEY
    install(until): SCBK-D is accepted until our key is in, or the time is over; INSTALL all the while

A bus calls these from its thread only; `verdict` and `install` may come from any thread and only leave a note for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from drivers.base import CardRead, FaultCode, Sink, Verdict
from drivers.faults import Faults
from drivers.osdp.cards import ASCII, Options, uid
from drivers.port import LOST
from drivers.presentation import Presentations

log = logging.getLogger(__name__)

KICK_NS = 3_000_000_000
"""The watchdog's period: cable back → reading again within it and a handshake (0.3 s)."""
STALE_NS = 2_000_000_000
AGAIN_NS = 300_000_000
"""A channel that was lost is set up again so soon: a damaged frame is no cut cable."""
GAP_NS = 1_000_000_000
"""A pause of the answers that shows that the line was cut, however short: what comes next may be old."""
KEY_BYTES = 16
INSTALL_LONGEST_S = 900.0

LIT = {Verdict.GRANTED: 2, Verdict.ASK: 3, Verdict.REFUSED: 1}
"""libosdp's colours: green, amber, red."""
BEEPS = {Verdict.GRANTED: 1, Verdict.REFUSED: 3}
LIT_TENTHS = {Verdict.GRANTED: 30, Verdict.ASK: 30, Verdict.REFUSED: 20}


class OsdpReader:
    """A reader on a bus. `key`: its SCBK, 16 bytes. `occupied`: whether a vehicle stands before it now (any thread may ask)."""

    def __init__(
        self,
        device: str,
        options: Options,
        key: bytes,
        sink: Sink,
        *,
        window_s: float = 3.0,
        occupied: Callable[[], bool] = lambda: False,
    ) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of {device} must have {KEY_BYTES} bytes")
        self.device, self.options, self.key = device, options, key
        self.up = False
        """Whether its channel stands, with our key."""
        self.installing_until_ns = 0
        self.commands: Callable[[OsdpReader, dict[str, Any]], None] = lambda reader, command: None
        """Where commands go; set by the bus."""
        self.wake: Callable[[], None] = lambda: None
        self._sink, self._occupied = sink, occupied
        self._presentations = Presentations(round(window_s * 1e9))
        self._faults = Faults(device, sink)
        self._heard_ns = self._returned_ns = self._kicked_ns = self._down_ns = 0
        self._install_asked = 0

    # ---- from any thread

    def verdict(self, verdict: Verdict) -> None:
        """Light and buzzer answer a decision. Returns at once; a reader that is away shows nothing."""
        if not self.up:
            return
        self.commands(self, _light(verdict, self.options.led))
        if beeps := BEEPS.get(verdict):
            self.commands(self, _buzzer(beeps))

    def install(self, seconds: float) -> None:
        """A technician's act: for so long accept the default key once, and give the reader ours. 0 ends it.
        ValueError when it is longer than a quarter of an hour."""
        if not 0 <= seconds <= INSTALL_LONGEST_S:
            raise ValueError(f"install mode lasts up to {INSTALL_LONGEST_S:.0f} s, not {seconds}")
        self._install_asked = time.monotonic_ns() + round(seconds * 1e9) if seconds else 1
        self.wake()

    # ---- the bus's thread

    def begun(self, now: int) -> None:
        """The port is open."""
        self.up = False
        self._heard_ns = 0
        self._kicked_ns = self._down_ns = now
        self._faults.only(None, among=LOST)

    def lost(self, code: FaultCode, detail: str) -> None:
        """The port failed: nothing else is known of this reader."""
        self.up = False
        self._faults.only(code, detail, among=(*LOST, FaultCode.SILENT, FaultCode.KEY, FaultCode.NOISE))

    def heard(self, now: int) -> None:
        """A good frame of it came."""
        if now - self._heard_ns > GAP_NS:
            self._returned_ns = now
        self._heard_ns = now
        self.fault(FaultCode.SILENT, False, "", now)

    def channel(self, active: bool, default_key: bool, now: int) -> None:
        """The Secure Channel came up or went. Over the default key nothing counts: libosdp sends our key and begins again."""
        was, self.up = self.up, active and not default_key
        if was and not self.up:
            self._down_ns = now
            self._kicked_ns = min(self._kicked_ns, now - KICK_NS + AGAIN_NS)
        if self.up and not was:
            self._returned_ns = now
            self.fault(FaultCode.SILENT, False, "", now)
            self.fault(FaultCode.KEY, False, "", now)
            if self.installing:
                self._end_install("the reader has the gate's key now", now)

    @property
    def installing(self) -> bool:
        """Whether install mode is on."""
        return FaultCode.INSTALL in self._faults

    def tick(self, now: int) -> bool:
        """Time went by. Returns whether to kick it: take it out of the bus and in again."""
        asked, self._install_asked = self._install_asked, 0
        if asked > now:
            self.installing_until_ns = asked
            self.up = False  # from now on only a new channel counts
            self.fault(FaultCode.INSTALL, True, f"for {(asked - now) / 1e9:.0f} s", now)
            return self._kick(now)
        if self.installing and (asked or now >= self.installing_until_ns):
            self._end_install("the time is over" if not asked else "ended", now)
            return self._kick(now)
        if now - self._kicked_ns < KICK_NS or (self.up and now - self._heard_ns < KICK_NS):
            return False
        if self.up:
            self._down_ns = self._heard_ns
        silent = now - self._heard_ns >= KICK_NS
        self.fault(FaultCode.SILENT, silent, "no answer at its address", now)
        if silent:
            self.fault(FaultCode.KEY, False, "", now)
        elif not self.installing and now - self._down_ns >= KICK_NS:
            self.fault(FaultCode.KEY, True, "answers, but without a secure channel with the gate's key", now)
        return self._kick(now)

    def _kick(self, now: int) -> bool:
        self.up = False
        self._kicked_ns = now
        return True

    def _end_install(self, why: str, now: int) -> None:
        self.installing_until_ns = 0
        self.fault(FaultCode.INSTALL, False, why, now)

    def event(self, event: Mapping[str, Any], now: int) -> None:
        """A card (libosdp's dictionary)."""
        if not self.up:
            return
        data, fmt = bytes(event["data"]), event["format"]
        card = _text(data) if fmt == ASCII else uid(data, int(event["length"]), self.options)
        if card is None:
            log.info("%s: %d bits that are no card", self.device, int(event["length"]))
            return
        if now - self._returned_ns < STALE_NS and not self._occupied():
            log.info("%s: a card read of the time without a line is dropped", self.device)
            return
        if self._presentations.is_new(card, now):
            self._sink(CardRead(self.device, card, now, data))

    def status(self, report: bytes, now: int) -> None:
        """Its local status: tamper, power (osdp_LSTATR)."""
        if self.up and len(report) >= 2:
            self.fault(FaultCode.TAMPER, bool(report[0]), "its housing is open", now)
            self.fault(FaultCode.POWER, bool(report[1]), "it reports a power failure", now)

    def fault(self, code: FaultCode, active: bool, detail: str, now: int) -> None:
        """A state: said when it begins and when it ends."""
        self._faults.be(code, active, detail, now)


def _text(data: bytes) -> bytes | None:
    """A number in hexadecimal text."""
    try:
        return bytes.fromhex(data.decode("ascii").strip()) or None
    except ValueError:
        return None


def _light(verdict: Verdict, led: int) -> dict[str, Any]:
    """osdp_LED, temporary: its own light comes back by itself."""
    return {
        "command": "led",
        "reader": 0,
        "led_number": led,
        "control_code": 2,
        "on_count": 10,
        "off_count": 0,
        "on_color": LIT[verdict],
        "off_color": 0,
        "timer_count": LIT_TENTHS[verdict],
        "temporary": True,
    }


def _buzzer(times: int) -> dict[str, Any]:
    """osdp_BUZ: one beep for right, three for wrong."""
    return {"command": "buzzer", "reader": 0, "control_code": 2, "on_count": 1, "off_count": 1, "rep_count": times}
