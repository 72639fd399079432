"""The dictionaries: both languages have the same keys, every key the page uses is there, and nobody is told a bare «不»."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from drivers.base import FaultCode as DeviceFaultCode
from edge.domain import barrier_state as b
from edge.domain.event import KINDS
from edge.domain.policy import Reason
from edge.sentences import SENTENCES
from edge.settings import Settings
from edge.store.passes import Outcome

TABLET = Path(__file__).resolve().parent.parent / "edge" / "tablet"


def words(lang: str) -> dict[str, str]:
    """The dictionary that everybody loads, and those of the rooms that not everybody does (zh-CN.tech.json)."""
    found: dict[str, str] = {}
    for path in sorted(TABLET.glob(f"{lang}*.json")):
        more = json.loads(path.read_text(encoding="utf-8"))
        assert not found.keys() & more.keys(), path.name
        found |= more
    return found


ZH, EN = words("zh-CN"), words("en")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(TABLET.glob("*.js"))}
ALL = "\n".join(SCRIPTS.values())
CALL = re.compile(r"""\bt\(\s*(?:[\w.?!= ]+\?\s*)?(["'`])([\w.$\{\}-]+)\1""")
LITERAL = re.compile(r"""["'`]([a-z][\w-]*(?:\.[\w-]+)+)["'`]""")
FAMILY = re.compile(r"word\(\"([\w.-]+)\"|`([\w-]+(?:\.[\w-]+)*)\.\$\{")
FILES = re.compile(r"\.(?:js|json|css|jpg|svg)$")


def test_both_languages_have_the_same_keys_and_the_same_places() -> None:
    assert list(ZH) == list(EN)
    for key, chinese in ZH.items():
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", EN[key])), key
        assert chinese.strip() == chinese != "", key
        assert EN[key].strip() == EN[key] != "", key


def test_every_key_that_the_page_names_is_there() -> None:
    named = {key for _, key in CALL.findall(ALL) if "$" not in key}
    named |= {
        key
        for key in LITERAL.findall(ALL)
        if not FILES.search(key) and key.split(".")[0] in {k.split(".")[0] for k in ZH}
    }
    assert len(named) > 100
    prefixes = {key for key in named if any(known.startswith(f"{key}.") for known in ZH)}
    assert named - prefixes - set(ZH) == set()


def test_no_text_lies_unused() -> None:
    families = {a or b for a, b in FAMILY.findall(ALL)}
    literal = set(re.findall(r"""["'`]([\w.-]+)["'`]""", ALL))
    unused = {key for key in ZH if key not in literal and not any(key.startswith(f"{family}.") for family in families)}
    assert unused == set()


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("phase", list(b.Phase)),
        ("held", list(b.Holder)),
        ("may", [*b.Objection, "fault", "no-relays"]),
        ("reason.policy", [*Reason, "unauthorised"]),
        ("say.reason", [r for r in Reason if not r.startswith("ok")]),
        ("do.reason", [r for r in Reason if not r.startswith("ok")]),
        ("do.greet", [r for r in Reason if r.startswith("ok-")]),
        ("fault", [*b.FaultCode, *DeviceFaultCode, "disk-full", "low", "database-locked", "database-damaged"]),
        ("fault", ["unset", "jumped", "behind", "ahead"]),
        ("event", [kind for kind in KINDS if kind.split(".")[0] in ("access", "pass", "picture")]),
        ("outcome", list(Outcome)),
        ("category", ["owner", "company", "staff", "temporary", "by-hand", "unknown"]),
    ],
)
def test_every_code_the_gate_can_say_has_words(family: str, codes: list[str]) -> None:
    assert {f"{family}.{code}" for code in codes} - set(ZH) == set()


def test_every_fault_says_what_to_do() -> None:
    assert {f"{key}.do" for key in ZH if key.startswith("fault.") and not key.endswith(".do")} - set(ZH) == {
        "fault.since.do"
    }


def test_every_reason_for_which_nothing_moves_is_said_by_the_page_too() -> None:
    assert {code for code in SENTENCES if f"may.{code}" not in ZH} == set()


def test_prompts_of_the_gate_have_a_sentence_and_an_instruction() -> None:
    lane = (TABLET.parent / "lane.py").read_text(encoding="utf-8") + (TABLET.parent / "gate.py").read_text(
        encoding="utf-8"
    )
    codes = set(re.findall(r'Prompt\("([\w-]+)"', lane))
    assert {"tailgated", "vehicle-waiting", "by-hand"} <= codes
    for code in codes:
        assert f"say.{code}" in ZH, code
        assert f"do.{code}" in ZH, code


def test_nothing_said_to_a_visitor_is_a_bare_no() -> None:
    for key, sentence in ZH.items():
        if key.startswith(("say.", "greet.")):
            assert not re.search("不|没有|禁止|拒绝", sentence), key
            assert not re.search(r"(?i)\b(no|not|cannot|refused|denied)\b", EN[key]), key
    for sentence in ZH.values():
        assert sentence not in ("不", "不行", "不知道", "不清楚", "没有", "错误")


def test_scenarios_of_the_laptop_gate_have_names() -> None:
    scenarios = {path.stem for path in (TABLET.parent.parent / "config" / "scenarios").glob("*.toml")}
    assert {f"simulate.{name}" for name in scenarios if not name.startswith("morning")} - set(ZH) == set()


def test_the_page_uses_nothing_that_plain_http_lacks() -> None:
    for forbidden in (
        "randomUUID",
        "serviceWorker",
        "wakeLock",
        "clipboard",
        "mediaDevices",
        "innerHTML",
        "eval(",
        "http://",
        "https://",
    ):
        found = {
            name
            for name, text in SCRIPTS.items()
            if forbidden in text.replace("http://www.w3.org/2000/svg", "").replace("no crypto.randomUUID", "")
        }
        assert found == set(), forbidden


def test_every_key_of_the_configuration_has_a_name() -> None:
    schema = Settings.model_json_schema()
    keys = {key for table in (schema, *schema["$defs"].values()) for key in table.get("properties", {})}
    missing = {f"config.key.{key}" for key in keys} - set(ZH)
    assert missing == set(), "a new key of edge/settings.py wants its name in zh-CN.tech.json and en.tech.json"
