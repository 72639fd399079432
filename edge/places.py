"""Where things lie: the program's own folders, and what a gate's configuration says about its data."""

from __future__ import annotations

from pathlib import Path

from edge import fitting, hardware, signage
from edge.errors import SettingsError
from edge.load_settings import load, parse
from edge.settings import Settings
from edge.store.config_versions import FOLDER, Versions, digest
from edge.store.db import Store

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
SCENARIOS = CONFIG / "scenarios"


def read_settings(path: Path) -> Settings:
    """A configuration, its reader options checked by the readers. Raises SettingsError."""
    return _fits(load(path, hardware.check_reader, signage.check_sign), str(path))


def parse_settings(text: str, name: str) -> Settings:
    """The same for a text; `name` is how it is called where something is wrong with it. Raises SettingsError."""
    return _fits(parse(text, name, hardware.check_reader, signage.check_sign), name)


def _fits(settings: Settings, name: str) -> Settings:
    """What only drivers know of it."""
    if wrong := fitting.problems(settings):
        raise SettingsError(f"{name}: {len(wrong)} 处需要改正 · {len(wrong)} to correct", wrong, "docs/readers.md")
    return settings


def versions_of(settings: Settings) -> Versions:
    """The versions of this gate's configuration. Raises StoreError."""
    return Versions(folder(settings) / FOLDER)


def file_in_force(path: Path) -> Path:
    """The file in which that stands: `path` itself, or a version's. Raises as `in_force`."""
    versions = versions_of(read_settings(path))
    return (
        versions.path(versions.active) if versions.there and versions.file == digest(path.read_text("utf-8")) else path
    )


def in_force(path: Path) -> tuple[Settings, str]:
    """What a gate that is started with the file `path` runs with, and its text: the version in force, unless the file was edited since
    the gate saw it last. Raises SettingsError, StoreError."""
    found = file_in_force(path)
    text = found.read_text("utf-8")
    return parse_settings(text, str(found)), text


def folder(settings: Settings) -> Path:
    """Where this gate keeps what it knows; a relative path counts from the project's root."""
    return ROOT / settings.gate.data


def database(settings: Settings) -> Path:
    """The gate's database."""
    return folder(settings) / "gate.sqlite"


def open_store(settings: Settings) -> Store:
    """The database, for a tool that writes. Raises StoreError (DatabaseLocked while the gate runs)."""
    return Store.open(database(settings), gate=settings.gate.id, site=settings.gate.site)
