"""A picture store for tests: a database of its own, a key, and a clock that a test moves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.clock import Stamp
from edge.store.db import Store
from edge.store.photos import Photos
from sync.sealing import MasterKey

KEY = MasterKey(hashlib.sha256(b"the gate's key").digest())
BEGAN_MS = 1_780_000_000_000


class Time:
    """A clock that stands until it is moved."""

    at_ms = BEGAN_MS

    def stamp(self) -> Stamp:
        self.at_ms += 1
        return Stamp(self.at_ms, "b1", self.at_ms - BEGAN_MS, "ntp")


def photos_in(folder: Path, store: Store, time: Any = None, **options: Any) -> Photos:
    """As a gate makes it; leaves nothing of the disk free unless it is told to."""
    return Photos(folder, store, options.pop("key", KEY), (time or Time()).stamp, **{"reserve": 0, **options})


@contextmanager
def opened(folder: Path, gate: str = "main", site: str = "z") -> Iterator[Store]:
    """A database."""
    store = Store.open(folder / "gate.sqlite", gate=gate, site=site, ballast=0)
    try:
        yield store
    finally:
        store.close()
