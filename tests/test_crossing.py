"""Where the vehicle is: stories of the two loops, and what no order of edges may break."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.crossing import NOT_THROUGH, TABLE, Seen, Sign, Spot, at_start, blind, step

LEVELS = {
    Spot.EMPTY: "",
    Spot.APPROACH: "A",
    Spot.BETWEEN: "",
    Spot.ENTERING: "AZ",
    Spot.PASSING: "Z",
    Spot.FOLLOWED: "AZ",
    Spot.JOINED: "Z",
    Spot.JOINED_FOLLOWED: "AZ",
    Spot.FAR: "Z",
    Spot.COMING_OUT: "AZ",
    Spot.LEAVING_OUT: "A",
}
"""What the loops show, as the brackets in `Spot` say."""
EDGES = (Seen.A_ON, Seen.A_OFF, Seen.Z_ON, Seen.Z_OFF)
HAS_COME, TURNED = (Sign.ARRIVED, Sign.ENTERED, Sign.CROSSED), (Sign.ARRIVED, Sign.TURNED_BACK)

STORIES = {
    "a car goes through": ("A+ Z+ A- Z-", HAS_COME),
    "a car turns back": ("A+ A- late", TURNED),
    "a motorcycle, shorter than the gap": ("A+ A- Z+ Z-", HAS_COME),
    "it hesitates between the loops and comes": ("A+ A- A+ Z+ A- Z-", HAS_COME),
    "the next one a metre behind": ("A+ Z+ Z- Z+ A- Z-", (*HAS_COME, *HAS_COME)),
    "the next one behind it": ("A+ Z+ A- A+ Z- Z+ A- Z-", (*HAS_COME[:2], Sign.ARRIVED, Sign.CROSSED, *HAS_COME[1:])),
    "two bumper to bumper": ("A+ Z+ A- A+ A- Z-", (*HAS_COME[:2], Sign.ARRIVED, Sign.CROSSED, *HAS_COME[1:])),
    "two and a third": (
        "A+ Z+ A- A+ A- A+ Z- A- late",
        (*HAS_COME[:2], Sign.ARRIVED, Sign.ARRIVED, Sign.CROSSED, Sign.ENTERED, Sign.CROSSED, Sign.TURNED_BACK),
    ),
    "against the lane": ("Z+ A+ Z- A-", (Sign.WRONG_WAY,)),
    "against the lane, and thinks better of it": ("Z+ A+ A- Z-", ()),
    "it came through and rolls back a little": ("Z+ A+ Z- Z+ Z- A-", (Sign.WRONG_WAY, Sign.WRONG_WAY)),
    "it only touches the loop from the other side": ("Z+ Z-", ()),
    "too late for a motorcycle, it comes after all": ("A+ A- late Z+ Z-", TURNED),
}


def tell(story: str, *, approach_loop: bool = True, through: bool = True) -> tuple[Spot, tuple[Sign, ...]]:
    spot, signs = Spot.EMPTY, ()
    for word in story.split():
        spot, new = step(spot, Seen(word), approach_loop=approach_loop, through=through)
        signs += new
    return spot, signs


@pytest.mark.parametrize("story", STORIES)
def test_a_story(story: str) -> None:
    order, expected = STORIES[story]
    assert tell(order) == (Spot.EMPTY, expected)


def test_who_cannot_have_gone_through_has_backed_out() -> None:
    """Before an arm that is down, or too brief for any vehicle."""
    assert tell("A+ Z+ Z-", through=False) == (Spot.APPROACH, (Sign.ARRIVED, Sign.ENTERED, Sign.BACKED_OUT))
    assert tell("A+ Z+ A- Z-", through=False) == (Spot.EMPTY, HAS_COME), "it left both loops on the far side"


def test_without_an_approach_loop_whatever_is_under_the_arm_goes_the_lanes_way() -> None:
    assert tell("Z+ Z-", approach_loop=False) == (Spot.EMPTY, (Sign.ENTERED, Sign.CROSSED))
    assert tell("Z+ Z-", approach_loop=False, through=False) == (Spot.EMPTY, (Sign.ENTERED, Sign.BACKED_OUT))


def test_the_table_knows_every_edge_that_can_be() -> None:
    """Each spot answers exactly the edges that its levels allow, and lands where the loops say."""
    for spot, seen in itertools.product(Spot, EDGES):
        line, on = seen.value[0], seen.value[1] == "+"
        assert ((spot, seen) in TABLE) == ((line in LEVELS[spot]) != on), (spot, seen)
    assert [key for key in TABLE if key[1] is Seen.LATE] == [(Spot.BETWEEN, Seen.LATE)]
    assert set(NOT_THROUGH) <= set(TABLE)


def test_every_spot_can_be_reached() -> None:
    seen, frontier = {Spot.EMPTY}, [Spot.EMPTY]
    while frontier:
        spot = frontier.pop()
        for word in Seen:
            after, _ = step(spot, word)
            if after not in seen:
                seen.add(after)
                frontier.append(after)
    assert seen == set(Spot)


@pytest.mark.parametrize(("approach", "under"), list(itertools.product((False, True), repeat=2)))
def test_at_the_start_the_spot_is_what_the_loops_show(approach: bool, under: bool) -> None:
    assert LEVELS[at_start(approach, under)] == "A" * approach + "Z" * under


@pytest.mark.parametrize("spot", Spot)
def test_blind_keeps_what_is_under_the_arm(spot: Spot) -> None:
    assert LEVELS[blind(spot)] == LEVELS[spot].replace("A", "")
    assert blind(blind(spot)) is blind(spot)


@given(
    words=st.lists(st.sampled_from(tuple(Seen)), max_size=60),
    brief=st.lists(st.booleans(), min_size=60, max_size=60),
    approach_loop=st.booleans(),
)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_any_order_of_edges_agrees_with_the_loops(words: list[Seen], brief: list[bool], approach_loop: bool) -> None:
    """The spot shows what the loops show; nobody crosses who has not entered; each entering ends once at most."""
    spot, levels, inside = Spot.EMPTY, set[str](), 0
    for word, short in zip(words, brief, strict=False):
        if not approach_loop and word in (Seen.A_ON, Seen.A_OFF):
            continue
        spot, signs = step(spot, word, approach_loop=approach_loop, through=not short)
        if word is not Seen.LATE:
            (levels.add if word.value[1] == "+" else levels.discard)(word.value[0])
        assert set(LEVELS[spot]) == levels
        for sign in signs:
            inside += {Sign.ENTERED: 1, Sign.CROSSED: -1, Sign.BACKED_OUT: -1}.get(sign, 0)
            assert inside in (0, 1)
        assert inside == (spot in (Spot.ENTERING, Spot.PASSING, Spot.FOLLOWED, Spot.JOINED, Spot.JOINED_FOLLOWED))
