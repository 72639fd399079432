"""`python -m sync.headoffice [run | status | verify GATE | broker NAME… | enrol GATE | revoke GATE | certificates | tell GATE ACT JSON | told GATE | picture GATE DIGEST FILE | code GATES JSON | withdraw CODE | key | index | serve | certify | check-certificate | password]`: head office."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sync.fields import valid_name
from sync.headoffice import certs, code_commands, registry_commands, running, serve, service
from sync.headoffice.audit import audit
from sync.headoffice.config import Config, ConfigError
from sync.headoffice.photo_places import PlaceUnavailable
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.store import Store, StoreUnavailable
from sync.sealing import CannotOpen


def main(argv: list[str] | None = None) -> int:
    """The program; returns its exit status: 0 done, 1 something is wrong, 2 wrongly called."""
    args = _parser().parse_args(argv)
    given = vars(args)  # an option that was not given is not there: it may stand before or after the command
    service.set_up_log()
    try:
        config = Config.load(
            given.get("config"), **{k: given.get(k) for k in ("site", "db", "broker", "trust", "photos")}
        )
    except ConfigError as e:
        print(f"headoffice: {e}", file=sys.stderr)
        return 2
    if args.command == "run":
        return running.run(config, getattr(args, "receiver", ""), getattr(args, "metrics", ""))
    if args.command in ("broker", "revoke", "certificates"):
        try:
            return certs.run(config, args)
        except (ConfigError, OSError, ValueError) as e:
            print(f"headoffice: {e}", file=sys.stderr)
            return 1
    if args.command in serve.COMMANDS:
        return serve.run(config, args)
    if args.command == "index":
        return running.index(config, rebuild=args.rebuild)
    store = config.open_store()
    try:
        if args.command == "status":
            return _status(store)
        if args.command == "verify":
            return _verify(store, args.gate)
        if args.command == "tell":
            return _tell(store, config.site, args)
        if args.command == "told":
            return _told(store, config.site, args.gate)
        if args.command in registry_commands.COMMANDS:
            return registry_commands.run(store, config, args)
        if args.command in code_commands.COMMANDS:
            return code_commands.run(store, config, args)
        if args.command == "picture":
            return _picture(config, store, args)
        if args.command == "key":
            print(config.signing().public.hex())
            return 0
        if len(args.who) == 1:
            return certs.enrol_gate(config, store, args.who[0], args.code)
        if len(args.who) == 3:
            return _enrol(store, *args.who)
        print("headoffice: enrol GATE, or enrol SITE GATE PUBKEY", file=sys.stderr)
        return 2
    except ConfigError as e:
        print(f"headoffice: {e}", file=sys.stderr)
        return 2
    except StoreUnavailable as e:
        print(f"headoffice: {e}\n  {e.hint}", file=sys.stderr)
        return 1
    finally:
        store.close()


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; options given here win")
    common.add_argument("--site", metavar="NAME", help="whose gates are received (home)")
    common.add_argument("--db", metavar="PATH|URL", help="an SQLite file (var/headoffice.sqlite) or postgresql://…")
    common.add_argument("--broker", metavar="URL", help="mqtt://host:port (mqtt://127.0.0.1:1883) or mqtts://…")
    common.add_argument("--trust", choices=("first-contact", "enrolled"), help="which gates are believed")
    common.add_argument("--photos", metavar="DIR|URL", help="where pictures are kept: a folder, s3://host/bucket, off")
    parser = argparse.ArgumentParser(prog="python -m sync.headoffice", description=__doc__, parents=[common])
    parser.set_defaults(command="run")
    commands = parser.add_subparsers(metavar="COMMAND")
    run = commands.add_parser(
        "run", help="receive until Ctrl-C or SIGTERM (what happens without a command)", parents=[common]
    )
    run.add_argument(
        "--receiver", default="", metavar="NAME", help="one of several receivers of this site, each with its own name"
    )
    run.add_argument("--metrics", default="", metavar="HOST:PORT", help="figures for Prometheus, e.g. 127.0.0.1:9108")
    run.set_defaults(command="run")
    status = commands.add_parser("status", help="what is here, of each gate", parents=[common])
    status.set_defaults(command="status")
    verify = commands.add_parser("verify", help="walk a gate's chains and signatures", parents=[common])
    verify.add_argument("gate")
    verify.set_defaults(command="verify")
    enrol = commands.add_parser(
        "enrol", help="a new gate gets its certificate; or only its journal's key is enrolled", parents=[common]
    )
    enrol.add_argument(
        "who",
        nargs="+",
        metavar="GATE | SITE GATE PUBKEY",
        help="PUBKEY: 64 hexadecimal digits, as the gate shows them",
    )
    enrol.add_argument("--code", default="", help="the code on the gate's screen (otherwise it is asked for)")
    enrol.set_defaults(command="enrol")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, parents=[common])
        made.set_defaults(command=name)
        return made

    certs.add_commands(add)
    tell = commands.add_parser("tell", help="tell a gate something: stored, signed, sent, done once", parents=[common])
    tell.add_argument("gate")
    tell.add_argument("act", help="for instance notice.post")
    tell.add_argument("data", metavar="JSON", nargs="?", default="{}", help="a JSON object")
    tell.add_argument("--by", default="headoffice", help="who says so")
    tell.add_argument("--within", type=float, default=0, metavar="SECONDS", help="worth nothing later (0: for ever)")
    tell.set_defaults(command="tell")
    told = commands.add_parser("told", help="what a gate was told, and what became of it", parents=[common])
    told.add_argument("gate")
    told.set_defaults(command="told")
    index = add(
        "index", "follow the events with the index that the search asks (a process of its own; `serve` has one too)"
    )
    index.add_argument("--rebuild", action="store_true", help="throw it away first and make it again from the events")
    serve.add(add)
    code_commands.add(commands, common)
    registry_commands.add(commands, common)
    picture = commands.add_parser("picture", help="write a gate's picture into a file", parents=[common])
    picture.add_argument("gate")
    picture.add_argument("digest", help="SHA-256, as the gate's events name it")
    picture.add_argument("file", type=Path)
    picture.set_defaults(command="picture")
    key = commands.add_parser("key", help="the public key that gates are configured with", parents=[common])
    key.set_defaults(command="key")
    return parser


def _picture(config: Config, store: Store, args: argparse.Namespace) -> int:
    try:
        found = Archive(store, config.site, config.place(), config.picture_key()).get(args.gate, args.digest)
    except (ConfigError, PlaceUnavailable, CannotOpen) as e:
        print(f"headoffice: {e}", file=sys.stderr)
        return 1
    if found is None:
        ask = f'tell {args.gate} picture.send \'{{"digest": "{args.digest}"}}\''
        print(f"headoffice: this picture is not here; `{ask}` asks the gate for it", file=sys.stderr)
        return 1
    args.file.write_bytes(found)
    print(f"{args.file}: {len(found)} bytes")
    return 0


def _status(store: Store) -> int:
    chains, alarms = store.chains(), store.alarms()
    for c in chains:
        fork = f", {c.quarantined} of another history in quarantine" if c.quarantined else ""
        print(
            f"{c.where.site}/{c.where.gate} {c.where.epoch}: nothing missing up to {c.mark.seq}, {_when(c.at_ms)}{fork}"
        )
    for a in alarms:
        print(
            f"ALARM {a.where.site}/{a.where.gate} {a.where.epoch}: {a.code}: {a.detail} ({a.count} times, {_when(a.last_ms)})"
        )
    if not chains and not alarms:
        print(f"{store.name}: nothing has arrived yet")
    return 1 if alarms else 0


def _verify(store: Store, gate: str) -> int:
    chains = [c for c in store.chains() if c.where.gate == gate]
    if not chains:
        print(f"headoffice: nothing is here of a gate {gate!r}; `status` lists the gates", file=sys.stderr)
        return 1
    wrong = 0
    for c in chains:
        began = time.monotonic()
        found = audit(store, c)
        wrong += bool(found.wrong)
        said = f"WRONG: {found.wrong}" if found.wrong else "whole and unaltered, the gate's signature verifies"
        took = time.monotonic() - began
        print(
            f"{c.where.site}/{gate} {c.where.epoch}: {found.events} events, {found.personal} personal: {said} ({took:.1f} s)"
        )
    return 1 if wrong else 0


def _enrol(store: Store, site: str, gate: str, pubkey: str) -> int:
    try:
        key = bytes.fromhex(pubkey)
    except ValueError:
        key = b""
    if len(key) != 32:
        print("headoffice: a public key is 64 hexadecimal digits", file=sys.stderr)
        return 2
    old = store.key_of(site, gate)
    store.enrol(site, gate, key, "enrolled", time.time_ns() // 1_000_000, replace=True)
    print(
        f"{site}/{gate}: {'already enrolled' if old == key else 'enrolled in place of ' + old.hex() if old else 'enrolled'}"
    )
    return 0


def _tell(store: Store, site: str, args: argparse.Namespace) -> int:
    try:
        data = json.loads(args.data)
    except ValueError as e:
        print(f"headoffice: {args.data!r} is not JSON: {e}", file=sys.stderr)
        return 2
    if not isinstance(data, dict) or not valid_name(args.gate):
        print("headoffice: a gate's name and a JSON object are wanted", file=sys.stderr)
        return 2
    now = time.time_ns() // 1_000_000
    until = now + round(args.within * 1000) if args.within else 0
    number = store.instruct(site, args.gate, args.act, json.dumps(data, ensure_ascii=False), args.by, now, until)
    print(f"{site}/{args.gate}: instruction {number} is on its way (`told {args.gate}` says what became of it)")
    return 0


def _told(store: Store, site: str, gate: str) -> int:
    found = store.told(site, gate)
    for t in found:
        became = f"{t.result}, {_when(t.done_ms)}" if t.result else "open"
        print(f"{t.number} {t.act} {t.data} by {t.by}, {_when(t.at_ms)}: {became}")
    if not found:
        print(f"{site}/{gate} was told nothing yet")
    return 0


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


if __name__ == "__main__":
    sys.exit(main())
