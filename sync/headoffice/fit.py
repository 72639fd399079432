"""Whether lines fit together: what a gate's tables would refuse (edge/store/registry_rows.py) is found here, before anything is signed."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sync.headoffice.registry import FEW, Registry
from sync.headoffice.registry_plan import CARDS, Plan
from sync.headoffice.registry_times import carried_out
from sync.problems import Problem

MOST = 200


def unfit(registry: Registry, plan: Plan) -> list[Problem]:
    """Why no gate could take what a plan would make of the cards. Of a few lines the database looks for those that they touch."""
    plan = carried_out(plan)
    touched = {key for some in (plan.added, plan.changed, plan.removed) for key in some if key[2] in "cs"}
    if not touched:
        return []
    come = {key: line for key, (line, _) in plan.added.items()}
    come |= {key: line for key, (_, (line, _)) in plan.changed.items()}
    if len(touched) <= FEW:
        words = {str(fields[n]) for fields in map(json.loads, come.values()) if fields[0] == "c" for n in (2, 10)}
        words |= {json.loads(key)[1] for key in touched if key[2] == "s"}
        there = [*registry.sharing(sorted(words)), *registry.in_force(CARDS, only_times=True)]
    else:
        there = registry.in_force(CARDS)
    after = {key: line for key, line, _ in there if key not in plan.removed} | come
    return misfits(line for key, line in after.items() if key[2] in "cs")


def misfits(lines: Iterable[str]) -> list[Problem]:
    """What does not fit, at most MOST of it: two cards with one name, one number for two people, a schedule that nobody has said."""
    names: dict[str, str] = {}
    people: dict[str, tuple[tuple[object, ...], str]] = {}
    asked: dict[str, str] = {}
    schedules: set[str] = set()
    found: list[Problem] = []
    for line in lines:
        fields = json.loads(line)
        if fields[0] == "s":
            schedules.add(fields[1])
        if fields[0] != "c":
            continue
        uid, name, schedule, person = fields[1], fields[2], fields[7], fields[10]
        if (other := names.setdefault(name, uid)) != uid:
            found.append(Problem("fit-name", of={"card": uid, "word": name, "other": other}))
        who = tuple(fields[11:])
        if (said := people.setdefault(person, (who, uid)))[0] != who:
            found.append(Problem("fit-person", of={"card": uid, "word": person, "other": said[1]}))
        if schedule:
            asked.setdefault(schedule, uid)
    for schedule in asked.keys() - schedules:
        found.append(Problem("fit-schedule", of={"card": asked[schedule], "word": schedule}))
    return found[:MOST]
