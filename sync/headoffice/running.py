"""Head office's processes that go on until they are asked to end: receiving, and the index beside it.

    run     receiver · bell · pictures · retention · figures for Prometheus, each on threads of its own (README lists them)
    index   the follower alone

Taking in what gates send matters more than anything else: a key, a certificate or a place for pictures that is not in order is said, and the rest goes on.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading

from sync.headoffice import metrics, service
from sync.headoffice.bell import Bell
from sync.headoffice.config import Config, ConfigError
from sync.headoffice.desk import Desk
from sync.headoffice.follower import Follower
from sync.headoffice.index import Indexer
from sync.headoffice.photo_receiver import PhotoReceiver
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.retention_round import RetentionRound
from sync.headoffice.shards import Shards
from sync.headoffice.store import StoreUnavailable
from sync.mqtt import MqttLink

log = logging.getLogger("headoffice")


def run(config: Config, name: str, metrics_at: str) -> int:
    """Receive one site's gates, until asked to end. `name`: of this receiver, "" where there is but one; `metrics_at`: HOST:PORT or "". Returns the exit status."""
    try:
        sign = config.signing().sign
    except ConfigError as e:  # taking in what gates send matters more
        log.error("%s: gates are told nothing until this is mended and head office started again", e)
        sign = None
    try:
        authority = config.renewing()
        if authority is not None:
            config.own_certificate(authority)
    except ConfigError as e:
        log.error("%s: no certificate is renewed until this is mended and head office started again", e)
        authority = None
    options = ReceiverOptions(
        config.site, trust_first_contact=config.trust_first_contact, sign=sign, authority=authority, name=name
    )
    receiver = Receiver(MqttLink(config.mqtt(name)), config.open_store(), options)
    try:
        no_more = metrics.serve(config.open_store, config.site, metrics_at) if metrics_at else None
    except (OSError, ValueError) as e:
        print(f"headoffice: --metrics {metrics_at}: {e}", file=sys.stderr)
        return 2
    ended = _asked_to_end()
    receiver.start()
    bell = Bell(config.open_store(), [receiver.look])
    bell.start()
    photos = _photo_receiver(config, receiver.shards if name else None)
    keeping = RetentionRound(config.open_store(), config.site, config.retention)
    keeping.start()
    trust = "first contact is trusted" if config.trust_first_contact else "gates must be enrolled"
    log.info("receiving site %s, %s", config.site, trust)
    service.notify("READY=1", f"STATUS=site {config.site}, {trust}")
    rounds = -1
    while not ended.wait(5.0):
        if not receiver.alive or (photos is not None and not photos.alive):
            log.critical("the receiver has died; the message above says why")
            return 1
        if receiver.rounds != rounds:
            rounds = receiver.rounds
            service.notify("WATCHDOG=1")
    service.notify("STOPPING=1")
    if no_more is not None:
        no_more()
    keeping.stop()
    if photos is not None:
        photos.stop()
    bell.stop()
    receiver.stop()
    log.info("ended")
    return 0


def _photo_receiver(config: Config, shards: Shards | None) -> PhotoReceiver | None:
    """Begun, where pictures are wanted. What is wrong with them keeps no event away."""
    if not config.takes_photos:
        return None
    try:
        place, key = config.place(), config.picture_key()
    except ConfigError as e:
        log.error("%s: no pictures are taken until this is mended and head office started again", e)
        return None
    name = f"{shards.name}-photos" if shards else "photos"
    made = PhotoReceiver(MqttLink(config.mqtt(name)), config.open_store(), config.site, place, key, shards)
    made.start()
    return made


def index(config: Config, *, rebuild: bool) -> int:
    """Follow the events with the index, until asked to end; `rebuild`: made again from the events first. Returns the exit status."""
    store = config.open_store()
    try:
        if rebuild:
            Indexer(store, config.site).rebuild()
            Desk(store, config.site).rebuild()
    except StoreUnavailable as e:
        print(f"headoffice: {e}\n  {e.hint}", file=sys.stderr)
        return 1
    finally:
        store.close()
    follower = Follower(config.open_store(), config.site)
    ended = _asked_to_end()
    follower.start()
    ended.wait()
    follower.stop()
    return 0


def _asked_to_end() -> threading.Event:
    """Set by SIGTERM and Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended
