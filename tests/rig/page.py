"""A tablet at the gate: it listens to the stream and remembers what it was told, so that it can be held against the journal."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
from typing import Any

PORT = 18080


class Page(threading.Thread):
    """One connection to /api/v1/stream from outside the guest, until it breaks or `close`."""

    def __init__(self, user: str, pin: str) -> None:
        """Signs in. Raises OSError when the gate does not answer, PermissionError when it does not let this person in."""
        super().__init__(daemon=True)
        self.told: dict[int, dict[str, Any]] = {}
        """Every event of the journal that this page was told, by its number."""
        self.acked = 0
        """Up to where it was told that head office has everything."""
        self.beats = 0
        self._changed = threading.Condition()
        self._connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        body = json.dumps({"user": user, "pin": pin, "device": "rig"})
        self._connection.request("POST", "/api/v1/session", body, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        cookie = answer.getheader("Set-Cookie")
        if cookie is None:
            raise PermissionError(said.decode())
        self._headers = {"Cookie": cookie.partition(";")[0]}

    def run(self) -> None:
        try:
            self._connection.request("GET", "/api/v1/stream", headers=self._headers)
            kind = ""
            with self._connection.getresponse() as answer:
                for line in answer:
                    kind = self._line(kind, line.decode().rstrip("\n"))
        except (OSError, http.client.HTTPException):
            return  # the power is cut, as it should be
        finally:
            self._connection.close()

    def _line(self, kind: str, line: str) -> str:
        name, _, value = line.partition(": ")
        if name == "event":
            return value
        if name == "data":
            with self._changed:
                self._take(kind, json.loads(value))
                self._changed.notify_all()
        return kind

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "journal":
            self.told[data["seq"]] = data
        elif kind == "state":
            self.acked = max(self.acked, data["sync"]["acked"])
        elif kind == "beat":
            self.beats += 1

    def wait_told(self, more_than: int, timeout_s: float) -> bool:
        """Wait until it was told of so many events."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.told) > more_than, timeout_s)
