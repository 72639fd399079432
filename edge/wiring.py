"""The only place that builds concrete objects and ties them together (devices.py and what it stands on make the devices).

    read_settings → House.build → start → stop

Everything is made in the order in which it is needed and ended in the reverse order. What each thread produces goes through
the bridge; the list of threads is in README.md.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from edge import __version__, counting, first_sign_in, hardware, osdp, plates_here, systemd, tls
from edge.api import app as api
from edge.api.context import Options
from edge.bridge import Bridge
from edge.clock import BUILT_MS, LATEST_MS, Clock
from edge.configuring import Configuring
from edge.desk import Desk, Reception, read_files
from edge.desk.album import Album
from edge.desk.bulletins import Bulletins
from edge.desk.convoying import Convoys
from edge.desk.goods import Goods, read_goods
from edge.desk.green import GreenWay
from edge.desk.issuing import Issuing
from edge.desk.post_file import read_post
from edge.desk.privacy import Privacy
from edge.desk.reader import DeskReader, Tap
from edge.desk.requests import Requests
from edge.desk.scanners import Scanners
from edge.desk.shifts import Shifts
from edge.desk.sign_on import GOOD as CATEGORIES_OF_STAFF
from edge.desk.sign_on import SignOn
from edge.devices import Devices
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain.convoys import Times
from edge.domain.courtesy import Phrases
from edge.domain.goods_plan import GoodsPlan
from edge.domain.pictures import with_shares
from edge.domain.plan import Plan
from edge.domain.policy import Rules
from edge.domain.post_plan import PostPlan
from edge.domain.privacy import Retention
from edge.domain.shifts import times
from edge.duties import CONFIG_S, CONVOYS_S, POST_S, RETENTION_S, Duties
from edge.errors import StoreError
from edge.gate import Gate
from edge.health import Health
from edge.hearing import Hearing
from edge.lane import Lane
from edge.listing import Listing
from edge.live import Live
from edge.live_config import LiveConfig
from edge.live_escort import LiveEscort
from edge.live_goods import LiveGoods
from edge.live_post import LivePost
from edge.live_privacy import LiveAlbum, LivePrivacy
from edge.live_sight import LiveSight
from edge.outside import Outside
from edge.pictures import Pictures, thumbnail_of
from edge.places import CONFIG, ROOT, SCENARIOS, database, folder, open_store, read_settings
from edge.playground import Playground
from edge.reading import Reading
from edge.registry_words import WordsDown
from edge.settings import Settings, fingerprint
from edge.sight import CODES_S, Sight, SightOptions
from edge.simulation import Stage
from edge.store import queries, queries_post, registry
from edge.store.config_versions import Versions
from edge.store.db import Store
from edge.store.keys import picture_key
from edge.store.photo_care import Care
from edge.store.photos import NO_KEY, Photos
from edge.store.users import Users
from edge.technician.workshop import Workshop
from sync.sealing import MasterKey

__all__ = ["House", "database", "folder", "open_store", "read_settings", "reset_pin"]
CERTIFICATE_S = 3600.0


def reset_pin(store: Store, user: str) -> str:
    """A new PIN for somebody; printed once by the caller."""

    async def work() -> str:
        users = Users(store, Clock())
        try:
            return await users.reset_pin(user)
        finally:
            users.close()

    return asyncio.run(work())


def _ruled(rules: Rules, settings: Settings) -> Rules:
    """The rules as [policy] has them."""
    policy = settings.policy
    return replace(
        rules,
        anti_passback=policy.anti_passback,
        plate_differs=policy.plate_differs,
        two_places_ms=round(policy.two_places_s * 1000),
    )


def _window(settings: Settings) -> Times:
    """When a convoy's plates pass."""
    table = settings.convoy
    return Times(table.before_min * 60_000, round(table.after_h * 3_600_000), table.remind_min)


def _picture_key(settings: Settings) -> tuple[MasterKey | None, str]:
    """The key that wraps the pictures' keys, or why there is none: then there are no pictures, and everything else."""
    try:
        return picture_key(folder(settings), systemd.credential("picture-key")), ""
    except StoreError as e:
        return None, f"{e} {e.hint}"


