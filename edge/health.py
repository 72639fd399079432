"""Is the gate well? One answer in three forms: faults on the page (worst first), `/api/v1/health`, and `/metrics` for Prometheus.

live   the process answers
ready  what happens can be recorded, so cards and commands are answered
device each thing that the configuration names, with its state and since when

What stands here anybody on the post's network may read: no names, plates, cards, addresses or counts of people.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from edge import machine
from edge.faults import Fault, Faults
from edge.machine import Machine
from edge.settings import Settings

NOT_RECORDABLE = frozenset({"disk-full", "database-locked", "database-damaged"})
_RANKS = (
    NOT_RECORDABLE,
    frozenset(
        {"forced", "did-not-rise", "did-not-fall", "sensor-contradiction", "input-lost", "moved-by-hand", "tamper"}
    ),
    frozenset({"gone", "busy", "silent", "noise", "under-voltage", "not-signed"}),
)
_RANK = {code: rank for rank, codes in enumerate(_RANKS) for code in codes} | {
    "filling": 9,
    "worn": 9,
    "not-installed": 9,
}


def rank(code: str) -> int:
    """0: nothing can be recorded; 1: an arm is not what it seems; 2: something is away; 3: something is poor; 9: soon."""
    return _RANK.get(code, 3)


def worst_first(faults: Iterable[Fault]) -> list[Fault]:
    """As people should read them; the oldest first among equals."""
    return sorted(faults, key=lambda fault: (rank(fault.code), fault.since_ms))


def devices(settings: Settings) -> tuple[str, ...]:
    """Everything that may be well or not, by the names that faults use."""
    found = ["store", "clock", "disk", "machine", "storage", "pins"]
    for lane in settings.lane:
        parts = (("barrier", True), ("relays", True), ("reader", lane.reader), ("camera", lane.camera))
        found += [f"{lane.id}.{name}" for name, there in parts if there]
    found += ["desk.reader"] if settings.desk.reader else []
    found += ["fire.pins"] if settings.fire else []
    found += ["green-way.pins"] if settings.green_way.input else []
    found += ["plates"] if settings.plates.read and any(lane.camera for lane in settings.lane) else []
    found += ["post.pins", "post.cabinet"] if settings.post.tamper else []
    return tuple(found)


class Health:
    """Looks at the machine now and then, and answers for all of it."""

    def __init__(self, settings: Settings, data: Path, faults: Faults, started_ms: int) -> None:
        self._data, self._faults, self._started_ms = data, faults, started_ms
        self.adopt(settings)
        self.machine = Machine()
        self.look: Callable[[], Machine] = partial(machine.read, data)
        """The place where tests put another machine."""

    def adopt(self, settings: Settings) -> None:
        """These devices there are from now on."""
        self._devices = devices(settings)

    async def watch(self) -> bool:
        """A chore: look, on a thread, and say what is wrong with the machine. Whether that was news."""
        before, self.machine = self.machine, await asyncio.to_thread(self.look)
        news = False
        for found in list(machine.judge(self.machine, self._faults.stands, before)):
            news |= self._faults.set(found.device, found.code, found.active, found.detail)
        return news

    @property
    def ready(self) -> bool:
        """Whether what happens can be recorded."""
        return not any(fault.code in NOT_RECORDABLE for fault in self._faults.now())

    def report(self) -> dict[str, Any]:
        """`live`, `ready`, and each device, the worst first."""
        wrong: dict[str, Fault] = {}
        for fault in worst_first(self._faults.now()):
            wrong.setdefault(fault.device, fault)
        rows = [
            {"device": fault.device, "state": "fault", "code": fault.code, "since_ms": fault.since_ms}
            for fault in wrong.values()
        ]
        rows += [
            {"device": name, "state": "ok", "code": "", "since_ms": self._faults.well_since(name) or self._started_ms}
            for name in self._devices
            if name not in wrong
        ]
        return {"live": True, "ready": self.ready, "devices": rows}

    def metrics(self, snapshot: dict[str, Any]) -> str:
        """The text format of Prometheus, from a snapshot of the live state."""
        page = _Page()
        gate, sync = snapshot["gate"], snapshot["sync"]
        page.add("gate_info", 1, version=gate["version"], gate=gate["id"], site=gate["site"])
        page.add("gate_ready", int(self.ready), "What happens can be recorded")
        page.add("gate_started_seconds", self._started_ms / 1000, "When the process began")
        for row in self.report()["devices"]:
            page.add("gate_device_ok", int(row["state"] == "ok"), "0: see gate_fault", device=row["device"])
        for fault in self._faults.now():
            page.add(
                "gate_fault", 1, "What is wrong now", device=fault.device, code=fault.code, rank=str(rank(fault.code))
            )
        page.add("gate_journal_seq", snapshot["journal_seq"], "The newest event's number")
        page.add("gate_sync_acked_seq", sync.get("acked"), "Head office has everything up to it")
        page.add("gate_sync_unsent", sync.get("unsent"), "Events that head office lacks")
        photos = sync.get("photos") or {}
        page.add("gate_photos_waiting", photos.get("waiting"), "Pictures that head office lacks")
        page.add("gate_photos_thumbnails_waiting", photos.get("thumbnails"))
        page.add("gate_sync_connected", int(bool(sync.get("connected"))))
        page.add("gate_sync_headoffice_online", int(bool(sync.get("headoffice_online"))))
        page.add("gate_registry_age_seconds", snapshot["registry"]["age_s"])
        for trust in ("unset", "restored", "ntp"):
            page.add("gate_clock_trust", int(snapshot["clock"]["trust"] == trust), trust=trust)
        for lane in snapshot["lanes"]:
            page.add("gate_lane_phase", 1, "What the arm does now", lane=lane["id"], phase=lane["phase"])
        self._of_the_machine(page)
        return page.text()

    def _of_the_machine(self, page: _Page) -> None:
        now = self.machine
        page.add("gate_disk_free_bytes", now.disk_free)
        page.add("gate_disk_size_bytes", now.disk_total)
        page.add("gate_temperature_celsius", now.temperature_c)
        page.add("gate_throttled_bits", now.throttled, "As `vcgencmd get_throttled` has them")
        page.add("gate_storage_used_life_ratio", None if now.wear_tenths is None else now.wear_tenths / 10)
        for name, suffix in (("database", ""), ("log", "-wal")):
            size = _size(self._data / f"gate.sqlite{suffix}")
            page.add("gate_database_bytes", size, part=name)
        pages = Path("/proc/self/statm").read_text("ascii").split()
        page.add("process_resident_memory_bytes", int(pages[1]) * os.sysconf("SC_PAGE_SIZE"))
        times = os.times()
        page.add("process_cpu_seconds_total", times.user + times.system, kind="counter")
        page.add("process_open_fds", sum(1 for _ in Path("/proc/self/fd").iterdir()))


class _Page:
    """Lines of one metric stand together, under its type; a value that is not known is not there."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def add(self, name: str, value: float | None, about: str = "", *, kind: str = "gauge", **labels: str) -> None:
        if value is None:
            return
        if name not in self._found:
            self._found[name] = ([f"# HELP {name} {about}"] if about else []) + [f"# TYPE {name} {kind}"]
        given = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        self._found[name].append(f"{name}{{{given}}} {value}" if given else f"{name} {value}")

    def text(self) -> str:
        return "".join(f"{line}\n" for lines in self._found.values() for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
