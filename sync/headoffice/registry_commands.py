"""`python -m sync.headoffice registry import FILE | status | versions`: the list of who may pass, for all gates of the site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync.headoffice.config import Config
from sync.headoffice.drafts import LISTS, MAX_BYTES, Handed, Stale, prepare, publish
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import CARDS, Plan
from sync.headoffice.registry_view import SAME, TITLES, gates, preview, said
from sync.headoffice.store import Store

COMMANDS = ("registry",)
SHOWN = 20
"""Rows of each kind that a preview names, unless all are asked for."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """The command, among the others."""
    registry = commands.add_parser("registry", help="who may pass, at all gates of the site", parents=[common])
    registry.set_defaults(command="registry")
    actions = registry.add_subparsers(required=True, metavar="ACTION", dest="action")
    take = actions.add_parser(
        "import", help="a whole list (CSV, Excel, JSON): all or nothing, bad rows named", parents=[common]
    )
    take.add_argument("file", type=Path, metavar="FILE", help=".csv, .xlsx or .json")
    take.add_argument("--list", default=CARDS, choices=LISTS, help="which list it is (cards)")
    take.add_argument("--changes", action="store_true", help="only these rows are added or changed, nobody is removed")
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
    handed = Handed(args.list, data, args.file.name, not args.changes, args.gates)
    plan, problems = prepare(registry, handed)
    if plan is None:
        for problem in problems:
            print(problem, file=sys.stderr)
        print(f"headoffice: {len(problems)} 处错误，未导入 problems, nothing was imported", file=sys.stderr)
        return 1
    lacks = preview(handed.list, plan, [], whole=handed.whole)["lacks"]
    if lacks and not plan.empty:
        words = "这些列不在名单里，现有内容将清空 not in the list, so what stands there goes" if handed.whole else "表中没有的列，已有内容不变 not in the table, so entries keep theirs"  # fmt: skip
        print(f"{words}: {'、'.join(lacks)}")
    _show(plan, None if args.preview else SHOWN)
    if args.preview or plan.empty:
        return 0
    try:
        number = publish(store, registry, site, plan, args.file.name, args.by)
    except Stale:
        print("headoffice: somebody else has imported a list in this moment: look at it, then again", file=sys.stderr)
        return 1
    print(
        f"版本 version {number}: {args.file.name} 已入库，将下发到各门岗 is on its way to the gates (`registry status`)"
    )
    return 0


def _show(plan: Plan, most: int | None) -> None:
    """Counts, then rows: «+» comes, «-» goes, «~» was and will be."""
    print(
        f"新增 added {len(plan.added)}, 变更 changed {len(plan.changed)}, 删除 removed {len(plan.removed)}, "
        f"不变 as before {plan.same}"
    )
    _rows(((f"  + {said(*new)}" for new in plan.added.values()), len(plan.added)), most)
    changed = (f"  ~ {said(*old)}\n  → {said(*new)}" for old, new in plan.changed.values())
    _rows((changed, len(plan.changed)), most)
    _rows(((f"  - {said(*old)}" for old in plan.removed.values()), len(plan.removed)), most)


def _rows(of: tuple[Iterable[str], int], most: int | None) -> None:
    rows, count = of
    for n, row in enumerate(rows):
        if n == most:
            print(f"    … 还有 and {count - n} more (--preview shows each)")
            break
        print(row)


def _status(store: Store, registry: Registry, site: str) -> int:
    number, at_ms = registry.newest()
    if not number:
        print("没有名册 no list was imported yet: gates keep what they have (`registry import FILE`)")
        return 0
    print(f"版本 version {number}, {_when(at_ms)}")
    behind = 0
    for g in gates(store, registry, site):
        behind += g["state"] != SAME
        state = _STATES[g["state"]].format(**g, **(g["refused"] or {"why": "", "key": ""}))
        online = "" if g["online"] is not False else f"，离线 offline since {_when(g['heard_ms'])}"
        print(f"{g['gate']}: {state}{online}")
        for list_, key, why in g["open"]:
            print(f"    {' '.join(TITLES.get(list_, (list_,)))} {key}: 未采纳 not taken: {why}")
    return 1 if behind else 0


_STATES = {
    SAME: "一致 has it",
    "unheard": "从未上线 has never said",
    "none": "尚无总部名册 has none of head office ({version})",
    "newer": "门岗版本 {number} 新于总部 has {number}, newer than head office's (an old backup?): import the list again",
    "behind": "版本 has version {number}, {behind} behind",
    "other": "与总部不同 has another list of this number (imported at the gate?)",
    "refused": "拒收，仍用版本 {number} has refused it and keeps {number}: {why} {key} — 更正名单后重新导入 correct the list, import it again",
}


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
