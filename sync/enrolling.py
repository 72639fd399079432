"""The gate's side of enrolment: ask again and again until head office has answered and a person here has compared codes (enrolment.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from sync.certificates import BadCertificate, issued_by, load, same_key
from sync.enrolment import Offer, Request, offer_topic, request_topic, same_code
from sync.fields import ProtocolError
from sync.inbox import Inbox, Published
from sync.link import Limits, Link, LinkError, Message, Problem

AGAIN_S = 2.0


class NotEnrolled(Exception):
    """It did not come to it; the message says why and what to do."""


def ask_headoffice(
    link: Link,
    request: Request,
    key: ec.EllipticCurvePrivateKey,
    ask: Callable[[], str],
    say: Callable[[str], None],
    timeout_s: float = 900.0,
    again_s: float = AGAIN_S,
) -> Offer:
    """Head office's word with the gate's certificate, both believed. `ask` gives the code that the person types. Raises NotEnrolled."""
    inbox, until = Inbox(), time.monotonic() + timeout_s
    link.subscribe(offer_topic(request.site, request.gate), 1)
    link.connect(inbox)
    believed: Offer | None = None
    again = 0.0
    try:
        while (now := time.monotonic()) < until:
            if now >= again:
                _publish(link, request)
                again = now + again_s
            for item in inbox.take(min(until, again) - now):
                if isinstance(item, Problem):
                    say(f"no connection to the broker: {item.code} {item.detail}")
                elif isinstance(item, Limits):
                    _publish(link, request)
                elif isinstance(item, Message):
                    link.ack(item)
                    with suppress(ProtocolError):
                        offer = Offer.from_bytes(item.payload)
                        if offer.site != request.site or (believed is not None and offer.code != believed.code):
                            continue  # somebody else's word
                        if believed is None:
                            while not same_code(ask(), offer.code):
                                say("that is not the code of the head office that answered: have it read again")
                            believed = offer
                        if offer.certificate:
                            _check(offer, request, key)
                            _done(link, inbox, request)
                            return offer
    finally:
        link.close()
    raise NotEnrolled(
        "head office has not answered: does somebody there run `python -m sync.headoffice enrol`?"
        if believed is None
        else "head office knows this gate's request, but nobody has typed its code there yet"
    )


def _check(offer: Offer, request: Request, key: ec.EllipticCurvePrivateKey) -> None:
    """Raises NotEnrolled: a certificate that could not be used is not taken."""
    try:
        check_certificate(offer.certificate.encode(), offer.authority.encode(), key)
    except BadCertificate as e:
        raise NotEnrolled(f"head office's answer for {request.gate} cannot be used: {e}") from e


def check_certificate(certificate: bytes, authority: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    """Whether this is a certificate of that authority for that key. Raises BadCertificate."""
    made = load(certificate)
    if not issued_by(made, load(authority)):
        raise BadCertificate("the certificate is not signed by its authority")
    if not same_key(made, key):
        raise BadCertificate("the certificate is for another key")


def _publish(link: Link, request: Request) -> int:
    try:
        return link.publish(request_topic(request.site, request.gate), request.to_bytes())
    except LinkError:  # there is no session yet
        return 0


def _done(link: Link, inbox: Inbox, request: Request) -> None:
    """Head office is told that this gate has what it needs; once it has gone out, this end is through."""
    token = _publish(link, replace(request, done=True))
    until = time.monotonic() + 5.0
    while token and (left := until - time.monotonic()) > 0:
        if any(isinstance(item, Published) and item.token == token for item in inbox.take(left)):
            return
