"""The thread on which plates are read: one for the whole gate, below everything else in priority.

    loop ── ask(job) ──▶ newest job of each lane ──▶ plates thread: burst of frames (camera/burst.py) ──▶ found(job, burst), through the bridge

Asking costs a dictionary's entry and a queue's, and never waits: a card's way does not know whether somebody reads. A vehicle that comes
while another lane's is being read waits its turn; one that comes to the same lane takes the place of the one before. The thread itself only
hands frames to the recogniser's process and waits for its word (camera/plates/apart.py): no lock of this interpreter is held meanwhile.

The models are loaded from this thread, so the gate is ready before them. Where their packages are absent it says so and ends: the gate runs,
plates are typed.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from camera.base import Frame
from camera.burst import Burst, Looker, burst

log = logging.getLogger(__name__)


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

    def __init__(self, load: Callable[[], Looker], found: Found, absent: Absent) -> None:
        self._load, self._found, self._absent = load, found, absent
        self._jobs: dict[str, Job] = {}
        self._wanted: dict[str, int] = {}
        """Lane → number of the vehicle that is to be looked at; another number: the one before is over."""
        self._wake: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._looker: Looker | None = None
        self._stopping = False
        self.ready = False
        """The models are loaded."""
        self.looked = 0
        """Vehicles that were looked at."""
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
        looker = self._looker
        if looker is not None:
            looker.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _over(self) -> bool:
        return self._stopping

    def _run(self) -> None:
        try:
            looker = self._load()
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            log.warning("plates are not read: %s", error)
            self._absent(str(error) or type(error).__name__)
            return
        self._looker, self.ready = looker, True
        self._absent("")
        while (lane := self._wake.get()) is not None:
            job = self._jobs.pop(lane, None)
            if job is not None and not self._over():
                self._look(looker, job)

    def _look(self, looker: Looker, job: Job) -> None:
        self.looked += 1
        try:
            burst(
                looker,
                job.newer,
                lambda found: self._found((job, found)),
                began_ns=job.began_ns,
                clock=time.monotonic_ns,
                over=lambda: self._over() or self._wanted.get(job.lane) != job.number,
            )
        except (OSError, ValueError, RuntimeError, ArithmeticError, MemoryError, LookupError) as error:
            if self._over():
                return
            # Recognition is a guest in the house: a picture that it cannot digest costs this reading and nothing else.
            log.error("lane %s: a plate could not be looked at: %r", job.lane, error)
