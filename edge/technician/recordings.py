"""Captures: a reader's raw bytes in a file of the data folder, bounded in time and size; a list of them; their replay.

A capture is journalled before its first byte is kept, and again when it is closed: card numbers are in it. It is written as it comes (a
power cut costs the last second). The newest `KEPT` stay, and none longer than `DAYS`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drivers import loader, recording
from edge.domain.events_technician import CaptureBegan, CaptureEnded
from edge.errors import BadInput, NotExecuted, NotFound
from edge.gate import Gate
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.settings_lane import OSDP, ReaderTable
from edge.technician.taps import Chunk, Of, Taps

log = logging.getLogger(__name__)
Row = dict[str, Any]
FOLDER = "captures"
LONGEST_S, MOST_BYTES = 600, 512 * 1024
"""Of one file: time, and its size as text."""
KEPT, DAYS = 20, 30
FLUSH_S = 1.0
STEPS = 2000
"""So many chunks of a replay are answered."""
NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9.-]{1,60}\.txt")


@dataclass(slots=True)
class _Running:
    of: Of
    path: Path
    ends: float
    begun_ns: int = 0
    size: int = 0
    lines: list[str] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""

    def hear(self, chunk: Chunk) -> None:
        if self.why:
            return
        self.begun_ns = self.begun_ns or chunk.mono_ns
        line = recording.line((chunk.mono_ns - self.begun_ns) // 1_000_000, chunk.data)
        if self.size + len(line) > MOST_BYTES:
            self.end("size")
            return
        self.size += len(line)
        self.lines.append(line)

    def end(self, why: str) -> None:
        self.why = self.why or why
        self.over.set()


class Recordings(Service):
    """Over a gate and its taps; files in `folder`."""

    def __init__(self, gate: Gate, taps: Taps, data: Path) -> None:
        super().__init__(gate)
        self._taps, self._folder = taps, data / FOLDER
        self._running: dict[str, _Running] = {}

    # ---- making one ------------------------------------------------------------------------------------------------

    async def begin(self, person: Person, device: str, seconds: int, key: str) -> Acted:
        """Record a reader. Raises NotFound, NotExecuted when one of it runs already."""
        if (old := self.done_before(person, key)) is not None:
            return old
        of = self._taps.reader(device)
        if not 1 <= seconds <= LONGEST_S:
            raise BadInput(f"1 – {LONGEST_S} s", "请选短一些 · choose less")
        if device in self._running:
            raise NotExecuted(
                "正在录制 · it is being recorded already", "先停止，再录新的 · stop it first", code="already"
            )
        begun = CaptureBegan(device, seconds)
        stamp = datetime.fromtimestamp(self._gate.clock.now_ms() / 1000, UTC)
        loop = asyncio.get_running_loop()
        running = _Running(of, self._folder / f"{stamp:%Y%m%d-%H%M%S}-{device}.txt", loop.time() + seconds)
        self._running[device] = running
        try:
            done = await self.do(person, key, lambda d: _noted(d, begun))
        except BaseException:
            del self._running[device]
            raise
        if done.again:
            del self._running[device]
        else:
            self._gate.bridge.spawn(self._record(running, person, f"{stamp:%Y-%m-%dT%H:%M:%SZ}"))
        return done

    def stop(self, device: str) -> None:
        """End it now. Raises NotFound when none runs."""
        running = self._running.get(device)
        if running is None:
            raise NotFound("没有在录制 · nothing is being recorded", "先开始录制 · begin first")
        running.end("asked")

    def close(self) -> None:
        """The gate stops."""
        for running in self._running.values():
            running.end("gone")

    async def _record(self, running: _Running, person: Person, began: str) -> None:
        table = running.of.table
        header = recording.Header(
            running.of.device, table.driver, dict(table.options), running.of.baud, table.port, began
        )
        loop = asyncio.get_running_loop()
        try:
            await asyncio.to_thread(self._prepare)
            await asyncio.to_thread(_append, running.path, recording.head(header))
            with self._taps.tap(running.of, running.hear):
                while not running.why:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(FLUSH_S, max(0.0, running.ends - loop.time()))):
                            await running.over.wait()
                    if loop.time() >= running.ends:
                        running.end("time")
                    await self._flush(running)
        except (OSError, NotExecuted) as e:
            log.error("capture of %s: %s", running.of.device, e)
            running.end("gone")
        finally:
            self._running.pop(running.of.device, None)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(_append, running.path, recording.end(running.why))
        ended = CaptureEnded(running.of.device, running.path.name, running.size, running.why)
        await self.do(person, "", lambda d: _noted(d, ended))
        self._gate.changed()

    async def _flush(self, running: _Running) -> None:
        lines, running.lines = running.lines, []
        if lines:
            await asyncio.to_thread(_append, running.path, "".join(lines))

    # ---- looking (reading threads) ---------------------------------------------------------------------------------

    def running(self) -> list[Row]:
        """What is being recorded: `{"device", "name", "bytes"}`. In the loop."""
        return [{"device": r.of.device, "name": r.path.name, "bytes": r.size} for r in self._running.values()]

    def names(self) -> list[Row]:
        """The files, newest first: `{"name", "bytes"}`."""
        return [{"name": path.name, "bytes": path.stat().st_size} for path in self._files()]

    def text(self, name: str) -> str:
        """One file. Raises NotFound."""
        if NAME.fullmatch(name):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                return (self._folder / name).read_text("utf-8")
        raise NotFound(f"没有录制文件 {name} · there is no capture {name}", "请在列表中选择 · choose it in the list")

    def _files(self) -> list[Path]:
        return sorted((path for path in self._folder.glob("*.txt") if NAME.fullmatch(path.name)), reverse=True)

    def _prepare(self) -> None:
        """The folder, with room for one more."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.tidy()

    def tidy(self) -> None:
        """Files beyond their number or time go."""
        oldest = self._gate.clock.now_ms() / 1000 - DAYS * 86400
        for number, path in enumerate(self._files()):
            if number >= KEPT - 1 or (self._gate.clock.usable and path.stat().st_mtime < oldest):
                path.unlink(missing_ok=True)