class House:
    """A gate with everything that belongs to it."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        bridge: Bridge,
        plan: Plan,
        said: dict[str, Phrases],
        goods: GoodsPlan,
        post: PostPlan,
        versions: Versions | None = None,
    ) -> None:
        self.settings, self.store, self.clock, self.bridge = settings, store, clock, bridge
        self.words_down = WordsDown(store, said)
        said = self.words_down.said
        rules = Rules(exit_tap=plan.exit_tap, trucks=plan.trucks, load_ms=goods.serves_ms)
        self.gate = Gate(store, clock, bridge, _ruled(rules, settings), settings.policy.timezone)
        counted = hardware.counters(settings.counter, ROOT, folder(settings))
        self.gate.counters = counting.Counters(store, counted, self.gate.note)
        self.desk = Desk(self.gate, plan, said)
        self.reception = Reception(self.gate, plan, settings.gate.name)
        self.desk_reader = DeskReader(self.gate)
        key, self._no_key = _picture_key(settings)
        remote = settings.sync.link != "off" and settings.sync.photos != "off"
        quota = settings.photos.quota_mb << 20
        classes = with_shares({str(name): share for name, share in settings.photos.shares.items()})
        self.photos = Photos(
            folder(settings) / "photos", store, key, clock.stamp, quota=quota, remote=remote, classes=classes
        )
        self.care = Care(self.photos, folder(settings) / "specimens")
        self.privacy = Privacy(self.gate, self.photos, Retention(settings.retention.by_group(settings.photos)))
        self.pictures = Pictures(self.photos, bridge.sink(self.gate.note))
        at = SightOptions(settings.desk.mask, settings.desk.watermark, settings.gate.name, settings.desk.auto_picture)
        self.sight = Sight(self.gate, self.pictures, plan, at)
        self.gate.snap = self.pictures.snap
        self.live = Live(
            self.gate,
            name=settings.gate.name,
            community=settings.gate.community,
            simulated=settings.simulated,
            desk=self.desk,
            reception=self.reception,
        )
        self.live.privacy = LivePrivacy(self.privacy)
        self.live.sight = LiveSight(self.sight)
        self.live.album = LiveAlbum(Album(self.gate, self.photos))
        self.green, self.convoys = GreenWay(self.gate, settings.green_way.lanes), Convoys(self.gate, _window(settings))
        self.live.escort = LiveEscort(self.green, self.convoys, said)
        self.users = Users(store, clock, session_s=settings.api.session_h * 3600)
        self.live.name_of = self._name_of
        self._make_goods(goods)
        self._make_post(post)
        self.how_to_sign_in = ""
        self.tls: tuple[Path, Path] | None = None
        self.console = secrets.token_urlsafe(32)
        """What the command line on this machine shows to be let in; new with every start."""
        self.stage: Stage | None = None
        self.reading: Reading | None = None
        self.outside: Outside | None = None
        self.app: FastAPI = FastAPI()
        data = folder(settings)
        if settings.desk.reader is not None:
            issuing = self.live.desk.issuing = Issuing(self.gate, self.desk)
            self.desk_reader.held = issuing.held
        scanners = Scanners(self.gate, self.reception)
        self.hearing = Hearing(self.gate, self.desk_reader, self.green, scanners)
        self.sight.scanned = partial(scanners.scanned, "desk", "desk.document_camera")
        keys = osdp.Keys(data, systemd.credential("osdp-keys"))
        self.devices = Devices(self.gate, self.hearing, data, keys, said, (self.pictures.eyes, self.live.eyes))
        self.technician = self.live.technician = Workshop(
            self.gate, self.users, self.devices, lambda: self.settings, data
        )
        self.health = self.live.health = Health(settings, data, self.gate.faults, clock.now_ms())
        self.chores = Duties(
            self.gate,
            data,
            users=self.users,
            health=self.health,
            privacy=self.privacy,
            desk=self.desk,
            reception=self.reception,
        )
        self.chores.add("codes", CODES_S, self.sight.codes)
        self.chores.add("convoys", CONVOYS_S, self.convoys.remind)
        self.chores.add("requests", POST_S, self.requests.watch)
        self.chores.add("bulletins", POST_S, self.bulletins.watch)
        self.chores.add("shifts", POST_S, self.shifts.watch)
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
        plan, said = await asyncio.to_thread(read_files, CONFIG)
        goods = await asyncio.to_thread(read_goods, CONFIG, said)
        post = await asyncio.to_thread(read_post, CONFIG, said)
        store = await asyncio.to_thread(open_store, settings)
        clock = Clock(rate)
        house = cls(settings, store, clock, Bridge(asyncio.get_running_loop()), plan, said, goods, post, versions)
        try:
            await house._begin()
            house._make_lanes()
            await house._make_page()
        except BaseException:
            await house.stop("error")
            raise
        return house

    def _make_goods(self, plan: GoodsPlan) -> None:
        """Permits, trucks, plates at the exit (G1, G2, V3)."""
        self.goods = Goods(self.gate, plan, self.desk.phrases, self.photos)
        self.goods.sees = self.pictures.eyes.__contains__
        self.live.goods = LiveGoods(self.goods)

    def _make_post(self, plan: PostPlan) -> None:
        """Requests, notices from head office, the change of shift (D1–D6)."""
        settings, said = self.settings, self.desk.phrases
        place = f"{settings.gate.community}{settings.gate.name}"
        self.requests = Requests(self.gate, plan, said, place)
        self.requests.photograph = self.pictures.keep
        self.bulletins = Bulletins(self.gate, plan, said, settings.policy.timezone)
        self.shifts = Shifts(self.gate, times(settings.post.shifts))
        self.shifts.sign_off = self.users.hand_over
        self.sign_on = SignOn(self.gate, self.users, card_is_enough=settings.post.card_is_enough)
        self.desk_reader.handlers.append(self._signs_on)
        self.live.post = LivePost(self.requests, self.bulletins, self.shifts, self.sign_on, self._name_of)

    async def _signs_on(self, tap: Tap) -> bool:
        """A staff card at the desk's reader says who comes on duty (D6)."""
        return tap.what in CATEGORIES_OF_STAFF and await self.sign_on.by_card(tap.card) is not None

    async def _begin(self) -> None:
        """The first records of this run, and whoever follows the journal."""
        self.store.on_commit(self.bridge.sink(self.live.committed))
        self.store.on_commit(self.bridge.sink(self.convoys.committed))
        self.store.on_trouble(self._trouble)
        with self.store.reader() as con:
            head = queries.head(con)
            open_faults = queries.open_faults(con)
            self.clock.compare(queries.last_time(con, BUILT_MS, LATEST_MS))
            planned = queries_post.untold(con, self.requests.plan.told())
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
        self.reading = self.live.reading = plates_here.make(settings, self.gate, self.pictures, self.convoys)
        if self.reading is not None:
            self.devices.maker.motion = self.reading.moved
        self.sight.eyes = self.devices.maker.desk_eyes
        self.devices.build(settings)
        if self.playground is not None:
            self.sight.somebody = self.playground.desk.somebody
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
        listing = Listing(self.gate, self.desk.plan, self.goods.plan, self.convoys, self.bulletins)
        self.outside = Outside(self.settings, self.gate, self.live, self.photos, listing.settle)
        self.outside.on_lists(self.words_down.look)
        await self.outside.begin()
        self.chores.add("certificate", CERTIFICATE_S, self.outside.certificate)
        self.live.sync = self.outside.headquarters.status
        self.reception.believe(self.outside.headquarters.key)
        self.shifts.unsent = self.outside.unsent
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
        self.bridge.spawn(self._tend_pictures())
        self.chores.start()

    async def adopt(self, settings: Settings) -> None:
        """Become a gate of these settings, as far as that goes without a start (edge.config_change). Raises SettingsError."""
        for table in settings.lane:
            config = hardware.barrier_config(table, settings.fire is not None)
            if (lane := self.gate.lanes[table.id]).table != table:
                lane.adopt(table, config)
        await self.devices.change(settings)
        self.gate.rules = _ruled(self.gate.rules, settings)
        self.privacy.retention = Retention(settings.retention.by_group(settings.photos))
        self.convoys.times = _window(settings)
        self.health.adopt(settings)
        self.live.simulated = settings.simulated
        self.settings = settings

    async def _tend_pictures(self) -> None:
        """Beside the running gate: a gate opens for cars whatever has become of its pictures."""
        await asyncio.to_thread(self.care.run, thumbnail_of)
        problem = self._no_key or self.care.foreign
        self.gate.faults.set("photos", NO_KEY, bool(problem), problem)
        self.gate.changed()

    def closing(self) -> None:
        """Open streams end, so that the page's server can stop."""
        api.closing(self.app)

    async def stop(self, reason: str) -> None:
        """The other way round. An arm that is coming down is watched until it is down; then relays are released first."""
        await self.at_rest()
        await self.technician.close()
        self.devices.release()
        self.chores.stop()
        self.care.stop()
        if self.outside is not None:
            await self.outside.deaf()
        for lane in self.gate.lanes.values():
            lane.stop()
        if self.reading is not None:
            await asyncio.to_thread(self.reading.close)
        await self.devices.stop()
        await asyncio.to_thread(self.sight.close)
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
        await self._until(lambda lane: lane.state.phase is b.Phase.DOWN, timeout_ms)

    async def at_rest(self, timeout_ms: int = 15_000) -> None:
        """Wait until no arm is on its way (nobody would raise it again for a vehicle once the gate has stopped)."""
        await self._until(lambda lane: not lane.moving, timeout_ms)

    async def _until(self, good: Callable[[Lane], bool], timeout_ms: int) -> None:
        until = self.clock.mono_ms() + timeout_ms
        with self.gate.hub.subscribe() as changes:
            while not all(map(good, self.gate.lanes.values())) and (left := until - self.clock.mono_ms()) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.clock.seconds(left)):
                        await changes.get()

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

    # ---- for head office and page ----------------------------------------------------------------------------------

    def _name_of(self, user: str) -> str:
        return next((a.name for a in self.users.accounts() if a.user == user), user)
