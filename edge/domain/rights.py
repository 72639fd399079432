"""Who may do what, where that is a community's to decide: the table [may] of config/visits.toml and config/goods.toml. Pure.

A right is named by its act; it lists roles of the page (guard, leader). Head office may all of them: it is whose rules these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Rights = Mapping[str, tuple[str, ...]]
ROLES = ("guard", "leader")


def read(raw: Mapping[str, Any], default: Rights) -> Rights:
    """The table of a file over what is so without it."""
    return {**default, **{act: tuple(roles) for act, roles in raw.items()}}


def problems(rights: Rights, default: Rights) -> Iterator[str]:
    """What is wrong with it, in words."""
    for act, roles in rights.items():
        if act not in default:
            yield f"may.{act}, 可用 known: {', '.join(default)}"
        for role in roles:
            if role not in ROLES:
                yield f"may.{act}: {role!r}, 可用 known: {', '.join(ROLES)}"
