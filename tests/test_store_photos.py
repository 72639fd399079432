"""Pictures: sealed, whole or not at all, found by what they are; whoever is least important makes room; orphans of both sides are found.
And the gate's keys."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.domain import events as ev
from edge.domain import events_goods as eg
from edge.domain import events_privacy as ep
from edge.domain.event import Event
from edge.domain.pictures import CLASSES, Keeping
from edge.errors import DatabaseDamaged, DiskFull, StoreError
from edge.store import journal
from edge.store.db import Store
from edge.store.keys import NAME, PICTURES, JournalKey, picture_key
from edge.store.photo_care import STRAYS, UNNAMED_MS, Care
from edge.store.photo_source import PhotoSource
from edge.store.photos import Photos
from sync.journal_source import Life
from sync.photo_protocol import Photo, Waiting
from sync.sealing import OVERHEAD, CannotOpen, MasterKey
from tests.support_photos import KEY, Time, opened, photos_in
from tests.support_store import opened_as_before

FACE = b"\xff\xd8 the face of a visitor " * 40


class Kit:
    """A store with pictures."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store, self.time = folder, store, Time()
        self.photos = self.again()

    def again(self, **options: Any) -> Photos:
        """The same pictures after a restart."""
        self.photos = photos_in(self.folder / "photos", self.store, self.time, **options)
        return self.photos

    def append(self, *events: Event) -> list[int]:
        return self.store.transact_sync(
            lambda tx: [tx.append(event, actor="gate", stamp=self.time.stamp()) for event in events]
        )

    def taken(self, data: bytes, keep: str = "pass", pass_seq: int = 0, **more: Any) -> str:
        digest = self.photos.put(data, keep=keep, **more)
        self.append(ev.PictureTaken("entry", "card", digest, len(data), pass_seq, keep))
        return digest

    def sent(self, *digests: str) -> None:
        """Head office has them."""
        self.store.transact_sync(
            lambda tx: tx.con.executemany("UPDATE photos SET sent = 1 WHERE digest = ?", [(d,) for d in digests])
        )

    def bodies(self, kind: type[Event]) -> list[Any]:
        with self.store.reader() as con:
            return [r.event for r in journal.after(con, 0, 10_000) if isinstance(r.event, kind)]

    def remains(self, what: bytes) -> list[str]:
        return [f.name for f in self.folder.rglob("*") if f.is_file() and what in f.read_bytes()]


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with opened(tmp_path) as store:
        yield Kit(tmp_path, store)


def test_a_picture_comes_back_by_its_digest_and_lies_nowhere_in_the_clear(kit: Kit) -> None:
    photos, told = kit.photos, []
    photos.changed = lambda: told.append(1)
    digest = photos.put(FACE, keep="person", thumbnail=b"small " + FACE)
    assert digest == hashlib.sha256(FACE).hexdigest()
    assert photos.put(FACE) == digest
    assert (photos.get(digest), photos.get(digest, "thumbnail")) == (FACE, b"small " + FACE)
    assert photos.used == 2 * len(FACE) + 6 + 2 * OVERHEAD
    assert told == [1]
    known = photos.about(digest)
    assert known is not None
    assert (known.keep, known.size, len(known.thumbnail)) == ("person", len(FACE), 64)
    assert kit.remains(FACE[:20]) == []
    for wrong in ("0" * 64, "", "../../etc/passwd", digest.upper(), digest + "0"):
        assert photos.get(wrong) is None
        assert not photos.has(wrong)
        assert not photos.remove(wrong, "request")
    file = photos.path(digest, "sealed")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(photos.root.stat().st_mode) == 0o700
    assert kit.again().get(digest) == FACE, "after a restart"
    with pytest.raises(ValueError, match="no class"):
        photos.put(b"x", keep="holiday")


