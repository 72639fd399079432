"""The guides (docs/guide.zh, docs/headoffice-guide.zh) are true: their pictures are there and used, what they quote is what the pages say, their links lead on."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from camera.document_quality import WORDS
from edge.settings_gate import DeskTable
from tests import guide, guide_office
from tests.support_picture import MOST_BYTES

ROOT = guide.FOLDER.parent.parent
TURNS = ("**什么时候**", "**说什么", "点什么**", "**如果**")


def words(value: Any) -> list[str]:
    """Every text in a file of configuration."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in words(part)]


def of_json(path: str) -> list[str]:
    return words(json.loads((ROOT / path).read_text(encoding="utf-8")))


def patterns(texts: list[str]) -> list[re.Pattern[str]]:
    """A gap stands for anything short."""
    return [
        re.compile(re.sub(r"\\\{\w+\\\}", ".{1,20}?", re.escape(text)))
        for text in dict.fromkeys(texts)
        if len(re.sub(r"\{\w+\}", "", text)) > 1
    ]


def known() -> list[re.Pattern[str]]:
    """All that the page shows and the gate says, in Chinese."""
    texts = of_json("edge/tablet/zh-CN.json")
    texts += [text.partition(" · ")[0] for text in WORDS.values()]  # what the desk's camera says
    texts.append(DeskTable().watermark)
    for name in ("phrases.zh", "visits", "goods", "requests"):
        texts += words(tomllib.loads((ROOT / "config" / f"{name}.toml").read_text(encoding="utf-8")))
    return patterns(texts)


@dataclass(frozen=True)
class Book:
    """A guide. `known`: what its pages may quote."""

    folder: Path
    plays: frozenset[str]
    turns: tuple[str, ...]
    known: tuple[re.Pattern[str], ...]

    @property
    def pages(self) -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.md"))}

    @property
    def pictures(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.png")}


OFFICE_SAYS = [
    "您好，请问有什么可以帮到您？",
    "这份证明不用相信我们，也不用联网：任何人拿这两个文件，照纸上的一行命令就能自己核对。改动一个字，核对就通不过。",
    "同事或值班室刚刚处理过这件事",  # web_requests.py says it
    "摄像头：画面停住了",
]
CALLERS = ["门岗好像断网了", "我的车那天几点回来的", "高峰要等多久", "哪个部门总是超时"]
"""What people ask, not what a page says."""
GUARDS = Book(guide.FOLDER, frozenset(guide.PLAYS), TURNS, tuple(known()))
OFFICE = Book(
    guide_office.FOLDER,
    frozenset(guide_office.PLAYS),
    ("**什么时候**", "点什么**", "**如果**"),
    tuple(
        patterns(
            [*of_json("sync/headoffice/pages/zh-CN.json"), *of_json("edge/tablet/zh-CN.json"), *OFFICE_SAYS, *CALLERS]
        )
    ),
)
BOOKS = {"guards": GUARDS, "office": OFFICE}


@pytest.mark.parametrize(("book", "page"), [(book, page) for book in BOOKS for page in BOOKS[book].pages])
def test_what_is_quoted_is_what_the_pages_say(book: str, page: str) -> None:
    text = BOOKS[book].pages[page]
    quoted = re.findall(r"「(.+?)」", text) + re.findall(r"【(.+?)】", text)
    assert quoted
    assert [text for text in quoted if not any(one.fullmatch(text) for one in BOOKS[book].known)] == []


@pytest.mark.parametrize("book", BOOKS)
def test_pictures_are_there_and_each_is_used(book: str) -> None:
    texts = BOOKS[book].pages.values()
    named = {name for text in texts for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)}
    assert named == BOOKS[book].pictures
    assert [name for name in BOOKS[book].pictures if (BOOKS[book].folder / name).stat().st_size > MOST_BYTES] == []


@pytest.mark.parametrize("book", BOOKS)
def test_every_page_is_in_the_index_has_its_turns_and_its_links_lead_on(book: str) -> None:
    one = BOOKS[book]
    linked = re.findall(r"\]\(([\w.-]+\.md)\)", one.pages["README.md"])
    assert sorted(linked) == sorted(set(one.pages) - {"README.md"})
    assert {f"{name}.md" for name in one.plays} == set(linked), "every page has a play that takes its pictures"
    for page, text in one.pages.items():
        assert [to for to in re.findall(r"\]\(([\w./-]+\.md)\)", text) if not (one.folder / to).is_file()] == [], page
        if page != "README.md":
            assert [turn for turn in one.turns if turn not in text] == [], page
