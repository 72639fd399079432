"""What the lines of a straightened document say, field by field: labels are looked for, and values beside and below them.

    lines ──▶ which page is it (its own words) ──▶ for each label: what stands to its right, decoded with the signs that the field can have

A table of a line holds more than its first reading: «8» and «B» are told apart by asking for digits only, one of 56 peoples or two sexes is
the likeliest of those words. Nothing is guessed from the law of a number here (the check digit is judged by whoever asks): a number comes
with its next likely readings. A name whose signs stand too far apart has lost one that the alphabet does not have, and is unsure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.text import Box, Line, Sign

RESIDENT, BACK, LICENCE = "resident-id", "resident-id-back", "driving-licence"
PHOTOGRAPHS = {RESIDENT: (0.655, 0.10, 0.955, 0.72), LICENCE: (0.735, 0.545, 0.945, 0.925)}
"""Where the photograph is on a page: left, top, right, bottom as parts of width and height (layouts of GA 448 and GA 482)."""
SURE = 0.55
"""A field whose weakest sign is less sure than this is not sure."""
LONG_SURE = 0.6
"""The same for an address, of which one sign in thirty may be worn."""
OTHERS = 6
"""Next likely readings of a number."""
SECOND = 0.02
"""A sign's second reading counts from this probability on."""

NATIONS = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 "
    "布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺 穿青人"
).split()

_LABELS = {
    RESIDENT: ("姓名", "性别", "民族", "出生", "住址", "公民身份号码"),
    BACK: ("签发机关", "有效期限"),
    LICENCE: ("证号", "姓名", "性别", "国籍", "住址", "出生日期", "初次领证日期", "准驾车型", "有效期限", "有效起始日期"),
}
_PLACES = {
    RESIDENT: {
        "姓名": (0.065, 0.10, 0.140, 0.17, 0.60), "性别": (0.065, 0.225, 0.140, 0.295, 0.27), "民族": (0.275, 0.225, 0.350, 0.295, 0.60),
        "出生": (0.065, 0.35, 0.140, 0.42, 0.60), "住址": (0.065, 0.475, 0.140, 0.545, 0.61), "公民身份号码": (0.065, 0.85, 0.265, 0.92, 0.92),
    },
    BACK: {"签发机关": (0.195, 0.725, 0.335, 0.795, 0.95), "有效期限": (0.195, 0.855, 0.335, 0.925, 0.95)},
    LICENCE: {
        "证号": (0.06, 0.24, 0.13, 0.295, 0.75), "姓名": (0.06, 0.36, 0.13, 0.41, 0.42), "性别": (0.425, 0.36, 0.49, 0.41, 0.61),
        "国籍": (0.62, 0.36, 0.69, 0.41, 0.9), "住址": (0.06, 0.47, 0.13, 0.52, 0.95), "出生日期": (0.30, 0.61, 0.415, 0.665, 0.70),
        "初次领证日期": (0.30, 0.70, 0.465, 0.745, 0.70), "准驾车型": (0.30, 0.78, 0.415, 0.825, 0.70), "有效期限": (0.06, 0.865, 0.175, 0.915, 0.70),
    },
}  # fmt: skip
"""Where a label stands when it could not be read, and how far its value reaches: left, top, right, bottom, and the value's right, as
parts of the page (layouts of GA 448 and GA 482)."""
_WORDS = {
    LICENCE: ("驾驶证", "准驾车型", "初次领证", "Driving", "证号"),
    BACK: ("居民身份证", "签发机关"),
    RESIDENT: ("公民身份号码", "身份号码", "民族", "出生"),
}
_ENGLISH = re.compile(r"^(?=.*[a-z])[A-Za-z .,'’]{3,}$")
_DAY = re.compile(r"(\d{4})\D{0,2}(\d{2})\D{0,2}(\d{2})")
_BORN = re.compile(r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})")
_CLASS = re.compile(r"^(?:A[123]|B[12]|C[123456]|[DEFMNP])+[DEF]?$")


@dataclass(frozen=True, slots=True)
class Field:
    """One value. `text` "" : there is something that could not be read for sure. `others`: next likely readings, the likeliest first.

    `confidence` 0 to 1, of the weakest sign. `boxes`: where it stands on the straightened page. Dates as 2026-11-23; `valid_until`
    of a document without end is «长期».
    """

    name: str
    text: str
    confidence: float
    boxes: tuple[Box, ...] = ()
    others: tuple[str, ...] = ()