def test_a_file_that_was_altered_or_put_in_anothers_place_does_not_open(kit: Kit) -> None:
    one, two = kit.photos.put(b"the car"), kit.photos.put(b"another")
    path = kit.photos.path(one, "sealed")
    for wrong in (b"", b"the car", path.read_bytes()[:-1], kit.photos.path(two, "sealed").read_bytes()):
        path.write_bytes(wrong)
        with pytest.raises(DatabaseDamaged):
            kit.photos.get(one)
    assert kit.photos.get(two) == b"another"
    path.unlink()
    path.mkdir()  # as a card's bad block: the file cannot be read
    with pytest.raises(DatabaseDamaged):
        kit.photos.get(one)
    kit.append(*(ev.PictureTaken("entry", "card", digest, 7, 0) for digest in (two, one)))
    source = PhotoSource(kit.photos, lambda seq: Life("e1"))
    kit.store.transact_sync(lambda tx: tx.con.execute("UPDATE photos SET at_ms = at_ms + 9 WHERE digest = ?", (one,)))
    assert source.next(rest=True, without=frozenset())[0].digest == two, "one that cannot be read holds up no other"
    assert source.next(rest=True, without=frozenset({two})) is None
    path.rmdir()
    with pytest.raises(StoreError) as refused:
        kit.again(key=MasterKey(bytes(32))).get(two)
    assert refused.value.code == "picture-key"
    assert "pictures.key" in refused.value.hint


def test_an_erased_picture_cannot_be_opened_with_what_is_left_even_by_who_has_the_gates_key(kit: Kit) -> None:
    digest = kit.taken(FACE, "person", thumbnail=b"small")
    with kit.store.reader() as con:
        wrapped = con.execute("SELECT key FROM photos").fetchone()[0]
    copy = kit.photos.path(digest, "sealed").read_bytes()
    assert KEY.unwrap(wrapped, digest).open(copy) == FACE
    assert kit.remains(wrapped), "in the database or its log"
    assert kit.photos.remove(digest, "request")
    assert kit.remains(wrapped) == [], "overwritten where it lay, and out of the log"
    assert kit.remains(copy[16:64]) == []
    assert [p for p in kit.photos.root.rglob("*") if p.is_file()] == []
    with pytest.raises(CannotOpen):
        KEY.unwrap(bytes(60), digest)
    assert not kit.photos.remove(digest, "request")


def test_the_oldest_of_the_least_important_make_room_and_first_what_head_office_has(kit: Kit) -> None:
    cost = 100 + OVERHEAD
    photos = kit.again(quota=10 * cost, classes={n: Keeping(k.rank, k.days, 100) for n, k in CLASSES.items()})

    def put(n: int, keep: str) -> str:
        return kit.taken(bytes([n]) * 100, keep)

    refused = [put(1, "refusal"), put(2, "refusal")]
    passes = [put(n, "pass") for n in range(10, 16)]
    stays = put(30, "specimen")
    kept = put(31, "pass")
    with kit.store.reader() as con:
        (seq,) = con.execute("SELECT seq FROM pictures WHERE digest = ?", (kept,)).fetchone()
    kit.append(ep.RecordKept(seq, "失窃"))
    kit.sent(refused[0], passes[4], kept, stays)
    put(40, "pass")
    assert [photos.has(d) for d in (*passes, *refused)] == [True] * 4 + [False, True, False, True], (
        "what head office has goes, a little more than is needed; the more important one after the other"
    )
    put(41, "pass")
    assert all(map(photos.has, passes[:4]))
    put(42, "pass")
    assert [photos.has(d) for d in passes[:3]] == [False, False, True], (
        "the oldest of the least important that it lacks"
    )
    assert all(map(photos.has, (refused[1], stays, kept))), "specimens and what is kept for a matter never go for room"
    gone = kit.bodies(ep.PictureErased)
    assert {e.why for e in gone} == {"room"}
    assert sum(len(e.pictures) for e in gone) == 4
    assert photos.used <= 10 * cost
    assert kit.again().used == photos.used
    assert len(list(photos.root.glob("??/*.sealed"))) == 9


