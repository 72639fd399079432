"""Courtesy (D7): every rule has its sentence, the ten phrases are there, and nothing that is shown or said is curt."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camera.document_quality import WORDS as WORDS_OF_QUALITY
from edge.desk import read_files
from edge.desk.words import STOPS
from edge.domain import codes as codes_of
from edge.domain.courtesy import curt

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
TABLET = ROOT / "edge" / "tablet"
RULES = [
    *(f"P{n}" for n in range(1, 9)),
    *(f"V{n}" for n in range(1, 9)),
    *("G1", "G2"),
    *(f"D{n}" for n in range(1, 8)),
]
PLAN, SAID = read_files(CONFIG)
GAPS = {"who", "host", "hello", "place", "until"}
GAPS |= {"department", "what", "when", "text", "cause", "restored", "time", "begin", "end"}  # requests and notices
WORDS = {"zh": "zh-CN.json", "en": "en.json"}
PAGE = {lang: json.loads((TABLET / name).read_text("utf-8")) for lang, name in WORDS.items()}


def sentences(lang: str, key: str) -> list[str]:
    """What a key of [rules] stands for: a sentence to say, or the texts of the page under it."""
    if not key.startswith("page:"):
        return [SAID[lang].say[key]]
    wanted = key.removeprefix("page:")
    return [text for name, text in PAGE[lang].items() if name == wanted or name.startswith(f"{wanted}.")]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_sentence(rule: str, lang: str) -> None:
    keys = SAID[lang].rules.get(rule, ())
    assert keys, f"{rule}: no sentence in config/phrases.{lang}.toml [rules]"
    for key in keys:
        found = sentences(lang, key)
        assert found, f"{rule}: nothing under {key}"
        assert all(text.strip() for text in found)


def test_both_languages_say_the_same_by_the_same_rules() -> None:
    assert SAID["zh"].rules == SAID["en"].rules
    assert set(SAID["zh"].rules) == set(RULES), "a rule that procedures.md does not have"
    assert set(SAID["zh"].say) == set(SAID["en"].say)
    for key, sentence in SAID["zh"].say.items():
        gaps = set(re.findall(r"\{(\w+)\}", sentence))
        assert gaps <= GAPS, f"{key}: nobody fills {gaps}"
        assert gaps == set(re.findall(r"\{(\w+)\}", SAID["en"].say[key])), key


def test_the_ten_phrases_are_the_seeds() -> None:
    assert len(SAID["zh"].ten) == len(SAID["en"].ten) == 10
    assert SAID["zh"].ten[1:5] == ("请您出示证件登记。", "谢谢", "有什么需要，我能帮您吗？", "很抱歉")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


PATTERNS = ("courtesy.py", "lists_fields.py")
"""They name what is never said."""
ROOMS = ("edge", "camera", "drivers", "sync")
"""Also what the desk's camera says of a document, what a sign shows and a voice says, and what a code's signature says."""
CODE = re.compile("[a-z][a-z0-9-]*")
"""A word for programs (an answer's code), which nobody reads."""
CHINESE = re.compile("[\u3400-\u9fff]")


def _of_code(path: Path) -> Iterator[str]:
    """Chinese texts of a module that are no docstrings: what a person may be shown. f-strings with a gap for each value."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | inside:
            text = node.value
        else:
            continue
        if CHINESE.search(text):
            yield text


def _shown() -> dict[str, list[str]]:
    """Where it stands → everything that is shown or said."""
    found: dict[str, list[str]] = {f"{lang}.json": list(words.values()) for lang, words in PAGE.items()}
    for toml in sorted(CONFIG.rglob("*.toml")):
        texts = _texts(tomllib.loads(toml.read_text("utf-8")))
        found[toml.name] = [text for text in texts if not CODE.fullmatch(text)]
    for room in ROOMS:
        for code in sorted((ROOT / room).rglob("*.py")):
            if code.name not in PATTERNS:
                found[str(code.relative_to(ROOT))] = list(_of_code(code))
    return found


def test_what_codes_documents_and_counted_cards_refuse_has_its_sentence_and_what_to_do() -> None:
    """Where a visitor stands and waits: a code at the desk or a lane, a document under the camera, a card that is a copy (P3, V3)."""
    codes = {why for why in re.findall(r'"([a-z-]+)"', inspect.getsource(codes_of.objection)) if why not in ("", "in")}
    codes |= {"used", "cancelled", "unknown", "not-signed", "unreadable"}
    assert len(codes) >= 9
    seen = {
        *(f"appointment-{why}" for why in codes),
        *(f"sight-{problem}" for problem in WORDS_OF_QUALITY),
        "codes-rest",
        "card-suspect",
    }
    for code in seen:
        assert all(part.strip() for part in STOPS[code]), code
        assert not any(curt(half) for part in STOPS[code] for half in part.split(" · ")), code
    for page in PAGE.values():
        for why in codes:
            assert page[f"say.code.appointment-{why}"], why
            assert page[f"do.code.appointment-{why}"], why


def test_nothing_shown_or_said_is_curt() -> None:
    shown = _shown()
    assert sum(len(texts) for texts in shown.values()) > 800
    for name in (
        "edge/sentences.py",
        "edge/desk/words.py",
        "edge/desk/words_visits.py",
        "edge/desk/goods_words.py",
        "edge/api/auth.py",
    ):
        assert shown[name], name
    assert shown["camera/document_quality.py"]
    assert any(shown[name] for name in shown if name.startswith("drivers/signs/"))
    assert {name: [t for t in texts if any(map(curt, t.split(" · ")))] for name, texts in shown.items()} == {
        name: [] for name in shown
    }


@pytest.mark.parametrize("text", ["不", "不行", "对不起，不知道", "不，请回", "No.", "I don't know", "不可以。"])
def test_what_curt_finds(text: str) -> None:
    assert curt(text)


@pytest.mark.parametrize(
    "text", ["不好意思，请您等一下", "不便之处请您见谅", "请您不要这样做", "Thank you, no trouble at all"]
)
def test_what_is_polite(text: str) -> None:
    assert not curt(text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_place_that_nobody_has_typed_leaves_no_mark_behind(lang: str) -> None:
    for key, sentence in SAID[lang].say.items():
        if "{place}" in sentence:
            assert not re.search(r"[，,：:]\s*[，。,.]", SAID[lang].sentence(key, who="周")), key
    assert SAID["zh"].sentence("tell-route", who="周先生", place="直行") == "周先生，请您这边走，直行。"
