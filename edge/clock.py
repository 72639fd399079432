"""The gate's clocks, and how far the wall clock can be trusted.

A Pi has no clock of its own: after a power cut it wakes up in the past until a time server answers. So every event carries
the wall time *and* the time since boot, the boot's id, and how much the wall clock was worth at that moment:

    unset     earlier than this program was built: certainly wrong
    restored  plausible, but nobody vouches for it (saved across the reboot, or set by hand)
    ntp       the kernel says that a time server disciplines it (adjtimex: STA_UNSYNC is clear)
    doubtful  (in stamps) it would be «restored», but it has jumped, or cannot be right: see below

Order is by sequence number, never by time. `watch` compares the two clocks: when the wall clock departs from the steady one
by more than `JUMP_MS`, or its trust changes, that is an event, and its offset lets both ends correct what came before. A jump
of more than `DOUBT_MS` that nobody vouches for leaves the clock `doubtful`, until a time server does or it jumps back: what
depends on the date is then asked of a person.

At the start nothing but the journal says what time it must be at least: `compare` holds the wall clock against the last event
that had a time nobody doubted. A Pi whose power was cut wakes up with the time that it saved last, so before that event; a clock more than a year past
it was set wrong. Neither is used for dates until a time server vouches for it, or it is set to a time that can be.

`rate` lets a simulated morning pass in minutes: both clocks run `rate` times as fast. A gate with real devices runs at 1.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path

BUILT_MS = 1_793_000_000_000
"""2026-10-26: no event of this program can be older, so an earlier wall clock is unset."""
LATEST_MS = 4_102_444_800_000
"""2100-01-01: a wall clock later than this is as wrong as one in 1970."""
JUMP_MS = 2_000
DOUBT_MS = 3_600_000
"""After a jump this far that no time server vouches for, one of the two times was wrong and nobody knows which."""
YEAR_MS = 366 * 86_400_000
"""No gate stands still for so long: a clock that says so is taken to be wrong."""
_STA_UNSYNC = 0x0040
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class _Timex(ctypes.Structure):
    """`struct timex` of Linux on 64-bit machines; only `status` is read (adjtimex(2))."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something happened: wall time (UTC, ms), boot, ms since that boot, and what the wall clock was worth."""

    at_ms: int
    boot: str
    mono_ms: int
    clock: str


@dataclass(frozen=True, slots=True)
class Change:
    """The wall clock changed: `offset_ms` is the new wall time less the old one carried on."""

    was: str
    trust: str
    offset_ms: int


def ntp_disciplined() -> bool:
    """Whether the kernel says that a time server keeps the wall clock right. False where the kernel cannot be asked."""
    timex = _Timex()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
            return False
    except (AttributeError, OSError):
        return False
    return not timex.status & _STA_UNSYNC


def boot_id() -> str:
    """The kernel's id of this boot (first 12 hex digits), or one made from the boot's time where there is none."""
    try:
        return _BOOT_ID.read_text().strip().replace("-", "")[:12]
    except OSError:
        return f"{int(time.time() - time.monotonic()):012x}"


class Clock:
    """Wall and steady time of this machine, `rate` times as fast."""

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate
        self.boot = boot_id()
        self._mono0 = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._wall0 = self.wall_ms()
        self._trust = self._judge(self.now_ms())
        self._gap = self.now_ms() - self.mono_ms()
        self._doubt = 0
        self._not_before: int | None = None
        """The last event's time less the steady clock at the start: the wall clock cannot lie before it. None: nothing is known."""

    def wall_ms(self) -> int:
        """The machine's own wall clock; the place where tests put another one."""
        return time.time_ns() // 1_000_000

    def disciplined(self) -> bool:
        """Whether a time server vouches for the wall clock."""
        return ntp_disciplined()

    def mono_ms(self) -> int:
        """Milliseconds since boot, sleep included; never goes back."""
        elapsed = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - self._mono0
        return int((self._mono0 + elapsed * self.rate) // 1_000_000)

    def now_ms(self) -> int:
        """Wall time, UTC, in ms since 1970."""
        wall = self.wall_ms()
        return wall if self.rate == 1.0 else int(self._wall0 + (wall - self._wall0) * self.rate)

    def seconds(self, ms: int) -> float:
        """How long `ms` of this clock last in real seconds (for timers)."""
        return ms / 1000 / self.rate

    @property
    def trust(self) -> str:
        """unset, restored or ntp, as last judged by `watch`."""
        return self._trust

    @property
    def doubt_ms(self) -> int:
        """How far the clock has jumped, or lies from the journal's last event, with nobody to vouch for it; 0: not so far that it
        matters."""
        return self.astray_ms or (self._doubt if abs(self._doubt) > DOUBT_MS else 0)

    @property
    def astray_ms(self) -> int:
        """How far the wall clock lies before the last event of before the start (negative), or, past a year, behind it; else 0."""
        if self._not_before is None or self._trust != "restored":
            return 0
        away = self._gap - self._not_before
        return away if away < -JUMP_MS or away > YEAR_MS else 0

    def compare(self, last_ms: int) -> None:
        """Once, at the start: `last_ms` is the time of the journal's last event that had one nobody doubted. In a time that runs faster than
        life nothing follows from it."""
        if self.rate == 1.0 and BUILT_MS <= last_ms <= LATEST_MS:
            self._not_before = last_ms - self.mono_ms()

    @property
    def usable(self) -> bool:
        """Whether a date or an hour may be judged by the wall clock."""
        return self._trust != "unset" and not self.doubt_ms

    def stamp(self) -> Stamp:
        """Now."""
        return Stamp(self.now_ms(), self.boot, self.mono_ms(), "doubtful" if self.doubt_ms else self._trust)

    def watch(self) -> Change | None:
        """Compare both clocks; call every few seconds. Returns what changed since the last call, once."""
        now, gap = self.now_ms(), self.now_ms() - self.mono_ms()
        trust = self._judge(now)
        offset = gap - self._gap
        jumped = abs(offset) > JUMP_MS * max(1.0, self.rate)
        if trust == self._trust and not jumped:
            self._gap = gap  # a disciplined clock is slewed a little all the time: that is no jump
            return None
        change, astray = Change(self._trust, trust, offset), self.astray_ms
        if trust == "ntp":
            self._not_before = None
        if trust == "ntp" or "unset" in (trust, self._trust) or astray:
            self._doubt = 0  # what was wrong for certain has been set: by whom, and how well, says `astray_ms`
        else:
            self._doubt += offset
        self._trust, self._gap = trust, gap
        return change

    def _judge(self, now: int) -> str:
        if not BUILT_MS <= now <= LATEST_MS:
            return "unset"
        return "ntp" if self.disciplined() else "restored"
