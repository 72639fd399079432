"""Signs and voice: frames, the worker of a port, the voice's programs, and that none of it ever holds up a lane."""

from __future__ import annotations

import itertools
import shlex
import threading
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import loader
from drivers.base import DeviceFault, Message
from drivers.newest import Newest
from drivers.sign_port import SignPort
from drivers.signs import fk
from drivers.voice import Voice, VoiceOptions
from drivers.wire import PtyWire, wire
from edge.lane import Prompt
from edge.signage import Board, Words
from tests.support_drivers import Inbox

WELCOME = Message("greet-in", ("欢迎光临", "粤A12345"), "欢迎光临，粤A12345")
CONFIG = Path(__file__).resolve().parent.parent / "config"
_number = itertools.count()


@pytest.mark.parametrize("name", loader.sign_names())
def test_samples(name: str) -> None:
    module = loader.load_sign(name)
    assert module.SAMPLES
    for sample in module.SAMPLES:
        assert sample.frame in module.frames(sample.message, sample.options)


@pytest.mark.parametrize("name", loader.sign_names())
@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.text(max_size=400), max_size=6), speech=st.text(max_size=400))
def test_any_text_gives_frames(name: str, lines: list[str], speech: str) -> None:
    module = loader.load_sign(name)
    for frame in module.frames(Message("any", tuple(lines), speech), module.Options()):
        assert len(frame) <= 264


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.text(max_size=300), max_size=4), speech=st.text(max_size=300))
def test_fk_frames_are_whole_and_move_nothing(lines: list[str], speech: str) -> None:
    for frame in fk.frames(Message("any", tuple(lines), speech), fk.Options()):
        assert frame[4] in (fk.SPEAK, fk.LINE)
        assert frame[5] == len(frame) - 8
        assert fk.crc16(frame[:-2]) == frame[-2:]
        text = frame[7:-2] if frame[4] == fk.SPEAK else frame[25:-2]
        text.decode("gbk")  # never half a character


@pytest.mark.parametrize("command", [c for c in range(256) if c not in (fk.SPEAK, fk.LINE)])
def test_fk_knows_no_other_command(command: int) -> None:
    with pytest.raises(ValueError, match="never sent"):
        fk.frame(0, command, b"")


def test_fk_caps_the_text() -> None:
    (line, spoken) = fk.frames(Message("x", ("字" * 300,), "字" * 300), fk.Options(lines=1))
    assert (line[5], spoken[5]) == (19 + 236, 255)


def test_the_newest_wins() -> None:
    newest: Newest[int] = Newest()
    for number in range(5):
        newest.put(number)
    assert newest.take(0) == 4
    assert newest.take(0) is None
    newest.close()
    assert newest.take(10) is None


def sign(url: str, inbox: Inbox[DeviceFault]) -> SignPort:
    return SignPort("entry.sign", url, 9600, loader.load_sign("fk"), fk.Options(), inbox, retry_s=0.02)


def faults(items: list[DeviceFault]) -> list[tuple[str, bool]]:
    return [(item.code.value, item.active) for item in items]


def test_a_sign_shows_and_after_a_cut_shows_again_but_does_not_say_it_again() -> None:
    line, inbox, got = wire(f"sign-{next(_number)}"), Inbox[DeviceFault](), Inbox[bytes]()
    line.on_received = got
    port = sign(line.url, inbox)
    port.announce(WELCOME)
    port.start()
    expected = fk.frames(WELCOME, fk.Options())
    assert got.wait_count(3)[:3] == expected
    line.unplug()
    inbox.wait(lambda items: faults(items) == [("gone", True)])
    line.plug()
    inbox.wait(lambda items: faults(items) == [("gone", True), ("gone", False)])
    assert got.wait_count(5)[3:] == expected[:2]
    port.close()
    port.close()
    assert not [t for t in threading.enumerate() if t.name == "sign-entry.sign"]


def test_a_sign_on_a_pty_that_is_pulled(tmp_path: Path) -> None:
    line, inbox = PtyWire(tmp_path / "sign"), Inbox[DeviceFault]()
    port = sign(line.url, inbox)
    port.start()
    line.unplug()
    inbox.wait(lambda items: faults(items) == [("gone", True)])
    line.plug()
    inbox.wait(lambda items: faults(items) == [("gone", True), ("gone", False)])
    port.close()
    line.unplug()


def test_nobody_waits_for_a_sign_that_hangs() -> None:
    line, release = wire(f"sign-{next(_number)}"), threading.Event()
    line.on_received = lambda data: print(release.wait(10))
    port = sign(line.url, Inbox())
    port.start()
    port.announce(WELCOME)
    began = time.monotonic()
    for _ in range(1000):
        port.announce(WELCOME)
    assert time.monotonic() - began < 0.5
    release.set()
    port.close()


# ---- voice


