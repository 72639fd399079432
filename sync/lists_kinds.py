"""Each of head office's other lists: its columns, and what makes a row of them an entry. See lists.py."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

from sync import lists_fields as f
from sync.lists import Good, Kind
from sync.lists_fields import Column
from sync.lists_words import TEN, Words
from sync.problems import BadField
from sync.roster_fields import normal

LONGEST_DAYS = 31
"""Of an expected visitor's time (edge/domain/expected.py)."""


def _own(*names: str) -> tuple[Callable[[Good], str], tuple[str, ...]]:
    """The row's own number, or one made of what tells it from the others."""

    def key(good: Good) -> str:
        made = hashlib.sha256(json.dumps([good[name] for name in names]).encode()).hexdigest()[:16]
        return f.narrow(good["id"]) or made

    return key, ("id", *names)


def _same(name: str, written: Callable[[str], str] = f.narrow) -> tuple[Callable[[Good], str], tuple[str, ...]]:
    """One column tells it from the others."""
    return lambda good: written(good[name]), (name,)


def _pass(good: Good, _: Words) -> Good:
    f.in_order(good, "from", "until")
    return good


def _permit_number(number: str) -> str:
    return f.narrow(number).upper()


def _permit(good: Good, words: Words) -> Good:
    of = words.role_of[good["role"]]
    if of and not good[of]:
        raise BadField("permit-whose", of)
    return good | {"number": _permit_number(good["number"])}


def _appointment(good: Good, words: Words) -> Good:
    if good["mode"] not in words.modes[good["kind"]]:
        raise BadField("visit-mode", "mode")
    if not (good["name"] or good["plate"]):
        raise BadField("name-or-plate", "name")
    f.in_order(good, "from", "until", LONGEST_DAYS)
    return good


def _convoy(good: Good, _: Words) -> Good:
    return {**good, "plates": list(good["plates"]), "lanes": list(good["lanes"])}


def _watch(good: Good, _: Words) -> Good:
    if not any(good[name] for name in ("name", "number", "plate", "phone")):
        raise BadField("watch-whom", "name")
    return good


def _notice(good: Good, words: Words) -> Good:
    restored, ahead = words.notice_has[good["notice"]]
    if not (good["text"] or restored or ahead):
        raise BadField("notice-text", "text")
    if good["restored"] and not restored:
        raise BadField("notice-restored", "restored")
    f.in_order(good, "from", "until", 366)
    f.in_order(good, "from", "restored")
    return good


def _hours(good: Good, _: Words) -> Good:
    return good | {"end": "24:00"} if good["end"] == "00:00" else good  # the same moment, written in one way


def _as_it_is(good: Good, _: Words) -> Good:
    """Each column by itself has said all there is to say."""
    return good


_SLOT = re.compile(r"\{(\w*)\}")


def _phrase(good: Good, words: Words) -> Good:
    known = words.sentences[good["language"]]
    if good["sentence"] not in known:
        raise BadField("sentence", "sentence")
    always = () if good["sentence"].startswith(TEN) else ("who", "host", "hello")  # the ten are read as they stand
    strange = set(_SLOT.findall(good["text"])) - set(_SLOT.findall(known[good["sentence"]])) - {*always}
    left = _SLOT.sub("", good["text"])
    if strange or "{" in left or "}" in left:
        raise BadField("braces", "text", who="{who}", host="{host}", hello="{hello}")
    return good


