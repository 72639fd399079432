"""Pictures on their way to head office, over both links: whole, proven, resumed, in their order; what is erased is not taken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sync.fields import ProtocolError
from sync.headoffice.photo_places import Folder, PlaceUnavailable
from sync.headoffice.photo_receiver import Archive, PhotoReceiver
from sync.headoffice.store_sqlite import SqliteStore
from sync.photo_pace import Pace, Sending
from sync.photo_protocol import (
    MAX_PICTURE,
    PIECE,
    Photo,
    PhotoAck,
    photo_ack_topic,
    photo_state_topic,
    photo_topic,
    read_piece,
)
from sync.photos import PhotoOptions, PhotoUplink
from sync.protocol import HeadOfficeState, Topics
from sync.sealing import MasterKey
from tests.support_albums import Counted, Line, ListPhotos, MemoryLine, MosquittoLine, noise, sha, told
from tests.support_sync import EPOCH, GATE, SITE, Recorder, eventually

KEY = MasterKey(b"h" * 32)
FAST = PhotoOptions(stall_s=0.4, retry_s=0.05, count_s=0.02, unproven_s=0.1)
TOPICS = Topics(SITE, GATE)


class Shaky(Folder):
    """A place that can be away."""

    away = False

    def put(self, name: str, data: bytes) -> None:
        if self.away:
            raise PlaceUnavailable("the disk was pulled out")
        super().put(name, data)

    def remove(self, name: str) -> None:
        if self.away:
            raise PlaceUnavailable("the disk was pulled out")
        super().remove(name)


class Both:
    """A gate's pictures and a head office, with a line between them."""

    def __init__(self, line: Line, folder: Path) -> None:
        self.line, self.folder = line, folder
        self.source = ListPhotos()
        self.place = Shaky(folder / "place")
        self.store = SqliteStore(folder / "headoffice.sqlite")
        self._ends: list[Any] = []

    def office(self) -> PhotoReceiver:
        store = SqliteStore(self.folder / "headoffice.sqlite")
        made = PhotoReceiver(self.line.link("headoffice-photos"), store, SITE, self.place, KEY)
        self._ends.append(made)
        made.start()
        return made

    def gate(self, options: PhotoOptions = FAST, after: int = 0) -> tuple[PhotoUplink, Counted]:
        link = Counted(self.line.link("gate-photos"), (lambda: self.line.cut("gate-photos")) if after else None, after)
        made = PhotoUplink(self.source, link, options)
        self._ends.append(made)
        made.start()
        return made, link

    def name(self, *datas: bytes, **more: Any) -> list[int]:
        """Events that name these pictures are at head office."""
        return told(self.store, [{"digest": sha(data), **more} for data in datas])

    def has(self, *datas: bytes) -> bool:
        return all(sha(data) in self.source.over for data in datas)

    def get(self, data: bytes, part: Any = "picture") -> bytes | None:
        return Archive(self.store, SITE, self.place, KEY).get(GATE, sha(data), part)

    def files(self) -> list[Path]:
        return [path for path in (self.folder / "place").rglob("*") if path.is_file()]

    def close(self) -> None:
        for end in self._ends:
            end.stop()
        self.store.close()


