"""The fields of a credential in a list: the headings under which each is found, and what may stand in its cells."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sync.fields import valid_name
from sync.problems import BadField, choices

FIELDS: dict[str, tuple[str, ...]] = {
    "card": ("card", "uid", "card uid", "卡号", "卡uid", "十六进制卡号", "卡片uid"),
    "number": ("number", "printed", "printed number", "卡面号", "卡面号码", "印刷号", "十位卡号"),
    "credential": ("credential", "id", "编号", "卡编号", "凭证", "凭证编号"),
    "category": ("category", "kind", "类别", "类型", "卡类型"),
    "status": ("status", "状态", "卡状态"),
    "person": ("person", "人员编号", "人员", "工号"),
    "name": ("name", "holder", "姓名", "持卡人", "业主", "业主姓名"),
    "surname": ("surname", "姓", "姓氏"),
    "title": ("title", "gender", "sex", "性别", "称谓", "称呼"),
    "supervisor": ("supervisor", "主管", "主管级", "主管级以上"),
    "unit": ("unit", "address", "房号", "单元", "部门", "房号/部门", "地址"),
    "plates": ("plates", "plate", "车牌", "车牌号", "车牌号码", "车辆号码"),
    "vehicle": ("vehicle", "vehicle kind", "车型", "车辆类型", "车种"),
    "valid_from": ("valid_from", "valid from", "from", "生效日期", "起始日期", "有效期起", "开始日期"),
    "valid_until": (
        "valid_until",
        "valid until",
        "until",
        "expires",
        "截止日期",
        "失效日期",
        "有效期至",
        "到期日",
        "有效期止",
    ),
    "schedule": ("schedule", "时段", "通行时段"),
    "photo": ("photo", "照片"),
    "gates": ("gates", "only at", "门岗", "仅限门岗"),
    "not_gates": ("not_gates", "not at", "except gates", "不含门岗"),
}
"""Field → the headings under which it is found, in lower case, without spaces around."""
PASSED_OVER = frozenset(
    {"", "序号", "no", "no.", "备注", "说明", "note", "notes", "remark", "remarks", "电话", "手机", "phone"}
)
"""Headings that are known not to matter here; telephone numbers are deliberately not kept (personal data)."""
COLUMNS = {name: next(heading for heading in headings if not heading.isascii()) for name, headings in FIELDS.items()}
"""Field → what the column is called in Chinese."""
HEADINGS = {heading: name for name, headings in FIELDS.items() for heading in headings}

_CATEGORIES = {
    "owner": ("owner", "resident", "业主", "住户"),
    "company": ("company", "公司", "公司车辆"),
    "staff": ("staff", "employee", "员工", "职员", "公司职员"),
    "temporary": ("temporary", "temp", "临时", "临时卡", "临时车辆"),
}
_STATUSES = {
    "active": ("", "active", "ok", "正常", "有效", "启用", "在用"),
    "blocked": ("blocked", "disabled", "停用", "锁定", "冻结", "禁用", "黑名单"),
    "lost": ("lost", "挂失", "丢失", "遗失"),
}
_TITLES = {
    "": ("",),
    "mr": ("mr", "mr.", "m", "male", "男", "先生"),
    "ms": ("ms", "mrs", "f", "female", "女", "女士", "小姐"),
}
_YES = {"1": ("1", "yes", "y", "true", "是", "√", "主管"), "": ("", "0", "no", "n", "false", "否", "×")}


_NOISE = re.compile(r"[\s·•.\-_,，。]+")


_UID_DIGITS = frozenset({*range(8, 21, 2), *range(24, 125, 4)})
"""Cards have UIDs of 4 to 10 bytes; windscreen tags (EPC Gen 2) numbers of whole words, up to 62 bytes, usually 12."""


def _card(value: str) -> str:
    if not value:
        return ""
    if re.fullmatch(r"\d*\.\d*[eE]\+?\d+|\d+[eE]\+\d+", value):  # 123456e7 is a card
        raise BadField("card-rounded")
    uid = re.sub(r"[\s:\-]", "", value.lower()).removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]+", uid):
        raise BadField("card-hex")
    if len(uid) not in _UID_DIGITS:
        raise BadField("card-digits")
    return uid


def _number(value: str) -> str:
    if not value:
        return ""
    if not re.fullmatch(r"\d{1,10}", value) or int(value) > 0xFFFFFFFF:
        raise BadField("card-printed")
    return f"{int(value):08x}"


def iso_date(value: str) -> str:
    """A date in any of the five spellings as 2026-10-01; empty stays empty. Raises BadField."""
    if not value:
        return ""
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?", value)
    match = match or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", value)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        match = None
    raise BadField("date")


def _plates(value: str) -> tuple[str, ...]:
    plates = [normal(part) for part in re.split(r"[\s,，;；、/|]+", value) if part]
    for plate in plates:
        if not 5 <= len(plate) <= 10 or not all(c.isalnum() for c in plate):
            raise BadField("plates", word=plate)
    return tuple(dict.fromkeys(plates))


def normal(plate: str) -> str:
    """Upper case, half width, no separators: «粤b·12345» and «粤B12345» are the same (as edge/domain/plates.py has it)."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", plate)).upper()


def _gates(value: str) -> tuple[str, ...]:
    gates = tuple(sorted({word for word in re.split(r"[\s,，;；、|]+", value) if word}))
    for gate in gates:
        if not valid_name(gate) or gate.startswith("-"):
            raise BadField("name", word=gate)
    return gates


def _choice(words: Mapping[str, tuple[str, ...]]) -> Callable[[str], str]:
    by_word = {word: value for value, some in words.items() for word in some}

    def reading(value: str) -> str:
        found = by_word.get(value.lower())
        if found is None:
            raise BadField("word", **choices(by_word))
        return found

    return reading


def _short(limit: int) -> Callable[[str], str]:
    def reading(value: str) -> str:
        if len(value) > limit or not (value.isprintable() or all(unicodedata.category(c) != "Cc" for c in value)):
            raise BadField("long", n=limit)
        return value

    return reading


READINGS: dict[str, Callable[[str], Any]] = {
    "card": _card,
    "number": _number,
    "credential": _short(40),
    "category": _choice(_CATEGORIES),
    "status": _choice(_STATUSES),
    "person": _short(40),
    "name": _short(60),
    "surname": _short(20),
    "title": _choice(_TITLES),
    "supervisor": _choice(_YES),
    "unit": _short(60),
    "plates": _plates,
    "vehicle": _short(20),
    "valid_from": iso_date,
    "valid_until": iso_date,
    "schedule": _short(40),
    "photo": _short(80),
    "gates": _gates,
    "not_gates": _gates,
}


def _of_nothing() -> dict[str, Any]:
    made = {}
    for name, reading in READINGS.items():
        with contextlib.suppress(BadField):
            made[name] = reading("")
    return made


EMPTY = _of_nothing()
"""Field → what an empty cell means, where it may be empty."""
