"""A list of credentials as people keep it, read into rows that can be trusted: no database here, only text and what is wrong with it.

A list comes out of Excel: a CSV in GBK or UTF-8, Chinese or English headings, dates in five spellings, card numbers as the reader
sees them (hex UID) or as they are printed on the card (ten decimal digits). Or it is JSON, which can also bring schedules and
holidays:

    {"version": "2026-11", "credentials": [{"card": "0a003f8a21", "category": "owner", …}, …],
     "schedules": {"day": [{"days": "mon-fri", "begin": "06:00", "end": "22:00"}]}, "holidays": [{"day": "2026-10-01", "name": "国庆节"}]}

Everything that is wrong is collected, each with row, field, why and what to do, so that a clerk corrects the list once. A heading
that nobody knows is wrong too, with the nearest known one: a misspelt «valid until» that is passed over would open the gate for
ever.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from edge.domain.plates import normal
from edge.store.surnames import surname_of

FIELDS: dict[str, tuple[str, ...]] = {
    "card": ("card", "uid", "card uid", "卡号", "卡uid", "十六进制卡号", "卡片uid"),
    "number": ("number", "printed", "printed number", "卡面号", "卡面号码", "印刷号", "十位卡号"),
    "credential": ("credential", "id", "编号", "卡编号", "凭证", "凭证编号"),
    "category": ("category", "kind", "类别", "类型", "卡类型"),
    "status": ("status", "状态", "卡状态"),
    "person": ("person", "人员", "人员编号", "工号"),
    "name": ("name", "holder", "姓名", "持卡人", "业主", "业主姓名"),
    "surname": ("surname", "姓", "姓氏"),
    "title": ("title", "gender", "sex", "性别", "称谓", "称呼"),
    "supervisor": ("supervisor", "主管", "主管级", "主管级以上"),
    "unit": ("unit", "address", "房号", "单元", "部门", "房号/部门", "地址"),
    "plates": ("plates", "plate", "车牌", "车牌号", "车牌号码", "车辆号码"),
    "valid_from": ("valid_from", "valid from", "from", "生效日期", "起始日期", "有效期起", "开始日期"),
    "valid_until": (
        "valid_until",
        "valid until",
        "until",
        "expires",
        "失效日期",
        "截止日期",
        "有效期至",
        "到期日",
        "有效期止",
    ),
    "schedule": ("schedule", "时段", "通行时段"),
    "photo": ("photo", "照片"),
}
"""Field → the headings under which it is found, in lower case, without spaces around."""
PASSED_OVER = frozenset(
    {"", "序号", "no", "no.", "备注", "说明", "note", "notes", "remark", "remarks", "电话", "手机", "phone"}
)
"""Headings that are known not to matter here; telephone numbers are deliberately not kept (personal data)."""
_HEADINGS = {heading: name for name, headings in FIELDS.items() for heading in headings}

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
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
_DAY_WORDS = {
    **{word: str(n) for n, word in enumerate(_DAYS)},
    **{word: str(n) for n, word in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日", "节假日"))},
    "daily": "0123456",
    "每天": "0123456",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One credential and its holder, ready for the database. Dates are ISO or empty; `row` is where it stands in the list."""

    row: int
    uid: str
    credential: str
    category: str
    status: str
    person: str
    name: str
    surname: str
    title: str
    supervisor: int
    unit: str
    photo: str
    plates: tuple[str, ...]
    valid_from: str
    valid_until: str
    schedule: str


@dataclass(slots=True)
class Roster:
    """What a list says. `schedules` and `holidays` are None when the list has nothing to say about them (CSV)."""

    version: str = ""
    entries: list[Entry] = field(default_factory=list)
    schedules: list[tuple[str, str, int, int]] | None = None
    holidays: list[tuple[str, str]] | None = None
    problems: list[str] = field(default_factory=list)


class _BadRow(ValueError):
    """A field that cannot be taken; the message says field, why and what to do."""


