"""The campaign's hand inside the guest: contacts, the relays' trace, the gate's API, SQL. Standard library only.

One JSON object a line on standard input, one answer a line on standard output, in order. The trace is a thread that looks at
the watched lines every three milliseconds and notes each change with its CLOCK_MONOTONIC time; `trap` lets that thread send a
signal a tenth of a second after a line took a value (nothing from outside is quick enough for the middle of a pulse).
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

CHIP = Path(subprocess.run(["rig-gpio", "dir"], capture_output=True, text=True, check=True).stdout.strip())


class Trace(threading.Thread):
    """What the watched lines did, and the signal that waits for one of them."""

    def __init__(self, lines: list[int]) -> None:
        super().__init__(daemon=True)
        self.changes: list[tuple[float, int, int]] = []
        self.trap: tuple[int, int, int, int] | None = None
        self._files = {n: os.open(CHIP / f"sim_gpio{n}" / "value", os.O_RDONLY) for n in lines}
        self._values: dict[int, int] = {}

    def run(self) -> None:
        while True:
            for line, file in self._files.items():
                value = int(os.pread(file, 2, 0)[:1])
                if self._values.get(line) != value:
                    self._values[line] = value
                    if self.trap and self.trap[:2] == (line, value):
                        threading.Timer(0.1, os.kill, self.trap[2:]).start()
                        self.trap = None
                    self.changes.append((time.monotonic(), line, value))
            time.sleep(0.003)


class Agent:
    """The commands, one method each."""

    def __init__(self) -> None:
        self.trace = Trace([])

    def watch(self, lines: list[int]) -> float:
        """Begin to trace these lines."""
        self.trace = Trace(lines)
        self.trace.start()
        return time.monotonic()

    def changes(self, since: float = 0.0) -> list[tuple[float, int, int]]:
        """The changes after that time."""
        return [change for change in list(self.trace.changes) if change[0] > since]

    def trap(self, line: int, value: int, pid: int, number: int) -> None:
        """Send the signal `number` to `pid` when `line` has become `value`, once."""
        self.trace.trap = (line, value, pid, number)

    def now(self) -> float:
        """CLOCK_MONOTONIC."""
        return time.monotonic()

    def pull(self, line: int, level: int) -> float:
        """A contact: what the line is pulled to from outside. Returns when."""
        (CHIP / f"sim_gpio{line}" / "pull").write_text("pull-up" if level else "pull-down")
        return time.monotonic()

    def get(self, line: int) -> int:
        """A line's level."""
        return int((CHIP / f"sim_gpio{line}" / "value").read_text())

    def bounce(self, line: int, level: int, times: int, gap_ms: float) -> float:
        """A contact that bounces: `times` changes and back, then it rests at `level`. The longest time at the other one, ms:
        this process is held up too."""
        longest = 0.0
        for _ in range(times):
            self.pull(line, level)
            time.sleep(gap_ms / 1000)
            began = self.pull(line, 1 - level)
            time.sleep(gap_ms / 1000)
            longest = max(longest, self.pull(line, level) - began)
        return longest * 1000

    def api(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The gate's API, as the console of this machine."""
        token = Path("/var/lib/gate-edge/console.token").read_text().split()[0]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:8080{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=240) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return {"status": error.code, **json.loads(error.read())}

    def sql(self, db: str, query: str) -> list[list[Any]]:
        """A query; bytes as hexadecimal."""
        con = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
        try:
            rows = con.execute(query).fetchall()
        finally:
            con.close()
        return [[value.hex() if isinstance(value, bytes) else value for value in row] for row in rows]

    def sh(self, command: str) -> dict[str, Any]:
        """A shell command: its status and what it said."""
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=1200, check=False)
        return {"status": done.returncode, "out": done.stdout, "err": done.stderr}


def main() -> None:
    agent = Agent()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"is": getattr(agent, asked.pop("do"))(**asked)}
        except (OSError, sqlite3.Error, subprocess.SubprocessError, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
