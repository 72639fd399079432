"""uvicorn, as the pages use it: says where it is when it listens, and lets open streams end before it waits for them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI


def options(app: FastAPI, host: str, port: int, cert: str, key: str) -> uvicorn.Config:
    """Over TLS where a certificate is given."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=cert or None,
        ssl_keyfile=key or None,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


class Server(uvicorn.Server):
    """`first`: name and password of the first start, said once on the standard output and nowhere else."""

    def __init__(
        self, config: uvicorn.Config, url: str, first: tuple[str, str] | None, closing: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._url, self._first, self._closing = url, first, closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if not self.started:
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        first = f" · first sign-in: {self._first[0]} {self._first[1]}" if self._first else ""
        print(f"ready · {self._url}:{port}{first}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to end."""
        self._closing()
        super().handle_exit(sig, frame)
