"""One thread a sign: it holds the line and sends what is newest. Nobody ever waits for it.

    announce → room for one message → frames of the family → pyserial

A sign that was away shows the present message when it is back. A pulled adapter is noticed within a second, without anything to
show; GONE and BUSY are said once. What a board answers is thrown away.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import serial

from drivers.base import DeviceFault, FaultCode, Message, Sink
from drivers.newest import Newest
from drivers.serial_port import IN_USE, PORT_ERRORS
from drivers.signs import SignModule

log = logging.getLogger(__name__)
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
        self._sink, self._retry_s = sink, retry_s
        self._port = serial.serial_for_url(
            url, baudrate=baud, timeout=0, write_timeout=2.0, exclusive=True, do_not_open=True
        )
        self._newest: Newest[Message] = Newest()
        self._shown: Message | None = None
        self._lost: FaultCode | None = None
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
        while not self._closing.is_set():
            try:
                self._open()
                self._fault(None, "")
                self._serve()
            except PORT_ERRORS as error:
                if not self._closing.is_set():
                    self._fault(
                        FaultCode.BUSY if error.args and error.args[0] in IN_USE else FaultCode.GONE, str(error)
                    )
            finally:
                with contextlib.suppress(*PORT_ERRORS):
                    self._port.close()
            self._closing.wait(self._retry_s)

    def _open(self) -> None:
        try:
            self._port.open()
        except ValueError as error:  # a baud rate that this adapter cannot have
            raise OSError(errno.EINVAL, str(error)) from error

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

    def _fault(self, code: FaultCode | None, detail: str) -> None:
        if code is self._lost:
            return
        was, self._lost = self._lost, code
        for each, active in ((was, False), (code, True)):
            if each is not None:
                log.log(logging.WARNING if active else logging.INFO, "%s: %s %s", self.device, each.value, detail)
                self._sink(DeviceFault(self.device, each, active, detail if active else "", time.monotonic_ns()))
