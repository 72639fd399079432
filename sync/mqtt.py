"""The link over MQTT 5, with paho-mqtt.

What was learnt of paho 2 the hard way, and what is done about it here:

- It keeps every unacknowledged message in RAM and sends it again after a reconnect, behind our window's back: so each
  connection gets a fresh `Client`, which is thrown away with whatever it still held, and `reconnect_on_failure` is off.
- It ignores the broker's Receive Maximum and Maximum Packet Size: both are read from CONNACK and kept here.
- Its own limit of messages in flight (20 by default) queues silently: 0 turns it off, the window above is ours.
- on_publish is called while it holds the lock that `publish` takes: nothing here holds a lock around `publish` that a
  callback takes, and the token of a message is its packet id, so that an answer needs no table that `publish` fills.
- on_publish comes for QoS 0 too, when the bytes have left, and nothing tells the two apart: so both are counted as in
  flight, and a token that nobody was given is reported, which tells a waiting sender no more than that there is room.
- `loop_stop` waits until everything in flight is acknowledged, for ever on a dead line: the session is ended by DISCONNECT,
  then by shutting the socket, and only then joined.
- Its loop ends without on_disconnect where `select` or a socket raises what it did not expect: so its thread is looked at too, or
  such a link would wait for ever, neither connected nor connecting.

Threads: one of ours for each link, which connects, waits for the end, backs off; and paho's loop while a session lives.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sync.link import (
    PACKET_LIMIT,
    Backoff,
    Busy,
    Handler,
    Limits,
    Message,
    NotConnected,
    Problem,
    TooLarge,
    User,
    Will,
    packet_size,
)
from sync.mqtt_options import MqttOptions, Tls

__all__ = ["MqttLink", "MqttOptions", "Tls"]

_properties: Callable[[int], Properties] = Properties  # its constructor is not annotated
LOOK_S = 5.0
_TAKEN_OVER = 0x8E
_NOT_ALLOWED = frozenset({0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C})


class MqttLink:
    """A Link to an MQTT 5 broker."""

    def __init__(self, options: MqttOptions) -> None:
        self.options = options
        self._subscriptions: dict[str, int] = {}
        self._session: _Session | None = None
        self._generation = 0
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, topic: str, qos: int = 1) -> None:
        """See Link."""
        self._subscriptions[topic] = qos
        session = self._session
        if session is not None:
            session.client.subscribe(topic, qos)

    def connect(self, handler: Handler, will: Will | None = None) -> None:
        """See Link."""
        name = f"link {self.options.client_id}"
        self._thread = threading.Thread(target=self._run, args=(handler, will), name=name, daemon=True)
        self._thread.start()

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, content_type: str = "", user: User = ()
    ) -> int:
        """See Link."""
        session = self._session
        if session is None:
            raise NotConnected
        return session.publish(topic, payload, qos, retain, content_type, user)

    def ack(self, message: Message) -> None:
        """See Link."""
        session = self._session
        if session is not None and message.token:
            session.ack(message.token)

    def close(self, timeout: float = 5.0) -> None:
        """See Link."""
        self._closing.set()
        session = self._session
        if session is not None:
            session.end(Problem("closed"))
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self, handler: Handler, will: Will | None) -> None:
        backoff = Backoff(*self.options.backoff_s)
        while not self._closing.is_set():
            self._generation += 1
            session = _Session(self.options, self._generation, dict(self._subscriptions), handler, self._closing)
            self._session = session
            try:
                problem = session.run(will)
            finally:
                self._session = None
            if session.useful:
                backoff.reset()
            if not self._closing.is_set():
                handler.lost(problem)
            self._closing.wait(backoff.next())


class _Session:
    """One connection: one paho Client, thrown away afterwards."""

    def __init__(
        self, options: MqttOptions, generation: int, topics: dict[str, int], handler: Handler, closing: threading.Event
    ) -> None:
        self._options = options
        self._base = generation << 16
        self._topics = topics
        self._handler = handler
        self._closing = closing
        self._limits = Limits()
        self._counting = threading.Lock()
        self._in_flight = 0
        self._ready = threading.Event()
        self._problem: Problem | None = None
        self.ended = threading.Event()
        self.useful = False
        """The broker has taken or brought a message: the next failure is a new one."""
        client = self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id,
            protocol=MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(0)
        client.connect_timeout = options.timeout_s
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_open = _no_delay
        if options.username:
            client.username_pw_set(options.username, options.password or None)

    def run(self, will: Will | None) -> Problem:
        """Connect, live, end. Returns why it ended."""
        o = self._options
        try:
            if o.tls is not None:
                self.client.tls_set_context(o.tls.context())
            if will is not None:
                self._set_will(will)
            connect = _properties(PacketTypes.CONNECT)
            connect.SessionExpiryInterval = 0
            connect.ReceiveMaximum = o.receive_maximum
            self.client.connect(o.host, o.port, o.keepalive_s, clean_start=True, properties=connect)
        except ssl.SSLError as e:
            return Problem("tls", f"{o.host}:{o.port}: {e}")
        except OSError as e:
            return Problem("unreachable", f"{o.host}:{o.port}: {e}")
        self.client.loop_start()
        try:
            if self._wait_ready():
                while not self.ended.wait(LOOK_S):
                    if not self._loops():
                        self.end(Problem("lost", "the connection's thread has ended without a word"))
        finally:
            self._finish()
        return self._problem or Problem("lost", f"{o.host}:{o.port}")

    def _loops(self) -> bool:
        thread = self.client._thread  # paho shows it nowhere else
        return thread is not None and thread.is_alive()

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool, content_type: str, user: User) -> int:
        """See Link."""
        if not self._ready.is_set() or self.ended.is_set():
            raise NotConnected
        size = packet_size(topic, payload, content_type, user)
        if size > self._limits.max_packet:
            raise TooLarge(size, self._limits.max_packet)
        properties = None
        if content_type or user:
            properties = _properties(PacketTypes.PUBLISH)
        if properties is not None and content_type:
            properties.ContentType = content_type
        if properties is not None and user:
            properties.UserProperty = list(user)
        with self._counting:
            if qos and self._in_flight >= self._limits.receive_maximum:
                raise Busy
            self._in_flight += 1
        info = self.client.publish(topic, payload, qos, retain, properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnected(info.rc.name)
        return self._base | info.mid if qos else 0

    def ack(self, token: int) -> None:
        """See Link."""
        if token & ~0xFFFF == self._base:
            self.client.ack(token & 0xFFFF, 1)

    def _set_will(self, will: Will) -> None:
        properties = None
        if will.delay_s:
            properties = _properties(PacketTypes.WILLMESSAGE)
            properties.WillDelayInterval = will.delay_s
        self.client.will_set(will.topic, will.payload, 1, will.retain, properties)

    def _wait_ready(self) -> bool:
        self._ready.wait(self._options.timeout_s)
        if self._ready.is_set():
            return True
        self._problem = self._problem or Problem("unreachable", "the broker does not answer CONNECT")
        return False

    def _finish(self) -> None:
        self.ended.clear()
        self.client.disconnect()
        if self.client.socket() is not None and not self.ended.wait(1.0):
            sock = self.client.socket()
            if isinstance(sock, socket.socket):
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self.ended.set()
        # paho sets its thread to None when the loop ends by itself; between its check and its join this is an AttributeError.
        with suppress(AttributeError):
            self.client.loop_stop()

    # ---- on paho's thread

    def _on_connect(
        self, client: Client, _user: Any, _flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            known = "refused" if code.value in _NOT_ALLOWED else "unreachable"
            self.end(Problem(known, f"CONNACK {code.value:#04x} {code}"))
            return
        self._limits = Limits(
            getattr(properties, "MaximumPacketSize", PACKET_LIMIT), getattr(properties, "ReceiveMaximum", 65_535)
        )
        if self._topics:
            client.subscribe(list(self._topics.items()))
        else:
            self._gained()

    def _on_subscribe(
        self, _client: Client, _user: Any, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [c for c in codes if c.is_failure]
        if refused:
            self.end(Problem("refused", f"SUBACK {refused[0].value:#04x} {refused[0]}"))
        elif not self._ready.is_set():
            self._gained()

    def _gained(self) -> None:
        self._ready.set()  # first: whoever is told publishes at once
        if not self._closing.is_set():
            self._handler.gained(self._limits)

    def end(self, problem: Problem) -> None:
        """Let `run` return. The first reason is the one that is reported."""
        self._problem = self._problem or problem
        self.ended.set()
        self._ready.set()

    def _on_disconnect(
        self, _client: Client, _user: Any, flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        said = flags.is_disconnect_packet_from_server
        word = "taken-over" if said and code.value == _TAKEN_OVER else "lost"
        self.end(Problem(word, str(code)))

    def _on_publish(
        self, _client: Client, _user: Any, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        with self._counting:
            self._in_flight -= 1
        self.useful = True
        if not self._closing.is_set():
            self._handler.published(self._base | mid, code.value)

    def _on_message(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        self.useful = True
        if not self._closing.is_set():
            token = self._base | message.mid if message.qos else 0
            content_type = getattr(message.properties, "ContentType", "")
            user = tuple(getattr(message.properties, "UserProperty", ()))
            self._handler.received(
                Message(message.topic, bytes(message.payload), content_type, message.retain, token, user)
            )


def _no_delay(_client: Client, _user: Any, sock: Any) -> None:
    """An acknowledgement of a few bytes must not wait for Nagle."""
    if isinstance(sock, socket.socket) and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