@pytest.fixture(params=[MemoryLine, MosquittoLine], ids=["memory", "mosquitto"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    line = request.param(tmp_path)
    made = Both(line, tmp_path)
    yield made
    made.close()
    line.close()


@pytest.fixture
def near(tmp_path: Path) -> Iterator[Both]:
    """Over the broker in this process alone."""
    line = MemoryLine(tmp_path)
    made = Both(line, tmp_path)
    yield made
    made.close()
    line.close()


def test_pictures_arrive_whole_proven_and_sealed_and_the_gate_knows_it(both: Both) -> None:
    small, big, thumb = noise(900, 1), noise(150_000, 2), noise(9_000, 3)
    (first,) = both.name(small)
    (second,) = both.name(big, thumbnail=sha(thumb))
    both.source.add(small, first)
    both.source.add(thumb, second, of=big)
    both.source.add(big, second)
    statuses: list[int] = []
    uplink, link = both.gate()
    uplink.on_status(lambda status: statuses.append(status.waiting.rest))
    receiver = both.office()
    eventually(lambda: both.has(small, thumb, big))
    assert (both.get(small), both.get(big), both.get(big, "thumbnail")) == (small, big, thumb)
    assert both.get(small, "thumbnail") is None
    assert receiver.taken == 3
    assert len(link.pieces) == 1 + 1 + 10
    for path in both.files():
        assert path.stat().st_mode & 0o077 == 0
        assert not any(piece[:200] in path.read_bytes() for piece in (small, big, thumb))
    eventually(lambda: statuses and statuses[-1] == 0)
    assert max(statuses) == 3
    assert uplink.status.online
    assert uplink.status.sent == 3
    assert uplink.status.rate, "measured on the picture of several pieces"


def test_a_cut_in_the_middle_costs_the_pieces_under_way_and_nothing_else(both: Both) -> None:
    big = noise(60 * PIECE, 4)
    both.source.add(big, *both.name(big))
    both.office()
    _, link = both.gate(after=40)
    eventually(lambda: both.has(big), 20)
    assert both.get(big) == big
    numbers = [n for _, n in link.pieces]
    assert numbers[:40] == list(range(40))
    again = len(numbers) - 60
    assert 0 <= again <= 17, "at most what was under way (16), and the question where to go on"


def test_a_new_process_at_the_gate_asks_where_it_was(both: Both) -> None:
    big = noise(40 * PIECE, 5)
    both.source.add(big, *both.name(big))
    both.office()
    uplink, link = both.gate(after=30)
    eventually(lambda: len(link.pieces) >= 30)
    uplink.stop()
    sent = len(link.pieces)
    _, again = both.gate()
    eventually(lambda: both.has(big))
    assert both.get(big) == big
    assert sent + len(again.pieces) < 40 + 20


def test_head_office_that_was_restarted_begins_that_picture_anew(both: Both) -> None:
    big = noise(30 * PIECE, 6)
    both.source.add(big, *both.name(big))
    receiver = both.office()
    _, link = both.gate(after=10_000)
    eventually(lambda: len(link.pieces) > 3)
    receiver.stop()
    both.office()
    eventually(lambda: both.has(big))
    assert both.get(big) == big


def test_a_broker_that_is_killed_in_the_middle_costs_no_picture(both: Both) -> None:
    datas = [noise(12 * PIECE, 40 + n) for n in range(4)]
    for data, event in zip(datas, both.name(*datas), strict=True):
        both.source.add(data, event)
    both.office()
    _, link = both.gate()
    for pieces in (15, 35):
        eventually(lambda pieces=pieces: len(link.pieces) >= pieces, 20)
        both.line.stop()
        both.line.start()
    eventually(lambda: both.has(*datas), 30)
    assert [both.get(data) == data for data in datas] == [True] * 4
    assert len(link.pieces) < 48 + 2 * 17


def test_a_picture_waits_for_its_event_and_others_do_not_wait_for_it(near: Both) -> None:
    early, other = noise(3 * PIECE, 7), noise(500, 8)
    near.source.add(early, 2)
    near.source.add(other, *near.name(other))
    near.office()
    _, link = near.gate()
    eventually(lambda: near.has(other))
    assert near.get(early) is None
    assert near.name(early) == [2]
    eventually(lambda: near.has(early))
    assert near.get(early) == early
    assert len([d for d, n in link.pieces if d == sha(early) and n == 2]) == 1, "its last piece went once"


def test_what_no_event_names_is_not_taken(near: Both) -> None:
    stranger, own, thumb = noise(500, 9), noise(600, 10), noise(50, 11)
    (seq,) = near.name(own, thumbnail=sha(thumb))
    near.source.add(stranger, seq)
    near.source.add(noise(60, 12), seq, of=own)
    near.source.add(own, seq)
    near.office()
    uplink, _ = near.gate()
    eventually(lambda: near.has(own))
    assert near.get(stranger) is None
    assert near.get(own, "thumbnail") is None
    assert uplink.status.sent == 1


def test_an_erasure_destroys_the_key_at_once_and_what_comes_later_is_not_taken(near: Both) -> None:
    data, late, kept = noise(40_000, 13), noise(500, 14), noise(700, 15)
    events = near.name(data, late, kept)
    near.source.add(data, events[0])
    near.source.add(kept, events[2])
    near.office()
    uplink, _ = near.gate()
    eventually(lambda: near.has(data, kept))
    (wrapped,) = (row[0] for row in near.store.run("SELECT key FROM photos WHERE digest = ?", (sha(data),)))
    told(near.store, [{"pictures": [sha(data), sha(late)], "why": "retention"}], "picture.erased")
    told(near.store, [{"pictures": [sha(kept)], "why": "room"}], "picture.erased")
    assert near.get(data) is None
    for path in near.folder.glob("headoffice.sqlite*"):
        assert wrapped not in path.read_bytes(), path.name
    assert near.get(kept) == kept, "the gate gave it up for room, because head office has it"
    near.source.add(late, events[1])
    uplink.notify()
    eventually(lambda: near.has(late))
    assert near.get(late) is None
    assert uplink.status.sent == 2
    archive = Archive(near.store, SITE, near.place, KEY)
    archive.sweep()
    assert [path.name for path in near.files()] == [f"{sha(kept)}.sealed"]
    assert archive.sweep() == 0
    assert archive.index.counts(GATE) == (1, 0)


def test_while_the_place_is_away_pictures_wait_at_the_gate(near: Both) -> None:
    data = noise(500, 16)
    near.source.add(data, *near.name(data))
    near.place.away = True
    receiver = near.office()
    uplink, _ = near.gate()
    eventually(lambda: "pulled out" in receiver.problem)
    eventually(lambda: not uplink.status.online)
    assert not near.has(data)
    near.place.away = False
    eventually(lambda: near.has(data))
    assert near.get(data) == data
    assert receiver.alive


def test_a_journal_that_cannot_be_read_is_tried_again(near: Both) -> None:
    data = noise(500, 17)
    near.source.add(data, *near.name(data))
    near.source.broken.set()
    near.office()
    uplink, _ = near.gate()
    eventually(lambda: uplink.status.online)
    near.source.broken.clear()
    eventually(lambda: near.has(data))


def test_on_a_slow_line_only_what_is_first_and_small_goes_and_the_rest_when_it_is_asked_for(near: Both) -> None:
    first, thumb, rest = noise(40_000, 18), noise(900, 19), noise(50_000, 20)
    events = near.name(first, rest)
    near.source.add(first, events[0], "first")
    near.source.add(thumb, events[1], "thumbnail", of=rest)
    waits = near.source.add(rest, events[1])
    near.office()
    uplink, _ = near.gate(PhotoOptions(few=True, stall_s=0.4, count_s=0.02))
    eventually(lambda: near.has(first, thumb))
    eventually(lambda: uplink.status.waiting.rest == 1)
    assert uplink.status.slow
    assert near.get(rest) is None
    with near.source.lock:
        near.source.waits = [(waits, rest, "first")]
    uplink.notify()
    eventually(lambda: near.has(rest))
    assert near.get(rest) == rest


def test_what_is_erased_at_the_gate_meanwhile_is_not_sent_to_its_end(near: Both) -> None:
    """Nobody answers its first piece; then it is gone at the gate."""
    data = noise(500, 21)
    photo = near.source.add(data, 77)
    link, seen = near.line.link("silent"), Recorder()
    link.subscribe(photo_topic(Topics(SITE, "+"), "+"))
    link.connect(seen)
    seen.wait(lambda s: s.limits)
    link.publish(photo_state_topic(TOPICS), HeadOfficeState(True, "a").to_bytes(), retain=True)
    uplink, counted = near.gate()
    seen.wait(lambda s: s.messages)
    with near.source.lock:
        near.source.waits.clear()
        near.source.gone.add(photo.picture)
    eventually(lambda: uplink._now is None)
    assert set(counted.pieces) == {(photo.digest, 0)}
    link.close()


# ---- the messages ------------------------------------------------------------------------------------------------


def photo(size: int = 40_000) -> Photo:
    data = noise(size, 30)
    return Photo(sha(data), "picture", sha(data), size, 5, EPOCH, "refusal")


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE])
def test_pieces_explain_themselves(size: int) -> None:
    made, data = photo(size), noise(size, 30)
    whole = b""
    for n in range(made.count):
        payload, user = made.piece(n, data)
        assert read_piece(payload, user) == (made, n)
        whole += payload
    assert whole == data


