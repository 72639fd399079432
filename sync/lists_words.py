"""The words that lists may use, as this program's own config/ has them: roles and sorts of goods, kinds of visits, of notices, sentences."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).parents[1] / "config"
TEN = "ten-"
"""With a number: the key of one of the ten phrases at hand (推广礼貌服务用语十条)."""


@dataclass(frozen=True, slots=True)
class Words:
    """Each: the word in any of its languages, in lower case → the name that gates know. `sentences`: language → key → text."""

    roles: Mapping[str, str]
    categories: Mapping[str, str]
    visits: Mapping[str, str]
    notices: Mapping[str, str]
    sentences: Mapping[str, Mapping[str, str]]
    role_of: Mapping[str, str]
    """Role → what tells one from another: unit, company, ""."""
    modes: Mapping[str, frozenset[str]]
    """Kind of visit → foot, vehicle."""
    notice_has: Mapping[str, tuple[bool, bool]]
    """Kind of notice → whether it has a time of restoration, and whether it is shown ahead."""

    @classmethod
    def load(cls, folder: Path = CONFIG) -> Words:
        """Raises OSError, ValueError, KeyError when the files are not those of this program."""
        goods, visits, post = (_toml(folder / f"{name}.toml") for name in ("goods", "visits", "requests"))
        return cls(
            _named(goods["roles"]),
            _named(goods["categories"]),
            _named({kind["id"]: kind for kind in visits["kind"]}),
            _named({kind["id"]: kind for kind in post["bulletin"]}),
            {language: _sentences(_toml(folder / f"phrases.{language}.toml")) for language in ("zh", "en")},
            {name: role.get("of", "") for name, role in goods["roles"].items()},
            {kind["id"]: frozenset(kind["rule"]) for kind in visits["kind"]},
            {kind["id"]: (bool(kind["restored"]), kind["ahead_min"] > 0) for kind in post["bulletin"]},
        )

    def zh(self, of: str, name: str) -> str:
        """The Chinese word for a name that gates know."""
        known: Mapping[str, str] = getattr(self, of)
        return next((word for word, value in known.items() if value == name and not word.isascii()), name)


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _sentences(said: Mapping[str, Any]) -> dict[str, str]:
    """Those that are said at their step, and the ten at hand as ten-1 to ten-10."""
    return {**said["say"], **{f"{TEN}{n}": text for n, text in enumerate(said["ten"]["phrases"], 1)}}


def _named(of: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {word.lower(): name for name, said in of.items() for word in (name, said["zh"], said["en"])}