def read(data: bytes, name: str) -> Roster:
    """Read a list. Never raises on what it holds: see `Roster.problems`."""
    text = _text(data)
    roster = Roster()
    if text is None:
        roster.problems.append("文件编码无法识别：请另存为 CSV UTF-8 · neither UTF-8 nor GBK: save it as CSV UTF-8")
    elif name.lower().endswith(".json"):
        _read_json(text, roster)
    else:
        _read_csv(text, roster)
    _find_doubles(roster)
    return roster


def _text(data: bytes) -> str | None:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


# ---- CSV ---------------------------------------------------------------------------------------------------------


def _read_csv(text: str, roster: Roster) -> None:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t，", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        headings = next(reader, [])
        columns = _columns(headings, roster)
        if roster.problems:
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(headings) :]):
                roster.problems.append(
                    _problem(
                        reader.line_num, "", "", "比标题多出几格 more cells than headings", "检查逗号 check the commas"
                    )
                )
                continue
            _take({key: cells[n].strip() for n, key in columns.items() if n < len(cells)}, reader.line_num, roster)
    except csv.Error as error:
        roster.problems.append(
            _problem(reader.line_num, "", "", f"不是有效的 CSV not CSV: {error}", "请重新导出 export it again")
        )


def _columns(headings: list[str], roster: Roster) -> dict[int, str]:
    """Column number → field."""
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        name = _field(heading, 1, roster)
        if name in found.values():
            roster.problems.append(
                _problem(1, heading, "", "这一列重复 the column stands twice", "删除其一 remove one")
            )
        elif name:
            found[n] = name
    if not {"card", "number"} & set(found.values()):
        hint = "列名 heading: card / 卡号, number / 卡面号"
        roster.problems.append(_problem(1, "card", "", "没有卡号列 there is no card column", hint))
    return found


def _field(heading: str, row: int, roster: Roster) -> str:
    """The field that a heading means; empty when it is passed over, or unknown (and then said)."""
    word = unicodedata.normalize("NFKC", heading).strip().lower()
    if word in PASSED_OVER:
        return ""
    if word not in _HEADINGS:
        near = difflib.get_close_matches(word, _HEADINGS, 1, 0.5)
        hint = f"是否为 did you mean «{near[0]}»?" if near else f"可用 known: {', '.join(FIELDS)}"
        roster.problems.append(_problem(row, heading, "", "不认识的列 unknown column", hint))
    return _HEADINGS.get(word, "")


# ---- JSON --------------------------------------------------------------------------------------------------------


def _read_json(text: str, roster: Roster) -> None:
    try:
        said = json.loads(text)
    except ValueError as error:
        roster.problems.append(f"不是有效的 JSON not JSON: {error}")
        return
    if isinstance(said, list):
        said = {"credentials": said}
    if not isinstance(said, dict) or not isinstance(said.get("credentials"), list):
        roster.problems.append("缺少 credentials 列表 there is no list «credentials»")
        return
    for key in said.keys() - {"version", "credentials", "schedules", "holidays"}:
        roster.problems.append(f"不认识的字段 unknown field «{key}»; known: version, credentials, schedules, holidays")
    roster.version = str(said.get("version", ""))
    if "schedules" in said:
        roster.schedules = list(_schedules(said["schedules"], roster))
    if "holidays" in said:
        roster.holidays = list(_holidays(said["holidays"], roster))
    for n, item in enumerate(said["credentials"], 1):
        if not isinstance(item, dict):
            roster.problems.append(_problem(n, "", item, "不是对象 not an object", ""))
            continue
        taken: dict[str, str] = {}
        for heading, value in item.items():
            if name := _field(heading, n, roster):
                taken[name] = " ".join(map(str, value)) if isinstance(value, list) else _plain(value)
        _take(taken, n, roster)


