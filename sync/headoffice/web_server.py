"""uvicorn, as the pages use it: says where it is when it listens, and lets open streams end before it waits for them.

Under systemd it says that it is ready, that its loop turns (`WATCHDOG=1`), and that it ends; and the first password goes into a file of the service's own
in /run, never into the log.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from sync.files import write_whole
from sync.headoffice import service

ALIVE_S = 10.0
SIGN_IN = "sign-in"


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
        first = f" · first sign-in: {_told(*self._first)}" if self._first else ""
        print(f"ready · {self._url}:{port}{first}", flush=True)
        service.notify("READY=1", f"STATUS={self._url}:{port}")
        self._alive = asyncio.create_task(_alive())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to end."""
        service.notify("STOPPING=1")
        self._closing()
        super().handle_exit(sig, frame)


async def _alive() -> None:
    while True:
        service.notify("WATCHDOG=1")
        await asyncio.sleep(ALIVE_S)


def _told(name: str, password: str) -> str:
    """Where it can be read: under systemd, where standard output is the log, in a file of the service's own until the machine starts anew."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "")
    if not folder:
        return f"{name} {password}"
    path = Path(folder) / SIGN_IN
    write_whole(path, f"{name} {password}\n".encode())
    return f"sudo cat {path}"
