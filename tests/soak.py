"""`make soak`: mornings, one after the other, on the same data; every other one is ended by kill -9 somewhere in its middle.

After each: the journal's chain and the derived tables are right, no arm came down on a vehicle, and head office has the journal up
to where it says. Runs for an hour unless told otherwise (`make soak ARGS=10`, minutes). Ends at the first thing that is wrong.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEED = 20


def morning(data: Path, kill_after_s: float | None) -> str:
    """One replay; what is wrong with it, or nothing."""
    command = [sys.executable, "-m", "edge", "simulate", "--scenario", "config/scenarios/morning.toml"]
    process = subprocess.Popen(
        [*command, "--speed", str(SPEED), "--data", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = process.communicate(timeout=kill_after_s or 600)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "" if kill_after_s else "it did not end within ten minutes"
    return "" if "arm on a car: 0" in said else said[-2000:]


def checked(data: Path) -> str:
    """The journal after it: chain, tables, and what head office has of it."""
    sys.path.insert(0, str(ROOT))
    from edge.store.verify import verify_file

    report = verify_file(data / "gate.sqlite")
    if not report.ok:
        return report.text()
    with (
        closing(sqlite3.connect(data / "gate.sqlite")) as gate,
        closing(sqlite3.connect(data / "headoffice.sqlite")) as office,
    ):
        hashes = dict(gate.execute("SELECT seq, hash FROM journal"))
        rows = office.execute("SELECT seq, hash FROM events ORDER BY seq").fetchall()
    if [seq for seq, _ in rows] != list(range(1, len(rows) + 1)):
        return "head office's numbers have a hole or a double"
    wrong = [seq for seq, digest in rows if hashes.get(seq) != digest]
    return f"head office has another event {wrong[0]}" if wrong else ""


def main(minutes: float) -> int:
    """0 when nothing was wrong."""
    until, number = time.monotonic() + minutes * 60, 0
    with tempfile.TemporaryDirectory(prefix="gate-soak-") as folder:
        while time.monotonic() < until:
            number += 1
            kill = random.uniform(5, 60) if number % 2 == 0 else None
            problem = morning(Path(folder), kill) or checked(Path(folder))
            print(f"{number:4} {f'killed after {kill:.0f} s' if kill else 'whole'}: {problem or 'fine'}", flush=True)
            if problem:
                return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["sync"]:
        sys.exit(subprocess.call([sys.executable, "-m", "tests.soak_sync", *sys.argv[2:]], cwd=ROOT))
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
