"""The grammar of plates, exhaustively, and which plates look alike."""

from __future__ import annotations

import itertools
import math

import pytest

from camera.base import PlateCandidate, PlateRead
from camera.plates import grammar, likeness
from camera.plates.grammar import ALPHABET, PATTERNS, kind, prior

EXAMPLES = {
    "粤B12345": "ordinary",
    "苏E9E0A5": "ordinary",
    "粤BD12345": "new-energy-small",
    "粤BDA1234": "new-energy-small",
    "粤B12345D": "new-energy-large",
    "京A1234警": "police",
    "京A1234学": "learner",
    "京A1234挂": "trailer",
    "粤Z1234港": "hongkong",
    "粤ZA123澳": "macao",
    "沪A0023领": "consulate",
    "京X0012应急": "emergency",
    "224001使": "embassy",
    "使224001": "embassy",
    "民航A1234": "civil-aviation",
    "WJ京12345": "armed-police",
    "WJ1234A": "armed-police",
    "VA12345": "military",
    "皖1012345": "tractor",
}
NONE = (
    "",
    "粤",
    "粤B1234",
    "粤B1234I",
    "粤BO2345",
    "粤0B2345",
    "粤B123456",
    "B粤12345",
    "粤A1234港",
    "港A12345",
    "粤B12345DD",
    "民航1234",
    "粤B12 45",
    "粵B12345",
)


@pytest.mark.parametrize(("text", "meant"), EXAMPLES.items())
def test_each_kind(text: str, meant: str) -> None:
    assert kind(text) == meant
    assert prior(text) > -math.inf


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES.values()) == set(grammar.KINDS)


@pytest.mark.parametrize("text", NONE)
def test_what_no_plate_says(text: str) -> None:
    assert kind(text) == ""
    assert prior(text) == -math.inf


def plain(text: str) -> set[tuple[str, str]]:
    """The patterns that a text fits, the slow way."""
    classes = {"p": grammar.PROVINCES, "l": grammar.LETTERS, "d": grammar.DIGITS, "e": grammar.NEW_ENERGY}
    classes["a"] = grammar.DIGITS + grammar.LETTERS
    return {
        (pattern.kind, pattern.form)
        for pattern in PATTERNS
        if len(pattern.form) == len(text)
        and all(sign in classes.get(form, form) for sign, form in zip(text, pattern.form, strict=True))
    }


def test_one_sign_of_every_example_put_otherwise() -> None:
    """All single replacements, omissions and additions by all signs, and all pairs of replacements by some: as the slow way says."""
    some = "京0D警使X"
    for text in EXAMPLES:
        varied = {text[:n] + sign + text[n + 1 :] for n in range(len(text)) for sign in ALPHABET}
        varied |= {text[:n] + sign + text[n:] for n in range(len(text) + 1) for sign in ALPHABET}
        varied |= {text[:n] + text[n + 1 :] for n in range(len(text))}
        for first, second in itertools.combinations(range(len(text)), 2):
            for one, other in itertools.product(some, some):
                varied.add(text[:first] + one + text[first + 1 : second] + other + text[second + 1 :])
        for each in varied:
            assert {(p.kind, p.form) for p in grammar.patterns(each)} == plain(each), each


def test_step_by_step_is_the_whole() -> None:
    """A beginning is alive exactly when some text goes on from it."""
    for pattern in PATTERNS:
        text = next(text for text, meant in EXAMPLES.items() if meant == pattern.kind)
        alive = grammar.begin()
        for position, sign in enumerate(text):
            alive = grammar.step(alive, position, sign)
            assert alive
        assert grammar.ends(alive, len(text))
    assert grammar.step(grammar.begin(), grammar.LONGEST, "0") == 0
    assert grammar.step(grammar.begin(), 0, "I") == 0


def test_the_alphabet_has_each_sign_once_and_no_other_pattern_sign() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 10 + 24 + 31 + 11
    assert all(sign in ALPHABET or sign in "pldae" for pattern in PATTERNS for sign in pattern.form)


# ---- likeness ------------------------------------------------------------------------------------------------------


REGISTER = ["京A8B123", "京A88123", "晋A88123", "皖A12345", "粤BD12345", "苏E9E0A5"]


def test_the_same_plate_costs_nothing() -> None:
    first = likeness.similar("皖A12345", REGISTER)[0]
    assert (first.plate, first.cost) == ("皖A12345", 0.0)


def test_what_looks_alike_comes_first() -> None:
    found = [each.plate for each in likeness.similar("晋A8B123", REGISTER)]
    assert found[:3] == ["京A8B123", "晋A88123", "京A88123"] or found[:3] == ["晋A88123", "京A8B123", "京A88123"]
    assert "皖A12345" not in found


def test_the_readers_own_doubt_weighs_more_than_looks() -> None:
    """Where the reader nearly read a 7, the plate with a 7 is nearer than the one with a B, whatever 8 and B look like."""
    plain_read = PlateRead("京A88123", 0.5, False)
    doubtful = PlateRead("京A88123", 0.5, False, alternatives=((), (), (("7", 0.4),), (), (), (), ()))
    register = ["京A78123", "京AB8123"]
    assert likeness.similar(plain_read, register)[0].plate == "京AB8123"
    assert likeness.similar(doubtful, register)[0].plate == "京A78123"


def test_a_sign_left_out_and_a_candidate_of_another_length() -> None:
    assert [each.plate for each in likeness.similar("粤BD1234", REGISTER)] == ["粤BD12345"]
    read = PlateRead("粤B12345", 0.5, False, candidates=(PlateCandidate("粤BD12345", "new-energy-small", 0.3),))
    assert likeness.similar(read, REGISTER)[0].plate == "粤BD12345"


def test_nothing_read_is_like_nothing_and_shares_sum_to_one() -> None:
    assert likeness.similar("", REGISTER) == []
    assert likeness.similar("皖A12345", []) == []
    found = likeness.similar("京A8B123", REGISTER + REGISTER)
    assert math.isclose(sum(each.share for each in found), 1.0)
    assert len({each.plate for each in found}) == len(found)


def test_the_table_of_looks_names_each_pair_of_real_signs_once() -> None:
    pairs = ["".join(sorted(pair)) for pair in likeness.LOOKS]
    assert len(set(pairs)) == len(pairs)
    assert all(len(set(pair)) == 2 and set(pair) <= set(ALPHABET) for pair in pairs)
    assert all(0 < weight <= 40 for weight in likeness.LOOKS.values())
