"""The link to a broker inside this process."""

from __future__ import annotations

import threading

from sync.link import Backoff, Handler, Message, NotConnected, Problem, User, Will
from sync.memory_broker import MemoryBroker, Session

__all__ = ["MemoryBroker", "MemoryLink"]


class MemoryLink:
    """A Link to a MemoryBroker."""

    def __init__(
        self, broker: MemoryBroker, client_id: str, *, receive_maximum: int = 100, backoff: Backoff | None = None
    ) -> None:
        self._broker = broker
        self._client = client_id
        self._receive_maximum = receive_maximum
        self._backoff = backoff or Backoff(0.05, 2.0)
        self._filters: dict[str, int] = {}
        self._session: Session | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, topic: str, qos: int = 1) -> None:
        """See Link."""
        self._filters[topic] = qos
        session = self._session
        if session is not None:
            self._broker.subscribe(session, topic, qos)

    def connect(self, handler: Handler, will: Will | None = None) -> None:
        """See Link."""
        self._thread = threading.Thread(
            target=self._run, args=(handler, will), name=f"link {self._client}", daemon=True
        )
        self._thread.start()

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, content_type: str = "", user: User = ()
    ) -> int:
        """See Link."""
        session = self._session
        if session is None:
            raise NotConnected
        return self._broker.publish(session, Message(topic, payload, content_type, retain, user=user), qos)

    def ack(self, message: Message) -> None:
        """See Link."""
        session = self._session
        if session is not None and message.token:
            self._broker.ack(session, message.token)

    def close(self, timeout: float = 5.0) -> None:
        """See Link."""
        self._closing.set()
        session = self._session
        if session is not None:
            self._broker.detach(session)
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self, handler: Handler, will: Will | None) -> None:
        while not self._closing.is_set():
            session = self._broker.attach(self._client, will, self._receive_maximum, self._filters)
            if session is None:
                handler.lost(Problem("unreachable", "the broker in this process is stopped"))
            else:
                self._session = session
                self._serve(session, handler)
                self._session = None
            self._closing.wait(self._backoff.next())

    def _serve(self, session: Session, handler: Handler) -> None:
        if self._closing.is_set():
            self._broker.detach(session)
            return
        handler.gained(self._broker.limits)
        while True:
            answer, message, problem = self._broker.take(session)
            if self._closing.is_set():
                self._broker.detach(session)
                return
            if problem is not None:
                handler.lost(problem)
                return
            if answer is not None:
                self._backoff.reset()
                handler.published(*answer)
            if message is not None:
                handler.received(message)
