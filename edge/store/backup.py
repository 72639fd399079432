"""What a gate knows as one file, taken while it runs, and put back after the storage card has died.

    manifest.json     what this is: gate, site, epoch, number and hash of the newest event, schema, and the SHA-256 of each part
    gate.sqlite       SQLite's online copy: one consistent moment, whatever the gate writes meanwhile
    gate.toml         the configuration in force
    config/…          every version of it there was
    photos/…          pictures, when asked for: sealed as they lie, each one's key in gate.sqlite, wrapped by pictures.key
    journal.key, pictures.key, tls/ the gate's keys, when asked for: whoever has the file is then the gate, and sees its pictures

An uncompressed tar (photographs do not shrink, and a technician can look into it). It is written under another name and takes its own when
it is whole and on the disk: a backup that was cut short does not exist. The manifest comes last; a file without one, or with a part that
is not what it says, is refused before anything at the gate is touched.

Restoring begins a NEW epoch. The copy is older than the gate was: events after it may be at head office under numbers that this gate is about to
give again. So the restored journal continues after its last event under a new epoch (`journal.restored` says after which number and hash of
which epoch), and head office keeps both lives side by side instead of finding a fork.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from edge.errors import BadInput, DatabaseDamaged, DiskFull, StoreError
from edge.store import journal, sqlite
from edge.store.config_versions import FOLDER, INDEX
from edge.store.files import sync_folder

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "gate.sqlite"
CONFIG = "gate.toml"
KEYS = (
    "journal.key",
    "pictures.key",
    "osdp.keys",
    "counter.key",
    "tls/ca.crt",
    "tls/ca.key",
    "tls/server.crt",
    "tls/server.key",
    "headoffice-signing.key",
    "headoffice-pictures.key",
)
PHOTOS = "photos"
ENDINGS = (".sealed", ".thumb", ".jpg")
"""Of pictures (edge/store/photos.py); .jpg: of an earlier version."""
_PAGES = 2_000
"""Pages copied at once: the gate's writer gets its turn in between."""
_SPARE = 32 << 20
_CHUNK = 1 << 20
"""Bytes of the disk that a backup leaves to the journal."""


@dataclass(slots=True)
class Manifest:
    """What a backup says of itself."""

    gate: str
    site: str
    epoch: str
    seq: int
    hash: str
    schema: int
    made_ms: int
    parts: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Name → bytes, SHA-256."""
    format: int = FORMAT

    def text(self) -> str:
        """One line for a person."""
        pictures = sum(name.startswith(PHOTOS) and not name.endswith(".thumb") for name in self.parts)
        keys = "with its keys" if "journal.key" in self.parts else "without keys"
        size = sum(size for size, _ in self.parts.values()) >> 20
        return (
            f"{self.site}/{self.gate}, {journal.iso(self.made_ms)}: 到第{self.seq}号 {self.seq} events, "
            f"{pictures} pictures, {keys}, {size} MB"
        )


def backup(
    data: Path, config: Path, to: Path, *, keys: bool = False, photos: bool = False, replace: bool = False
) -> Manifest:
    """Write everything under `data` that is asked for, and `config`, into `to`. Beside a running gate.

    Raises StoreError when there is no database, DiskFull, BadInput when `to` is there already.
    """
    if to.exists() and not replace:
        raise BadInput(
            f"文件已存在 {to} is there already", "换个名字，或加 --replace · take another name, or --replace"
        )
    draft = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}")
    copy = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}.sqlite")
    try:
        manifest = copy_database(data / DATABASE, copy)
        with draft.open("xb") as file:
            draft.chmod(0o600)
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _put(tar, manifest, DATABASE, copy)
                _put(tar, manifest, CONFIG, config)
                for name in KEYS if keys else ():
                    if (data / name).exists():
                        _put(tar, manifest, name, data / name)
                for path in versions(data):  # the list first: a text that it names is there
                    _put(tar, manifest, f"{FOLDER}/{path.name}", path)
                for path in pictures(data) if photos else ():
                    with contextlib.suppress(FileNotFoundError):  # its time was over just now
                        _put(tar, manifest, f"{PHOTOS}/{path.parent.name}/{path.name}", path)
                _put_bytes(tar, MANIFEST, journal.canonical(asdict(manifest)))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(to)
        sync_folder(to.parent)
    except OSError as e:
        if isinstance(e, StoreError):
            raise
        raise DiskFull(f"备份没有写成 the backup was not written: {e.strerror or e}", sqlite.HINT_FULL) from e
    finally:
        draft.unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    return manifest


def versions(folder: Path) -> list[Path]:
    """The list of the configuration's versions and their texts."""
    index = folder / FOLDER / INDEX
    return [index, *sorted(index.parent.glob("[0-9]*.toml"))] if index.exists() else []


def pictures(folder: Path) -> list[Path]:
    """The files of all pictures under a folder of data."""
    return sorted(path for path in (folder / PHOTOS).glob("??/*.*") if path.suffix in ENDINGS and path.name[0] != ".")


