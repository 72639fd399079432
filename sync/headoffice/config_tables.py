"""The tables of head office's configuration: the pages, and how long personal data is kept.

[pages]
listen = "127.0.0.1:8090"                  # where `serve` listens
names = ["office.example"]                 # host names by which it is reached, beside addresses and localhost
tls = "own"                                # an authority of its own, whose certificate a browser installs once from /api/v1/ca.crt; or "off"
cert = "page.pem"                          # a certificate that you have, and its key
key = "page.key"
behind_tls = true                          # a proxy in front speaks HTTPS: cookies only over it

[retention]                                # days; 0: only when the gate says so. What a gate erases goes at once, whatever stands here
name = 1095                                # visitors, hosts, drivers, card holders
phone = 1095
number = 1095                              # documents' numbers
remark = 1095
[retention.pictures]
document = 365                             # pass, person, document, goods, refusal, violation: 1095; specimen: 0
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

DAYS = 1095
LONGEST = 36_500
CLASSES: Mapping[str, int] = {
    **dict.fromkeys(("pass", "person", "document", "goods", "refusal", "violation"), DAYS),
    "specimen": 0,
}
"""The gate's classes of pictures (a test compares them), and how many days each is kept at most."""


class TableError(ValueError):
    """A setting of a table that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Pages:
    """[pages]. `cert`, `key`: paths."""

    listen: str = "127.0.0.1:8090"
    names: tuple[str, ...] = ()
    tls: str = "off"
    cert: str = ""
    key: str = ""
    behind_tls: bool = False

    @classmethod
    def of(cls, raw: Any, folder: Path) -> Pages:
        """From TOML. Raises TableError."""
        said: dict[str, Any] = dict(_known("pages", raw, [f.name for f in fields(cls)]))
        for name, value in said.items():
            if name == "names":
                if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                    raise TableError("pages.names is not a list of texts")
                said[name] = tuple(value)
            elif not isinstance(value, bool if name == "behind_tls" else str):
                raise TableError(f"pages.{name} is not {'true or false' if name == 'behind_tls' else 'a text'}")
        if said.get("tls", "off") not in ("off", "own"):
            raise TableError(f"pages.tls: {said['tls']!r} is neither of off, own")
        if bool(said.get("cert")) != bool(said.get("key")):
            raise TableError("pages: cert and key belong together")
        for name in ("cert", "key"):
            if said.get(name):
                said[name] = str(folder / said[name])
        return cls(**said)


@dataclass(frozen=True, slots=True)
class Retention:
    """[retention], days; 0: as the gates say and no sooner."""

    name: int = DAYS
    phone: int = DAYS
    number: int = DAYS
    remark: int = DAYS
    pictures: Mapping[str, int] = field(default_factory=lambda: CLASSES)

    @classmethod
    def of(cls, raw: Any) -> Retention:
        """From TOML. Raises TableError."""
        said = dict(_known("retention", raw, [f.name for f in fields(cls)]))
        pictures = _known("retention.pictures", said.pop("pictures", {}), list(CLASSES))
        for name, value in [*said.items(), *pictures.items()]:
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST:
                raise TableError(f"retention: {name} is not a number of days, 0 to {LONGEST}")
        return cls(**said, pictures={**CLASSES, **pictures})

    @property
    def groups(self) -> dict[str, int]:
        """Days by group, of those that have a time here."""
        found = {name: int(getattr(self, name)) for name in ("name", "phone", "number", "remark")}
        return {name: days for name, days in found.items() if days}


def _known(table: str, raw: Any, names: list[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise TableError(f"{table} is not a table")
    for name in raw:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            raise TableError(f"unknown key {table}.{name}" + (f"; is {near[0]!r} meant?" if near else ""))
    return raw
