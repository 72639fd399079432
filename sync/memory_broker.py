"""A broker inside the process, with the semantics of an MQTT 5 broker without persistence: `make run` needs no server.

It keeps what a broker keeps and forgets what a broker forgets: retained messages live until `stop`, a session's queue is
bounded and overflows silently (which is why a PUBACK proves nothing), a QoS 1 message to nobody is answered 0x10, at most
Receive Maximum messages are under way to a client, a client that vanishes leaves its last will, a client of the same name
throws the older one out. The conformance suite runs over this and over mosquitto.

Each link has one thread, so that callbacks come on a foreign thread here as they do with paho. One lock guards the
broker; no callback is called holding it.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict, deque
from dataclasses import replace

from sync.link import (
    NO_SUBSCRIBERS,
    SUCCESS,
    Busy,
    Limits,
    Message,
    NotConnected,
    Problem,
    TooLarge,
    Will,
    packet_size,
)


def matches(pattern: str, topic: str) -> bool:
    """MQTT's topic filter: `+` is one level, `#` the rest."""
    wanted, levels = pattern.split("/"), topic.split("/")
    for i, word in enumerate(wanted):
        if word == "#":
            return True
        if i >= len(levels) or word not in ("+", levels[i]):
            return False
    return len(wanted) == len(levels)


class Session:
    """What the broker knows of one connected client. All fields are guarded by the broker's lock."""

    def __init__(self, client: str, will: Will | None, receive_maximum: int) -> None:
        self.client = client
        self.will = will
        self.receive_maximum = receive_maximum
        self.filters: dict[str, int] = {}
        self.waiting: deque[tuple[Message, int]] = deque()
        self.answers: deque[tuple[int, int]] = deque()
        self.unacked: set[int] = set()
        self.publishing = 0
        self.ended: Problem | None = None

    def ready(self) -> bool:
        """Whether the link's thread has something to do."""
        if self.ended or self.answers:
            return True
        return bool(self.waiting) and (self.waiting[0][1] == 0 or len(self.unacked) < self.receive_maximum)


