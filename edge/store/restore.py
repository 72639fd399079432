"""Putting a backup back: into a folder beside the data first, made sound there, and only then in the place of what is there now.

    inspect ─▶ locks ─▶ is what is here newer? ─▶ unpack beside ─▶ migrate ─▶ new epoch ─▶ verify ─▶ the old one aside, the new one in

Until the last step nothing at the gate has changed; the last step is renames. What was there is kept under another name, never removed.
Why a new epoch: backup.py.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Stamp
from edge.domain.events import JournalRestored
from edge.errors import BadInput, DatabaseDamaged, StoreError
from edge.store import backup, journal, sqlite, verify
from edge.store.backup import CONFIG, DATABASE, KEYS, PHOTOS, Manifest
from edge.store.db import lock_of, move_aside
from edge.store.files import sync_folder
from edge.store.journal import Identity
from edge.store.keys import NAME as JOURNAL_KEY
from edge.store.keys import PICTURES as PICTURES_KEY
from edge.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done."""

    manifest: Manifest
    epoch: str
    events: int
    pictures: int
    keys: tuple[str, ...]
    aside: Path | None
    has_key: bool
    config: Path
    has_picture_key: bool = True

    def text(self) -> str:
        """For the person who did it: what is there now, what was moved, what is left to do."""
        lines = [
            f"✓ {self.manifest.text()}",
            f"✓ 新纪元 new epoch {self.epoch[:12]}; 已核验 verified: {self.events} events",
        ]
        if self.pictures:
            lines.append(f"✓ {self.pictures} pictures")
        if self.keys:
            lines.append(f"✓ keys: {', '.join(self.keys)}")
        if self.aside:
            lines.append(
                f"  原数据库移到 what was here is kept (it holds personal data: remove it in time): {self.aside}"
            )
        lines.append(f"  备份中的配置 the backup's configuration: {self.config}")
        if not self.has_key:
            lines.append(
                "! 没有日志密钥：启动后会生成新密钥，请在管理中心重新登记 there is no journal key: the gate makes a new one when it "
                "starts, and head office must enrol it (python -m sync.headoffice enrol)"
            )
        if not self.has_picture_key:
            lines.append(
                "! 没有照片密钥 pictures.key：备份中的照片无法打开 there is no pictures.key: the backup's pictures open to nobody without it"
            )
        lines.append(
            "! 备份之后的进出没有记录：请核对在场车辆、证件、卡片 what happened after the backup is not known here: count vehicles, documents and cards"
        )
        return "\n".join(lines)


def restore(data: Path, gate: str, site: str, source: Path, stamp: Stamp, *, over_newer: bool = False) -> Restored:
    """Make `source` the gate's data. Raises BadInput (another gate's, or older than what is here), DatabaseLocked (the gate runs),
    DatabaseDamaged (the backup), StoreError; nothing has changed then."""
    manifest = backup.inspect(source)
    if manifest.gate != gate:
        raise BadInput(
            f"备份属于另一个门岗 this is a backup of {manifest.site}/{manifest.gate}, not of {gate!r}",
            "检查配置中的 gate.id · check gate.id in the configuration",
        )
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data / DATABASE
    lock = lock_of(path)
    work = data / f".restore-{uuid.uuid4().hex[:8]}"
    try:
        if not over_newer:
            _refuse_older(path, manifest)
        work.mkdir(mode=0o700)
        backup.unpack(source, manifest, work)
        epoch, events = _new_life(work / DATABASE, gate, site, stamp, manifest)
        aside = move_aside(path, "replaced") if path.exists() else None
        (work / DATABASE).rename(path)
        keys = tuple(name for name in KEYS if _put_if_missing(work / name, data / name))
        pictures = sum(
            _put_if_missing(each, data / PHOTOS / each.parent.name / each.name) and each.suffix != ".thumb"
            for each in backup.pictures(work)
        )
        for each in backup.versions(work):
            _put_if_missing(each, data / each.parent.name / each.name)
        config = data / "restored-gate.toml"
        (work / CONFIG).replace(config)
        sync_folder(data)
        _give_to_owner(data)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(lock)
    has = [(data / name).exists() for name in (JOURNAL_KEY, PICTURES_KEY)]
    return Restored(manifest, epoch, events, pictures, keys, aside, has[0], config, has[1])