def copy_database(path: Path, to: Path) -> Manifest:
    """SQLite's online copy, of any version of the schema; what it holds. Raises StoreError, DiskFull."""
    if not path.exists():
        raise StoreError(f"找不到数据库 there is no database at {path}", "请检查数据目录。 Check the data folder.")
    need = path.stat().st_size
    if sqlite.free_bytes(to.parent) < need + _SPARE:
        raise DiskFull(f"空间不足，需要 {(need >> 20) + 33} MB there is no room for a copy", sqlite.HINT_FULL)
    with sqlite.explained(path):
        source = sqlite.connect(path, read_only=True)
        try:
            os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            target = sqlite3.connect(to)
            try:
                source.backup(target, pages=_PAGES, sleep=0.005)
                target.execute("PRAGMA journal_mode = DELETE")
                return _describe(target)
            finally:
                target.close()
        finally:
            source.close()


def _describe(con: sqlite3.Connection) -> Manifest:
    info = dict(con.execute("SELECT key, value FROM info").fetchall())
    seq, hash_ = journal.head(con)
    now = time.time_ns() // 1_000_000
    return Manifest(
        info.get("gate", ""), info.get("site", ""), info.get("epoch", ""), seq, hash_.hex(), sqlite.version_of(con), now
    )


def _put(tar: tarfile.TarFile, manifest: Manifest, name: str, path: Path) -> None:
    """Its checksum is that of the bytes that went in, not of a second reading."""
    with path.open("rb") as file:
        entry = tarfile.TarInfo(name)
        entry.size = os.fstat(file.fileno()).st_size
        entry.mode, entry.mtime = 0o600, int(path.stat().st_mtime)
        counted = _Counted(file)
        tar.addfile(entry, counted)
    manifest.parts[name] = (entry.size, counted.digest.hexdigest())


def _put_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
    tar.addfile(entry, io.BytesIO(data))


class _Counted:
    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


# ---- reading one ---------------------------------------------------------------------------------------------------


def inspect(path: Path) -> Manifest:
    """Read a whole backup and hold each part against its checksum. Raises BadInput, DatabaseDamaged: nothing was touched then."""
    with _opened(path) as tar:
        try:
            found: dict[str, tuple[int, str]] = {}
            said: Any = None
            for entry in tar:
                file = tar.extractfile(entry)
                if file is None or not _proper(entry.name):
                    raise _damaged(path, entry.name)
                if entry.name == MANIFEST:
                    said = json.loads(file.read(_CHUNK * 64))
                    continue
                digest = hashlib.sha256()
                while piece := file.read(_CHUNK):
                    digest.update(piece)
                found[entry.name] = (entry.size, digest.hexdigest())
        except (tarfile.TarError, OSError, ValueError, EOFError) as e:
            raise _damaged(path, str(e)) from e
    return _manifest(path, said, found)


def _manifest(path: Path, said: Any, found: dict[str, tuple[int, str]]) -> Manifest:
    if not isinstance(said, dict):
        raise _damaged(path, f"{MANIFEST} is missing: it was cut short")
    if said.get("format") != FORMAT:
        raise BadInput(
            f"备份格式 {said.get('format')!r} 未知 {path.name} has an unknown format",
            "升级本程序 · update this program",
        )
    try:
        manifest = Manifest(**{**said, "parts": {name: (size, sum_) for name, (size, sum_) in said["parts"].items()}})
    except (TypeError, KeyError, ValueError) as e:
        raise _damaged(path, MANIFEST) from e
    for name in {**found, **manifest.parts}:
        if found.get(name) != manifest.parts.get(name):
            raise _damaged(path, name)
    if DATABASE not in found:
        raise _damaged(path, DATABASE)
    return manifest


def unpack(path: Path, manifest: Manifest, to: Path) -> None:
    """Put all parts under the folder `to`, each readable by this user alone, and held against its checksum once more."""
    with _opened(path) as tar:
        for entry in tar:
            if entry.name == MANIFEST:
                continue
            file = tar.extractfile(entry)
            target = to / entry.name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            digest = hashlib.sha256()
            with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                while file is not None and (piece := file.read(_CHUNK)):
                    digest.update(piece)
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            if manifest.parts[entry.name][1] != digest.hexdigest():
                raise _damaged(path, entry.name)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    with contextlib.ExitStack() as opened:
        try:
            tar = opened.enter_context(tarfile.open(path, "r:"))
        except FileNotFoundError as e:
            raise BadInput(f"找不到备份 there is no backup at {path}", "检查路径 · check the path") from e
        except (tarfile.TarError, OSError, EOFError) as e:
            raise _damaged(path, str(e)) from e
        yield tar


def _proper(name: str) -> bool:
    """Only names that a backup of ours has: nothing is ever written outside its folder."""
    parts = name.split("/")
    picture = len(parts) == 3 and parts[0] == PHOTOS and len(parts[1]) == 2 and parts[1].isalnum()
    stem, dot, ending = parts[-1].partition(".")
    if len(parts) == 2 and parts[0] == FOLDER:
        return parts[1] == INDEX or (stem.isdigit() and dot + ending == ".toml")
    return name in (MANIFEST, DATABASE, CONFIG, *KEYS) or (picture and stem.isalnum() and dot + ending in ENDINGS)


def _damaged(path: Path, what: str) -> DatabaseDamaged:
    return DatabaseDamaged(
        f"备份不完整或已损坏 {path.name} is not whole, or damaged: {what}", "请换另一份备份。 Take another backup."
    )
