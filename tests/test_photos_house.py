"""A whole gate and its pictures: taken, sealed, at head office, asked for, erased at both ends, backed up and put back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from edge.acts import acts
from edge.desk import VisitInput
from edge.desk.album import Album
from edge.domain import events as ev
from edge.domain import events_privacy as ep
from edge.errors import NotAllowed, NotFound
from edge.orders import Person
from edge.store import backup, restore
from edge.store.keys import picture_key
from sync.headoffice.photo_places import Folder
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.store_sqlite import SqliteStore
from sync.sealing import MasterKey
from tests.support_desk import LI, at_the_desk
from tests.support_gate import Whole, laptop, whole
from tests.support_photos import opened, photos_in
from tests.support_store import stamp

WU, GUO = Person("wu", "leader"), Person("guo", "guard")
JPEG = b"\xff\xd8\xff"


def archive(data: Path) -> Archive:
    """Head office's own, beside the gate (link = "memory")."""
    key = MasterKey.load(data / "headoffice-pictures.key")
    return Archive(SqliteStore(data / "headoffice.sqlite"), "zhenyuan", Folder(data / "headoffice-photos"), key)


def in_the_clear(folder: Path) -> list[str]:
    """Files in which a JPEG begins."""
    return [f.name for f in folder.rglob("*") if f.is_file() and JPEG in f.read_bytes()[:4096]]


async def all_sent(gate: Whole) -> None:
    await gate.told()
    await gate.until(
        lambda: (gate.live.sync()["photos"] or {}).get("waiting") == gate.live.sync()["photos"]["thumbnails"] == 0,
        "head office has all pictures",
    )


def test_a_mornings_pictures(tmp_path: Path) -> None:
    asyncio.run(_morning(tmp_path))


async def _morning(tmp_path: Path) -> None:
    data = tmp_path / "gate"
    async with whole(data) as gate:
        await gate.frames()
        await gate.play("owner")
        await gate.play("unknown-card")
        taken = gate.all("picture.taken")
        assert [t.body["keep"] for t in taken if t.body["moment"] == "card"] == ["pass", "refusal"]
        await all_sent(gate)
        office = archive(data)
        for one in taken:
            digest = one.body["digest"]
            here = await asyncio.to_thread(gate.house.photos.get, digest)
            there = office.get("main", digest)
            small = office.get("main", digest, "thumbnail")
            assert here is not None
            assert here == there
            assert here.startswith(JPEG)
            assert small is not None
            assert small == await asyncio.to_thread(gate.house.photos.get, digest, "thumbnail")
            assert len(small) < len(here)
        assert in_the_clear(data) == []

        send = acts(gate.live)["picture.send"]
        refused = next(t.body for t in taken if t.body["keep"] == "refusal")
        chosen, other = refused["digest"], taken[0].body["digest"]
        sent = gate.live.sync()["photos"]["sent"]
        await send(Person("zhang", "headoffice"), {"digest": chosen}, "headoffice-1")
        await gate.event("picture.asked", digest=chosen)
        await gate.until(lambda: gate.live.sync()["photos"]["sent"] > sent, "it was offered again")
        with pytest.raises(NotFound) as gone:
            await send(Person("zhang", "headoffice"), {"digest": "0" * 64}, "headoffice-2")
        assert gone.value.code == "picture-gone"

        about = refused["pass_seq"]
        await gate.until(
            lambda: not next(p for p in gate.passes() if p["pass_seq"] == about)["live"], "the pass is over"
        )
        await gate.house.post.privacy.erase(WU, about, "本人申请")
        await gate.told()
        erased = {d for said in gate.all("picture.erased") for d in said.body["pictures"]}
        assert chosen in erased
        for digest in erased:
            assert await asyncio.to_thread(gate.house.photos.get, digest) is None
            assert office.get("main", digest) is None
        assert office.get("main", other) is not None, "nobody else's"
    _put_back(data, tmp_path)


def _put_back(data: Path, tmp_path: Path) -> None:
    """A backup with pictures and keys opens on another machine; without keys it says what is missing."""
    config = tmp_path / "gate.toml"
    config.write_text("# mine\n")
    with opened(data, "main", "zhenyuan") as store:
        before = photos_in(data / "photos", store, key=picture_key(data))
        with store.reader() as con:
            digests = [d for (d,) in con.execute("SELECT digest FROM photos")]
        assert digests
        contents = {d: before.get(d) for d in digests}
    for keys in (True, False):
        file, new = tmp_path / f"{keys}.gebak", tmp_path / f"new-{keys}"
        made = backup.backup(data, config, file, keys=keys, photos=True)
        assert f"{len(digests)} pictures" in made.text()
        done = restore.restore(new, "main", "zhenyuan", file, stamp(99_000))
        assert done.pictures == len(digests)
        assert ("pictures.key" in done.text() and done.has_picture_key) is keys or not keys
        with opened(new, "main", "zhenyuan") as store:
            key = picture_key(data if not keys else new)
            photos = photos_in(new / "photos", store, key=key)
            assert {d: photos.get(d) for d in digests} == contents
        assert done.has_picture_key is keys


def test_pictures_of_documents_are_for_who_deals_with_the_visit_and_each_look_is_on_record(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        photos = photos_in(tmp_path / "photos", at.store, at.clock)
        album = Album(at.gate, photos)

        def look(person: Person, digest: str, part: Any = "picture") -> Any:
            return at.loop.run_until_complete(album.look(person, digest, part))

        visit = at.open_visit("business", VisitInput(name="王小明", unit="3-1")).about
        document = photos.put(b"a licence", keep="document", thumbnail=b"small")
        face = photos.put(b"a face", keep="person")
        at.append(
            ev.PictureTaken("", "document", document, 9, visit, "document"),
            ev.PictureTaken("", "person", face, 6, visit, "person"),
        )
        assert look(LI, document).jpeg == b"a licence"
        assert look(LI, document).private
        assert look(WU, document, "thumbnail").jpeg == b"small"
        with pytest.raises(NotAllowed) as refused:
            look(GUO, document)
        assert "班长" in refused.value.hint
        assert look(GUO, face).jpeg == b"a face"
        assert look(GUO, face, "thumbnail").jpeg == b"a face", "there is no smaller one"
        assert not look(GUO, face).private
        assert look(WU, "0" * 64) is None
        with at.store.reader() as con:
            rows = con.execute("SELECT data ->> 'actor' FROM journal WHERE kind = ?", (ep.PictureSeen.KIND,)).fetchall()
        assert rows == [("user:li",), ("user:wu",)], "once in a minute for the same person"
        at.clock.at += 61_000
        look(LI, document)
        assert at.kinds().count("picture.seen") == 3


def test_a_gate_that_sends_no_pictures_counts_none_and_one_without_its_key_opens_all_the_same(tmp_path: Path) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["sync"]["photos"] = "off"

    async def story() -> None:
        (tmp_path / "gate").mkdir()
        (tmp_path / "gate" / "pictures.key").write_text("no key of ours")
        async with whole(tmp_path / "gate", settings=laptop(tmp_path / "gate", change)) as gate:
            assert gate.live.sync()["photos"] is None
            assert not (tmp_path / "gate" / "headoffice-photos").exists()
            await gate.until(lambda: ("photos", "picture-key") in gate.faults(), "it says so")
            await gate.frames()
            await gate.play("owner")
            assert gate.all("vehicle.crossed")
            missed = await gate.event("picture.missed")
            assert missed.body["why"] == "picture-key"
        assert (tmp_path / "gate" / "pictures.key").read_text() == "no key of ours", "never replaced"

    asyncio.run(story())
