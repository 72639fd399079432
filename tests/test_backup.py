"""Backup and restore: whole or not at all, beside a running gate; and a restored journal goes on at head office under a new epoch."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.domain import events as ev
from edge.domain.events_privacy import PersonalErased
from edge.errors import BadInput, DatabaseDamaged, DatabaseLocked, GateError
from edge.store import backup, journal, restore, sqlite, verify
from edge.store.db import Store
from edge.store.keys import JournalKey
from edge.store.source import JournalSource
from sync.headoffice.audit import audit
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.store_sqlite import SqliteStore
from sync.memory import MemoryBroker, MemoryLink
from sync.uplink import Uplink, UplinkOptions
from tests.support_store import a_morning, opened, put, stamp, tamper
from tests.support_sync import eventually

PHOTO = "ab" * 32


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A gate's folder with a morning in it, a picture and a key."""
    folder = tmp_path / "data"
    with opened(folder / "gate.sqlite") as store:
        put(store, *a_morning())
    JournalKey.load(folder)
    (folder / "photos" / "ab").mkdir(parents=True)
    (folder / "photos" / "ab" / f"{PHOTO}.jpg").write_bytes(b"a picture")
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text("# mine\n", "utf-8")
    return path


def rows(path: Path) -> list[tuple[int, bytes, bytes]]:
    con = sqlite3.connect(path)
    try:
        return con.execute("SELECT seq, data, hash FROM journal ORDER BY seq").fetchall()
    finally:
        con.close()


def put_back(folder: Path, source: Path, **more: bool) -> restore.Restored:
    return restore.restore(folder, "main", "z", source, stamp(99_000), **more)


def test_round_trip_on_a_new_card(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    made = backup.backup(data, config, file, keys=True, photos=True)
    assert file.stat().st_mode & 0o077 == 0
    assert made.seq == len(a_morning())
    before = rows(data / "gate.sqlite")

    done = put_back(tmp_path / "new", file)

    after = rows(tmp_path / "new" / "gate.sqlite")
    assert after[:-1] == before  # byte for byte
    assert json.loads(after[-1][1])["kind"] == "journal.restored"
    assert json.loads(after[-1][1])["epoch"] == done.epoch != made.epoch
    assert (tmp_path / "new" / "journal.key").read_bytes() == (data / "journal.key").read_bytes()
    assert (tmp_path / "new" / "photos" / "ab" / f"{PHOTO}.jpg").read_bytes() == b"a picture"
    assert done.config.read_text("utf-8") == "# mine\n"
    assert done.has_key
    assert done.aside is None
    assert verify.verify_file(tmp_path / "new" / "gate.sqlite").ok
    with opened(tmp_path / "new" / "gate.sqlite") as store:
        assert store.epoch == done.epoch
        put(store, ev.GateStopped("asked"))
    assert verify.verify_file(tmp_path / "new" / "gate.sqlite").ok


def test_keys_and_pictures_stay_at_home_unless_asked_for(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file)
    with tarfile.open(file) as tar:
        assert tar.getnames() == ["gate.sqlite", "gate.toml", "manifest.json"]
    done = put_back(tmp_path / "new", file)
    assert not done.has_key
    assert "enrol" in done.text()


def test_beside_a_gate_that_writes(data: Path, config: Path, tmp_path: Path) -> None:
    """The copy is one moment: a prefix of the journal, and it verifies."""
    file = tmp_path / "gate.gebak"
    with opened(data / "gate.sqlite") as store:
        put(store, ev.FaultBegan("cam1", "dark", "", "in1"))
        made = backup.backup(data, config, file)
        put(store, ev.FaultEnded("cam1", "dark", 3, "in1"))
        with pytest.raises(DatabaseLocked):
            put_back(data, file, over_newer=True)
        put(store, ev.GateStopped("asked"))
    assert made.seq == len(a_morning()) + 1
    assert put_back(tmp_path / "new", file).events == made.seq + 1


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_backup_that_was_cut_is_refused_and_nothing_changes(
    data: Path, config: Path, tmp_path: Path, keep: float
) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file, photos=True)
    whole = file.read_bytes()
    end = whole.rindex(b"\n") if keep == 0.999 else 0  # inside the manifest's padding and inside the manifest, too
    file.write_bytes(whole[: end or int(len(whole.rstrip(b"\0")) * keep)])
    before = rows(data / "gate.sqlite")
    with pytest.raises((DatabaseDamaged, BadInput)):
        put_back(data, file, over_newer=True)
    assert rows(data / "gate.sqlite") == before
    assert not list(data.glob(".restore*"))


