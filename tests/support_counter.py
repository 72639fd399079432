"""Readers on pseudo-terminals with MIFARE cards that remember, in front of a whole gate."""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import threading
from collections.abc import Iterator

from drivers.sim_mifare import FAMILIES, MemoryReader
from drivers.wire import PtyWire


@contextlib.contextmanager
def on_pty(family: str) -> Iterator[tuple[MemoryReader, str]]:
    """A reader at the far end of a pty, and the path that its port opens."""
    line = PtyWire()
    reader = FAMILIES[family](line)
    awake, wake = os.pipe()

    def run() -> None:
        with selectors.DefaultSelector() as waits:
            waits.register(line.fileno(), selectors.EVENT_READ)
            waits.register(awake, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in waits.select()}
                if awake in ready:
                    return
                reader.hear(os.read(line.fileno(), 4096))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield reader, line.url
    finally:
        os.write(wake, b"x")
        thread.join(5)
        line.unplug()
        os.close(awake)
        os.close(wake)


async def lifted(reader: MemoryReader) -> None:
    """Take the card away, and wait until the gate has taken in every answer that still told of it: it asks anew when it has heard
    the last one, or has waited for it in vain (so one answer may come when the next has been asked for)."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    reader.card = None
    last = len(reader.asked) + 3
    reader.on_asked = lambda request: loop.call_soon_threadsafe(gone.set) if len(reader.asked) >= last else None
    await asyncio.wait_for(gone.wait(), 20)
    reader.on_asked = lambda request: None