def _plain(value: Any) -> str:
    return "" if value is None or value is False else "1" if value is True else str(value).strip()


def _schedules(said: Any, roster: Roster) -> Iterator[tuple[str, str, int, int]]:
    for name, spans in said.items() if isinstance(said, dict) else ():
        for span in spans if isinstance(spans, list) else ():
            try:
                days = _days(str(span["days"]))
                yield str(name), days, _minutes(span["begin"]), _minutes(span["end"])
            except (KeyError, TypeError, ValueError) as error:
                roster.problems.append(
                    f"时段 schedule «{name}» {span!r}: {error}; 例 e.g. "
                    '{"days": "mon-fri,holiday", "begin": "06:00", "end": "22:00"}'
                )


def _days(text: str) -> str:
    found = ""
    for word in re.split(r"[,，、\s]+", text.strip().lower()):
        first, _, last = word.replace("至", "-").partition("-")
        if last:
            begin, end = int(_DAY_WORDS[first]), int(_DAY_WORDS[last])
            if not begin <= end <= 7:
                raise ValueError(f"no range of days: {word}")
            found += "".join(map(str, range(begin, end + 1)))
        else:
            found += _DAY_WORDS[first]
    return "".join(sorted(set(found)))


def _minutes(text: Any) -> int:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", str(text))
    if not match or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > 1440:
        raise ValueError(f"no time of day: {text!r}")
    return int(match[1]) * 60 + int(match[2])


def _holidays(said: Any, roster: Roster) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for item in said if isinstance(said, list) else ():
        try:
            day, name = (item["day"], item.get("name", "")) if isinstance(item, dict) else (item, "")
            day = _date(str(day))
        except (KeyError, _BadRow) as error:
            roster.problems.append(f"节假日 holiday {item!r}: {error}")
            continue
        if day and day not in seen:
            seen.add(day)
            yield day, str(name)


# ---- one row -----------------------------------------------------------------------------------------------------


def _problem(row: int, name: str, value: object, why: str, hint: str) -> str:
    shown = f" {str(value)[:40]!r}" if value not in ("", None) else ""
    return f"第{row}行 row {row}{f' [{name}]' if name else ''}{shown}: {why}{f' — {hint}' if hint else ''}"


def _take(said: dict[str, str], row: int, roster: Roster) -> None:
    """Add one row's credential, or what is wrong with it: all of it, not the first."""
    good: dict[str, Any] = {}
    bad = False
    for name, reading in _READINGS.items():
        value = unicodedata.normalize("NFKC", said.get(name, "")).strip()
        try:
            good[name] = reading(value)
        except _BadRow as error:
            why, _, hint = str(error).partition(" — ")
            roster.problems.append(_problem(row, name, value, why, hint))
            bad = True
    if bad:
        return
    uid, number = good["card"], good["number"]
    problem = None
    if not uid and not number:
        problem = ("card", "没有卡号 no card number", "填写卡号或卡面号 give card or number")
    elif uid and number and uid[-8:] != number:
        problem = ("number", f"与卡号不符 is not the number of card {uid}", "两者只填其一 give one of the two")
    elif good["valid_from"] and good["valid_until"] and good["valid_until"] < good["valid_from"]:
        problem = (
            "valid_until",
            f"早于生效日期 before valid_from {good['valid_from']}",
            "检查两个日期 check both dates",
        )
    if problem:
        roster.problems.append(_problem(row, problem[0], said.get(problem[0], ""), problem[1], problem[2]))
        return
    uid = uid or number
    roster.entries.append(
        Entry(
            row=row,
            uid=uid,
            credential=good["credential"] or uid,
            category=good["category"],
            status=good["status"],
            person=good["person"] or f"card:{uid}",
            name=good["name"],
            surname=good["surname"] or surname_of(good["name"]),
            title=good["title"],
            supervisor=int(good["supervisor"] == "1"),
            unit=good["unit"],
            photo=good["photo"],
            plates=good["plates"],
            valid_from=good["valid_from"],
            valid_until=good["valid_until"],
            schedule=good["schedule"],
        )
    )