def program(folder: Path, name: str, body: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def said(tmp_path: Path) -> Callable[[], str]:
    return lambda: (tmp_path / "said").read_text() if (tmp_path / "said").exists() else ""


def wait_for(said: Callable[[], str], text: str) -> None:
    until, pause = time.monotonic() + 10, threading.Event()
    while text not in said():
        assert time.monotonic() < until, said()
        pause.wait(0.01)


def voice(tmp_path: Path, inbox: Inbox[DeviceFault], **more: object) -> Voice:
    log = shlex.quote(str(tmp_path / "said"))
    speaker = program(tmp_path, "speaker", f'echo "speak $*" >> {log}; cat')
    player = program(tmp_path, "player", f'echo "play $*" >> {log}; cat >> {log}')
    given = {"speaker": speaker, "player": player, **more}
    return Voice("entry.voice", VoiceOptions(**given), inbox)


def test_a_voice_speaks_and_the_text_is_no_option(tmp_path: Path, said: Callable[[], str]) -> None:
    inbox = Inbox[DeviceFault]()
    one = voice(tmp_path, inbox, output="plughw:1,0")
    one.start()
    one.announce(Message("x", (), "--version 欢迎"))
    wait_for(said, "--version 欢迎")
    assert "speak -v cmn -s 160 --stdin --stdout\n" in said()
    assert "play -q -D plughw:1,0 -\n" in said()
    one.close()
    assert inbox.items == []


def test_recorded_phrases(tmp_path: Path, said: Callable[[], str]) -> None:
    inbox, folder = Inbox[DeviceFault](), tmp_path / "phrases"
    one = voice(tmp_path, inbox, folder=folder)
    one.start()
    inbox.wait(lambda items: faults(items) == [("gone", True)])
    folder.mkdir()
    (folder / "greet-in.wav").write_bytes(b"RIFF")
    one.announce(WELCOME)
    wait_for(said, f"play -q {folder / 'greet-in.wav'}")
    inbox.wait(lambda items: faults(items) == [("gone", True), ("gone", False)])
    one.close()


def test_what_is_missing_is_said_with_what_to_install(tmp_path: Path) -> None:
    inbox = Inbox[DeviceFault]()
    one = voice(tmp_path, inbox, speaker="no-such-speaker")
    one.start()
    (fault,) = inbox.wait_count(1)
    assert "apt install" in fault.detail
    one.close()


def test_a_sound_card_that_refuses_and_a_program_that_hangs(tmp_path: Path) -> None:
    inbox = Inbox[DeviceFault]()
    refuses = program(tmp_path, "refuses", "cat > /dev/null; echo 'no such device' >&2; exit 1")
    one = voice(tmp_path, inbox, player=refuses)
    one.start()
    one.announce(WELCOME)
    (fault,) = inbox.wait_count(1)
    assert (fault.code.value, "no such device" in fault.detail) == ("silent", True)
    one.close()
    hangs = program(tmp_path, "hangs", "exec sleep 60")
    two = voice(tmp_path, inbox, player=hangs, longest_s=0.1)
    two.start()
    two.announce(WELCOME)
    assert "did not end" in inbox.wait_count(2)[1].detail
    two.close()


def test_close_ends_what_is_being_said(tmp_path: Path, said: Callable[[], str]) -> None:
    log = shlex.quote(str(tmp_path / "said"))
    one = voice(tmp_path, Inbox(), player=program(tmp_path, "long", f"echo playing >> {log}; exec sleep 60"))
    one.start()
    one.announce(WELCOME)
    wait_for(said, "playing")
    began = time.monotonic()
    one.close()
    assert time.monotonic() - began < 2


# ---- words

PARAMS = {"surname": "周", "title": "mr", "plate": "粤A12345", "bound": "粤B1", "reason": "blocked"}


def words(language: str = "zh", direction: str = "in") -> Words:
    texts = tomllib.loads((CONFIG / f"phrases.{language}.toml").read_text("utf-8"))["sign"]
    return Words(texts, direction, "臻园")


def shown(code: str, direction: str = "in") -> tuple[str, ...] | None:
    message = words("zh", direction).message(Prompt(code, PARAMS))
    return message.lines if message else None


def test_what_a_sign_shows() -> None:
    assert shown("greet") == ("欢迎光临", "粤A12345")
    assert shown("greet", "out") == ("一路平安", "粤A12345")
    assert shown("refused.blocked") == shown("ask.unknown-card") == ("您好", "请稍候")
    assert shown("") == ("欢迎光临", "臻园")
    assert shown("left-open") is None


def test_without_a_plate_its_line_is_left_out() -> None:
    message = words().message(Prompt("greet"))
    assert message is not None
    assert (message.lines, message.speech) == (("欢迎光临",), "欢迎光临")


def test_nobody_is_named_and_no_reason_is_given() -> None:
    for language in ("zh", "en"):
        texts = tomllib.loads((CONFIG / f"phrases.{language}.toml").read_text("utf-8"))["sign"]
        assert not [text for text in texts.values() if "{who}" in text or "{surname}" in text or "{reason}" in text]
    assert set(tomllib.loads((CONFIG / "phrases.zh.toml").read_text("utf-8"))["sign"]) == set(texts)


def test_the_same_sentence_is_not_said_twice() -> None:
    class Out:
        def __init__(self) -> None:
            self.keys: list[str] = []

        def announce(self, message: Message) -> None:
            self.keys.append(message.key)

    board, out = Board(), Out()
    board.add("entry.sign", words(), out)
    for prompt in (Prompt("greet", PARAMS, seq=5), Prompt("greet", PARAMS, seq=5), Prompt("left-open"), Prompt()):
        board.shown(prompt)
    assert out.keys == ["idle-in", "greet-in", "idle-in"]