def test_whatever_a_piece_says_it_is_read_or_refused_in_one_way(near: Both) -> None:
    """Fuzz: the reader of pieces and of acknowledgements raises ProtocolError and nothing else; the receiver outlives all of it."""
    made, data = photo(), noise(40_000, 30)
    payload, user = made.piece(1, data)
    rng = random.Random(7)
    receiver = near.office()
    link, seen = near.line.link("stranger"), Recorder()
    link.connect(seen)
    seen.wait(lambda s: s.limits)
    said = [
        ("piece", "9"),
        ("of", "0"),
        ("size", str(MAX_PICTURE * 9)),
        ("size", "-1"),
        ("digest", "xyz"),
        ("part", "film"),
    ]
    said += [
        ("epoch", "a/b"),
        ("event", "1e9"),
        ("keep", "\ud800"),
        ("piece", "٣"),
        ("picture", "0" * 64),
        ("of", "9" * 15),
    ]
    for key, value in said + [
        (rng.choice(user)[0], "".join(rng.choices("0123456789abcdef-/ ", k=8))) for _ in range(300)
    ]:
        wrong = tuple((k, value if k == key else v) for k, v in user if rng.random() > 0.02)
        with suppress(ProtocolError):
            read_piece(payload, wrong)
        if "\ud800" not in value:
            link.publish(photo_topic(TOPICS, "ab"), payload, qos=0, user=wrong)
    for junk in (b"", b"{}", b"[]", b'{"digest":"ab"}', rng.randbytes(50)):
        with pytest.raises(ProtocolError):
            PhotoAck.from_bytes(junk)
    data = noise(500, 31)
    near.source.add(data, *near.name(data))
    near.gate()
    eventually(lambda: near.has(data))
    assert receiver.alive
    link.close()


