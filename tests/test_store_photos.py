"""Pictures: whole or not at all, found by what they are, the oldest make room. And the gate's key."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.errors import DatabaseDamaged, DiskFull, StoreError
from edge.store.keys import NAME, JournalKey
from edge.store.photos import Photos


def test_a_picture_comes_back_by_its_digest(tmp_path: Path) -> None:
    photos = Photos(tmp_path / "p")
    digest = photos.put(b"jpeg")
    assert digest == hashlib.sha256(b"jpeg").hexdigest()
    assert photos.put(b"jpeg") == digest
    assert photos.get(digest) == b"jpeg"
    assert photos.used == 4
    assert photos.get("0" * 64) is None
    for wrong in ("", "../../etc/passwd", digest.upper(), digest + "0"):
        assert photos.get(wrong) is None
        assert not photos.remove(wrong)
    file = tmp_path / "p" / digest[:2] / f"{digest}.jpg"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o700


def test_a_picture_that_was_altered_on_the_disk_is_not_shown_as_what_it_was(tmp_path: Path) -> None:
    photos = Photos(tmp_path)
    digest = photos.put(b"the car")
    (tmp_path / digest[:2] / f"{digest}.jpg").write_bytes(b"another")
    with pytest.raises(DatabaseDamaged):
        photos.get(digest)


def test_the_oldest_make_room_and_a_new_start_knows_what_is_there(tmp_path: Path) -> None:
    photos = Photos(tmp_path, quota=1_000)
    digests = []
    for n in range(12):
        digests.append(photos.put(bytes([n]) * 100))
        path = tmp_path / digests[-1][:2] / f"{digests[-1]}.jpg"
        os.utime(path, (n, n))
    kept = [photos.get(d) is not None for d in digests]
    assert kept[:2] == [False, False]
    assert all(kept[4:])
    assert photos.used == sum(kept) * 100 <= 1_000
    assert Photos(tmp_path, quota=1_000).used == photos.used
    assert photos.remove(digests[-1])
    assert not photos.remove(digests[-1])
    assert photos.get(digests[-1]) is None


def test_a_picture_larger_than_all_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiskFull) as full:
        Photos(tmp_path, quota=10).put(b"x" * 11)
    assert full.value.hint
    with pytest.raises(DiskFull):
        Photos(tmp_path, reserve=1 << 60, quota=0).put(b"x")


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = Photos(tmp_path)

    def broken(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(DiskFull):
            photos.put(b"jpeg")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert photos.used == 0
    assert photos.get(photos.put(b"jpeg")) == b"jpeg"


def test_a_draft_of_a_crash_is_cleared_away_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / ".x.jpg.1234").write_bytes(b"half")
    assert Photos(tmp_path).used == 0
    assert list((tmp_path / "ab").iterdir()) == []


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