def page_of(lines: Sequence[Line]) -> str:
    """Which page it is: resident-id, resident-id-back, driving-licence; "" when it is none of them."""
    text = "|".join(line.text for line in lines)
    worth = {kind: sum(word in text for word in words) for kind, words in _WORDS.items()}
    kind = max(worth, key=lambda one: worth[one])
    return kind if worth[kind] else ""


def fields(kind: str, lines: Sequence[Line], image: Image, read: Callable[[Box], Line]) -> tuple[Field, ...]:
    """All that the page says; fields that were not found are left out. `read`: what stands at a place of the page."""
    rows, columns = image.shape[:2]
    if kind in PHOTOGRAPHS:
        left, top, _, bottom = PHOTOGRAPHS[kind]
        lines = [line for line in lines if line.box.left < left * columns or not top * rows < line.box.middle < bottom * rows]
    page = _Page(kind, lines, image, read)
    made = {RESIDENT: _resident, BACK: _back, LICENCE: _licence}[kind](page)
    return tuple(field for field in made if field is not None)


@dataclass(frozen=True)
class _Part:
    """Steps of a line that belong to a value."""

    line: Line
    begin: int = 0
    end: int | None = None

    @property
    def box(self) -> Box:
        """Of these steps."""
        whole, steps = self.line.box, len(self.line.table)
        wide = (whole.right - whole.left) / max(1, steps)
        right = whole.right if self.end is None else round(whole.left + self.end * wide)
        return Box(round(whole.left + self.begin * wide), whole.top, right, whole.bottom)

    def signs(self, only: Iterable[int] | None) -> list[Sign]:
        """As the field's own signs read it."""
        return self.line.signs(None if only is None else frozenset(only), self.begin, self.end)


class _Page:
    """Lines with their labels found."""

    def __init__(self, kind: str, lines: Sequence[Line], image: Image, read: Callable[[Box], Line]) -> None:
        self.kind, self.image, self.read = kind, image, read
        self.lines = [line for line in lines if not _ENGLISH.match(line.text)]
        alphabet = lines[0].alphabet if lines else ()
        self.number = {sign: index for index, sign in enumerate(alphabet) if sign}
        self.han = frozenset(index for sign, index in self.number.items() if sign == "·" or "一" <= sign <= "鿿")
        self.labels: dict[str, _Part] = {}
        self.after: dict[str, _Part] = {}
        used: list[_Part] = []
        for line in self.lines:
            signs = line.signs()
            text = "".join(sign.text for sign in signs)
            for label in sorted(_LABELS[kind], key=len, reverse=True):
                at = text.find(label)
                if at < 0 or label in self.labels or any(u.line is line and u.begin <= signs[at].step <= (u.end or 0) for u in used):
                    continue
                last = at + len(label) - 1
                after = signs[last].step + 1 if last + 1 >= len(signs) else (signs[last].step + signs[last + 1].step + 1) // 2
                begin = 0 if at == 0 else (signs[at - 1].step + signs[at].step + 1) // 2
                self.labels[label] = _Part(line, begin, after)
                used.append(self.labels[label])
                if last + 1 < len(signs):
                    self.after[label] = _Part(line, after)

    def beside(self, label: str) -> list[_Part]:
        """What stands to the right of a label, up to the next label on that height; a label that was not read stands where it always does."""
        place = self._place(label)
        mark = self.labels[label].box if label in self.labels else place and place[0]
        if mark is None:
            return []
        nexts = [other for name, other in self.labels.items() if name != label and _level(mark, other.box) and other.box.left > mark.right - 4]
        limit = min((other.box.left for other in nexts), default=self.image.shape[1])
        if place and label not in self.labels:
            limit = min(limit, place[1])
        parts = []
        if label in self.after:
            part = self.after[label]
            same = [other.begin for other in nexts if other.line is part.line]
            parts.append(_Part(part.line, part.begin, min(same) if same else None))
        own = {id(one.line) for one in self.labels.values()}
        for line in self.lines:
            if id(line) not in own and mark.right - mark.height / 3 <= line.box.left < limit and _level(mark, line.box):
                parts.append(_Part(line))
        if not parts and place:
            tall = mark.height // 4
            parts = [_Part(self.read(Box(mark.right + tall, mark.top - tall, max(mark.right + 4 * tall, place[1]), mark.bottom + tall)))]
        return sorted(parts, key=lambda part: part.box.left)

    def _place(self, label: str) -> tuple[Box, int] | None:
        """Where a label should be, and how far its value reaches."""
        place = _PLACES[self.kind].get(label)
        if place is None:
            return None
        rows, columns = self.image.shape[:2]
        left, top, right, bottom, reach = place
        return Box(round(left * columns), round(top * rows), round(right * columns), round(bottom * rows)), round(reach * columns)

    def text(self, name: str, parts: Sequence[_Part], only: Iterable[int] | None, sure: float = SURE, *, gaps: bool = False) -> Field | None:
        """The parts one after another, with these signs."""
        if not parts:
            return None
        signs = [sign for part in parts for sign in part.signs(only)]
        weakest = min((sign.confidence for sign in signs), default=0.0)
        if gaps and any(_gap(part, only, self.image) for part in parts):
            weakest = 0.0
        said = "".join(sign.text for sign in signs)
        return Field(name, said if weakest >= sure else "", weakest, tuple(part.box for part in parts))

    def only(self, signs: str) -> frozenset[int]:
        """Numbers of these signs."""
        return frozenset(self.number[sign] for sign in signs if sign in self.number)

    def word(self, name: str, parts: Sequence[_Part], words: Sequence[str]) -> Field | None:
        """The likeliest of a few words."""
        if not parts:
            return None
        part = parts[0]
        table = part.line.table[part.begin : part.end]
        ranked = sorted(((_likely(table, [self.number.get(sign, -1) for sign in word]), word) for word in words), reverse=True)
        sure = ranked[0][0]
        return Field(name, ranked[0][1] if sure >= SURE else "", sure, (part.box,))