def _card(value: str) -> str:
    if not value:
        return ""
    if re.fullmatch(r"[\d.]+[eE]\+?\d+", value):
        raise _BadRow(
            "被表格软件改成了科学计数 the spreadsheet has rounded it — 把该列设为文本后重新填写 format the column as text"
        )
    uid = re.sub(r"[\s:\-]", "", value.lower()).removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]+", uid):
        raise _BadRow(
            "不是十六进制 not hexadecimal — 卡面十位数字请填入 number / 卡面号 列 a printed number belongs in column number"
        )
    if len(uid) % 2 or not 8 <= len(uid) <= 20:
        raise _BadRow(
            "位数不对 must be 8 to 20 hex digits, an even number — 前面的零可能丢了 leading zeros may be lost"
        )
    return uid


def _number(value: str) -> str:
    if not value:
        return ""
    if not re.fullmatch(r"\d{1,10}", value) or int(value) > 0xFFFFFFFF:
        raise _BadRow(
            "不是卡面十位数字 not a printed number (ten decimal digits, at most 4294967295) — 例 e.g. 0001234567"
        )
    return f"{int(value):08x}"


def _date(value: str) -> str:
    if not value:
        return ""
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?", value)
    match = match or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", value)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        match = None
    raise _BadRow("不是日期 not a date — 例 e.g. 2026-10-01")


def _plates(value: str) -> tuple[str, ...]:
    plates = [normal(part) for part in re.split(r"[\s,，;；、/|]+", value) if part]
    for plate in plates:
        if not 5 <= len(plate) <= 10 or not all(c.isalnum() for c in plate):
            raise _BadRow("不是车牌 not a plate — 多个车牌用空格分开 put a space between plates")
    return tuple(dict.fromkeys(plates))


def _choice(words: Mapping[str, tuple[str, ...]]) -> Any:
    by_word = {word: value for value, some in words.items() for word in some}

    def reading(value: str) -> str:
        found = by_word.get(value.lower())
        if found is None:
            raise _BadRow(f"不认识 unknown — 可填 one of: {', '.join(word for word in by_word if word)}")
        return found

    return reading


def _short(limit: int) -> Any:
    def reading(value: str) -> str:
        if len(value) > limit or any(unicodedata.category(c) == "Cc" for c in value):
            raise _BadRow(f"过长或含控制字符 longer than {limit}, or with control characters — 请改短 shorten it")
        return value

    return reading


_READINGS: dict[str, Any] = {
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
    "valid_from": _date,
    "valid_until": _date,
    "schedule": _short(40),
    "photo": _short(80),
}


def _find_doubles(roster: Roster) -> None:
    """A card or a credential's name that stands twice; a printed number that is the end of another card's UID."""
    cards: dict[str, int] = {}
    names: dict[str, int] = {}
    people: dict[str, Entry] = {}
    short = {entry.uid: entry.row for entry in roster.entries if len(entry.uid) == 8}
    for entry in roster.entries:
        doubles = (
            ("card", entry.uid, cards.setdefault(entry.uid, entry.row)),
            ("credential", entry.credential, names.setdefault(entry.credential, entry.row)),
            ("number", entry.uid, short.get(entry.uid[-8:], entry.row) if len(entry.uid) > 8 else entry.row),
        )
        for name, value, row in doubles:
            if row != entry.row:
                why = f"与第{row}行重复 already in row {row}"
                roster.problems.append(_problem(entry.row, name, value, why, "删除其中一行 remove one of them"))
        same = people.setdefault(entry.person, entry)
        if same.name != entry.name:
            why = f"与第{same.row}行同号不同名 row {same.row} has another name for this person"
            roster.problems.append(_problem(entry.row, "person", entry.person, why, "更正编号 correct the number"))
