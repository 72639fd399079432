"""Start and stop of a gate: one task group around one loop.

Start: the store first (nothing may happen that cannot be recorded), then `gate.started`, devices, head office, and last the page.
Ready means that a card would be answered and the page is served. Stop, on SIGTERM or Ctrl-C: no new commands, relays released, what was observed is
written, `gate.stopped`, the uplink may finish what is under way, threads end. A second signal does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from edge import systemd
from edge.errors import DeviceError, StoreError
from edge.settings import Settings
from edge.simulate import announce
from edge.store.config_versions import Versions
from edge.store.db import Store, Tx
from edge.store.files import write_whole
from edge.wiring import House

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """uvicorn inside our loop; signals are ours."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serves = asyncio.Event()
        """Set when it accepts connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's own, and then says so."""
        await super().startup(sockets)
        self.serves.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: `run` below listens for signals."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a port in use is said in words before anything starts. Raises DeviceError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it. asyncio sets it only on sockets that were made with proto=IPPROTO_TCP, and without it
    # every answer's body waits 40 ms for the browser's delayed acknowledgement of its head.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)  # binding alone may succeed beside somebody who does not listen yet
    except OSError as e:
        sock.close()
        raise DeviceError(
            f"端口 {host}:{port} 无法使用 · cannot be used: {e.strerror}",
            f"另一个程序占用了它：ss -ltnp 'sport = :{port}'，或改 [api] port · stop the other program or change [api] port",
        ) from e
    return sock


def stop_event(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """Set by SIGTERM or SIGINT; a second one ends the process at once."""
    stop = asyncio.Event()

    def asked(number: int) -> None:
        if stop.is_set():
            log.warning("second signal: not waiting any longer")
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked, number)
    return stop


async def run(settings: Settings, say: Callable[[str], None] = print, versions: Versions | None = None) -> bool:
    """A whole gate until it is told to stop; whether it has to begin again, with another configuration. Raises GateError when it
    cannot start. `versions`: of the configuration, where it may be changed as the gate runs."""
    stop = stop_event(asyncio.get_running_loop())
    sock = listen(settings.api.host, settings.api.port)
    try:
        house = await House.build(settings, versions=versions)
    except BaseException:
        sock.close()
        raise
    try:
        config = uvicorn.Config(
            house.app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=2,
            ssl_certfile=house.tls and str(house.tls[0]),
            ssl_keyfile=house.tls and str(house.tls[1]),
        )
        server = Server(config)
        await house.start()
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        await _served(server, serving)
        if serving.done():
            await serving
        await house.configuring.ready()
        settle()
        scheme = "https" if house.tls else "http"
        host, port = sock.getsockname()[:2]
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        announce(settings, house.console, f"{scheme}://{shown}:{port}")
        say(f"{settings.gate.name} ready · {scheme}://{shown}:{port} · {not_into_the_journal(house.how_to_sign_in)}")
        sys.stdout.flush()
        systemd.notify("READY=1", f"STATUS={settings.gate.name} on {host}:{port}")
        beat = asyncio.create_task(_watchdog(house.store))
        waiting = asyncio.create_task(stop.wait())
        anew = asyncio.create_task(house.configuring.begin_again.wait())
        await asyncio.wait({serving, waiting, anew}, return_when=asyncio.FIRST_COMPLETED)
        systemd.notify("STOPPING=1")
        for task in (beat, waiting, anew):
            task.cancel()
        house.closing()
        server.should_exit = True
        await serving
    finally:
        again = house.configuring.begin_again.is_set() and not stop.is_set()
        await house.stop("asked" if stop.is_set() else "configuration" if again else "error")
        sock.close()
    say(f"{settings.gate.name} stopped")
    return again


def settle() -> None:
    """What a gate is built of stays as long as it runs, so the collector need not walk it again and again: 200,000 objects, for which a card
    and a tap waited 50 to 220 ms each time (measured on two busy cores with five years of history)."""
    gc.collect()
    gc.freeze()


async def _served(server: Server, serving: asyncio.Task[None]) -> None:
    """Wait until the page's server accepts connections, or has ended (its own task says why)."""
    listening = asyncio.create_task(server.serves.wait())
    try:
        await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        listening.cancel()


async def _watchdog(store: Store) -> None:
    """Tell systemd that the loop turns and that the thread that writes answers: it restarts a gate that hangs."""
    every = systemd.watchdog_s()
    while every is not None:
        if await answers(store, every):
            systemd.notify("WATCHDOG=1")
        await asyncio.sleep(every)


async def answers(store: Store, within_s: float) -> bool:
    """Whether the writer's thread does something when it is asked. A full disk is an answer: a restart would not mend that."""
    try:
        async with asyncio.timeout(within_s):
            await store.transact(_nothing, urgent=True)
    except TimeoutError:
        log.error("the thread that writes the journal has not answered for %g s", within_s)
        return False
    except StoreError:
        return True
    return True


def _nothing(_tx: Tx) -> None:
    """An empty transaction changes no page and costs no sync."""


def not_into_the_journal(sign_in: str) -> str:
    """How to sign in, which may name a PIN: the journal keeps what it hears for months. Under systemd it goes to a file of the
    unit's runtime folder instead, which this user alone can read and which is gone when the gate stops."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if not folder or not systemd.to_journal(sys.stdout):
        return sign_in
    path = Path(folder) / "sign-in"
    write_whole(path, f"{sign_in}\n".encode())
    return f"登录 sign in: sudo cat {path}"
