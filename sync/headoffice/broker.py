"""The broker's files, made from the authority: who may connect, who may read and write what, who is no longer one of us.

Everything is written again as a whole whenever a gate is enrolled or revoked, and then the broker is told to read it (`reload`, for
instance `systemctl reload mosquitto`). Each gate stands in the access list by its full name with its own topics and no pattern, so
a name that looks like another, or like a wildcard, opens nothing.
"""

from __future__ import annotations

import grp
import logging
import os
import shlex
import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync.certificates import BadCertificate, issued_by, load
from sync.files import write_whole
from sync.headoffice.authority import Authority, client_name
from sync.protocol import HEADOFFICE

log = logging.getLogger(__name__)
TEMPLATE = Path(__file__).resolve().parents[2] / "config" / "mosquitto" / "gate-edge.conf"
GROUP = "mosquitto"
PORT, ENROL_PORT = 8883, 8884
RENEW_DAYS = 90
_WRITES = ("events", "state", "photo/+", "registry/want")
_READS = ("ack", "command", "photo-ack", "registry")
_ENROL = "topic write enrol/v1/+/+/request\ntopic read enrol/v1/+/+/offer\n"


class BrokerFiles:
    """The files in `folder`. `reload`: the command that makes the broker read them; empty: whoever calls says what is to be done."""

    def __init__(self, authority: Authority, folder: Path, reload: str = "") -> None:
        self._authority, self._folder, self._reload = authority, folder, shlex.split(reload)

    def set_up(self, names: tuple[str, ...], port: int = PORT, enrol_port: int = ENROL_PORT) -> Path:
        """Everything, the broker's own certificate for these names too; returns the configuration file. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write("broker.pem", self._authority.server(names))
        text = TEMPLATE.read_text(encoding="utf-8")
        for gap, value in (("folder", str(self._folder.resolve())), ("port", port), ("enrol_port", enrol_port)):
            text = text.replace(f"{{{gap}}}", str(value))
        conf = self._folder / TEMPLATE.name
        conf.write_text(text, encoding="utf-8")
        self.lists()
        return conf

    def lists(self) -> str:
        """Who may and who may not, anew, and the broker told. Returns what a person still has to do, or "". Raises OSError."""
        self._write("ca.pem", self._authority.pem)
        self._write("crl.pem", self._authority.crl())
        self._write("acl", access_list(self._authority.good()).encode())
        self._write("acl-enrol", _ENROL.encode())
        if not self._reload:
            return (
                "now have the broker read its lists: systemctl reload mosquitto (or broker_reload in the configuration)"
            )
        done = subprocess.run(self._reload, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            return f"{shlex.join(self._reload)} failed: {done.stderr.strip() or done.returncode}"
        return ""

    def lasts(self) -> timedelta | None:
        """How long the broker's own certificate is still good; None when there is none of this authority."""
        with suppress(OSError, BadCertificate):
            own = load((self._folder / "broker.pem").read_bytes())
            if issued_by(own, self._authority.certificate):
                return own.not_valid_after_utc - datetime.now(UTC)
        return None

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        write_whole(path, data)
        if os.geteuid() == 0:  # the broker reads it again as its own user
            with suppress(KeyError):
                grp.getgrnam(GROUP)
                shutil.chown(path, group=GROUP)
                path.chmod(0o640)


def access_list(users: list[tuple[str, str]]) -> str:
    """mosquitto's acl_file for these (site, gate); head office of each site has the whole site."""
    lines: list[str] = []
    for site in sorted({site for site, _ in users}):
        own = [f"topic readwrite gate/v1/{site}/#", f"topic readwrite enrol/v1/{site}/#"]
        lines += [f"user {client_name(site, HEADOFFICE)}", *own, ""]
    for site, gate in users:
        if gate == HEADOFFICE:
            continue
        at = f"gate/v1/{site}/{gate}"
        lines += [f"user {client_name(site, gate)}"]
        lines += [f"topic write {at}/{what}" for what in _WRITES]
        lines += [f"topic read {at}/{what}" for what in _READS]
        lines += [f"topic read gate/v1/{site}/{HEADOFFICE}/{what}" for what in ("state", "photos")]
        lines += [""]
    return "\n".join(lines)
