"""`python -m sync.headoffice serve`: the pages; and the commands that belong to them: `check-certificate`, `certify`, `password`.

A process of its own that reads the database: whatever happens to it, intake goes on. The index's follower runs in it as one thread (or apart: `index`).
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from sync.headoffice.bell import Bell
from sync.headoffice.certificate import NotProven, NotTrue, certificate, check, export_range, prove
from sync.headoffice.config import Config, ConfigError
from sync.headoffice.desk_ask import Requests
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.web_users import Unfit, Users
from sync.page_certificates import ensure, own_names

log = logging.getLogger(__name__)
COMMANDS = ("serve", "check-certificate", "certify", "password")


def add(made: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The commands, among the others."""
    serve = made("serve", "the pages: gates, live, search, proof")
    serve.add_argument(
        "--listen", default="", metavar="HOST:PORT", help="where (127.0.0.1:8090); options win over [pages]"
    )
    serve.add_argument("--name", action="append", default=[], help="a host name by which the pages are reached")
    serve.add_argument("--tls-cert", default="", metavar="FILE", help="serve HTTPS with this certificate (PEM)")
    serve.add_argument("--tls-key", default="", metavar="FILE", help="and its key")
    serve.add_argument("--tls-own", action="store_true", help="serve HTTPS with an authority of its own")
    serve.add_argument("--behind-tls", action="store_true", help="a proxy in front speaks HTTPS: cookies only over it")
    serve.add_argument("--no-index", action="store_true", help="the index's follower runs elsewhere (`index`)")
    proof = made("check-certificate", "check a certificate off line; needs no database")
    proof.add_argument("file", type=Path)
    proof.add_argument("--key", required=True, metavar="HEX", help="head office's public key, known from elsewhere")
    proof.add_argument("--events", type=Path, metavar="FILE", help="the exact events of the range, a line each")
    certify = made("certify", "verify a range of a gate's newest chain and write certificate and events")
    certify.add_argument("gate")
    certify.add_argument("first", type=int)
    certify.add_argument("last", type=int)
    certify.add_argument("file", type=Path, help="the certificate; the events go beside it, .jsonl")
    certify.add_argument("--by", default="headoffice", help="who asks")
    password = made("password", "a new random password for somebody of the pages (or a first one: --role)")
    password.add_argument("person")
    password.add_argument("--role", default="", help="viewer, clerk, auditor, admin, staff")
    password.add_argument(
        "--department", metavar="ID", help="to which department they belong, e.g. engineering; '' none"
    )


def run(config: Config, args: argparse.Namespace) -> int:
    """One of the commands; its exit status."""
    if args.command == "check-certificate":
        return _check(args)
    try:
        if args.command == "serve":
            return _serve(config, args)
        store = config.open_store()
        try:
            return _certify(store, config, args) if args.command == "certify" else _password(store, config, args)
        finally:
            store.close()
    except (ConfigError, NotProven, OSError, ValueError) as e:
        print(f"headoffice: {e}", file=sys.stderr)
        return 1
    except StoreUnavailable as e:
        print(f"headoffice: {e}\n  {e.hint}", file=sys.stderr)
        return 1


def _serve(config: Config, args: argparse.Namespace) -> int:
    from sync.headoffice.follower import Follower
    from sync.headoffice.web import create_app
    from sync.headoffice.web_server import Server, options

    table = config.pages
    listen = args.listen or table.listen
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit():
        raise ConfigError(f"listen: an address is host:port, not {listen!r}")
    store = config.open_store()
    try:
        first = Users(store).first_start()
    finally:
        store.close()
    names = (*table.names, *args.name, host.strip("[]"))
    cert, key, ca = args.tls_cert or table.cert, args.tls_key or table.key, b""
    if not cert and (args.tls_own or table.tls == "own"):
        made = ensure(config.page_tls, own_names(names))
        cert, key, ca = str(made[0]), str(made[1]), made[2]
    follower = None if args.no_index else Follower(config.open_store(), config.site)
    secure = bool(cert) or args.behind_tls or table.behind_tls
    app = create_app(config, names=names, secure=secure, ca=ca, follower=follower)
    url = f"{'https' if cert else 'http'}://{host or '127.0.0.1'}"
    server = Server(
        options(app, host.strip("[]") or "127.0.0.1", int(port), cert, key), url, first, app.state.context.closing.set
    )
    rings = [app.state.feed.ring, *([follower.ring] if follower is not None else [])]
    bell = Bell(config.open_store(), rings)
    if follower is not None:
        follower.moved = app.state.feed.ring
        follower.start()
    bell.start()
    try:
        server.run()
    finally:
        bell.stop()
        if follower is not None:
            follower.stop()
    return 0 if server.started else 1


def _check(args: argparse.Namespace) -> int:
    try:
        key = bytes.fromhex(args.key)
        if args.events is None:
            says = check(args.file.read_bytes(), key)
        else:
            with args.events.open("rb") as lines:
                says = check(args.file.read_bytes(), key, lines)
    except (NotTrue, OSError, ValueError) as e:
        print(f"NOT TRUE · 不可信: {e}", file=sys.stderr)
        return 1
    print(json.dumps({name: says[name] for name in sorted(says) if name != "mark"}, ensure_ascii=False))
    if args.events is None:
        print("signature good · 签名有效; the events themselves were not looked at: --events FILE")
    else:
        print(f"signature good, and these are the {says['count']} events · 签名有效，{says['count']} 条事件逐条相符")
    return 0


def _certify(store: Store, config: Config, args: argparse.Namespace) -> int:
    found = [c.where for c in store.chains(config.site) if c.where.gate == args.gate]
    if not found:
        raise NotProven(f"nothing is here of gate {args.gate}")
    proof = prove(store, found[-1], args.first, args.last)
    args.file.write_bytes(certificate(proof, args.by, config.signing()))
    with args.file.with_suffix(".jsonl").open("wb") as out:
        out.writelines(export_range(store, found[-1], args.first, args.last))
    print(f"{args.file}: {args.gate} {args.first} to {args.last}, nothing missing, nothing altered")
    return 0


def _password(store: Store, config: Config, args: argparse.Namespace) -> int:
    import secrets

    users = Users(store)
    role = args.role or next((u.role for u in users.everybody() if u.name == args.person), "")
    new = secrets.token_urlsafe(12)
    try:
        users.save(args.person, role, password=new, department=args.department)
    except Unfit as e:
        known = ", ".join(f"{d['id']} {d['zh']}" for d in Requests(store, config.site).names()["departments"])
        print(f"headoffice: {e.code}: is the name right, and what is their --role?", file=sys.stderr)
        print(f"  --department is one of: {known or 'no gate has told its departments yet'}", file=sys.stderr)
        return 1
    print(f"{args.person} {new}")
    return 0
