"""Pictures from outside that are broken, hostile or absurd: a fault in words, nothing lost, no thread dead."""

from __future__ import annotations

import random
import resource
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import jpeg as encoded
from camera.base import CameraFault, Image
from camera.capture import Capture, CaptureOptions
from camera.exposure import BY_HAND, LADDER, REST_S, Ladder
from camera.folder import Folder
from camera.health import HealthOptions
from camera.jpeg import MOST_BYTES, BadPicture, decode, size
from camera.loader import load
from camera.mjpeg import Splitter
from camera.opencv_source import BadSize, Film
from camera.v4l2 import BACKLIGHT, EXPOSURE_ABSOLUTE, EXPOSURE_AUTO, GAIN, QUERYCTRL, Controls
from camera.view import View
from tests.support_cameras import http_camera, jpeg, scene
from tests.support_drivers import Inbox
from tests.test_camera_capture import Scripted, said

S = 1_000_000_000


def promising(width: int, height: int) -> bytes:
    """A small JPEG whose header promises that many pixels."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def test_a_hundred_megapixels_are_refused_by_their_header_before_anything_is_decoded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in (promising(12_000, 9_000), promising(65_535, 65_535)):
        with pytest.raises(BadPicture, match="is too large"):
            decode(data)
    png = cv2.imencode(".png", scene())[1].tobytes()
    with pytest.raises(BadPicture, match="100000 × 100000 pixels is too large"):
        decode(png[:16] + (100_000).to_bytes(4, "big") * 2 + png[24:])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"GIF89a" + bytes(64),
        promising(0, 0),
        promising(0, 240),
        promising(8, 8),
        jpeg()[:500],
        jpeg()[:-200],
        b"\xff\xd8\xff\xe0\0\1" + bytes(99),
        jpeg() + bytes(MOST_BYTES),
    ],
)
def test_what_is_no_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadPicture, match=r"\w+ \w+"):
        decode(data)


def test_a_header_that_lies_about_the_size() -> None:
    """More rows than data: no memory beyond what was promised and checked, whatever the rest shows."""
    assert decode(promising(320, 1200)).shape == (1200, 320, 3)
    assert decode(promising(320, 100)).shape == (100, 320, 3)


def test_a_large_picture_is_decoded_small() -> None:
    data = cv2.imencode(".jpg", scene(0, 4000, 3000))[1].tobytes()
    assert size(data) == (4000, 3000)
    assert decode(data, 1280, 720).shape == (1500, 2000, 3)
    assert decode(data, 640, 360).shape == (750, 1000, 3)
    assert decode(data).shape == (3000, 4000, 3)


@pytest.mark.parametrize("seed", range(4))
def test_fuzzed_pictures_decode_or_are_refused(seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(seed)
    good = [jpeg(seed), cv2.imencode(".jpg", scene(seed), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()]
    good.append(cv2.imencode(".png", scene(seed, 64, 48))[1].tobytes())
    taken, refused = 0, [" "]
    for _ in range(120):
        data = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data) if chance.random() < 0.5 else 100)] = chance.randrange(256)
        try:
            image = decode(bytes(data[: chance.choice([len(data), chance.randrange(len(data))])]))
        except BadPicture as bad:
            refused.append(str(bad))
        else:
            taken += 1
            assert image.dtype == np.uint8
            assert image.shape[0] * image.shape[1] <= encoded.MOST_PIXELS
    assert taken
    assert all(refused)


def test_a_picture_that_is_gone_over_again_and_again() -> None:
    progressive = cv2.imencode(".jpg", scene(4, 1280, 720), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert decode(progressive).shape == (720, 1280, 3)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    with pytest.raises(BadPicture, match="too many scans"):
        decode(progressive[:-2] + scan * 1000 + b"\xff\xd9")


@pytest.mark.parametrize("step", [1, 7, 1000, 100_000])
def test_pictures_out_of_a_stream_whatever_the_pieces(step: int) -> None:
    thumbnail = jpeg(1, 32, 32)
    plain = jpeg(3)
    exif = plain[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + plain[2:]
    progressive = cv2.imencode(".jpg", scene(4), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    restarts = cv2.imencode(".jpg", scene(5), [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes()
    stream = b"--x\r\nContent-Length: 9\r\n\r\n".join([b"garbage\xff\xd8", exif, progressive, restarts, plain, b""])
    splitter, found = Splitter(), []
    for at in range(0, len(stream), step):
        found += splitter.feed(stream[at : at + step])
    assert found == [exif, progressive, restarts, plain]
    assert splitter.dropped == 0


def test_a_picture_cut_off_on_the_line_costs_itself_alone_and_the_buffer_is_bounded() -> None:
    splitter = Splitter(most=50_000)
    assert splitter.feed(jpeg(1)[:3000] + jpeg(2)) == [jpeg(2)]
    assert splitter.dropped == 1
    head = jpeg()[: jpeg().index(b"\xff\xda") + 14]
    for _ in range(50):
        splitter.feed(head[:2] + head[2:] + bytes(10_000))
        splitter.feed(b"\x11" * 30_000)
        assert splitter.waiting <= 100_000
    assert splitter.feed(b"\xff\xd9" + jpeg(6))[-1] == jpeg(6)


@pytest.mark.parametrize("seed", range(3))
def test_a_fuzzed_stream_always_comes_back(seed: int) -> None:
    chance = random.Random(seed)
    splitter = Splitter(most=60_000)
    for _ in range(200):
        data = bytearray(jpeg(chance.randrange(8), 64, 48))
        for _ in range(chance.randint(0, 9)):
            data[chance.randrange(len(data))] = chance.choice([0xFF, 0xD8, 0xD9, 0xDA, 0, chance.randrange(256)])
        splitter.feed(bytes(data))
        assert splitter.waiting < 130_000
    splitter.feed(b"\xff\xd9" + bytes(70_000))
    for _ in range(3):
        found = splitter.feed(jpeg(2))
    assert jpeg(2) in found


def test_a_camera_that_turns_hostile_is_gone_in_words_and_comes_back() -> None:
    """Over HTTP: garbage, pictures of 4 gigapixels, then good ones again."""
    inbox: Inbox[CameraFault] = Inbox()
    calm = CaptureOptions(0.01, 0.05, HealthOptions(frozen_s=1e4, bad_s=1e4, moved_s=1e4))
    with http_camera() as http:
        http.pictures = [*[promising(65_535, 65_000)] * 40, *[jpeg(n) for n in range(400)]]
        camera = Capture("cam", load(f"http://{http.host}/mjpg", fps=1000), inbox, calm)
        camera.start()
        assert camera.wait_newer(3, 20) is not None
        camera.close()
    assert said(inbox.items)[:2] == [("gone", True), ("gone", False)]
    assert "65535 × 65000 pixels is too large" in inbox.items[0].detail


class Throwing(Scripted):
    """What a library may throw."""

    def read(self) -> Image | None:
        image = super().read()
        if image is not None and image.size == 12:
            raise cv2.error("internal", "", "", "", "", 0)
        if image is not None and image.size == 3:
            raise MemoryError
        return image


def test_whatever_a_library_throws_the_thread_lives() -> None:
    inbox: Inbox[CameraFault] = Inbox()
    source = Throwing()
    camera = Capture("cam", source, inbox, CaptureOptions(0.01, 0.02))
    camera.start()
    for rows in (2, 1):
        source.give(np.zeros((rows, rows, 3), np.uint8))
    source.give(scene())
    assert camera.wait_newer(0, 10) is not None
    assert said(inbox.items)[:2] == [("gone", True), ("gone", False)]
    camera.close()


@pytest.mark.parametrize("kind", ["truncated", "fuzzed", "empty", "huge"])
def test_films_that_are_broken(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (320, 240))
    for number in range(6):
        writer.write(scene(number))
    writer.release()
    data = bytearray(path.read_bytes())
    chance = random.Random(1)
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "empty":
        data = bytearray()
    elif kind == "huge":
        for at in (0x40, 0xB0):  # avih's and strf's width and height
            data[at : at + 8] = (30_000).to_bytes(4, "little") * 2
    else:
        for _ in range(400):
            data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(data)
    film = Film(str(path), fps=1000)
    try:
        film.open()
        for _ in range(8):
            image = film.read()
            assert image is None or image.shape[0] * image.shape[1] <= encoded.MOST_PIXELS
    except BadSize as error:
        assert "not taken" in str(error)  # noqa: PT017 - it may as well be read to its end
    except OSError as error:
        assert "film" in str(error)  # noqa: PT017 - it may as well be read to its end
    finally:
        film.close()


def test_a_folder_passes_over_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(promising(60_000, 60_000))
    (tmp_path / "b.jpg").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(jpeg(2))
    folder = Folder(str(tmp_path), fps=1000)
    folder.open()
    (tmp_path / "b.jpg").unlink()
    image = folder.read()
    assert image is not None
    assert image.shape == (240, 320, 3)


# ---- where the camera looks, and what helps it at night


def test_a_view_without_edges_is_not_judged() -> None:
    view = View()
    assert {view.compare(np.full((180, 320, 3), 90, np.uint8)) for _ in range(20)} == {None}


def test_the_ladder_goes_up_in_the_dark_down_before_headlamps_and_home_again() -> None:
    ladder, levels, second = Ladder(), [], 0
    for light, glare, seconds in ((20, 0, 40), (80, 0, 20), (150, 0, 40), (90, 0.4, 40), (60, 0.0, 40)):
        for _ in range(seconds):
            second += 1
            if ladder.feed(light, glare, second * S) is not None:
                levels.append(ladder.level)
    assert levels == [1, 2, 1, 0, -1, -2, -1, 0]
    quick = Ladder()
    assert [quick.feed(10, 0, n * S) is not None for n in range(1, round(REST_S) + 2)].count(True) == 2


class FakeDevice:
    """The controls of a UVC camera as linux/videodev2.h describes them."""

    def __init__(self, *controls: int) -> None:
        self.controls = controls
        self.set: dict[int, int] = {}

    def __call__(self, fd: int, request: int, data: bytearray) -> int:
        control = int.from_bytes(data[:4], "little")
        if control not in self.controls:
            raise OSError(22, "Invalid argument")
        if request == QUERYCTRL:
            least, most = (
                (1, 5000) if control == EXPOSURE_ABSOLUTE else (0, 3) if control == EXPOSURE_AUTO else (0, 100)
            )
            usual = 3 if control == EXPOSURE_AUTO else 10
            data[40:56] = b"".join(n.to_bytes(4, "little") for n in (least, most, 1, usual))
        else:
            self.set[control] = int.from_bytes(data[4:8], "little", signed=True)
        return 0


def test_a_rung_sets_what_the_camera_has() -> None:
    device = FakeDevice(GAIN, BACKLIGHT, EXPOSURE_AUTO, EXPOSURE_ABSOLUTE)
    controls = Controls(3, device)
    assert controls.useful
    controls.apply(LADDER[2])
    assert LADDER[2].mode == BY_HAND
    assert device.set == {EXPOSURE_AUTO: 1, EXPOSURE_ABSOLUTE: 400, GAIN: 100, BACKLIGHT: 100}
    device.set.clear()
    controls.apply(LADDER[0])
    assert device.set == {EXPOSURE_AUTO: 3, GAIN: 10, BACKLIGHT: 10}
    poor = FakeDevice(BACKLIGHT)
    assert not Controls(3, poor).useful
    Controls(3, poor).apply(LADDER[-1])
    assert poor.set == {BACKLIGHT: 0}


def test_a_dark_camera_without_controls_says_what_would_help() -> None:
    inbox: Inbox[CameraFault] = Inbox()
    source = Scripted()
    quick = CaptureOptions(0.01, 0.02, HealthOptions(bad_s=0.0, measure_every_s=0.0))
    camera = Capture("cam", source, inbox, quick)
    camera.start()
    random_ = np.random.default_rng(1)
    for number in range(1, 30):
        source.give(random_.integers(0, 9, (72, 128, 3)).astype(np.uint8))
        camera.wait_newer(number - 1, 5)
    (fault,) = inbox.wait_count(1)
    assert (fault.code, fault.active) == ("dark", True)
    assert "a lamp" in fault.detail
    camera.close()
