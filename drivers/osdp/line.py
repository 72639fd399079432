"""libosdp's channel over a serial port that may fail at any moment. It never raises into the library: the error is kept, and the
bus's thread looks at it after each turn and opens the port again."""

from __future__ import annotations

import time
from collections.abc import Callable

import serial

from drivers.osdp.frames import Framer
from drivers.port import PORT_ERRORS, Listeners, open_port, shut_port


class Line:
    """The bytes between libosdp and the port. `heard(address, mono_ns)` is called for each good reply."""

    def __init__(
        self, url: str, baud: int, heard: Callable[[int, int], None], noisy: Callable[[int, int], None]
    ) -> None:
        self.url = url
        self.error: BaseException | None = None
        self.id = 0  # libosdp: readers with the same channel share a bus
        self._heard, self._noisy = heard, noisy
        self._framer = Framer()
        self.listeners = Listeners()
        self._port: serial.Serial = serial.serial_for_url(
            url, baudrate=baud, timeout=0, write_timeout=0, exclusive=True, do_not_open=True
        )

    def open(self) -> None:
        """Raises OSError or termios.error."""
        self.error = None
        self._framer = Framer()
        open_port(self._port)

    def close(self) -> None:
        """Never raises."""
        shut_port(self._port)

    # ---- called by libosdp, on the bus's thread

    def read(self, max_bytes: int) -> bytes:
        """What has come."""
        if self.error is not None:
            return b""
        try:
            data = bytes(self._port.read(max_bytes))
        except PORT_ERRORS as error:
            self.error = error
            return b""
        if data:
            now = time.monotonic_ns()
            self.listeners.tell(data, now)
            for frame in self._framer.feed(data):
                if frame.reply:
                    self._heard(frame.address, now)
            if count := self._framer.noise():
                self._noisy(count, now)
        return data

    def write(self, buf: bytes) -> int:
        """Send; what could not be sent is lost, as on a cut cable."""
        if self.error is None:
            try:
                self._port.write(buf)
            except PORT_ERRORS as error:
                self.error = error
        return len(buf)

    def flush(self) -> None:
        """libosdp asks anew: what waits is of no use to it, but shows who lives and how noisy the line is."""
        for _ in range(4):
            if not self.read(1024):
                return
