"""libosdp's own peripheral devices at the far end of a pseudo-terminal: a cable with readers that can be cut and made noisy."""

from __future__ import annotations

import contextlib
import os
import termios
import threading
import time
import tty
from typing import Any

import osdp
import osdp_sys

from drivers.osdp.cards import Options, raw
from tests.support_search import SPEEDS

KEY = bytes(range(0x40, 0x50))


class Far(osdp.Channel):
    """What one reader hears and says."""

    def __init__(self, cable: Cable) -> None:
        super().__init__()
        self.cable, self.waiting = cable, bytearray()

    def read(self, max_bytes: int) -> bytes:
        data = bytes(self.waiting[:max_bytes])
        del self.waiting[:max_bytes]
        return data

    def write(self, buf: bytes) -> int:
        self.cable.send(buf)
        return len(buf)

    def flush(self) -> None:
        self.waiting.clear()


class Reader:
    """A simulated OSDP reader: libosdp's PD. `key` None: fresh from the factory, in install mode."""

    def __init__(self, cable: Cable, address: int, key: bytes | None) -> None:
        self.address, self.channel = address, Far(cable)
        self.commands: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        flags = [osdp.LibFlag.EnforceSecure] if key else [osdp.LibFlag.InstallMode]
        caps = osdp.PDCapabilities(
            [
                (osdp.Capability.CommunicationSecurity, 1, 1),
                (osdp.Capability.LEDControl, 1, 2),
                (osdp.Capability.AudibleControl, 1, 1),
                (osdp.Capability.CardDataFormat, 1, 1),
                (osdp.Capability.ContactStatusMonitoring, 1, 1),
            ]
        )
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
        info = osdp.PDInfo(address, self.channel, scbk=key, flags=flags)
        self.device = osdp_sys.PeripheralDevice(info.get(), capabilities=caps.get())
        self.device.set_command_callback(self._command)

    def _command(self, command: dict[str, Any]) -> tuple[int, None]:
        self.commands.append(command)
        return 0, None

    def tap(self, uid: bytes, options: Options | None = None) -> None:
        data, bits = raw(uid, options or Options())
        self._submit(
            {
                "event": osdp.Event.CardRead,
                "reader_no": 0,
                "format": osdp.CardFormat.Wiegand,
                "direction": 0,
                "length": bits,
                "data": data,
            }
        )

    def status(self, tamper: bool, power: bool) -> None:
        report = bytes([tamper, power])
        self._submit({"event": osdp.Event.Status, "type": osdp.StatusReportType.Local, "report": report})

    def _submit(self, event: dict[str, Any]) -> None:
        with self.lock:
            self.device.submit_event(event)

    def kinds(self) -> list[int]:
        return [command["command"] for command in self.commands]


class Cable:
    """A pty with readers at its far end, all on one thread."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.url = os.ttyname(self._slave)
        self.cut = False
        self.noise = 0
        """Every so-many-th answer is damaged, and garbage goes before it."""
        self.baud = 0
        """The readers' speed: at another one neither side understands the other. 0: whatever the port has."""
        self.sent = b""
        """What the near end wrote while it was understood."""
        self.readers: list[Reader] = []
        self._answers = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osdp-far", daemon=True)
        self._thread.start()

    def reader(self, address: int, key: bytes | None = KEY) -> Reader:
        made = Reader(self, address, key)
        self.readers.append(made)
        return made

    def send(self, data: bytes) -> None:
        self._answers += 1
        if self.noise and self._answers % self.noise == 0:
            data = b"\x00\x53\x81\xaa" + data[:-3] + bytes([data[-3] ^ 0x10]) + data[-2:]
        if not self.cut and self._understood():
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def _understood(self) -> bool:
        return not self.baud or SPEEDS.get(termios.tcgetattr(self._master)[5]) == self.baud

    def garbage(self, data: bytes) -> None:
        os.write(self._master, data)

    def _run(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(BlockingIOError):
                data = os.read(self._master, 4096)
                if not self.cut and self._understood():
                    self.sent += data
                    for reader in self.readers:
                        reader.channel.waiting += data
            for reader in list(self.readers):
                with reader.lock:
                    reader.device.refresh()
            self._closing.wait(0.005)

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        os.close(self._master)
        os.close(self._slave)


def passed(began: float) -> float:
    return time.monotonic() - began
