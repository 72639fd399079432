"""What the API needs of the gate: one Protocol. `edge.live` satisfies it, and only `edge.wiring` brings the two together.

Routes translate HTTP into these calls and their answers into JSON; every decision (may this command run, is it late, does
this key come twice) is made behind the port. An error is one of `edge.errors`; the API gives it its one shape.
The guards' rooms stand in port_rooms.py, bring-up in port_technician.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from edge.api.port_rooms import DeskPort, EscortPort, GoodsPort, PostPort, ReceptionPort, SightPort
from edge.api.port_technician import TechnicianPort
from edge.api.who import Who
from edge.bridge import Change
from edge.domain.event import Event
from edge.store.db import Store

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """One press on the page, and how old it is by the gate's own clock (tablet.md 1).

    The person pressed at about `tick + age_ms`: `tick` is the gate's monotonic time (`now_tick`) in the last heartbeat
    that the page had got, `age_ms` how many real milliseconds before the press it had got it. The heartbeat's own way
    only makes a press look older than it is, never younger.
    """

    lane: str
    action: str
    """open, close, stop, hold, release"""
    reason: str
    plate: str
    tick: int
    age_ms: int
    key: str
    """Idempotency-Key: the same key again gets the stored answer and moves nothing."""


class Watch(Protocol):
    """One tablet's queue of changes."""

    async def get(self) -> Change | None:
        """The next change, in order; None when some were dropped because this watcher was too slow: start over."""


class PrivacyPort(Protocol):
    """Retention, erasure on request, and what is kept longer."""

    def status(self) -> Row:
        """`{"groups": [{group, days, ran_ms, erased, waiting}], "kept": [{about, reason, by, since_ms}]}`"""

    def find(self, text: str) -> list[Row]:
        """Events whose personal part names it. Raises BadInput."""

    async def act(self, who: Who, action: str, about: int, reason: str, key: str) -> Row:
        """erase, keep, release a matter: `{"seq", "again"}`. Raises NotFound, NotExecuted."""


class ConfigPort(Protocol):
    """The configuration and its versions. Called in the gate's loop. Whatever is shown has no passwords in it."""

    def status(self) -> Row:
        """`{"active", "trial", "versions"}`."""

    def schema(self) -> Row:
        """`{"schema", "readers", "signs"}`: what may stand in it, for a form."""

    def text(self, number: int) -> str:
        """A version's text; 0: what is in force. Raises NotFound."""

    def edited(self, text: str, changes: list[tuple[str, Any]]) -> Row:
        """`{"text", "values"}`: a text with some keys set, and its values. Raises BadInput."""

    def compared(self, text: str) -> Row:
        """`{"problems", "keys", "devices", "lanes", "restart", "waits", "diff"}`: what applying it would mean."""

    async def apply(self, who: Who, text: str, base: int, reason: str, key: str) -> Row:
        """`{"version", "again", "trial", "restart"}`. Raises BadInput, NotExecuted."""

    async def confirm(self, who: Who, number: int, key: str) -> Row:
        """The version on trial stays. Raises NotExecuted."""

    async def revert(self, who: Who, number: int, reason: str, key: str) -> Row:
        """Back to a version. Raises as `apply`, NotFound."""


class HealthPort(Protocol):
    """Whether the gate is well; says nothing about anybody."""

    def report(self) -> dict[str, Any]:
        """`live`, `ready`, `devices`: each with state, code and since when, the worst first."""

    def metrics(self, snapshot: dict[str, Any]) -> str:
        """The text format of Prometheus."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture (JPEG). `private`: no browser may keep it."""

    jpeg: bytes
    private: bool


class AlbumPort(Protocol):
    """Stored pictures."""

    async def look(self, who: Who, digest: str, *, small: bool) -> Picture | None:
        """A picture by its digest, or None when its time is over; `small`: its thumbnail, where there is one. Raises NotAllowed."""

    async def act(self, who: Who, action: str, given: dict[str, Any], key: str) -> dict[str, Any]:
        """send {digest}: to head office, before all others. Raises NotFound."""


class GatePort(Protocol):
    """The gate as the API sees it. All methods are called in the gate's loop."""

    @property
    def goods(self) -> GoodsPort:
        """Goods that leave, and trucks."""

    @property
    def desk(self) -> DeskPort:
        """Visitors, cards, documents."""

    @property
    def escort(self) -> EscortPort:
        """Green way and convoys."""

    @property
    def reception(self) -> ReceptionPort:
        """Expected visitors, watch list, who is inside, search."""

    @property
    def post(self) -> PostPort:
        """Requests, notices from head office, the change of shift."""

    @property
    def privacy(self) -> PrivacyPort:
        """What is kept how long, and erased."""

    @property
    def sight(self) -> SightPort:
        """The desk's cameras."""

    @property
    def album(self) -> AlbumPort:
        """Stored pictures."""

    @property
    def technician(self) -> TechnicianPort:
        """Bring-up."""

    @property
    def config(self) -> ConfigPort:
        """The configuration and its versions."""

    @property
    def store(self) -> Store:
        """For queries only, through `store.reader()` on a thread of the API's own."""

    @property
    def health(self) -> HealthPort:
        """Whether the gate is well."""

    def now_tick(self) -> int:
        """The gate's monotonic clock in real milliseconds: what a heartbeat carries."""

    def snapshot(self) -> dict[str, Any]:
        """The whole live state, JSON-ready; `edge.api.models.State` says what is in it."""

    async def command(self, who: Who, command: Command) -> dict[str, Any]:
        """Journal, then act: `{"result": "pulsed"|"done"|"again", "seq", "ms", "phase"}`. Raises NotExecuted with its reason."""

    async def arm_up(self, lane: str, after_seq: int, timeout_s: float) -> dict[str, Any]:
        """Wait until the arm that command `after_seq` moved is up: `{"phase": "up", "ms": 2840}`, or the phase at time-out."""

    async def record(self, who: Who | None, event: Event, key: str = "") -> int:
        """Journal one event; returns its number."""

    async def note_pass(
        self, who: Who, pass_seq: int, plate: str | None, driver: str | None, passengers: int | None, key: str
    ) -> dict[str, Any]:
        """Add to a pass what the guard knows (V2); None leaves a field as it is. Returns `{"seq"}`."""

    async def correct_plate(self, who: Who, lane: str, reading: int, plate: str, key: str) -> dict[str, Any]:
        """Which plate a reading really is (V2); the first reading is kept. Returns `{"seq"}`. Raises NotFound."""

    async def accept_view(self, who: Who, lane: str, key: str) -> dict[str, Any]:
        """What a lane's camera looks at now is what it is to look at. Returns `{"seq"}`. Raises NotFound."""

    async def forgive(self, who: Who, credential: str, reason: str, key: str) -> dict[str, Any]:
        """Set a credential's whereabouts right (anti-passback). Returns `{"seq"}`."""

    def subscribe(self) -> AbstractContextManager[Watch]:
        """Changes from now on, as long as the `with` block lasts."""

    async def simulate(self, name: str, lane: str | None, card: str = "") -> dict[str, Any]:
        """Let a scenario happen, or (desk-card) a card be held to the desk's reader. Raises NotAllowed on a gate with real devices."""

    def live_jpeg(self, lane: str) -> bytes | None:
        """The lane's newest frame, encoded, or None when there is no camera or no picture."""
