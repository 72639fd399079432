"""The events of the configuration: which version came into force, who vouched for it, what became of it. Names of keys, never values."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("config.applied")
class ConfigApplied(Event):
    """Version `version` (SHA-256 `digest`) is tried in the place of version `back`. `source`: page, file, console, headoffice.

    `keys`: what is different; `devices` are made anew, with `restart` the whole process. Without a confirmation within `within_s`
    it is given up again; 0: it needs none (a file edited by hand, by whoever started the gate again).
    """

    version: int
    digest: str
    back: int
    source: str
    keys: tuple[str, ...]
    devices: tuple[str, ...] = ()
    restart: bool = False
    within_s: int = 0
    reason: str = ""


@event("config.confirmed")
class ConfigConfirmed(Event):
    """Somebody has seen the gate work with it: it stays."""

    version: int
    digest: str


@event("config.reverted")
class ConfigReverted(Event):
    """Version `version` was given up, `to` is in force again.

    `why`: unconfirmed (its time was over), cannot-start (it could not be started), asked, file (the file was edited by hand meanwhile).
    """

    version: int
    to: int
    digest: str
    why: str


KINDS = (ConfigApplied.KIND, ConfigConfirmed.KIND, ConfigReverted.KIND)
