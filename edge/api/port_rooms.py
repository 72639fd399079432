"""What the routes of the guards' rooms need of the gate: visits, goods, the post, escorts, the desk's cameras.

Rows are JSON-ready; the models of the same room (models_desk.py, models_goods.py …) say what is in them. What only looks is
called on reading threads, what acts in the gate's loop.
"""

from __future__ import annotations

from typing import Any, Protocol

from edge.api.who import Who
from edge.store.users import Session

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

    def telephones(self, who: Who, visit: int) -> list[Row]:
        """Names and numbers of its host, while the host is to be called. Raises NotFound."""

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
