"""What a technician does to a gate's data from the command line: `backup`, `restore`, and `check --with-data`."""

from __future__ import annotations

from pathlib import Path

from edge.clock import Clock
from edge.places import database, file_in_force, folder, read_settings
from edge.settings import Settings
from edge.store import backup as backups
from edge.store import restore as restoring

MIGRATES = 3
"""Exit status of `check --with-data`: all is well, and this version changes the database's form (systemd/install asks)."""


def backup(config: Path, to: Path, *, keys: bool, photos: bool, replace: bool) -> int:
    """Beside a running gate, or without one."""
    settings = read_settings(config)
    made = backups.backup(folder(settings), file_in_force(config), to, keys=keys, photos=photos, replace=replace)
    print(f"✓ {to}: {made.text()}")
    if not keys:
        print("  不含密钥：换卡后须在管理中心重新登记 without keys: on a new card head office must enrol the gate anew")
    return 0


def restore(config: Path, source: Path, *, over_newer: bool) -> int:
    """With the gate stopped."""
    settings = read_settings(config)
    gate = settings.gate
    stamp = Clock().stamp()
    print(restoring.restore(folder(settings), gate.id, gate.site, source, stamp, over_newer=over_newer).text())
    return 0


def check_data(settings: Settings) -> int:
    """The rest of `check --with-data`: this program tried on a copy of the database."""
    found = restoring.rehearse(database(settings))
    print(f"✓ 数据库副本 a copy of the database: {found}" if found else "✓ 还没有数据库 there is no database yet")
    return MIGRATES if found.startswith("migrated") else 0
