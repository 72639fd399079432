"""Start, memory and idleness of `python -m edge run`, as a process of its own on config/laptop.toml.

Start: from the process's beginning to the line that says «ready», with the interpreter's caches warm; the middle of several
starts, and beside it a bare interpreter that only imports OpenCV, FastAPI, pydantic and paho: less than that nobody can have.
First starts also make the database, the keys and the first user (whose PIN is hashed) and import the laptop's registry. The
gate with 1,000,000 events has the uplink off, or it would be draining them instead of being idle.

RSS and CPU of the idle gate: 20 s after the start, both simulated cameras running at 5 frames a second, head office in the same
process, no page open. CPU over the last ten seconds, as a share of one core. On a Pi the real cameras take the place of the
rendered scenes, and head office is elsewhere.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.bench.support_data import KEPT, ROOT, copied, prepared
from tests.bench.support_run import Wrong, gate_toml, row

Row = dict[str, Any]
GOAL_MB = 150
BARE = "import cv2, fastapi, uvicorn, pydantic, paho.mqtt.client, gpiozero, serial, sqlite3; print('ready', flush=True)"


def run(
    *, events: int = 1_000_000, credentials: int = 100_000, starts: int = 5, settle_s: float = 10, idle_s: float = 10
) -> list[Row]:
    """The table's rows. Without `events` only those of fresh data."""
    folder = KEPT / "start"
    try:
        bare = _middle(lambda: _seconds(["-c", BARE]), starts)
        rows = [row("first start to «ready» (fresh data)", _middle(lambda: _fresh(folder), starts), "s", bare)]
        rows.append(row("start to «ready»", _middle(lambda: _start(folder, "memory"), starts), "s", bare))
        rows += _idle_rows("", *_idle(folder, "memory", settle_s, idle_s))
        if events:
            copied(prepared(events, credentials).folder, folder)
            _start(folder, "off")  # makes the key and the first user
            seconds = _middle(lambda: _start(folder, "off"), starts)
            rows.append(row(f"start to «ready», {events:,} events", seconds, "s", bare))
            rows += _idle_rows(f", {events:,} events", *_idle(folder, "off", settle_s, idle_s))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return rows


def _idle_rows(what: str, rss: float, cpu: float) -> list[Row]:
    return [
        row(f"RSS, idle, both cameras{what}", rss, "MB", goal=f"≤ {GOAL_MB} MB", met=rss <= GOAL_MB),
        row(f"CPU, idle, both cameras{what}", cpu, "% of a core"),
    ]


def _middle(measure: Callable[[], float], times: int) -> float:
    return statistics.median(measure() for _ in range(times))


def _fresh(folder: Path) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return _start(folder, "memory")


def _start(folder: Path, link: str) -> float:
    return _seconds(_words(folder, link))


def _words(folder: Path, link: str) -> list[str]:
    config = folder / "gate.toml"
    config.write_text(gate_toml(folder, {}, link), encoding="utf-8")
    return ["-m", "edge", "run", str(config)]


def _seconds(words: list[str]) -> float:
    begun = time.perf_counter()
    with _running(words):
        return time.perf_counter() - begun


def _idle(folder: Path, link: str, settle_s: float, idle_s: float) -> tuple[float, float]:
    """RSS in MB and CPU in per cent of a core of a gate that has settled."""
    with _running(_words(folder, link)) as child:
        process = psutil.Process(child.pid)
        time.sleep(settle_s)
        process.cpu_percent()
        time.sleep(idle_s)
        return process.memory_info().rss / 2**20, process.cpu_percent()


@contextlib.contextmanager
def _running(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that has said «ready»; ended by SIGTERM. Raises Wrong when it says something else."""
    command = [sys.executable, *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            said = child.stdout.readline()
            if "ready" not in said:
                raise Wrong(f"it said {said!r}")
            yield child
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
        finally:
            child.kill()
