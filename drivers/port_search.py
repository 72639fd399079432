"""Looks for a reader on one serial port, on a thread of its own: `search-…`. The port must be nobody else's (opened exclusively).

    PUSH   one baud rate after another, listening only; a Ballot (finding.py) counts who could read what came.
           A rate at which nothing comes is left after `dwell_s`; one at which something comes is given `hear_s`.
           Ends when a card is certain, when it is stopped, or after `longest_s`.
    OSDP   one broadcast question a rate (osdp/asking.py), twice; at the first rate with an answer, or with bytes that might be
           several answers at once, every address is asked. Nothing else is ever sent.

The state is one frozen value that is replaced; `changed` is called on the thread whenever it is.
"""

from __future__ import annotations

import enum
import errno
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import serial

from drivers.finding import BAUDS, Ballot, Candidate
from drivers.osdp import asking
from drivers.osdp.frames import Framer
from drivers.port import PORT_ERRORS, open_port, shut_port, why_lost

log = logging.getLogger(__name__)
QUIET_S = 0.25
CHUNK = 4096
TURN_S = 0.02
MOST_HEARD = 8192
"""More bytes at one rate in one go are a line that floats, and only keep the machine busy: on to the next rate."""


class Mode(enum.StrEnum):
    """What is looked for."""

    PUSH = "push"
    OSDP = "osdp"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. `answer_s`: so long an OSDP reader is waited for."""

    dwell_s: float = 1.5
    hear_s: float = 3.0
    longest_s: float = 180.0
    answer_s: float = asking.ANSWER_S


@dataclass(frozen=True, slots=True)
class State:
    """How far it is. `heard`: bytes by baud rate; `error`: why it ended early; `asked`: the OSDP address asked last, -1: none."""

    mode: Mode
    running: bool = True
    baud: int = 0
    heard: tuple[tuple[int, int], ...] = ()
    candidates: tuple[Candidate, ...] = ()
    readers: tuple[tuple[int, asking.Identity], ...] = ()
    asked: int = -1
    error: str = ""


class PortSearch:
    """One search. ValueError for an address of an unknown scheme."""

    def __init__(self, url: str, mode: Mode, changed: Callable[[State], None], times: Times | None = None) -> None:
        self.url, self._changed, self._times = url, changed, times or Times()
        self.state = State(mode)
        self._port = serial.serial_for_url(
            url, baudrate=BAUDS[0], timeout=TURN_S, write_timeout=1.0, exclusive=True, do_not_open=True
        )
        self._ballots: dict[int, Ballot] = {}
        self._closing = threading.Event()
        self._ends = 0.0
        self._thread = threading.Thread(target=self._run, name=f"search-{url.rpartition('/')[2]}", daemon=True)

    def start(self) -> None:
        """Begin; the port is opened on the thread."""
        self._thread.start()

    def close(self, timeout: float = 3.0) -> None:
        """End, and release the port. May be called twice, and before `start`."""
        self._closing.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    # ---- the thread

    def _run(self) -> None:
        self._ends = time.monotonic() + self._times.longest_s
        error = ""
        try:
            open_port(self._port)
            self._listen() if self.state.mode is Mode.PUSH else self._ask()
        except PORT_ERRORS as e:
            error = why_lost(e).value
            log.info("search on %s: %s", self.url, e)
        finally:
            shut_port(self._port)
        self._is(running=False, error=error)

    @property
    def _over(self) -> bool:
        return self._closing.is_set() or time.monotonic() >= self._ends

    def _is(self, **changed: Any) -> None:
        self.state = replace(self.state, **changed)
        self._changed(self.state)

    def _set_baud(self, baud: int) -> bool:
        """False when this adapter cannot have that rate."""
        try:
            self._port.baudrate = baud
        except ValueError:
            return False
        except OSError as e:
            if e.errno != errno.EINVAL:
                raise
            return False
        self._port.reset_input_buffer()
        self._is(baud=baud)
        return True

    # ---- readers that talk by themselves

    def _listen(self) -> None:
        while not self._over:
            for baud in BAUDS:
                if self._over or not self._set_baud(baud):
                    continue
                ballot = self._ballots.setdefault(baud, Ballot(baud))
                if self._hear(ballot):
                    return

    def _hear(self, ballot: Ballot) -> bool:
        """One rate for a while. Whether a card is certain."""
        until = time.monotonic() + self._times.dwell_s
        before, last, still = ballot.count, time.monotonic(), True
        while not self._over and time.monotonic() < until and ballot.count - before < MOST_HEARD:
            data = self._port.read(1)
            now = time.monotonic()
            if data:
                data += self._port.read(min(self._port.in_waiting, CHUNK))
                if ballot.count == before:
                    until = max(until, now + self._times.hear_s)
                ballot.feed(data)
                last, still = now, False
                if self._vote(ballot):
                    return True
            elif not still and now - last > QUIET_S:
                still = True
                ballot.quiet()
                if self._vote(ballot):
                    return True
        return False

    def _vote(self, ballot: Ballot) -> bool:
        found = [each for one in self._ballots.values() for each in one.candidates()]
        found.sort(key=lambda each: each.rank, reverse=True)
        heard = tuple((baud, one.count) for baud, one in self._ballots.items() if one.count)
        self._is(candidates=tuple(found[:5]), heard=heard)
        return any(each.certain and each.baud == ballot.baud for each in found)

    # ---- OSDP

    def _ask(self) -> None:
        for baud in asking.BAUDS:
            if self._over or not self._set_baud(baud):
                continue
            for _ in range(2):
                found, noisy = self._answers(asking.EVERYBODY)
                if found or noisy:
                    self._addresses(baud)
                    if self.state.readers:
                        return
                    break

    def _addresses(self, baud: int) -> None:
        for address in asking.ADDRESSES:
            if self._over:
                return
            self._is(asked=address)
            found, _ = self._answers(asking.question(address), address)
            mine = [each for each in found if each.address == address]
            if mine:
                self._is(readers=(*self.state.readers, (baud, mine[0])))

    def _answers(self, question: bytes, address: int | None = None) -> tuple[list[asking.Identity], bool]:
        """Who answers within the time, and whether bytes came that are no frame: several answers at once. Whoever was asked by
        address ends the wait, and nobody else does: a late answer to everybody's question is not the one that is waited for."""
        framer, found, noise = Framer(), [], 0
        self._port.write(question)
        until = time.monotonic() + self._times.answer_s
        while time.monotonic() < until and not self._closing.is_set():
            data = self._port.read(max(1, min(self._port.in_waiting, CHUNK)))
            for frame in framer.feed(data):
                if (one := asking.identity(frame)) is not None:
                    found.append(one)
            noise += framer.noise()
            if any(each.address == address for each in found) and not framer.buffered:
                break
        return found, noise > 0