_WHERE = {"gates": f.GATES, "not_gates": f.NOT_GATES}
_ID = {"id": Column(("编号", "id"), f.short(40))}
KINDS = {
    kind.name: kind
    for kind in (
        Kind("schedules", "通行时段", "Schedules", {
            "schedule": Column(("时段", "名称", "schedule"), f.short(40), needed=True),
            "days": Column(("星期", "days"), f.weekdays, needed=True, item="days"),
            "begin": Column(("开始", "begin"), f.hour, needed=True, item="begin"),
            "end": Column(("结束", "end"), f.hour, needed=True, item="end")}, _hours, *_same("schedule")),
        Kind("holidays", "节假日", "Holidays", {
            "day": Column(("日期", "day"), f.day, needed=True),
            "name": Column(("名称", "name"), f.short(60))}, _as_it_is, *_same("day")),
        Kind("passes", "施工出入证", "Construction passes", {
            "number": Column(("证号", "施工证号", "number"), f.short(40), needed=True),
            "name": Column(("姓名", "name"), f.short(60), needed=True),
            "company": Column(("施工单位", "单位", "company"), f.short(60)),
            "unit": Column(("施工房号", "房号", "unit"), f.short(60)),
            "from": Column(("生效日期", "起始日期", "from"), f.day),
            "until": Column(("截止日期", "有效期至", "until"), f.day, needed=True),
            **_WHERE}, _pass, *_same("number", normal)),
        Kind("permits", "出闸纸", "Goods permits", {
            "number": Column(("出闸纸编号", "编号", "number"), f.short(60), needed=True),
            "role": Column(("签名人身份", "身份", "role"), f.word("roles"), needed=True),
            "until": Column(("截止日期", "有效期至", "until"), f.day, needed=True),
            "item": Column(("物品", "品名", "item"), f.short(60), needed=True, item="name"),
            "quantity": Column(("数量", "quantity"), f.quantity, needed=True, item="quantity"),
            "measure": Column(("单位", "measure"), f.short(8, "件"), item="measure"),
            "category": Column(("物品类别", "类别", "category"), f.word("categories"), needed=True, item="category"),
            "unit": Column(("房号", "unit"), f.short(60)),
            "company": Column(("施工单位", "company"), f.short(60)),
            "plate": Column(("车牌", "plate"), f.plate),
            "signer": Column(("签名人", "signer"), f.short(60)),
            "bearer": Column(("携带人", "bearer"), f.short(60)),
            "stamped": Column(("已盖章", "盖章", "stamped"), f.yes),
            "stamp": Column(("印章编号", "stamp"), f.short(60)),
            "remark": Column(("备注", "remark"), f.short(60)),
            **_WHERE}, _permit, *_same("number", _permit_number), same_item="item"),
        Kind("appointments", "访客预约", "Expected visitors", {
            **_ID,
            "kind": Column(("来访类别", "类别", "kind"), f.word("visits"), needed=True),
            "from": Column(("开始时间", "from"), f.moment, needed=True),
            "until": Column(("结束时间", "until"), f.moment, needed=True),
            "mode": Column(("方式", "mode"), f.choice({"foot": ("", "foot", "步行"), "vehicle": ("vehicle", "开车", "驾车")})),
            "name": Column(("姓名", "name"), f.short(60)),
            "title": Column(("性别", "称谓", "title"), f.choice({"": ("",), "mr": ("mr", "男", "先生"), "ms": ("ms", "女", "女士", "小姐")})),
            "phone": Column(("电话", "phone"), f.short(40)),
            "company": Column(("单位", "company"), f.short(60)),
            "purpose": Column(("事由", "purpose"), f.short(60)),
            "host": Column(("被访人", "host"), f.short(60)),
            "unit": Column(("房号", "unit"), f.short(60)),
            "plate": Column(("车牌", "plate"), f.plate),
            "companions": Column(("随行人数", "companions"), f.whole(60)),
            "remark": Column(("备注", "remark"), f.short(120)),
            **_WHERE}, _appointment, *_own("name", "plate", "from", "unit")),
        Kind("convoys", "婚礼车队", "Wedding convoys", {
            **_ID,
            "arrives": Column(("到达时间", "arrives"), f.moment, needed=True),
            "names": Column(("新人", "新人姓名", "names"), f.short(500), needed=True),
            "plates": Column(("车牌", "plates"), f.plates(40)),
            "lanes": Column(("车道", "lanes"), f.names),
            "customs": Column(("习俗", "customs"), f.short(500)),
            "wishes": Column(("业主要求", "wishes"), f.short(500)),
            "phone": Column(("电话", "phone"), f.short(40)),
            **_WHERE}, _convoy, *_own("names", "arrives")),
        Kind("phones", "通讯录", "Telephones", {
            "unit": Column(("房号", "部门", "unit"), f.short(60), needed=True),
            "name": Column(("姓名", "name"), f.short(60)),
            "phone": Column(("电话", "phone"), f.short(80), needed=True),
            **_WHERE}, _as_it_is, lambda good: f"{normal(good['unit'])}:{normal(good['name'])}", ("unit", "name")),
        Kind("watch", "留意名单", "Watch list", {
            **_ID,
            "name": Column(("姓名", "name"), f.short(60)),
            "number": Column(("证件号码", "证件号", "number"), f.document),
            "plate": Column(("车牌", "plate"), f.plate),
            "phone": Column(("电话", "phone"), f.short(40)),
            "reason": Column(("原因", "reason"), f.short(120), needed=True),
            "until": Column(("截止日期", "until"), f.day),
            **_WHERE}, _watch, *_own("name", "number", "plate", "phone")),
        Kind("notices", "通知", "Notices", {
            **_ID,
            "notice": Column(("通知类别", "类别", "notice"), f.word("notices"), needed=True),
            "text": Column(("内容", "原因", "text"), f.short(200)),
            "where": Column(("范围", "where"), f.short(200)),
            "from": Column(("开始时间", "from"), f.moment, needed=True),
            "until": Column(("结束时间", "until"), f.moment),
            "restored": Column(("恢复时间", "restored"), f.moment),
            **_WHERE}, _notice, *_own("notice", "from", "where")),
        Kind("phrases", "服务用语", "Sentences", {
            "language": Column(("语言", "language"), f.choice({"zh": ("", "zh", "中文"), "en": ("en", "英文", "english")})),
            "sentence": Column(("键名", "sentence"), f.short(60), needed=True),
            "text": Column(("用语", "text"), f.kind_words, needed=True),
            **_WHERE}, _phrase, lambda good: f"{good['language']}:{good['sentence']}", ("language", "sentence")),
    )
}  # fmt: skip
"""Name → list."""