def _level(one: Box, other: Box) -> bool:
    """Whether two boxes stand at one height."""
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    return common > 0.35 * min(one.height, other.height)


def _likely(table: np.ndarray, word: Sequence[int]) -> float:
    """How likely a word is, sign by sign in order: the weakest of the best places that they can have."""
    if -1 in word or not len(table):
        return 0.0
    best = np.zeros(len(table) + 1)
    best[:] = 1.0
    for sign in word:
        here = np.minimum(best[:-1], table[:, sign])
        best = np.concatenate([[0.0], np.maximum.accumulate(here)])
    others = [index for index in range(1, table.shape[1]) if index not in word]
    stray = float((table[:, others].max(axis=1) > 0.6).sum())
    return float(best[-1]) / (1.0 + stray)


def _gap(part: _Part, only: Iterable[int] | None, image: Image) -> bool:
    """Whether between the signs, or at an end, there is room and ink for one that was not read."""
    signs = part.signs(only)
    box, steps = part.box, len(part.line.table)
    whole = part.line.box
    crop = image[box.top : box.bottom, box.left : box.right]
    if not signs or crop.size == 0:
        return True
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = np.flatnonzero((grey < level).mean(axis=0) > 0.04)
    if not len(ink):
        return False
    wide = (whole.right - whole.left) / steps
    tall = np.flatnonzero((grey < level).mean(axis=1) > 0.02)
    side = max(8.0, 1.04 * float(tall[-1] - tall[0] + 1))
    middles = [(sign.step + 0.5 - part.begin) * wide for sign in signs]
    edges = [float(ink[0]) - side / 2, *middles, float(ink[-1]) + side / 2]
    for left, right in zip(edges, edges[1:], strict=False):
        between = ink[(ink > left + side * 0.62) & (ink < right - side * 0.62)]
        if right - left > 1.6 * side and len(between) > 0.3 * side:
            return True
    return False


# ---- the pages -------------------------------------------------------------------------------------------------------


def _resident(page: _Page) -> list[Field | None]:
    return [
        page.text("name", page.beside("姓名"), page.han, gaps=True),
        page.word("sex", page.beside("性别"), ("男", "女")),
        page.word("nation", page.beside("民族"), NATIONS),
        _born(page),
        _address(page, "公民身份号码"),
        _number(page, "公民身份号码"),
    ]


def _back(page: _Page) -> list[Field | None]:
    return [page.text("authority", page.beside("签发机关"), page.han, gaps=True), *_term(page, "有效期限")]


def _licence(page: _Page) -> list[Field | None]:
    since = _days(page, "有效起始日期")
    return [
        _number(page, "证号"),
        page.text("name", page.beside("姓名"), page.han, gaps=True),
        page.word("sex", page.beside("性别"), ("男", "女")),
        _address(page, "出生日期"),
        _date("birth", _days(page, "出生日期")),
        _class(page),
        *_term(page, "有效期限", since),
    ]


def _class(page: _Page) -> Field | None:
    found = page.text("vehicle_class", page.beside("准驾车型"), page.only("ABCDEFMNP123456"))
    if found is None or _CLASS.match(found.text):
        return found
    return Field(found.name, "", 0.0, found.boxes)


