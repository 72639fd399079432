"""One card, many numbers, and the calibration that finds a reader's rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import Card
from drivers.card_numbers import BITS, Part, Rule, rules_for
from drivers.readers import line, rdm880, yhy523

UID = bytes.fromhex("3F8A21C4")
NUMBERS = {
    "1066017220": Rule("dec", 32, "msb"),
    "3290532415": Rule("dec", 32, "lsb"),
    "9052612": Rule("dec", 24, "msb"),
    "2198079": Rule("dec", 24, "lsb", "first"),
    "138,08644": Rule("3+5", 24),
    "3F8A21C4": Rule("hex", 32),
    "C4218A3F": Rule("hex", 32, "lsb"),
}


@pytest.mark.parametrize(("said", "rule"), NUMBERS.items())
def test_all_numbers_of_one_card(said: str, rule: Rule) -> None:
    assert rule.number(UID) == said
    part = rule.part(said)
    assert part.fits(UID)
    assert part.whole(UID) is (rule.bits == 32)
    assert rules_for(said, UID).found == rule


def test_the_same_card_on_three_families_is_one_credential() -> None:
    """RDM880 and YHY523 (one of them turned round) give the bytes; a Wiegand-34 converter prints the number."""
    turned = yhy523.Options(order="lsb")
    decimal = line.Options(digits=10, order="lsb")
    heard = (
        rdm880.Decoder(rdm880.Options()).feed(bytes.fromhex("AA 00 06 00 00 3F 8A 21 C4 56 BB")),
        yhy523.Decoder(turned).feed(bytes.fromhex("AA BB 0A 00 00 00 02 02 00 C4 21 8A 3F 50")),
        line.Decoder(decimal).feed(b"3290532415\r\n"),
    )
    assert [each.uid for (each,) in heard if isinstance(each, Card)] == [UID] * 3


def test_a_number_of_24_bits_fits_every_card_that_shares_them() -> None:
    part = Rule("3+5", 24).part("138,08644")
    assert [part.fits(bytes.fromhex(uid)) for uid in ("3F8A21C4", "408A21C4", "3F8A21C5")] == [True, True, False]
    assert not Part(UID[:3], "first").fits(bytes.fromhex("3E8A21C4"))


def test_a_printed_em4100_number_is_the_end_of_its_five_bytes() -> None:
    uid = bytes.fromhex("3C00CE754C")
    printed = rules_for("0013530444", uid)
    assert {rule.bits for rule in printed.rules} == {32, 24}  # its second byte is 00: one card cannot tell
    rule = printed.narrowed("3808455917", bytes.fromhex("62E3006CED")).found
    assert rule == Rule("dec", 32, digits=10)
    assert rule.part("0013530444") == Part(uid[1:])
    assert rules_for("206,30028", uid).found == Rule("3+5", 24)


def test_one_card_may_leave_several_rules_and_another_decides() -> None:
    palindrome = bytes.fromhex("A1B2B2A1")
    several = rules_for(str(int.from_bytes(palindrome, "big")), palindrome)
    assert {rule.order for rule in several.rules} == {"msb", "lsb"}
    assert several.found is None
    decided = several.narrowed("3290532415", UID)
    assert decided.found == Rule("dec", 32, "lsb")


def test_a_number_that_is_no_number_of_this_card() -> None:
    nothing = rules_for("1066017221", UID)
    assert nothing.rules == ()


@pytest.mark.parametrize("said", ["", "12x", "4294967296", "-1", " 5", "１２３", "999,70000"])
def test_what_a_rule_does_not_write_is_refused(said: str) -> None:
    rule = Rule("3+5", 24) if "," in said else Rule(digits=0 if said != " 5" else 1)
    with pytest.raises(ValueError, match=r"number|bits"):
        rule.part(said)


def test_digits_are_exact() -> None:
    rule = Rule(digits=10)
    assert rule.number(b"\0\0\0\x07") == "0000000007"
    assert rule.part("0000000007").known == b"\0\0\0\x07"
    with pytest.raises(ValueError, match="form"):
        rule.part("000000007")


@pytest.mark.parametrize(
    "wrong", [{"base": "oct"}, {"order": "up"}, {"end": "middle"}, {"bits": 31}, {"digits": -1}, {"base": "3+5"}]
)
def test_rules_that_there_are_not(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"none of|digits|24 bits"):
        Rule(**wrong)


rules = st.builds(
    Rule,
    base=st.sampled_from(["dec", "hex"]),
    bits=st.sampled_from(BITS),
    order=st.sampled_from(["msb", "lsb"]),
    end=st.sampled_from(["last", "first"]),
)


@given(rule=rules, uid=st.binary(min_size=16, max_size=16))
def test_every_rule_reads_what_it_writes(rule: Rule, uid: bytes) -> None:
    part = rule.part(rule.number(uid))
    assert part.fits(uid)
    assert len(part.known) == rule.octets


@given(rule=rules, uid=st.binary(min_size=4, max_size=10))
def test_calibration_finds_every_rule(rule: Rule, uid: bytes) -> None:
    if rule.octets > len(uid):
        with pytest.raises(ValueError, match="bytes"):
            rule.number(uid)
        return
    said = rule.number(uid)
    found = rules_for(said, uid).rules
    assert any(each.part(said).known == rule.part(said).known and each.base == rule.base for each in found)
    assert all(each.part(said).fits(uid) for each in found)
