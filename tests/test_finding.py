"""Finding a reader that nobody has described: over ptys at their own speeds, with noise, and libosdp's own peripheral device."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import loader
from drivers.finding import Ballot, families
from drivers.line_form import form
from drivers.osdp import asking
from drivers.osdp.frames import Framer, encode
from drivers.port_search import Mode, PortSearch, State, Times
from drivers.readers import line, m100, rdm880, rdm6300, uhfreader18
from tests.support_osdp import Cable
from tests.support_search import Talking, resampled

UID5, UID4 = bytes.fromhex("3C00CE754C"), bytes.fromhex("3F8A21C4")
EPC = bytes.fromhex("E2000017221101441890A1B2")
QUICK = Times(dwell_s=0.3, hear_s=0.6, longest_s=55.0, answer_s=0.05)
SAMPLES = [
    (name, sample) for name in loader.names() for sample in loader.load(name).SAMPLES if loader.load(name).CHECKED
]


def searched(url: str, mode: Mode, times: Times = QUICK, until: Callable[[State], bool] = lambda state: False) -> State:
    """A whole search, to its end, or until that is so."""
    over = threading.Event()
    search = PortSearch(url, mode, lambda state: over.set() if until(state) or not state.running else None, times)
    search.start()
    try:
        assert over.wait(60)
        return search.state
    finally:
        search.close()


@pytest.mark.parametrize(("name", "sample"), SAMPLES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SAMPLES)])
def test_each_familys_own_frames_are_known_again(name: str, sample: Any) -> None:
    ballot = Ballot(9600)
    for part in (b"\xff\x00\x37", sample.frame, b"\x00", sample.frame):
        ballot.feed(part)
    ballot.quiet()
    best = ballot.candidates()[0]
    assert (best.driver, best.certain, best.checked) == (name, True, True)
    assert {sample.uid, sample.uid[::-1]} & set(best.cards), "which byte comes first is calibration's matter"
    options = loader.make_options(
        loader.load(name), best.given
    )  # what is shown can be pasted: it is a valid table of options
    assert loader.load(name).Decoder(options)


@pytest.mark.parametrize("sample", [s for s in line.SAMPLES if s.options.base != "text"])
def test_the_form_of_lines_is_seen(sample: Any) -> None:
    other = line.encode(bytes(b ^ 0x35 for b in sample.uid), sample.options)
    found = form(sample.frame[3:] + sample.frame + other)
    assert found is not None
    assert (found.terminator, found.prefix, found.suffix) == (
        sample.options.terminator,
        sample.options.prefix,
        sample.options.suffix,
    )
    assert (found.base, found.bits, found.digits) == (sample.options.base, sample.options.bits, sample.options.digits)


@given(st.binary(max_size=400))
def test_noise_elects_nobody_for_certain(data: bytes) -> None:
    ballot = Ballot(9600)
    ballot.feed(data)
    ballot.quiet()
    assert not any(each.certain for each in ballot.candidates())


def test_at_a_wrong_speed_no_family_reads_anything() -> None:
    frame = rdm6300.encode(UID5, rdm6300.Options())
    assert resampled(frame, 9600, 9600) == frame
    for speed in (1200, 2400, 4800, 19200, 38400, 57600, 115200):
        ballot = Ballot(speed)
        for _ in range(5):
            ballot.feed(resampled(frame, 9600, speed))
        ballot.quiet()
        assert ballot.candidates() == [], speed


TALKERS = [
    ("rdm6300", 9600, rdm6300.encode(UID5, rdm6300.Options()), {}, UID5),
    ("rdm6300", 9600, rdm6300.encode(UID5, rdm6300.Options("id12la")), {"variant": "id12la"}, UID5),
    ("m100", 115200, m100.encode(EPC, m100.Options()), {"push": True}, EPC),
    (
        "uhfreader18",
        57600,
        uhfreader18.encode(EPC, uhfreader18.Options(address=2, push=True)),
        {"address": 2, "push": True},
        EPC,
    ),
    ("rdm880", 19200, rdm880.encode(UID4, rdm880.Options()), {}, UID4),
]


@pytest.mark.parametrize(("driver", "baud", "frame", "given", "uid"), TALKERS, ids=[f"{t[0]}-{t[1]}" for t in TALKERS])
def test_a_reader_is_found_by_its_checksum_at_its_speed(
    driver: str, baud: int, frame: bytes, given: dict[str, Any], uid: bytes
) -> None:
    reader = Talking([frame], baud, noise=6)
    try:
        found = searched(reader.url, Mode.PUSH)
        best = found.candidates[0]
        assert (best.driver, best.baud, dict(best.given), best.cards) == (driver, baud, given, (uid,))
        assert best.certain
        assert reader.heard == b"", "a reader that talks by itself is never written to"
    finally:
        reader.close()


def test_lines_are_the_answer_when_nobody_has_a_checksum() -> None:
    """Nothing is certain without a checksum, so the search would go on to its end; what it heard is the candidate."""
    frames = [line.encode(uid, line.Options(digits=10)) for uid in (UID4, bytes.fromhex("3F8A21C5"))]
    reader = Talking(frames, 19200)

    def both(state: State) -> bool:
        return bool(state.candidates) and len(state.candidates[0].cards) == 2

    try:
        found = searched(reader.url, Mode.PUSH, Times(dwell_s=0.2, hear_s=0.4, longest_s=55.0), both)
        best = found.candidates[0]
        assert (best.driver, best.baud, dict(best.given), best.certain) == ("line", 19200, {"digits": 10}, False)
        assert set(best.cards) == {UID4, bytes.fromhex("3F8A21C5")}
    finally:
        reader.close()


def test_a_line_that_floats_is_left_for_the_next_speed() -> None:
    """Noise without end at every speed: the search goes round, and nothing is certain."""
    flood = Talking([random.Random(5).randbytes(2000)], 9600, every_s=0.005)
    try:
        found = searched(
            flood.url, Mode.PUSH, Times(dwell_s=0.2, hear_s=1.0, longest_s=55.0), lambda s: len(s.heard) > 1
        )
        assert not any(each.certain for each in found.candidates)
        assert len(found.heard) >= 2, found.heard
    finally:
        flood.close()


def test_a_port_that_somebody_uses_is_left_alone() -> None:
    reader = Talking([b"x"], 9600)
    first = PortSearch(reader.url, Mode.PUSH, lambda state: None, QUICK)
    opened = threading.Event()
    first._changed = lambda state: opened.set()
    first.start()
    try:
        assert opened.wait(5)
        assert searched(reader.url, Mode.PUSH).error == "busy"
        assert searched("/dev/serial/by-id/none", Mode.PUSH).error == "gone"
    finally:
        first.close()
        reader.close()


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.close()


def test_osdp_readers_are_found_by_one_question(cable: Cable) -> None:
    cable.baud = 38400
    cable.reader(0)
    cable.reader(5, key=None)
    found = searched(cable.url, Mode.OSDP, Times(answer_s=0.5), lambda state: len(state.readers) == 2)
    assert [(baud, one.address) for baud, one in found.readers] == [(38400, 0), (38400, 5)]
    assert found.error == ""
    assert all(one.vendor for _, one in found.readers)
    asked = Framer().feed(cable.sent)
    assert asked
    assert {frame.data[5:-2] for frame in asked} == {asking.ID}, "nothing but the one question was ever sent"
    assert cable.sent.startswith(bytes.fromhex("53 7f 09 00 04 61 00 5f e6"))


class Tardy(Cable):
    """The second answer to everybody's question comes when the first address has been asked; that one's own answer comes after it."""

    held = b""

    def send(self, data: bytes) -> None:
        if self._answers == 1:
            self._answers, self.held = 2, data
            return
        if self.held:
            super().send(self.held)
            self.held = b""
            self._closing.wait(0.1)
        super().send(data)


def test_a_late_answer_to_everybodys_question_hides_no_reader() -> None:
    cable = Tardy()
    try:
        cable.reader(0)
        cable.reader(5)
        found = searched(cable.url, Mode.OSDP, Times(answer_s=0.4), lambda state: state.asked == 6)
        assert [one.address for _, one in found.readers] == [0, 5]
    finally:
        cable.close()


def test_who_refuses_is_there_and_other_answers_are_nobody() -> None:
    (nak,) = Framer().feed(encode(3, 0x04, b"\x41\x05", reply=True))
    assert asking.identity(nak) == asking.Identity(3)
    (ack,) = Framer().feed(encode(3, 0x04, b"\x40", reply=True))
    assert asking.identity(ack) is None
    (own,) = Framer().feed(asking.question(3))
    assert asking.identity(own) is None


def test_every_checked_family_is_listened_for() -> None:
    assert {family.driver for family in families()} == {name for name in loader.names() if loader.load(name).CHECKED}
