"""A configuration as text: single keys set with comments and order kept, two texts compared, passwords hidden. Pure.

    lane[0].reader.port = "/dev/gate/left"        a key as load_settings names it; None as its value takes the key away

Passwords in addresses (rtsp://user:password@host) go to no page, no log and no event: `hidden` puts dots in their place, and
`restored` puts back what stands in the text that was shown, for the same user and host.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, Table

from edge.errors import BadInput

DOTS = "••••"
_SECRET = re.compile(r"(?<=://)(?P<user>[^/@\s:\"']*):(?P<word>[^/\s\"']*)@(?P<host>[^/\s\"']*)")
_PART = re.compile(r"([A-Za-z0-9_-]+)((?:\[\d+\])*)")
Path = tuple[str | int, ...]


def path_of(key: str) -> Path:
    """lane[0].reader.port → ("lane", 0, "reader", "port"). Raises BadInput."""
    found: list[str | int] = []
    for piece in key.split("."):
        match = _PART.fullmatch(piece)
        if match is None:
            raise BadInput(f"看不懂的键 · no key: {key}", "lane[0].reader.port")
        found.append(match[1])
        found += [int(number) for number in re.findall(r"\d+", match[2])]
    return tuple(found)


def edited(text: str, changes: Iterable[tuple[str, Any]]) -> str:
    """The text with these keys set, in this order; comments and order stay. Raises BadInput."""
    try:
        document = tomlkit.parse(text)
        for key, value in changes:
            _set(document, path_of(key), value, key)
        made = tomlkit.dumps(document)
        tomllib.loads(made)
    except (TOMLKitError, tomllib.TOMLDecodeError, ValueError, TypeError) as e:
        if isinstance(e, BadInput):
            raise
        raise BadInput(
            f"这段文本无法这样修改：{e} · the text cannot be changed so: {e}", "按文本编辑 · edit it as text"
        ) from None
    return made


def _set(at: Any, path: Path, value: Any, key: str) -> None:
    for part in path[:-1]:
        missing = part not in at if isinstance(part, str) else part >= len(at)
        if missing:
            if value is None:
                return
            if isinstance(part, int):
                raise BadInput(f"没有第 {part} 项 · there is no entry {part}: {key}", "先添加 · add it first")
            at[part] = tomlkit.table()
        at = at[part]
        if not isinstance(at, Table | InlineTable | AoT | dict | list):
            raise BadInput(f"{key}: «{part}» 不是表 · is no table", "")
    last = path[-1]
    if value is None:
        if last in at if isinstance(last, str) else last < len(at):
            _take_away(at, last)
    elif isinstance(last, int) and last == len(at):
        at.append(_item(value, inline=False))
    else:
        # What stands directly in the file or in a lane is a table of its own; a pin is one line.
        at[last] = _item(value, inline=isinstance(at, InlineTable) or len(path) > 3)


def _take_away(at: Any, last: str | int) -> None:
    """Remove it, but not what stands behind it: comments before the next table belong to that one."""
    names: list[str | int] = list(range(len(at))) if isinstance(last, int) else list(at.keys())
    place = names.index(last)
    before = at[names[place - 1]] if place else None
    gone, above = _lowest(at[last]), _lowest(before)
    behind: list[Any] = []
    if gone is not None:
        body = gone.value.body
        while body and body[-1][0] is None:
            behind.insert(0, body.pop()[1])
    del at[last]
    if above is not None:
        for each in behind:
            above.value.append(None, each)


def _lowest(item: Any) -> Table | None:
    """The table whose lines are the last ones of `item`."""
    while isinstance(item, Table | AoT) and len(item):
        inner = item[len(item) - 1] if isinstance(item, AoT) else list(item.values())[-1]
        if not isinstance(inner, Table | AoT):
            break
        item = inner
    return item if isinstance(item, Table) else None


def _item(value: Any, *, inline: bool) -> Any:
    if not isinstance(value, Mapping):
        return tomlkit.item(value)
    made: Any = tomlkit.inline_table() if inline else tomlkit.table()
    for name, inner in value.items():
        if inner is not None:
            made[name] = _item(inner, inline=True)
    return made


def difference(old: str, new: str) -> list[str]:
    """The lines of a unified difference, three lines of surroundings, without its head."""
    return [
        line.rstrip("\n")
        for line in list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3))[2:]
    ]


def keys_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys at which two configurations (as JSON values) differ, in the order of the newer one."""
    was, now = _flat(old), _flat(new)
    return tuple(key for key in dict.fromkeys((*now, *was)) if was.get(key, ...) != now.get(key, ...))


def _flat(value: Any, where: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        return {
            k: v for name, inner in value.items() for k, v in _flat(inner, f"{where}.{name}" if where else name).items()
        }
    if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
        return {k: v for n, inner in enumerate(value) for k, v in _flat(inner, f"{where}[{n}]").items()}
    return {where: list(value) if isinstance(value, tuple) else value}


def hidden(text: str) -> str:
    """The text without its passwords."""
    return _SECRET.sub(lambda m: f"{m['user']}:{DOTS}@{m['host']}", text)


def restored(text: str, shown: str) -> str:
    """`text` with the passwords of `shown` (the text before it was hidden). Raises BadInput where there is none to put back."""
    known = {(m["user"], m["host"]): m["word"] for m in _SECRET.finditer(shown)}

    def word(match: re.Match[str]) -> str:
        if match["word"] != DOTS:
            return match[0]
        given = known.get((match["user"], match["host"]))
        if given is None:
            raise BadInput(
                f"地址变了，请重新填写密码：{match['user']}@{match['host']} · the address is another one: give its password again",
                f"rtsp://{match['user']}:密码@…",
            )
        return f"{match['user']}:{given}@{match['host']}"

    return _SECRET.sub(word, text)
