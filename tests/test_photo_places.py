"""Where head office keeps pictures: one suite over a folder and an S3-compatible store (moto's server, over HTTP)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.headoffice.config import Config, ConfigError
from sync.headoffice.photo_bucket import Bucket
from sync.headoffice.photo_places import Folder, Place, PlaceUnavailable, place_of
from tests.support_sync import free_port

NAME = "home/main/ab/abcd.sealed"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    server = pytest.importorskip("moto.server", reason="moto is a dependency of the tests")
    made = server.ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    made.start()
    yield f"127.0.0.1:{made.get_host_and_port()[1]}"
    made.stop()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return place_of(str(tmp_path / "pictures"))
    login = tmp_path / "login"
    login.write_text("somebody\nsecret-of-theirs\n")
    host = request.getfixturevalue("store")
    return place_of(f"s3+http://{host}/gates/{tmp_path.name.replace('_', '-').lower()}", login)


def test_what_was_put_comes_back_and_what_was_removed_does_not(place: Place) -> None:
    assert place.get(NAME) is None
    place.put(NAME, b"sealed" * 9_000)
    place.put("home/main/ab/other.sealed", b"another")
    assert place.get(NAME) == b"sealed" * 9_000
    place.put(NAME, b"anew")
    assert place.get(NAME) == b"anew"
    place.remove(NAME)
    place.remove(NAME)
    assert place.get(NAME) is None
    assert place.get("home/main/ab/other.sealed") == b"another"


def test_a_store_that_does_not_answer_is_said(tmp_path: Path) -> None:
    away = Bucket(f"s3+http://127.0.0.1:{free_port()}/gates", "a", "b")
    for call in (lambda: away.put(NAME, b"x"), lambda: away.get(NAME), lambda: away.remove(NAME)):
        with pytest.raises(PlaceUnavailable):
            call()
    (tmp_path / "file").write_text("")
    folder = Folder(tmp_path / "file")
    for call in (lambda: folder.put(NAME, b"x"), lambda: folder.get(NAME), lambda: folder.remove(NAME)):
        with pytest.raises(PlaceUnavailable):
            call()


def test_a_folder_leaves_no_half_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    folder = Folder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(PlaceUnavailable):
            folder.put(NAME, b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("wrong", ["s3://", "s3://host", "http://host/bucket", "s3://user:secret@host/bucket"])
def test_an_address_that_cannot_be_used_is_named_without_its_password(wrong: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Config(photos=wrong).place()
    assert "secret" not in str(refused.value)


def test_settings_of_pictures(tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    path.write_text('db = "h.sqlite"\nphotos = "album"\nphotos_key = "p.key"\n')
    config = Config.load(path)
    assert config.place().name == str(tmp_path / "album")
    key, wrapped = config.picture_key().new_key("x")
    assert config.picture_key().unwrap(wrapped, "x").open(key.seal(b"data")) == b"data"
    assert (tmp_path / "p.key").stat().st_mode & 0o077 == 0
    (tmp_path / "p.key").write_text("")
    with pytest.raises(ConfigError, match="photos_key"):
        config.picture_key()
    assert Config(db=str(tmp_path / "d" / "h.sqlite")).place().name == str(tmp_path / "d" / "headoffice-photos")
    assert not Config.load(path, photos="off").takes_photos
    path.write_text('photos = "s3://host/b"\nphotos_login = "nobody"\n')
    with pytest.raises(ConfigError, match="photos"):
        Config.load(path).place()
