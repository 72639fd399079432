"""Documents: GB 11643-1999, forms, masking, what may be held (P3, P7)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import custody
from edge.domain import documents as d
from edge.domain.plan import Paper, Step
from tests.support_desk import id_number

TODAY = date(2026, 11, 23)


def test_the_standards_own_examples() -> None:
    """GB 11643-1999, appendix A: 11010519491231002X and 440524188001010014."""
    assert d.check_digit("11010519491231002") == "X"
    assert d.check_digit("44052418800101001") == "4"
    assert d.problem("resident-id", "11010519491231002X", TODAY) == ""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("11010519491231002", "id-length"),
        ("01010519491231002X", "id-length"),
        ("110105194912310O2X", "id-length"),
        ("110105194902300023", "id-date"),
        ("440524188001010014", "id-date"),  # born in 1880: nobody
        (id_number("20270101"), "id-date"),
        ("110105194912310021", "id-check"),
    ],
)
def test_what_is_wrong_with_a_number(number: str, code: str) -> None:
    assert d.problem("resident-id", number, TODAY) == code
    assert d.problem("licence", number, TODAY) == code, "a licence carries the same number"


_numbers = st.builds(
    id_number,
    st.dates(date(1900, 1, 1), TODAY).map(lambda day: day.strftime("%Y%m%d")),
    st.sampled_from(["110105", "440305", "820000"]),
    st.integers(0, 999).map("{:03}".format),
)


@given(_numbers, st.data())
def test_one_wrong_digit_and_two_exchanged_ones_never_pass(number: str, data: st.DataObject) -> None:
    assert d.problem("resident-id", number, TODAY) == ""
    place = data.draw(st.integers(0, 16))
    other = data.draw(st.sampled_from([c for c in "0123456789" if c != number[place]]))
    assert d.problem("resident-id", number[:place] + other + number[place + 1 :], TODAY) != ""
    pair = data.draw(st.integers(0, 15))
    if number[pair] != number[pair + 1]:
        swapped = number[:pair] + number[pair + 1] + number[pair] + number[pair + 2 :]
        assert d.problem("resident-id", swapped, TODAY) != ""


@pytest.mark.parametrize(
    ("form", "number", "good"),
    [
        ("passport", "E12345678", True),
        ("passport", "EA1234567", True),
        ("passport", "ABCDEFG", False),
        ("passport", "E1", False),
        ("permit", "H12345678", True),
        ("permit", "H1234567890", True),
        ("permit", "12345678", True),
        ("permit", "X1", False),
        ("any", "HT-31", True),
        ("any", "1", False),
    ],
)
def test_forms(form: str, number: str, good: bool) -> None:
    assert (d.problem(form, d.normal(number), TODAY) == "") is good


@given(st.text(st.sampled_from("0123456789X"), max_size=30))
def test_a_mask_keeps_the_length_and_hides_most(number: str) -> None:
    masked = d.masked(number)
    assert len(masked) == len(number)
    assert masked.count("*") >= len(number) / 3 or not number
    if len(number) == 18:
        assert number[6:14] not in masked, "the date of birth is hidden"


def test_masks() -> None:
    assert d.masked("440305199003071236") == "440***********1236"
    assert d.masked_phone("138 0013 8000") == "138****8000"
    assert d.masked_name("王小明") == "王**"


PAPER = Paper("p", "证", "paper", "any", True, "", "")
STEP = Step("document", "document", "证件", "Document", hold=True)


def test_a_slot_is_free_known_and_there_is_one() -> None:
    assert custody.slot_for({1, 2}, 4, None) == 3
    assert custody.slot_for({1, 2}, 4, 4) == 4
    assert custody.slot_for({1, 2}, 4, 2) == "slot-taken"
    assert custody.slot_for({1, 2}, 4, 5) == custody.slot_for({1, 2}, 4, 0) == "slot-unknown"
    assert custody.slot_for({1, 2}, 2, None) == "rack-full"
    assert custody.full({1, 2}, 2)
    assert not custody.full({3, 4}, 2), "of a rack that was made smaller: its own slots are free"


def test_what_is_held_is_the_communitys_decision() -> None:
    free = Paper("id", "身份证", "identity card", "resident-id", False, "第十五条", "article 15")
    assert (custody.may_hold(PAPER), custody.may_hold(free)) == ("", "not-held")
    assert custody.may_only_check(PAPER, STEP, no_slot=False) == "to-be-held"
    assert custody.may_only_check(PAPER, STEP, no_slot=True) == "", "nobody is turned away for want of a slot"
    assert custody.may_only_check(PAPER, None, no_slot=False) == custody.may_only_check(free, STEP, no_slot=False) == ""
