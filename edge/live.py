"""The gate as pages see it: the whole live state as one JSON value, and the calls a page may make (edge.api.port.GatePort).

A snapshot is made of what is in memory (lanes, faults, sync) and of a few small queries (inside, duty, registry) that are
asked again only when the journal has grown. It is small (3 to 6 kB) and cheap enough to be sent whole with every change, so
a page never has to put a state together from pieces, and can never show half of one.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from edge import __version__
from edge.api.port import AlbumPort, Command, ConfigPort, PrivacyPort
from edge.api.port_technician import TechnicianPort
from edge.api.who import Who
from edge.bridge import Change, Subscription
from edge.correcting import Correcting
from edge.desk import Desk, Reception
from edge.domain import barrier as b
from edge.domain.event import Event
from edge.errors import NotAllowed, NotFound
from edge.gate import Gate
from edge.health import Health, worst_first
from edge.lane import Lane
from edge.live_desk import LiveDesk
from edge.live_escort import LiveEscort
from edge.live_goods import LiveGoods
from edge.live_post import LivePost
from edge.live_rows import person_of
from edge.live_sight import LiveSight
from edge.live_visits import LiveReception
from edge.orders import Order
from edge.reading import Reading
from edge.store import queries, queries_desk, registry_down
from edge.store.db import Store
from edge.store.journal import Record


class Eyes(Protocol):
    """A lane's camera, for the page: the newest frame as JPEG, or None."""

    def jpeg(self) -> bytes | None:
        """Encoded on the caller's thread."""

    def accept_view(self) -> None:
        """This is the view now."""


class Stage(Protocol):
    """The simulator, where there is one."""

    def names(self) -> list[str]:
        """The scenarios by name."""

    def play(self, name: str, lane: str | None) -> dict[str, Any]:
        """Begin one; returns what was begun. Raises NotFound."""

    def tap_at_desk(self, card: str) -> dict[str, Any]:
        """A card at the desk's reader."""


