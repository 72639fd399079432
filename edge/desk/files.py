"""Reads what a community writes for its guards (config/visits.toml, goods.toml, requests.toml), and sees that every sentence that is named
there is among the phrases of each language. All that is wrong with a file is said at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from edge.domain import goods_plan, post_plan
from edge.domain import plan as visits_plan
from edge.domain.courtesy import Phrases, phrases
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plan import Plan, PlanError
from edge.domain.post_plan import PostPlan
from edge.errors import SettingsError

LANGUAGES = ("zh", "en")


class Saying(Protocol):
    """A plan that names sentences."""

    def says(self) -> frozenset[str]:
        """Their keys."""


S = TypeVar("S", bound=Saying)


def read_files(folder: Path) -> tuple[Plan, dict[str, Phrases]]:
    """visits.toml and phrases.*.toml of a folder. Raises SettingsError."""
    what = "来访配置有误 the desk's configuration cannot be used"
    said = {lang: _phrases(folder / f"phrases.{lang}.toml", what) for lang in LANGUAGES}
    return _plan(folder / "visits.toml", visits_plan.read, said, what), said


def read_goods(folder: Path, said: Mapping[str, Phrases]) -> GoodsPlan:
    """goods.toml of a folder. Raises SettingsError."""
    return _plan(folder / "goods.toml", goods_plan.read, said, "物品配置有误 the configuration of goods cannot be used")


def read_post(folder: Path, said: Mapping[str, Phrases]) -> PostPlan:
    """requests.toml of a folder. Raises SettingsError."""
    return _plan(folder / "requests.toml", post_plan.read, said, "报事配置有误 the post's configuration cannot be used")


def _phrases(path: Path, what: str) -> Phrases:
    try:
        return phrases(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, KeyError) as e:
        raise SettingsError(what, [f"{path.name}: {e}"]) from e


def _plan(path: Path, read: Callable[[Mapping[str, Any]], S], said: Mapping[str, Phrases], what: str) -> S:
    try:
        plan = read(tomllib.loads(path.read_text("utf-8")))
    except PlanError as e:
        raise SettingsError(what, [f"{path.name}: {problem}" for problem in e.problems]) from e
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise SettingsError(what, [f"{path.name}: {e}"]) from e
    unsaid = [f"phrases.{lang}: say.{key}" for lang, has in said.items() for key in sorted(plan.says() - set(has.say))]
    if unsaid:
        raise SettingsError(what, unsaid)
    return plan
