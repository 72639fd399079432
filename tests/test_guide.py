"""The guard's guide (docs/guide.zh) is true: its pictures are there and used, what it quotes is what the gate says, its links lead on."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from camera.document_quality import WORDS
from edge.settings_gate import DeskTable
from tests.guide import FOLDER, MOST_BYTES, PLAYS

ROOT = FOLDER.parent.parent
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
PICTURES = {path.name for path in FOLDER.glob("*.png")}
TURNS = ("**什么时候**", "**说什么", "点什么**", "**如果**")


def words(value: Any) -> list[str]:
    """Every text in a file of configuration."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in words(part)]


def known() -> list[re.Pattern[str]]:
    """All that the page shows and the gate says, in Chinese; a gap stands for anything short."""
    texts = words(json.loads((ROOT / "edge" / "tablet" / "zh-CN.json").read_text(encoding="utf-8")))
    texts += [text.partition(" · ")[0] for text in WORDS.values()]  # what the desk's camera says
    texts.append(DeskTable().watermark)
    for name in ("phrases.zh", "visits", "goods", "requests"):
        texts += words(tomllib.loads((ROOT / "config" / f"{name}.toml").read_text(encoding="utf-8")))
    return [
        re.compile(re.sub(r"\\\{\w+\\\}", ".{1,20}?", re.escape(text)))
        for text in dict.fromkeys(texts)
        if len(re.sub(r"\{\w+\}", "", text)) > 1
    ]


KNOWN = known()


@pytest.mark.parametrize("page", list(PAGES))
def test_what_is_quoted_is_what_the_gate_says(page: str) -> None:
    quoted = re.findall(r"「(.+?)」", PAGES[page]) + re.findall(r"【(.+?)】", PAGES[page])
    assert quoted
    assert [text for text in quoted if not any(one.fullmatch(text) for one in KNOWN)] == []


def test_pictures_are_there_and_each_is_used() -> None:
    named = {name for text in PAGES.values() for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)}
    assert named == PICTURES
    assert [name for name in PICTURES if (FOLDER / name).stat().st_size > MOST_BYTES] == []


def test_every_page_is_in_the_index_has_its_turns_and_its_links_lead_on() -> None:
    linked = re.findall(r"\]\(([\w.-]+\.md)\)", PAGES["README.md"])
    assert sorted(linked) == sorted(set(PAGES) - {"README.md"})
    assert {f"{name}.md" for name in PLAYS} == set(linked), "every page has a play that takes its pictures"
    for page, text in PAGES.items():
        assert set(re.findall(r"\]\(([\w.-]+\.md)\)", text)) <= set(PAGES), page
        if page != "README.md":
            assert [turn for turn in TURNS if turn not in text] == [], page
