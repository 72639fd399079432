"""Head office's end: takes batches from the link, has them written, and only then says so.

One thread owns everything: the ledger, the store, the inbox; another, before it, verifies what is in the messages and hands them on in their
order (`verifier.py`). Each round takes what lies in the inbox (at most `group` messages), has the ledger write all that is accepted in **one
transaction** (events and watermarks together), and only then sends our acknowledgements (`answers.py`) and the broker's. The broker's acknowledgement is flow
control and nothing else: a batch that was not written is acknowledged to the broker all the same, and comes again from
the gate's cursor.

When the database cannot be written, head office says offline (retained), so that the gates wait instead of sending into
the void; it says online again when the database answers, with a new session word, and the gates start from their cursors.

A receiver serves one site, because a last will has one topic. More gates than one receiver can take are sharded over several
(`shards.py`; `$share` would break the order). When one of them dies, its last will says offline for all: the living say online again.
"""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, replace

from sync.fields import ProtocolError
from sync.headoffice.answers import Answers
from sync.headoffice.authority import Authority
from sync.headoffice.hearing import Hearing
from sync.headoffice.intake import ChainId, Verified
from sync.headoffice.ledger import Ledger
from sync.headoffice.registrar import Registrar
from sync.headoffice.renewals import Renewals
from sync.headoffice.shards import Shards
from sync.headoffice.status import Board, ReceiverStatus
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.teller import Teller
from sync.headoffice.verifier import EVENTS, Checked, Verifier
from sync.inbox import Item, Owner, Published
from sync.instructions import Sign
from sync.link import Backoff, Limits, Link, LinkError, Message, Problem, Will
from sync.protocol import HEADOFFICE, JSON_TYPE, WANT, GateState, HeadOfficeState, Topics, gate_of
from sync.registry_protocol import Want

log = logging.getLogger(__name__)
HELLO_S = 0.3
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class ReceiverOptions:
    """`trust_first_contact`: pin the key of a gate that is heard for the first time; otherwise it must be enrolled."""

    site: str
    trust_first_contact: bool = False
    ack_interval_s: float = 2.0
    want_interval_s: float = 1.0
    sign: Sign | None = None
    """Head office's signature; without it no gate is told anything."""
    authority: Authority | None = None
    """Whose certificates the gates have; without it nobody's is renewed."""
    name: str = ""
    """This receiver's name among several of the site; without it there is no other."""
    group: int = 50
    """Messages in one transaction, a full batch counting as three: about half of what the broker sends unacknowledged, so that
    the other half is on its way and verified meanwhile."""
    retry_s: tuple[float, float] = (0.5, 30.0)


