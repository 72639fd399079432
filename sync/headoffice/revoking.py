"""A revoked gate is thrown out at once, not at its next connection.

The broker's list of revoked certificates is asked when somebody connects; a session that stands goes on. MQTT ends a session when
somebody else connects under its name, so that is done: head office, with its own certificate, under the names that the gate has
told in its state (edge/enrolled.py: nobody else knows them). The gate then finds its certificate on the list.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

from sync.fields import ProtocolError
from sync.inbox import Inbox
from sync.link import Limits, Link, Message
from sync.mqtt import MqttLink, MqttOptions
from sync.protocol import GateState, Topics


def client_ids(link: Link, site: str, gate: str, timeout_s: float = 5.0) -> list[str]:
    """Under which names a gate is connected, as its retained state says; none when it has never been heard."""
    inbox, until = Inbox(), time.monotonic() + timeout_s
    link.subscribe(Topics(site, gate).state, 1)
    link.connect(inbox)
    try:
        while (left := until - time.monotonic()) > 0:
            for item in inbox.take(left):
                if isinstance(item, Message) and item.payload:
                    with suppress(ProtocolError):
                        said = GateState.from_bytes(item.payload).details.get("links")
                        return [name for name in said if isinstance(name, str)] if isinstance(said, list) else []
    finally:
        link.close()
    return []


def throw_out(them: Iterable[MqttOptions], timeout_s: float = 5.0) -> int:
    """Take over each of these sessions and end it. Returns how many."""
    ended = 0
    for options in them:
        inbox, link = Inbox(), MqttLink(options)
        link.connect(inbox)
        try:
            until = time.monotonic() + timeout_s
            while (left := until - time.monotonic()) > 0:
                if any(isinstance(item, Limits) for item in inbox.take(left)):
                    ended += 1
                    break
        finally:
            link.close()
    return ended