def test_every_altered_byte_of_the_database_is_found(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file)
    whole = bytearray(file.read_bytes())
    for at in (600, 5_000, 50_000):
        altered = whole.copy()
        altered[at] ^= 1
        file.write_bytes(altered)
        with pytest.raises(DatabaseDamaged):
            backup.inspect(file)


def test_a_name_that_leads_elsewhere_is_refused(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file)
    with tarfile.open(file, "a") as tar:
        tar.add(config, "photos/../../outside.jpg")
    with pytest.raises(DatabaseDamaged):
        put_back(tmp_path / "new", file)
    assert not (tmp_path / "outside.jpg").exists()


def test_writing_that_fails_leaves_nothing(
    data: Path, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "usb"
    target.mkdir()
    config.unlink()  # cannot be read any more, after the database was copied
    with pytest.raises(GateError):
        backup.backup(data, config, target / "gate.gebak")
    assert list(target.iterdir()) == []
    monkeypatch.setattr(sqlite, "free_bytes", lambda _folder: 0)
    with pytest.raises(GateError) as caught:
        backup.backup(data, config, target / "gate.gebak")
    assert caught.value.code == "disk-full"
    assert list(target.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    file.write_bytes(b"something else")
    with pytest.raises(BadInput):
        backup.backup(data, config, file)
    backup.backup(data, config, file, replace=True)
    assert backup.inspect(file).seq == len(a_morning())


def test_newer_data_and_other_gates_are_refused_unless_told(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file)
    with opened(data / "gate.sqlite") as store:
        put(store, ev.GateStopped("asked"))
    with pytest.raises(BadInput, match="1 would be put aside"):
        put_back(data, file)
    with pytest.raises(BadInput, match="z/main"):
        restore.restore(data, "other", "z", file, stamp())
    done = put_back(data, file, over_newer=True)
    assert done.aside is not None
    assert len(rows(done.aside)) == len(a_morning()) + 1


def test_a_database_that_cannot_be_read_is_what_backups_are_for(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file)
    (data / "gate.sqlite").write_bytes(b"the storage card has died" * 1000)
    assert put_back(data, file).events == len(a_morning()) + 1
    assert verify.verify_file(data / "gate.sqlite").ok


def test_a_backup_of_a_tampered_journal_is_not_put_back(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    tamper(data / "gate.sqlite", "UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 3")
    backup.backup(data, config, file)
    with pytest.raises(DatabaseDamaged, match="3"):
        put_back(tmp_path / "new", file)


def test_a_forged_point_of_restoring_is_found(data: Path, config: Path, tmp_path: Path) -> None:
    """An epoch changes at `journal.restored` and nowhere else, and only where that says."""
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file)
    put_back(data, file)
    last = len(a_morning()) + 1
    path = data / "gate.sqlite"
    (seq, before, hash_), (_, raw, _) = rows(path)[-2:]
    said = json.loads(raw)
    said["body"]["seq"] = seq - 1
    forged = journal.canonical(said)
    con = sqlite3.connect(path)
    con.execute("DROP TRIGGER journal_no_update")
    con.execute("UPDATE journal SET data = ?, hash = ? WHERE seq = ?", (forged, journal.chain(hash_, forged), last))
    con.commit()
    con.close()
    problem = verify.verify_file(path).problem
    assert problem is not None
    assert problem.seq == last
    assert before


def test_rehearsing_touches_nothing(data: Path) -> None:
    before = (data / "gate.sqlite").read_bytes()
    said = restore.rehearse(data / "gate.sqlite")
    assert said.startswith(f"schema {sqlite.newest()}, {len(a_morning())} events")
    assert (data / "gate.sqlite").read_bytes() == before
    assert not list(data.glob(".rehearsal*"))
    assert restore.rehearse(data / "nothing.sqlite") == ""


def test_rehearsing_an_older_form_says_so(data: Path) -> None:
    path = data / "older.sqlite"
    con = sqlite3.connect(path, isolation_level=None)
    con.executescript((Path(sqlite.__file__).parent / "schema" / "001.sql").read_text("utf-8"))
    con.execute(f"PRAGMA application_id = {sqlite.APPLICATION_ID}")
    con.execute("PRAGMA user_version = 1")
    con.close()
    assert restore.rehearse(path).startswith(f"migrated from schema 1 to {sqlite.newest()}")


# ---- head office --------------------------------------------------------------------------------------------------


class Line:
    """A head office, and a way to it for whatever is in the gate's folder at the moment."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "headoffice.sqlite"
        self.broker = MemoryBroker()
        options = ReceiverOptions("z", trust_first_contact=True, ack_interval_s=0.1, want_interval_s=0.1)
        self.receiver = Receiver(MemoryLink(self.broker, "headoffice"), SqliteStore(self.path), options)
        self.receiver.start()

    def drain(self, data: Path, then: Callable[[Store], None] | None = None) -> None:
        """Let the gate's journal run until head office has all of it."""
        with opened(data / "gate.sqlite") as store:
            if then:
                then(store)
            source = JournalSource(store, JournalKey.load(data), dict)
            link = MemoryLink(self.broker, "main")
            uplink = Uplink(source, link, UplinkOptions(linger_s=0.01, cursor_interval_s=0.01))
            uplink.start()
            try:
                head = source.head()[0]
                eventually(lambda: uplink.status().acked == head and uplink.status().unsent == 0)
            finally:
                uplink.stop()

    def rows(self) -> dict[str, list[tuple[int, bytes, bytes]]]:
        con = sqlite3.connect(self.path)
        found: dict[str, list[tuple[int, bytes, bytes]]] = {}
        for epoch, *row in con.execute("SELECT epoch, seq, data, hash FROM events ORDER BY epoch, seq"):
            found.setdefault(epoch, []).append(tuple(row))
        con.close()
        return found

    def sound(self) -> None:
        """No alarm, nothing in quarantine, each chain whole and signed."""
        store = SqliteStore(self.path)
        assert store.alarms() == []
        for chain in store.chains():
            assert audit(store, chain).wrong == ""
            assert chain.quarantined == 0
        store.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.receiver.stop()


def of_the_gate(data: Path) -> dict[str, list[tuple[int, bytes, bytes]]]:
    found: dict[str, list[tuple[int, bytes, bytes]]] = {}
    for row in rows(data / "gate.sqlite"):
        found.setdefault(json.loads(row[1])["epoch"], []).append(row)
    return found


def later(store: Store) -> None:
    put(store, *(ev.FaultBegan("cam1", f"f{n}", "", "in1") for n in range(5)), at=50_000)


@contextmanager
def restored(data: Path, config: Path, file: Path, *, between: Callable[[], None]) -> Iterator[restore.Restored]:
    backup.backup(data, config, file)
    between()
    yield put_back(data, file, over_newer=True)


def test_head_office_keeps_both_lives(data: Path, config: Path, tmp_path: Path, line: Line) -> None:
    """Sent, backed up, more was sent, the card died, the backup was put back: nothing lost at head office, nothing forked."""
    line.drain(data)
    with restored(data, config, tmp_path / "b", between=lambda: line.drain(data, later)):
        line.drain(data, later)
    (old, first), (new, second) = of_the_gate(data).items()
    there = line.rows()
    assert there.keys() == {old, new}
    assert there[old][: len(first)] == first
    assert len(there[old]) == len(first) + 5  # what the gate lost with its card is still there
    assert there[new] == second
    assert second[0][0] == first[-1][0] + 1
    line.sound()


def test_what_was_never_sent_goes_under_its_own_epoch(data: Path, config: Path, tmp_path: Path, line: Line) -> None:
    """Backed up before head office had heard of anything; then twice restored."""
    with restored(data, config, tmp_path / "b", between=lambda: None):
        pass
    with restored(data, config, tmp_path / "c", between=lambda: None):
        pass
    line.drain(data, later)
    gate = of_the_gate(data)
    assert len(gate) == 3
    assert line.rows() == gate
    line.sound()


def test_a_head_office_that_lost_everything_is_given_every_life_again(
    data: Path, config: Path, tmp_path: Path, line: Line
) -> None:
    line.drain(data)
    with restored(data, config, tmp_path / "b", between=lambda: None):
        line.drain(data, later)
    line.receiver.stop()
    line.path.unlink()
    for suffix in ("-wal", "-shm"):
        line.path.with_name(line.path.name + suffix).unlink(missing_ok=True)
    again = Line(tmp_path)
    try:
        again.drain(data, later)
        assert again.rows() == of_the_gate(data)
        again.sound()
    finally:
        again.receiver.stop()


def test_an_erasure_reaches_the_life_that_has_the_name(data: Path, config: Path, tmp_path: Path, line: Line) -> None:
    line.drain(data)
    with restored(data, config, tmp_path / "b", between=lambda: line.drain(data, later)):
        pass

    def erase(store: Store) -> None:
        assert store.transact_sync(lambda tx: journal.erase(tx.con, [3], ["holder"])) == [3]
        put(store, PersonalErased("request", "name", ("holder",), (3,)))

    def names() -> int:
        con = sqlite3.connect(line.path)
        try:
            said = "SELECT count(*) FROM personal WHERE seq = 3 AND CAST(data AS TEXT) LIKE '%周杰伦%'"
            return int(con.execute(said).fetchone()[0])
        finally:
            con.close()

    assert names() == 1
    line.drain(data, erase)
    assert names() == 0
    line.sound()


def test_another_history_of_the_old_life_is_a_fork_and_not_a_continuation(
    data: Path, config: Path, tmp_path: Path, line: Line
) -> None:
    """A backup that was altered, with its hashes made to fit, does not become history by being restored."""
    line.drain(data)
    backup.backup(data, config, tmp_path / "b")
    forged = tmp_path / "forged"
    shutil.copytree(data, forged)
    _forge_last(forged / "gate.sqlite")
    backup.backup(forged, config, tmp_path / "f")
    put_back(data, tmp_path / "f")
    with opened(data / "gate.sqlite") as store:
        source = JournalSource(store, JournalKey.load(data), dict)
        uplink = Uplink(source, MemoryLink(line.broker, "main"), UplinkOptions(linger_s=0.01))
        uplink.start()
        try:
            eventually(lambda: uplink.status().forked)
        finally:
            uplink.stop()


def _forge_last(path: Path) -> None:
    (_, _, before), (seq, raw, _) = rows(path)[-2:]
    data = journal.canonical(json.loads(raw) | {"mono_ms": 1})
    con = sqlite3.connect(path)
    con.execute("DROP TRIGGER journal_no_update")
    hash_ = journal.chain(before, data)
    con.execute("UPDATE journal SET data = ?, hash = ? WHERE seq = ?", (data, hash_, seq))
    con.execute("UPDATE cursor SET acked_hash = ?", (hash_,))
    con.commit()
    con.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody")
def test_what_root_restores_belongs_to_the_gate(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "gate.gebak"
    backup.backup(data, config, file, keys=True, photos=True)
    new = tmp_path / "new"
    new.mkdir()
    os.chown(new, 4711, 4712)
    put_back(new, file)
    assert {(p.stat().st_uid, p.stat().st_gid) for p in new.rglob("*")} == {(4711, 4712)}
