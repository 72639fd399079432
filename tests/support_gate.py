"""A whole gate for tests: config/laptop.toml on a folder of its own, in this process, `RATE` times as fast as life.

    async with whole(tmp_path) as gate:
        await gate.play("owner")
        await gate.until(lambda: gate.phase("entry") == "down")
        gate.journal()

Nothing is mocked but what config/laptop.toml mocks. Whoever waits is woken by a change of the gate's state or by a commit, and
fails after a time-out with what the journal has.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sqlite3
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.wire import wire
from edge.api.port import Command
from edge.api.who import Who
from edge.domain.event import decode
from edge.scenario import Scenario, load
from edge.settings import Settings
from edge.simulation import Told
from edge.store import queries
from edge.store.config_versions import Versions
from edge.wiring import House
from tests.support_time import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
RATE = 10.0
PATIENCE_S = 60.0 * PATIENCE
LEADER = Who("leader", "班长", "leader")
_number = itertools.count(1)


@dataclass(frozen=True)
class Said:
    """One event of the journal."""

    seq: int
    kind: str
    actor: str
    rule: str
    at_ms: int
    clock: str
    body: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.body[name]
        except KeyError:
            raise AttributeError(f"{self.kind} has no {name}: {self.body}") from None


def laptop(data: Path, change: Callable[[dict[str, Any]], None] | None = None) -> Settings:
    """The laptop's settings on another folder, with simulated lines that no other gate of this process has."""
    raw = tomllib.loads((CONFIG / "laptop.toml").read_text("utf-8"))
    raw["gate"]["data"] = str(data)
    raw["api"]["port"] = 0
    raw["plates"] = {"read": False}  # a recogniser costs a second and 120 MB: who asks about plates says so
    number = next(_number)
    for lane in raw["lane"]:
        lane["reader"]["port"] += f"-{number}"
    raw["desk"]["reader"]["port"] += f"-{number}"
    if change:
        change(raw)
    return Settings.model_validate(raw)


def config_file(folder: Path, port: int, change: dict[str, str] | None = None) -> Path:
    """config/laptop.toml for a process of its own: its data in `folder`/gate, its page on `port`, and what else is changed."""
    text = (CONFIG / "laptop.toml").read_text("utf-8")
    for old, new in {'"var/laptop"': f'"{folder / "gate"}"', "port = 8080": f"port = {port}", **(change or {})}.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    text += "\n[plates]\nread = false\n"
    path = folder / "gate.toml"
    path.write_text(text, "utf-8")
    return path


def without_cameras(raw: dict[str, Any]) -> None:
    """For tests that look at no picture: two rendered cameras are most of a small machine's work."""
    for lane in raw["lane"]:
        lane.pop("camera", None)
    for name in ("camera", "document_camera"):
        raw["desk"].pop(name, None)


def events_of(data: Path, after: int = 0) -> list[Said]:
    """The events of a gate's database, from beside it."""
    con = sqlite3.connect(f"{(data / 'gate.sqlite').as_uri()}?mode=ro", uri=True)
    try:
        return _events(con, after)
    finally:
        con.close()


def _events(con: sqlite3.Connection, after: int) -> list[Said]:
    found = []
    for seq, at_ms, data in con.execute("SELECT seq, at_ms, data FROM journal WHERE seq > ? ORDER BY seq", (after,)):
        said = json.loads(data)
        decode(said["kind"], said["body"])  # every event is one that this program can read again
        found.append(Said(seq, said["kind"], said["actor"], said["rule"], at_ms, said["clock"], said["body"]))
    return found


def chain_rows(data: Path) -> list[tuple[int, bytes, bytes]]:
    """Number, bytes and hash of each event at the gate."""
    con = sqlite3.connect(f"{(data / 'gate.sqlite').as_uri()}?mode=ro", uri=True)
    try:
        return con.execute("SELECT seq, data, hash FROM journal ORDER BY seq").fetchall()
    finally:
        con.close()


def headoffice_rows(path: Path, gate: str = "main") -> list[tuple[int, bytes, bytes]]:
    """The same at head office (its SQLite file)."""
    con = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return con.execute("SELECT seq, data, hash FROM events WHERE gate = ? ORDER BY seq", (gate,)).fetchall()
    finally:
        con.close()


