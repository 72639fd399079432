"""The sentences that head office has worded otherwise: they stand before those of config/phrases.*.toml, at once, in every room; so do the ten
phrases at hand (keys ten-1 to ten-10).

A sentence of a key that the configuration does not have, or with a bare «不» (D7), is passed over here; head office refuses both at its import.
"""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace

from edge.domain.courtesy import Phrases, curt
from edge.store.db import Store
from sync.lists_words import TEN


class WordsDown:
    """`said`: the phrases by language, to be used in place of those given; what `look` finds changes them where they are."""

    def __init__(self, store: Store, said: Mapping[str, Phrases]) -> None:
        self._store = store
        self._own: dict[str, ChainMap[str, str]] = {
            language: ChainMap({}, dict(one.say)) for language, one in said.items()
        }
        self._ten = {language: (tuple(one.ten), [*one.ten]) for language, one in said.items()}
        self.said = {
            language: replace(one, say=self._own[language], ten=self._ten[language][1])
            for language, one in said.items()
        }
        self.look()

    def look(self) -> None:
        """After a list came into force."""
        with self._store.reader() as con:
            rows = con.execute("SELECT data FROM office_lists WHERE list = 'phrases'").fetchall()
        said: dict[str, dict[str, str]] = {language: {} for language in self._own}
        for (data,) in rows:
            one = json.loads(data)
            language, key, text = (str(one.get(name, "")) for name in ("language", "sentence", "text"))
            if language in said and text and not curt(text):
                said[language][key] = text
        for language, words in said.items():
            known = self._own[language].maps[1]
            self._own[language].maps[0] = {key: text for key, text in words.items() if key in known}
            before, now = self._ten[language]
            now[:] = [words.get(f"{TEN}{n}", text) for n, text in enumerate(before, 1)]
