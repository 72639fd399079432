"""One RS-485 bus: the thread of its port, libosdp's control panel, and the readers on it.

    open the port → a new control panel → turn, turn, turn … → the port failed → close, pause, open again

A turn: what waits to be told, libosdp's refresh (it reads and writes through line.Line), what it reported, the readers' watchdogs.
libosdp is only ever called on this thread; it holds the keys and its log is silent, so no key can come out of it.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import osdp
import osdp_sys

from drivers.base import FaultCode
from drivers.noise import NoiseMeter
from drivers.osdp.line import Line
from drivers.osdp.reader import OsdpReader
from drivers.port import hold, why_lost

log = logging.getLogger(__name__)

TURN_S = 0.01
COMMANDS = {"led": osdp.Command.LED, "buzzer": osdp.Command.Buzzer}
FLAGS = [osdp.LibFlag.EnforceSecure, osdp.LibFlag.EnableNotification]
INSTALLING = [osdp.LibFlag.InstallMode, osdp.LibFlag.EnableNotification]


class OsdpBus:
    """A port with OSDP readers. `add` them all before `start`. ValueError for an address of an unknown scheme."""

    def __init__(
        self, url: str, baud: int, *, retry_first_s: float = 0.2, retry_longest_s: float = 5.0, turn_s: float = TURN_S
    ) -> None:
        self.url, self.baud = url, baud
        self._line = Line(url, baud, self._heard, self._noisy)
        self._readers: list[OsdpReader] = []
        self._retry_s, self._turn_s = (retry_first_s, retry_longest_s), turn_s
        self._reported: list[tuple[int, dict[str, Any]]] = []
        self._commands: queue.Queue[tuple[OsdpReader, dict[str, Any]]] = queue.Queue(32)
        self._noise = NoiseMeter()
        self._enabling: set[int] = set()
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"osdp-{url.rpartition('/')[2]}", daemon=True)

    def add(self, reader: OsdpReader) -> OsdpReader:
        """A reader on this bus. ValueError when its address is taken."""
        if any(reader.options.address == other.options.address for other in self._readers):
            raise ValueError(f"address {reader.options.address} is taken on {self.url}")
        reader.commands, reader.wake = self._command, self._wake.set
        self._readers.append(reader)
        return reader

    def start(self) -> None:
        """Begin. The first opening is tried at once, on the thread."""
        self._thread.start()

    def close(self, timeout: float = 3.0) -> None:
        """End the thread and release the port. May be called twice, and before `start`."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def tap(self, callback: Callable[[bytes, int], None]) -> Callable[[], None]:
        """Hear every chunk of raw bytes and its mono_ns, on the bus's thread. Call what is returned to stop."""
        return self._line.listeners.add(callback)

    def _command(self, reader: OsdpReader, command: dict[str, Any]) -> None:
        with contextlib.suppress(queue.Full):  # lights and beeps only: an old one is worth nothing
            self._commands.put_nowait((reader, command))
        self._wake.set()

    # ---- the thread

    def _run(self) -> None:
        line = self._line
        hold(self._closing, self._retry_s, open_=line.open, serve=self._serve, failed=self._lost, shut=line.close)

    def _serve(self) -> None:
        """Until the port fails or `close`."""
        panel = self._panel()
        now = time.monotonic_ns()
        for reader in self._readers:
            reader.begun(now)
        while not self._closing.is_set():
            self._wake.wait(self._turn_s)
            self._wake.clear()
            self._tell(panel)
            panel.refresh()
            if self._line.error is not None:
                raise self._line.error
            now = time.monotonic_ns()
            self._take(panel, now)
            for number, reader in enumerate(self._readers):
                if reader.tick(now):
                    self._kick(panel, number, reader)
            self._enable(panel)
            self._noise_is(self._noise.tick(now), now)

    def _panel(self) -> Any:
        """A new control panel: nothing of an old channel is left. The keys go into it and nowhere else."""
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
        self._reported.clear()
        self._enabling.clear()
        infos = [
            osdp.PDInfo(
                reader.options.address,
                self._line,
                scbk=reader.key,
                name=reader.device[:15],
                flags=INSTALLING if reader.installing else FLAGS,
            ).get()
            for reader in self._readers
        ]
        panel = osdp_sys.ControlPanel(infos)
        panel.set_event_callback(self._report)
        return panel

    def _report(self, number: int, event: dict[str, Any]) -> int:
        """Called within `refresh`: only noted, so that nothing of ours raises into the library."""
        self._reported.append((number, event))
        return 0

    def _tell(self, panel: Any) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                reader, command = self._commands.get_nowait()
                if reader.up:
                    panel.submit_command(
                        self._readers.index(reader), {**command, "command": COMMANDS[command["command"]]}
                    )

    def _take(self, panel: Any, now: int) -> None:
        reported, self._reported = self._reported, []
        for number, event in reported:
            reader = self._readers[number]
            match event["event"]:
                case osdp.Event.CardRead:
                    reader.event(event, now)
                case osdp.Event.Status if event["type"] == osdp.StatusReportType.Local:
                    reader.status(event["report"], now)
                case osdp.Event.Notification if event["type"] == osdp.EventNotification.SecureChannelStatus:
                    reader.channel(bool(event["arg0"]), bool(event["arg1"]), now)
                    if reader.up:
                        self._came_up(panel, number)

    def _came_up(self, panel: Any, number: int) -> None:
        self._flags(panel, number, False)
        local = {"command": osdp.Command.Status, "type": osdp.StatusReportType.Local, "report": b""}
        panel.submit_command(number, local)

    def _flags(self, panel: Any, number: int, installing: bool) -> None:
        """libosdp tries the default key only where the channel is not enforced; what comes without our key never counts (reader.py)."""
        for flag, on in ((osdp.LibFlag.InstallMode, installing), (osdp.LibFlag.EnforceSecure, not installing)):
            (panel.set_flag if on else panel.clear_flag)(number, flag)

    def _kick(self, panel: Any, number: int, reader: OsdpReader) -> None:
        """Out of the bus and in again: libosdp would wait for minutes. In again as soon as it is out."""
        self._flags(panel, number, reader.installing)
        panel.disable_pd(number)
        self._enabling.add(number)

    def _enable(self, panel: Any) -> None:
        for number in tuple(self._enabling):
            if not panel.is_pd_enabled(number):
                panel.enable_pd(number)
                self._enabling.discard(number)

    # ---- the line

    def _heard(self, address: int, now: int) -> None:
        self._noise_is(self._noise.good(), now)
        for reader in self._readers:
            if reader.options.address == address:
                reader.heard(now)

    def _noisy(self, count: int, now: int) -> None:
        self._noise_is(self._noise.noise(count, now), now)

    def _noise_is(self, changed: bool | None, now: int) -> None:
        if changed is not None:
            for reader in self._readers:
                reader.fault(FaultCode.NOISE, changed, "bytes on the bus that are no frames", now)

    def _lost(self, error: BaseException) -> None:
        if self._closing.is_set():
            return
        for reader in self._readers:
            reader.lost(why_lost(error), str(error))