class MemoryBroker:
    """Bounded: `max_queued` messages a client, `max_retained` retained messages (the oldest goes), `max_packet` bytes each."""

    def __init__(
        self,
        *,
        max_packet: int = 256 * 1024,
        receive_maximum: int = 20,
        max_queued: int = 1000,
        max_retained: int = 1000,
    ) -> None:
        self.limits = Limits(max_packet, receive_maximum)
        self._max_queued, self._max_retained = max_queued, max_retained
        self._lock = threading.Lock()
        self.changed = threading.Condition(self._lock)
        self._sessions: dict[str, Session] = {}
        self._retained: OrderedDict[str, Message] = OrderedDict()
        self._wills: dict[str, threading.Timer] = {}
        self._tokens = itertools.count(1)
        self._running = True

    # ---- the operator's side

    def stop(self) -> None:
        """As kill -9 of a broker without persistence: sessions, queues and retained messages are gone; no last will."""
        with self._lock:
            self._running = False
            for session in self._sessions.values():
                session.ended = Problem("lost", "the broker is gone")
            self._sessions.clear()
            self._retained.clear()
            for timer in self._wills.values():
                timer.cancel()
            self._wills.clear()
            self.changed.notify_all()

    def start(self) -> None:
        """It is there again, empty."""
        with self._lock:
            self._running = True
            self.changed.notify_all()

    def cut(self, client: str) -> None:
        """The client's line breaks: its last will is due."""
        with self._lock:
            session = self._sessions.get(client)
            if session is not None:
                self._end(session, Problem("lost", "the line was cut"), wordless=True)

    # ---- the links' side: each takes the lock itself, except the names with an underscore

    def attach(self, client: str, will: Will | None, receive_maximum: int, filters: dict[str, int]) -> Session | None:
        """A new session, or None when the broker is away. Subscribed already, retained messages waiting."""
        with self._lock:
            if not self._running:
                return None
            old = self._sessions.get(client)
            if old is not None:
                self._end(old, Problem("taken-over", "another client has the same name"), wordless=True)
            timer = self._wills.pop(client, None)
            if timer is not None:
                timer.cancel()
            session = self._sessions[client] = Session(client, will, receive_maximum)
            for pattern, qos in filters.items():
                self._subscribe(session, pattern, qos)
            return session

    def subscribe(self, session: Session, pattern: str, qos: int) -> None:
        """One more subscription; its retained messages follow."""
        with self._lock:
            self._subscribe(session, pattern, qos)

    def detach(self, session: Session) -> None:
        """The client said goodbye: no last will."""
        with self._lock:
            self._end(session, Problem("closed"), wordless=False)

    def publish(self, session: Session, message: Message, qos: int) -> int:
        """From a client. Returns the token. Raises NotConnected, Busy, TooLarge."""
        size = packet_size(message.topic, message.payload, message.content_type, message.user)
        if size > self.limits.max_packet:
            raise TooLarge(size, self.limits.max_packet)
        with self._lock:
            if session.ended:
                raise NotConnected(session.ended.detail)
            if qos == 0:
                self._route(message, 0)
                return 0
            if session.publishing >= self.limits.receive_maximum:
                raise Busy
            session.publishing += 1
            token = next(self._tokens)
            reached = self._route(message, qos)
            session.answers.append((token, SUCCESS if reached else NO_SUBSCRIBERS))
            self.changed.notify_all()
            return token

    def ack(self, session: Session, token: int) -> None:
        """A client is done with a message."""
        with self._lock:
            session.unacked.discard(token)
            self.changed.notify_all()

    def take(self, session: Session) -> tuple[tuple[int, int] | None, Message | None, Problem | None]:
        """Wait for the next thing that the session's link has to report: an answer, a message, or its end."""
        with self._lock:
            self.changed.wait_for(session.ready)
            if session.ended:
                return None, None, session.ended
            if session.answers:
                session.publishing -= 1
                return session.answers.popleft(), None, None
            message, qos = session.waiting.popleft()
            if qos == 0:
                return None, message, None
            token = next(self._tokens)
            session.unacked.add(token)
            return None, replace(message, token=token), None

    # ---- with the lock held

    def _subscribe(self, session: Session, pattern: str, qos: int) -> None:
        session.filters[pattern] = qos
        for topic, message in self._retained.items():
            if matches(pattern, topic):
                self._enqueue(session, message, qos)

    def _route(self, message: Message, qos: int) -> bool:
        if message.retain:
            self._retained.pop(message.topic, None)
            if message.payload:
                self._retained[message.topic] = message
                if len(self._retained) > self._max_retained:
                    self._retained.popitem(last=False)
        live = replace(message, retain=False)
        reached = False
        for session in self._sessions.values():
            levels = [q for pattern, q in session.filters.items() if matches(pattern, message.topic)]
            if levels:
                reached = True
                self._enqueue(session, live, min(qos, max(levels)))
        self.changed.notify_all()
        return reached

    def _enqueue(self, session: Session, message: Message, qos: int) -> None:
        if len(session.waiting) < self._max_queued:
            session.waiting.append((message, qos))

    def _end(self, session: Session, problem: Problem, *, wordless: bool) -> None:
        if session.ended:
            return
        session.ended = problem
        del self._sessions[session.client]
        will = session.will
        if wordless and will is not None:
            if will.delay_s == 0:
                self._route(Message(will.topic, will.payload, retain=will.retain), 1)
            else:
                timer = threading.Timer(will.delay_s, self._say_will, (session.client, will))
                timer.daemon = True
                self._wills[session.client] = timer
                timer.start()
        self.changed.notify_all()

    def _say_will(self, client: str, will: Will) -> None:
        with self._lock:
            if self._wills.pop(client, None) is not None:
                self._route(Message(will.topic, will.payload, retain=will.retain), 1)
