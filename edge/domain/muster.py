"""The muster list: who is inside, in the order in which an evacuation looks for them. Pure; as text and as a page that prints.

Sorted by building and unit as people count («2栋» before «11栋»), then by name. It has a box to tick for each line, and says at the top when it
was made and how many people it has: a list that is short of one person is only useful to somebody who can count.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody inside. `names`: the visitor and the companions, as far as known; `people`: how many they are; `since` local time."""

    unit: str
    names: str
    people: int
    kind: str
    plate: str
    since: str


def order(unit: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts units as people count; no unit comes last."""
    pieces = re.findall(r"\d+|\D+", unit)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pieces) or ((2, 0, ""),)


def ordered(lines: Iterable[Line]) -> list[Line]:
    """The lines as they are looked for."""
    return sorted(lines, key=lambda line: (order(line.unit), line.names))


HEADS = ("✓", "房号 unit", "姓名 names", "人数 people", "类别 kind", "车牌 plate", "进入 since")


def title(gate: str, made: datetime | None, lines: list[Line], vehicles: list[Line]) -> str:
    """Gate, people, vehicles, when."""
    people = sum(line.people for line in lines)
    when = made.strftime("%Y-%m-%d %H:%M:%S") if made else "时钟未校准 clock not set"
    return f"{gate} 疏散名单 muster list · {people} 人 people · {len(vehicles)} 辆车 vehicles · {when}"


def as_text(head: str, lines: list[Line], vehicles: list[Line]) -> str:
    """For any printer, and any screen."""
    said = [head, "", "\t".join(HEADS)]
    said += ["\t".join(("[ ]", *map(str, _cells(line)))) for line in ordered(lines)]
    if vehicles:
        said += ["", "车辆 vehicles"]
        said += ["\t".join(("[ ]", line.plate or "—", line.kind, line.unit or "—", line.since)) for line in vehicles]
    return "\n".join(said) + "\n"


_STYLE = """body{font:15px/1.4 sans-serif;color:#000;background:#fff;margin:12mm}h1{font-size:20px}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #000;padding:3px 6px;text-align:left}thead{display:table-header-group}tr{break-inside:avoid}.box{width:7mm}"""


def as_html(head: str, lines: list[Line], vehicles: list[Line]) -> str:
    """A page of its own, with nothing to fetch: black on white, a box for each line, its head on every sheet."""
    rows = "".join(_row(_cells(line)) for line in ordered(lines))
    cars = "".join(_row((line.plate or "—", line.kind, line.unit or "—", line.since)) for line in vehicles)
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in HEADS)
    more = f"<h2>车辆 vehicles</h2><table><tbody>{cars}</tbody></table>" if cars else ""
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(head)}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{html.escape(head)}</h1><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}</body></html>\n"
    )


def _cells(line: Line) -> tuple[object, ...]:
    return (line.unit or "—", line.names or "—", line.people, line.kind, line.plate or "—", line.since)


def _row(cells: Iterable[object]) -> str:
    return f'<tr><td class="box">☐</td>{"".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)}</tr>'
