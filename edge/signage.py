"""What a lane's sign shows and its voice says: the lane's sentence in the words of config/phrases.*.toml, table [sign].

    Lane.show (after the commit) → call_soon → Words.message → Announcer.announce   (each with a thread and room for one message)

A sign stands in the street. So it never has a name on it, and never a reason for which somebody has to wait: everybody who waits is
asked to wait. Which text it is, the first there is of: CODE-in or CODE-out, CODE, and the same of the code's family (`refused` of
`refused.blocked`). A code without a text leaves what is shown; no code at all shows `idle`, which is never spoken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from drivers import base as d
from drivers import loader
from drivers.sign_port import SignPort
from drivers.voice import Voice, VoiceOptions
from edge.errors import SettingsError
from edge.lane import Prompt
from edge.settings_lane import SignTable, VoiceTable

IDLE = "idle"
VOICES = {"zh": "cmn", "en": "en"}


class Words:
    """One lane's texts in one language."""

    def __init__(self, texts: Mapping[str, str], direction: str, community: str) -> None:
        self._texts, self._direction, self._community = texts, direction, community

    def message(self, prompt: Prompt) -> d.Message | None:
        """What to show for a sentence of the lane; None: nothing new."""
        for key in self._keys(prompt.code):
            if key in self._texts:
                plate = str(prompt.params.get("plate") or prompt.params.get("bound") or "").split(",")[0]
                known = defaultdict(str, plate=plate, community=self._community)
                lines = [line.strip() for line in self._texts[key].format_map(known).splitlines()]
                shown = tuple(line for line in lines if line)
                return d.Message(key, shown, "" if key == IDLE else "，".join(shown))
        return None

    def _keys(self, code: str) -> Iterator[str]:
        for name in dict.fromkeys((code, code.partition(".")[0])) if code else (IDLE,):
            yield f"{name}-{self._direction}"
            yield name


class Board:
    """A lane's sign and voice. `shown` is called in the loop and hands over at once."""

    def __init__(self) -> None:
        self._outs: dict[str, tuple[Words, d.Announcer]] = {}
        self._last: tuple[str, int] | None = None

    def add(self, name: str, words: Words, out: d.Announcer) -> None:
        """One more that shows or says it; it begins with what is shown when nobody is there."""
        self._outs[name] = (words, out)
        if idle := words.message(Prompt()):
            out.announce(idle)

    def remove(self, name: str) -> None:
        """One that shows and says no more."""
        self._outs.pop(name, None)

    def shown(self, prompt: Prompt) -> None:
        """The lane's sentence is this now; the same one again is not said again."""
        this = (prompt.code, prompt.seq)
        if this == self._last:
            return
        self._last = this
        for words, out in self._outs.values():
            message = words.message(prompt)
            if message is not None:
                out.announce(message)


def open_sign(device: str, table: SignTable, sink: d.Sink, where: str) -> SignPort:
    """A sign on its line; its thread begins with `start`. Raises SettingsError."""
    module = loader.load_sign(table.driver)
    made = loader.make_options(module, table.options)
    try:
        return SignPort(device, table.port, table.baud or module.DEFAULT_BAUD, module, made, sink)
    except ValueError as e:
        raise SettingsError(where, [str(e)], "/dev/serial/by-id/…") from e


def open_voice(device: str, table: VoiceTable, sink: d.Sink, root: Path) -> Voice:
    """A voice; its thread begins with `start`. A relative folder counts from the project's root."""
    folder = root / table.folder if table.folder is not None else None
    made = VoiceOptions(folder, table.output, VOICES[table.language], table.words_a_minute)
    return Voice(device, made, sink)


def check_sign(driver: str, given: dict[str, Any]) -> list[str]:
    """What is wrong with a sign's name and options; for `load_settings`."""
    try:
        loader.make_options(loader.load_sign(driver), given)
    except (ValueError, TypeError) as e:
        return [str(e)]
    return []
