"""`python -m edge …`: the gate's command line. Each command says what it did, and every error what to do next."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from edge import __version__, config_cli
from edge.errors import GateError, ImportRefused, SettingsError
from edge.systemd import set_up_log

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = "config/laptop.toml"


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused or found wrong, 2 bad usage."""
    args = _parser().parse_args(argv)
    level = os.environ.get("GATE_LOG", "INFO" if args.verbose else "WARNING").upper()
    set_up_log(level)
    try:
        command: Callable[[argparse.Namespace], int] = args.do
        return command(args)
    except (ImportRefused, SettingsError) as e:
        details = e.rows if isinstance(e, ImportRefused) else e.problems
        return _failed(e, [f"  • {line}" for line in details])
    except GateError as e:
        return _failed(e, [])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away (| head): nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _failed(error: GateError, details: list[str]) -> int:
    print(f"✗ {error.message}", *details, *([f"→ {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge", description="门岗控制器 · the gate controller")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("-v", "--verbose", action="store_true", help="say more in the log")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(
        name: str, do: Callable[[argparse.Namespace], int], text: str, config: bool = True
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(do=do)
        if config:
            sub.add_argument("--config", default=DEFAULT, metavar="FILE", help=f"configuration (default: {DEFAULT})")
        return sub

    command("run", _run, "运行门岗 · run a gate until Ctrl-C or SIGTERM", config=False).add_argument(
        "config", nargs="?", default=DEFAULT
    )
    check = command("check", _check, "检查配置 · say everything that is wrong with a configuration", config=False)
    check.add_argument("config", nargs="?", default=DEFAULT)
    check.add_argument("--with-data", action="store_true", help="and try this program on a copy of the database")
    command(
        "safe", _safe, "继电器复位 · open every relay, whatever a gate that died left behind", config=False
    ).add_argument("config", nargs="?", default=DEFAULT)
    upkeep = command("backup", _backup, "备份 · the gate's data as one file, while it runs", config=False)
    upkeep.add_argument("config", help="configuration")
    upkeep.add_argument("file", help="where to write it, e.g. /media/usb/gate.gebak")
    upkeep.add_argument("--photos", action="store_true", help="with pictures")
    upkeep.add_argument("--keys", action="store_true", help="with the keys: whoever has the file is then the gate")
    upkeep.add_argument("--replace", action="store_true", help="in the place of a file of that name")
    upkeep = command("restore", _restore, "恢复 · put a backup back; the gate must not run", config=False)
    upkeep.add_argument("config", help="configuration")
    upkeep.add_argument("file", help="what `backup` has written")
    upkeep.add_argument("--over-newer", action="store_true", help="although there is more here than in the backup")
    simulate = command(
        "simulate", _simulate, "模拟来车 · let a scenario happen at a running simulated gate, or replay a file"
    )
    simulate.add_argument("name", nargs="?", help="owner, unknown-card, …; without a name: list them")
    simulate.add_argument("--lane", help="lane id (default: the first way in)")
    simulate.add_argument(
        "--card", default="", help="with desk-card: UID or label (default: the next card of the rack)"
    )
    simulate.add_argument("--scenario", metavar="FILE", help="replay this file on a gate of its own, in this process")
    simulate.add_argument("--speed", type=float, default=1.0, help="1 to 100 times as fast as life (with --scenario)")
    simulate.add_argument("--data", metavar="DIR", help="data folder of that gate (default: a new temporary one)")
    export = command("export", _export, "导出记录 · write records as CSV or JSON lines")
    export.add_argument("what", choices=["events", "passes"], nargs="?", default="events")
    export.add_argument("--format", choices=["csv", "jsonl"], default="csv")
    export.add_argument(
        "--from", dest="begin", metavar="TIME", help="2026-11-23 or 2026-11-23T08:00 (the gate's local time)"
    )
    export.add_argument("--to", dest="end", metavar="TIME")
    export.add_argument("-o", "--output", metavar="FILE", help="(default: standard output)")
    command("verify", _verify, "核验记录 · check the journal's chain and the derived tables")
    command("rebuild", _rebuild, "重建表格 · derive the tables from the journal again")
    registry = command("registry", _registry, "名册 · import the registry (CSV or JSON), all or nothing")
    actions = registry.add_subparsers(required=True, metavar="action", dest="action")
    for name, text in (("import", "导入名册 · take a registry in"), ("show", "现行名册 · the registry in force")):
        action = actions.add_parser(name, help=text, description=text)
        # wherever it stands on the line; not given here, it must not undo what was given before the action
        action.add_argument("--config", default=argparse.SUPPRESS, metavar="FILE", help="configuration")
        if name == "import":
            action.add_argument("file", nargs="?", metavar="FILE")
    enrol = command("enrol", _enrol, "注册 · get this gate's certificate from head office, by two codes")
    enrol.add_argument("broker", metavar="URL", help="the enrolment port: mqtts://host:8884")
    enrol.add_argument("--code", default="", help="head office's code (otherwise it is asked for)")
    config = command("config", _config, "配置版本 · versions of the configuration, at the running gate", config=False)
    config.add_argument("--config", default=DEFAULT, metavar="FILE", help="the file that the gate was started with")
    config_cli.arguments(config)
    pin = command("pin", _pin, "重置密码 · give a user a new PIN and print it once")
    pin.add_argument("user")
    return parser


def _run(args: argparse.Namespace) -> int:
    gc.disable()  # what is imported stays: to look at it again and again was a tenth of the start
    try:
        from edge.config_start import again, begin
        from edge.runtime import run
    finally:
        gc.enable()

    begun = begin(Path(args.config))
    try:
        anew = asyncio.run(run(begun.settings, versions=begun.versions))
    except Exception as e:
        if not begun.failed(e):
            raise
        anew = True
    return again() if anew else 0


def _enrol(args: argparse.Namespace) -> int:
    from edge.enrolled import enrol
    from edge.wiring import read_settings

    settings = read_settings(Path(args.config))
    enrol(settings, ROOT, args.broker, args.code, lambda: input("管理中心代码 head office's code: "), print)
    return 0


def _check(args: argparse.Namespace) -> int:
    from edge.wiring import read_settings

    settings = read_settings(Path(args.config))
    lanes = ", ".join(f"{lane.name} ({lane.id}, {lane.direction})" for lane in settings.lane)
    print(f"✓ {args.config}: {settings.gate.name} ({settings.gate.site}/{settings.gate.id}), {lanes}")
    if settings.simulated:
        print("  含有模拟设备，不能用于真实门岗 · something here is simulated: not for a real gate")
    if args.with_data:
        from edge.places import in_force
        from edge.upkeep import check_data

        settings = in_force(Path(args.config))[0]

        return check_data(settings)
    return 0


def _backup(args: argparse.Namespace) -> int:
    from edge.upkeep import backup

    return backup(Path(args.config), Path(args.file), keys=args.keys, photos=args.photos, replace=args.replace)


def _restore(args: argparse.Namespace) -> int:
    from edge.upkeep import restore

    return restore(Path(args.config), Path(args.file), over_newer=args.over_newer)


def _safe(args: argparse.Namespace) -> int:
    from drivers.base import DeviceGone
    from drivers.pins import raspberry_pi
    from edge import safe
    from edge.errors import DeviceError, StoreError
    from edge.places import in_force, read_settings

    try:
        try:
            settings = in_force(Path(args.config))[0]
        except StoreError as e:  # whatever is wrong with the versions, the relays that the file names are opened
            print(f"! {e.message}", file=sys.stderr)
            settings = read_settings(Path(args.config))
        return safe.run(settings, raspberry_pi)
    except DeviceGone as e:
        raise DeviceError(str(e), e.hint) from e


def _simulate(args: argparse.Namespace) -> int:
    from edge import simulate

    if args.scenario:
        data = str(Path(args.data).resolve()) if args.data else None  # from where one stands, not from the root
        return asyncio.run(simulate.replay(Path(args.config), Path(args.scenario), args.speed, data))
    return simulate.at_running_gate(Path(args.config), args.name, args.lane, args.card)


def _export(args: argparse.Namespace) -> int:
    from edge.store import export
    from edge.wiring import database, read_settings

    settings = read_settings(Path(args.config))
    begin, end = (_moment(text, settings.policy.timezone) for text in (args.begin, args.end))
    with contextlib.ExitStack() as opened:
        out: TextIO = sys.stdout
        if args.output:
            out = opened.enter_context(Path(args.output).open("w", encoding="utf-8", newline=""))
        count = export.write(database(settings), out, what=args.what, form=args.format, begin_ms=begin, end_ms=end)
    print(f"✓ {count}", file=sys.stderr)
    return 0


def _moment(text: str | None, timezone: str) -> int | None:
    """A time that a person typed, in the gate's zone, as UTC ms."""
    from zoneinfo import ZoneInfo

    from edge.errors import BadInput

    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"看不懂的时间 · no time: {text}", "2026-11-23 或 2026-11-23T08:00") from None
    return int((when if when.tzinfo else when.replace(tzinfo=ZoneInfo(timezone))).timestamp() * 1000)


def _verify(args: argparse.Namespace) -> int:
    from edge.store import verify
    from edge.wiring import database, read_settings

    report = verify.verify_file(database(read_settings(Path(args.config))))
    print(report.text())
    return 0 if report.ok else 1


def _rebuild(args: argparse.Namespace) -> int:
    from edge.wiring import open_store, read_settings

    store = open_store(read_settings(Path(args.config)))
    try:
        from edge.store.verify import rebuild

        report = rebuild(store)
    finally:
        store.close()
    print(report.text())
    return 0


def _registry(args: argparse.Namespace) -> int:
    from edge.errors import BadInput, DatabaseLocked
    from edge.store import registry
    from edge.wiring import database, open_store, read_settings

    settings = read_settings(Path(args.config))
    if args.action == "show":
        print(json.dumps(registry.status_of(database(settings)), ensure_ascii=False, indent=1))
        return 0
    if not args.file:
        raise BadInput("没有给出文件 · no file given", "python -m edge registry import FILE.csv")
    try:
        store = open_store(settings)
    except DatabaseLocked:
        from edge.simulate import import_at_running_gate

        done = import_at_running_gate(settings, Path(args.file))
    else:
        try:
            done = str(registry.import_file(store, Path(args.file)))
        finally:
            store.close()
    print(f"✓ {done}")
    return 0


def _config(args: argparse.Namespace) -> int:
    return config_cli.run(args)


def _pin(args: argparse.Namespace) -> int:
    from edge.first_sign_in import reset_pin
    from edge.places import open_store, read_settings

    store = open_store(read_settings(Path(args.config)))
    try:
        print(f"✓ {args.user}: {reset_pin(store, args.user)}")
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