class Receiver(Owner):
    """Receives over `link` into `store`; both are this receiver's alone and closed by `stop`."""

    THREAD = "headoffice"

    def __init__(self, link: Link, store: Store, options: ReceiverOptions) -> None:
        super().__init__()
        self._link, self._store, self._options = link, store, options
        self._topics = Topics(options.site, "+")
        self.rounds = 0
        """How often its thread went round; it does at least once a minute."""
        self._board = Board(options.site, store.name)
        # From here on: the thread's own.
        self._ledger = Ledger(
            store,
            self._board,
            options.site,
            trust_first_contact=options.trust_first_contact,
            want_interval_s=options.want_interval_s,
        )
        self.shards = Shards(store, options.site, options.name)
        self._ledger.shared = bool(options.name)
        self._verifier = Verifier(options.site, self.shards.owns, self._inbox)
        self._teller = Teller(store, options.site, options.sign, self.shards.owns) if options.sign else None
        self._registrar = Registrar(store, options.site, options.sign, self.shards.owns) if options.sign else None
        self._hearing = Hearing(store, options.site)
        self._renewals = Renewals(store, options.site, options.authority) if options.authority else None
        self._answers = Answers(link, self._ledger, options.site, self.shards.owns, options.ack_interval_s)
        self._connected, self._said_no_link = False, False
        self._store_ok, self._said_no_store = False, False
        self._retry_at = 0.0
        self._backoff = Backoff(*options.retry_s)
        self._hello_at = _NEVER

    def look(self) -> None:
        """Somebody may have told a gate something: send it now. Any thread (bell.py)."""
        if self._teller is not None:
            self._teller.look_at = 0.0
            self._inbox.wake()

    def status(self) -> ReceiverStatus:
        """As it is now; any thread."""
        return self._board.status

    # ---- the thread

    def _run(self) -> None:
        self._link.subscribe(self._topics.events, 1)
        self._link.subscribe(self._topics.state, 1)
        self._link.subscribe(self._topics.registry_want, 1)
        self._verifier.start()
        self._link.connect(self._verifier.handler, Will(self._topics.headoffice, HeadOfficeState(False).to_bytes()))
        try:
            while not self._stopping and self._verifier.alive:
                self._round()
            self._goodbye()
        finally:
            self._link.close()
            self._verifier.stop()
            self._store.close()

    def _round(self) -> None:
        self.rounds += 1
        now = time.monotonic()
        if not self._store_ok and now >= self._retry_at:
            self._open_store(now)
        wake_at = (
            min(self._answers.repeat_at, self.shards.beat_at, self._hello_at) if self._store_ok else self._retry_at
        )
        if self._store_ok:
            wake_at = min(wake_at, self._hearing.write_at)
            for sayer in (self._teller, self._registrar):
                if sayer is not None and self._connected:
                    wake_at = min(wake_at, sayer.look_at)
        items = self._inbox.take(min(wake_at - now, 60.0), self._options.group, _weight)
        now = time.monotonic()
        for item in items:
            if isinstance(item, Limits):
                self._connected, self._said_no_link = True, False
                self._board.link("")
                if self._store_ok:
                    self._hello(now)
            elif isinstance(item, Problem):
                problem = f"no connection to the broker: {item.code} {item.detail}"
                if not self._said_no_link:
                    log.warning(problem)
                self._connected, self._said_no_link = False, True
                self._board.link(problem)
        messages = [i for i in items if isinstance(i, Message)]
        batches, unreadable, wants = self._read(messages)
        if self._store_ok:
            try:
                for where, why in unreadable:
                    self._ledger.alarm(where, "unreadable", why, now)
                if self.shards.beat(now):
                    self._moved(now)
                self._answers.say(self._ledger.take([b for b in batches if self.shards.owns(b.where.gate)], now))
                if now >= self._hello_at:
                    self._hello(now)
                if now >= self._answers.repeat_at:
                    self._answers.repeat(now)
                self._hearing.work(now)
                if self._renewals is not None:
                    self._renewals.work()
                if self._teller is not None and self._connected:
                    self._teller.work(self._link, now)
                if self._registrar is not None and self._connected:
                    for gate, want in wants:
                        self._registrar.wanted(gate, want, now)
                    self._registrar.work(self._link, now)
            except StoreUnavailable as e:
                self._close_store(e, now)
        for message in messages:
            self._link.ack(message)
        self._board.publish()

    def _read(
        self, messages: list[Message]
    ) -> tuple[list[Verified], list[tuple[ChainId, str]], list[tuple[str, Want]]]:
        """The batches among the messages, what cannot be read, what is wanted of the registry; states go to the board."""
        batches: list[Verified] = []
        wants: list[tuple[str, Want]] = []
        unreadable: list[tuple[ChainId, str]] = []
        for message in messages:
            gate = "?"
            try:
                gate, what = gate_of(message.topic)
                if (
                    gate == HEADOFFICE
                ):  # our own state comes back to us, or another receiver's; and no gate may be called so
                    self._another_says(HeadOfficeState.from_bytes(message.payload))
                    continue
                if isinstance(message, Checked):
                    if isinstance(message.found, str):
                        raise ProtocolError(message.found)
                    batches.append(message.found)
                elif what == EVENTS:
                    continue  # another receiver's; if its gate is ours since then, it was told from where to send
                elif what == WANT:
                    wants.append((gate, Want.from_bytes(message.payload)))
                elif message.payload:
                    state = GateState.from_bytes(message.payload)
                    self._board.heard(gate, state)
                    self._answers.heard(gate, state.epoch, state.acked)
                    if self.shards.owns(gate):
                        self._hearing.heard(gate, state)
                    if self._teller is not None:
                        self._teller.heard(gate, state.online)
                    if self._registrar is not None:
                        self._registrar.heard(gate, state)
                    if self._renewals is not None and self.shards.owns(gate):
                        self._renewals.heard(gate, state.details)
            except ProtocolError as e:
                unreadable.append((ChainId(self._options.site, gate, ""), str(e)))
        return batches, unreadable, wants

    # ---- what is said

    def _moved(self, now: float) -> None:
        """Somebody came or went: the marks of the gates that are ours now are read anew, and each is told from where to go on."""
        log.info("receivers alive: %s", ", ".join(self.shards.members))
        self._ledger.open()
        ours = [(gate, ack) for gate, ack in self._ledger.acks() if self.shards.owns(gate)]
        self._answers.say((gate, replace(ack, want=ack.seq + 1)) for gate, ack in ours)

    def _another_says(self, state: HeadOfficeState) -> None:
        """The last will of one of several speaks for all: whoever lives says online again, the first by name first."""
        if not self.shards.name or not (self._store_ok and self._connected):
            return
        self._hello_at = _NEVER if state.online else time.monotonic() + HELLO_S * self.shards.rank

    def _hello(self, now: float) -> None:
        """Online, with a new session word: whatever was under way to us may be lost."""
        self._hello_at = _NEVER
        for sayer in (self._teller, self._registrar):
            if sayer is not None:
                sayer.forget()
        self._say(HeadOfficeState(True, secrets.token_hex(4)))
        self._answers.repeat(now, everyone=True)

    def _say(self, state: HeadOfficeState) -> int:
        try:
            return self._link.publish(self._topics.headoffice, state.to_bytes(), retain=True, content_type=JSON_TYPE)
        except LinkError:
            return 0  # the next session begins with it

    def _goodbye(self) -> None:
        if self._store_ok:
            with suppress(StoreUnavailable):
                self.shards.leave()
        if not self.shards.alone:
            return  # the others go on
        token = self._say(HeadOfficeState(False)) if self._connected else 0
        until = time.monotonic() + 1.0
        while token and (left := until - time.monotonic()) > 0:
            for item in self._inbox.take(left):
                if isinstance(item, Problem) or (isinstance(item, Published) and item.token == token):
                    return

    # ---- the database

    def _open_store(self, now: float) -> None:
        try:
            self._ledger.open()
        except StoreUnavailable as e:
            self._close_store(e, now)
            return
        self._store_ok, self._said_no_store = True, False
        self._backoff.reset()
        self._board.store("")
        log.info("the database is open: %s", self._store.name)
        if self._connected:
            self._hello(now)

    def _close_store(self, e: StoreUnavailable, now: float) -> None:
        if not self._said_no_store:
            log.error("the database does not answer: %s (%s)", e, e.hint)
        if self._store_ok and self._connected:
            self._say(HeadOfficeState(False))
        self._store_ok, self._said_no_store = False, True
        self._retry_at = now + self._backoff.next()
        self._board.store(str(e), e.hint)


def _weight(item: Item) -> int:
    return 1 + len(item.found.rows) // 50 if isinstance(item, Checked) and isinstance(item.found, Verified) else 1
