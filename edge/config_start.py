"""With which configuration a process starts: the file that it is given, or the version that came into force since.

    file  ──▶ edited by hand since it was seen last (or never seen)  ──▶ a new version, in force, no trial: whoever edited it stands there
          └▶ as it was ──▶ the version in force
                            └ on trial: the process that began with it never got ready, or its time is over,
                              or the machine was started anew, or it cannot be read  ──▶ the version before it is back
                              else it goes on, and its time with it

`begin` decides that before there is a database; what it did is journalled when there is one (`Versions.owe`). When the start itself fails
while a version is on trial, `failed` puts the one before it back, and the process begins again.
"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edge.clock import Clock
from edge.config_change import change
from edge.domain.events_config import ConfigApplied, ConfigReverted
from edge.errors import SettingsError, StoreError
from edge.places import folder, parse_settings, read_settings, versions_of
from edge.settings import Settings
from edge.store.config_versions import FOLDER, Trial, Versions, digest, set_aside

log = logging.getLogger(__name__)
FILE = "file"
WITHIN_S = 60
"""So long a new version waits for its confirmation."""


@dataclass(slots=True)
class Begun:
    """What a process starts with."""

    settings: Settings
    versions: Versions

    def failed(self, error: BaseException) -> bool:
        """The start came to nothing: whether there is a version before this one to begin with again, which is in force now."""
        trial = self.versions.trial
        if trial is None or not trial.starting:
            return False
        log.error("version %d of the configuration cannot be started and is given up: %s", trial.version, error)
        give_up(self.versions, "cannot-start")
        return True


def begin(path: Path, clock: Clock | None = None) -> Begun:
    """Decide. Raises SettingsError for a file that is wrong, StoreError when the versions cannot be read."""
    given, text, clock = read_settings(path), path.read_text("utf-8"), clock or Clock()
    try:
        versions = versions_of(given)
    except StoreError as e:
        log.error("%s; the gate starts with %s", e, path)
        set_aside(folder(given) / FOLDER)
        versions = versions_of(given)
    if not versions.there or versions.file != digest(text):
        return Begun(_from_file(path, text, given, versions, clock), versions)
    if versions.trial is not None:
        why = _over(versions.trial, clock)
        if why:
            log.warning("version %d of the configuration is given up: %s", versions.trial.version, why)
            give_up(versions, why)
    settings = _readable(versions)
    if versions.trial is not None:
        versions.update(replace(versions.trial, starting=True))
    return Begun(settings, versions)


def _readable(versions: Versions) -> Settings:
    """The version in force; where it cannot be read any more, what a trial goes back to, or the newest confirmed one that can be."""
    older = [v.number for v in versions.all() if v.confirmed and v.number < versions.active]
    for number in (versions.active, *older):
        try:
            settings = parse_settings(versions.text(number), f"{versions.path(number)}")
        except (SettingsError, StoreError) as e:
            log.error("version %d of the configuration cannot be used: %s", number, e)
            continue
        if number != versions.active:
            give_up(versions, "cannot-start", number)
        return settings
    raise SettingsError(
        "没有一个可用的配置版本 · no version of the configuration can be used",
        [str(versions.path(versions.active))],
        "修改配置文件后重新启动，文件优先 · edit the file that the gate is given and start it: the file is the newest word",
    )


def _over(trial: Trial, clock: Clock) -> str:
    """Why a trial is found at its end; empty: it goes on."""
    if trial.starting:
        return "cannot-start"
    if trial.boot != clock.boot or clock.mono_ms() >= trial.until_mono_ms:
        return "unconfirmed"
    return ""


def _from_file(path: Path, text: str, given: Settings, versions: Versions, clock: Clock) -> Settings:
    """The file is the newest word."""
    first = not versions.there
    if versions.trial is not None:
        give_up(versions, FILE)
    back = versions.active
    keys: tuple[str, ...] = ()
    if not first:
        try:
            keys = change(parse_settings(versions.text(back), "before"), given).keys
        except SettingsError:  # a version of an older program, which this one cannot read any more
            keys = ("(all)",)
    reason = "" if first else f"{path} 被手工修改 was edited by hand"
    version = versions.write(text, at_ms=clock.now_ms(), by=FILE, source=FILE, reason=reason)
    versions.take(version, file=digest(text))
    if not first:
        log.warning("%s was edited by hand and is version %d of the configuration", path, version.number)
        said = ConfigApplied(version.number, version.digest, back, FILE, keys, reason=reason)
        versions.owe(said.KIND, asdict(said))
    return given


def give_up(versions: Versions, why: str, to: int = 0) -> None:
    """What was before the trial, or `to`, is in force; to be journalled when there is a journal."""
    was = versions.revert(to)
    said = ConfigReverted(was.number, versions.active, was.digest, why)
    versions.owe(said.KIND, asdict(said))


def again() -> int:
    """Begin anew in the place of this process. Under systemd it ends instead, so that relays are opened and the unit starts it again."""
    if not os.environ.get("NOTIFY_SOCKET"):
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return 0
