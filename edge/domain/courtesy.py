"""Courtesy (D7): the time of day in a greeting, and the right title. The sentences to say
stand in config/phrases.*.toml (the seed's own words), those of the page in its dictionaries.

The seed greets with «周先生早上好» and «周先生晚上好»; midday and afternoon have the ordinary 中午好 and 下午好.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_PARTS = ((5, "morning"), (11, "noon"), (13, "afternoon"), (18, "evening"))


def daypart(local: datetime | None) -> str:
    """morning from 5, noon from 11, afternoon from 13, evening from 18 to 5; "any" («您好») when the clock is not known."""
    if local is None:
        return "any"
    return next((name for hour, name in reversed(_PARTS) if local.hour >= hour), "evening")


# ---- sentences -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language: config/phrases.zh.toml or phrases.en.toml.

    `{who}` is how the visitor is addressed, `{host}` how the host is, `{hello}` the greeting of the time of day.
    """

    say: Mapping[str, str]
    words: Mapping[str, str]
    salute: frozenset[str]
    ten: Sequence[str]
    rules: Mapping[str, tuple[str, ...]]
    """Rule of procedures.md → what is said by it: keys of `say`, or `page:` and a key (or family) of the page's dictionaries."""
    sign: Mapping[str, str]
    """A lane's sentence → what its sign shows and its voice says (edge/signage.py)."""

    def sentence(self, key: str, **known: str) -> str:
        """The sentence with what is known put in; what is missing is the polite general form."""
        named = {"who": self.address("", ""), "host": self.address("", ""), "hello": self.words["any"], **known}
        return BETWEEN.sub("", self.say[key].format_map(defaultdict(str, named)))

    def address(self, surname: str, title: str) -> str:
        """王先生, 王小姐, 先生（小姐）; in English Mr Wang, Ms Wang, Sir or Madam."""
        return (
            self.words[title or "unknown"].format(surname=surname)
            if surname
            else self.words[f"{title or 'unknown'}-only"]
        )

    def hello(self, part: str) -> str:
        """早上好, 晚上好 …: `part` is that of `daypart`."""
        return self.words[part]


BETWEEN = re.compile(r"[，,：:]\s*(?=[，。,.])")
"""What is left of a gap that nobody has filled: «请这边走，。»."""


def phrases(raw: Mapping[str, Any]) -> Phrases:
    """The parsed TOML. Raises KeyError when a part is missing."""
    return Phrases(
        dict(raw["say"]),
        dict(raw["words"]),
        frozenset(raw["salute"]["at"]),
        tuple(raw["ten"]["phrases"]),
        {rule: tuple(keys) for rule, keys in raw["rules"].items()},
        dict(raw["sign"]),
    )


_EDGE = "，。！？、；：,.!?;:“”「」"
BARE = re.compile(
    rf"不行|不知道|不清楚|不准|(?:^|[{_EDGE}\s])(?:不|不可以|不能)(?=$|[{_EDGE}\s])|(?:^|[{_EDGE}]\s*)(?:no|impossible)(?=$|[{_EDGE}])|don't know",
    re.IGNORECASE,
)
"""What is never said to a visitor or an owner (篇3 五 11 «永远不要说：不»; D7)."""


def curt(text: str) -> bool:
    """Whether a text says a bare «不», «不行», «不知道» …"""
    return bool(BARE.search(text))
