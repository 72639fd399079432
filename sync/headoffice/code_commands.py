"""`python -m sync.headoffice code GATES JSON` and `withdraw CODE`: signed codes for expected visitors, given out and taken back."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from sync.codes import Code
from sync.fields import ProtocolError
from sync.headoffice import codes
from sync.headoffice.config import Config
from sync.headoffice.store import Store

COMMANDS = ("code", "withdraw")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """The two commands, among the others."""
    code = commands.add_parser(
        "code", help="a signed code for an expected visitor, and the QR picture", parents=[common]
    )
    code.add_argument("gates", metavar="GATE[,GATE]", help="where it serves")
    code.add_argument(
        "data", metavar="JSON", help='as appointment.make: {"kind": "business", "name": "王小明", "plate": "粤B12345"}'
    )
    code.add_argument("--hours", type=float, metavar="H", help="from now for so long (instead of from_ms and until_ms)")
    code.add_argument("--picture", type=Path, metavar="FILE", help="the QR code as .png or .svg")
    code.add_argument("--by", default="headoffice", help="who says so")
    code.set_defaults(command="code")
    withdraw = commands.add_parser("withdraw", help="take a signed code back", parents=[common])
    withdraw.add_argument("text", metavar="CODE", help="its text, GE2:…")
    withdraw.add_argument("--reason", default="", help="why")
    withdraw.add_argument("--by", default="headoffice", help="who says so")
    withdraw.set_defaults(command="withdraw")


def run(store: Store, config: Config, args: argparse.Namespace) -> int:
    """Carry one out; 0 done, 2 wrongly called."""
    try:
        return _code(store, config, args) if args.command == "code" else _withdraw(store, config, args)
    except (ValueError, OSError) as e:  # ProtocolError is a ValueError
        print(f"headoffice: {e}", file=sys.stderr)
        return 2


def _code(store: Store, config: Config, args: argparse.Namespace) -> int:
    """Its one line of output is the code's text, so that another program can take it from there."""
    now = time.time_ns() // 1_000_000
    wanted = json.loads(args.data)
    if not isinstance(wanted, dict):
        raise ProtocolError("a JSON object is wanted")
    if args.hours is not None:
        wanted |= {"from_ms": now, "until_ms": now + round(args.hours * 3_600_000)}
    gates = tuple(filter(None, args.gates.split(",")))
    issued = codes.issue(store, config.site, gates, wanted, config.signing().sign, args.by, now)
    if args.picture is not None:
        from sync import qr  # OpenCV is loaded where a picture is wanted

        qr.write(issued.text, args.picture)
    print(issued.text)
    print(f"{issued.code.token}: told to {_named(issued.told)}", file=sys.stderr)
    return 0


def _withdraw(store: Store, config: Config, args: argparse.Namespace) -> int:
    code = Code.from_text(args.text.strip(), config.signing().public)
    told = codes.revoke(store, code, args.reason, args.by, time.time_ns() // 1_000_000)
    print(f"{code.token}: taken back, told to {_named(told)}")
    return 0


def _named(told: Any) -> str:
    return ", ".join(f"{gate} (instruction {number})" for gate, number in told.items())
