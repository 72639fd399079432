"""What the lines of a straightened document say, field by field.

    lines ──▶ which page is it (its own words) ──▶ for each label: what stands beside and below it, in the form that the field has

Nothing is guessed from the law of a number here (the check digit is judged by whoever asks): a number comes with its next likely readings.
What is not sure is left empty: a guard types a name sooner than finding a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from camera.base import Image
from camera.document_layout import BACK, LICENCE, NATIONS, PHOTOGRAPHS, RESIDENT, WORDS
from camera.document_page import SURE, Field, Page, Part
from camera.text import Box, Line, Sign

__all__ = ["BACK", "LICENCE", "RESIDENT", "Field", "fields", "page_of"]

TEXT_SURE = 0.8
"""The same for names and addresses: a sign of a few thousand is more easily another than a digit is."""
OTHERS = 6
"""Next likely readings of a number."""
DOUBTED = {"元": 1.1, "洗": 1.1, "都": 1.1, "候": 1.1, "干": 1.1, "余": 0.97, "佘": 0.9}
"""Signs that the model likes to read for a rarer surname (亓, 冼, 郗, 侯, 于, 佘), and how sure a name with them has to be."""
SECOND = 0.02
"""A sign's second reading counts from this probability on."""
_DAY = re.compile(r"(\d{4})\D{0,2}(\d{2})\D{0,2}(\d{2})")
_BORN = re.compile(r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})")
_CLASS = re.compile(r"^(?:A[123]|B[12]|C[123456]|[DEFMNP])+[DEF]?$")


def page_of(lines: Sequence[Line]) -> str:
    """Which page it is: resident-id, resident-id-back, driving-licence; "" when it is none of them."""
    text = "|".join(line.text for line in lines)
    worth = {kind: sum(word in text for word in words) for kind, words in WORDS.items()}
    kind = max(worth, key=lambda one: worth[one])
    return kind if worth[kind] else ""


def fields(kind: str, lines: Sequence[Line], image: Image, read: Callable[[Box], Line]) -> tuple[Field, ...]:
    """All that the page says; fields that were not found are left out. `read`: what stands at a place of the page."""
    rows, columns = image.shape[:2]
    if kind in PHOTOGRAPHS:
        left, top, _, bottom = PHOTOGRAPHS[kind]
        lines = [
            line for line in lines if line.box.left < left * columns or not top * rows < line.box.middle < bottom * rows
        ]
    page = Page(kind, lines, image, read)
    made = {RESIDENT: _resident, BACK: _back, LICENCE: _licence}[kind](page)
    return tuple(field for field in made if field is not None)


# ---- the pages -------------------------------------------------------------------------------------------------------


def _resident(page: Page) -> list[Field | None]:
    return [
        _name(page),
        page.word("sex", page.beside("性别"), ("男", "女")),
        page.word("nation", page.beside("民族"), NATIONS),
        _born(page),
        _address(page, "公民身份号码"),
        _number(page, "公民身份号码"),
    ]


def _back(page: Page) -> list[Field | None]:
    return [page.text("authority", page.beside("签发机关"), page.han, TEXT_SURE, gaps=True), *_term(page, "有效期限")]


def _licence(page: Page) -> list[Field | None]:
    since = _days(page, "有效起始日期")
    return [
        _number(page, "证号"),
        _name(page),
        page.word("sex", page.beside("性别"), ("男", "女")),
        _address(page, "出生日期"),
        _date("birth", _days(page, "出生日期")),
        _class(page),
        *_term(page, "有效期限", since),
    ]


def _name(page: Page) -> Field | None:
    """A first sign that looks like a rarer surname's is believed only when it is very sure."""
    found = page.text("name", page.beside("姓名"), page.han, TEXT_SURE, gaps=True)
    if found and found.text and found.confidence < DOUBTED.get(found.text[0], 0.0):
        return Field(found.name, "", found.confidence, found.boxes)
    return found


def _class(page: Page) -> Field | None:
    found = page.text("vehicle_class", page.beside("准驾车型"), page.only("ABCDEFMNP123456"))
    if found is None or _CLASS.match(found.text):
        return found
    return Field(found.name, "", 0.0, found.boxes)


def _born(page: Page) -> Field | None:
    found = page.text("birth", page.beside("出生"), page.only("0123456789年月日"))
    said = _BORN.match(found.text) if found else None
    if found is None or said is None:
        return found and Field("birth", "", 0.0, found.boxes)
    year, month, day = (int(part) for part in said.groups())
    return Field("birth", f"{year}-{month:02d}-{day:02d}", found.confidence, found.boxes)


def _address(page: Page, below: str) -> Field | None:
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
        if id(line) not in own
        and begin.bottom - begin.height / 3 < line.box.middle < floor
        and abs(line.box.left - begin.left) < begin.height
    ]
    parts = [*first, *(Part(line) for line in sorted(more, key=lambda line: line.box.top))]
    return page.text(
        "address", parts, page.han | page.only("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-－#()（）"), TEXT_SURE
    )


_Found = tuple[list[str], float, tuple[Box, ...]]


def _days(page: Page, label: str) -> _Found | None:
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


def _term(page: Page, label: str, since: _Found | None = None) -> list[Field | None]:
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
    return [
        Field(name, day, sure if good else 0.0, boxes)
        for name, day in zip(("valid_from", "valid_until"), pair, strict=True)
    ]


def _number(page: Page, label: str) -> Field | None:
    """Of 18 or 15 signs, with its next likely readings. Where the label was not read the one line of so many digits is it."""
    only = page.only("0123456789X")
    parts = page.beside(label)
    if not parts or len([s for p in parts for s in p.signs(only)]) < 15:
        long = [line for line in page.lines if sum(sign.text.isdigit() for sign in line.signs()) >= 14]
        parts = [Part(long[0])] if len(long) == 1 else parts
    if not parts:
        return None
    signs = [sign for part in parts for sign in part.signs(only)]
    boxes = tuple(part.box for part in parts)
    text, sure = "".join(sign.text for sign in signs), min((sign.confidence for sign in signs), default=0.0)
    if len(text) not in (15, 18):
        return Field("number", "", 0.0, boxes)
    others = _others(parts, signs, only)
    return Field("number", text, sure, boxes, others)


def _others(parts: Sequence[Part], signs: Sequence[Sign], only: frozenset[int]) -> tuple[str, ...]:
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
