"""A line on which the speed matters: what is sent at one baud rate is heard at another as a UART would hear it.

A pseudo-terminal carries bytes at any speed. So the far end looks which speed the near end has set (both ends share one
termios), and puts the bytes through a UART's eyes: the bits as they stand on the wire, sampled in the middle of each bit of the other
speed. At the same speed they are the bytes; at another they are the garbage that a technician sees.
"""

from __future__ import annotations

import contextlib
import os
import random
import termios
import threading

from drivers.wire import PtyWire

SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)}


def resampled(data: bytes, sent: int, heard: int) -> bytes:
    """What a UART at `heard` baud makes of bytes sent at `sent` baud; a wrong stop bit gives a zero, as Linux does."""
    bits = [1, *(bit for byte in data for bit in (0, *((byte >> n) & 1 for n in range(8)), 1)), 1, 1]

    def level(time: float) -> int:
        place = int(time * sent)
        return bits[place] if place < len(bits) else 1

    found, at, end = bytearray(), 0.0, len(bits) / sent
    fine = 1 / (16 * max(sent, heard))
    while at < end:
        if level(at) == 1:
            at += fine
            continue
        read = [level(at + (n + 1.5) / heard) for n in range(9)]
        found.append(sum(bit << n for n, bit in enumerate(read[:8])) if read[8] else 0)
        at += 9.5 / heard
        while read[8] == 0 and at < end and level(at) == 0:  # a break: wait for the line to rise
            at += fine
    return bytes(found)


class Talking:
    """A reader at the far end of a pty that says its frames again and again, as while a card is held to it, at its own speed."""

    def __init__(self, frames: list[bytes], baud: int, *, every_s: float = 0.08, noise: int = 0, seed: int = 1) -> None:
        self.wire = PtyWire()
        self.url = self.wire.url
        self.heard: bytes = b""
        self._frames, self._baud, self._every_s, self._noise = frames, baud, every_s, noise
        self._random, self._closing = random.Random(seed), threading.Event()
        os.set_blocking(self.wire.fileno(), False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _speed(self) -> int:
        return SPEEDS.get(termios.tcgetattr(self.wire.fileno())[5], 0)

    def _run(self) -> None:
        number = 0
        while not self._closing.wait(self._every_s):
            noise = self._random.randbytes(self._random.randrange(self._noise)) if self._noise else b""
            data = noise + self._frames[number % len(self._frames)]
            speed = self._speed()
            self.wire.write(data if speed == self._baud else resampled(data, self._baud, speed or 9600))
            number += 1
            with contextlib.suppress(BlockingIOError):
                self.heard += os.read(self.wire.fileno(), 4096)

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        self.wire.unplug()