def _refuse_older(path: Path, manifest: Manifest) -> None:
    """What is here and cannot be read is no reason to refuse: that is what backups are for."""
    if not path.exists():
        return
    try:
        with sqlite.explained(path):
            con = sqlite.connect(path, read_only=True)
            try:
                here = journal.head(con)[0]
            finally:
                con.close()
    except (DatabaseDamaged, sqlite3.Error):
        return
    if here > manifest.seq:
        raise BadInput(
            f"这里的记录更新 here are {here} events, in the backup {manifest.seq}: {here - manifest.seq} would be put aside",
            "确实要用备份时加 --over-newer · if that is what you want: --over-newer",
        )


def _new_life(path: Path, gate: str, site: str, stamp: Stamp, manifest: Manifest) -> tuple[str, int]:
    """Migrate the copy, end its epoch and begin a new one; then see that all of it is right. Its epoch and number of events."""
    with sqlite.explained(path):
        con = sqlite.connect(path)
        try:
            sqlite.migrate(con, path)
            epoch = begin_epoch(con, gate, site, stamp, manifest.made_ms)
            con.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            con.execute("PRAGMA journal_mode = DELETE").fetchone()
        finally:
            con.close()
    report = verify.verify_file(path)
    if report.problem is not None:
        raise DatabaseDamaged(
            f"备份中的记录有误 the backup's journal is wrong: {report.problem}", "请换另一份备份。 Take another backup."
        )
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return epoch, report.events


def begin_epoch(con: sqlite3.Connection, gate: str, site: str, stamp: Stamp, made_ms: int) -> str:
    """Within one transaction: the journal goes on after its last event under a new epoch, and says so. Sessions end."""
    con.execute("BEGIN IMMEDIATE")
    try:
        info = dict(con.execute("SELECT key, value FROM info").fetchall())
        if info.get("gate") != gate:
            raise StoreError(f"数据库属于另一个门岗 this is the journal of gate {info.get('gate')!r}")
        epoch = uuid.uuid4().hex
        seq, hash_ = journal.head(con)
        if seq:
            lives = [*json.loads(info.get("lives", "[]")), [info["epoch"], seq]]
            con.execute(
                "INSERT INTO info VALUES ('lives', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (json.dumps(lives),),
            )
        con.execute("UPDATE info SET value = ? WHERE key = 'epoch'", (epoch,))
        if seq:
            event = JournalRestored(info["epoch"], seq, hash_.hex(), journal.iso(made_ms))
            Tx(con, Identity(site, gate, epoch)).append(event, actor="technician", stamp=stamp)
        con.execute("DELETE FROM sessions")
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")
    return epoch


def _give_to_owner(data: Path) -> None:
    """Run by root (sudo), what was made belongs to whom the folder belongs: the gate's user."""
    if os.geteuid() != 0:
        return
    owner = data.stat()
    for path in data.rglob("*"):
        if path.lstat().st_uid != owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _put_if_missing(source: Path, target: Path) -> bool:
    if not source.exists() or target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source.rename(target)
    return True


def rehearse(path: Path) -> str:
    """What this program would make of a database, tried on a copy: "" when there is none yet, else one line for a person that
    begins with «migrated» when its form would change. Raises StoreError."""
    if not path.exists():
        return ""
    began = time.monotonic()
    work = path.parent / f".rehearsal-{uuid.uuid4().hex[:8]}"
    work.mkdir(mode=0o700)
    try:
        copy = work / DATABASE
        schema = backup.copy_database(path, copy).schema
        with sqlite.explained(copy):
            con = sqlite.connect(copy)
            try:
                sqlite.migrate(con, copy)
                con.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                con.close()
        report = verify.verify_file(copy)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if report.problem is not None:
        raise DatabaseDamaged(
            f"数据库副本核验失败 a copy of the database does not verify: {report.problem}", sqlite.HINT_DAMAGED
        )
    took = time.monotonic() - began
    form = f"schema {schema}" if schema == sqlite.newest() else f"migrated from schema {schema} to {sqlite.newest()}"
    return f"{form}, {report.events} events verified in {took:.1f} s"
