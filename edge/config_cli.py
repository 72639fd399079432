"""`python -m edge config …`: the versions of the configuration, asked of the gate that runs (it alone changes them).

list, show [N] and diff FILE change nothing. apply FILE puts the file's text on trial: `confirm` has to come within a minute,
from here or from the page, or what was before is back. revert without a number gives the trial up.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.errors import BadInput

SEEN = {"arm-moves": "栏杆正在动作 the arm moves", "vehicle-under": "杆下有车 something stands under the arm"}
ACTIONS = {
    "list": "各版本 · every version",
    "show": "一个版本的文本 · a version's text (the one in force)",
    "diff": "与文件比较 · what applying this file would mean",
    "apply": "试用一个文件 · put this file on trial for a minute",
    "confirm": "保留试用的版本 · the version on trial stays",
    "revert": "回到一个版本 · back to a version",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its own sub-commands."""
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    for name, text in ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text)
        # wherever it stands on the line; not given here, it must not undo what was given before the action
        action.add_argument(
            "--config", default=argparse.SUPPRESS, metavar="FILE", help="the file that the gate was started with"
        )
        if name in ("diff", "apply"):
            action.add_argument("file", metavar="NEW")
        elif name != "list":
            action.add_argument("version", type=int, nargs="?", default=0)
        if name in ("apply", "revert"):
            action.add_argument("--reason", default="", help="why; stands in the list of versions")


def run(args: argparse.Namespace) -> int:
    """One of them; 0 done, 1 refused or wrong. Raises GateError."""
    ask = _Gate(Path(args.config))
    status = ask("GET", "")
    trial = status["trial"]
    match args.action:
        case "list":
            for one in status["versions"]:
                print(_line(one, status))
        case "show":
            sys.stdout.write(ask("GET", f"/versions/{args.version or status['active']}")["text"])
        case "diff":
            return _said(ask("POST", "/compare", {"text": _text(args.file)}))
        case "apply":
            done = ask("POST", "/apply", {"text": _text(args.file), "base": status["active"], "reason": args.reason})
            anew = "，门岗重新启动 the gate begins anew" if done["restart"] else ""
            print(f"✓ 第 {done['version']} 版试用中 version {done['version']} is on trial{anew}")
            print(f"→ 一分钟内 within a minute: python -m edge config confirm --config {args.config}")
        case "confirm":
            number = args.version or (trial or {}).get("version", status["active"])
            ask("POST", f"/versions/{number}/confirm")
            print(f"✓ 第 {number} 版已保留 version {number} stays")
        case "revert":
            number = args.version or (trial or {}).get("back", 0)
            if not number:
                raise BadInput("没有给出版本 · no version given", "python -m edge config list")
            done = ask("POST", f"/versions/{number}/revert", {"reason": args.reason})
            print(
                f"✓ 第 {done['version']} 版 version {done['version']} {'试用中 is on trial' if done['trial'] else '已恢复 is back'}"
            )
    return 0


class _Gate:
    """The gate that runs with this file."""

    def __init__(self, config: Path) -> None:
        from edge.places import read_settings

        self._settings = read_settings(config)

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        from edge.simulate import local_call

        headers = {"Idempotency-Key": secrets.token_hex(16)} if method != "GET" else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode() if body is not None else None
        return local_call(self._settings, method, f"/api/v1/config{path}", data, **headers)


def _text(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise BadInput(f"打不开文件 · {name}: {e}", "检查路径 · check the path") from None


def _line(one: dict[str, Any], status: dict[str, Any]) -> str:
    trial = status["trial"]
    on_trial = trial is not None and trial["version"] == one["number"]
    mark = "?" if on_trial else "*" if one["number"] == status["active"] else " "
    when = datetime.fromtimestamp(one["at_ms"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    left = (
        f" (试用 on trial: {trial['left_ms'] // 1000} s)"
        if on_trial
        else ""
        if one["confirmed"]
        else " (未保留 not kept)"
    )
    return f"{mark}{one['number']:5} {when} {one['by']} {one['source']} {one['digest'][:12]} {one['reason']}{left}"


def _said(found: dict[str, Any]) -> int:
    print(*found["diff"], sep="\n")
    for problem in found["problems"]:
        print(f"✗ {problem}", file=sys.stderr)
    if found["problems"]:
        return 1
    print(f"改动 keys: {', '.join(found['keys']) or '-'}")
    print(f"重建设备 devices made anew: {', '.join(found['devices']) or '-'}")
    print(f"重新启动 restart because of: {', '.join(found['restart']) or '-'}")
    for one in found["waits"]:
        print(f"! {one['lane']}: {SEEN.get(one['why'], one['why'])}")
    return 0
