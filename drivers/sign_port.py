"""One thread a sign: it holds the line and sends what is newest. Nobody ever waits for it.

    announce → room for one message → frames of the family → pyserial

A sign that was away shows the present message when it is back. A pulled adapter is noticed within a second, without anything to
show; GONE and BUSY are said once. What a board answers is thrown away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import serial

from drivers.base import Message, Sink
from drivers.faults import Faults
from drivers.newest import Newest
from drivers.port import hold, open_port, shut_port, why_lost
from drivers.signs import SignModule

LOOK_S = 1.0
GAP_S = 0.05
"""Boards want a pause between two frames."""


class SignPort:
    """A sign on a serial line. ValueError when the address has an unknown scheme. `retry_s`: so often it is opened again."""

    def __init__(
        self, device: str, url: str, baud: int, module: SignModule, options: Any, sink: Sink, *, retry_s: float = 2.0
    ) -> None:
        self.device, self.url = device, url
        self._make: Callable[[Message], list[bytes]] = lambda message: module.frames(message, options)
        self._retry_s = retry_s
        self._port = serial.serial_for_url(
            url, baudrate=baud, timeout=0, write_timeout=2.0, exclusive=True, do_not_open=True
        )
        self._newest: Newest[Message] = Newest()
        self._shown: Message | None = None
        self._faults = Faults(device, sink, url)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sign-{device}", daemon=True)

    def announce(self, message: Message) -> None:
        """Show it (drivers.base.Announcer)."""
        self._newest.put(message)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, timeout: float = 3.0) -> None:
        """End the thread and release the port. May be called twice, and before `start`."""
        self._closing.set()
        self._newest.close()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        hold(
            self._closing,
            (self._retry_s, self._retry_s),
            open_=self._open,
            serve=self._serve,
            failed=self._failed,
            shut=partial(shut_port, self._port),
        )

    def _open(self) -> None:
        open_port(self._port)
        self._faults.only(None)

    def _failed(self, error: BaseException) -> None:
        if not self._closing.is_set():
            self._faults.only(why_lost(error), str(error))

    def _serve(self) -> None:
        if self._shown is not None:
            self._send(Message(self._shown.key, self._shown.lines))  # shown again, but not said again
        while not self._closing.is_set():
            message = self._newest.take(LOOK_S)
            if message is not None:
                self._shown = message
                self._send(message)
            self._port.read(1024)  # raises when the adapter was pulled

    def _send(self, message: Message) -> None:
        for data in self._make(message):
            self._port.write(data)
            self._closing.wait(GAP_S)
