"""The capture thread, with sources that do everything wrong, and with the rendered ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.apart import Apart
from camera.base import CameraFault, Image, Source
from camera.capture import Capture, CaptureOptions
from camera.folder import Folder
from camera.health import HealthOptions
from camera.hide import hide
from camera.http_source import Http
from camera.loader import UnknownAddress, load
from camera.pipe_source import Pipe
from camera.simulated import ORDERS, SceneState, SimulatedCamera
from camera.v4l2 import Device
from tests.support_drivers import Inbox

QUICK = CaptureOptions(
    retry_first_s=0.01,
    retry_longest_s=0.05,
    health=HealthOptions(frozen_s=0.2, bad_s=0.1, moved_s=0.2, measure_every_s=0.02),
)
Opened = Callable[..., Capture]


@pytest.fixture
def inbox() -> Inbox[CameraFault]:
    return Inbox()


@pytest.fixture
def capture(inbox: Inbox[CameraFault]) -> Iterator[Opened]:
    opened: list[Capture] = []

    def make(source: Source, options: CaptureOptions = QUICK) -> Capture:
        made = Capture("cam", source, inbox, options)
        opened.append(made)
        made.start()
        return made

    yield make
    for each in opened:
        each.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "camera-cam"]


def said(items: list[CameraFault]) -> list[tuple[str, bool]]:
    return [(item.code, item.active) for item in items]


class Scripted:
    """A source whose every step is told: frames come when the test gives them."""

    def __init__(self) -> None:
        self.opens: Inbox[str] = Inbox()
        self.broken = False
        self._given = threading.Condition()
        self._frames: list[Image | None] = []

    def give(self, image: Image | None) -> None:
        with self._given:
            self._frames.append(image)
            self._given.notify()

    def open(self) -> None:
        self.opens("open")
        if self.broken:
            raise OSError("the cable is out")

    def read(self) -> Image | None:
        with self._given:
            self._given.wait_for(lambda: bool(self._frames))
            return self._frames.pop(0)

    def close(self) -> None:
        self.opens("close")

    def interrupt(self) -> None:
        self.give(None)


def opened_and_read(source: Source) -> Image | None:
    source.open()
    return source.read()


def picture(value: int = 100) -> Image:
    return np.random.default_rng(value).integers(value - 50, value + 50, (72, 128, 3)).astype(np.uint8)


def test_only_the_newest_frame_is_kept(capture: Opened) -> None:
    source = Scripted()
    camera = capture(source)
    for number in range(1, 6):
        source.give(picture(100 + number))
    frame = camera.wait_newer(4, 5)
    assert frame is not None
    assert frame.number == 5
    assert camera.latest(10_000) is frame
    assert np.array_equal(frame.image, picture(105))


def test_a_frame_cannot_be_changed(capture: Opened) -> None:
    source = Scripted()
    camera = capture(source)
    source.give(picture())
    frame = camera.wait_newer(0, 5)
    assert frame is not None
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 0


def test_an_old_frame_is_not_the_latest(capture: Opened) -> None:
    source = Scripted()
    camera = capture(source)
    assert camera.latest(10_000) is None
    source.give(picture())
    frame = camera.wait_newer(0, 5)
    assert frame is not None
    age_ms = (time.monotonic_ns() - frame.mono_ns) / 1e6
    assert camera.latest(age_ms / 2) is None
    assert camera.latest(age_ms + 10_000) is frame


def test_waiting_for_a_newer_frame_ends_without_one(capture: Opened) -> None:
    camera = capture(Scripted())
    began = time.monotonic()
    assert camera.wait_newer(0, 0.05) is None
    assert 0.04 < time.monotonic() - began < 2


def test_gone_is_said_once_and_ends_with_a_frame_not_with_an_opening(
    capture: Opened, inbox: Inbox[CameraFault]
) -> None:
    source = Scripted()
    source.broken = True
    camera = capture(source)
    inbox.wait_count(1)
    source.opens.wait(lambda items: items.count("open") >= 4)
    assert said(inbox.items) == [("gone", True)]
    assert inbox.items[0].detail == "the cable is out"
    source.broken = False
    before = len(source.opens.items)
    source.opens.wait(lambda items: "open" in items[before:])
    source.give(None)  # opens, and gives nothing
    source.opens.wait(lambda items: items[before:].count("open") >= 2)
    assert said(inbox.items) == [("gone", True)]
    source.give(picture())
    assert camera.wait_newer(0, 5) is not None
    assert said(inbox.wait_count(2)) == [("gone", True), ("gone", False)]


def test_numbers_go_on_over_a_reconnection(capture: Opened, inbox: Inbox[CameraFault]) -> None:
    source = Scripted()
    camera = capture(source)
    source.give(picture(100))
    source.give(None)
    inbox.wait(lambda items: said(items) == [("gone", True)])
    source.give(picture(101))
    frame = camera.wait_newer(1, 5)
    assert frame is not None
    assert frame.number == 2


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_is_a_fault_that_begins_and_ends_once(
    capture: Opened, inbox: Inbox[CameraFault], order: str
) -> None:
    source = SimulatedCamera(lambda: SceneState(plate="粤B·12345", position=0.7), fps=50)
    camera = capture(source)
    frame = camera.wait_newer(15, 10)  # by then it knows what it looks at
    assert frame is not None
    assert frame.image.shape == (720, 1280, 3)
    assert inbox.items == []
    source.order(order, True)
    (fault,) = inbox.wait_count(1)
    assert (fault.device, fault.code, fault.active) == ("cam", order, True)
    assert fault.detail
    source.order(order, False)
    assert said(inbox.wait_count(2)) == [(order, True), (order, False)]
    newest = camera.wait_newer(frame.number, 5)
    assert newest is not None
    camera.wait_newer(newest.number + 5, 5)
    assert len(inbox.items) == 2


def test_closing_wakes_who_waits(capture: Opened) -> None:
    camera = capture(Scripted())
    waiter = threading.Thread(target=lambda: camera.wait_newer(0, 30))
    waiter.start()
    camera.close()
    waiter.join(5)
    assert not waiter.is_alive()


def test_closing_a_slow_camera_is_prompt(capture: Opened) -> None:
    camera = capture(SimulatedCamera(SceneState, fps=0.1))
    assert camera.wait_newer(0, 10) is not None
    began = time.monotonic()
    camera.close()
    assert time.monotonic() - began < 1


def test_a_folder_of_pictures(tmp_path: Path, capture: Opened) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(100 + number))
    (tmp_path / "3.png").write_bytes(b"no picture")
    (tmp_path / "readme.txt").write_text("no picture either")
    source = load(str(tmp_path), fps=100)
    assert isinstance(source, Folder)
    source.open()
    seen = [source.read() for _ in range(4)]
    assert all(np.array_equal(seen[n] if seen[n] is not None else [], picture(100 + n % 3)) for n in range(4))
    camera = capture(load(f"file:{tmp_path}", fps=100))
    assert camera.wait_newer(5, 5) is not None


def test_a_film_begins_again_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (128, 72))
    for number in range(3):
        writer.write(np.full((72, 128, 3), 60 * number, np.uint8))
    writer.release()
    source = load(str(path), fps=200)
    assert isinstance(source, Apart)
    source.open()
    means = [round(float(image.mean()) / 60) for image in (source.read() for _ in range(7)) if image is not None]
    source.close()
    assert means == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("address", ["/dev/video-that-is-not", "rtsp://u:geheim@127.0.0.1:1/x", "/no/such/film.mp4"])
def test_what_cannot_be_opened_says_so_without_the_password(address: str) -> None:
    source = load(address)
    with pytest.raises(OSError, match=r"there is no|cannot be opened") as caught:
        opened_and_read(source)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    source.close()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:a:b@c@10.0.0.5:554/ch1?x=1", "rtsp://admin:***@10.0.0.5:554/ch1?x=1"),
        ("http://10.0.0.5/mjpg", "http://10.0.0.5/mjpg"),
        ("http://10.0.0.5/snap.cgi?user=a&pwd=geheim&ch=1", "http://10.0.0.5/snap.cgi?user=a&pwd=***&ch=1"),
        ("gst:rtspsrc location=rtsp://u:geheim@x/y ! decodebin", "gst:rtspsrc location=rtsp://u:***@x/y ! decodebin"),
        ("/dev/video0", "/dev/video0"),
    ],
)
def test_passwords_are_hidden(address: str, shown: str) -> None:
    assert hide(address) == shown


def test_a_password_never_reaches_a_log_or_standard_error(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, inbox: Inbox[CameraFault], capture: Opened
) -> None:
    capture(load("rtsp://admin:geheim@127.0.0.1:1/ch1"))
    (fault,) = inbox.wait_count(1, 20)
    out, err = capfd.readouterr()
    assert "127.0.0.1" in fault.detail
    assert "geheim" not in fault.detail + caplog.text + out + err


def test_addresses() -> None:
    assert isinstance(load("/dev/video0"), Device)
    assert isinstance(load("RTSP://10.0.0.5/"), Apart)
    assert isinstance(load("HTTP://10.0.0.5/mjpg"), Http)
    assert isinstance(load("rpicam://1"), Pipe)
    assert isinstance(load("gst:libcamerasrc ! video/x-raw,width=640"), Pipe)
    for address in ("rpicam://0 --post-process-file x", "gst:"):
        with pytest.raises(UnknownAddress):
            load(address)
    made: list[str] = []

    def simulated(name: str) -> Source:
        made.append(name)
        return SimulatedCamera(SceneState)

    load("sim://Entry", simulated=simulated)
    assert made == ["Entry"]
    with pytest.raises(UnknownAddress, match="not a simulated one"):
        load("sim://entry")
    with pytest.raises(UnknownAddress, match=r"ftp://u:\*\*\*@x/y"):
        load("ftp://u:geheim@x/y")


def test_an_order_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="frozen"):
        SimulatedCamera(SceneState).order("frosen", True)
