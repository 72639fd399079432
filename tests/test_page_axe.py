"""Accessibility: axe-core over every room and dialog of the page, by day in Chinese and by night in English; and on a phone.

Doors and tools are found on the page itself, so that a new room is walked without being named here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support_page import Client, RealGate, axe, board, shot

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
WIDE = "document.documentElement.scrollWidth - innerWidth"
STUCK = """() => [...document.querySelectorAll('button, input, select, textarea, a[href], summary')].filter((e) => {
  if (!e.checkVisibility() || e.closest('.sr')) return false;
  e.scrollIntoView({block: 'center', inline: 'center'});
  const b = e.getBoundingClientRect();
  return b.left < -1 || b.right > innerWidth + 1 || b.bottom < 0 || b.top > innerHeight; }).map((e) => e.outerHTML.slice(0, 90))"""
"""What cannot be scrolled into view."""
OPENERS = "button[aria-haspopup=dialog]:visible"


class Walk:
    """One person on one page; collects what axe finds, by place."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}
        self.places: list[str] = []
        self.opened: set[str] = set()

    def look(self, place: str) -> None:
        """Run axe here, when nothing is fading any more."""
        self.page.evaluate(
            "Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations !== Infinity).map((a) => a.finished))"
        )
        said: dict[str, Any] = axe(
            self.page, {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
        ).response
        self.places.append(place)
        bad = [
            f"{v['id']}: {node['target']} {node['html'][:90]} {node['failureSummary'].splitlines()[-1].strip()[:160]}"
            + "".join(f" ↔ {one['html'][:80]}" for check in node["any"] for one in check["relatedNodes"])
            for v in said["violations"]
            for node in v["nodes"][:4]
        ]
        if bad:
            self.found[place] = bad

    def rooms(self) -> Iterator[str]:
        """Each room behind a door, and those that have a tool in the bar."""
        for room in self.page.locator(".door").evaluate_all("(all) => all.map((door) => door.dataset.open)"):
            self.page.locator(f'.door[data-open="{room}"]').click()
            yield room

    def dialogs(self) -> Iterator[str]:
        """Each dialog that the bar or the side opens; what changes language or theme, or leaves, is left alone."""
        openers = self.page.locator(OPENERS)
        for n in range(openers.count()):
            opener = openers.nth(n)
            name = re.sub(r"[\s\d]+", " ", opener.get_attribute("title") or opener.inner_text())
            if name in self.opened:
                continue
            self.opened.add(name)
            opener.click()
            self.page.locator("dialog[open]").wait_for()
            yield name
            self.page.keyboard.press("Escape")
            expect(self.page.locator("dialog[open]")).to_have_count(0)


def settled(page: Page) -> None:
    """What was asked for has come: no request for 150 ms (the stream stays open)."""
    page.evaluate("new Promise((done) => setTimeout(done, 150))")


def with_something_everywhere(leader: Client) -> None:
    """A pass in the register; a convoy, so that its strip and its room are not empty."""
    leader.command("open", reason="visitor", plate="粤B12345")
    leader.at_rest()
    if not leader.state()["escort"]["convoys"]:
        arrives = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=9)
        body = {
            "arrives": arrives.isoformat(timespec="minutes"),
            "names": "王伟、李娜",
            "plates": ["粤B88801", "粤AD12345"],
        }
        assert leader.post("/convoys", body).status_code == 200


@pytest.mark.parametrize(("theme", "lang"), [("day", "zh-CN"), ("night", "en")])
def test_every_room_and_dialog_is_clean(gate: RealGate, tablet: Open, theme: str, lang: str) -> None:
    leader = gate.leader()
    with_something_everywhere(leader)
    page = tablet(gate.url)
    page.context.add_cookies([{"name": "lang", "value": lang, "url": gate.url}])
    page.evaluate(f"localStorage.theme = '{theme}'")
    page.reload()
    page.locator(".person").first.wait_for()
    walk = Walk(page)
    walk.look("sign-in")
    page.locator('[data-user="leader"]').click()
    page.locator(".key").first.wait_for()
    walk.look("pin")
    page.context.add_cookies([{"name": "gate_session", "value": leader.cookies["gate_session"], "url": gate.url}])
    page.reload()
    page.locator(".lane img:not([hidden])").first.wait_for()
    for room in walk.rooms():
        settled(page)
        walk.look(room)
        for dialog in walk.dialogs():
            settled(page)
            walk.look(f"{room}: {dialog}")
    page.locator('.door[data-open="lanes"]').click()
    page.locator(".register .row").first.click()
    page.locator("dialog[open] .facts").first.wait_for()
    walk.look("pass")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator(".convoy-car").first.wait_for()
    walk.look("convoys")
    page.locator('[data-open="new-convoy"]').click()
    walk.look("convoy form")
    page.keyboard.press("Escape")
    page.locator('.door[data-open="lanes"]').click()
    page.locator('[data-lane="entry"] .act.hold').click()
    page.locator(".chips[data-steady]").wait_for()
    walk.look("reasons")
    page.keyboard.press("Escape")
    page.locator(".green-way").click()
    page.locator('[data-end="green"]').wait_for()
    walk.look("green way")
    page.locator('[data-green="funeral"]').click()
    expect(page.locator('.escort[data-kind="quiet"]')).to_be_visible()
    walk.look("funeral")
    page.locator('[data-end="green"]').click()
    expect(page.locator('[data-end="green"]')).to_be_hidden()
    leader.at_rest()
    leader.at_rest("exit")
    assert len(walk.places) > 12, walk.places
    assert walk.found == {}, "\n".join(f"{place}: {one}" for place, all_ in walk.found.items() for one in all_)


def test_on_a_phone_every_room_fits_and_everything_can_be_reached(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    with_something_everywhere(leader)
    page = board(tablet, gate.url, leader, 390, 844)
    walk = Walk(page)
    wrong: dict[str, object] = {}

    def fits(place: str) -> None:
        settled(page)
        wide, stuck = page.evaluate(WIDE), page.evaluate(STUCK)
        if wide > 0 or stuck:
            wrong[place] = (wide, stuck)
        expect(page.locator(".green-way")).to_be_visible()

    for room in walk.rooms():
        fits(room)
        shot(page, f"phone-{room}", full=True)
        for dialog in walk.dialogs():
            settled(page)
            if page.evaluate("document.querySelector('dialog[open]').scrollWidth > innerWidth"):
                wrong[f"{room}: {dialog}"] = "too wide"
    page.locator('.door[data-open="lanes"]').click()
    page.keyboard.press("c")
    page.locator(".convoy-car").first.wait_for()
    fits("convoys")
    assert wrong == {}
