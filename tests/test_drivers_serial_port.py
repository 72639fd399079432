"""The thread of a serial port on real pseudo-terminals and on sim:// lines: it survives everything that a line does."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from drivers.base import Card, CardRead, DeviceFault, Edge, FaultCode, Noise
from drivers.readers import rdm6300
from drivers.serial_port import PortOptions, SerialReader
from drivers.wire import PtyWire, Wire, wire
from tests.support_drivers import Inbox

Said = CardRead | DeviceFault | Edge
UID = bytes.fromhex("3C00CE754C")
OTHER = bytes.fromhex("62E3086CED")
FRAME = rdm6300.encode(UID, rdm6300.Options())
OTHER_FRAME = rdm6300.encode(OTHER, rdm6300.Options())


def decoder() -> rdm6300.Decoder:
    return rdm6300.Decoder(rdm6300.Options())


def cards(items: list[Said]) -> list[bytes]:
    return [item.uid for item in items if isinstance(item, CardRead)]


def faults(items: list[Said]) -> list[tuple[str, bool]]:
    return [(item.code.value, item.active) for item in items if isinstance(item, DeviceFault)]


@contextlib.contextmanager
def reader(url: str, inbox: Inbox[Said], **options: float) -> Iterator[SerialReader]:
    port = SerialReader(
        "entry",
        PortOptions(url, retry_first_s=0.01, retry_longest_s=0.05, **options),
        decoder,
        inbox,
    )
    port.start()
    try:
        yield port
    finally:
        port.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "serial-entry"]


@pytest.fixture
def inbox() -> Inbox[Said]:
    return Inbox()


@pytest.fixture
def pty() -> Iterator[PtyWire]:
    line = PtyWire()
    yield line
    line.unplug()


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Iterator[Wire]:
    line = wire(request.node.name)
    yield line
    line.plug()


def open_and_ready(port: SerialReader, send: Callable[[bytes], int]) -> None:
    """Until the thread really reads: opening a port throws away what was sent before."""
    heard = threading.Event()
    untap = port.tap(lambda data, mono_ns: heard.set())
    while not heard.is_set():
        send(b"\n")
        heard.wait(0.05)
    untap()


def write_all(line: PtyWire, data: bytes) -> None:
    while data:
        _, writable, _ = select.select([], [line], [], 5.0)
        assert writable, "nobody reads"
        data = data[line.write(data) :]


def test_a_card_on_a_pty(pty: PtyWire, inbox: Inbox[Said]) -> None:
    with reader(pty.url, inbox) as port:
        open_and_ready(port, pty.write)
        before = time.monotonic_ns()
        pty.write(FRAME)
        (read,) = inbox.wait_count(1)
        assert isinstance(read, CardRead)
        assert (read.device, read.uid, read.frame) == ("entry", UID, FRAME)
        assert before <= read.mono_ns <= time.monotonic_ns()


def test_repeats_are_one_presentation_and_another_card_is_another(pty: PtyWire, inbox: Inbox[Said]) -> None:
    with reader(pty.url, inbox) as port:
        open_and_ready(port, pty.write)
        write_all(pty, FRAME * 10 + OTHER_FRAME * 10 + FRAME)
        assert cards(inbox.wait_count(3)) == [UID, OTHER, UID]


def test_a_new_presentation_after_the_window(pty: PtyWire, inbox: Inbox[Said]) -> None:
    with reader(pty.url, inbox, window_s=0.0) as port:
        open_and_ready(port, pty.write)
        pty.write(FRAME)
        inbox.wait_count(1)
        pty.write(FRAME)
        assert cards(inbox.wait_count(2)) == [UID, UID]


def test_a_frame_split_into_single_bytes(pty: PtyWire, inbox: Inbox[Said]) -> None:
    heard: Inbox[bytes] = Inbox()
    with reader(pty.url, inbox) as port:
        open_and_ready(port, pty.write)
        port.tap(lambda data, mono_ns: heard(data))
        for number, byte in enumerate(FRAME, 1):
            pty.write(bytes([byte]))
            heard.wait(lambda items, number=number: sum(map(len, items)) >= number)
        assert cards(inbox.wait_count(1)) == [UID]
        assert b"".join(heard.items) == FRAME


def test_unplugged_and_plugged_again(sim: Wire, inbox: Inbox[Said]) -> None:
    with reader(sim.url, inbox):
        assert sim.wait_open(5)
        sim.write(FRAME[:6])  # half a frame, and then the cable
        sim.unplug()
        inbox.wait(lambda items: faults(items) == [("gone", True)])
        sim.plug()
        assert sim.wait_open(5)
        sim.write(FRAME[6:] + OTHER_FRAME)  # the other half is not believed
        items = inbox.wait(lambda items: bool(cards(items)))
        assert cards(items) == [OTHER]
        assert faults(items) == [("gone", True), ("gone", False)]


def test_gone_is_said_once_however_long_it_takes(tmp_path: Path, inbox: Inbox[Said]) -> None:
    path = tmp_path / "ttyUSB0"
    with reader(str(path), inbox) as port:
        (gone,) = inbox.wait_count(1)
        assert isinstance(gone, DeviceFault)
        assert "No such file" in gone.detail
        line = PtyWire(path)
        assert line.url == str(path)
        open_and_ready(port, line.write)
        line.write(FRAME)
        inbox.wait(lambda items: cards(items) == [UID])
        line.unplug()  # EIO in the middle of a read, as a pulled USB adapter gives
        inbox.wait(lambda items: faults(items) == [("gone", True), ("gone", False), ("gone", True)])
        line.plug()
        open_and_ready(port, line.write)
        line.write(OTHER_FRAME)
        items = inbox.wait(lambda items: cards(items) == [UID, OTHER])
        assert faults(items) == [("gone", True), ("gone", False)] * 2
        line.unplug()


def test_a_port_that_somebody_else_has_is_busy(pty: PtyWire, inbox: Inbox[Said]) -> None:
    other = os.open(pty.url, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with reader(pty.url, inbox) as port:
        (busy,) = inbox.wait_count(1)
        assert isinstance(busy, DeviceFault)
        assert (busy.code, busy.active) == (FaultCode.BUSY, True)
        os.close(other)
        open_and_ready(port, pty.write)
        assert faults(inbox.wait_count(2)) == [("busy", True), ("busy", False)]


def test_a_simulated_line_has_one_user(sim: Wire, inbox: Inbox[Said]) -> None:
    first = serial.serial_for_url(sim.url)
    with reader(sim.url, inbox):
        inbox.wait(lambda items: faults(items) == [("busy", True)])
        first.close()
        inbox.wait(lambda items: faults(items) == [("busy", True), ("busy", False)])


def test_noise_begins_and_ends_with_a_good_frame(pty: PtyWire, inbox: Inbox[Said]) -> None:
    with reader(pty.url, inbox) as port:
        open_and_ready(port, pty.write)
        write_all(pty, b"\xff\x00\x55" * 100)
        inbox.wait(lambda items: faults(items) == [("noise", True)])
        write_all(pty, b"\xaa" * 500 + FRAME)
        items = inbox.wait(lambda items: bool(cards(items)))
        assert faults(items) == [("noise", True), ("noise", False)]


def test_noise_ends_after_quiet(pty: PtyWire, inbox: Inbox[Said]) -> None:
    with reader(pty.url, inbox, noise_quiet_s=0.05) as port:
        open_and_ready(port, pty.write)
        write_all(pty, b"\xff" * 200)
        assert faults(inbox.wait(lambda items: len(items) == 2)) == [("noise", True), ("noise", False)]


def test_100_kb_without_a_terminator(pty: PtyWire, inbox: Inbox[Said]) -> None:
    with reader(pty.url, inbox) as port:
        open_and_ready(port, pty.write)
        write_all(pty, (b"\x0262E3" * 25_000)[:100_000] + FRAME)
        items = inbox.wait(lambda items: bool(cards(items)))
        assert cards(items) == [UID]
        assert faults(items) == [("noise", True), ("noise", False)]


def test_taps_hear_raw_bytes_until_they_are_taken_off(sim: Wire, inbox: Inbox[Said]) -> None:
    heard: Inbox[tuple[bytes, int]] = Inbox()
    with reader(sim.url, inbox) as port:
        untap = port.tap(lambda data, mono_ns: heard((data, mono_ns)))
        assert sim.wait_open(5)
        sim.write(b"\xde\xad")
        assert b"".join(data for data, _ in heard.wait_count(1)) == b"\xde\xad"
        untap()
        sim.write(FRAME)
        inbox.wait_count(1)
        assert len(heard.items) == 1


@pytest.mark.parametrize("state", ["reading", "gone", "never started"])
def test_close_is_prompt(state: str, sim: Wire, inbox: Inbox[Said]) -> None:
    if state == "gone":
        sim.unplug()
    port = SerialReader("entry", PortOptions(sim.url, retry_first_s=30, retry_longest_s=30), decoder, inbox)
    if state != "never started":
        port.start()
    if state == "reading":
        assert sim.wait_open(5)
    elif state == "gone":
        inbox.wait_count(1)
    began = time.monotonic()
    port.close()
    port.close()
    assert time.monotonic() - began < 0.5
    # The line is free again.
    sim.plug()
    serial.serial_for_url(sim.url).close()


def test_loop_address_works_too(inbox: Inbox[Said]) -> None:
    with reader("loop://", inbox) as port:
        open_and_ready(port, lambda data: port._port.write(data) if port._port.is_open else 0)
        port._port.write(FRAME)
        assert cards(inbox.wait_count(1)) == [UID]


def test_an_unknown_scheme_is_refused_at_once(inbox: Inbox[Said]) -> None:
    with pytest.raises(ValueError, match="nosuch"):
        SerialReader("entry", PortOptions("nosuch://x"), decoder, inbox)


class Asked:
    """A toy reader that speaks only when asked: `?` every 10 ms."""

    def __init__(self) -> None:
        self._next_ns = 0

    def due(self, mono_ns: int) -> tuple[bytes, int]:
        if mono_ns < self._next_ns:
            return b"", self._next_ns
        self._next_ns = mono_ns + 10_000_000
        return b"?", self._next_ns

    def feed(self, data: bytes) -> list[Card | Noise]:
        return [Card(bytes([byte]), bytes([byte])) for byte in data]

    @property
    def buffered(self) -> int:
        return 0


def void(value: object) -> None:
    """Throw the value away."""


def test_a_polling_reader_is_asked_again_and_again(sim: Wire, inbox: Inbox[Said]) -> None:
    numbers = itertools.count(1)
    sim.on_received = lambda asked: None if asked != b"?" else void(sim.write(bytes([next(numbers) % 256])))
    port = SerialReader("asked", PortOptions(sim.url), Asked, inbox)
    port.start()
    assert cards(inbox.wait_count(3))[:3] == [b"\x01", b"\x02", b"\x03"]
    port.close()
