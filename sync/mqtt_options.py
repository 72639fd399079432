"""Where the broker is, and how to be sure that it is the right one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class _TlsSocket(ssl.SSLSocket):
    """paho forgets to close the socket of a handshake that failed."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM. `ca` empty: the system's authorities. `cert` and `key`: what this end shows (both in one file: `cert`).

    `anyone`: whoever answers is spoken to. Only for enrolment, where two codes vouch for both ends (enrolment.py).
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    anyone: bool = False

    def context(self) -> ssl.SSLContext:
        """Built anew for each connection, so that a renewed certificate is used. Raises OSError (ssl.SSLError is one)."""
        for path in (self.ca, self.cert, self.key):
            if path and not Path(path).is_file():
                raise FileNotFoundError(f"no file {path}")
        context = ssl.create_default_context(cafile=self.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _TlsSocket
        if self.anyone:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            context.load_cert_chain(self.cert, self.key or None)
        return context


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """Where and how to connect. `receive_maximum`: QoS 1 messages that we take before acknowledging one."""

    host: str
    port: int
    client_id: str
    tls: Tls | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    keepalive_s: int = 15
    timeout_s: float = 10.0
    receive_maximum: int = 100
    backoff_s: tuple[float, float] = (0.5, 30.0)

    @classmethod
    def from_url(cls, url: str, client_id: str, *, tls: Tls | None = None, **more: Any) -> MqttOptions:
        """`mqtt://[user:password@]host[:port]`, or `mqtts://` for TLS (1883 and 8883 by default). Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"a broker is named mqtt://host:port or mqtts://host:port, not {url!r}")
        secure = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if secure else 1883),
            client_id=client_id,
            tls=(tls or Tls()) if secure else None,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            **more,
        )
