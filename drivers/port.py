"""What every serial line has in common: how its port is opened and fails, how long it rests before the next try, and who listens in.

    hold: open → serve → (it fails) → shut → pause, longer each time → open …

Whatever goes wrong with a port is one of PORT_ERRORS: SerialException is an OSError, a terminal that has vanished a termios.error.
The address chooses the transport (`serial_for_url`): /dev/serial/by-id/…, a pty's path, loop://, sim://, socket://.
"""

from __future__ import annotations

import contextlib
import errno
import termios
import threading
import time
from collections.abc import Callable

import serial

from drivers.base import FaultCode

HANDLERS = "drivers.urlhandler"
if HANDLERS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(HANDLERS)

PORT_ERRORS = (OSError, termios.error)
LOST = (FaultCode.GONE, FaultCode.BUSY)
_IN_USE = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})


def address_problem(url: str) -> str:
    """Why no line can ever have this address; empty: it may be one, whether there is something or not."""
    try:
        serial.serial_for_url(url, do_not_open=True)
    except (ValueError, *PORT_ERRORS) as error:
        return str(error)
    return ""


def open_port(port: serial.Serial) -> None:
    """Raises PORT_ERRORS alone: a baud rate that this adapter cannot have is one of them."""
    try:
        port.open()
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error)) from error


def shut_port(port: serial.Serial) -> None:
    """Never raises."""
    with contextlib.suppress(*PORT_ERRORS):
        port.close()


def why_lost(error: BaseException) -> FaultCode:
    """Busy where somebody else has the port, else gone."""
    return FaultCode.BUSY if getattr(error, "errno", None) in _IN_USE else FaultCode.GONE


def hold(
    closing: threading.Event,
    retry_s: tuple[float, float],
    *,
    open_: Callable[[], None],
    serve: Callable[[], None],
    failed: Callable[[BaseException], None],
    shut: Callable[[], None],
) -> None:
    """Hold on to a port until `closing`. `retry_s`: the first pause and the longest; an opening that lasted longer than that begins with the first again."""
    first, longest = retry_s
    pause = first
    while not closing.is_set():
        opened_ns = 0
        try:
            open_()
            opened_ns = time.monotonic_ns()
            serve()
        except PORT_ERRORS as error:
            failed(error)
        finally:
            shut()
        if opened_ns and time.monotonic_ns() - opened_ns > longest * 1e9:
            pause = first
        closing.wait(pause)
        pause = min(pause * 2, longest)


class Listeners:
    """Who hears every chunk of raw bytes and its mono_ns, on the port's thread."""

    def __init__(self) -> None:
        self._all: tuple[Callable[[bytes, int], None], ...] = ()
        self._lock = threading.Lock()

    def add(self, callback: Callable[[bytes, int], None]) -> Callable[[], None]:
        """Any thread. Call what is returned to stop."""
        with self._lock:
            self._all = (*self._all, callback)

        def untap() -> None:
            with self._lock:
                self._all = tuple(each for each in self._all if each is not callback)

        return untap

    def tell(self, data: bytes, mono_ns: int) -> None:
        """These have come."""
        for each in self._all:
            each(data, mono_ns)
