"""Certificates renew themselves: a gate whose certificate runs out asks in its state, and is answered like with any other instruction.

    gate's state {csr} ──▶ this gate, not revoked, not answered yet? ──▶ a certificate for that key
        ──▶ instruction certificate.install {certificate}: numbered, signed, sent until the gate's journal says that it is in force

Only the gate itself can write its state (the broker's access list), and whoever is revoked gets nothing. The same request is
answered with the same certificate, so a receiver that is started again issues no second one.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from sync.certificates import BadCertificate
from sync.headoffice.authority import Authority
from sync.headoffice.store import Store

log = logging.getLogger(__name__)
ACT = "certificate.install"


class Renewals:
    """One site's. Belongs to the receiver's thread."""

    def __init__(self, store: Store, site: str, authority: Authority) -> None:
        self._store, self._site, self._authority = store, site, authority
        self._asked: dict[str, str] = {}
        self._answered: dict[str, str] = {}

    def heard(self, gate: str, details: Mapping[str, Any]) -> None:
        """A gate's state: whether it asks."""
        csr = details.get("csr")
        if isinstance(csr, str) and csr and self._answered.get(gate) != csr:
            self._asked[gate] = csr

    def work(self) -> None:
        """Answer who has asked. Raises StoreUnavailable; then they are answered later."""
        for gate, csr in list(self._asked.items()):
            self._answer(gate, csr)
            self._answered[gate] = csr
            del self._asked[gate]

    def _answer(self, gate: str, csr: str) -> None:
        if (self._site, gate) not in self._authority.good():
            log.warning("gate %s asks for a certificate and has none that is good: enrol it", gate)
            return
        if ACT in [told.act for told in self._store.told(self._site, gate, only_open=True)]:
            return
        try:
            made = self._authority.issue(self._site, gate, csr.encode())
        except (BadCertificate, UnicodeEncodeError) as e:
            log.warning("gate %s asks for a certificate in vain: %s", gate, e)
            return
        data = json.dumps({"certificate": made.decode()})
        self._store.instruct(self._site, gate, ACT, data, "headoffice", time.time_ns() // 1_000_000)
        log.info("gate %s: its certificate is renewed", gate)
