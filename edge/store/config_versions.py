"""Every version of a gate's configuration, as files: what was tried, by whom, when and why, and which is in force.

    config/000004.toml       the text of version 4, never changed, never removed
    config/versions.json     the list, which is in force, which is on trial and until when; written whole each time

Files and not tables of the database, because a start has to know its configuration before it has a database, `python -m edge safe` opens relays
without one, and a technician can read them when nothing else works. What happened while no database was open stands in `untold` until it is
in the journal.

A trial survives the process: its deadline counts on the steady clock of this boot (`until_mono_ms`); in another boot it is over.
`starting`: a process has begun with it and has not said yet that it is ready. Found again at a start, that process died of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.config_text import hidden
from edge.errors import NotFound, StoreError
from edge.store.files import write_whole
from edge.store.journal import canonical

INDEX = "versions.json"
FOLDER = "config"


def digest(text: str) -> str:
    """SHA-256 of a configuration's text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def public_digest(text: str) -> str:
    """The same without the passwords in it: whoever has the sum of a text with them could try them one after the other."""
    return digest(hidden(text))


@dataclass(frozen=True, slots=True)
class Version:
    """One. `digest`: `public_digest` of its text; `confirmed`: somebody has seen the gate work with it, or it came from the file."""

    number: int
    digest: str
    at_ms: int
    by: str
    source: str
    reason: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A version that is in force until it is confirmed or its time is over."""

    version: int
    back: int
    boot: str
    until_mono_ms: int
    within_ms: int
    restart: bool = False
    """Only a start of the process brought it, or takes it away, into force."""
    starting: bool = False
    ready: bool = True
    """False: its process has not been ready yet, and its time begins to count when it is."""


@dataclass(slots=True)
class _State:
    active: int = 0
    file: str = ""
    """Digest of the file that the gate was started with, as it was seen last."""
    versions: list[Version] = field(default_factory=list)
    trial: Trial | None = None
    untold: list[dict[str, Any]] = field(default_factory=list)


class Versions:
    """The versions in `folder`. Small files; called in the loop and at the start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = self._read()

    def _read(self) -> _State:
        try:
            raw = json.loads((self._folder / INDEX).read_bytes())
        except FileNotFoundError:
            return _State()
        except (OSError, ValueError) as e:
            raise StoreError(
                f"配置版本清单读不了 {self._folder / INDEX} cannot be read: {e}",
                "移走该文件后以给定的配置文件启动 · move it away; the gate then starts with the file that it is given",
            ) from None
        trial = raw["trial"]
        versions = [Version(**one) for one in raw["versions"]]
        return _State(raw["active"], raw["file"], versions, Trial(**trial) if trial else None, raw["untold"])

    def _save(self) -> None:
        self._write(INDEX, canonical(asdict(self._state)))

    def _write(self, name: str, data: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._folder / name, data)
        except OSError as e:
            raise StoreError(
                f"配置无法保存 · the configuration cannot be kept: {e.strerror}", "检查数据目录 · check the data folder"
            ) from e

    # ---- looking

    @property
    def there(self) -> bool:
        """Whether there is any version."""
        return self._state.active > 0

    @property
    def active(self) -> int:
        """The version in force, on trial or not."""
        return self._state.active

    @property
    def trial(self) -> Trial | None:
        """The version that waits for its confirmation."""
        return self._state.trial

    @property
    def file(self) -> str:
        """Digest of the file that the gate was started with, as it was seen last."""
        return self._state.file

    @property
    def untold(self) -> tuple[dict[str, Any], ...]:
        """What has to be journalled yet: kind and body of events."""
        return tuple(self._state.untold)

    def all(self) -> list[Version]:
        """Newest first."""
        return self._state.versions[::-1]

    def one(self, number: int) -> Version:
        """Raises NotFound."""
        found = next((v for v in self._state.versions if v.number == number), None)
        if found is None:
            raise NotFound(f"没有第 {number} 版配置 · there is no version {number}", "python -m edge config list")
        return found

    def path(self, number: int) -> Path:
        """Where a version's text lies."""
        return self._folder / _name(number)

    def text(self, number: int) -> str:
        """The text of a version. Raises NotFound, StoreError."""
        version = self.one(number)
        try:
            text = self.path(number).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise StoreError(f"第 {number} 版配置读不了 · version {number} cannot be read: {e}", "") from None
        if public_digest(text) != version.digest:
            raise StoreError(
                f"第 {number} 版配置被改动过 · version {number} was changed on the disk", "python -m edge config list"
            )
        return text

    # ---- changing

    def write(self, text: str, *, at_ms: int, by: str, source: str, reason: str) -> Version:
        """A new version's text, on the disk; it is in no list before `begin` or `take`."""
        there = [int(path.stem) for path in self._folder.glob("[0-9]*.toml") if path.stem.isdigit()]
        last = max((*there, *(v.number for v in self._state.versions)), default=0)
        version = Version(last + 1, public_digest(text), at_ms, by, source, reason)
        self._write(_name(version.number), text.encode())
        return version

    def drop(self, version: Version) -> None:
        """Nothing came of it: its text goes."""
        with contextlib.suppress(FileNotFoundError):
            self.path(version.number).unlink()

    def take(self, version: Version, *, file: str | None = None) -> None:
        """In force from now on, with no trial. `file`: the digest of the file that it is."""
        self._state.versions.append(replace(version, confirmed=True))
        self._state.active, self._state.trial = version.number, None
        if file is not None:
            self._state.file = file
        self._save()

    def begin(self, version: Version, trial: Trial) -> None:
        """In force from now on, on trial."""
        if all(v.number != version.number for v in self._state.versions):
            self._state.versions.append(version)
        self._state.active, self._state.trial = version.number, trial
        self._save()

    def update(self, trial: Trial) -> None:
        """The trial goes on so."""
        self._state.trial = trial
        self._save()

    def confirm(self) -> Version:
        """The trial has ended well."""
        self._state.trial = None
        self._state.versions = [
            replace(v, confirmed=True) if v.number == self.active else v for v in self._state.versions
        ]
        self._save()
        return self.one(self.active)

    def revert(self, to: int = 0) -> Version:
        """What was before the trial, or version `to`, is in force; returns what was given up."""
        was, trial, self._state.trial = self.active, self._state.trial, None
        self._state.active = to or (trial.back if trial else was)
        self._save()
        return self.one(was)

    def owe(self, kind: str, body: dict[str, Any]) -> None:
        """To be journalled when there is a journal."""
        self._state.untold.append({"kind": kind, "body": body})
        self._save()

    def told(self) -> None:
        """All of it is in the journal."""
        if self._state.untold:
            self._state.untold = []
            self._save()


def set_aside(folder: Path) -> None:
    """A list that cannot be read is kept under another name; texts stay where they are."""
    with contextlib.suppress(FileNotFoundError):
        (folder / INDEX).rename(folder / f"{INDEX}.damaged")


def _name(number: int) -> str:
    return f"{number:06d}.toml"
