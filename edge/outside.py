"""What leads out of the gate, tied to it: head office (journal, pictures, what it tells, its registry) and Home Assistant (wiring.py's hand for both).

    journal, pictures ──▶ Headquarters ──▶ head office
    acts ◀── Instructions ◀──┤
    lists ◀── RegistryDown ◀─┘   (`settle`: what follows from them here, listing.py)

Nothing at the gate waits for any of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from edge import systemd
from edge.acts import acts, sends_again
from edge.enrolled import WARN_DAYS, Enrolled, client_id, installs
from edge.gate import Gate
from edge.home_assistant import HomeAssistant
from edge.instructions import Instructions
from edge.live import Live
from edge.places import ROOT, folder
from edge.registry_down import RegistryDown
from edge.settings import Settings
from edge.state_topic import State
from edge.store.keys import JournalKey
from edge.store.photo_source import PhotoSource
from edge.store.photos import Photos
from edge.store.registry_down import Settle
from edge.store.source import JournalSource
from edge.uplink import PHOTOS, Headquarters

FINISH_S: Final = 2.0
"""So long a gate that stops waits for head office to hear of it."""


class Outside:
    """Lives in the loop. Raises BadInput, when made, for an address or a key that is none."""

    def __init__(
        self, settings: Settings, gate: Gate, live: Live, photos: Photos, settle: Settle | None = None
    ) -> None:
        self._gate = gate
        site, name, data = settings.gate.site, settings.gate.id, folder(settings)
        self.enrolled = Enrolled(data, site, name)
        journal = JournalKey.load(data, systemd.credential("journal-key"))
        client = client_id(site, name, journal)
        source = JournalSource(gate.store, journal, State(gate, self.enrolled, [client, f"{client}{PHOTOS}"]))
        sends = PhotoSource(photos, source.life)
        self.headquarters = Headquarters.make(settings, ROOT, data, source, self.enrolled, client, sends)
        if self.headquarters.photos is not None:
            photos.changed = self.headquarters.photos.notify
        may = {**acts(live), "certificate.install": installs(self.enrolled)}
        may["journal.again"] = sends_again(self.headquarters.again)
        sink, key = gate.bridge.sink, self.headquarters.key
        self.headquarters.on_instruction(sink(Instructions(gate, key, may).arrived))
        self._down = RegistryDown(gate, key, self.headquarters.ask, settle)
        self.headquarters.on_registry(sink(self._down.arrived))
        self.headquarters.on_change(sink(lambda _status: gate.changed()))
        gate.store.on_commit(self.headquarters.notify)
        self._house = HomeAssistant.make(settings, ROOT, gate.bridge, gate.hub, live.snapshot)

    async def begin(self) -> None:
        """After a start, before anything comes: what head office's lists say and was not carried out, is now. Raises StoreError."""
        await self._down.begin()

    def on_lists(self, callback: Callable[[], None]) -> None:
        """Be called (in the loop) after a list of head office came into force."""
        self._down.in_force = callback

    def unsent(self) -> int:
        """Events that head office does not have yet."""
        return int(self.headquarters.status()["unsent"])

    async def certificate(self) -> None:
        """A certificate that could not be renewed is said while there is time to enrol the gate again."""
        left = await asyncio.to_thread(self.enrolled.left)
        soon = left is not None and left.days < WARN_DAYS
        self._gate.faults.set("headoffice", "certificate", soon, f"{left.days} d" if soon and left else "")

    def start(self) -> None:
        """Begin to connect."""
        self.headquarters.start()
        if self._house is not None:
            self._house.start()

    async def deaf(self) -> None:
        """The gate is about to stop: nothing more is taken in, and the house is told goodbye."""
        self._down.stop()
        if self._house is not None:
            await self._house.stop()

    async def finish(self, head: int) -> None:
        """Head office, if it listens, hears that the gate was stopped: event `head`."""
        await asyncio.to_thread(self.headquarters.finish, head, FINISH_S)

    async def stop(self) -> None:
        """End the connections."""
        await asyncio.to_thread(self.headquarters.stop)
