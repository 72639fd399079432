"""Serial lines that exist only in memory, and pseudo-terminals: the far end of a simulated reader's cable.

`wire("entry-reader")` is the reader's end of the line whose near end is opened by pyserial as `sim://entry-reader`. As on a
real cable, bytes written while nobody has the port open, or while it is unplugged, are lost. `PtyWire` is the same through
the kernel: its `url` is a /dev/pts path, and `unplug` gives the near end EIO as a pulled USB adapter does.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

LIMIT = 4096
"""Bytes that a line holds for its reader, as a kernel's tty does; what does not fit is lost."""


class Wire:
    """One in-memory line. Safe to use from any thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = f"sim://{name}"
        self.on_received: Callable[[bytes], None] | None = None
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._plugged = True
        self._opened = 0  # grows with each opening, so that a port knows that it was unplugged meanwhile
        self._open = False
        self._cancelled = False

    # ---- the reader's end

    def write(self, data: bytes) -> int:
        """The reader sends. Returns how many bytes found somebody to receive them."""
        with self._changed:
            if not (self._plugged and self._open):
                return 0
            taken = data[: LIMIT - len(self._waiting)]
            self._waiting += taken
            self._changed.notify_all()
            return len(taken)

    def unplug(self) -> None:
        """Pull the cable: the open port fails, and opening fails until `plug`."""
        with self._changed:
            self._plugged = self._open = False
            self._waiting.clear()
            self._changed.notify_all()

    def plug(self) -> None:
        """Put the cable back."""
        with self._changed:
            self._plugged = True
            self._changed.notify_all()

    def wait_open(self, timeout: float) -> bool:
        """Wait until somebody has the port open."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open, timeout)

    # ---- the near end, for drivers.urlhandler.protocol_sim

    def attach(self) -> int:
        """Open the near end; returns the number of this opening. Raises OSError: ENOENT unplugged, EBUSY open already."""
        with self._changed:
            if not self._plugged:
                raise OSError(errno.ENOENT, "no such simulated line (unplugged)", self.url)
            if self._open:
                raise OSError(errno.EBUSY, "simulated line is open already", self.url)
            self._open = True
            self._opened += 1
            self._cancelled = False
            self._waiting.clear()
            self._changed.notify_all()
            return self._opened

    def detach(self, opening: int) -> None:
        """Close the near end. Nothing happens when it is another opening's by now."""
        with self._changed:
            if self._opened == opening:
                self._open = False
                self._waiting.clear()
                self._changed.notify_all()

    def receive(self, opening: int, size: int, timeout: float | None) -> bytes:
        """Up to `size` bytes: fewer after `timeout` seconds or `cancel`. Raises OSError EIO when unplugged meanwhile."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while len(self._waiting) < size and self._alive(opening) and not self._cancelled:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(left)
            self._cancelled = False
            if not self._alive(opening):
                raise OSError(errno.EIO, "simulated line was unplugged", self.url)
            taken = bytes(self._waiting[:size])
            del self._waiting[:size]
            return taken

    def send(self, opening: int, data: bytes) -> None:
        """The near end writes; a simulated reader that must be asked hears it through `on_received`."""
        with self._changed:
            if not self._alive(opening):
                raise OSError(errno.EIO, "simulated line was unplugged", self.url)
            hear = self.on_received
        if hear is not None:
            hear(data)

    def waiting(self, opening: int) -> int:
        """Bytes that can be read at once."""
        with self._changed:
            if not self._alive(opening):
                raise OSError(errno.EIO, "simulated line was unplugged", self.url)
            return len(self._waiting)

    def drop(self) -> None:
        """Forget what waits."""
        with self._changed:
            self._waiting.clear()

    def cancel(self) -> None:
        """Make a blocked `receive` return."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def _alive(self, opening: int) -> bool:
        return self._open and self._opened == opening


_wires: dict[str, Wire] = {}
_wires_lock = threading.Lock()


def wire(name: str) -> Wire:
    """The line of that name, the same one each time. The name is compared without case, as in an address."""
    with _wires_lock:
        return _wires.setdefault(name.lower(), Wire(name.lower()))


class FarEnd(Protocol):
    """The reader's end of a cable, of whichever kind."""

    def write(self, data: bytes) -> int:
        """The reader sends. Returns how many bytes found somebody to receive them; it never blocks."""

    def unplug(self) -> None:
        """Pull the cable."""

    def plug(self) -> None:
        """Put it back; nothing happens when it is in."""


class PtyWire:
    """The reader's end of a pseudo-terminal; `url` is what the port opens.

    A pulled pseudo-terminal is gone, and the next one has another path; so `link` can name a symbolic link that always
    leads to the present one, as udev's by-id names do.
    """

    def __init__(self, link: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._link = link
        self._master = self._slave = -1
        self.url = ""
        self.plug()

    def plug(self) -> None:
        """Put the cable back; nothing happens when it is in."""
        with self._lock:
            if self._master >= 0:
                return
            # The slave is kept open, or the line would look hung up between two openings of the port.
            self._master, self._slave = os.openpty()
            # Raw from the start: a byte written before the port is opened must not be echoed or cooked.
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.url = os.ttyname(self._slave)
            if self._link is not None:
                self._link.symlink_to(self.url)
                self.url = str(self._link)

    def unplug(self) -> None:
        """Hang up: the open port gets EIO, and its path is no more."""
        with self._lock:
            if self._master >= 0:
                if self._link is not None:
                    self._link.unlink(missing_ok=True)
                os.close(self._master)
                os.close(self._slave)
                self._master = self._slave = -1

    def fileno(self) -> int:
        """For `select`: writable again."""
        return self._master

    def write(self, data: bytes) -> int:
        """The reader sends. Returns how many bytes the kernel took: what does not fit is lost, as on a real UART."""
        with self._lock:
            if self._master < 0:
                return 0
            with contextlib.suppress(BlockingIOError):
                return os.write(self._master, data)
            return 0
