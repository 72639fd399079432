"""Head office under systemd: it says when it is ready, and that it lives for as long as its own thread goes round.

sd_notify(3) is one datagram; the gate has its own (edge/systemd.py), because the two ends share nothing but the protocol.
"""

from __future__ import annotations

import logging
import os
import socket
import sys

_PRIORITY = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def notify(*words: str) -> None:
    """Say e.g. `READY=1`; without systemd, or when its socket is gone, nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto("\n".join(words).encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return


class _Journal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        number = next((number for level, number in _PRIORITY if record.levelno >= level), 7)
        return "\n".join(f"<{number}>{line}" for line in super().format(record).splitlines())


def set_up_log() -> None:
    """The log on standard error: with times for people, with priorities and without times for the journal."""
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Journal("%(name)s: %(message)s") if _to_journal() else plain)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _to_journal() -> bool:
    try:
        at = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # a stream without a file
        return False
    return os.environ.get("JOURNAL_STREAM", "") == f"{at.st_dev}:{at.st_ino}"
