"""Cameras over the network, over a pipe and in a process of their own: real sockets, real processes, real libav."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from camera import http_source
from camera.apart import Apart
from camera.base import CameraFault, Image, Source
from camera.capture import Capture, CaptureOptions
from camera.health import HealthOptions
from camera.http_source import Http
from camera.loader import load
from camera.pipe_source import Pipe, command
from tests.support_cameras import PASSWORD, USER, http_camera, jpeg, rtsp_camera, scene
from tests.support_drivers import Inbox
from tests.test_camera_capture import said

CALM = CaptureOptions(0.01, 0.05, HealthOptions(frozen_s=1e4, bad_s=1e4, moved_s=1e4))
"""These pictures are poor ones, and that is not what is asked here."""


def frames(source: Source, count: int) -> list[Image]:
    source.open()
    try:
        found = [source.read() for _ in range(count)]
    finally:
        source.close()
    assert all(image is not None for image in found)
    return [image for image in found if image is not None]


def reading(source: Source, inbox: Inbox[CameraFault]) -> Capture:
    camera = Capture("cam", source, inbox, CALM)
    camera.start()
    return camera


@pytest.mark.parametrize("auth", ["", "basic", "digest"])
def test_a_stream_of_jpegs_over_http(auth: str) -> None:
    with http_camera() as camera:
        camera.auth = auth
        user = f"{USER}:{quote(PASSWORD, safe='')}@" if auth else ""
        images = frames(load(f"http://{user}{camera.host}/mjpg", fps=100), 3)
        assert all(image.shape == (240, 320, 3) for image in images)
        assert images[0][120, 160, 2] > 200  # the red disc
        if auth:
            assert camera.asked[0] == ""  # nothing is told before it is asked for
            assert all(PASSWORD not in given for given in camera.asked)


def test_a_wrong_password_is_said_without_it() -> None:
    with http_camera() as camera:
        camera.auth = "digest"
        with pytest.raises(OSError, match=r"http://admin:\*\*\*@.* refuses user or password") as caught:
            load(f"http://admin:geheim@{camera.host}/mjpg").open()
        assert "geheim" not in str(caught.value)


def test_one_jpeg_a_request() -> None:
    with http_camera() as camera:
        camera.single = True
        images = frames(load(f"http://{camera.host}/snapshot.jpg", fps=100), 4)
        assert len({int(image[0, 0, 0]) // 10 for image in images}) == 4  # each is another one


def test_only_the_newest_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 frames a second come, 20 are wanted."""
    decoded: list[int] = []

    def counted(data: bytes, *size: int) -> Image:
        decoded.append(len(data))
        return scene()

    monkeypatch.setattr(http_source, "decode", counted)
    with http_camera() as camera:
        began = time.monotonic()
        frames(load(f"http://{camera.host}/mjpg", fps=20), 6)
        assert len(decoded) == 6
        assert time.monotonic() - began >= 0.15  # one may come early, to make up for one that was late


def test_a_page_is_no_camera() -> None:
    with http_camera() as camera:
        camera.content_type = "text/html"
        with pytest.raises(OSError, match="gives text/html, not pictures"):
            load(f"http://{camera.host}/").open()


def test_a_camera_that_hangs_up_is_gone_and_comes_back(inbox_: Inbox[CameraFault]) -> None:
    with http_camera() as camera:
        camera.most = 3
        capture = reading(load(f"http://{camera.host}/mjpg", fps=100), inbox_)
        inbox_.wait(lambda items: said(items)[:4] == [("gone", True), ("gone", False), ("gone", True), ("gone", False)])
        capture.close()


def test_a_camera_that_says_nothing_more_is_gone(monkeypatch: pytest.MonkeyPatch, inbox_: Inbox[CameraFault]) -> None:
    monkeypatch.setattr(http_source, "OPEN_S", 0.3)
    with http_camera() as camera:
        capture = reading(Http(f"http://{camera.host}/mjpg", fps=100), inbox_)
        assert capture.wait_newer(1, 20) is not None
        camera.stall.set()
        (fault,) = inbox_.wait_count(1)
        assert (fault.code, fault.active) == ("gone", True)
        assert "gives no picture" in fault.detail
        camera.stall.clear()
        inbox_.wait(lambda items: said(items) == [("gone", True), ("gone", False)])
        capture.close()


def test_closing_does_not_wait_for_a_silent_camera() -> None:
    with http_camera() as camera:
        capture = reading(Http(f"http://{camera.host}/mjpg", fps=100), Inbox())
        assert capture.wait_newer(1, 20) is not None
        camera.stall.set()
        began = time.monotonic()
        capture.close()
        assert time.monotonic() - began < 2
        assert not [thread for thread in threading.enumerate() if thread.name == "camera-cam"]


@pytest.fixture
def inbox_() -> Inbox[CameraFault]:
    return Inbox()


# ---- a process of its own


