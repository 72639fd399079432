"""The only place that builds concrete objects and ties them together (with hardware.py and playground.py, its two hands).

    read_settings → House.build → start → stop

Everything is made in the order in which it is needed and ended in the reverse order. What each thread produces goes through
the bridge; the list of threads is in README.md.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from camera.base import CameraFault, Source
from camera.capture import Capture
from drivers import base as d
from drivers.gpio import GpioLane
from drivers.osdp.reader import OsdpReader
from drivers.pins import Pins
from drivers.serial_port import SerialReader
from drivers.sign_port import SignPort
from drivers.voice import Voice
from edge import __version__, counting, hardware, osdp, signage, systemd, tls
from edge.acts import acts
from edge.api import app as api
from edge.api.context import Options
from edge.bridge import Bridge
from edge.chores import Chores
from edge.clock import BUILT_MS, LATEST_MS, Clock
from edge.desk import Desk, Reception, read_files
from edge.desk.bulletins import Bulletins
from edge.desk.convoying import Convoys
from edge.desk.goods import Goods, read_goods
from edge.desk.green import GreenWay
from edge.desk.post_file import read_post
from edge.desk.privacy import Privacy
from edge.desk.reader import DeskReader, Tap
from edge.desk.requests import Requests
from edge.desk.shifts import Shifts
from edge.desk.sign_on import GOOD as CATEGORIES_OF_STAFF
from edge.desk.sign_on import SignOn
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain.convoys import Times
from edge.domain.courtesy import Phrases
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plan import Plan
from edge.domain.policy import Rules
from edge.domain.post_plan import PostPlan
from edge.domain.privacy import Retention
from edge.domain.shifts import times
from edge.errors import GateError, SettingsError, StoreError
from edge.gate import Gate
from edge.health import Health
from edge.instructions import Instructions
from edge.lane import Lane
from edge.live import Live
from edge.live_escort import LiveEscort
from edge.live_goods import LiveGoods
from edge.live_post import LivePost
from edge.live_privacy import LivePrivacy
from edge.load_settings import load
from edge.orders import Order
from edge.pictures import Eyes, Pictures
from edge.playground import Playground, mock_pins
from edge.settings import LaneTable, ReaderTable, Settings, SignTable, fingerprint
from edge.simulation import Stage
from edge.store import queries, registry
from edge.store.db import Store, Tx
from edge.store.keys import JournalKey
from edge.store.photos import Photos
from edge.store.source import JournalSource
from edge.store.users import Users
from edge.uplink import Headquarters

if TYPE_CHECKING:  # libosdp is loaded where there is an OSDP reader
    from drivers.osdp.bus import OsdpBus

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
SCENARIOS = CONFIG / "scenarios"
CLOCK_S = 5.0
TEND_S = 60.0
MACHINE_S = 30.0
CONVOYS_S = 15.0
OVERSTAY_S = 30.0
MUSTER_S = 5.0
"""So long the list of who is inside may be behind, for a tablet that is dead."""
RETENTION_S = 3600.0
POST_S = 15.0
"""Deadlines, ends of shifts and beginnings of notices are looked at so often."""
FINISH_S = 2.0
"""So long a gate that stops waits for head office to hear of it."""
SPECIMENS_BYTES = 64 << 20
"""Specimens of signatures are never pushed out by pictures of passes."""
ANSWERS_KEPT_MS = 48 * 3600 * 1000


def read_settings(path: Path) -> Settings:
    """A configuration, its reader options checked by the readers. Raises SettingsError."""
    settings = load(path, hardware.check_reader, signage.check_sign)
    drivers = [lane.reader.driver for lane in settings.lane if lane.reader]
    if wrong := counting.check(settings.counter.kinds, drivers, hardware.writers()):
        raise SettingsError(f"{path}: 1 处需要改正 · 1 to correct", wrong, "docs/readers.md")
    return settings


def folder(settings: Settings) -> Path:
    """Where this gate keeps what it knows; a relative path counts from the project's root."""
    return ROOT / settings.gate.data