def replay(text: str, driver: str = "", options: dict[str, Any] | None = None) -> Row:
    """What a decoder makes of a capture; nothing of it reaches the gate. `driver`, `options`: others than recorded. Raises BadInput."""
    try:
        found = recording.parse(text)
    except recording.NotACapture as e:
        raise BadInput(f"这不是录制文件：{e} · this is no capture: {e}", "选一个录制文件 · choose a capture") from e
    header = found.header
    name = driver or header.driver
    given = options if options is not None else header.options if name == header.driver else {}
    if name == OSDP:
        raise BadInput(
            "OSDP 的内容是加密的，不能回放 · OSDP is encrypted and cannot be replayed",
            "请看实时字节 · watch the live bytes",
        )
    try:
        module = loader.load(name)
        made = loader.make_options(module, given)
    except (ValueError, TypeError) as e:
        raise BadInput(str(e), "见 docs/readers.md · see docs/readers.md") from e
    window_ms = round(ReaderTable(driver=name, port="-").repeat_s * 1000)
    steps = list(recording.replay(found, module.Decoder(made), window_ms, several=module.SEVERAL))
    rows = [{"ms": s.ms, "hex": s.data.hex(" "), "found": list(s.found), "reads": list(s.reads)} for s in steps[:STEPS]]
    reads = [{"ms": step.ms, "uid": uid} for step in steps for uid in step.reads]
    noise = sum(each["bytes"] for step in steps for each in step.found if each["what"] == "noise")
    return {
        "device": header.device,
        "driver": name,
        "options": given,
        "baud": header.baud,
        "began": header.began,
        "ended": found.ended,
        "bytes": sum(len(data) for _, data in found.chunks),
        "noise": noise,
        "reads": reads[:STEPS],
        "steps": rows,
        "more": max(0, len(steps) - STEPS),
    }


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
        file.flush()


def _noted(d: Doing, event: CaptureBegan | CaptureEnded) -> Acted:
    return Acted(d.append(event))
