"""What systemd wants to hear and what it gives; without systemd nothing is said and nothing is given.

sd_notify(3)       READY, STATUS, WATCHDOG: a datagram to the socket that it names
sd-daemon(3)       `<6>` before each line of the log instead of a time and a word: the journal has both itself
systemd.exec(5)    LoadCredential=: keys that lie in memory, readable by this service alone
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from pathlib import Path
from typing import TextIO

_PRIORITY = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
CREDENTIAL = "credential:"
"""`key_file = "credential:mqtt-key"` in the configuration means the unit's credential gate-edge.mqtt-key."""


def notify(*words: str) -> bool:
    """Say e.g. `READY=1` or `STATUS=…`. Returns whether somebody listens; a socket that is gone is no reason to stop a gate."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto("\n".join(words).encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return False
    return True


def watchdog_s() -> float | None:
    """How often, in seconds, systemd wants to hear WATCHDOG=1 (half of its limit), or None."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / 2e6 if limit.isdigit() and int(limit) > 0 else None


def credential(name: str) -> Path | None:
    """The credential `gate-edge.<name>` of this service, or None when it was given none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / f"gate-edge.{name}"
    return path if folder and path.is_file() else None


def resolved(root: Path, path: Path) -> Path:
    """A file that the configuration names: `credential:NAME`, or a path; a relative one counts from `root`.

    Of a credential that was not given the place where it should lie is returned, so that the error names it.
    """
    text = str(path)
    if not text.startswith(CREDENTIAL):
        return root / path
    name = text.removeprefix(CREDENTIAL)
    return credential(name) or Path("/etc/credstore") / f"gate-edge.{name}"


def to_journal(stream: TextIO) -> bool:
    """Whether what is written to `stream` goes to the journal itself, and not to a terminal or a file."""
    try:
        at = os.fstat(stream.fileno())
    except (OSError, ValueError):  # a stream of a test, or one that is closed
        return False
    return os.environ.get("JOURNAL_STREAM", "") == f"{at.st_dev}:{at.st_ino}"


class JournalFormatter(logging.Formatter):
    """`<4>edge.faults: …`; each line of a longer message (a stack trace) has the priority again, because the journal splits lines."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        level = max((known for known in _PRIORITY if known <= record.levelno), default=logging.DEBUG)
        return "\n".join(f"<{_PRIORITY[level]}>{line}" for line in super().format(record).splitlines())


def set_up_log(level: str, plain: str = "%(levelname)s %(name)s: %(message)s") -> None:
    """The log on standard error: for the journal with priorities, else as `plain`."""
    handler = logging.StreamHandler(sys.stderr)
    journal = to_journal(sys.stderr)
    handler.setFormatter(JournalFormatter("%(name)s: %(message)s") if journal else logging.Formatter(plain))
    logging.basicConfig(level=level, handlers=[handler])
