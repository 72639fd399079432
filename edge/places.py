"""Where things lie: the program's own folders, and what a gate's configuration says about its data."""

from __future__ import annotations

from pathlib import Path

from edge import hardware, signage
from edge.load_settings import load
from edge.settings import Settings
from edge.store.db import Store

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
SCENARIOS = CONFIG / "scenarios"


def read_settings(path: Path) -> Settings:
    """A configuration, its reader options checked by the readers. Raises SettingsError."""
    return load(path, hardware.check_reader, signage.check_sign)


def folder(settings: Settings) -> Path:
    """Where this gate keeps what it knows; a relative path counts from the project's root."""
    return ROOT / settings.gate.data


def database(settings: Settings) -> Path:
    """The gate's database."""
    return folder(settings) / "gate.sqlite"


def open_store(settings: Settings) -> Store:
    """The database, for a tool that writes. Raises StoreError (DatabaseLocked while the gate runs)."""
    return Store.open(database(settings), gate=settings.gate.id, site=settings.gate.site)
