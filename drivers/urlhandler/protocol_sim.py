"""pyserial's `sim://name`: the near end of the line whose far end is `drivers.wire.wire(name)`.

`serial.serial_for_url("sim://entry")` finds this module by its name. Baud rate and the like are accepted and mean nothing.
Errors are those of a real port: SerialException with ENOENT (unplugged), EBUSY (open already) or EIO (pulled out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serial.serialutil import PortNotOpenError, SerialBase, SerialException

from drivers.wire import Wire, wire

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PREFIX = "sim://"


class Serial(SerialBase):
    """One opening of a simulated line."""

    _wire: Wire | None = None
    _opening = 0

    def open(self) -> None:
        """Take the near end. Raises SerialException."""
        if self.is_open:
            raise SerialException("Port is already open.")
        name = (self.port or "").lower().removeprefix(PREFIX)
        if not name:
            raise SerialException(f"expected {PREFIX} and a name, not {self.port!r}")
        line = wire(name)
        try:
            self._opening = line.attach()
        except OSError as error:
            raise SerialException(error.errno, f"could not open port {self.port}: {error.strerror}") from error
        self._wire = line
        self.is_open = True

    def close(self) -> None:
        """Give the near end back; a blocked read returns."""
        if self.is_open and self._wire is not None:
            self.is_open = False
            self._wire.cancel()
            self._wire.detach(self._opening)
        super().close()

    def _line(self) -> Wire:
        if not self.is_open or self._wire is None:
            raise PortNotOpenError
        return self._wire

    def _reconfigure_port(self) -> None:
        """SerialBase calls this when a setting changes; memory has no baud rate."""

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        try:
            return self._line().waiting(self._opening)
        except OSError as error:
            raise SerialException(error.errno, str(error)) from error

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes, fewer after the time-out or `cancel_read`."""
        line = self._line()
        try:
            return line.receive(self._opening, size, self.timeout)
        except OSError as error:
            raise SerialException(error.errno, f"read failed: {error.strerror}") from error

    def write(self, data: ReadableBuffer, /) -> int:
        """Send towards the reader."""
        line = self._line()
        taken = bytes(data)
        try:
            line.send(self._opening, taken)
        except OSError as error:
            raise SerialException(error.errno, f"write failed: {error.strerror}") from error
        return len(taken)

    def cancel_read(self) -> None:
        """Make a blocked read return what it has."""
        if self._wire is not None:
            self._wire.cancel()

    def reset_input_buffer(self) -> None:
        """Forget what was received and not read."""
        self._line().drop()

    def reset_output_buffer(self) -> None:
        """Nothing waits to be sent: `write` hands over at once."""
        self._line()
