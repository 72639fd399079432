"""Many simulated gates in one process: real MQTT 5 clients (paho) over TLS, each with its own certificate, all on one thread.

A thousand gates are a thousand machines; on the one machine of a bench their uplinks would be three thousand threads that starve what is to
be measured. So here a gate is only what head office sees of it: a last will and a retained state, again every five seconds when numbers have moved;
batches of its own chain, signed; everything from the wish on when head office wishes, and from its cursor when nothing is acknowledged for 3 s, 6 s … 30 s. Its journal is a list. That the
product's own uplink speaks the same is what the tests of sync are for.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sync.journal_source import Entry
from sync.mqtt import Tls
from sync.protocol import ZERO, Ack, GateState, HeadOfficeState, Topics
from tests.support_sync import EPOCH, SITE, batch_of, entries, signer

BATCH, WINDOW = 100, 2000
STATE_S, STALL_S, STALL_MAX_S = 5.0, 3.0, 30.0
KEEPALIVE_S = 60


class Gate:
    """One gate. `delays`: seconds from each event of `event` to head office's word that it is committed."""

    def __init__(self, name: str, folder: Path, port: int, backlog: int) -> None:
        self.name, self._port, self._topics = name, port, Topics(SITE, name)
        self._key = signer(name)
        self._public = self._key.public_key().public_bytes_raw()
        self._made = entries(backlog, gate=name)
        self.online, self.acked, self._sent, self._told = False, 0, 0, -1
        self._at, self.delays = dict[int, float](), list[float]()
        self.stalls, self._stall, self._progress_at = 0, STALL_S, 0.0
        client = self.client = Client(CallbackAPIVersion.VERSION2, client_id=f"{SITE}-{name}", protocol=MQTTv5)
        client.max_inflight_messages_set(0)
        client.connect_timeout = 60.0
        client.tls_set_context(Tls(str(folder / "pki" / "ca.pem"), str(folder / f"{name}.pem")).context())
        client.will_set(self._topics.state, self._state(online=False), 1, retain=True)
        client.on_connect = self._connected
        client.on_message = self._heard

    def __repr__(self) -> str:
        return f"{self.name}: {len(self._made)} events, {self._sent} sent, {self.acked} acknowledged"

    @property
    def drained(self) -> bool:
        """Whether head office has everything."""
        return self.acked == len(self._made)

    def connect(self) -> None:
        """The handshake; waits for it."""
        self.client.connect("localhost", self._port, KEEPALIVE_S)

    def event(self) -> None:
        """Something happens at the gate."""
        last = self._made[-1]
        self._made += entries(1, after=last, gate=self.name)
        self._at[last.seq + 1] = time.monotonic()
        self._send()

    def say_state(self) -> None:
        """The retained state, if its numbers have moved."""
        if self._told != self.acked:
            self._told = self.acked
            self.client.publish(self._topics.state, self._state(online=True), 1, retain=True)

    def look(self) -> None:
        """What is sent and not acknowledged in time is sent again."""
        if self._sent > self.acked and time.monotonic() > self._progress_at + self._stall:
            self.stalls += 1
            self._stall = min(2 * self._stall, STALL_MAX_S)
            self._sent = self.acked
            self._send()

    def _state(self, *, online: bool) -> bytes:
        return GateState(online, EPOCH, len(self._made), self.acked, self._public, {"version": "bench"}).to_bytes()

    def _connected(self, client: Client, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            raise ConnectionError(f"{self.name}: {code}")
        client.subscribe([(self._topics.ack, 0), (self._topics.headoffice, 1)])
        self.say_state()

    def _heard(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        if message.topic == self._topics.headoffice:
            if HeadOfficeState.from_bytes(message.payload).online:
                self.online, self._sent = True, self.acked
                self._send()
            return
        ack, now = Ack.from_bytes(message.payload), time.monotonic()
        if ack.seq > self.acked:
            self.acked, self._progress_at, self._stall = ack.seq, now, STALL_S
        self.delays += [now - self._at.pop(seq) for seq in [seq for seq in self._at if seq <= ack.seq]]
        if ack.want > 0:
            self._sent = ack.want - 1
        self._send()

    def _send(self) -> None:
        while self.online and self._sent < min(len(self._made), self.acked + WINDOW):
            piece: list[Entry] = self._made[self._sent : self._sent + BATCH]
            prev = self._made[self._sent - 1].hash if self._sent else ZERO
            payload, content_type = batch_of(piece, prev, key=self._key, gate=self.name).to_payload()
            about = Properties(PacketTypes.PUBLISH)
            about.ContentType = content_type
            self.client.publish(self._topics.events, payload, 1, properties=about)
            if self._sent == self.acked:
                self._progress_at = time.monotonic()
            self._sent = piece[-1].seq


class Fleet:
    """Gates whose sockets one thread serves."""

    def __init__(self, gates: list[Gate]) -> None:
        self.gates = gates
        self._ready = selectors.DefaultSelector()
        self._state_at = dict.fromkeys(range(len(gates)), 0.0)
        self._turn = 0

    def connect(self) -> None:
        """All of them, one handshake after the other."""
        for gate in self.gates:
            gate.connect()
            self._ready.register(gate.client.socket(), selectors.EVENT_READ, gate)
            self.serve(0.0)

    def serve(self, seconds: float) -> None:
        """Wait at most so long for something, and do what is to be done about it."""
        for key, _ in self._ready.select(max(0.0, seconds)):
            gate: Gate = key.data
            gate.client.loop_read()
            while (sock := gate.client.socket()) is not None and sock.pending():  # what TLS has unpacked already
                gate.client.loop_read()
            if gate.client.want_write():
                gate.client.loop_write()
            if gate.client.socket() is None:
                raise ConnectionError(f"{gate.name} was thrown out")
        self._chores()

    def until(self, done: Callable[[Gate], bool], patience_s: float) -> None:
        """Serve until it is so for all gates."""
        until, left = time.monotonic() + patience_s, list(self.gates)
        while left := [gate for gate in left if not done(gate)]:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(left)} gates are not so far: {left[0]}")
            self.serve(0.05)

    def _chores(self) -> None:
        """One gate's in each round."""
        self._turn = (self._turn + 1) % len(self.gates)
        gate, now = self.gates[self._turn], time.monotonic()
        if gate.client.socket() is None:
            return  # its turn to connect has not come
        gate.look()
        if now >= self._state_at[self._turn]:
            self._state_at[self._turn] = now + STATE_S
            gate.say_state()
            gate.client.loop_misc()
