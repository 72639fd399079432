"""Reads a configuration file and says everything that is wrong with it at once.

A technician on a ladder corrects a file once, not once for each mistake: syntax, unknown keys (with the nearest known
one), wrong values, a pin or port used twice, a lane without a barrier, an unknown reader or an option that its reader does
not have: all of it comes in one list, each with the place where it stands.
"""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from edge.errors import SettingsError
from edge.settings import Settings, bus_place

ReaderCheck = Callable[[str, dict[str, Any]], list[str]]
"""Driver name and its options → what is wrong with them. Given from outside: this module imports no driver."""

_HINT = "改好后运行 python -m edge check 文件 · correct the file and run `python -m edge check FILE` again"


def load(path: Path, reader_check: ReaderCheck | None = None, sign_check: ReaderCheck | None = None) -> Settings:
    """The settings in `path`; relative folders count from the project's root. Raises SettingsError with all problems."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as e:
        raise SettingsError(
            f"{path}: 文件不是 UTF-8 编码 · not UTF-8", [str(e)], "另存为 UTF-8 · save it as UTF-8"
        ) from None
    except OSError as e:
        raise SettingsError(
            f"{path}: 打不开配置文件 · cannot be read", [str(e.strerror)], "检查路径与权限 · check path and permissions"
        ) from None
    return parse(text, str(path), reader_check, sign_check)


def parse(
    text: str,
    name: str = "config",
    reader_check: ReaderCheck | None = None,
    sign_check: ReaderCheck | None = None,
) -> Settings:
    """The settings in a text. Raises SettingsError with all problems."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(f"{name}: TOML 语法有误 · is no valid TOML", [str(e)], _HINT) from None
    problems: list[str] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as e:
        for error in e.errors(include_url=False):
            problems += _sentences(error, raw)
        problems += [p for p in _doubles(raw) if p not in problems]
    problems += _reader_problems(raw, reader_check) if reader_check else []
    problems += _lane_problems(raw, "sign", "fk", sign_check) if sign_check else []
    if problems or settings is None:
        raise SettingsError(f"{name}: {len(problems)} 处需要改正 · {len(problems)} to correct", problems, _HINT)
    return settings


def _where(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "(file)"


def _sentences(error: Any, raw: dict[str, Any]) -> list[str]:
    loc, kind = tuple(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        model = _model_at(loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), list(model.model_fields) if model else [], n=1, cutoff=0.5)
        known = (
            f"; did you mean «{near[0]}»?"
            if near
            else f"; known here: {', '.join(model.model_fields)}"
            if model
            else ""
        )
        return [f"{_where(loc)}: unknown key «{loc[-1]}»{known}"]
    if kind == "missing":
        if loc[:1] == ("lane",) and loc[-1] == "barrier":
            return [f"{_where(loc[:-1])}: a lane without a barrier: add [lane.barrier] with open and close"]
        return [f"{_where(loc)}: missing"]
    if kind == "value_error":
        return [f"{_where(loc)}: {part}" if loc else part for part in str(error["ctx"]["error"]).split("; ")]
    if kind == "literal_error":
        return [f"{_where(loc)}: {error['input']!r} is not one of {error['ctx']['expected']}"]
    return [
        f"{_where(loc)}: {error['msg']} (it says {error['input']!r})"
        if not isinstance(error["input"], dict)
        else f"{_where(loc)}: {error['msg']}"
    ]


def _model_at(loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The table that stands at this place of the schema."""
    model: type[BaseModel] | None = Settings
    for part in loc:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if model else None
        model = _table_in(field.annotation) if field else None
    return model


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for inner in typing.get_args(annotation):
            found = _table_in(inner)
            if found:
                return found
    return None


def _doubles(raw: dict[str, Any]) -> list[str]:
    """Pins and ports used twice, told even when something else is wrong too (a model validator would not have run)."""
    used: dict[tuple[str, Any], list[str]] = {}

    def walk(value: Any, where: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                here = f"{where}.{key}" if where else key
                if key == "pin" and isinstance(inner, int):
                    used.setdefault(("pin", inner), []).append(where)
                elif key in ("port", "source") and isinstance(inner, str):
                    place = bus_place(value.get("driver"), inner, value.get("options"))
                    used.setdefault(("port", place), []).append(here)
                else:
                    walk(inner, here)
        elif isinstance(value, list):
            for n, inner in enumerate(value):
                walk(inner, f"{where}[{n}]")

    walk(raw, "")
    return [
        f"{kind} {value} is used twice: {' and '.join(where)}"
        for (kind, value), where in used.items()
        if len(where) > 1
    ]


def _reader_problems(raw: dict[str, Any], check: ReaderCheck) -> list[str]:
    lanes = [("reader", "rdm6300"), ("scanner", "line")]
    at_lanes = [problem for part, usual in lanes for problem in _lane_problems(raw, part, usual, check)]
    return at_lanes + [problem for part, usual in lanes for problem in _desk_problems(raw, part, usual, check)]


def _lane_problems(raw: dict[str, Any], part: str, usual: str, check: ReaderCheck) -> list[str]:
    problems: list[str] = []
    lanes = raw.get("lane")
    for n, lane in enumerate(lanes if isinstance(lanes, list) else []):
        device = lane.get(part) if isinstance(lane, dict) else None
        if not isinstance(device, dict):
            continue
        driver, options = device.get("driver", usual), device.get("options", {})
        if isinstance(driver, str) and isinstance(options, dict):
            problems += [f"lane[{n}].{part}: {problem}" for problem in check(driver, options)]
    return problems


def _desk_problems(raw: dict[str, Any], part: str, usual: str, check: ReaderCheck) -> list[str]:
    desk = raw.get("desk")
    reader = desk.get(part) if isinstance(desk, dict) else None
    if not isinstance(reader, dict):
        return []
    driver, options = reader.get("driver", usual), reader.get("options", {})
    if not isinstance(driver, str) or not isinstance(options, dict):
        return []
    return [f"desk.{part}: {problem}" for problem in check(driver, options)]
