"""The commands that have to do with certificates: `broker`, `enrol GATE`, `revoke GATE`, `certificates`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sync.enrolment import Offer
from sync.fields import valid_name
from sync.headoffice.authority import Authority, AuthorityUnusable
from sync.headoffice.broker import ENROL_PORT, PORT, BrokerFiles
from sync.headoffice.config import Config, ConfigError
from sync.headoffice.enrolling import NotEnrolled, enrol
from sync.headoffice.revoking import client_ids, throw_out
from sync.headoffice.store import Store
from sync.mqtt import MqttLink

Adder = Callable[[str, str], argparse.ArgumentParser]


def add_commands(add: Adder) -> None:
    """The commands' words."""
    broker = add("broker", "write the broker's files: its certificate, who may connect, mosquitto's configuration")
    broker.add_argument("names", nargs="+", metavar="NAME", help="host names and addresses by which gates reach it")
    broker.add_argument("--port", type=int, default=PORT)
    broker.add_argument("--enrol-port", type=int, default=ENROL_PORT)
    revoke = add("revoke", "a gate's certificates are over, now; it is thrown out")
    revoke.add_argument("gate")
    revoke.add_argument("--why", default="", help="for the record")
    add("certificates", "every certificate that was issued, until when, and what was revoked")


def run(config: Config, args: argparse.Namespace) -> int:
    """One of them. Raises ConfigError, AuthorityUnusable."""
    authority = config.certificates()
    if args.command == "broker":
        return _broker(config, authority, args)
    if args.command == "revoke":
        return _revoke(config, authority, args)
    for one in authority.issued():
        state = f"revoked: {one.revoked}" if one.revoked else f"until {one.until:%Y-%m-%d}"
        print(f"{one.site}/{one.gate} {one.serial:x}: {state}")
    return 0


def _broker(config: Config, authority: Authority, args: argparse.Namespace) -> int:
    files = _files(config, authority)
    config.own_certificate(authority)
    conf = files.set_up(tuple(args.names), args.port, args.enrol_port)
    print(
        f"{conf.parent}: everything is there. As root: cp {conf} /etc/mosquitto/conf.d/ && systemctl restart mosquitto"
    )
    print(f"head office's code, for every technician: {_offer(config, authority).code}")
    return 0


def enrol_gate(config: Config, store: Store, gate: str, code: str) -> int:
    """`enrol GATE`: until the gate has its certificate."""
    if not valid_name(gate) or ":" in gate:
        print(f"headoffice: a gate cannot be called {gate!r}", file=sys.stderr)
        return 2
    authority = config.certificates()
    files = _files(config, authority) if config.broker_files else None
    given = [code] if code else []

    def ask() -> str:
        if code and not given:
            raise NotEnrolled("the gate that asks shows another code than the one that was given")
        return given.pop() if given else input("the code on the gate's screen: ")

    options = replace(config.mqtt(), client_id=f"headoffice-{config.site}-enrol")
    try:
        enrol(MqttLink(options), gate, _offer(config, authority), authority, store, files, ask, print)
    except NotEnrolled as e:
        print(f"headoffice: {e}", file=sys.stderr)
        return 1
    return 0


def _revoke(config: Config, authority: Authority, args: argparse.Namespace) -> int:
    count = authority.revoke(config.site, args.gate, args.why)
    if not count:
        print(f"headoffice: {config.site}/{args.gate} has no certificate that is good", file=sys.stderr)
        return 1
    link = replace(config.mqtt(), client_id=f"headoffice-{config.site}-revoke")
    names = client_ids(MqttLink(link), config.site, args.gate)
    todo = _files(config, authority).lists() if config.broker_files else "write the broker's access list anew"
    out = throw_out([replace(link, client_id=name) for name in names])
    print(
        f"{config.site}/{args.gate}: {count} certificates revoked, {out} connections ended"
        + (f"; {todo}" if todo else "")
    )
    return 1 if todo else 0


def _files(config: Config, authority: Authority) -> BrokerFiles:
    if not config.broker_files:
        raise ConfigError("broker_files: which folder are the broker's certificate and lists written to?")
    return BrokerFiles(authority, Path(config.broker_files), config.broker_reload)


def _offer(config: Config, authority: Authority) -> Offer:
    return Offer(config.site, authority.pem.decode(), config.signing().public, config.gates_broker or config.broker)


__all__ = ["AuthorityUnusable", "add_commands", "enrol_gate", "run"]