class Live:
    """Satisfies edge.api.port.GatePort."""

    def __init__(
        self,
        gate: Gate,
        *,
        name: str,
        community: str,
        simulated: bool,
        desk: Desk,
        reception: Reception,
    ) -> None:
        self._gate, self._name, self._community, self.simulated = (
            gate,
            name,
            community,
            simulated,
        )
        self._correcting = Correcting(gate)
        self.store: Store = gate.store
        self.desk = LiveDesk(desk)
        self.goods: LiveGoods
        self.reception = LiveReception(reception, desk)
        self.post: LivePost
        self.privacy: PrivacyPort
        self.sight: LiveSight
        self.album: AlbumPort
        self.technician: TechnicianPort
        self.config: ConfigPort
        self.escort: LiveEscort
        self.eyes: dict[str, Eyes] = {}
        self.stage: Stage | None = None
        self.reading: Reading | None = None
        self.health: Health
        self.sync: Callable[[], dict[str, Any]] = dict
        self.name_of: Callable[[str], str] = str
        self._slow: dict[str, Any] = {}
        self._slow_at = -1
        self.journal_seq = 0

    # ---- what is ---------------------------------------------------------------------------------------------------

    def committed(self, records: list[Record]) -> None:
        """New events (in the loop): tell the pages."""
        for record in records:
            self.journal_seq = record.seq
            self._gate.hub.publish(Change("journal", record.seq, json.loads(record.data)))
        self._gate.hub.publish(Change("state"))

    def now_tick(self) -> int:
        """The gate's steady clock, ms."""
        return self._gate.clock.mono_ms()

    def snapshot(self) -> dict[str, Any]:
        """The whole live state."""
        gate = self._gate
        slow = self._from_journal()
        return {
            "gate": {
                "id": gate.store.gate,
                "name": self._name,
                "community": self._community,
                "site": gate.store.site,
                "version": __version__,
                "simulated": self.simulated,
                "epoch": gate.store.epoch,
            },
            "now_ms": gate.clock.now_ms(),
            "clock": {"trust": gate.clock.trust},
            "tick": self.now_tick(),
            "lanes": [self._lane(lane, slow["last"], slow["escort"]) for lane in gate.lanes.values()],
            "inside": slow["inside"],
            "desk": slow["desk"],
            "escort": slow["escort"],
            "goods": slow["goods"] | {"here": self.goods.trucks()},
            "post": self.post.state(slow["post"]),
            "faults": [
                {"device": f.device, "code": f.code, "lane": f.lane, "since_ms": f.since_ms, "detail": f.detail}
                for f in worst_first(gate.faults.now())
            ],
            "duty": slow["duty"],
            "registry": slow["registry"] | {"age_s": self._age_s(slow["registry"]["imported_ms"])},
            "sync": self.sync(),
            "simulation": {"names": self.stage.names()} if self.stage else None,
            "journal_seq": self.journal_seq,
        }

    def _from_journal(self) -> dict[str, Any]:
        if self._slow_at != self.journal_seq:
            with self.store.reader() as con:
                counts = queries.inside_counts(con)
                last = {lane: queries.recent_passes(con, limit=1, lane=lane) for lane in self._gate.lanes}
                self._slow = {
                    "inside": {"total": sum(counts.values()), "by_category": counts},
                    "duty": [self._named(row) for row in queries.on_duty(con)],
                    "registry": queries.registry(con) | registry_down.shown(con),
                    "desk": queries_desk.counts(con),
                    "escort": self.escort.snapshot(con),
                    "goods": self.goods.counts(),
                    "post": self.post.read(con),
                    "last": {lane: rows[0] for lane, rows in last.items() if rows},
                }
            self._slow_at = self.journal_seq
        return self._slow

    def _named(self, duty: dict[str, Any]) -> dict[str, Any]:
        return {
            "user": duty["user"],
            "name": self.name_of(duty["user"]),
            "role": duty["role"],
            "since_ms": duty["since_ms"],
        }

    def _age_s(self, imported_ms: int) -> int | None:
        return max(0, (self._gate.clock.now_ms() - imported_ms) // 1000) if imported_ms else None

    def _lane(self, lane: Lane, last: dict[str, Any], escort: dict[str, Any]) -> dict[str, Any]:
        state = lane.state
        beam = state.beam if lane.table.sensors.beam else None
        return {
            "id": lane.id,
            "name": lane.table.name,
            "direction": lane.table.direction,
            "phase": state.phase.value,
            "since_ms": lane.since_ms,
            "held_by": sorted(holder.value for holder in state.holders),
            "faults": sorted(f.code for f in self._gate.faults.now() if f.lane == lane.id),
            "approach": state.approach,
            "under": state.under,
            "beam": beam,
            "queue": len(lane.granted),
            "may": {action: lane.objection(given) or None for action, given in ORDERS.items()},
            "camera": lane.id in self.eyes,
            "last": last.get(lane.id),
            "reading": self.reading.shown(lane.id) if self.reading else None,
            "prompt": self.escort.prompt(state.holders, escort)
            or (
                {"code": lane.prompt.code, "params": lane.prompt.params, "salute": lane.prompt.salute}
                if lane.prompt.code
                else None
            ),
        }

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Changes from now on."""
        with self._gate.hub.subscribe() as subscription:
            yield subscription

    # ---- what a page may do ----------------------------------------------------------------------------------------

    async def command(self, who: Who, command: Command) -> dict[str, Any]:
        """Journal, then act. Raises NotExecuted."""
        order = Order(
            command.lane, command.action, command.reason, command.plate, command.tick, command.age_ms, command.key
        )
        done = await self._gate.order(person_of(who), order)
        result = "again" if done.again else "pulsed" if done.pulsed else "done"
        return {"result": result, "seq": done.seq, "ms": done.ms, "phase": done.phase}

    async def arm_up(self, lane: str, after_seq: int, timeout_s: float) -> dict[str, Any]:
        """Wait for the arm."""
        of = self._gate.lane(lane)
        ms = await of.arm_up(timeout_s)
        return {"phase": of.state.phase.value, "ms": ms}

    async def record(self, who: Who | None, event: Event, key: str = "") -> int:
        """Journal one event."""
        actor = f"user:{who.user}" if who else "gate"
        return (await self._gate.record((event,), actor=actor))[0]

    async def note_pass(
        self, who: Who, pass_seq: int, plate: str | None, driver: str | None, passengers: int | None, key: str
    ) -> dict[str, Any]:
        """Add to a pass what the guard knows."""
        return {"seq": await self._correcting.note_pass(person_of(who), pass_seq, plate, driver, passengers, key)}

    async def correct_plate(self, who: Who, lane: str, reading: int, plate: str, key: str) -> dict[str, Any]:
        """Which plate a reading really is. Raises NotFound."""
        if self.reading is None:
            raise NotFound("这个门岗没有车牌识别 · plates are typed here", "请在登记表中填写 · type it in the register")
        return {"seq": await self.reading.correct(person_of(who), lane, reading, plate, key)}

    async def accept_view(self, who: Who, lane: str, key: str) -> dict[str, Any]:
        """What this lane's camera looks at now is what it is to look at. Raises NotFound."""
        eyes = self.eyes.get(lane)
        if eyes is None:
            raise NotFound(f"车道 {lane} 没有摄像头 · no camera", "请检查配置 · see the configuration")
        seq = await self._correcting.accept_view(person_of(who), lane, key)
        eyes.accept_view()
        return {"seq": seq}

    async def forgive(self, who: Who, credential: str, reason: str, key: str) -> dict[str, Any]:
        """Set a credential's whereabouts right."""
        return {"seq": await self._correcting.forgive(person_of(who), credential, reason, key)}

    async def simulate(self, name: str, lane: str | None, card: str = "") -> dict[str, Any]:
        """Let a scenario happen."""
        if self.stage is None:
            raise NotAllowed(
                "这是真实的门岗，不能模拟 · this gate is real",
                "在 config/laptop.toml 上试 · try it on config/laptop.toml",
            )
        return self.stage.tap_at_desk(card) if name == "desk-card" else self.stage.play(name, lane)

    def live_jpeg(self, lane: str) -> bytes | None:
        """The newest frame of a lane."""
        eyes = self.eyes.get(lane)
        return eyes.jpeg() if eyes else None


ORDERS: dict[str, b.Input] = {
    "open": b.Authorised(0),
    "close": b.Lower(),
    "stop": b.Stop(),
    "hold": b.Hold(b.Holder.GUARD),
    "release": b.Release(b.Holder.GUARD),
}
"""The commands a guard has, as inputs of the table: to ask whether each is possible now."""
