"""Builds a gate's pictures: where they lie sealed, who takes them, who tends them (wiring.py's hand for it).

A gate without its pictures' key opens for cars: it says so, and keeps none.
"""

from __future__ import annotations

import asyncio

from edge import systemd
from edge.domain.pictures import with_shares
from edge.errors import StoreError
from edge.gate import Gate
from edge.pictures import Pictures, thumbnail_of
from edge.places import folder
from edge.settings import Settings
from edge.store.keys import picture_key
from edge.store.photo_care import Care
from edge.store.photos import NO_KEY, Photos
from sync.sealing import MasterKey


class PicturesHere:
    """`photos` keeps them, `pictures` takes them."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._gate = gate
        data = folder(settings)
        key, self._no_key = _key(settings)
        self.photos = Photos(
            data / "photos",
            gate.store,
            key,
            gate.clock.stamp,
            quota=settings.photos.quota_mb << 20,
            remote=settings.sync.link != "off" and settings.sync.photos != "off",
            classes=with_shares({str(name): share for name, share in settings.photos.shares.items()}),
        )
        self._care = Care(self.photos, data / "specimens")
        self.pictures = Pictures(self.photos, gate.bridge.sink(gate.note))
        gate.snap = self.pictures.snap

    async def tend(self) -> None:
        """Beside the running gate: a gate opens for cars whatever has become of its pictures."""
        await asyncio.to_thread(self._care.run, thumbnail_of)
        problem = self._no_key or self._care.foreign
        self._gate.faults.set("photos", NO_KEY, bool(problem), problem)
        self._gate.changed()

    def stop(self) -> None:
        """End tending."""
        self._care.stop()


def _key(settings: Settings) -> tuple[MasterKey | None, str]:
    """The key that wraps the pictures' keys, or why there is none."""
    try:
        return picture_key(folder(settings), systemd.credential("picture-key")), ""
    except StoreError as e:
        return None, f"{e} {e.hint}"
