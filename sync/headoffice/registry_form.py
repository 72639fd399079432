"""An entry of a list as a form on the page: what each column is called, what may be chosen, and an entry in force as its cells.

What may stand in a cell is said once, where tables are read (lists_kinds.py, roster_fields.py); here is only how it is asked for. What a form sends
is a row of such a table, so a mistake is named in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sync import lists_fields as f
from sync.headoffice import registry_view as view
from sync.headoffice.registry_plan import CARDS
from sync.lists_kinds import KINDS
from sync.lists_words import Words
from sync.surnames import surname_of
from sync.times import DAYS

Option = tuple[str, str, str]
"""What stands in the cell, and its name in Chinese and English."""
_OF = {"role": "roles", "category": "categories", "kind": "visits", "notice": "notices"}
_TITLES: Sequence[Option] = (("", "–", "–"), ("男", "男", "Mr"), ("女", "女", "Ms"))
_YES: Sequence[Option] = (("", "否", "no"), ("是", "是", "yes"))
_CHOICES: Mapping[str, Sequence[Option]] = {
    "mode": (("步行", "步行", "on foot"), ("开车", "开车", "by car")),
    "title": _TITLES,
    "language": (("中文", "中文", "Chinese"), ("英文", "英文", "English")),
}
_CARD_CHOICES: Mapping[str, Sequence[Option]] = {
    "category": (
        ("业主", "业主", "owner"),
        ("公司", "公司", "company"),
        ("员工", "员工", "staff"),
        ("临时", "临时", "temporary"),
    ),
    "status": (("正常", "正常", "active"), ("停用", "停用", "blocked"), ("挂失", "挂失", "lost")),
    "title": _TITLES,
    "supervisor": _YES,
}
_CARD_DATES = ("valid_from", "valid_until")
_CARD_NEEDED = ("card", "category")


@cache
def _words() -> Words:
    return Words.load()


def columns(list_: str, schedules: Sequence[str], gates: Sequence[str]) -> list[dict[str, Any]]:
    """Each column in its order: name, zh, en, needed, kind (text, long, number, date, moment, time, choice, days: some of the options), options, item
    (stands in each row of a permit, of a schedule), secret (a number that is kept as its digest)."""
    if list_ == CARDS:
        return [_card(heading, name, schedules) for heading, name in view.CARD_COLUMNS]
    made = []
    for name, column in KINDS[list_].columns.items():
        kind, options = _kind(list_, name, column.reading, gates)
        made.append(
            {
                "name": name,
                "zh": column.headings[0],
                "en": _english(name),
                "needed": column.needed or (list_, name) == ("permits", "gates"),
                "kind": kind,
                "options": options,
                "item": bool(column.item),
                "secret": column.reading is f.document,
            }
        )
    return made


def _english(name: str) -> str:
    return {"gates": "Only at gates", "not_gates": "Not at gates"}.get(name, name.replace("_", " ").capitalize())


def _card(heading: str, name: str, schedules: Sequence[str]) -> dict[str, Any]:
    options = list(_CARD_CHOICES.get(name, ()))
    if name == "schedule":
        options = [("", "全天", "at all times"), *((s, s, s) for s in dict.fromkeys(schedules))]
    kind = "choice" if options else "date" if name in _CARD_DATES else "text"
    shape = {"kind": kind, "options": options, "item": False, "secret": False}
    return {"name": name, "zh": heading, "en": _english(name), "needed": name in _CARD_NEEDED, **shape}


def _kind(list_: str, name: str, reading: f.Reading, gates: Sequence[str]) -> tuple[str, list[Option]]:
    if name in _OF:
        return "choice", _named(_OF[name])
    if name in _CHOICES:
        return "choice", list(_CHOICES[name])
    if (list_, name) == ("permits", "gates") and gates:
        return "choice", [(gate, gate, gate) for gate in gates]
    if name == "sentence":
        said = _words().sentences
        return "choice", [(key, f"{key} · {text}", f"{key} · {said['en'].get(key, '')}") for key, text in said["zh"].items()]  # fmt: skip
    if reading is f.weekdays:
        return "days", [(zh, zh, en) for zh, en, _ in DAYS]
    if reading is f.hour:
        return "time", []
    if reading is f.yes:
        return "choice", list(_YES)
    if reading in (f.day, f.moment):
        return ("date" if reading is f.day else "moment"), []
    if reading is f.quantity or name == "companions":
        return "number", []
    return ("long" if (list_, name) in (("notices", "text"), ("phrases", "text")) else "text"), []


def _named(of: str) -> list[Option]:
    """The words of config/, Chinese and English."""
    by_name: dict[str, list[str]] = {}
    for word, name in getattr(_words(), of).items():
        by_name.setdefault(name, []).append(word)
    made = []
    for name, words in by_name.items():
        zh = next((word for word in words if not word.isascii()), name)
        made.append((zh, zh, next((word for word in words if word.isascii() and word != name), name)))
    return made


def rows(list_: str, line: str, gates: str) -> list[list[str]]:
    """An entry in force as cells; what follows from another cell (a surname, a card's name) is left out, or it would stay when that is corrected."""
    made = view.cells(list_, line, gates)
    if list_ == CARDS:
        names = [name for _, name in view.CARD_COLUMNS]
        card, credential, name, surname = map(names.index, ("card", "credential", "name", "surname"))
        for row in made:
            row[surname] = "" if row[surname] == surname_of(row[name]) else row[surname]
            row[credential] = "" if row[credential] == row[card] else row[credential]
    return made
