"""What the desk's cameras see: the preview, whether a document lies still, and the pictures of a visit, read, painted over, kept (P3–P8).

    a page asks ──▶ newest frame ──▶ found? good? still? ──▶ the page takes it, or the guard taps
    take ──▶ read ──▶ judged ──▶ painted over, marked ──▶ sealed in the store ──▶ journalled ──▶ fields before the guard, «read»

All work on pictures runs on one thread, `desk-sight`: a card at a lane waits for none of it. What was read is kept in memory until the guard
has registered the document, ten minutes at most, and stands nowhere else: what is registered is what the guard sends.

A document's picture is kept only after its number was painted over (`[desk] mask`); where the number was not found, the picture is not kept.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from camera import document_models as models
from camera import portraits
from camera.base import Frame, Image
from camera.code_watch import CodeWatch
from camera.document_find import straighten
from camera.document_quality import WORDS
from camera.document_seal import marked, painted
from camera.documents import DocumentReader, Look, Reading
from camera.plates.models import RecognitionAbsent
from camera.snapshot import snapshot
from camera.stillness import Stillness
from edge.desk import picturing, words
from edge.desk.act import Act, Acted, require
from edge.domain import readings
from edge.domain import visits as v
from edge.domain.pictures import Stored
from edge.domain.plan import Plan
from edge.gate import Gate
from edge.orders import Person
from edge.pictures import FRESH_MS, Eyes, Pictures
from edge.service import Service
from edge.store import queries
from edge.store import queries_desk as q

log = logging.getLogger(__name__)
T = TypeVar("T")
Row = dict[str, Any]
KEPT_MS, MOST = 600_000, 8
"""So long, and of so many visits, what was read is remembered."""
CODES_S = 0.8
"""So often a picture that has changed is looked through for a code."""
SAME_CODE_MS = 10_000


@dataclass(frozen=True, slots=True)
class SightOptions:
    """`mask`: fields painted over; `purpose`: the words across a picture; `place`: the gate's name; `auto`: taken when it lies still."""

    mask: tuple[str, ...] = ("number",)
    purpose: str = "仅供门岗登记"
    place: str = ""
    auto: bool = True


