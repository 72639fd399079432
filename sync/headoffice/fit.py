"""Whether lines fit together: what a gate's tables would refuse (edge/store/registry_rows.py) is found here, before anything is signed."""

from __future__ import annotations

import json
from collections.abc import Iterable

MOST = 200


def misfits(lines: Iterable[str]) -> list[str]:
    """What does not fit, in words, at most MOST of it: two cards with one name, one number for two people, a schedule that nobody has said."""
    names: dict[str, str] = {}
    people: dict[str, tuple[tuple[object, ...], str]] = {}
    asked: dict[str, str] = {}
    schedules: set[str] = set()
    found: list[str] = []
    for line in lines:
        fields = json.loads(line)
        if fields[0] == "s":
            schedules.add(fields[1])
        if fields[0] != "c":
            continue
        uid, name, schedule, person = fields[1], fields[2], fields[7], fields[10]
        if (other := names.setdefault(name, uid)) != uid:
            found.append(
                f"卡 card {uid}: 编号 {name} 已是卡 {other} 的 is the name of card {other} already — 更正编号 correct it"
            )
        who = tuple(fields[11:])
        if (said := people.setdefault(person, (who, uid)))[0] != who:
            found.append(
                f"卡 card {uid}: 人员 {person} 与卡 {said[1]} 所登记的不一致 is another than at card {said[1]} — 两张卡请改为一致 make both agree"
            )
        if schedule:
            asked.setdefault(schedule, uid)
    for schedule in asked.keys() - schedules:
        found.append(
            f"卡 card {asked[schedule]}: 没有时段 there is no schedule {schedule} — 时段用 JSON 名单导入 schedules come with a JSON list"
        )
    return found[:MOST]
