"""What is wrong with a device: each thing is said once when it begins and once when it ends, however often it is found."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from drivers.base import DeviceFault, FaultCode, Sink

log = logging.getLogger(__name__)


class Faults:
    """Of one device. They are said to the log, with `where` (its address), and to `sink`, on the thread that found them."""

    def __init__(self, device: str, sink: Sink, where: str = "") -> None:
        self.device, self._sink = device, sink
        self._name = f"{device} {where}".rstrip()
        self._active: set[FaultCode] = set()

    def __contains__(self, code: FaultCode) -> bool:
        return code in self._active

    def be(self, code: FaultCode, active: bool, detail: str = "", mono_ns: int = 0) -> None:
        """It is so, or it is not. `mono_ns`: since when, 0: now."""
        if active == (code in self._active):
            return
        (self._active.add if active else self._active.discard)(code)
        level, said = (logging.WARNING, detail) if active else (logging.INFO, "ended")
        log.log(level, "%s: %s %s", self._name, code.value, said)
        self._sink(DeviceFault(self.device, code, active, detail, mono_ns or time.monotonic_ns()))

    def only(self, code: FaultCode | None, detail: str = "", among: Collection[FaultCode] = tuple(FaultCode)) -> None:
        """Of those that exclude one another (`among`) this one and no other, or none."""
        for other in among:
            if other is not code:
                self.be(other, False)
        if code is not None:
            self.be(code, True, detail)
