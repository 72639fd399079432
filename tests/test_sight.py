"""The desk's sight: pictures of a visit are taken, read, painted over, kept, journalled, seen by whom they concern, and erased with it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera import document_models
from camera.base import Frame, Image
from camera.document_art import LICENCE
from camera.plates.models import RecognitionAbsent
from edge.desk import VisitInput
from edge.domain.documents import problem
from edge.errors import NotFound
from edge.orders import Person
from edge.pictures import Pictures
from edge.sight import Sight, SightOptions
from tests.support_desk import LI, WU, AtTheDesk, at_the_desk, stopped
from tests.support_documents import picture
from tests.support_page import RealGate
from tests.support_photos import photos_in
from tests.support_visits import begin, do

pytest_plugins = ["tests.support_page_fixtures"]
LEADER = Person("zhou", "leader")
GOOD = {
    "light": 0.9,
    "slope": 0.2,
    "noise": 4,
    "blur": 0.5,
    "glare": False,
    "quality": 85,
    "centre": (0.0, 0.0),
    "angle": 5.0,
    "tilt": (4.0, 4.0),
    "pixels_mm": 6.6,
}
needs_models = pytest.mark.skipif(bool(document_models.missing()), reason="documents cannot be read here")


class StandingEyes:
    """A camera before which one picture stands; 0.4 s pass from one look to the next."""

    def __init__(self, image: Image) -> None:
        self.capture, self.image, self.number = self, image, 0

    def latest(self, _age_ms: float) -> Frame:
        self.number += 1
        return Frame(self.image, self.number * 400_000_000, self.number)


class AtTheWindow:
    """A desk with cameras."""

    def __init__(self, desk: AtTheDesk, folder: Path, options: SightOptions) -> None:
        self.desk, self.photos = desk, photos_in(folder / "photos", desk.store, desk.clock)
        self.pictures = Pictures(self.photos, lambda _events: None)
        self.sight = Sight(desk.gate, self.pictures, desk.plan, options)
        self.visit = desk.open_visit("business", VisitInput(name="王小明", unit="11栋201")).about

    def lies(self, image: Image) -> None:
        self.sight.eyes = {"document": StandingEyes(image)}

    def look(self, visit: int) -> Any:
        """How it is at the third look."""
        return [self.desk.loop.run_until_complete(self.sight.look(LI, visit, "document")) for _ in range(3)][-1]

    def take(self, of: str = "document", by: Person = LI, key: str = "") -> Any:
        return self.desk.loop.run_until_complete(self.sight.take(by, self.visit, of, key))

    def files(self) -> int:
        return len(list(self.photos.root.rglob("*.sealed")) or list(self.photos.root.rglob("*.*")))


@contextmanager
def window(folder: Path, **options: Any) -> Iterator[AtTheWindow]:
    with at_the_desk(folder) as desk:
        at = AtTheWindow(desk, folder, SightOptions(place="正门", **options))
        yield at
        at.sight.close()
        at.pictures.close()


@needs_models
def test_a_document_is_read_painted_over_kept_once_and_seen_by_those_whom_it_concerns(tmp_path: Path) -> None:
    made = picture(40, LICENCE, **GOOD)
    with window(tmp_path) as at:
        at.lies(made.image)
        done, row = at.take(key="k1")
        assert (row["page"], row["paper"]) == (LICENCE, LICENCE)
        read = {field["name"]: field["text"] for field in row["fields"]}
        assert (read["name"], read["number"]) == (made.specimen.name, made.specimen.number)
        again, same = at.take(key="k1")
        assert (again.seq, again.again, same) == (done.seq, True, row), "the same press twice takes one picture"
        ((of, digest),) = [(p.of, p.digest) for p in at.desk.see(at.visit).pictures]
        assert of == "document"
        body = next(body for kind, body in at.desk.events() if kind == "picture.taken")
        assert (body["keep"], body["lane"], body["pass_seq"], body["digest"]) == ("document", "desk", at.visit, digest)
        assert made.specimen.number not in str(at.desk.events()), "what was read stands in no event"
        kept = at.photos.get(digest)
        assert kept is not None
        image = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
        assert made.specimen.number not in "".join(line.text for line in document_models.text_reader().lines(image))
        assert at.photos.get(digest, "thumbnail") is not None
        assert at.desk.see(at.visit, by=LEADER).pictures == at.desk.see(at.visit).pictures
        assert at.desk.see(at.visit, by=WU).pictures == ()
        assert at.desk.see(at.visit, by=Person("tech", "technician")).pictures == ()


@needs_models
def test_a_picture_that_is_none_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    with window(tmp_path) as at:
        with stopped("sight-no-picture"):
            at.take()
        for code, how in (("glare", {"glare": True}), ("far", {"pixels_mm": 4.0})):
            at.lies(picture(7, LICENCE, **{**GOOD, "ground": "wood", **how}).image)
            with stopped(f"sight-{code}"):
                at.take()
        at.lies(picture(7, LICENCE, **GOOD).image[::-1].copy())
        with stopped("sight-unread"):
            at.take()
        with pytest.raises(NotFound):
            at.desk.loop.run_until_complete(at.sight.take(LI, 9_999, "document"))
        at.desk.refuse(at.visit, "left")
        with stopped("visit-over"):
            at.take()
        assert "picture.taken" not in at.desk.kinds()
        assert at.files() == 0


def test_without_recognition_documents_are_typed_and_their_pictures_not_kept_unless_nothing_is_to_be_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> None:
        raise RecognitionAbsent("the package rapidocr is not installed")

    monkeypatch.setattr(document_models, "text_reader", absent)
    image = picture(7, LICENCE, **GOOD).image
    with window(tmp_path) as at:
        at.lies(image)
        with stopped("sight-no-models"):
            at.take()
        assert at.files() == 0
    (tmp_path / "b").mkdir()
    with window(tmp_path / "b", mask=()) as at:
        at.lies(image)
        assert at.look(at.visit)["ready"]
        _, row = at.take()
        assert (row["page"], row["fields"]) == ("", [])
        assert [p.of for p in at.desk.see(at.visit).pictures] == ["document"]
        other = at.desk.open_visit("business", VisitInput(name="李小红", unit="11栋201")).about
        assert [at.look(visit)["ready"] for visit in (at.visit, other)] == [False, False], "it is the first visitor's"
        at.desk.refuse(at.visit, "left")
        seen = at.look(other)
        assert (seen["ready"], seen["taken"]) == (True, False), "at the same place, where nobody looked in between"


def test_a_person_and_a_workers_pass_are_taken_as_they_are_seen(tmp_path: Path) -> None:
    image = picture(7, LICENCE, **GOOD).image
    with window(tmp_path) as at:
        at.sight.eyes = {"person": StandingEyes(image)}
        assert at.sight.can()["document"], "one camera serves for both"
        at.take("person")
        at.take("pass")
        pictures = {p.of: p.digest for p in at.desk.see(at.visit).pictures}
        assert set(pictures) == {"person", "pass"}
        assert len(at.desk.see(at.visit, by=WU).pictures) == 2, "the next guard compares the pass (P8)"
        with pytest.raises(Exception, match="picture"):
            at.take("cat")


def test_a_whole_gate_shows_takes_reads_and_erases(gate: RealGate) -> None:
    guard, leader = gate.user("guard-e", "guard"), gate.leader()
    visit = begin(guard)
    path = f"/visits/{visit['visit']}"
    do(guard, visit, "answer", step="appointment", answer="yes")
    do(guard, visit, "call", result="agreed")
    assert guard.get("/visits/kinds").json()["sight"]["document"]
    end = time.monotonic() + 40
    while not (seen := guard.get(f"{path}/sight").json())["ready"]:
        assert time.monotonic() < end, seen
        time.sleep(0.2)  # as the page does
    assert len(seen["corners"]) == 4
    assert guard.get(f"{path}/sight.jpg").headers["content-type"] == "image/jpeg"
    if document_models.missing():
        pytest.skip("documents cannot be read here")
    taken = guard.post(f"{path}/pictures", {"of": "document"})
    assert taken.status_code == 200, taken.text
    row = taken.json()["reading"]
    read = {field["name"]: field["text"] for field in row["fields"]}
    assert read["name"] == visit["name"]
    assert problem("resident-id", read["number"], None) == ""
    assert guard.get(f"{path}/sight").json()["reading"] == row
    assert guard.post(f"{path}/pictures", {"of": "person"}).status_code == 200
    digests = [p["digest"] for p in guard.get(path).json()["pictures"]]
    other = gate.user("guard-f", "guard")
    for digest in digests:
        assert guard.get(f"/pictures/{digest}").status_code == 200
        assert leader.get(f"/pictures/{digest}?size=small").status_code == 200
    assert [other.get(f"/pictures/{digest}").status_code for digest in digests] == [403, 200]
    after = do(guard, visit, "refuse", reason="left")
    assert guard.get(f"{path}/sight").status_code == 409, "only while the visit is open"
    assert guard.get(f"{path}/sight.jpg").status_code == 404
    gone = leader.post(f"/privacy/{after['visit']}/erase", {"reason": "本人申请"})
    assert gone.status_code == 200, gone.text
    assert [leader.get(f"/pictures/{digest}").status_code for digest in digests] == [404, 404]
    with sqlite3.connect(gate.database) as con:
        assert con.execute(
            f"SELECT count(*) FROM photos WHERE digest IN ('{digests[0]}', '{digests[1]}')"
        ).fetchone() == (0,)


def test_a_code_held_to_the_desks_camera_is_found_once_and_a_quiet_desk_costs_nothing(tmp_path: Path) -> None:
    bare = np.full((720, 1280, 3), 90, np.uint8)
    code = cv2.QRCodeEncoder.create().encode("GE1:main:abc123")
    held = bare.copy()
    held[160:560, 440:840] = cv2.cvtColor(
        cv2.resize(code, (400, 400), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR
    )
    heard: list[str] = []

    async def scanned(text: str) -> None:
        heard.append(text)

    with window(tmp_path) as at:
        at.sight.scanned = scanned
        for image in (bare, bare, held, held, held, held, bare):
            at.lies(image)
            at.desk.loop.run_until_complete(at.sight.codes())
        assert heard == ["GE1:main:abc123"]


def test_a_technician_is_not_shown_the_desk(gate: RealGate) -> None:
    visit = begin(gate.leader())
    tech = gate.user("tech-e", "technician")
    for path in ("sight", "sight.jpg"):
        assert tech.get(f"/visits/{visit['visit']}/{path}").status_code == 403
    assert tech.post(f"/visits/{visit['visit']}/pictures", {"of": "person"}).status_code == 403
