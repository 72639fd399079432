"""The thread on which plates are read: one for the whole gate, below everything else in priority.

    loop ── ask(job) ──▶ newest job of each lane ──▶ plates thread: burst of frames (camera/burst.py) ──▶ found(job, burst), through the bridge

Asking costs a dictionary's entry and a queue's, and never waits: a card's way does not know whether somebody reads. A vehicle that comes
while another lane's is being read waits its turn; one that comes to the same lane takes the place of the one before. The thread is nicer
than all others of this process (setpriority), so that on a busy machine the loop, the writer and the relays run first; its heavy work is
done in onnxruntime, without the interpreter's lock.

The models are loaded on this thread, so the gate is ready before them. Where their packages are absent it says so and ends: the gate runs,
plates are typed.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from camera.base import Frame
from camera.burst import Burst, Looker, burst

log = logging.getLogger(__name__)
NICE = 10


@dataclass(frozen=True, slots=True)
class Job:
    """A vehicle to look at. `number` tells vehicles apart; `why`: loop, card, motion."""

    lane: str
    number: int
    why: str
    newer: Callable[[int, float], Frame | None]
    began_ns: int


Found = Callable[[tuple[Job, Burst]], None]
Absent = Callable[[str], None]


class Recogniser:
    """`load` makes the reader and raises ImportError, OSError or ValueError, with a sentence, where it cannot. `found` and `absent` are
    called on the thread; `absent` gets "" once reading is possible."""

    def __init__(self, load: Callable[[], Looker[Any]], found: Found, absent: Absent) -> None:
        self._load, self._found, self._absent = load, found, absent
        self._jobs: dict[str, Job] = {}
        self._wanted: dict[str, int] = {}
        """Lane → number of the vehicle that is to be looked at; another number: the one before is over."""
        self._wake: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="plates", daemon=True)

    def start(self) -> None:
        """Begin; the models are loaded on the thread."""
        self._thread.start()

    def ask(self, job: Job) -> None:
        """Look at a vehicle as soon as possible; returns at once."""
        self._wanted[job.lane] = job.number
        self._jobs[job.lane] = job
        self._wake.put(job.lane)

    def over(self, lane: str) -> None:
        """It has gone: no more frames of it."""
        self._wanted.pop(lane, None)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread, after the look that is under way."""
        self._stopping = True
        self._wanted.clear()
        self._wake.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        with suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            looker = self._load()
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            log.warning("plates are not read: %s", error)
            self._absent(str(error) or type(error).__name__)
            return
        self._absent("")
        while (lane := self._wake.get()) is not None:
            job = self._jobs.pop(lane, None)
            if job is not None and not self._stopping:
                self._look(looker, job)

    def _look(self, looker: Looker[Any], job: Job) -> None:
        try:
            burst(
                looker,
                job.newer,
                lambda found: self._found((job, found)),
                began_ns=job.began_ns,
                clock=time.monotonic_ns,
                over=lambda: self._stopping or self._wanted.get(job.lane) != job.number,
            )
        except (ValueError, RuntimeError, ArithmeticError, MemoryError, LookupError) as error:
            # Recognition is a guest in the house: a picture that it cannot digest costs this reading and nothing else.
            log.error("lane %s: a plate could not be looked at: %r", job.lane, error)
