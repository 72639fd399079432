"""The parts of the technician's tools that need no gate: pictures in figures, captures as text, what a kernel says, rules and tables."""

from __future__ import annotations

import contextlib
import os
import struct
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.focus import look
from drivers import loader, seen
from drivers.card_numbers import turned
from drivers.debounce import Debouncer
from drivers.osdp.frames import Framer, encode
from drivers.osdp.words import words
from drivers.readers import rdm6300
from drivers.recording import Header, NotACapture, end, head, line, parse, replay
from edge.settings_lane import ReaderTable
from edge.technician import toml
from edge.technician.calibrate import Shown, result, whose
from edge.technician.recordings import KEPT, MOST_BYTES, Recordings, _Running
from edge.technician.taps import Chunk, Of

MS = 1_000_000
UID = bytes.fromhex("3F8A21C4")
OWNER = bytes.fromhex("3C00CE754C")


# ---- pictures


def scene(brightness: int = 120, contrast: int = 90) -> Any:
    """A street with edges: stripes and a plate-like patch."""
    picture = np.full((720, 1280), brightness, np.int16)
    picture[:, ::32] += contrast
    picture[:, 16::64] -= contrast
    picture[300:420, 500:780] += contrast
    return cv2.cvtColor(picture.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def test_a_good_picture_has_no_hint_and_each_trouble_its_own() -> None:
    good = scene()
    assert look(good).hints == ()
    assert "too-dark" in look(scene(14, 12)).hints
    assert "too-bright" in look(scene(240, 20)).hints
    lamp = good.copy()
    cv2.circle(lamp, (640, 300), 190, (255, 255, 255), -1)
    assert look(lamp).hints == ("dazzled",)
    assert "flat" in look((good // 6 + 100).astype(np.uint8)).hints
    assert look(cv2.GaussianBlur(good, (0, 0), 12)).hints[-1] == "blurred"
    assert "blurred" not in look(np.zeros((720, 1280, 3), np.uint8)).hints, "without light nothing can be sharp"


def test_the_detail_falls_with_every_turn_away_from_the_best_focus() -> None:
    good = scene()
    figures = [look(cv2.GaussianBlur(good, (0, 0), sigma) if sigma else good).detail for sigma in (0, 0.6, 1, 2, 4)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 1.2 * figures[1], "the last tenth of a turn is seen"


# ---- captures

HEADER = Header("entry.reader", "rdm6300", {"variant": "rdm6300"}, 9600, "/dev/x", "2026-11-25T08:00:00Z")
CHUNKS = st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=40)), max_size=30)


@settings(max_examples=40)
@given(CHUNKS)
def test_a_capture_is_read_as_it_was_written(steps: list[tuple[int, bytes]]) -> None:
    ms, chunks = 0, []
    for pause, data in steps:
        ms += pause
        chunks.append((ms, data))
    text = head(HEADER) + "".join(line(at, data) for at, data in chunks) + end("time")
    found = parse(text)
    assert (found.header, found.chunks, found.ended) == (HEADER, tuple(chunks), "time")
    assert parse(text[: -len(end("time"))]).ended == ""


@settings(max_examples=60)
@given(st.text(max_size=200), st.integers(0, 200), st.text(max_size=5))
def test_whatever_is_sent_in_is_a_capture_or_refused(text: str, at: int, new: str) -> None:
    good = head(HEADER) + line(0, b"ab") + line(9, b"c") + end("asked")
    for given_text in (text, good[:at] + new + good[at + len(new) :]):
        with contextlib.suppress(NotACapture):
            assert parse(given_text).header.driver


def test_a_replay_folds_presentations_and_names_noise() -> None:
    frame = rdm6300.encode(OWNER, rdm6300.Options())
    chunks = [(0, frame[:5]), (4, frame[5:]), (70, frame), (4000, b"\x99" + frame), (4100, b"\x02\x33")]
    text = head(HEADER) + "".join(line(at, data) for at, data in chunks)
    steps = list(replay(parse(text), rdm6300.Decoder(rdm6300.Options()), 3000))
    assert [(step.ms, step.reads) for step in steps if step.reads] == [(4, (OWNER.hex(),)), (4000, (OWNER.hex(),))]
    assert [found["what"] for step in steps for found in step.found] == ["card", "card", "noise", "card"]


def test_a_capture_is_bounded_in_size_and_old_ones_go(tmp_path: Path) -> None:
    of = Of("entry.reader", table("rdm6300"), "entry.reader")
    running = _Running(of, tmp_path / "x.txt", ends=0.0)
    for number in range(200):
        running.hear(Chunk(bytes(4096), number * MS))
    assert running.why == "size"
    assert MOST_BYTES - 13_000 < sum(map(len, running.lines)) == running.size <= MOST_BYTES
    clock = SimpleNamespace(now_ms=lambda: 1_800_000_000_000, usable=True)
    kept: Any = Recordings(SimpleNamespace(clock=clock), SimpleNamespace(), tmp_path)
    folder = tmp_path / "captures"
    folder.mkdir()
    for day in range(1, 29):
        path = folder / f"202611{day:02}-120000-entry.reader.txt"
        path.touch()
        os.utime(path, (1_800_000_000 - 60, 1_800_000_000 - 60))
    (folder / "not-ours.txt").touch()
    os.utime(folder / "20261128-120000-entry.reader.txt", (1_700_000_000, 1_700_000_000))
    kept.tidy()
    names = [row["name"] for row in kept.names()]
    assert len(names) == KEPT - 2
    assert names[0] == "20261127-120000-entry.reader.txt", "the newest of those that are not too old"
    assert (folder / "not-ours.txt").exists()


# ---- this machine


def test_serial_ports_have_their_stable_names_the_best_first(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    for folder in ("serial/by-id", "serial/by-path", "gate"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / folder.replace("/", "-")).symlink_to(tmp_path / "ttyUSB0")
    port = SimpleNamespace(
        device=str(tmp_path / "ttyUSB0"),
        vid=0x0403,
        pid=0x6001,
        manufacturer="FTDI",
        product="FT232R",
        description="n/a",
        serial_number="A50285BI",
    )
    (found,) = seen.serial_ports(tmp_path, [port])
    assert [Path(name).parent.name for name in found.names] == ["by-id", "by-path", "gate"]
    assert (found.about, found.usb, found.serial) == ("FTDI FT232R", "0403:6001", "A50285BI")
    assert found.path == os.path.realpath(tmp_path / "ttyUSB0")
    assert seen.serial_ports(tmp_path / "nothing", []) == []


def test_what_the_kernel_says_of_a_pin_and_a_camera() -> None:
    """Offsets as in linux/gpio.h and linux/videodev2.h; the sizes are those in the ioctls' own numbers."""
    assert seen.LINE_INFO >> 16 & 0x3FFF == seen._LINE.size == 256
    assert seen.CHIP_INFO >> 16 & 0x3FFF == seen._CHIP.size == 68
    assert seen.QUERY_CAPABILITY >> 16 & 0x3FFF == seen._VIDEO.size == 104
    said = bytearray(256)
    said[0:6], said[32:36] = b"GPIO17", b"gate"
    struct.pack_into("=I", said, 64, 17)
    struct.pack_into("=Q", said, 72, 1 | 8)
    assert seen.line_of("gpiochip0", "pinctrl-rp1", bytes(said)) == seen.PinLine(
        "gpiochip0", "pinctrl-rp1", 17, "GPIO17", used=True, output=True, user="gate"
    )
    for able, own, good in (
        (0x8000_0001, 0x1, True),
        (0x8000_0001, 0x80_0000, False),
        (0x8000, 0, False),
        (0x1, 0, True),
    ):
        assert seen._gives_pictures(seen._VIDEO.pack(b"uvcvideo", b"Camera", b"usb", 0, able, own)) is good
    assert seen.cameras(Path("/nothing")) == seen.pins(Path("/nothing")) == []


def test_a_contact_that_chatters_is_counted() -> None:
    contact = Debouncer(False, 20 * MS)
    for at in range(6):
        contact.edge(at % 2 == 0, at * MS)
    contact.edge(True, 6 * MS)
    assert (contact.edges, contact.bounces, contact.last_ns) == (7, 6, 6 * MS)
    contact.look(True, 40 * MS)
    assert (contact.active, contact.bounces) == (True, 6)
    contact.edge(False, 100 * MS)
    contact.look(False, 140 * MS)
    assert (contact.edges, contact.bounces) == (8, 6), "a clean change is no bounce"


def test_osdp_frames_in_words() -> None:
    (ack,) = Framer().feed(encode(1, 0x04, b"\x40", reply=True))
    assert words(ack) == "address 1 · ACK"
    (secured,) = Framer().feed(encode(2, 0x0C, b"\x02\x18\x99\x99\x99\x99", reply=True))
    assert words(secured) == "address 2 · reply 99 · encrypted"


# ---- rules and tables


def table(driver: str, **options: Any) -> ReaderTable:
    return ReaderTable(driver=driver, port="/dev/x", options=options)


@pytest.mark.parametrize(
    ("of", "shown", "options"),
    [
        (table("rdm880"), Shown("C4218A3F", UID.hex(), "uid"), {"order": "lsb"}),
        (table("yhy523", order="lsb"), Shown("3F8A21C4", UID.hex(), "uid"), {}),
        (table("rdm880"), Shown("C4218A3F", "1066017220", "printed"), {"order": "lsb"}),
        (table("osdp", address=3), Shown("C4218A3F", UID.hex(), "uid"), {"address": 3, "order": "lsb"}),
        (table("line", digits=10), Shown("3290532415", UID.hex(), "uid"), {"order": "lsb", "digits": 10}),
        (
            table("line", prefix="\x02", terminator="etx"),
            Shown("138,08644", UID.hex(), "uid"),
            {"base": "3+5", "bits": 24, "terminator": "etx", "prefix": "\x02"},
        ),
        (table("rdm6300"), Shown(OWNER.hex(), "0013530444", "printed"), {}),
    ],
)
def test_one_known_card_gives_a_readers_options(of: ReaderTable, shown: Shown, options: dict[str, Any]) -> None:
    found = result(of, [shown])
    assert (found.state, dict(found.options)) == ("found", options)
    assert found.same is (options == dict(of.options))
    if found.options:
        assert tomllib.loads(found.config)["options"] == options, "it can be pasted"


def test_three_families_calibrated_by_one_card_give_one_credential() -> None:
    """Each reader says the card in its own way; after its calibration all give the same bytes."""
    sent = {"rdm880": UID[::-1], "yhy523": UID, "line": b"3290532415\n"}
    for driver, said in sent.items():
        shown = Shown(said.decode().strip() if driver == "line" else said.hex(), UID.hex(), "uid")
        found = result(table(driver), [shown])
        module = loader.load(driver)
        options = loader.make_options(module, found.options)
        if driver == "line":
            (card,) = module.Decoder(options).feed(said)
            assert card.uid == UID
        else:
            assert turned(said, options.order) == UID


def test_a_family_that_cannot_turn_its_bytes_says_so() -> None:
    found = result(table("rdm6300"), [Shown(OWNER.hex(), OWNER[::-1].hex(), "uid")])
    assert (found.state, found.turns, found.config) == ("none", False, "")


def test_whose_printed_number_it_is() -> None:
    cards = [UID, OWNER, bytes.fromhex("62E3086CED")]
    assert whose("1066017220", cards) == [UID]
    assert whose("206,30028", cards) == [OWNER]
    assert whose("1", cards) == []
    assert len(whose("9052612", [UID, b"\x00" + UID[1:]])) == 2


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,10}", fullmatch=True),
        st.one_of(st.booleans(), st.integers(-9, 99), st.text(max_size=12)),
        min_size=1,
    )
)
def test_a_table_is_toml(values: dict[str, Any]) -> None:
    text = toml.reader("line", "/dev/serial/by-id/x", 19200, values)
    found = tomllib.loads(text)["lane"]["reader"]
    assert (found["driver"], found["baud"], found["options"]) == ("line", 19200, values)
