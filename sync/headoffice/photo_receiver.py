"""Head office's end of the pictures: puts pieces together, proves them, seals them, stores them, and only then says «done».

Several receivers share the gates as those of events do (`shards.py`): what one had put together of a picture begins again at the other.

A thread, a connection and a database session of their own: however slow the place is, an event's acknowledgement does not wait for it.
Pieces that wait for the rest lie in memory, bounded (`MEMORY`, the oldest go first): a restart of head office costs the pictures under way, no
more. When database or place do not answer, head office takes no pictures (its retained state says so) until they do.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from sync.fields import ProtocolError
from sync.headoffice.photo_index import Known, PhotoIndex
from sync.headoffice.photo_places import Place, PlaceUnavailable
from sync.headoffice.shards import Shards
from sync.headoffice.store import Store, StoreUnavailable
from sync.inbox import Owner
from sync.link import Backoff, Limits, Link, LinkError, Message, Problem, Will
from sync.photo_protocol import (
    MAX_PICTURE,
    TOO_LARGE,
    WRONG,
    Photo,
    PhotoAck,
    gate_of_photo,
    photo_ack_topic,
    photo_state_topic,
    photo_topic,
    read_piece,
)
from sync.protocol import JSON_TYPE, HeadOfficeState, Topics
from sync.sealing import CannotOpen, MasterKey, Part

log = logging.getLogger(__name__)
MEMORY = 64 << 20
SWEEP_S = 10.0
_DOWN = (StoreUnavailable, PlaceUnavailable)


class Archive:
    """Pictures as head office has them: the index, the place, the key. Belongs to one thread."""

    def __init__(self, store: Store, site: str, place: Place, key: MasterKey) -> None:
        self.index, self._site, self._place, self._key = PhotoIndex(store, site), site, place, key

    def put(self, gate: str, photo: Photo, data: bytes, at_ms: int) -> None:
        """Seal and store one part, which was proven. Raises StoreUnavailable, PlaceUnavailable."""
        known = self.index.known(gate, photo.picture)
        if known is not None and known.has(photo.part):
            return
        try:
            key, wrapped = (
                (self._key.unwrap(known.key, photo.picture), known.key) if known else self._key.new_key(photo.picture)
            )
        except CannotOpen as e:
            raise PlaceUnavailable(f"the key of pictures is not the one that the others were sealed with: {e}") from e
        name = self._name(gate, photo.picture, photo.part)
        self._place.put(name, key.seal(data, photo.part))
        self.index.add(gate, photo, wrapped, at_ms)
        now = self.index.known(gate, photo.picture)
        if now is not None and bytes(now.key) != wrapped:  # another receiver was first in this moment: its key stands
            self._place.put(name, self._key.unwrap(now.key, photo.picture).seal(data, photo.part))

    def get(self, gate: str, digest: str, part: Part = "picture") -> bytes | None:
        """A picture, or None when it is not here. Raises CannotOpen, StoreUnavailable, PlaceUnavailable."""
        known = self.index.known(gate, digest)
        sealed = self._place.get(self._name(gate, digest, part)) if known and known.has(part) else None
        if known is None or sealed is None:
            return None
        return self._key.unwrap(known.key, digest).open(sealed, part)

    def known(self, gate: str, digest: str) -> Known | None:
        """What is here of a picture."""
        return self.index.known(gate, digest)

    def sweep(self) -> int:
        """Remove from the place what is erased; how many."""
        left = self.index.leftovers()
        for gate, digest in left:
            self._place.remove(self._name(gate, digest, "picture"))
            self._place.remove(self._name(gate, digest, "thumbnail"))
            self.index.removed(gate, digest)
        return len(left)

    def _name(self, gate: str, digest: str, part: Part) -> str:
        return f"{self._site}/{gate}/{digest[:2]}/{digest}.{'sealed' if part == 'picture' else 'thumb'}"


@dataclass(slots=True)
class _Partial:
    photo: Photo
    pieces: list[bytes] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return len(self.pieces) == self.photo.count


class PhotoReceiver(Owner):
    """Receives over `link`; link and store are this receiver's alone and closed by `stop`."""

    THREAD = "headoffice-photos"

    def __init__(
        self, link: Link, store: Store, site: str, place: Place, key: MasterKey, shards: Shards | None = None
    ) -> None:
        super().__init__()
        self._link, self._store, self._site, self._place = link, store, site, place
        self._shards = shards
        self._topics = Topics(site, "+")
        self.problem = "not connected yet"
        """Why no pictures are taken just now; empty when they are."""
        self.taken = 0
        """Pictures and thumbnails since the start."""
        # From here on: the thread's own.
        self._archive = Archive(store, site, place, key)
        self._partials: OrderedDict[tuple[str, str], _Partial] = OrderedDict()
        self._held = 0
        self._connected, self._up = False, False
        self._sweep_at = 0.0
        self._backoff = Backoff(0.5, 30.0)

    # ---- the thread

    def _run(self) -> None:
        self._link.subscribe(photo_topic(self._topics, "+"), 1)
        if self._shards is not None:  # the last will of one of several receivers speaks for all
            self._link.subscribe(photo_state_topic(self._topics), 1)
        self._link.connect(self._inbox, Will(photo_state_topic(self._topics), HeadOfficeState(False).to_bytes()))
        try:
            while not self._stopping:
                self._round()
            if self._shards is None or self._shards.alone:
                self._say(HeadOfficeState(False))
        finally:
            self._link.close()
            self._store.close()

    def _round(self) -> None:
        items = self._inbox.take(min(self._sweep_at - time.monotonic(), 60.0), 64)
        for item in items:
            if isinstance(item, Limits):
                self._connected = True
                if self._up:
                    self._hello()
            elif isinstance(item, Problem):
                self._connected = False
                self.problem = f"no connection to the broker: {item.code} {item.detail}"
        acks: dict[tuple[str, str], PhotoAck] = {}
        try:
            if time.monotonic() >= self._sweep_at:
                self._sweep()
            for item in items:
                if isinstance(item, Message) and self._up:
                    self._piece(item, acks)
        except _DOWN as e:
            self._down(e)
        for item in items:
            if isinstance(item, Message):
                self._link.ack(item)
        for (gate, _), ack in acks.items():
            self._answer(gate, ack)

    def _sweep(self) -> None:
        self._archive.sweep()
        self._sweep_at = time.monotonic() + SWEEP_S
        if not self._up:
            self._up = True
            self._backoff.reset()
            log.info("pictures of site %s are taken, into %s", self._site, self._place.name)
            if self._connected:
                self._hello()

    def _down(self, e: Exception) -> None:
        if self._up or self.problem != str(e):
            log.error("no pictures are taken: %s", e)
        if self._up and self._connected:
            self._say(HeadOfficeState(False))
        self._up, self.problem = False, str(e)
        self._sweep_at = time.monotonic() + self._backoff.next()

    # ---- pieces

    def _piece(self, message: Message, acks: dict[tuple[str, str], PhotoAck]) -> None:
        try:
            if message.topic == photo_state_topic(self._topics):
                if not HeadOfficeState.from_bytes(message.payload).online:
                    self._hello()
                return
            gate = gate_of_photo(message.topic)
            if self._shards is not None and not self._shards.owns(gate):
                return
            photo, n = read_piece(message.payload, message.user)
        except ProtocolError as e:
            log.warning("%s: not understood: %s", message.topic[:80], e)
            return
        key = (gate, photo.digest)
        said = partial(PhotoAck, photo.digest)
        if photo.size > MAX_PICTURE:
            acks[key] = said(0, refused=TOO_LARGE)
            return
        of = self._partials.get(key)
        if of is None or of.photo != photo:
            known = self._archive.known(gate, photo.picture)
            if known is not None and known.has(photo.part):
                acks[key] = said(photo.count, done=True)
                return
            self._forget(key)
            of = self._partials[key] = _Partial(photo)
        self._partials.move_to_end(key)
        if n == len(of.pieces):
            of.pieces.append(message.payload)
            self._held += len(message.payload)
            self._bound()
        if of.whole:
            acks[key] = self._complete(key, of)
        else:
            acks[key] = said(len(of.pieces), again=n > len(of.pieces))

    def _complete(self, key: tuple[str, str], of: _Partial) -> PhotoAck:
        gate, photo = key[0], of.photo
        data = b"".join(of.pieces)
        said = partial(PhotoAck, photo.digest)
        if hashlib.sha256(data).hexdigest() != photo.digest:
            log.error("a picture of gate %s is not what its name says", gate)
            self._forget(key)
            return said(0, refused=WRONG)
        refused = self._archive.index.objection(gate, photo)
        if refused:
            return said(photo.count, refused=refused)  # its pieces stay for a while: the event may be on its way
        self._archive.put(gate, photo, data, time.time_ns() // 1_000_000)
        self._forget(key)
        self.taken += 1
        return said(photo.count, done=True)

    def _bound(self) -> None:
        while self._held > MEMORY and len(self._partials) > 1:
            self._forget(next(iter(self._partials)))

    def _forget(self, key: tuple[str, str]) -> None:
        of = self._partials.pop(key, None)
        if of is not None:
            self._held -= sum(map(len, of.pieces))

    # ---- what is said

    def _answer(self, gate: str, ack: PhotoAck) -> None:
        with suppress(LinkError):  # the gate asks again
            self._link.publish(photo_ack_topic(Topics(self._site, gate)), ack.to_bytes(), qos=0, content_type=JSON_TYPE)

    def _hello(self) -> None:
        self.problem = ""
        self._say(HeadOfficeState(True, secrets.token_hex(4)))

    def _say(self, state: HeadOfficeState) -> None:
        with suppress(LinkError):  # the next session begins with it
            self._link.publish(photo_state_topic(self._topics), state.to_bytes(), retain=True, content_type=JSON_TYPE)
