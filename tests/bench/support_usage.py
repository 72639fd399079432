"""What programs use of the machine while something is measured, read from /proc."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import TracebackType

_TICK = os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.5


class Usage:
    """Of each part: its process (`pid`) with all its children. `share`: of one core, since the file `begins` was there; `memory_mb`: the most that
    was resident (children's shared pages counted once for each)."""

    def __init__(self, pids: dict[str, int], begins: Path) -> None:
        self._pids, self._begins = pids, begins
        self.share = dict.fromkeys(pids, 0.0)
        self.memory_mb = dict.fromkeys(pids, 0.0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Usage:
        self._begins.unlink(missing_ok=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        first: tuple[float, dict[str, float]] | None = None
        while not self._over.wait(_LOOK_S):
            used = {part: _used(pid) for part, pid in self._pids.items()}
            now = time.monotonic()
            for part, (_, memory) in used.items():
                self.memory_mb[part] = max(self.memory_mb[part], memory)
            if first is None and self._begins.exists():
                first = now, {part: seconds for part, (seconds, _) in used.items()}
            if first is not None and now > first[0]:
                self.share = {part: (used[part][0] - first[1][part]) / (now - first[0]) for part in used}


def _used(pid: int) -> tuple[float, float]:
    """(seconds of processor, resident MB) of a process and its children; (0, 0) when it has ended."""
    seconds = memory = 0.0
    for one in _family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        seconds += (int(fields[11]) + int(fields[12])) / _TICK
        memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return seconds, memory


def _family(pid: int) -> list[int]:
    parents = dict[int, list[int]]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found
