"""The configuration as pages see it (edge.api.port.ConfigPort)."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields
from typing import Any

from drivers import loader
from drivers.osdp import cards
from edge import config_text
from edge.api.who import Who
from edge.configuring import Configuring
from edge.live_rows import person_of
from edge.orders import HEAD_OFFICE
from edge.settings import Settings
from edge.settings_lane import OSDP

Row = dict[str, Any]


class LiveConfig:
    """Satisfies edge.api.port.ConfigPort."""

    def __init__(self, configuring: Configuring) -> None:
        self._configuring = configuring

    def status(self) -> Row:
        """What is in force, what is on trial, every version."""
        return self._configuring.status()

    def schema(self) -> Row:
        """Tables, keys, defaults, limits; and each driver's own options."""
        readers = {name: _options(loader.load(name).Options) for name in loader.names()}
        signs = {name: _options(loader.load_sign(name).Options) for name in loader.sign_names()}
        return {
            "schema": Settings.model_json_schema(),
            "readers": readers | {OSDP: _options(cards.Options)},
            "signs": signs,
        }

    def text(self, number: int) -> str:
        """A version's text."""
        return self._configuring.text(number)

    def edited(self, text: str, changes: list[tuple[str, Any]]) -> Row:
        """Keys set; and the values that the text has now, for a form."""
        made = config_text.edited(text, changes)
        return {"text": made, "values": tomllib.loads(made)}

    def compared(self, text: str) -> Row:
        """What applying it would mean."""
        return self._configuring.compared(text)

    async def apply(self, who: Who, text: str, base: int, reason: str, key: str) -> Row:
        """On trial."""
        return await self._configuring.apply(person_of(who), text, base, reason, _source(who), key)

    async def confirm(self, who: Who, number: int, key: str) -> Row:
        """It stays."""
        return await self._configuring.confirm(person_of(who), number, key)

    async def revert(self, who: Who, number: int, reason: str, key: str) -> Row:
        """Back."""
        return await self._configuring.revert(person_of(who), number, reason, _source(who), key)


def _source(who: Who) -> str:
    return HEAD_OFFICE if who.role == HEAD_OFFICE else "console" if who.user == "console" else "page"


def _options(made: Any) -> dict[str, Any]:
    """Name → default of a driver's own options."""
    return {f.name: None if f.default is MISSING else f.default for f in fields(made)}
