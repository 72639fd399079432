"""Reads config/requests.toml, and sees that every sentence it names is among the phrases."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from edge.domain import post_plan
from edge.domain.courtesy import Phrases
from edge.domain.plan import PlanError
from edge.errors import SettingsError

FILE = "requests.toml"


def read_post(folder: Path, said: Mapping[str, Phrases]) -> post_plan.PostPlan:
    """The plan of the post. Raises SettingsError with all that is wrong."""
    try:
        plan = post_plan.read(tomllib.loads((folder / FILE).read_text("utf-8")))
        problems = [f"phrases.{lang}: say.{key}" for lang in said for key in sorted(plan.says() - set(said[lang].say))]
    except PlanError as e:
        problems = [f"{FILE}: {problem}" for problem in e.problems]
    except (OSError, tomllib.TOMLDecodeError) as e:
        problems = [f"{FILE}: {e}"]
    if problems:
        raise SettingsError("报事配置有误 the post's configuration cannot be used", problems)
    return plan
