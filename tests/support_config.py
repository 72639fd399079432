"""Configurations that somebody has spoilt: the shipped ones with one to three changes, as hypothesis draws them.

A change is what happens to such files: a key misspelt, moved, left out or given twice, a value of another type or beyond its limits, a line
lost, a character too many. What comes of it is checked by `outcome`: refused with the key named, or made into devices.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from edge.errors import SettingsError
from edge.places import parse_settings
from edge.settings import Settings

CONFIG = Path(__file__).resolve().parent.parent / "config"
BASES = {name: (CONFIG / name).read_text("utf-8") for name in ("laptop.toml", "gate.example.toml")}
ODD: tuple[Any, ...] = (
    "", " ", "x", "sim://mutant", "mqtt://", "mqtts://:9", "https://[::1", "tcp", "in", "out", "../..", "/dev/null", "\x00", "ü" * 50,
    "Mars/Base", "25:00", "7:3", -1, 0, 1, 2, 3, 17, 26, 27, 28, 10**30, 0.0, -0.5, 1e308, float("inf"), float("nan"), True, False,
    [], ["entry"], [""], [[]], {}, {"pin": 9}, {"pin": 2}, {"pin": "9"}, {"driver": "rdm880"}, {"driver": "osdp", "port": "/dev/b"},
)  # fmt: skip
NAMED = re.compile(
    r"[a-z_0-9]+(\[\d+\])?(\.[a-z_0-9A-Z-]+(\[\d+\])?)*(: | is used twice)|(pin|port|lane id) .* used twice|at line \d|at end of document|\(file\)",
    re.S,
)
"""A key of the file, what is taken twice, or, where it is no TOML at all, the place."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A spoilt configuration."""
    text = BASES[draw(st.sampled_from(sorted(BASES)))]
    if draw(st.integers(0, 5)) == 0:
        return _torn(draw, text)
    raw = tomllib.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(raw))
        path = draw(st.sampled_from(places))
        at, last = _at(raw, path[:-1]), path[-1]
        match draw(st.sampled_from(("value", "value", "value", "gone", "misspelt", "moved", "twice"))):
            case "value":
                at[last] = copy.deepcopy(
                    draw(st.one_of(st.sampled_from(ODD), st.integers(0, 100), st.text(max_size=8)))
                )
            case "gone":
                del at[last]
            case "misspelt" if isinstance(last, str):
                n = draw(st.integers(0, len(last) - 1))
                at[last[:n] + draw(st.sampled_from("xe_")) + last[n + 1 :]] = at.pop(last)
            case "moved" if isinstance(last, str):
                raw[last] = at.pop(last)
            case _:
                other = draw(st.sampled_from(places))
                at[last] = copy.deepcopy(_at(raw, other))
    return "".join(f"{_string(key)} = {_written(value)}\n" for key, value in raw.items())


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _written(value: Any) -> str:
    """As TOML, all on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_string(key)} = {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _string(value) if isinstance(value, str) else str(value).lower()


def _torn(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines()
    n = draw(st.integers(0, len(lines) - 1))
    match draw(st.sampled_from(("lost", "twice", "character", "cut"))):
        case "lost":
            del lines[n]
        case "twice":
            lines.insert(n, lines[n])
        case "character":
            lines[n] = (
                lines[n][: len(lines[n]) // 2]
                + draw(st.characters(exclude_categories=["Cs"]))
                + lines[n][len(lines[n]) // 2 :]
            )
        case _:
            lines = lines[:n]
    return "\n".join(lines) + "\n"


def taken(text: str) -> Settings | None:
    """The settings, or None when it is refused in the right way: every problem names its key."""
    problems: list[str] = []
    try:
        return parse_settings(text, "config")
    except SettingsError as e:
        problems = e.problems
    assert problems
    assert [problem for problem in problems if not NAMED.search(problem)] == []
    return None
