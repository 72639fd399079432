"""The registry for people: rows of a list as a table that can be handed in again, and which version each gate has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from sync import lists
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import CARDS, Plan
from sync.headoffice.registry_times import HOLIDAYS, SCHEDULES, entry
from sync.headoffice.store import Heard, Store
from sync.lists_kinds import KINDS
from sync.lists_words import Words
from sync.problems import Problem
from sync.times import days_shown, hours_shown

CARD_COLUMNS = (
    *(("卡号", "card"), ("编号", "credential"), ("类别", "category"), ("状态", "status"), ("人员编号", "person"), ("姓名", "name")),
    *(("姓", "surname"), ("性别", "title"), ("主管", "supervisor"), ("房号", "unit"), ("车牌", "plates"), ("车型", "vehicle")),
    *(("生效日期", "valid_from"), ("截止日期", "valid_until"), ("时段", "schedule"), ("照片", "photo"), ("门岗", "gates"), ("不含门岗", "not_gates")),
)  # fmt: skip
"""Heading, field."""
_LINE = ("card", "credential", "category", "status", "valid_from", "valid_until", "schedule", "vehicle", "plates")
_WHO = ("person", "name", "surname", "title", "supervisor", "unit", "photo")
TITLES = {CARDS: ("住户、员工与卡", "People and cards")} | {k.name: (k.zh, k.en) for k in KINDS.values()}


SHOWN = 200
"""Rows of each sort, and bad rows, that a preview names."""


@cache
def _words() -> Words:
    return Words.load()


_ZH = {
    "owner": "业主",
    "company": "公司",
    "staff": "员工",
    "temporary": "临时",
    "active": "正常",
    "blocked": "停用",
    "lost": "挂失",
    "mr": "男",
    "ms": "女",
}


def headings(list_: str) -> list[str]:
    """Of the table."""
    return [heading for heading, _ in CARD_COLUMNS] if list_ == CARDS else KINDS[list_].headings()


def names(list_: str) -> list[str]:
    """The same in English, as a table may have them too."""
    return [name for _, name in CARD_COLUMNS] if list_ == CARDS else [*KINDS[list_].columns]


def cells(list_: str, line: str, gates: str) -> list[list[str]]:
    """A line as rows of the table."""
    fields = json.loads(line)
    if list_ != CARDS:
        return lists.cells(KINDS[list_], fields[3], fields[2], gates, _words())
    said = dict(zip((*_LINE, *_WHO), fields[1:], strict=True))
    said["supervisor"] = "是" if said["supervisor"] else ""
    said["person"] = "" if said["person"] == f"card:{said['card']}" else said["person"]
    only, but = ("", gates.replace("-", "")) if gates.startswith("-") else (gates, "")
    said |= {"gates": only, "not_gates": but}
    said |= {name: _ZH.get(said[name], said[name]) for name in ("category", "status", "title")}
    return [[" ".join(v) if isinstance(v := said[name], list) else str(v) for _, name in CARD_COLUMNS]]


def pairs(list_: str, line: str, gates: str) -> list[list[str]]:
    """A line as [heading, cell], what is empty left out; a permit's further items are further cells of their headings."""
    fields = json.loads(line)
    if fields[0] in ("h", "s"):  # of a list of cards that brings them
        return pairs(HOLIDAYS if fields[0] == "h" else SCHEDULES, entry(line), "")
    if list_ == SCHEDULES:
        return [["时段", fields[2]], ["时间", hours(fields[3])]]
    rows = cells(list_, line, gates)
    made = []
    for n, heading in enumerate(headings(list_)):
        different = dict.fromkeys(row[n] for row in rows)
        if any(different):
            made.append([heading, " / ".join(row[n] for row in rows) if len(different) > 1 else rows[0][n]])
    return made


def differences(list_: str, old: tuple[str, str], new: tuple[str, str]) -> list[list[str]]:
    """What changes of a line: [heading, before, after], its key first, with nothing before and after alike."""
    was, now = dict(pairs(list_, *old)), dict(pairs(list_, *new))
    names = list(dict.fromkeys([*(name for name in headings(list_) if name in was or name in now), *now, *was]))
    first = names[:1] if list_ != CARDS else [name for name in names if name in ("卡号", "姓名")]
    same = [[name, now[name], now[name]] for name in first if name in now and was.get(name) == now[name]]
    return same + [[n, was.get(n, ""), now.get(n, "")] for n in names if was.get(n) != now.get(n)]


def hours(data: Mapping[str, Any]) -> str:
    """When a schedule lets pass, in words."""
    return "；".join(f"{days_shown(i['days'])} {hours_shown(i['begin'], i['end'])}" for i in data["items"])


