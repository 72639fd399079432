"""`python -m sync.headoffice registry import FILE | status | versions`: the list of who may pass, for all gates of the site."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync import roster
from sync.headoffice.config import Config
from sync.headoffice.registry import Plan, Registry
from sync.headoffice.store import Conflict, Heard, Store

COMMANDS = ("registry",)
MAX_BYTES = 64 << 20
SHOWN = 20
"""Rows of each kind that a preview names, unless all are asked for."""
KEPT_DAYS = 60
"""What was in force before is known for so long, so that a gate that was away catches up by a change set."""
_DAY_MS = 86_400_000


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """The command, among the others."""
    registry = commands.add_parser("registry", help="who may pass, at all gates of the site", parents=[common])
    registry.set_defaults(command="registry")
    actions = registry.add_subparsers(required=True, metavar="ACTION", dest="action")
    take = actions.add_parser(
        "import", help="a whole list (CSV, Excel, JSON): all or nothing, bad rows named", parents=[common]
    )
    take.add_argument("file", type=Path, metavar="FILE", help=".csv, .xlsx or .json")
    take.add_argument("--gates", default="", metavar="A,B", help="where rows serve that name no gates (all)")
    take.add_argument("--preview", action="store_true", help="only say what would change, each row")
    take.add_argument("--by", default="headoffice", help="who says so")
    actions.add_parser("status", help="which version each gate has", parents=[common])
    actions.add_parser("versions", help="every import", parents=[common])


def run(store: Store, config: Config, args: argparse.Namespace) -> int:
    """Carry one out; 0 done, 1 refused, or a gate has another list than it should."""
    registry = Registry(store, config.site)
    if args.action == "import":
        return _import(store, registry, config.site, args)
    if args.action == "status":
        return _status(store, registry, config.site)
    for v in registry.versions():
        print(
            f"{v.number}: {_when(v.at_ms)} by {v.by}, {v.source}: {v.rows} lines, {v.added} added, {v.changed} changed, {v.removed} removed"
        )
    return 0


def _import(store: Store, registry: Registry, site: str, args: argparse.Namespace) -> int:
    try:
        with args.file.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as e:
        print(f"headoffice: {args.file}: {e.strerror}", file=sys.stderr)
        return 1
    found = roster.read(data[:MAX_BYTES], args.file.name)
    if len(data) > MAX_BYTES:
        found.problems.append(f"文件过大 larger than {MAX_BYTES >> 20} MB: is it the right file?")
    registry.complete(found)
    found.serve_by_default(args.gates)
    if not found.entries and not found.problems:
        found.problems.append("名单为空 the list has no rows: nobody could pass any more")
    if found.problems:
        for problem in found.problems:
            print(problem, file=sys.stderr)
        print(f"headoffice: {len(found.problems)} 处错误，未导入 problems, nothing was imported", file=sys.stderr)
        return 1
    plan = registry.plan(found)
    _show(plan, None if args.preview else SHOWN)
    if args.preview or plan.empty:
        return 0
    now = time.time_ns() // 1_000_000
    above = max((_at(h)[0] for h in store.heard(site)), default=0)
    try:
        number = registry.take(plan, args.file.name, args.by, now, above)
    except Conflict:
        print("headoffice: somebody else has imported a list in this moment: look at it, then again", file=sys.stderr)
        return 1
    registry.forget(now - KEPT_DAYS * _DAY_MS)
    print(
        f"版本 version {number}: {args.file.name} 已入库，将下发到各门岗 is on its way to the gates (`registry status`)"
    )
    return 0


def _show(plan: Plan, most: int | None) -> None:
    """Counts, then rows: «+» comes, «-» goes, «~» was and will be."""
    print(
        f"新增 added {len(plan.added)}, 变更 changed {len(plan.changed)}, 删除 removed {len(plan.removed)}, "
        f"不变 as before {len(plan.new) - len(plan.added) - len(plan.changed)}"
    )
    _rows(((f"  + {_said(*new)}" for new in plan.added.values()), len(plan.added)), most)
    changed = (f"  ~ {_said(*old)}\n  → {_said(*new)}" for old, new in plan.changed.values())
    _rows((changed, len(plan.changed)), most)
    _rows(((f"  - {_said(*old)}" for old in plan.removed.values()), len(plan.removed)), most)


def _rows(of: tuple[Iterable[str], int], most: int | None) -> None:
    rows, count = of
    for n, row in enumerate(rows):
        if n == most:
            print(f"    … 还有 and {count - n} more (--preview shows each)")
            break
        print(row)


_KINDS = {"c": "卡 card", "h": "节假日 holiday", "s": "时段 schedule"}


def _said(line: str, gates: str) -> str:
    """A line for people."""
    kind, *fields = json.loads(line)
    words = [" ".join(f) if isinstance(f, list) else str(f) for f in fields]
    return f"{_KINDS[kind]}: {' · '.join(filter(None, words))}{f' @ {gates}' if gates else ''}"


def _status(store: Store, registry: Registry, site: str) -> int:
    number, at_ms = registry.newest()
    if not number:
        print("没有名册 no list was imported yet: gates keep what they have (`registry import FILE`)")
        return 0
    print(f"版本 version {number}, {_when(at_ms)}")
    gates = {h.gate: h for h in store.heard(site)}
    behind = 0
    for name in sorted({*gates, *(c.where.gate for c in store.chains(site))}):
        said = gates.get(name)
        state = "从未上线 has never said" if said is None else _compared(said, registry, number)
        behind += state != _SAME
        online = "" if said is not None and said.online else f"，离线 offline since {_when(said.at_ms)}" if said else ""
        print(f"{name}: {state}{online}")
    return 1 if behind else 0


_SAME = "一致 has it"


def _compared(said: Heard, registry: Registry, number: int) -> str:
    has, digest = _at(said)
    if has == 0:
        return f"尚无总部名册 has none of head office ({said.details.get('registry') or '–'})"
    if has > number:
        return f"门岗版本 {has} 新于总部 has {has}, newer than head office's (an old backup?): import the list again"
    if has < number:
        return f"版本 has version {has}, {number - has} behind"
    same = digest == registry.list_at(said.gate, number).digest
    return _SAME if same else "与总部不同 has another list of this number (imported at the gate?)"


def _at(heard: Heard) -> tuple[int, str]:
    said = heard.details.get("registry_at")
    if isinstance(said, dict) and isinstance(said.get("number"), int):
        return said["number"], str(said.get("digest"))
    return 0, ""


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
