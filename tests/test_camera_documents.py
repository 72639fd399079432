"""Documents in pictures: found at any turn and slant, judged, read, painted over. Specimens are rendered (support_documents.py)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from camera import desk_art
from camera.document_art import IDENTITY, IDENTITY_BACK, LICENCE, SCALE, SIZES, draw
from camera.document_find import find
from camera.document_models import missing, text_reader
from camera.document_seal import STRIP, marked, painted
from camera.documents import DocumentReader
from camera.stillness import STILL_MS, Stillness
from tests.support_documents import FIELDS, picture, render

GOOD = {"light": 0.9, "slope": 0.2, "noise": 4, "blur": 0.5, "glare": False, "quality": 85, "centre": (0.0, 0.0)}
needs_models = pytest.mark.skipif(bool(missing()), reason=f"documents cannot be read here: {missing()}")


@cache
def reader() -> DocumentReader:
    return DocumentReader(text_reader())


def test_a_card_is_found_at_any_turn_and_slant_on_any_desk() -> None:
    worst = 0.0
    for seed in range(10):
        how = picture(seed, ground=list(desk_art.DESKS)[seed % 5], centre=(0.0, 0.0), pixels_mm=6.0, glare=False)
        width, height = (round(side * SCALE) for side in SIZES[how.specimen.kind])
        place = {key: how.conditions[key] for key in ("angle", "tilt", "pixels_mm", "centre")}
        truth = desk_art.corners_of((width, height), (1280, 720), **place)
        found = find(how.image)
        assert found is not None, how.conditions
        assert not found.cut
        worst = max(worst, min(float(np.abs(np.roll(found.corners, n, axis=0) - truth).max()) for n in range(4)))
    assert worst < 8.0, "pixels of a card of 510"


def test_nothing_is_found_where_nothing_lies() -> None:
    for ground in desk_art.DESKS:
        assert find(desk_art.desk(ground)) is None, ground
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert find(noise) is None
    assert find(np.zeros((4, 4, 3), np.uint8)) is None


@pytest.mark.parametrize(
    ("problem", "how"),
    [
        ("", {}),
        ("glare", {"glare": True}),
        ("blurred", {"blur": 3.5}),
        ("dark", {"light": 0.18}),
        ("far", {"pixels_mm": 4.0}),
        ("cut", {"centre": (62.0, 0.0), "angle": 0.0}),
    ],
)
def test_a_bad_picture_is_said_in_a_word_that_helps(problem: str, how: dict[str, object]) -> None:
    made = picture(7, LICENCE, **{**GOOD, "ground": "wood", "angle": 8.0, "tilt": (6.0, 4.0), "pixels_mm": 6.6, **how})
    assert DocumentReader.look(made.image).quality.problem == problem


@needs_models
@pytest.mark.parametrize(
    ("seed", "kind", "how"),
    [
        (31, IDENTITY, {"angle": 172.0, "tilt": (14.0, -12.0)}),
        (40, LICENCE, {"angle": -35.0, "tilt": (-10.0, 9.0), "light": 0.5}),
        (33, IDENTITY_BACK, {"angle": 90.0, "tilt": (5.0, 5.0), "noise": 10, "quality": 60}),
        (34, IDENTITY, {"angle": 8.0, "tilt": (0.0, 16.0), "slope": 0.4, "warm": 0.12}),
        (35, LICENCE, {"angle": 200.0, "tilt": (12.0, 0.0), "ground": "white"}),
    ],
)
def test_what_stands_on_a_document_is_read(seed: int, kind: str, how: dict[str, object]) -> None:
    made = picture(seed, kind, **{**GOOD, "pixels_mm": 6.4, **how})
    reading = reader().read(made.image)
    assert reading.quality.problem == ""
    assert reading.kind == kind
    got = {field.name: field.text for field in reading.fields}
    assert {name: got[name] for name in FIELDS[kind]} == {name: made.expected(name) for name in FIELDS[kind]}
    assert (reading.face() is None) == (kind == IDENTITY_BACK)


@needs_models
def test_a_sign_that_the_alphabet_does_not_have_leaves_the_name_empty_instead_of_shorter() -> None:
    made = picture(36, IDENTITY, **{**GOOD, "angle": 3.0, "tilt": (0.0, 0.0), "pixels_mm": 6.6})
    specimen = replace(made.specimen, name="欧阳翀宇")
    field = reader().read(render(specimen, made.conditions, np.random.default_rng(1))).field("name")
    assert field is not None
    assert field.text == ""


@needs_models
def test_the_number_is_painted_over_where_it_stands_and_nothing_of_it_can_be_read() -> None:
    made = picture(37, IDENTITY, **{**GOOD, "angle": -6.0, "tilt": (8.0, 4.0), "pixels_mm": 6.6})
    reading = reader().read(made.image)
    number = reading.field("number")
    assert reading.page is not None
    assert number is not None
    assert number.text == made.specimen.number
    safe = marked(painted(reading.page, number.boxes), "仅供门岗登记 正门 2026-11-23 08:15")
    assert safe.shape[0] == reading.page.shape[0] + STRIP
    lines = text_reader().lines(safe)
    digits = [sum(sign.isdigit() for sign in line.text) for line in lines if line.box.bottom < reading.page.shape[0]]
    assert not any(made.specimen.number[start : start + 4] in line.text for line in lines for start in (0, 4, 10, 14))
    assert max(digits) < 15
    assert any("仅供门岗登记" in line.text for line in lines if line.box.top > reading.page.shape[0] - 8)


def test_without_models_a_document_is_found_and_left_to_the_guard() -> None:
    made = picture(38, LICENCE, **{**GOOD, "angle": 2.0, "tilt": (3.0, 3.0), "pixels_mm": 6.6})
    without = DocumentReader(None)
    reading = without.read(made.image)
    assert not without.reads
    assert reading.page is not None
    assert (reading.kind, reading.fields) == ("", ())


def test_a_document_is_taken_once_when_it_lies_still_and_again_only_after_it_was_moved() -> None:
    still, place = Stillness(), np.array([[0, 0], [500, 0], [500, 320], [0, 320]], np.float32)
    assert not still.feed(place, True, 0)
    assert not still.feed(place + 40, True, 300), "it is still being moved"
    assert not still.feed(place + 41, True, 600)
    assert not still.feed(place + 40, False, 700), "a light is mirrored"
    taken = [still.feed(place + 40, True, 800 + n * 250) for n in range(6)]
    assert taken == [n * 250 >= STILL_MS for n in range(6)]
    still.taken()
    assert not any(still.feed(place + 40, True, 3000 + n * 300) for n in range(6)), "it was taken already"
    assert not still.feed(None, False, 5000)
    assert [still.feed(place, True, 5200 + n * 400) for n in range(4)] == [False, False, True, True]


def test_a_specimen_says_what_it_is_and_no_two_kinds_look_alike() -> None:
    pages = [draw(picture(1, kind).specimen) for kind in SIZES]
    assert len({page.tobytes() for page in pages}) == len(pages)
    with pytest.raises(ValueError, match="passport"):
        draw(type(picture(1).specimen)("passport"))
    assert all(cv2.meanStdDev(page)[1].max() > 8 for page in pages)