def test_a_class_over_its_share_gives_up_what_head_office_has_and_nothing_else_while_there_is_room(kit: Kit) -> None:
    cost = 100 + OVERHEAD
    photos = kit.again(quota=20 * cost)
    documents = [kit.taken(bytes([n]) * 100, "document") for n in range(8)]
    assert all(map(photos.has, documents)), (
        "twice their share of 20 %, but there is room, and head office has none of them"
    )
    kit.sent(documents[5])
    kit.taken(b"x" * 100, "pass")
    assert photos.has(documents[5])
    kit.taken(b"y" * 100, "document")
    assert [photos.has(d) for d in documents] == [True] * 5 + [False] + [True] * 2


def test_without_a_head_office_rank_and_age_alone_make_room(kit: Kit) -> None:
    cost = 100 + OVERHEAD
    photos = kit.again(quota=10 * cost, remote=False)
    passes, documents = (
        [kit.taken(bytes([n]) * 100, keep) for n in at] for keep, at in (("pass", range(6)), ("document", (20, 21)))
    )
    last = kit.taken(b"x" * 100, "document")
    assert [photos.has(d) for d in (*documents, last)] == [False, False, True], (
        "over its share of 20 % the oldest of a class go, a little more than is needed"
    )
    photos = kit.again(
        quota=10 * cost, remote=False, classes={n: Keeping(k.rank, k.days, 100) for n, k in CLASSES.items()}
    )
    for n in range(30, 34):
        kit.taken(bytes([n]) * 100, "violation")
    assert [photos.has(d) for d in passes] == [False] * 2 + [True] * 4
    assert photos.used <= 10 * cost


def test_a_picture_larger_than_all_room_is_refused(kit: Kit) -> None:
    with pytest.raises(DiskFull) as full:
        kit.again(quota=10).put(b"x" * 11)
    assert full.value.hint
    with pytest.raises(DiskFull):
        kit.again(reserve=1 << 60, quota=1000).put(b"x")
    assert kit.photos.used == 0


