"""Where things lie: the program's own folders, and what a gate's configuration says about its data."""

from __future__ import annotations

from pathlib import Path

from edge import counting, hardware, signage
from edge.errors import SettingsError
from edge.load_settings import load
from edge.settings import Settings
from edge.store.db import Store

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
SCENARIOS = CONFIG / "scenarios"


def read_settings(path: Path) -> Settings:
    """A configuration, its reader options checked by the readers. Raises SettingsError."""
    settings = load(path, hardware.check_reader, signage.check_sign)
    drivers = [lane.reader.driver for lane in settings.lane if lane.reader]
    if wrong := counting.check(settings.counter.kinds, drivers, hardware.writers()):
        raise SettingsError(f"{path}: 1 处需要改正 · 1 to correct", wrong, "docs/readers.md")
    return settings


def folder(settings: Settings) -> Path:
    """Where this gate keeps what it knows; a relative path counts from the project's root."""
    return ROOT / settings.gate.data


def database(settings: Settings) -> Path:
    """The gate's database."""
    return folder(settings) / "gate.sqlite"


def open_store(settings: Settings) -> Store:
    """The database, for a tool that writes. Raises StoreError (DatabaseLocked while the gate runs)."""
    return Store.open(database(settings), gate=settings.gate.id, site=settings.gate.site)
