"""The gate in Home Assistant ([home_assistant], off by default): follows the live state and publishes what has changed.

Read-only, on a connection of its own: a house's broker that is away or slow is nothing to the gate. What cannot be published is published
with the next session, because every message is retained and each session begins with all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge import __version__, systemd
from edge.bridge import Bridge, Hub
from edge.settings import Settings
from sync.home_assistant import Messages
from sync.link import Limits, Link, LinkError, Message, Problem, Will
from sync.mqtt import MqttLink, MqttOptions, Tls

PAUSE_S = 0.3
"""Changes within this time are one."""


class HomeAssistant:
    """Lives in the loop; the link's threads hand over through the bridge. `snapshot`: the live state."""

    def __init__(
        self, link: Link, messages: Messages, bridge: Bridge, hub: Hub, snapshot: Callable[[], dict[str, Any]]
    ) -> None:
        self._link, self._messages, self._bridge, self._hub, self._snapshot = link, messages, bridge, hub, snapshot
        self._said: dict[str, bytes] = {}
        self._task: asyncio.Task[None] | None = None
        self._gained = bridge.sink(self._begin)

    @classmethod
    def make(
        cls, settings: Settings, root: Path, bridge: Bridge, hub: Hub, snapshot: Callable[[], dict[str, Any]]
    ) -> HomeAssistant | None:
        """As the settings say; None where they say nothing."""
        table, gate = settings.home_assistant, settings.gate
        if table is None:
            return None
        more: dict[str, Any] = {"username": table.username} if table.username else {}
        if table.password_file:
            more["password"] = systemd.resolved(root, table.password_file).read_text(encoding="utf-8").strip()
        tls = Tls(str(systemd.resolved(root, table.ca_file)) if table.ca_file else "")
        link = MqttLink(MqttOptions.from_url(table.url, f"gate-edge-{gate.site}-{gate.id}", tls=tls, **more))
        made = Messages(gate.site, gate.id, gate.name, __version__, table.prefix, plates=table.plates)
        return cls(link, made, bridge, hub, snapshot)

    def start(self) -> None:
        """Connect, and follow."""
        self._link.connect(self, Will(self._messages.available, b"offline"))
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="home-assistant")

    async def stop(self) -> None:
        """Say offline and end."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._publish({self._messages.available: b"offline"})
        await asyncio.to_thread(self._link.close)

    async def _follow(self) -> None:
        with self._hub.subscribe() as changes:
            while True:
                await changes.get()
                await asyncio.sleep(PAUSE_S)
                self._tell()

    def _begin(self, _limits: Limits) -> None:
        """A session: everything anew."""
        self._said.clear()
        self._publish({self._messages.available: b"online", **self._messages.discovery(self._snapshot()["lanes"])})
        self._tell()

    def _tell(self) -> None:
        states = self._messages.states(self._snapshot())
        self._publish({topic: value for topic, value in states.items() if self._said.get(topic) != value})

    def _publish(self, messages: dict[str, bytes]) -> None:
        for topic, value in messages.items():
            try:
                self._link.publish(topic, value, qos=0, retain=True)
            except LinkError:
                return  # the next session begins with all of them
            self._said[topic] = value

    # ---- sync.link.Handler, on the link's threads

    def gained(self, limits: Limits) -> None:
        """See Handler."""
        self._gained(limits)

    def lost(self, problem: Problem) -> None:
        """See Handler: the link tries again by itself."""

    def published(self, token: int, code: int) -> None:
        """See Handler."""

    def received(self, message: Message) -> None:
        """See Handler: nothing is subscribed."""