def test_a_write_that_breaks_off_leaves_nothing(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(DiskFull):
            kit.photos.put(b"jpeg", thumbnail=b"small")
    with monkeypatch.context() as patch:
        patch.setattr(kit.store, "transact_sync", lambda *_a, **_k: (_ for _ in ()).throw(DiskFull("full")))
        with pytest.raises(DiskFull):
            kit.photos.put(b"jpeg", thumbnail=b"small")
    assert [p for p in kit.photos.root.rglob("*") if p.is_file()] == []
    assert kit.photos.used == 0
    assert kit.photos.get(kit.photos.put(b"jpeg")) == b"jpeg"


# ---- care --------------------------------------------------------------------------------------------------------


def test_plain_pictures_of_an_earlier_version_are_taken_over_and_nothing_is_lost(kit: Kit) -> None:
    def plain(root: Path, data: bytes, name: str = "") -> str:
        digest = name or hashlib.sha256(data).hexdigest()
        (root / digest[:2]).mkdir(parents=True, exist_ok=True)
        (root / digest[:2] / f"{digest}.jpg").write_bytes(data)
        return digest

    photos, old = kit.photos, kit.folder / "specimens"
    ours, signature = plain(photos.root, FACE), plain(old, b"how Li signs")
    other = plain(photos.root, b"not what its name says", "ab" * 32)
    kit.append(
        ev.PictureTaken("entry", "card", ours, len(FACE), 1, "refusal"), eg.SpecimenFiled("owner", signature, 12)
    )
    assert photos.has(ours)
    assert photos.get(ours) == FACE, "seen as before until it is taken over"
    care = Care(photos, old)
    care.run(lambda data: data[:4])
    assert (photos.get(ours), photos.get(ours, "thumbnail"), photos.get(signature)) == (FACE, FACE[:4], b"how Li signs")
    keeps = [photos.about(d) for d in (ours, signature)]
    assert [k.keep if k else "" for k in keeps] == ["refusal", "specimen"]
    assert list(kit.folder.rglob("*.jpg")) == [photos.root / STRAYS / f"{other}.jpg"]
    assert kit.remains(FACE[:30]) == []
    (found,) = kit.bodies(ep.PicturesChecked)
    assert (found.damaged, found.strays, found.lost) == (1, 0, 0)
    Care(photos, old).run()
    assert len(kit.bodies(ep.PicturesChecked)) == 1


def test_a_plain_picture_is_erased_like_a_sealed_one(kit: Kit) -> None:
    digest = hashlib.sha256(FACE).hexdigest()
    path = kit.photos.path(digest, "jpg")
    path.parent.mkdir()
    path.write_bytes(FACE)
    assert kit.photos.remove(digest, "request")
    assert not path.exists()


def test_orphans_on_both_sides_are_found_put_aside_and_recorded_once(kit: Kit) -> None:
    photos = kit.photos
    whole, lost, stray = kit.taken(b"whole"), kit.taken(b"lost"), kit.taken(b"stray", thumbnail=b"s")
    unnamed, fresh = photos.put(b"no event names it"), photos.put(b"a moment ago")
    kit.store.transact_sync(
        lambda tx: tx.con.execute("UPDATE photos SET at_ms = at_ms - ? WHERE digest = ?", (UNNAMED_MS + 10, unnamed))
    )
    kit.store.transact_sync(lambda tx: tx.con.execute("DELETE FROM photos WHERE digest = ?", (stray,)))
    photos.path(lost, "sealed").unlink()
    draft = photos.root / whole[:2] / ".x.sealed.1234"
    draft.write_bytes(b"half")
    Care(photos).run()
    assert not draft.exists()
    (found,) = kit.bodies(ep.PicturesChecked)
    assert (found.strays, found.lost, found.missing) == (1, 1, (lost,))
    assert (found.unnamed, found.erased) == (1, (unnamed,))
    assert photos.get(whole) == b"whole"
    assert photos.has(fresh)
    assert [photos.has(d) for d in (lost, stray, unnamed)] == [False] * 3
    assert not photos.path(unnamed, "sealed").exists()
    aside = sorted(p.name for p in (photos.root / STRAYS).iterdir())
    assert aside == [f"{stray}.sealed", f"{stray}.thumb"]
    Care(photos).run()
    assert len(kit.bodies(ep.PicturesChecked)) == 1
    for path in (photos.root / STRAYS).iterdir():
        os.utime(path, (1, 1))
    Care(photos).run()
    assert list((photos.root / STRAYS).iterdir()) == []


def test_with_another_key_old_pictures_are_said_to_be_shut_and_new_ones_go_on(kit: Kit) -> None:
    old = kit.taken(b"sealed before")
    photos = kit.again(key=MasterKey(bytes(32)))
    care = Care(photos)
    care.run()
    assert "wrapped by another key" in care.foreign
    assert kit.bodies(ep.PicturesChecked) == [], "it may be the wrong key only: nothing is thrown away"
    new = kit.taken(b"sealed now")
    source = PhotoSource(photos, lambda seq: Life("e1"))
    assert source.next(rest=True, without=frozenset())[0].digest == new
    assert source.next(rest=True, without=frozenset({new})) is None, "what cannot be opened is passed over"
    assert kit.again().get(old) == b"sealed before"
    nothing = kit.again(key=None)
    for call in (lambda: nothing.put(b"x"), lambda: nothing.get(old)):
        with pytest.raises(StoreError) as refused:
            call()
        assert refused.value.code == "picture-key"


def test_what_is_sent_first_and_what_only_when_it_is_asked_for(kit: Kit) -> None:
    """Asked for; refusals and alarms; thumbnails; the rest. The newest of each first; only what an event names."""
    sent: list[tuple[str, str]] = []
    plain = kit.taken(b"a pass", "pass", thumbnail=b"small pass")
    newer = kit.taken(b"a newer pass", "pass", thumbnail=b"small newer")
    refused = kit.taken(b"a refusal", "refusal", thumbnail=b"small refusal")
    kit.photos.put(b"no event yet", keep="violation")
    asked = kit.taken(b"looked for", "pass")
    kit.store.transact_sync(lambda tx: tx.con.execute("UPDATE photos SET asked = 1 WHERE digest = ?", (asked,)))
    source = PhotoSource(kit.photos, lambda seq: Life("e1", seq))
    assert source.waiting() == Waiting(first=3, thumbnails=3, rest=2)

    def drain(*, rest: bool) -> None:
        while (found := source.next(rest=rest, without=frozenset())) is not None:
            photo, data = found
            assert hashlib.sha256(data).hexdigest() == photo.digest
            assert source.still(photo)
            sent.append((photo.picture, photo.part))
            source.done(photo)

    drain(rest=False)
    assert sent == [
        (asked, "picture"),
        (refused, "picture"),
        (refused, "thumbnail"),
        (newer, "thumbnail"),
        (plain, "thumbnail"),
    ]
    sent.clear()
    drain(rest=True)
    assert sent == [(newer, "picture"), (plain, "picture")]
    assert source.waiting() == Waiting(first=1, thumbnails=0, rest=0)
    kit.photos.remove(plain, "request")
    assert not source.still(Photo(plain, "picture", plain, 6, 1, "e1"))


def test_an_old_database_is_migrated_with_its_rounds_of_erasing(tmp_path: Path) -> None:
    with opened_as_before(tmp_path / "gate.sqlite", 15) as old:
        old.executescript(
            """INSERT INTO erasing VALUES ('picture', 7, 1, 3);
               INSERT INTO pictures VALUES (1, 'ab', 'entry', 'card', 1, 9);"""
        )
    with opened(tmp_path) as store, store.reader() as con:
        assert con.execute("SELECT grp, upto, erased FROM erasing").fetchall() == [("picture.pass", 7, 3)]
        assert con.execute("SELECT keep FROM pictures").fetchall() == [("pass",)]


# ---- the key -----------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    key = JournalKey.load(tmp_path / "data")
    again = JournalKey.load(tmp_path / "data")
    assert key.public_key() == again.public_key()
    assert stat.S_IMODE((tmp_path / "data" / NAME).stat().st_mode) == 0o600
    public = Ed25519PublicKey.from_public_bytes(key.public_key())
    public.verify(again.sign(b"up to 7"), b"up to 7")
    with pytest.raises(InvalidSignature):
        public.verify(key.sign(b"up to 7"), b"up to 8")


def test_a_key_that_others_could_read_is_shut_again(tmp_path: Path) -> None:
    JournalKey.load(tmp_path)
    (tmp_path / NAME).chmod(0o644)
    JournalKey.load(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_said_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(StoreError) as refused:
        JournalKey.load(tmp_path)
    assert refused.value.hint
    assert (tmp_path / NAME).read_bytes() == content


def test_the_pictures_key_is_made_once_and_a_damaged_one_is_not_replaced(tmp_path: Path) -> None:
    key, wrapped = picture_key(tmp_path).new_key("ab")
    (tmp_path / PICTURES).chmod(0o644)
    again = picture_key(tmp_path).unwrap(wrapped, "ab")
    assert stat.S_IMODE((tmp_path / PICTURES).stat().st_mode) == 0o600
    assert again.open(key.seal(FACE)) == FACE
    with pytest.raises(CannotOpen):
        again.open(key.seal(FACE), "thumbnail")
    given = tmp_path / "credential"
    given.write_text("ab" * 32 + "\n")
    assert picture_key(tmp_path / "elsewhere", given).new_key("x")
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / PICTURES).write_text("kaputt")
    with pytest.raises(StoreError) as refused:
        picture_key(tmp_path)
    assert refused.value.hint
    assert (tmp_path / PICTURES).read_text() == "kaputt"
