"""Each of head office's other lists: its columns, and what makes a row of them an entry. See lists.py."""

from __future__ import annotations

import hashlib
import json
import re

from sync import lists_fields as f
from sync.lists import Good, Kind
from sync.lists_fields import Column
from sync.lists_words import TEN, Words
from sync.roster_fields import BadField, normal

LONGEST_DAYS = 31
"""Of an expected visitor's time (edge/domain/expected.py)."""


def _key(good: Good, *names: str) -> str:
    """The row's own number, or one made of what tells it from the others."""
    own = f.narrow(good.pop("id", ""))
    if own:
        return own
    return hashlib.sha256(json.dumps([good[name] for name in names]).encode()).hexdigest()[:16]


def _pass(good: Good, _: Words) -> tuple[str, Good]:
    f.in_order(good, "from", "until")
    return normal(good["number"]), good


def _permit(good: Good, words: Words) -> tuple[str, Good]:
    of = words.role_of[good["role"]]
    if of and not good[of]:
        raise BadField(f"{of}: 请填写 it is empty — 写明是谁的出闸纸 say whose permit it is")
    item = {
        name: good.pop(at)
        for at, name in (("item", "name"), ("quantity", "quantity"), ("measure", "measure"), ("category", "category"))
    }
    good["number"] = f.narrow(good["number"]).upper()
    return good["number"], {**good, "items": [item]}


def _appointment(good: Good, words: Words) -> tuple[str, Good]:
    if good["mode"] not in words.modes[good["kind"]]:
        raise BadField(
            "mode: 这类来访没有这种方式 this kind of visit does not come so — 改填 步行 或 开车 write the other one"
        )
    if not (good["name"] or good["plate"]):
        raise BadField("name: 姓名或车牌至少填一项 — give a name or a plate")
    f.in_order(good, "from", "until", LONGEST_DAYS)
    return _key(good, "name", "plate", "from", "unit"), good


def _convoy(good: Good, _: Words) -> tuple[str, Good]:
    return _key(good, "names", "arrives"), {**good, "plates": list(good["plates"]), "lanes": list(good["lanes"])}


def _watch(good: Good, _: Words) -> tuple[str, Good]:
    if not any(good[name] for name in ("name", "number", "plate", "phone")):
        raise BadField("name: 姓名、证件号、车牌、电话至少填一项 — give one of name, number, plate, telephone")
    return _key(good, "name", "number", "plate", "phone"), good


def _notice(good: Good, words: Words) -> tuple[str, Good]:
    restored, ahead = words.notice_has[good["notice"]]
    if not (good["text"] or restored or ahead):
        raise BadField("text: 请填写 it is empty — 这类通知要写内容 this kind of notice needs its text")
    if good["restored"] and not restored:
        raise BadField(
            "restored: 这类通知没有恢复时间 this kind of notice has no time of restoration — 请留空 leave it empty"
        )
    f.in_order(good, "from", "until", 366)
    f.in_order(good, "from", "restored")
    return _key(good, "notice", "from", "where"), good


_SLOT = re.compile(r"\{(\w*)\}")


def _phrase(good: Good, words: Words) -> tuple[str, Good]:
    known = words.sentences[good["language"]]
    if good["sentence"] not in known:
        raise BadField(
            "sentence: 没有这句话 there is no such sentence — 键名见 config/phrases.*.toml [say] keys stand there"
        )
    always = () if good["sentence"].startswith(TEN) else ("who", "host", "hello")  # the ten are read as they stand
    strange = set(_SLOT.findall(good["text"])) - set(_SLOT.findall(known[good["sentence"]])) - {*always}
    left = _SLOT.sub("", good["text"])
    if strange or "{" in left or "}" in left:
        raise BadField(
            "text: 花括号里的词有误 a word in braces that this sentence does not have — 可用 {who} {host} {hello} 和原句中的词 use those of the sentence"
        )
    return f"{good['language']}:{good['sentence']}", good


