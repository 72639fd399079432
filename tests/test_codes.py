"""Signed codes: one visit in a QR code, believed by its signature alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from camera import codes as seen
from edge.domain import codes as rules
from edge.domain.expected import Appointment, State
from sync import qr
from sync.codes import MOST_PAYLOAD, Code, is_code, new_token
from sync.fields import ProtocolError
from sync.instructions import Instruction, NotSigned

OFFICE, STRANGER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
KEY = OFFICE.public_key().public_bytes_raw()
FROM, UNTIL = 1_795_000_020_000, 1_795_003_620_000
CODE = Code(
    new_token(),
    "zhenyuan",
    ("main", "north"),
    "business",
    FROM,
    UNTIL,
    "vehicle",
    "粤B12345",
    "王小明",
    "mr",
    "3-1201",
    2,
)
words = st.text(st.characters(categories=("L", "N")), max_size=6)


@given(name=words, plate=words, unit=words, companions=st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_round_trip_in_either_case(name: str, plate: str, unit: str, companions: int) -> None:
    code = replace(CODE, name=name, plate=plate, unit=unit, companions=companions)
    text = code.text(OFFICE.sign)
    assert is_code(text)
    assert Code.from_text(text, KEY) == Code.from_text(text.lower(), KEY) == code


def test_it_is_a_qr_code_that_a_telephone_shows() -> None:
    text = CODE.text(OFFICE.sign)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:"), "packed as alphanumeric"
    assert qr.version(text) <= 10
    longest = replace(CODE, name="", unit="")
    room = MOST_PAYLOAD - len(longest._payload()) - 2
    assert qr.version(replace(longest, name="x" * room).text(OFFICE.sign)) <= 10
    with pytest.raises(ProtocolError, match="too many"):
        replace(longest, name="x" * (room + 1)).text(OFFICE.sign)


@given(place=st.integers(0, 10_000), sign=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
@settings(max_examples=100, deadline=None)
def test_one_sign_changed_is_not_believed(place: int, sign: str) -> None:
    text = CODE.text(OFFICE.sign)
    place = 4 + place % (len(text) - 4)
    other = text[:place] + sign + text[place + 1 :]
    try:
        assert Code.from_text(other, KEY) == CODE  # the same sign, or the bits of the last one that stand for nothing
        assert other == text or place == len(text) - 1
    except ProtocolError:
        assert other != text


@given(st.text(st.characters(categories=("L", "N", "P")), max_size=80))
@settings(max_examples=40, deadline=None)
def test_whatever_is_shown_is_no_code_or_not_signed(text: str) -> None:
    with pytest.raises(ProtocolError):
        Code.from_text("GE2:" + text, KEY)


def test_whose_word_it_is() -> None:
    with pytest.raises(NotSigned):
        Code.from_text(CODE.text(STRANGER.sign), KEY)
    with pytest.raises(ProtocolError):
        Code.from_text(CODE.text(OFFICE.sign)[:-9], KEY)
    told = Instruction("zhenyuan", "main", 1, 0, "notice.post", {}, "zhang", FROM)
    assert OFFICE.sign(b"gate-edge code v1\n").hex() not in told.to_bytes(OFFICE.sign).decode(), (
        "one key, two first lines"
    )
    for wrong in (
        replace(CODE, until_ms=FROM - 60_000),
        replace(CODE, until_ms=FROM + 50 * 86_400_000),
        replace(CODE, gates=()),
    ):
        with pytest.raises(ProtocolError):
            wrong.text(OFFICE.sign)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ""),
        ({"site": "elsewhere"}, "other-gate"),
        ({"gate": "south"}, "other-gate"),
        ({"revoked": True}, "revoked"),
        ({"now_ms": FROM - 1}, "not-yet"),
        ({"now_ms": UNTIL + 1}, "expired"),
        ({"now_ms": None}, ""),
        ({"known": Appointment(7, State.USED, "business", "foot", FROM, UNTIL)}, "used"),
        ({"known": Appointment(7, State.CANCELLED, "business", "foot", FROM, UNTIL)}, "cancelled"),
        ({"known": Appointment(7, State.CANCELLED, "business", "foot", FROM, UNTIL), "revoked": True}, "revoked"),
        ({"known": Appointment(7, State.VALID, "business", "foot", FROM, UNTIL + 9_000), "now_ms": UNTIL + 5_000}, ""),
        ({"known": Appointment(7, State.VALID, "business", "foot", UNTIL, UNTIL + 9_000)}, "not-yet"),
    ],
)
def test_what_stands_against_it(given: dict[str, object], why: str) -> None:
    shown = rules.Shown(CODE.token, CODE.site, CODE.gates, FROM, UNTIL)
    said = {"site": "zhenyuan", "gate": "main", "revoked": False, "known": None, "now_ms": FROM + 1_000, **given}
    assert rules.objection(shown, **said) == why


@pytest.mark.parametrize(
    ("change", "opens"),
    [
        ({}, True),
        ({"setting": "ask"}, False),
        ({"direction": "out"}, False),
        ({"plate": "", "plate_read": ""}, False),
        ({"plate_read": "粤B12346"}, False),
        ({"plate_read": ""}, False),
        ({"clock": False}, False),
        ({"watched": "waiting"}, False),
    ],
)
def test_a_lane_opens_by_a_code_alone_only_where_all_agrees(change: dict[str, object], opens: bool) -> None:
    good = {
        "setting": "open",
        "direction": "in",
        "plate": "粤B12345",
        "plate_read": "粤B12345",
        "clock": True,
        "watched": "",
    }
    assert rules.may_open(**(good | change)) is opens


def scene(
    text: str, pixels: int, angle: float, inverted: bool = False
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A telephone with the code, turned and in perspective, before a grey desk: 1280 × 720, with noise."""
    drawn = cv2.imdecode(np.frombuffer(qr.png(text, pixels), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert drawn is not None
    drawn = 255 - drawn if inverted else drawn
    side = drawn.shape[0]
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1)
    where = np.c_[corners, np.ones(4)] @ turn.T + (640 - side / 2, 360 - side / 2)
    where += np.array([[0, 0], [-0.03, 0.02], [0.02, -0.03], [0.03, 0.0]]) * side
    warp = cv2.getPerspectiveTransform(corners, where.astype(np.float32))
    canvas = np.full((720, 1280), 110, np.uint8)
    made = cv2.warpPerspective(drawn, warp, (1280, 720), canvas, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
    noise = np.random.default_rng(4).normal(0, 6, made.shape)
    return np.clip(made * 0.8 + 20 + noise, 0, 255).astype(np.uint8)


def test_the_desk_camera_reads_it() -> None:
    text = CODE.text(OFFICE.sign)
    for pixels, angle, inverted in ((5, 12.0, False), (8, -25.0, False), (8, 8.0, True)):
        picture = scene(text, pixels, angle, inverted)
        assert seen.texts(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)) == (text,), (pixels, angle, inverted)
    assert seen.texts(np.zeros((720, 1280, 3), np.uint8)) == ()
    for strange in (
        np.zeros((0, 0), np.uint8),
        np.zeros((5, 5), np.uint8),
        np.zeros((50, 50, 2), np.uint8),
        np.zeros((50,), np.uint8),
    ):
        assert seen.texts(strange) == ()


def test_pictures_to_print() -> None:
    text = CODE.text(OFFICE.sign)
    assert qr.svg(text).startswith("<svg ")
    with pytest.raises(ValueError, match="no QR code"):
        qr.png("x" * 9000)
