"""What the API needs of the gate: one Protocol. `edge.gate` satisfies it, and only `edge.wiring` brings the two together.

Routes translate HTTP into these calls and their answers into JSON; every decision (may this command run, is it late, does
this key come twice) is made behind the port. An error is one of `edge.errors`; the API gives it its one shape.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from edge.bridge import Change
from edge.domain.events import Event
from edge.store.db import Store
from edge.store.users import Session

if TYPE_CHECKING:
    from edge.api.port_technician import TechnicianPort

__all__ = ["Change", "Command", "GatePort", "Role", "Watch", "Who"]
Role = Literal["guard", "leader", "technician"]


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind a request, as the session says. `role`: guard, leader, technician."""

    user: str
    name: str
    role: str


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


Row = dict[str, Any]


class DeskPort(Protocol):
    """The desk as the API sees it: rows are JSON-ready. What looks is called on reading threads, `act` in the gate's loop."""

    def says(self) -> dict[str, Row]:
        """The sentences before anything is known: welcome, whom."""

    def kinds(self) -> list[Row]:
        """The kinds of visits, in the order of the page."""

    def may(self, who: Who) -> dict[str, bool]:
        """What this person may, where the community's file says who: appointment."""

    def vehicles(self) -> list[Row]:
        """What a vehicle can be."""

    def documents(self) -> list[Row]:
        """The kinds of documents, whether each is held or handed back, and why."""

    def visits(self, who: Who) -> list[Row]:
        """Visits that have not ended, newest first."""

    def visit(self, who: Who, visit: int) -> Row:
        """One visit with everything that belongs to it. Raises NotFound."""

    def stock(self) -> list[Row]:
        """All cards."""

    def suspects(self) -> list[Row]:
        """Cards of which there are two."""

    def rack(self, who: Who) -> list[Row]:
        """Every slot for documents."""

    def people_inside(self, who: Who) -> list[Row]:
        """Visitors who are inside."""

    def suggest(self, who: Who, text: str) -> list[Row]:
        """Completions."""

    def notices(self) -> list[Row]:
        """Notices, newest first."""

    def counts(self) -> dict[str, int]:
        """Open visits, visitors inside, documents held, cards in the rack …"""

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action of the desk (`edge.live_desk` lists them): `{"seq", "visit", "again"}`. Raises GateError."""


class GoodsPort(Protocol):
    """Goods and trucks as the API sees them. What looks is called on reading threads, `act` in the gate's loop."""

    def words(self, who: Who) -> Row:
        """Who signs, sorts of goods, findings with their sentences; what this person may."""

    def specimens(self, text: str) -> list[Row]:
        """Signatures on file."""

    def permits(self, who: Who, text: str) -> list[Row]:
        """Permits on which something may leave, or those that a text finds."""

    def permit(self, who: Who, permit: int, plate: str) -> Row:
        """One permit. Raises NotFound."""

    def kept(self) -> list[Row]:
        """What stayed here."""

    def trucks(self) -> list[Row]:
        """Trucks at the exits."""

    def passages(self, visit: int) -> Row:
        """How a visit's vehicle came and how it leaves."""

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action (`edge.live_goods` lists them): `{"seq", "permit", "again"}`. Raises GateError."""


class SightPort(Protocol):
    """The desk's cameras, for visits. `jpeg` is called on a reading thread."""

    def can(self) -> Row:
        """`{"person", "document", "reads", "auto"}`: cameras, recognition, pictures taken by themselves."""

    def jpeg(self, of: str) -> bytes | None:
        """The newest frame, or None."""

    def still(self, of: str) -> bytes | None:
        """The newest frame as a picture of full size, or None."""

    async def look(self, who: Who, visit: int, of: str) -> Row:
        """How it is under the camera, for an open visit. Raises GateError."""

    async def take(self, who: Who, visit: int, of: str, key: str) -> Row:
        """`{"seq", "visit", "again", "reading"}`. Raises GateError."""


class ReceptionPort(Protocol):
    """Expected visitors, the watch list, who is inside, search. What looks is called on reading threads, `act` and `find` in the loop."""

    def expected(self, *, later: bool = False) -> Row:
        """`{"rows", "later"}`: those who may come now or soon, the earliest first, and how many are expected after that."""

    def appointment(self, number: int) -> Row:
        """One appointment. Raises NotFound."""

    async def find(self, who: Who, text: str, key: str) -> int:
        """The appointment that a code or a scanned QR code names. Raises NotExecuted with what to do."""

    def watch_list(self) -> list[Row]:
        """The entries in force, with their reasons."""

    def muster(self) -> Row:
        """`{"at_ms", "head", "people", "vehicles"}`: lines of the list for an evacuation."""

    def search(self, who: Who, text: str, what: str, before: int, limit: int) -> Row:
        """`{"rows", "older"}`: visits and passes, newest first."""

    def story(self, who: Who, visit: int) -> list[Row]:
        """All events of a visit."""

    def last_pass(self, number: str) -> Row | None:
        """A construction pass as it was last checked (P8)."""

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action (`edge.live_visits` lists them): `{"seq", "about", "again"}`. Raises GateError."""


class PostPort(Protocol):
    """The post as the API sees it (D1–D6): requests, notices from head office, the change of shift. As `DeskPort`."""

    def request_kinds(self) -> Row:
        """Categories with their sentences, departments."""

    def requests(self, who: Who) -> list[Row]:
        """Open ones, overdue first, and the last that ended."""

    def request(self, who: Who, request: int) -> Row:
        """One with its steps. Raises NotFound."""

    def bulletins(self) -> Row:
        """Kinds of notices, and those in force, coming, just over."""

    def duty(self, who: Who) -> Row:
        """Who is on duty, the shift, the last hand-overs, this person's count that is not used yet."""

    def counted(self, count: int) -> Row:
        """A count beside what the gate knew. Raises NotFound."""

    def overview(self) -> Row:
        """The shift leader's view."""

    def card_presented(self) -> Row | None:
        """Whose staff card was held to the desk reader just now: `{"user", "ticket"}`."""

    async def sign_on(self, ticket: str, device: str, replacing: str) -> tuple[str, Session]:
        """Token and session for the ticket of a tap. Raises SignInNeeded."""

    def card_name(self, text: str) -> str:
        """A typed card number as the registry writes it. Raises BadInput."""

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action of the post (`edge.live_post` lists them): `{"seq", "about", "again"}`. Raises GateError."""


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


class EscortPort(Protocol):
    """Green way, convoys and the courtesy phrases. What looks is called on reading threads, `act` in the gate's loop."""

    def greens(self) -> list[Row]:
        """The last green ways with what passed, newest first."""

    def convoys(self) -> list[Row]:
        """Convoys that come, are here, or were here within the last day."""

    def phrases(self) -> Row:
        """The ten courtesy phrases in both languages."""

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action (`edge.live_escort` lists them): `{"seq", "about", "again"}`. Raises GateError."""


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