def test_rtsp_through_libav_in_a_process_of_its_own_and_what_becomes_of_its_death(inbox_: Inbox[CameraFault]) -> None:
    with rtsp_camera() as camera:
        source = load(f"rtsp://{camera.host}/ch1", fps=25)
        assert isinstance(source, Apart)
        capture = reading(source, inbox_)
        frame = capture.wait_newer(1, 30)
        assert frame is not None
        assert frame.image.shape == (240, 320, 3)
        assert frame.image[120, 160, 2] > 180
        child = source._child.process
        assert child is not None
        os.kill(child.pid, signal.SIGSEGV)  # as if libav had died of what it read
        (fault,) = inbox_.wait_count(1)
        assert (fault.code, fault.active) == ("gone", True)
        assert "its decoder has ended (signal 11)" in fault.detail
        inbox_.wait(lambda items: said(items) == [("gone", True), ("gone", False)], 30)
        second = source._child.process
        assert second is not None
        assert second.pid != child.pid
        capture.close()
        assert second.poll() is not None


def test_a_hostile_rtp_stream_is_gone_in_words(inbox_: Inbox[CameraFault], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camera.apart.FIRST_S", 3.0)
    with rtsp_camera() as camera:
        camera.hostile = bytes(range(256)) * 4
        capture = reading(load(f"rtsp://u:geheim@{camera.host}/ch1", fps=25), inbox_)
        (fault, *_) = inbox_.wait_count(1, 30)
        capture.close()
    assert fault.code == "gone"
    assert fault.detail
    assert "geheim" not in fault.detail


class Lying(Apart):
    """A decoder that says what the test wants."""

    def __init__(self, said: bytes) -> None:
        super().__init__("film", "/dev/null")
        self._said = said

    def open(self) -> None:
        super().open()
        process = self._child.process
        assert process is not None
        assert process.stdout is not None
        process.kill()
        process.stdout.close()
        read, write = os.pipe()
        process.stdout = os.fdopen(read, "rb", 0)
        os.write(write, self._said)
        os.close(write)


@pytest.mark.parametrize(
    ("said_", "words"),
    [
        (b"GFRM" + (0).to_bytes(4, "little") * 3, "a picture of 0 × 0 is not taken"),
        (b"GFRM" + b"\xff\xff\xff\x7f" * 3, "a picture of 2147483647 × 2147483647 is not taken"),
        (b"GFRM" + b"\x20\0\0\0" + b"\x20\0\0\0" + b"\x07\0\0\0", "a picture of 32 × 32 is not taken"),
        (b"GERR" + (0).to_bytes(4, "little") * 2 + b"\x05\0\0\0" + b"hello", "^hello$"),
        (b"rubbish that is no header", "is not taken"),
        (b"", "its decoder has ended"),
    ],
)
def test_what_a_decoder_says_is_checked(said_: bytes, words: str) -> None:
    source = Lying(said_)
    source.open()
    with pytest.raises(OSError, match=words):
        source.read()
    source.close()


# ---- a program


FAKE = """#!/bin/sh
'''exec' "{python}" "$0" "$@" # a path with a blank is no interpreter's name
' '''
import sys, time
data = open({picture!r}, "rb").read()
open({said!r}, "w").write(" ".join(sys.argv[1:]))
for n in range({count}):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    time.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("program", "address", "wanted"),
    [
        ("rpicam-vid", "rpicam://1", "--camera 1 --codec mjpeg"),
        (
            "gst-launch-1.0",
            "gst:libcamerasrc ! video/x-raw,width=640",
            "-q libcamerasrc ! video/x-raw,width=640 ! queue",
        ),
    ],
)
def test_a_program_that_writes_jpegs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inbox_: Inbox[CameraFault], program: str, address: str, wanted: str
) -> None:
    (tmp_path / "picture.jpg").write_bytes(jpeg(3))
    fake = tmp_path / program
    paths = {"picture": str(tmp_path / "picture.jpg"), "said": str(tmp_path / "said")}
    fake.write_text(FAKE.format(python=sys.executable, count=20, **paths))
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    capture = reading(load(address, fps=25), inbox_)
    frame = capture.wait_newer(0, 10)
    assert frame is not None
    assert np.abs(frame.image.astype(int) - cv2.imdecode(np.frombuffer(jpeg(3), np.uint8), 1)).max() == 0
    inbox_.wait(lambda items: ("gone", True) in said(items))
    assert f"{program} has ended" in inbox_.items[0].detail
    capture.close()
    assert (tmp_path / "said").read_text().startswith(wanted)


def test_a_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OSError, match="rpicam-vid is not installed"):
        Pipe("rpicam://0").open()


def test_a_pipeline_is_never_given_to_a_shell() -> None:
    words = command("gst:videotestsrc ! identity name='$(touch /tmp/x); rm' ", fps=5, width=640, height=480)
    assert words[:6] == ["gst-launch-1.0", "-q", "videotestsrc", "!", "identity", "name=$(touch /tmp/x); rm"]
