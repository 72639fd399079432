"""A child process of this program, and bytes to and from it within a time: for work that must not take the gate with it.

    child = Child("camera.apart_child", "rtsp://…"); child.start(); child.write(order, until); child.fill(room, until); child.close()

Its standard error goes nowhere, it gets no arguments (every user of the machine can read them), and it ends with the thread that made it
(PR_SET_PDEATHSIG, in `bounded`). Whoever waits for it can be woken from another thread (`interrupt`).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PIPE_BYTES = 1 << 20
LAST_S = 5.0
_ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1


class Child:
    """One child. `name` stands in its errors."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self.name = module, name
        self._stopped = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def stopped(self) -> bool:
        """Interrupted, for good."""
        return self._stopped.is_set()

    def start(self) -> None:
        """Raises OSError."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "0"},
        )
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        assert self.process.stdin is not None
        os.set_blocking(self.process.stdin.fileno(), False)
        if self.stopped:
            self.close()

    def write(self, data: bytes | memoryview, until: float) -> None:
        """Raises OSError when the time (of time.monotonic) is over or the child has ended."""
        process, left = self._running(), memoryview(data).cast("B")
        assert process.stdin is not None
        while len(left) and not self.stopped:
            if not select.select([], [process.stdin], [], max(0.0, until - time.monotonic()))[1]:
                raise OSError(f"{self.name}: its process takes nothing")
            try:
                left = left[os.write(process.stdin.fileno(), left[:PIPE_BYTES]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise OSError(f"{self.name}: {self._end()}") from None

    def fill(self, room: memoryview, until: float, *, silent: str = "says nothing") -> None:
        """Read until there is no room left, or it was interrupted. Raises OSError as `write` does."""
        process = self._running()
        assert process.stdout is not None
        while len(room) and not self.stopped:
            if not select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise OSError(f"{self.name} {silent}")
            count = os.readv(process.stdout.fileno(), [room])
            if not count:
                if self._stopped.is_set():
                    return
                raise OSError(f"{self.name}: {self._end()}")
            room = room[count:]

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise OSError(f"{self.name}: its process is not running")
        return self.process

    def _end(self) -> str:
        assert self.process is not None
        try:
            code = self.process.wait(LAST_S)
        except subprocess.TimeoutExpired:
            return "its process has closed its mouth"
        return f"its decoder has ended ({f'signal {-code}' if code < 0 else f'exit {code}'})"

    def close(self) -> None:
        """End it."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def interrupt(self) -> None:
        """End whoever waits, for good. Any thread."""
        self._stopped.set()
        process = self.process
        if process is not None:
            process.kill()


def bounded(memory: int, *, nice: int = 0) -> None:
    """In the child, before anything else: it ends with its parent's thread, has so many bytes of address space, and leaves no core. A
    sandbox that forbids a part of this bounds it itself."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))
    if nice:
        with contextlib.suppress(OSError):
            os.nice(nice)


def mouth() -> int:
    """In the child: where it speaks. What a library prints goes to standard error from now on, not between the words."""
    out = os.dup(1)
    os.dup2(2, 1)
    return out


def speak(out: int, data: bytes | memoryview) -> None:
    """In the child: all of it. Raises BrokenPipeError when nobody listens any more."""
    left = memoryview(data).cast("B")
    while len(left):
        left = left[os.write(out, left) :]