class Whole:
    """A gate that runs."""

    def __init__(self, house: House, data: Path) -> None:
        self.house, self.data = house, data
        self.gate, self.live, self.world = house.gate, house.live, house.playground
        self._keys = itertools.count(1)

    # ---- looking

    def journal(self, after: int = 0) -> list[Said]:
        """What is committed."""
        with self.house.store.reader() as con:
            return _events(con, after)

    def all(self, kind: str, after: int = 0, **body: Any) -> list[Said]:
        """The events of a kind (or of a group: `fault.`) whose bodies have these values."""
        return [
            e
            for e in self.journal(after)
            if e.kind.startswith(kind) and all(e.body.get(name) == value for name, value in body.items())
        ]

    def head(self) -> int:
        """The newest event's number."""
        with self.house.store.reader() as con:
            return queries.head(con).seq

    def passes(self) -> list[dict[str, Any]]:
        """The register, the oldest first."""
        with self.house.store.reader() as con:
            return queries.recent_passes(con, limit=200)[::-1]

    def lane(self, lane: str = "entry") -> dict[str, Any]:
        """A lane as the page sees it."""
        return next(one for one in self.live.snapshot()["lanes"] if one["id"] == lane)

    def phase(self, lane: str = "entry") -> str:
        """The arm."""
        return self.gate.lanes[lane].state.phase.value

    def faults(self) -> set[tuple[str, str]]:
        """What the page shows as wrong."""
        return {(f["device"], f["code"]) for f in self.live.snapshot()["faults"]}

    # ---- waiting

    async def until(self, good: Callable[[], object], what: str = "", timeout_s: float = PATIENCE_S) -> Any:
        """Wait until it holds; looked at after each change and each commit. Returns what it returned."""
        with self.gate.hub.subscribe() as changes:
            try:
                async with asyncio.timeout(timeout_s):
                    while not (found := good()):
                        await changes.get()
                    return found
            except TimeoutError:
                tail = "\n".join(f"{e.seq} {e.kind} {e.body}" for e in self.journal()[-25:])
                raise AssertionError(f"not in {timeout_s} s: {what or good}\n{tail}") from None

    async def hears(self, present: Callable[[], object], heard: Callable[[], object], every_s: float = 0.1) -> Any:
        """Present something again and again, as people do, until it was heard: a port that opens drops what lies in it."""
        with self.gate.hub.subscribe() as changes:
            async with asyncio.timeout(PATIENCE_S):
                while not (found := heard()):
                    present()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(changes.get(), every_s)
                return found

    async def event(self, kind: str, after: int = 0, **body: Any) -> Said:
        """Wait for an event."""
        found: list[Said] = await self.until(lambda: self.all(kind, after, **body), f"{kind} {body}")
        return found[0]

    async def says(self, code: str, lane: str = "entry") -> None:
        """Wait for the sentence that the guard is shown (it follows its event's commit)."""
        await self.until(lambda: (self.lane(lane)["prompt"] or {}).get("code") == code, f"the guard is shown {code}")

    async def frames(self) -> None:
        """Wait until each camera has seen something."""
        for eyes in self.house.pictures.eyes.values():
            assert await asyncio.to_thread(eyes.capture.wait_newer, 0, PATIENCE_S), "a camera gives no picture"

    async def told(self) -> None:
        """Wait until head office has all."""
        await self.until(lambda: self._unsent() == 0, "head office has everything")

    def _unsent(self) -> int:
        sync = self.live.sync()
        return max(int(sync["unsent"]), self.head() - int(sync["acked"]))

    # ---- doing

    async def play(self, name: str, lane: str | None = None) -> list[Told]:
        """A scenario of config/scenarios, to its end and until the arms are at rest."""
        return await self.perform(load(CONFIG / "scenarios" / f"{name}.toml"), lane)

    async def perform(self, scenario: Scenario, lane: str | None = None) -> list[Told]:
        """A scenario, to its end and until the arms are at rest and their pictures are on record."""
        assert self.house.stage is not None
        steps = await self.house.stage.run(scenario, lane)
        await self.house.settled()
        await self.house.bridge.drain()
        return steps

    async def steps(self, *steps: dict[str, Any], lane: str | None = None) -> list[Told]:
        """The same, told here."""
        return await self.perform(Scenario.model_validate({"title": "test", "step": steps}), lane)

    def tap(self, card: str, lane: str = "entry") -> None:
        """A card at a lane's reader, with no vehicle."""
        assert self.world is not None
        self.world.world.tap(lane, bytes.fromhex(card))

    async def order(self, action: str, lane: str = "entry", *, key: str = "", **more: Any) -> dict[str, Any]:
        """A guard's command, in time unless `tick` says otherwise.

        Two seconds of a gate's life are a tenth of one here: the press is taken to be as new as the gate accepts.
        """
        said = {"reason": "visitor", "plate": "", "tick": self.live.now_tick() + 1_900, "age_ms": 0, **more}
        return await self.live.command(LEADER, Command(lane, action, key=key or f"key-{next(self._keys)}", **said))

    async def sign_in(self, user: str = "leader") -> None:
        """Somebody is on duty."""
        pin = await self.house.users.reset_pin(user)
        await self.house.users.sign_in(user, pin, "tablet")


@asynccontextmanager
async def whole(
    data: Path,
    change: Callable[[dict[str, Any]], None] | None = None,
    *,
    rate: float = RATE,
    settings: Settings | None = None,
    versions: Versions | None = None,
) -> AsyncIterator[Whole]:
    """A gate that runs as long as the block does, and ends in order."""
    house = await House.build(settings or laptop(data, change), rate=rate, versions=versions)
    try:
        await house.start()
        gate = Whole(house, data)
        await gate.until(
            lambda: house.playground is None or all(gate.phase(lane) == "down" for lane in gate.gate.lanes)
        )
        for table in house.settings.lane:  # a card that nobody listens to yet is lost, as at a real gate
            if table.reader and table.reader.port.startswith("sim://"):
                line = wire(table.reader.port.removeprefix("sim://"))
                assert await asyncio.to_thread(line.wait_open, PATIENCE_S)
        yield gate
        if house.playground:
            assert house.playground.world.violations == ()
    finally:
        await house.stop("asked")