def test_other_bytes_than_the_name_says_and_pictures_without_end_are_refused(near: Both) -> None:
    data = noise(PIECE + 5, 32)
    near.name(data)
    near.office()
    link, seen = near.line.link(GATE), Recorder()
    link.subscribe(photo_ack_topic(TOPICS), 0)
    link.subscribe(photo_state_topic(TOPICS), 1)
    link.connect(seen)
    seen.wait(lambda s: any(HeadOfficeState.from_bytes(m.payload).online for m in s.messages))
    made = Photo(sha(data), "picture", sha(data), len(data), 1, EPOCH)

    def answer(payload: bytes, user: Any) -> PhotoAck:
        before = len(seen.messages)
        link.publish(photo_topic(TOPICS, made.digest), payload, user=user)
        seen.wait(lambda s: len(s.messages) > before)
        return PhotoAck.from_bytes(seen.messages[-1].payload)

    assert answer(*made.piece(0, data)).next == 1
    assert answer(*made.piece(0, data)).next == 1, "twice is once"
    assert answer(*made.piece(1, noise(PIECE + 5, 33))).refused == "digest"
    late = answer(*made.piece(1, data))
    assert (late.next, late.again) == (0, True), "a piece is missing"
    answer(*made.piece(0, data))
    assert answer(*made.piece(1, data)).done
    assert answer(*made.piece(0, data)).done, "it is here"
    huge = Photo("ab" * 32, "picture", "ab" * 32, MAX_PICTURE + 1, 1, EPOCH)
    assert answer(*huge.piece(0, bytes(MAX_PICTURE + 1))).refused == "too-large"
    link.close()