class Sight(Service):
    """Over a gate; lives in its loop. `eyes`: person, document → camera; one of them may serve for both."""

    def __init__(self, gate: Gate, pictures: Pictures, plan: Plan, options: SightOptions) -> None:
        super().__init__(gate)
        self._pictures, self._plan, self._options = pictures, plan, options
        self.eyes: dict[str, Eyes] = {}
        self.somebody: Callable[[int, str, str], None] = _nobody
        """Told which visit is looked at (number, name, of what): the simulated desk shows somebody then."""
        self.scanned: Callable[[str], Awaitable[None]] = _unheard
        """Told what a code held to the desk's camera says (edge/desk/scanners.py)."""
        self._codes = CodeWatch()
        self._code = ("", 0)
        self._reader: DocumentReader | None = None
        self._pool = ThreadPoolExecutor(1, "desk-sight")
        self._still = Stillness()
        self._taken_of = 0  # whose document was taken last
        self._looked: tuple[int, Look | None] = (0, None)
        self._readings: dict[int, tuple[int, Row]] = {}

    def can(self) -> Row:
        """What there is: cameras, recognition."""
        return {
            "person": self._eyes(picturing.PERSON_OF) is not None,
            "document": self._eyes(picturing.DOCUMENT_OF) is not None,
            "reads": not models.missing(),
            "auto": self._options.auto,
        }

    def jpeg(self, of: str) -> bytes | None:
        """The newest frame for the page; None when there is none. Any thread."""
        eyes = self._eyes(of)
        return eyes.jpeg() if eyes else None

    def still(self, of: str) -> bytes | None:
        """The newest frame as a picture of full size (a signature's specimen is cut out of it); None when there is none. Any thread."""
        eyes = self._eyes(of)
        frame = eyes.capture.latest(FRESH_MS) if eyes else None
        return snapshot(frame).jpeg if frame else None

    # ---- looking ---------------------------------------------------------------------------------------------------

    async def look(self, person: Person, visit: int, of: str) -> Row:
        """How it is under the camera now, for an open visit. Raises NotFound, NotExecuted when the visit is not open any more."""
        name = await asyncio.to_thread(self._open, visit)
        self.somebody(visit, name, of)
        await self._next(visit)
        eyes = self._eyes(of)
        frame = eyes.capture.latest(FRESH_MS) if eyes else None
        self._forget()
        known = self._readings.get(visit)
        row: Row = {
            "frame": frame.number if frame else 0,
            "problem": "" if frame else "no-picture",
            "corners": [],
            "ready": False,
            "taken": False,
        }
        row["reading"] = known[1] if known else None
        if frame is not None and of == picturing.DOCUMENT_OF:
            row |= await self._on_thread(partial(self._look, frame))
        return row | _said(row["problem"])

    def _look(self, frame: Frame) -> Row:
        number, found = self._looked
        if number != frame.number or found is None:
            found = DocumentReader.look(frame.image)
            self._looked = (frame.number, found)
            corners = found.found.corners if found.found else None
            ready = self._still.feed(corners, not found.quality.problem, frame.mono_ns // 1_000_000)
        else:
            ready = False
        height, width = frame.image.shape[:2]
        outline = (
            [[round(float(x) / width, 4), round(float(y) / height, 4)] for x, y in found.found.corners]
            if found.found
            else []
        )
        return {
            "problem": found.quality.problem,
            "corners": outline,
            "ready": ready and self._options.auto,
            "taken": self._still.done,
        }

    async def _next(self, visit: int) -> None:
        """Nobody looked at the desk since the last visitor's document was registered: where that lay, this one's may lie by now."""
        before = self._taken_of
        if before not in (0, visit) and await asyncio.to_thread(self._registered, before):
            self._taken_of = 0
            self._still.forget()

    def _registered(self, visit: int) -> bool:
        """Whether no document is asked for any more at that visit."""
        with self._gate.store.reader() as con:
            facts = q.visit(con, visit)
        return facts is None or facts.state is not v.State.OPEN or bool(facts.held) or facts.checked

    # ---- codes -----------------------------------------------------------------------------------------------------

    async def codes(self) -> None:
        """A QR code held to the camera finds its appointment, once. A desk on which nothing changes costs nothing."""
        eyes = self._eyes(picturing.DOCUMENT_OF)
        frame = eyes.capture.latest(FRESH_MS) if eyes else None
        if frame is None:
            return
        now = self._gate.clock.mono_ms()
        for text in await self._on_thread(partial(self._codes.texts, frame.image)):
            if text != self._code[0] or now - self._code[1] > SAME_CODE_MS:
                await self.scanned(text)
            self._code = (text, now)

    # ---- taking ----------------------------------------------------------------------------------------------------

    async def take(self, person: Person, visit: int, of: str, key: str = "") -> tuple[Acted, Row | None]:
        """Take a picture for an open visit; what was read of a document. Raises NotFound, NotExecuted with what would help."""
        if of not in picturing.KEEP:
            raise words.one_of("picture", of, list(picturing.KEEP))
        await asyncio.to_thread(self._open, visit)
        with self._gate.store.reader() as con:
            old = queries.answered(con, key, person.user)
        if old is not None:
            known = self._readings.get(visit)
            return Acted(int(old.partition(" ")[0]), visit, again=True), known[1] if known else None
        eyes = self._eyes(of)
        frame = eyes.capture.latest(FRESH_MS) if eyes else None
        if frame is None:
            raise words.stop("sight-no-picture")
        marks = f"{self._options.purpose} {self._options.place} {self._when()}"
        stored, row = await self._on_thread(partial(self._keep, frame, of, marks))
        if of == picturing.DOCUMENT_OF:
            self._taken_of = visit
        done = await self.do(
            person,
            key,
            lambda d: picturing.pictured(Act(d.tx, d.person, d.stamp, d.local, self._plan), visit, of, stored),
        )
        if row is not None:
            self._readings[visit] = (self._gate.clock.mono_ms(), row)
        return done, row

    def _keep(self, frame: Frame, of: str, marks: str) -> tuple[Stored, Row | None]:
        """Make the picture and put it into the store; on the thread. Raises NotExecuted, StoreError."""
        if of == picturing.DOCUMENT_OF:
            return self._keep_document(frame, marks)
        image = frame.image
        if of == picturing.PASS_OF:
            found = DocumentReader.look(image).found
            image = straighten(image, found.corners) if found else image
        small = portraits.small(portraits.middle(image) if of == picturing.PERSON_OF else image)
        return self._put(frame, marked(image, marks), small, of), None

    def _keep_document(self, frame: Frame, marks: str) -> tuple[Stored, Row | None]:
        began = time.monotonic()
        reading = self._documents().read(frame.image)
        if reading.page is None or reading.quality.problem:
            raise words.stop(f"sight-{reading.quality.problem or 'no-document'}")
        log.info("a document was looked at: %s, %.0f ms", reading.kind or "unknown", (time.monotonic() - began) * 1000)
        safe = painted(reading.page, self._hidden(reading))
        face = reading.face()
        stored = self._put(
            frame, marked(safe, marks), portraits.small(safe if face is None else face), picturing.DOCUMENT_OF
        )
        self._still.taken()
        return stored, self._row(reading) | {"face": portraits.address(face)}

    def _hidden(self, reading: Reading) -> list[Any]:
        """Boxes that are to be painted over. Raises NotExecuted when the number should be and was not found."""
        if not self._options.mask:
            return []
        located = {field.name: field.boxes for field in reading.fields}
        if not reading.kind or (
            reading.kind != readings.BACK and "number" in self._options.mask and not located.get("number")
        ):
            raise words.stop("sight-unread" if self._documents().reads else "sight-no-models")
        return [box for name in self._options.mask for box in located.get(name, ())]

    def _row(self, reading: Reading) -> Row:
        """What was read, judged."""
        today = self._today()
        given = {f.name: readings.Read(f.text, f.confidence, f.others) for f in reading.fields}
        judged = readings.judge(reading.kind, given, today)
        until = judged["valid_until"].text if "valid_until" in judged else ""
        return {
            "page": reading.kind,
            "paper": readings.PAPERS.get(reading.kind, ""),
            "expired": readings.expired(until, today),
            "fields": [
                {"name": name, "text": read.text, "confidence": round(read.confidence, 3)}
                for name, read in judged.items()
            ],
        }

    def _put(self, frame: Frame, image: Image, small: bytes, of: str) -> Stored:
        taken = snapshot(Frame(image, frame.mono_ns, frame.number))
        return self._pictures.put(taken.jpeg, picturing.KEEP[of], small or taken.thumbnail)

    # ---- the rest --------------------------------------------------------------------------------------------------

    def _eyes(self, of: str) -> Eyes | None:
        if of == picturing.PERSON_OF:
            return self.eyes.get("person")
        return self.eyes.get("document") or self.eyes.get("person")

    def _open(self, visit: int) -> str:
        """The visitor's name. Raises NotFound, NotExecuted."""
        with self._gate.store.reader() as con:
            facts, rows = q.visit(con, visit), q.visit_rows(con, "v.visit = ?", visit)
        if facts is None or not rows:
            raise words.not_found("visit", visit)
        require(v.may_change(facts))
        return str(rows[0]["name"])

    def _documents(self) -> DocumentReader:
        """Loaded at the first document, on the thread."""
        if self._reader is None:
            try:
                self._reader = DocumentReader(models.text_reader())
            except RecognitionAbsent as e:
                log.warning("documents are typed: %s", e)
                self._reader = DocumentReader(None)
        return self._reader

    def _today(self) -> Any:
        local = self._gate.local(self._gate.clock.stamp())
        return local.date() if local else None

    def _when(self) -> str:
        local = self._gate.local(self._gate.clock.stamp())
        return f"{local:%Y-%m-%d %H:%M}" if local else "时钟未校准"

    def _forget(self) -> None:
        """What has had its time."""
        now = self._gate.clock.mono_ms()
        fresh = {visit: known for visit, known in self._readings.items() if now - known[0] < KEPT_MS}
        self._readings = dict(list(fresh.items())[-MOST:])

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown(wait=True)


def _nobody(_visit: int, _name: str, _of: str) -> None:
    """A real desk needs no telling."""


async def _unheard(_text: str) -> None:
    """Nobody asks for codes."""


def _said(problem: str) -> Row:
    zh, _, en = WORDS.get(problem, "").partition(" · ")
    return {"zh": zh, "en": en}
