"""What sync needs of a connection: MQTT 5's session, without saying whose.

A link keeps one session at a time, makes a new one by itself when it is lost (back-off with jitter), and renews the
subscriptions before it says `gained`. It promises nothing about delivery: that is the protocol's business. What it does
promise, and what the conformance suite checks over each link:

- `gained(limits)` once for each session, `lost(problem)` once for each session that ends and for each attempt that fails;
- messages of one publisher on one topic arrive in the order sent, or not at all;
- `published(token, code)` carries MQTT's reason code: 0x10 (nobody subscribed) and 0x80 upwards did not reach anybody;
- `publish` never waits: it raises `Busy` when the broker's Receive Maximum is used up, `TooLarge` above its Maximum
  Packet Size, `NotConnected` between sessions;
- a QoS 1 message counts against our own Receive Maximum until `ack(message)`;
- the last will is published when a session dies without `close()`.

Callbacks come on the link's own thread; they hand over and return. They must never wait for a lock that is held
somewhere around `publish` (paho calls on_publish holding the lock that publish takes), and never call `close`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

SUCCESS = 0x00
NO_SUBSCRIBERS = 0x10
PACKET_LIMIT = 268_435_455
"""MQTT's own limit, where a broker names none."""


def undelivered(code: int) -> bool:
    """Whether a reason code means that the message reached nobody."""
    return code == NO_SUBSCRIBERS or code >= 0x80


class LinkError(Exception):
    """A message that was not sent."""


class NotConnected(LinkError):
    """There is no session just now."""


class Busy(LinkError):
    """The broker takes no more messages until it has acknowledged one: wait for `published`."""


class TooLarge(LinkError):
    """The packet is larger than the broker takes, now and always."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"a packet of {size} bytes; the broker takes {limit}")
        self.size = size
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker said it takes: bytes of a packet, and QoS 1 messages not yet acknowledged."""

    max_packet: int = PACKET_LIMIT
    receive_maximum: int = 65_535


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no session. `code`: unreachable, refused, tls, taken-over, lost, closed; `detail` for a technician."""

    code: str
    detail: str = ""


User = tuple[tuple[str, str], ...]
"""A message's user properties, in order."""


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived. `token` is for `ack` (0: nothing to acknowledge); `user`: its user properties."""

    topic: str
    payload: bytes
    content_type: str = ""
    retain: bool = False
    token: int = 0
    user: User = ()


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we are gone without a word."""

    topic: str
    payload: bytes
    retain: bool = True
    delay_s: int = 0


class Handler(Protocol):
    """Who listens to a link. Called on the link's thread; must not block, raise or call `close`."""

    def gained(self, limits: Limits) -> None:
        """A session is there and everything is subscribed."""

    def lost(self, problem: Problem) -> None:
        """The session ended, or could not be made; the link tries again by itself."""

    def published(self, token: int, code: int) -> None:
        """The broker's answer to a QoS 1 message. A token that nobody was given means only that there is room again."""

    def received(self, message: Message) -> None:
        """A message on a subscribed topic."""


class Link(Protocol):
    """One connection to a broker."""

    def subscribe(self, topic: str, qos: int = 1) -> None:
        """Want these topics, in this session and in every later one. Best called before `connect`."""

    def connect(self, handler: Handler, will: Will | None = None) -> None:
        """Begin; returns at once, and keeps trying until `close`."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, content_type: str = "", user: User = ()
    ) -> int:
        """Send; the token comes back in `published` (QoS 1). Raises NotConnected, Busy, TooLarge."""

    def ack(self, message: Message) -> None:
        """Done with it. A message of an earlier session is forgotten silently."""

    def close(self, timeout: float = 5.0) -> None:
        """End the session in order (no last will) and join the thread. No callback afterwards. May be called twice."""


def packet_size(topic: str, payload: bytes, content_type: str, user: User = ()) -> int:
    """Bytes of the PUBLISH packet, never less than it really has."""
    pairs = sum(5 + len(key.encode()) + len(value.encode()) for key, value in user)
    return 5 + 2 + len(topic.encode()) + 2 + 4 + 3 + len(content_type.encode()) + pairs + len(payload)


class Backoff:
    """Waiting times that double, with full jitter, so that a hundred gates do not return in the same second."""

    def __init__(self, low: float = 0.5, high: float = 30.0, rng: random.Random | None = None) -> None:
        self._low, self._high = low, high
        self._rng = rng or random.Random()
        self._step = 0

    def next(self) -> float:
        """Seconds to wait before the next attempt: from half to the whole of a time that doubles up to `high`."""
        ceiling = min(self._high, self._low * 2.0**self._step)
        self._step = min(self._step + 1, 32)
        return ceiling * (0.5 + self._rng.random() / 2)

    def reset(self) -> None:
        """It worked: start over."""
        self._step = 0
