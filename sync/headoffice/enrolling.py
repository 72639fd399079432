"""`enrol GATE` at head office: hears a new gate, has a person compare codes, gives it its certificate.

The person types the code that the technician reads from the gate's screen. Until it has been typed nothing is issued, and a
request of anybody else (another code) changes nothing: it is named, and the waiting goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from sync.certificates import BadCertificate
from sync.enrolment import Offer, Request, offer_topic, request_topic, same_code
from sync.fields import ProtocolError
from sync.headoffice.authority import Authority
from sync.headoffice.broker import BrokerFiles
from sync.headoffice.store import Store
from sync.inbox import Inbox
from sync.link import Limits, Link, LinkError, Message, Problem

Say = Callable[[str], None]


class NotEnrolled(Exception):
    """It did not come to it; the message says why and what to do."""


def enrol(
    link: Link,
    gate: str,
    offer: Offer,
    authority: Authority,
    store: Store,
    broker: BrokerFiles | None,
    ask: Callable[[], str],
    say: Say,
    timeout_s: float = 900.0,
) -> None:
    """Until the gate has its certificate. `ask` gives what the person types. Raises NotEnrolled, StoreUnavailable."""
    inbox, until = Inbox(), time.monotonic() + timeout_s
    link.subscribe(request_topic(offer.site, gate), 1)
    link.connect(inbox)
    try:
        request = _heard(link, inbox, gate, offer, say, until)
        while not same_code(ask(), request.code):
            say("that is not the code of the gate that is asking: have the technician read it again")
        try:
            certificate = authority.issue(offer.site, gate, request.csr.encode())
        except (BadCertificate, ValueError) as e:
            raise NotEnrolled(str(e)) from e
        store.enrol(offer.site, gate, request.key, "enrolled", time.time_ns() // 1_000_000, replace=True)
        todo = (
            broker.lists() if broker else "no broker_files are configured: the broker's access list is yours to write"
        )
        _give(link, inbox, gate, replace(offer, certificate=certificate.decode()), request, until)
        say(f"{offer.site}/{gate} is enrolled" + (f"; {todo}" if todo else ""))
    finally:
        link.close()


def _heard(link: Link, inbox: Inbox, gate: str, offer: Offer, say: Say, until: float) -> Request:
    """The gate's request; the gate hears our offer, without a certificate yet."""
    say(
        f"waiting for {offer.site}/{gate}: on the gate, `python -m edge enrol`. Read this code to the technician: {offer.code}"
    )
    for request in _requests(link, inbox, gate, offer.site, until, say):
        _publish(link, gate, offer)
        return request
    raise NotEnrolled(
        "nothing was heard of the gate: is it switched on, and does it reach the broker's enrolment port?"
    )


def _give(link: Link, inbox: Inbox, gate: str, offer: Offer, request: Request, until: float) -> None:
    _publish(link, gate, offer)
    for again in _requests(link, inbox, gate, offer.site, until, lambda _words: None):
        if again.code == request.code:
            if again.done:
                return
            _publish(link, gate, offer)
    raise NotEnrolled("the gate has not confirmed its certificate: run `enrol` again, it gets the same one")


def _requests(link: Link, inbox: Inbox, gate: str, site: str, until: float, say: Say) -> Iterator[Request]:
    """What asks under this name, until the time is over. Raises NotEnrolled when the broker refuses us."""
    refused = ""
    while (left := until - time.monotonic()) > 0:
        for item in inbox.take(min(left, 5.0)):
            if isinstance(item, Problem):
                if item.code == "refused":
                    raise NotEnrolled(f"the broker refuses head office: {item.detail}")
                if item.detail != refused:
                    refused = item.detail
                    say(f"no connection to the broker: {item.code} {item.detail}")
            elif isinstance(item, Message):
                link.ack(item)
                with suppress(ProtocolError):
                    request = Request.from_bytes(item.payload)
                    if (request.site, request.gate) == (site, gate):
                        yield request
            elif isinstance(item, Limits):
                refused = ""


def _publish(link: Link, gate: str, offer: Offer) -> None:
    with suppress(LinkError):  # the gate asks again
        link.publish(offer_topic(offer.site, gate), offer.to_bytes())
