"""What systemd wants to hear (sd_notify(3)): a datagram to the socket it names. Without systemd nothing is said."""

from __future__ import annotations

import os
import socket


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
