"""SQLite as this gate uses it: how a connection is made, how the schema grows, and what its errors mean at a gate.

WAL with synchronous=FULL: a commit is on the disk when COMMIT returns (NORMAL may lose the last commits at a power cut,
which a Pi at a gate sees often). Readers never wait for the writer. Automatic checkpoints are off: SQLite would run them
inside some unlucky card's COMMIT; `checkpoint.py` runs them beside the writer.

An error code of SQLite tells a programmer what failed; `explain` turns the ones that a technician can do something about into
the gate's own errors, with what to do. All others (a constraint, a wrong statement) are mistakes of the program and stay as
they are.

The schema's files are numbered; `PRAGMA user_version` is the last one applied. All that are missing are applied in one
transaction, so that a power cut while migrating leaves the old database and not half a new one.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import DatabaseDamaged, DatabaseLocked, DatabaseNewer, DiskFull, StoreError
from sync.personal import digest

APPLICATION_ID = 0x47415445
"""«GATE» in the file's header: a database of another program is not opened."""
BUSY_MS = 2_000
_SCHEMA = Path(__file__).parent / "schema"
_SCARCE = 1 << 20
"""With less than this free on the disk, an input/output error is taken for a full disk."""

HINT_FULL = "磁盘已满：请删除旧照片或换大容量存储卡，腾出空间后自动恢复。 Free some space; recording resumes by itself."
HINT_LOCKED = "另一个程序正在使用数据库：请关闭它，或先停止闸机服务。 Another process holds the database: stop it, or stop the gate first."
HINT_DAMAGED = (
    "存储卡可能损坏：请保留原文件，运行 python -m edge verify，并通知管理中心。 "
    "Keep the file, run `python -m edge verify`, tell head office; the storage card may be failing."
)
HINT_NEWER = "请升级本程序，不要改动数据库。 Update this program; do not touch the database."


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode that any one thread at a time may use. Raises sqlite3.Error.

    A read-only one sees what is committed and can change nothing, whatever it is asked.
    """
    address = path.absolute().as_uri() + ("?mode=ro" if read_only else "?mode=rw")
    con = sqlite3.connect(
        address,
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=BUSY_MS / 1000,
    )
    try:
        con.execute("PRAGMA foreign_keys = ON")
        if read_only:
            con.execute("PRAGMA query_only = ON")
        else:
            con.execute("PRAGMA journal_mode = WAL")
            con.execute("PRAGMA synchronous = FULL")
            con.execute("PRAGMA secure_delete = ON")
            con.execute("PRAGMA recursive_triggers = ON")
            con.execute("PRAGMA wal_autocheckpoint = 0")
            con.execute(f"PRAGMA journal_size_limit = {8 << 20}")  # see checkpoint.py
            con.create_function("personal_digest", 1, digest, deterministic=True)  # schema/007.sql
        con.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        con.close()
        raise
    return con


def open_reader(path: Path) -> sqlite3.Connection:
    """For tools: a read-only connection beside a running gate. Raises DatabaseDamaged, DatabaseNewer, StoreError."""
    if not path.exists():
        raise StoreError(f"找不到数据库 there is no database at {path}", "请检查数据目录。 Check the data folder.")
    with explained(path):
        con = connect(path, read_only=True)
    try:
        with explained(path):
            _check_identity(con, path)
        if version_of(con) < newest():
            raise StoreError(
                f"数据库版本较旧 {path} is older than this program",
                "请先启动一次闸机服务，让它升级数据库。 Start the gate once: it brings the database up to date.",
            )
    except StoreError:
        con.close()
        raise
    return con


# ---- the schema ------------------------------------------------------------------------------------------------


def scripts() -> dict[int, Path]:
    """Number of each schema file → the file, in order."""
    return {int(p.stem): p for p in sorted(_SCHEMA.glob("[0-9][0-9][0-9].sql"))}


def newest() -> int:
    """The schema's version that this program knows."""
    return max(scripts())


def version_of(con: sqlite3.Connection) -> int:
    """The schema's version of this database; 0 when it is empty."""
    return int(con.execute("PRAGMA user_version").fetchone()[0])


def migrate(con: sqlite3.Connection, path: Path) -> int:
    """Apply every schema file that is missing, all in one transaction. Returns the version before.

    Raises DatabaseNewer when the database has a version that this program does not know, DatabaseDamaged when it belongs to
    another program.
    """
    before = version_of(con)
    _check_identity(con, path)
    missing = [(n, p) for n, p in scripts().items() if n > before]
    if missing:
        steps = "\n".join(p.read_text("utf-8") for _, p in missing)
        try:
            con.executescript(
                f"BEGIN IMMEDIATE;\n{steps}\nPRAGMA application_id = {APPLICATION_ID};\n"
                f"PRAGMA user_version = {missing[-1][0]};\nCOMMIT;"
            )
        except sqlite3.Error:
            if con.in_transaction:
                con.execute("ROLLBACK")
            raise
    return before


def _check_identity(con: sqlite3.Connection, path: Path) -> None:
    version = version_of(con)
    application = int(con.execute("PRAGMA application_id").fetchone()[0])
    tables = int(con.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if application != APPLICATION_ID and (version or application or tables):
        raise DatabaseDamaged(f"不是闸机数据库 {path} belongs to another program", HINT_DAMAGED)
    if version > newest():
        raise DatabaseNewer(
            f"数据库由新版本程序写成 {path} has schema {version}; this program knows {newest()}", HINT_NEWER
        )


# ---- errors ----------------------------------------------------------------------------------------------------

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


def free_bytes(folder: Path) -> int:
    """Bytes that this process may still write on the disk that holds the folder; 0 when the disk does not answer."""
    try:
        at = os.statvfs(folder)
    except OSError:
        return 0
    return at.f_bavail * at.f_frsize


def explain(error: sqlite3.Error, path: Path) -> StoreError | None:
    """The gate's own error for one of SQLite's, or None when it is a mistake of the program."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    said = f"{error} [{error.sqlite_errorname}]"
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and free_bytes(path.parent) < _SCARCE):
        return DiskFull(f"磁盘已满 the disk is full: {said}", HINT_FULL)
    if primary in _LOCKED:
        return DatabaseLocked(f"数据库被占用 the database is locked: {said}", HINT_LOCKED)
    if primary in _DAMAGED or primary == sqlite3.SQLITE_IOERR:
        return DatabaseDamaged(f"数据库无法读写 the database cannot be read or written: {said}", HINT_DAMAGED)
    return None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors leave this block as the gate's own, where there is one."""
    try:
        yield
    except sqlite3.Error as error:
        mine = explain(error, path)
        if mine is None:
            raise
        raise mine from error