# ---- the pace ----------------------------------------------------------------------------------------------------


class Drip:
    """A line of so many bytes a second with a first-come queue and a round trip, driven by a Pace: the most that ever waited in it."""

    def __init__(self, pace: Pace, rate: float, round_trip: float) -> None:
        self.pace, self.rate, self.trip = pace, rate, round_trip
        self.now, self.free_at, self.worst = 0.0, 0.0, 0.0

    def send(self, size: int) -> float:
        """Seconds for one picture."""
        sending = Sending(-(-size // PIECE), self.now)
        arrivals: list[tuple[float, int]] = []
        while sending.acked < sending.count:
            while (n := sending.due(self.pace.width)) is not None:
                sending.put(self.now)
                self.free_at = max(self.free_at, self.now) + PIECE / self.rate
                self.worst = max(self.worst, self.free_at - self.now)
                arrivals.append((self.free_at + self.trip, n))
            at, n = arrivals.pop(0)
            self.now = at
            took = sending.acknowledged(n + 1, False, at)
            assert took is not None
            self.pace.answered(took, at)
        self.pace.sent(size, self.now - sending.began, self.now)
        return self.now - sending.began


@pytest.mark.parametrize(("mbit", "round_trip"), [(1, 0.04), (1, 0.3), (10, 0.02), (100, 0.03)])
def test_a_picture_never_fills_the_lines_queue_and_uses_the_line_all_the_same(mbit: float, round_trip: float) -> None:
    rate = mbit * 125_000
    line = Drip(Pace(), rate, round_trip)
    for _ in range(12):
        line.send(150_000)
    assert line.worst <= 0.2 + 3 * PIECE / rate, "what an event may have to wait behind"
    took = line.send(150_000)
    possible = min(rate, 16 * PIECE / (round_trip + PIECE / rate))
    assert 150_000 / took >= 0.4 * possible


def test_a_slow_line_is_known_probed_and_left_behind() -> None:
    pace = Pace(slow=64_000)
    assert pace.rest_may_go(0.0), "not known yet"
    pace.sent(100_000, 4.0, 10.0)
    assert pace.slow
    assert not pace.rest_may_go(20.0)
    assert pace.rest_may_go(700.0)
    assert not pace.rest_may_go(701.0), "one in ten minutes"
    for _ in range(8):
        pace.sent(100_000, 0.5, 702.0)
    assert not pace.slow
    assert pace.rest_may_go(703.0)
    assert not Pace(few=True).rest_may_go(1e9)


def test_a_sending_goes_on_where_head_office_says() -> None:
    sending = Sending(10, 0.0)
    for _ in range(3):
        sending.put(0.0)
    assert sending.acknowledged(2, False, 1.0) == 1.0
    assert sending.acknowledged(7, False, 1.0) is None
    assert (sending.acked, sending.sent, sending.resumed) == (7, 7, True)
    assert sending.acknowledged(11, False, 1.0) is None, "nonsense is not believed"
    assert sending.acknowledged(0, False, 1.0) is None
    assert sending.due(1) == 0, "it has forgotten everything"
    for _ in range(10):
        sending.put(2.0)
    sending.acknowledged(10, False, 3.0)
    sending.stalled(9.0)
    assert sending.due(1) == 9, "all is there: the last piece asks"
