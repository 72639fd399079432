"""A scenario as a file: what happens at a simulated gate, and what is expected of it (simulation.py plays it).

It is TOML. Each [[step]] is a vehicle that drives up, or a fault that begins and ends:

    title = "…"
    [[step]]
    at = "07:00:05"            # since the scenario's beginning (or at_s = 5); default 0
    lane = "in"                # a lane's id, or in / out: the first lane of that direction; default: as the caller says, else in
    who = "owner"              # owner, company, staff, temporary, expired, blocked, lost, unknown, none (no card) …
                               # visitor: the vehicle to which the desk gave a card last
    behaviour = "normal"       # normal, turn-back, tailgate, stop-under, wrong-way
    expect = "granted"         # optional: the decision or its reason
    outcome = "crossed"        # optional: what became of the vehicle

    [[step]]
    after = "first"            # begins when the step of that name has ended …
    pause_s = 25               # … and so long after
    same = "first"             # the vehicle and card of that step again

    [[step]]
    at = "07:10:00"
    fault = "loop-stuck"       # of the lane (drivers.simulated FAULTS), or camera-gone, -frozen, -dark, -dazzled, -blurred, -moved
    for_s = 30

`who` is looked up in the registry when the step begins.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import BadInput, NotFound


class Step(BaseModel):
    """One [[step]]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = Field("", pattern=r"^(\d{1,2}:\d{2}:\d{2}(\.\d+)?)?$")
    at_s: float = Field(0, ge=0)
    after: str = ""
    pause_s: float = Field(0, ge=0)
    name: str = ""
    lane: str = ""
    who: str = "none"
    same: str = ""
    plate: str = ""
    card: str = ""
    behaviour: str = "normal"
    fault: str = ""
    for_s: float = Field(10, gt=0)
    expect: str = ""
    outcome: str = ""

    @property
    def begins_s(self) -> float:
        """Seconds since the scenario's (or the earlier step's) beginning."""
        hours, minutes, seconds = (self.at or "0:0:0").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds) + self.at_s + self.pause_s


class Scenario(BaseModel):
    """A whole file. `begin`: the time of day its `at` counts from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    begin: str = "0:0:0"
    step: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_known(self) -> Scenario:
        known: set[str] = set()
        for step in self.step:
            for wanted in filter(None, (step.after, step.same)):
                if wanted not in known:
                    raise ValueError(f"no step before it is named {wanted!r}")
            known.add(step.name)
        return self


def load(path: Path) -> Scenario:
    """A scenario's file. Raises BadInput, naming what is wrong."""
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as e:
        raise NotFound(
            f"打不开情景文件 · {path}: {e.strerror}", "情景在 config/scenarios/ · scenarios are in config/scenarios/"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise BadInput(f"{path}: {e}", "检查 TOML 语法 · correct the TOML") from None
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        raise BadInput(
            ": ".join(filter(None, (str(path), ".".join(map(str, first["loc"])), first["msg"]))),
            "见 edge/scenario.py 开头 · see the top of edge/scenario.py",
        ) from None