_WHERE = {"gates": f.GATES, "not_gates": f.NOT_GATES}
_ID = {"id": Column(("编号", "id"), f.short(40))}
KINDS = {
    kind.name: kind
    for kind in (
        Kind("passes", "施工出入证", "Construction passes", {
            "number": Column(("证号", "施工证号", "number"), f.short(40), needed=True),
            "name": Column(("姓名", "name"), f.short(60), needed=True),
            "company": Column(("施工单位", "单位", "company"), f.short(60)),
            "unit": Column(("施工房号", "房号", "unit"), f.short(60)),
            "from": Column(("生效日期", "起始日期", "from"), f.day),
            "until": Column(("截止日期", "有效期至", "until"), f.day, needed=True),
            **_WHERE}, _pass),
        Kind("permits", "出闸纸", "Goods permits", {
            "number": Column(("出闸纸编号", "编号", "number"), f.short(60), needed=True),
            "role": Column(("签名人身份", "身份", "role"), f.word("roles"), needed=True),
            "until": Column(("截止日期", "有效期至", "until"), f.day, needed=True),
            "item": Column(("物品", "品名", "item"), f.short(60), needed=True),
            "quantity": Column(("数量", "quantity"), f.quantity, needed=True),
            "measure": Column(("单位", "measure"), f.short(8, "件")),
            "category": Column(("物品类别", "类别", "category"), f.word("categories"), needed=True),
            "unit": Column(("房号", "unit"), f.short(60)),
            "company": Column(("施工单位", "company"), f.short(60)),
            "plate": Column(("车牌", "plate"), f.plate),
            "signer": Column(("签名人", "signer"), f.short(60)),
            "bearer": Column(("携带人", "bearer"), f.short(60)),
            "stamped": Column(("已盖章", "盖章", "stamped"), f.yes),
            "stamp": Column(("印章编号", "stamp"), f.short(60)),
            "remark": Column(("备注", "remark"), f.short(60)),
            **_WHERE}, _permit),
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
            **_WHERE}, _appointment),
        Kind("convoys", "婚礼车队", "Wedding convoys", {
            **_ID,
            "arrives": Column(("到达时间", "arrives"), f.moment, needed=True),
            "names": Column(("新人", "新人姓名", "names"), f.short(500), needed=True),
            "plates": Column(("车牌", "plates"), f.plates(40)),
            "lanes": Column(("车道", "lanes"), f.names),
            "customs": Column(("习俗", "customs"), f.short(500)),
            "wishes": Column(("业主要求", "wishes"), f.short(500)),
            "phone": Column(("电话", "phone"), f.short(40)),
            **_WHERE}, _convoy),
        Kind("watch", "留意名单", "Watch list", {
            **_ID,
            "name": Column(("姓名", "name"), f.short(60)),
            "number": Column(("证件号码", "证件号", "number"), f.document),
            "plate": Column(("车牌", "plate"), f.plate),
            "phone": Column(("电话", "phone"), f.short(40)),
            "reason": Column(("原因", "reason"), f.short(120), needed=True),
            "until": Column(("截止日期", "until"), f.day),
            **_WHERE}, _watch),
        Kind("notices", "通知", "Notices", {
            **_ID,
            "notice": Column(("通知类别", "类别", "notice"), f.word("notices"), needed=True),
            "text": Column(("内容", "原因", "text"), f.short(200)),
            "where": Column(("范围", "where"), f.short(200)),
            "from": Column(("开始时间", "from"), f.moment, needed=True),
            "until": Column(("结束时间", "until"), f.moment),
            "restored": Column(("恢复时间", "restored"), f.moment),
            **_WHERE}, _notice),
        Kind("phrases", "服务用语", "Sentences", {
            "language": Column(("语言", "language"), f.choice({"zh": ("", "zh", "中文"), "en": ("en", "英文", "english")})),
            "sentence": Column(("键名", "sentence"), f.short(60), needed=True),
            "text": Column(("用语", "text"), f.kind_words, needed=True),
            **_WHERE}, _phrase),
    )
}  # fmt: skip
"""Name → list."""