def database(settings: Settings) -> Path:
    """The gate's database."""
    return folder(settings) / "gate.sqlite"


def open_store(settings: Settings) -> Store:
    """The database, for a tool that writes. Raises StoreError (DatabaseLocked while the gate runs)."""
    return Store.open(database(settings), gate=settings.gate.id, site=settings.gate.site)


def reset_pin(store: Store, user: str) -> str:
    """A new PIN for somebody; printed once by the caller."""

    async def work() -> str:
        users = Users(store, Clock())
        try:
            return await users.reset_pin(user)
        finally:
            users.close()

    return asyncio.run(work())


def _forget(before_ms: int, tx: Tx) -> int:
    return queries.forget_answers(tx.con, before_ms)


def _rendered(playground: Playground, table: LaneTable, _name: str) -> Source:
    return playground.source(table)


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
    ) -> None:
        self.settings, self.store, self.clock, self.bridge = settings, store, clock, bridge
        rules = Rules(
            settings.policy.anti_passback,
            settings.policy.plate_differs,
            round(settings.policy.two_places_s * 1000),
            plan.exit_tap,
            plan.trucks,
            goods.serves_ms,
        )
        self.gate = Gate(store, clock, bridge, rules, settings.policy.timezone)
        counted = hardware.counters(settings.counter, ROOT, folder(settings))
        self.gate.counters = counting.Counters(store, counted, self.gate.note)
        self.desk = Desk(self.gate, plan, said)
        self.reception = Reception(self.gate, plan, settings.gate.name)
        self.desk_reader = DeskReader(self.gate)
        self.photos = Photos(folder(settings) / "photos", quota=settings.photos.quota_mb << 20)
        self.privacy = Privacy(self.gate, self.photos, Retention(settings.retention.by_group()))
        self.pictures = Pictures(self.photos, bridge.sink(self.gate.note))
        self.gate.snap = self.pictures.snap
        self.live = Live(
            self.gate,
            name=settings.gate.name,
            community=settings.gate.community,
            simulated=settings.simulated,
            photos=self.photos,
            desk=self.desk,
            reception=self.reception,
        )
        self.live.privacy = LivePrivacy(self.privacy)
        table = settings.convoy
        window = Times(table.before_min * 60_000, round(table.after_h * 3_600_000), table.remind_min)
        self.green, self.convoys = GreenWay(self.gate, settings.green_way.lanes), Convoys(self.gate, window)
        self.live.escort = LiveEscort(self.green, self.convoys, said)
        self.users = Users(store, clock, session_s=settings.api.session_h * 3600)
        self.live.name_of = self._name_of
        self._make_goods(goods)
        self._make_post(post)
        self.how_to_sign_in = ""
        self.tls: tuple[Path, Path] | None = None
        self.console = secrets.token_urlsafe(32)
        """What the command line on this machine shows to be let in; new with every start."""
        self.playground: Playground | None = None
        self.stage: Stage | None = None
        self.headquarters: Headquarters | None = None
        self.app: FastAPI = FastAPI()
        self._pins: Pins | None = None
        self._ios: list[GpioLane] = []
        self._readers: list[SerialReader | OsdpBus] = []
        self._outs: list[SignPort | Voice] = []
        self.osdp = osdp.Buses(osdp.Keys(folder(settings), systemd.credential("osdp-keys")))
        self._captures: list[Capture] = []
        self.health = self.live.health = Health(settings, folder(settings), self.gate.faults, clock.now_ms())
        self.chores = Chores(clock)
        self.chores.add("clock", CLOCK_S, self._watch_clock)
        self.chores.add("tidy", TEND_S, self._tidy)
        self.chores.add("machine", MACHINE_S, self._machine)
        self.chores.add("convoys", CONVOYS_S, self.convoys.remind)
        self.chores.add("overstays", OVERSTAY_S, self._overstays)
        self.chores.add("muster", MUSTER_S, self._muster)
        self.chores.add("retention", RETENTION_S, self._retention)
        self.chores.add("requests", POST_S, self.requests.watch)
        self.chores.add("bulletins", POST_S, self.bulletins.watch)
        self.chores.add("shifts", POST_S, self.shifts.watch)

    # ---- build -----------------------------------------------------------------------------------------------------

    @classmethod
    async def build(cls, settings: Settings, *, rate: float = 1.0) -> House:
        """Open the store and make everything else. Raises GateError when the gate could not record anything."""
        plan, said = await asyncio.to_thread(read_files, CONFIG)
        goods = await asyncio.to_thread(read_goods, CONFIG, said)
        post = await asyncio.to_thread(read_post, CONFIG, said)
        store = await asyncio.to_thread(open_store, settings)
        clock = Clock(rate)
        house = cls(settings, store, clock, Bridge(asyncio.get_running_loop()), plan, said, goods, post)
        try:
            await house._begin()
            house._make_lanes()
            house._make_cameras()
            await house._make_page()
        except BaseException:
            await house.stop("error")
            raise
        return house

    def _make_goods(self, plan: GoodsPlan) -> None:
        """Permits, trucks, plates at the exit (G1, G2, V3)."""
        specimens = Photos(folder(self.settings) / "specimens", quota=SPECIMENS_BYTES)
        self.goods = Goods(self.gate, plan, self.desk.phrases, specimens)
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
        self.live.journal_seq = head.seq
        previous = "first" if head.seq == 0 else "clean" if head.kind == ev.GateStopped.KIND else "crash"
        started = ev.GateStarted(__version__, fingerprint(self.settings), previous, self.settings.simulated)
        ended = [ev.FaultEnded(f["device"], f["code"], 0, f["lane"]) for f in open_faults]
        await self.gate.record((started, *ended))
        await self._demo_registry()
        self._clock_fault()

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
        if settings.pins.factory == "simulated":
            self.playground = Playground(self.clock.rate)
        os.environ.setdefault("LG_WD", str(folder(settings)))  # lgpio leaves a pipe where it works
        try:
            self._pins = hardware.open_pins(settings, self.clock.rate, mock_pins)
        except d.DeviceGone as e:
            self.gate.faults.set("pins", "gone", True, f"{e} {e.hint}".strip())
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
            self._make_io(table, lane)
            self._make_reader(table, lane)
            self._make_board(table, lane)
        self._make_desk_reader()
        if self.playground is not None:
            self.stage = self.live.stage = Stage(
                SCENARIOS, self.playground, settings.lane, self.store, self.clock, self.bridge
            )

    def _make_io(self, table: LaneTable, lane: Lane) -> None:
        if self._pins is None:
            return
        try:
            io = GpioLane(hardware.lane_pins(table), self._pins, self.bridge.sink(self._device_says))
        except d.DeviceGone as e:
            self.gate.faults.set(f"{table.id}.pins", "gone", True, f"{e} {e.hint}".strip(), table.id)
            return
        self._ios.append(io)
        lane.relays = hardware.Relays(io)
        if self.playground is not None:
            self.playground.add(table, io)

    def _make_reader(self, table: LaneTable, lane: Lane) -> None:
        if table.reader is not None:
            where = f"lane {table.id}: reader.port"
            reader = self._open_reader(f"{table.id}.reader", table.reader, where, lambda: lane.state.approach)
            if reader is not None:
                lane.tell = hardware.feedback(reader)
            if isinstance(reader, SerialReader):
                reader.tap(
                    lambda _data, _mono_ns: self.store.hush()
                )  # the uplink gives way from a card's first byte on

    def _make_desk_reader(self) -> None:
        table = self.settings.desk.reader
        if table is None:
            return
        self._open_reader(hardware.DESK_READER, table, f"{hardware.DESK_READER}.port", lambda: False)
        if self.playground is not None:
            self.playground.add_desk(table)

    def _open_reader(
        self, device: str, table: ReaderTable, where: str, occupied: Callable[[], bool]
    ) -> SerialReader | OsdpReader | None:
        """A reader of its own port, or one on an OSDP bus; None, and a fault, when it cannot be had on this machine."""
        says = self.bridge.sink(self._device_says)
        if table.driver != osdp.OSDP:
            reader = hardware.open_reader(device, table, self.clock.rate, says, where)
            self._readers.append(reader)
            if hardware.reads_and_writes(reader):
                self.gate.counters.readers[device] = reader
            return reader
        try:
            on_bus, bus = self.osdp.add(device, table, says, occupied, where)
        except d.DeviceGone as e:
            self._fault(device, "gone", True, f"{e} {e.hint}".strip())
            return None
        if bus is not None:
            self._readers.append(bus)
        return on_bus

    def _make_board(self, table: LaneTable, lane: Lane) -> None:
        """The lane's sign and voice: shown and said after the commit, on threads of their own."""
        board, says = signage.Board(), self.bridge.sink(self._device_says)
        for part in (table.sign, table.voice):
            if part is None:
                continue
            if isinstance(part, SignTable):
                out: SignPort | Voice = signage.open_sign(f"{table.id}.sign", part, says, f"lane {table.id}: sign.port")
            else:
                out = signage.open_voice(f"{table.id}.voice", part, says, ROOT)
            texts = self.desk.phrases[part.language].sign
            board.add(signage.Words(texts, table.direction, self.settings.gate.community), out)
            self._outs.append(out)
            lane.announce = board.shown

    def _make_cameras(self) -> None:
        for table in self.settings.lane:
            if table.camera is None:
                continue
            make = partial(_rendered, self.playground, table) if self.playground else None
            device = f"{table.id}.camera"
            try:
                source = hardware.camera(table.camera, make)
            except ValueError as e:
                self.gate.faults.set(device, "gone", True, str(e), table.id)
                continue
            options = hardware.capture_options(self.clock.rate)
            capture = Capture(device, source, self.bridge.sink(self._camera_says), options)
            self._captures.append(capture)
            self.pictures.eyes[table.id] = self.live.eyes[table.id] = Eyes(capture)

    async def _make_page(self) -> None:
        first = await self.users.first_start() or await self._not_yet_signed_in()
        self.how_to_sign_in = (
            f"登录 sign in: 班长 ({first[0]}), PIN {first[1]} (只显示一次 · shown once)"
            if first
            else "登录 sign in: 点姓名, 输入 PIN · tap your name (忘记 PIN forgotten: python -m edge pin leader)"
        )
        self.headquarters = Headquarters.make(self.settings, ROOT, folder(self.settings), self._source())
        self.live.sync = self.headquarters.status
        instructions = Instructions(self.gate, self.headquarters.key, acts(self.live))
        self.headquarters.on_instruction(self.bridge.sink(instructions.arrived))
        self.shifts.unsent = lambda: int(self.live.sync()["unsent"])
        self.headquarters.on_change(self.bridge.sink(lambda _status: self.gate.changed()))
        self.store.on_commit(self.headquarters.notify)
        ca = await asyncio.to_thread(self._make_tls)
        options = Options(names=self.settings.api.names, secure=self.tls is not None, console=self.console, ca=ca)
        self.app = api.create_app(self.live, self.users, options)

    def _make_tls(self) -> bytes:
        """Certificate and key of the page's server; returns the gate's own authority, where it has one."""
        table = self.settings.api
        if table.cert_file is not None and table.key_file is not None:
            self.tls = (ROOT / table.cert_file, ROOT / table.key_file)
        elif table.tls == "own":
            *files, ca = tls.ensure(folder(self.settings) / "tls", tls.own_names(table.names))
            self.tls = (files[0], files[1])
            return ca
        return b""

    async def _not_yet_signed_in(self) -> tuple[str, str] | None:
        """Until somebody has signed in for the first time, each start prints a new PIN: the first one may never have been seen."""
        accounts = self.users.accounts()
        if len(accounts) != 1:
            return None
        with self.store.reader() as con:
            seen = con.execute("SELECT 1 FROM journal WHERE kind = ? LIMIT 1", (ev.SessionBegan.KIND,)).fetchone()
        return None if seen else (accounts[0].user, await self.users.reset_pin(accounts[0].user))

    def _source(self) -> JournalSource:
        return JournalSource(self.store, self._key(), self._state_for_headoffice)

    def _key(self) -> JournalKey:
        return JournalKey.load(folder(self.settings), systemd.credential("journal-key"))

    # ---- start and stop --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Devices begin to speak, and are answered."""
        for io in self._ios:
            lines = frozenset(b.Line(line.value) for line, active in io.read().items() if active)
            self.gate.lanes[io.options.lane].feed(b.Start(lines))
            io.start()
        self._start_fire()
        self._start_button()
        for reader in self._readers:
            reader.start()
        for out in self._outs:
            out.start()
        for capture in self._captures:
            capture.start()
        if self.headquarters:
            self.headquarters.start()
        self.chores.start()

    def _start_fire(self) -> None:
        fire = self.settings.fire
        if fire is None or self._pins is None:
            return
        try:
            io = GpioLane(hardware.fire_pins(fire.input), self._pins, self.bridge.sink(self._device_says))
        except d.DeviceGone as e:
            self.gate.faults.set("fire.pins", "gone", True, f"{e} {e.hint}".strip())
            return
        self._ios.append(io)
        if self.playground is not None:
            self.playground.add_fire(io)
        self._fire(io.read().get(d.Line.FIRE, False))
        io.start()

    def _start_button(self) -> None:
        """The green way's button: only a press counts, never how it is found (nothing moves at a start)."""
        given = self.settings.green_way.input
        if given is None or self._pins is None:
            return
        try:
            io = GpioLane(hardware.button_pins(given), self._pins, self.bridge.sink(self._device_says))
        except d.DeviceGone as e:
            self.gate.faults.set("green-way.pins", "gone", True, f"{e} {e.hint}".strip())
            return
        self._ios.append(io)
        if self.playground is not None:
            self.playground.add_button(io)
        io.start()

    def closing(self) -> None:
        """Open streams end, so that the page's server can stop."""
        api.closing(self.app)

    async def stop(self, reason: str) -> None:
        """The other way round. An arm that is coming down is watched until it is down; then relays are released first."""
        await self.at_rest()
        for io in self._ios:
            io.close()
        self.chores.stop()
        for lane in self.gate.lanes.values():
            lane.stop()
        for device in (*self._readers, *self._outs):
            await asyncio.to_thread(device.close)
        for capture in self._captures:
            await asyncio.to_thread(capture.close)
        await asyncio.to_thread(self.pictures.close)
        if self.playground:
            await asyncio.to_thread(self.playground.close)
        with suppress(TimeoutError, StoreError):
            async with asyncio.timeout(5):
                await self.bridge.drain()
                (last,) = await self.gate.record((ev.GateStopped(reason),))
                if self.headquarters:
                    await asyncio.to_thread(self.headquarters.finish, last, FINISH_S)
        if self.headquarters:
            await asyncio.to_thread(self.headquarters.stop)
        if self._pins:
            await asyncio.to_thread(self._pins.close)
        if hasattr(self.app.state, "context"):
            api.close(self.app)
        self.users.close()
        await asyncio.to_thread(self.store.close)

    async def seen(self, timeout_s: float = 5.0) -> None:
        """Wait until each camera has given its first picture (rendering the scene takes a second the first time)."""
        for capture in self._captures:
            await asyncio.to_thread(capture.wait_newer, 0, timeout_s)

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

    # ---- what devices say (in the loop) ----------------------------------------------------------------------------

    def _device_says(self, value: d.CardRead | d.DeviceFault | d.Edge) -> None:
        match value:
            case d.CardRead(device=hardware.DESK_READER):
                self.bridge.spawn(self.desk_reader.card(value.uid))
            case d.CardRead():
                lane = value.device.partition(".")[0]
                self.bridge.spawn(self.gate.card(lane, value.device, value.uid))
            case d.Edge(lane=hardware.FIRE_LANE):
                self._fire(value.active)
            case d.Edge(lane=hardware.GREEN_LANE):
                if value.active:
                    self.bridge.spawn(self._button(value.mono_ns))
            case d.Edge():
                self.gate.lanes[value.lane].feed(b.Sensor(b.Line(value.line.value), value.active))
            case d.DeviceFault():
                self._fault(value.device, value.code.value, value.active, value.detail)

    async def _button(self, mono_ns: int) -> None:
        """A press is as old as its edge: one that waited for a stalled loop does not open later."""
        age_ms = max(0, (time.monotonic_ns() - mono_ns) // 1_000_000)
        press = Order("", "green-way", tick=self.clock.mono_ms() - age_ms)
        try:
            await self.green.button(press)
        except GateError as e:
            log.error("the green way's button: %s", e)

    def _plate_at(self, lane: str) -> str:
        return self.gate.plate_at(lane)

    def _fire(self, active: bool) -> None:
        for lane in self.gate.lanes.values():
            lane.feed(b.Sensor(b.Line.FIRE, active))

    def _camera_says(self, fault: CameraFault) -> None:
        self._fault(fault.device, fault.code, fault.active, fault.detail)

    def _fault(self, device: str, code: str, active: bool, detail: str) -> None:
        lane = device.partition(".")[0]
        self.gate.faults.set(device, code, active, detail, lane if lane in self.gate.lanes else "")
        self.gate.changed()

    def _trouble(self, code: str | None, detail: str) -> None:
        """The store, on its own thread."""
        self.bridge.sink(self._trouble_is)((code, detail))

    def _trouble_is(self, said: tuple[str | None, str]) -> None:
        code, detail = said
        for known in ("disk-full", "database-locked", "database-damaged"):
            self.gate.faults.set("store", known, known == code, detail)
        if code is None:
            self.gate.recordable()
        self.gate.changed()

    # ---- chores ----------------------------------------------------------------------------------------------------

    async def _watch_clock(self) -> None:
        change = self.clock.watch()
        if change is not None:
            self.gate.note((ev.ClockChanged(change.trust, change.was, change.offset_ms),))
            self._clock_fault()
            self.gate.changed()
        self.gate.faults.set("disk", "low", self.store.ballast_gone, "")
        self.gate.recordable()

    async def _retention(self) -> None:
        await self.privacy.carry_out()

    def _clock_fault(self) -> None:
        self.gate.faults.set("clock", "unset", self.clock.trust == "unset", "")
        astray = self.clock.astray_ms
        jump = 0 if astray else self.clock.doubt_ms
        for code, ms in (("jumped", jump), ("behind", min(astray, 0)), ("ahead", max(astray, 0))):
            self.gate.faults.set("clock", code, bool(ms), f"{ms // 1000:+d} s")

    async def _tidy(self) -> None:
        """Sessions that are over, answers that nobody will ask for again."""
        await self.users.tend()
        before = self.clock.now_ms() - ANSWERS_KEPT_MS
        await self.store.transact(partial(_forget, before), bulk=True)

    async def _machine(self) -> None:
        if await self.health.watch():
            self.gate.changed()

    async def _overstays(self) -> None:
        await self.reception.overstayed()

    async def _muster(self) -> None:
        """The list of who is inside, and the completion's index of hosts: both on a thread, both only when something changed."""
        try:
            await asyncio.to_thread(self.reception.write_muster, folder(self.settings))
        except OSError as e:
            log.error("the muster list could not be written: %s", e)
        await asyncio.to_thread(self.desk.warm)

    # ---- for head office and page ----------------------------------------------------------------------------------

    def _state_for_headoffice(self) -> dict[str, Any]:
        """The state topic's own part; called on the uplink's thread, so it only reads what changes as a whole."""
        lanes = {lane.id: lane.state.phase.value for lane in list(self.gate.lanes.values())}
        with self.store.reader() as con:
            version = queries.registry(con)["version"]
        return {
            "registry": version,
            "boot": self.clock.boot,
            "clock": self.clock.trust,
            "lanes": lanes,
            "faults": sorted(f"{f.device}:{f.code}" for f in self.gate.faults.now()),
            "version": __version__,
        }

    def _name_of(self, user: str) -> str:
        return next((a.name for a in self.users.accounts() if a.user == user), user)
