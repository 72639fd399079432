"""The only place that builds concrete objects and ties them together (devices.py and what it stands on make the devices).

    read_settings → House.build → start → stop

Everything is made in the order in which it is needed and ended in the reverse order. What each thread produces goes through
the bridge; the list of threads is in README.md.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from edge import __version__, counting, first_sign_in, hardware, osdp, plates_here, resting, systemd, tls
from edge.api import app as api
from edge.api.context import Options
from edge.bridge import Bridge
from edge.clock import BUILT_MS, LATEST_MS, Clock
from edge.configuring import Configuring
from edge.devices import Devices
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain.policy import Rules
from edge.duties import CONFIG_S, RETENTION_S, Duties
from edge.errors import StoreError
from edge.gate import Gate
from edge.guard_post import GuardPost, Plans
from edge.health import Health
from edge.lane import Lane
from edge.listing import Listing
from edge.live import Live
from edge.live_config import LiveConfig
from edge.outside import Outside
from edge.pictures_here import PicturesHere
from edge.places import CONFIG, ROOT, SCENARIOS, database, folder, open_store, read_settings
from edge.playground import Playground
from edge.reading import Reading
from edge.registry_words import WordsDown
from edge.settings import Settings, fingerprint
from edge.simulation import Stage
from edge.store import queries, queries_post, registry
from edge.store.config_versions import Versions
from edge.store.db import Store
from edge.store.users import Users
from edge.technician.workshop import Workshop

__all__ = ["House", "database", "folder", "open_store", "read_settings"]
CERTIFICATE_S = 3600.0


def _ruled(rules: Rules, settings: Settings) -> Rules:
    """The rules as [policy] has them."""
    policy = settings.policy
    return replace(
        rules,
        anti_passback=policy.anti_passback,
        plate_differs=policy.plate_differs,
        two_places_ms=round(policy.two_places_s * 1000),
    )


class House:
    """A gate with everything that belongs to it."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        bridge: Bridge,
        plans: Plans,
        versions: Versions | None = None,
    ) -> None:
        self.settings, self.store, self.clock, self.bridge = settings, store, clock, bridge
        data = folder(settings)
        self.words_down = WordsDown(store, plans.said)
        plans = replace(plans, said=self.words_down.said)
        rules = Rules(exit_tap=plans.visits.exit_tap, trucks=plans.visits.trucks, load_ms=plans.goods.serves_ms)
        self.gate = Gate(store, clock, bridge, _ruled(rules, settings), settings.policy.timezone)
        counted = hardware.counters(settings.counter, ROOT, data)
        self.gate.counters = counting.Counters(store, counted, self.gate.note)
        self.users = Users(store, clock, session_s=settings.api.session_h * 3600)
        self._pictures_here = kept = PicturesHere(settings, self.gate)
        self.photos, self.pictures = kept.photos, kept.pictures
        self.post = post = GuardPost(self.gate, settings, plans, self.photos, self.pictures, self.users)
        self.live = Live(
            self.gate,
            name=settings.gate.name,
            community=settings.gate.community,
            simulated=settings.simulated,
            desk=post.desk,
            reception=post.reception,
        )
        post.show(self.live)
        self.how_to_sign_in = ""
        self.tls: tuple[Path, Path] | None = None
        self.console = secrets.token_urlsafe(32)
        """What the command line on this machine shows to be let in; new with every start."""
        self.stage: Stage | None = None
        self.reading: Reading | None = None
        self.outside: Outside | None = None
        self.app: FastAPI = FastAPI()
        self.plans = plans
        keys = osdp.Keys(data, systemd.credential("osdp-keys"))
        eyes = (self.pictures.eyes, self.live.eyes)
        self.devices = Devices(self.gate, post.hearing, data, keys, plans.said, eyes)
        self.technician = self.live.technician = Workshop(
            self.gate, self.users, self.devices, lambda: self.settings, data
        )
        self.health = self.live.health = Health(settings, data, self.gate.faults, clock.now_ms())
        self.chores = Duties(
            self.gate,
            data,
            users=self.users,
            health=self.health,
            privacy=post.privacy,
            desk=post.desk,
            reception=post.reception,
        )
        post.duties(self.chores)
        self.configuring = Configuring(self.gate, settings, versions, self.adopt)
        self.chores.add("captures", RETENTION_S, self.technician.tidy)
        self.chores.add("config", CONFIG_S, self.configuring.watch)
        self.live.config = LiveConfig(self.configuring)

    # ---- build -----------------------------------------------------------------------------------------------------

    @classmethod
    async def build(cls, settings: Settings, *, rate: float = 1.0, versions: Versions | None = None) -> House:
        """Open the store and make everything else. Raises GateError when the gate could not record anything.

        `versions`: where the configuration may be changed as the gate runs, its versions.
        """
        plans = await asyncio.to_thread(Plans.read, CONFIG)
        store = await asyncio.to_thread(open_store, settings)
        clock = Clock(rate)
        house = cls(settings, store, clock, Bridge(asyncio.get_running_loop()), plans, versions)
        try:
            await house._begin()
            house._make_lanes()
            await house._make_page()
        except BaseException:
            await house.stop("error")
            raise
        return house

    async def _begin(self) -> None:
        """The first records of this run, and whoever follows the journal."""
        self.store.on_commit(self.bridge.sink(self.live.committed))
        self.store.on_commit(self.bridge.sink(self.post.convoys.committed))
        self.store.on_trouble(self._trouble)
        with self.store.reader() as con:
            head = queries.head(con)
            open_faults = queries.open_faults(con)
            self.clock.compare(queries.last_time(con, BUILT_MS, LATEST_MS))
            planned = queries_post.untold(con, self.plans.post.told())
        self.live.journal_seq = head.seq
        previous = "first" if head.seq == 0 else "clean" if head.kind == ev.GateStopped.KIND else "crash"
        started = ev.GateStarted(__version__, fingerprint(self.settings), previous, self.settings.simulated)
        ended = [ev.FaultEnded(f["device"], f["code"], 0, f["lane"]) for f in open_faults]
        await self.gate.record((started, *ended, *planned))
        await self._demo_registry()
        self.chores.clock_fault()

    async def _demo_registry(self) -> None:
        """A simulated gate that knows nobody is given the registry of its configuration, so that there is somebody to play."""
        path = self.settings.simulation.registry
        with self.store.reader() as con:
            known = queries.registry(con)["imported_ms"]
        if path is not None and not known:
            await asyncio.to_thread(
                registry.import_file, self.store, ROOT / path, actor="gate", stamp=self.clock.stamp()
            )

    def _make_lanes(self) -> None:
        settings = self.settings
        for table in settings.lane:
            lane = Lane(
                table,
                hardware.barrier_config(table, settings.fire is not None),
                self.clock,
                self.gate.record,
                self.gate.note,
                self.bridge.spawn,
                self.gate.changed,
                self.gate.faults.set,
                self.pictures.snap,
            )
            self.gate.lanes[table.id] = lane
            lane.plate_now = partial(self._plate_at, table.id)
        self.reading = self.live.reading = plates_here.make(settings, self.gate, self.pictures, self.post.convoys)
        if self.reading is not None:
            self.devices.maker.motion = self.reading.moved
        self.post.sight.eyes = self.devices.maker.desk_eyes
        self.devices.build(settings)
        if self.playground is not None:
            self.post.sight.somebody = self.playground.desk.somebody
            self.stage = self.live.stage = Stage(
                SCENARIOS, self.playground, settings.lane, self.store, self.clock, self.bridge
            )

    @property
    def playground(self) -> Playground | None:
        """The simulated world, where the pins are simulated."""
        return self.devices.playground

    def _plate_at(self, lane: str) -> str:
        return self.gate.plate_at(lane)

    async def _make_page(self) -> None:
        self.how_to_sign_in = await first_sign_in.words(self.users, self.store)
        listing = Listing(self.gate, self.plans.visits, self.plans.goods, self.post.convoys, self.post.bulletins)
        self.outside = Outside(self.settings, self.gate, self.live, self.photos, listing.settle)
        self.outside.on_lists(self.words_down.look)
        await self.outside.begin()
        self.chores.add("certificate", CERTIFICATE_S, self.outside.certificate)
        self.live.sync = self.outside.headquarters.status
        self.post.reception.believe(self.outside.headquarters.key)
        self.post.shifts.unsent = self.outside.unsent
        self.tls, ca = await asyncio.to_thread(tls.of, self.settings.api, ROOT, folder(self.settings) / "tls")
        options = Options(names=self.settings.api.names, secure=self.tls is not None, console=self.console, ca=ca)
        self.app = api.create_app(self.live, self.users, options)

    # ---- start and stop --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Devices begin to speak, and are answered."""
        self.devices.start()
        if self.reading is not None:
            self.reading.start()
        if self.outside is not None:
            self.outside.start()
        self.bridge.spawn(self._pictures_here.tend())
        self.chores.start()

    async def adopt(self, settings: Settings) -> None:
        """Become a gate of these settings, as far as that goes without a start (edge.config_change). Raises SettingsError."""
        for table in settings.lane:
            config = hardware.barrier_config(table, settings.fire is not None)
            if (lane := self.gate.lanes[table.id]).table != table:
                lane.adopt(table, config)
        await self.devices.change(settings)
        self.gate.rules = _ruled(self.gate.rules, settings)
        self.post.adopt(settings)
        self.health.adopt(settings)
        self.live.simulated = settings.simulated
        self.settings = settings

    def closing(self) -> None:
        """Open streams end, so that the page's server can stop."""
        api.closing(self.app)

    async def stop(self, reason: str) -> None:
        """The other way round. An arm that is coming down is watched until it is down; then relays are released first."""
        await self.at_rest()
        await self.technician.close()
        self.devices.release()
        self.chores.stop()
        self._pictures_here.stop()
        if self.outside is not None:
            await self.outside.deaf()
        for lane in self.gate.lanes.values():
            lane.stop()
        if self.reading is not None:
            await asyncio.to_thread(self.reading.close)
        await self.devices.stop()
        await asyncio.to_thread(self.post.sight.close)
        await asyncio.to_thread(self.pictures.close)
        with suppress(TimeoutError, StoreError):
            async with asyncio.timeout(5):
                await self.bridge.drain()
                (last,) = await self.gate.record((ev.GateStopped(reason),))
                if self.outside is not None:
                    await self.outside.finish(last)
        if self.outside is not None:
            await self.outside.stop()
        await self.devices.close_pins()
        if hasattr(self.app.state, "context"):
            api.close(self.app)
        self.users.close()
        await asyncio.to_thread(self.store.close)

    async def seen(self, timeout_s: float = 5.0) -> None:
        """Wait until each camera has given its first picture."""
        await self.devices.seen(timeout_s)

    async def settled(self, timeout_ms: int = 20_000) -> None:
        """Wait until every arm is down again: the end of a scenario."""
        await resting.until(self.gate, lambda lane: lane.state.phase is b.Phase.DOWN, timeout_ms)

    async def at_rest(self, timeout_ms: int = 15_000) -> None:
        """Wait until no arm is on its way (nobody would raise it again for a vehicle once the gate has stopped)."""
        await resting.until(self.gate, lambda lane: not lane.moving, timeout_ms)

    # ---- trouble of the store --------------------------------------------------------------------------------------

    def _trouble(self, code: str | None, detail: str) -> None:
        """The store, on its own thread."""
        self.bridge.sink(self._trouble_is)((code, detail))

    def _trouble_is(self, said: tuple[str | None, str]) -> None:
        code, detail = said
        for known in ("disk-full", "database-locked", "database-damaged"):
            self.gate.faults.set("store", known, known == code, detail)
        if code is None:
            self.gate.notes.write()
        self.gate.changed()