def _born(page: _Page) -> Field | None:
    found = page.text("birth", page.beside("出生"), page.only("0123456789年月日"))
    said = _BORN.match(found.text) if found else None
    if found is None or said is None:
        return found and Field("birth", "", 0.0, found.boxes)
    year, month, day = (int(part) for part in said.groups())
    return Field("birth", f"{year}-{month:02d}-{day:02d}", found.confidence, found.boxes)


def _address(page: _Page, below: str) -> Field | None:
    """Beside its label and on below, as far as the lines begin at the same place."""
    first = page.beside("住址")
    if not first:
        return None
    begin = first[0].box
    floor = page.labels[below].box.top if below in page.labels else page.image.shape[0]
    own = {id(part.line) for part in (*page.labels.values(), *first)}
    more = [
        line
        for line in page.lines
        if id(line) not in own and begin.bottom - begin.height / 3 < line.box.middle < floor and abs(line.box.left - begin.left) < begin.height
    ]
    parts = [*first, *(_Part(line) for line in sorted(more, key=lambda line: line.box.top))]
    return page.text("address", parts, page.han | page.only("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-－#()（）"), LONG_SURE, gaps=False)


_Found = tuple[list[str], float, tuple[Box, ...]]


def _days(page: _Page, label: str) -> _Found | None:
    """The dates beside a label; «长期» is one; «6年» as it stands."""
    parts = page.beside(label)
    found = page.text("", parts, page.only("0123456789-.至长期年"), 0.0)
    if found is None:
        return None
    days = ["-".join(day) for day in _DAY.findall(found.text)]
    term = re.search(r"(?<!\d)(\d{1,2})年", found.text)
    if term and not days:
        days.append(f"{term[1]}年")
    if "长" in found.text or "期" in found.text:
        days.append("长期")
    return days, found.confidence, found.boxes


def _date(name: str, found: _Found | None) -> Field | None:
    if found is None:
        return None
    days, sure, boxes = found
    good = len(days) == 1 and sure >= SURE
    return Field(name, days[0] if good else "", sure if good else 0.0, boxes)


def _term(page: _Page, label: str, since: _Found | None = None) -> list[Field | None]:
    """From when until when. An older licence has a beginning and a number of years."""
    found = _days(page, label)
    if found is None:
        return []
    days, sure, boxes = found
    if since and len(since[0]) == 1 and len(days) == 1 and days[0].endswith("年"):
        begin = since[0][0]
        days, sure = [begin, f"{int(begin[:4]) + int(days[0][:-1])}{begin[4:]}"], min(sure, since[1])
    good = len(days) == 2 and sure >= SURE
    pair = days if good else ["", ""]
    return [Field(name, day, sure if good else 0.0, boxes) for name, day in zip(("valid_from", "valid_until"), pair, strict=True)]


def _number(page: _Page, label: str) -> Field | None:
    """Of 18 or 15 signs, with its next likely readings. Where the label was not read the one line of so many digits is it."""
    only = page.only("0123456789X")
    parts = page.beside(label)
    if not parts or len([s for p in parts for s in p.signs(only)]) < 15:
        long = [line for line in page.lines if sum(sign.text.isdigit() for sign in line.signs()) >= 14]
        parts = [_Part(long[0])] if len(long) == 1 else parts
    if not parts:
        return None
    signs = [sign for part in parts for sign in part.signs(only)]
    boxes = tuple(part.box for part in parts)
    text, sure = "".join(sign.text for sign in signs), min((sign.confidence for sign in signs), default=0.0)
    if len(text) not in (15, 18):
        return Field("number", "", 0.0, boxes)
    others = _others(parts, signs, only)
    return Field("number", text, sure, boxes, others)


def _others(parts: Sequence[_Part], signs: Sequence[Sign], only: frozenset[int]) -> tuple[str, ...]:
    """Readings with one sign in its second likeliest way, the likeliest first."""
    where: list[tuple[float, str]] = []
    text = "".join(sign.text for sign in signs)
    at = 0
    for part in parts:
        for sign in part.signs(only):
            row = part.line.table[sign.step]
            for index in only:
                other = part.line.alphabet[index]
                if other != sign.text and row[index] >= SECOND:
                    where.append((float(row[index]) / max(1e-6, sign.confidence), text[:at] + other + text[at + 1 :]))
            at += 1
    return tuple(reading for _, reading in sorted(where, reverse=True)[:OTHERS])


