"""The machine under the gate: disk, heat, power and the wear of its storage, read from the kernel's files, and what of it is a fault.

    power    sysfs of the Pi's firmware (get_throttled), or `vcgencmd`, or the hwmon driver rpi_volt; elsewhere nothing is known
             bit 0 too little voltage now, 1 slowed down for it, 2 throttled, 3 at the soft limit of heat; 16 to 19: since the start,
             so that a dip of a second between two looks is not missed: what is new there counts as now
    heat     the processor's thermal zone; a Pi slows down from 80 °C on
    wear     an eMMC's own estimate of used life in tenths (life_time) and of its reserve (pre_eol_info); an SD card tells nothing
    disk     what is left for the gate's user on the file system of its data

A fault begins at one value and ends at a better one, or a value on the edge would fill the journal. Nothing here raises: what cannot be read
is unknown, and unknown is no fault.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HOT_C, COOL_C = 80.0, 75.0
SCARCE_BYTES, PLENTY_BYTES = 500 << 20, 750 << 20
"""Pictures stop at 64 MB (photos.py), the journal's own reserve is 8 MB: long before that somebody should know."""
SCARCE, PLENTY = 0.05, 0.075
"""The same of a disk that is small: these parts of it."""
WORN_TENTHS = 9
"""life_time 9: 80 to 90 % of what the maker promises is used."""
UNDER_VOLTAGE, SLOWED, THROTTLED, SOFT_LIMIT = 1, 2, 4, 8
_ZONES = ("cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal", "x86_pkg_temp")


@dataclass(frozen=True, slots=True)
class Machine:
    """One look. None: not known on this machine."""

    disk_free: int | None = None
    disk_total: int | None = None
    temperature_c: float | None = None
    throttled: int | None = None
    wear_tenths: int | None = None
    spent: bool | None = None
    """The storage's reserve of good blocks is nearly used up."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the machine, or right; `device` and `code` as in faults.py."""

    device: str
    code: str
    active: bool
    detail: str = ""


def read(data: Path, root: Path = Path("/"), ask: Callable[[], str] | None = None) -> Machine:
    """Look at everything; blocks for up to two seconds: on a thread. `ask`: what `vcgencmd get_throttled` says."""
    free = total = None
    try:
        at = os.statvfs(data)
        free, total = at.f_bavail * at.f_frsize, at.f_blocks * at.f_frsize
    except OSError:
        pass  # a disk that does not answer is the store's own fault
    wear, spent = _wear(root)
    return Machine(free, total, _temperature(root), _throttled(root, ask or vcgencmd), wear, spent)


def judge(now: Machine, stands: Callable[[str, str], bool], before: Machine | None = None) -> Iterator[Finding]:
    """What is to be set and what ended. `stands(device, code)`: whether that fault stands at the moment; `before`: the look before."""
    if now.disk_free is not None:
        most, part = (PLENTY_BYTES, PLENTY) if stands("disk", "filling") else (SCARCE_BYTES, SCARCE)
        limit = most if now.disk_total is None else min(most, round(now.disk_total * part))
        yield Finding("disk", "filling", now.disk_free < limit, f"{now.disk_free >> 20} MB")
    bits = now.throttled or 0
    if before is not None and before.throttled is not None:
        bits |= bits >> 16 & ~(before.throttled >> 16) & 0xF
    hot = bool(bits & SOFT_LIMIT)
    if now.temperature_c is not None:
        hot |= now.temperature_c >= (COOL_C if stands("machine", "too-hot") else HOT_C)
    if now.temperature_c is not None or now.throttled is not None:
        yield Finding("machine", "too-hot", hot, "" if now.temperature_c is None else f"{now.temperature_c:.0f} °C")
    if now.throttled is not None:
        low = bool(bits & UNDER_VOLTAGE)
        yield Finding("machine", "under-voltage", low, f"{bits:#x}")
        yield Finding("machine", "throttled", bool(bits & (SLOWED | THROTTLED)) and not low and not hot, f"{bits:#x}")
    if now.wear_tenths is not None or now.spent is not None:
        tenths = now.wear_tenths or 0
        yield Finding("storage", "worn", tenths >= WORN_TENTHS or bool(now.spent), f"{min(tenths, 10) * 10} %")


def vcgencmd() -> str:
    """`throttled=0x50005` from the Pi's own tool; empty where it is not, or does not answer."""
    tool = shutil.which("vcgencmd")
    if tool is None:
        return ""
    try:
        return subprocess.run(
            [tool, "get_throttled"], capture_output=True, text=True, check=False, timeout=2, stdin=subprocess.DEVNULL
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _throttled(root: Path, ask: Callable[[], str]) -> int | None:
    for path in sorted(root.glob("sys/devices/platform/soc/soc:firmware/get_throttled")):
        if (bits := _number(_text(path), 16)) is not None:
            return bits
    if (bits := _number(ask().strip().removeprefix("throttled="), 16)) is not None:
        return bits
    for name in root.glob("sys/class/hwmon/hwmon*/name"):
        if _text(name) == "rpi_volt" and (alarm := _number(_text(name.with_name("in0_lcrit_alarm")), 10)) is not None:
            return alarm & UNDER_VOLTAGE
    return None


def _temperature(root: Path) -> float | None:
    found = [
        value / 1000
        for zone in root.glob("sys/class/thermal/thermal_zone*")
        if _text(zone / "type") in _ZONES and (value := _number(_text(zone / "temp"), 10)) is not None
    ]
    return max(found, default=None)


def _wear(root: Path) -> tuple[int | None, bool | None]:
    tenths: list[int] = []
    spent: list[bool] = []
    for device in root.glob("sys/block/mmcblk*/device"):
        used = [n for word in _text(device / "life_time").split() if (n := _number(word, 16))]  # 0: not told
        tenths += [max(used)] if used else []
        reserve = _number(_text(device / "pre_eol_info"), 16)
        spent += [reserve >= 2] if reserve else []
    return max(tenths, default=None), any(spent) if spent else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _number(text: str, base: int) -> int | None:
    try:
        return int(text, base)
    except ValueError:
        return None