def over(list_: str, line: str, before: str) -> bool:
    """Whether the time of an entry was over before a day (ISO)."""
    data = json.loads(line)[3] if list_ != CARDS else {}
    end = data.get("until") or data.get("arrives") or data.get("day") or ""
    return bool(end) and end[:10] < before


def said(line: str, gates: str) -> str:
    """A line in a few words."""
    kind, *fields = json.loads(line if line[2] not in "hs" else entry(line))
    if kind == "l" and fields[0] == SCHEDULES:
        words = [fields[1], hours(fields[2])]
    elif kind == "l":
        flat = lists.cells(KINDS[fields[0]], fields[2], fields[1], "")
        words = [*flat[0], *(" ".join(row) for row in flat[1:])] if fields[0] in KINDS else [str(fields)]
    else:
        words = [" ".join(f) if isinstance(f, list) else str(f) for f in fields]
    where = f" @ {gates}" if gates else ""
    return f"{_name(kind, fields)}: {' · '.join(filter(None, words))}{where}"


def _name(kind: str, fields: list[Any]) -> str:
    return " ".join(TITLES.get(fields[0], (fields[0],))) if kind == "l" else "卡 card"


def preview(list_: str, plan: Plan | None, problems: Sequence[Problem], *, whole: bool = False) -> dict[str, Any]:
    """What publishing it would change: counts and rows, at most SHOWN of each sort; or what is wrong, as much of it. `lacks`: columns that the table
    does not have and entries keep, or, of a `whole` list, lose."""
    said: dict[str, Any] = {"bad": len(problems), "same": plan.same if plan else 0}
    said["problems"] = [p.told() for p in sorted(problems, key=lambda p: p.row)[:SHOWN]]
    said |= {"counts": {}, "added": [], "changed": [], "removed": [], "lacks": []}
    if plan is not None:
        said["counts"] = {"added": len(plan.added), "changed": len(plan.changed), "removed": len(plan.removed)}
        said["added"] = [pairs(list_, *row) for row in islice(plan.added.values(), SHOWN)]
        said["changed"] = [differences(list_, *pair) for pair in islice(plan.changed.values(), SHOWN)]
        said["removed"] = [pairs(list_, *row) for row in islice(plan.removed.values(), SHOWN)]
        lost = {heading for row in said["changed"] for heading, was, now in row if was and was != now}
        said["lacks"] = [heading for heading in plan.lacks if not whole or heading in lost]
    return said


# ---- the gates -----------------------------------------------------------------------------------------------------------

SAME, BEHIND, NONE, NEWER, OTHER, REFUSED, UNHEARD = "same", "behind", "none", "newer", "other", "refused", "unheard"


def gates(store: Store, registry: Registry, site: str) -> list[dict[str, Any]]:
    """Each gate: number (0: none), since_ms, state, behind, online, heard_ms; refused {number, why, key}; open [[list, key, why]]."""
    heard = {h.gate: h for h in store.heard(site)}
    newest = registry.newest()[0]
    names = sorted({*heard, *(c.where.gate for c in store.chains(site))})
    wanted = registry.lists_at(names, newest)
    return [_gate(name, heard.get(name), wanted[name].digest, newest) for name in names]


def _gate(name: str, said: Heard | None, wanted: str, newest: int) -> dict[str, Any]:
    if said is None:
        return {"gate": name, "number": 0, "since_ms": 0, "state": UNHEARD, "behind": 0, "online": None, "heard_ms": 0, "refused": None, "open": []}  # fmt: skip
    number, digest, since = registry_at(said)
    refused = said.details.get("registry_refused")
    open_ = said.details.get("registry_open")
    refused = refused if isinstance(refused, dict) and refused.get("number") == newest else None
    if refused is not None:
        state = REFUSED
    elif number in (0, newest):
        same = number and digest == wanted
        state = SAME if same else OTHER if number else NONE
    else:
        state = NEWER if number > newest else BEHIND
    return {
        "gate": name,
        "number": number,
        "version": str(said.details.get("registry", "")),
        "since_ms": since,
        "state": state,
        "behind": max(0, newest - number),
        "online": said.online,
        "heard_ms": said.at_ms,
        "refused": {n: str(refused.get(n, ""))[:200] for n in ("number", "why", "key")}
        if refused is not None
        else None,
        "open": [[str(word)[:80] for word in row[:3]] for row in open_ if isinstance(row, list) and len(row) >= 3][:20]
        if isinstance(open_, list)
        else [],
    }


def registry_at(heard: Heard) -> tuple[int, str, int]:
    """What a gate says that it has: number, digest, since when."""
    said = heard.details.get("registry_at")
    if isinstance(said, dict) and type(said.get("number")) is int:
        since = said.get("since_ms")
        return said["number"], str(said.get("digest")), since if type(since) is int else 0
    return 0, "", 0
