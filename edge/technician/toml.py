"""What can be pasted into the configuration: a reader's table as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping


def value(given: object) -> str:
    """A text, whole number or boolean."""
    if not isinstance(given, str):
        return str(given).lower()
    return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON lets it stand, TOML does not


def table(given: Mapping[str, object]) -> str:
    """An inline table."""
    return "{ " + ", ".join(f"{key} = {value(each)}" for key, each in given.items()) + " }"


def reader(
    driver: str, port: str, baud: int | None, options: Mapping[str, object], *, where: str = "lane.reader"
) -> str:
    """The whole table of a reader; `baud` None: the family's usual one."""
    lines = [f"[{where}]", f"driver = {value(driver)}", f"port = {value(port)}"]
    lines += [f"baud = {baud}"] if baud else []
    lines += [f"options = {table(options)}"] if options else []
    return "\n".join(lines) + "\n"
