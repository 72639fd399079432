"""What a camera read, judged by what a document can say: check digit, date of birth, sex, terms. And fifteen-digit numbers."""

from __future__ import annotations

import random
from datetime import date

import pytest

from edge.domain import documents as d
from edge.domain import readings as r
from edge.domain.readings import Read
from edge.specimens import RARE, person, resident_number

TODAY = date(2026, 11, 23)
NUMBER = "99990119900307123" + d.check_digit("99990119900307123")


def judged(page: str = r.RESIDENT, **said: str | Read) -> dict[str, str]:
    given = {name: one if isinstance(one, Read) else Read(one, 0.99) for name, one in said.items()}
    return {name: read.text for name, read in r.judge(page, given, TODAY).items()}


def test_a_good_number_stays_and_birth_and_sex_agree_with_it() -> None:
    assert judged(number=NUMBER, birth="1990-03-07", sex="男") == {"number": NUMBER, "birth": "1990-03-07", "sex": "男"}
    assert judged(number=NUMBER, birth="1990-03-01", sex="女") == {"number": NUMBER, "birth": "", "sex": ""}


def test_a_slip_of_one_digit_never_comes_through() -> None:
    for place in range(18):
        for sign in "0123456789":
            wrong = NUMBER[:place] + sign + NUMBER[place + 1 :]
            if wrong != NUMBER:
                assert judged(number=wrong)["number"] == "", wrong


def test_a_next_likely_reading_counts_only_beside_the_printed_birth() -> None:
    slip = Read(NUMBER[:16] + "8" + NUMBER[17:], 0.6, (NUMBER[:16] + "7" + NUMBER[17:], NUMBER))
    assert judged(number=slip, birth="1990-03-07")["number"] == NUMBER
    assert (
        r.judge(r.RESIDENT, {"number": slip, "birth": Read("1990-03-07", 0.9)}, TODAY)["number"].confidence
        <= r.DOUBTFUL
    )
    assert judged(number=slip, birth="1990-03-08")["number"] == ""
    assert judged(number=slip)["number"] == ""


def test_a_number_of_fifteen_digits_is_that_of_eighteen() -> None:
    old = "110105491231002"  # the example of GB 11643
    assert d.whole(old) == "11010519491231002X"
    assert judged(number=old, birth="1949-12-31")["number"] == "11010519491231002X"
    assert d.whole(NUMBER) == NUMBER
    assert d.whole("12345") == "12345"


@pytest.mark.parametrize(
    ("page", "since", "until", "good"),
    [
        (r.BACK, "2016-03-04", "2036-03-04", True),
        (r.BACK, "2016-03-04", "2036-03-05", False),
        (r.BACK, "2016-03-04", "2030-03-04", False),
        (r.BACK, "2016-02-29", "2026-03-01", True),
        (r.BACK, "2016-03-04", r.ENDLESS, True),
        (r.LICENCE, "2016-03-04", "2022-03-04", True),
        (r.LICENCE, "2016-03-04", "2021-03-04", False),
        (r.LICENCE, "2016-13-04", "2022-13-04", False),
        (r.LICENCE, "", "2022-03-04", False),
    ],
)
def test_a_term_is_one_that_the_law_knows(page: str, since: str, until: str, good: bool) -> None:
    assert judged(page, valid_from=since, valid_until=until) == (
        {"valid_from": since, "valid_until": until} if good else {"valid_from": "", "valid_until": ""}
    )


def test_an_expired_document_is_known_as_such_only_with_a_clock() -> None:
    assert r.expired("2026-11-22", TODAY)
    assert not r.expired("2026-11-23", TODAY)
    assert not r.expired("2026-11-22", None)
    assert not r.expired(r.ENDLESS, TODAY)
    assert not r.expired("", TODAY)


def test_made_up_people_have_numbers_that_can_be_right_and_are_nobodys() -> None:
    chance = random.Random(5)
    for turn in range(200):
        said = person(chance, rare=turn % 2 == 0, licence=turn % 3 == 0, last="X" if turn % 5 == 0 else "")
        number = said["number"]
        assert d.problem("resident-id", number, TODAY) == ""
        assert number[2] == "9" or number[:2] == "99", "a place that is given to none"
        assert f"{d.birth(number)}" == said["birth"]
        assert judged(number=number, birth=said["birth"], sex=said["sex"])["sex"] == said["sex"]
        assert turn % 2 or said["name"].startswith(RARE)
        assert turn % 5 or number.endswith("X")
    assert resident_number(chance, date(1990, 3, 7), "男").startswith(("99", "98", "97"))
