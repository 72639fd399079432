"""The technician's room on a phone: every pane, by touch and by keyboard, day and night, clean by axe; and what guards never load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from drivers.readers import rdm6300
from tests.support_osdp import Cable
from tests.support_page import RealGate, shot, until
from tests.support_search import Talking
from tests.test_page_axe import STUCK, WIDE, Walk, settled

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
OWNER = bytes.fromhex("3C00CE754C")
PHONE = (390, 844)


@pytest.fixture(scope="module")
def lines() -> Iterator[tuple[Talking, Cable]]:
    """The lane's reader with a card held to it, and an OSDP reader fresh from the factory."""
    reader = Talking([rdm6300.encode(OWNER, rdm6300.Options())], 9600, every_s=0.4)
    cable = Cable()
    cable.reader(0, key=None)
    yield reader, cable
    reader.close()
    cable.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, lines: tuple[Talking, Cable]) -> Iterator[RealGate]:
    """A gate of its own, whose readers are lines."""
    reader, cable = lines
    changes = {
        'driver = "rdm6300"\nport = "sim://exit-reader"': f'driver = "osdp"\nport = "{cable.url}"',
        "sim://entry-reader": reader.url,
    }
    gate = RealGate(tmp_path_factory.mktemp("technician"), changes, calm=True)
    gate.entry = reader.url
    yield gate
    gate.close()


def pane(page: Page, name: str) -> None:
    page.locator(f'.tech-tab[data-pane="{name}"]').click()
    expect(page.locator(f'.tech-tab[data-pane="{name}"]')).to_have_attribute("aria-current", "page")


def test_every_pane_on_a_phone(real: RealGate, tablet: Open) -> None:
    """The story by day in Chinese; then every pane once more by night in English."""
    technician = real.user("tech", "technician")
    page = tablet("about:blank", *PHONE, has_touch=True)
    page.context.add_cookies([{"name": "gate_session", "value": technician.cookies["gate_session"], "url": real.url}])
    page.goto(real.url)
    page.evaluate("localStorage.theme = 'day'")
    page.reload()
    walk, wrong, theme = Walk(page), {}, "day"

    def look(place: str) -> None:
        walk.look(f"{place} by {theme}")
        wide, stuck = page.evaluate(WIDE), page.evaluate(STUCK)
        if wide > 0 or stuck:
            wrong[f"{place} by {theme}"] = (wide, stuck)
        page.evaluate("scrollTo(0, 0)")
        shot(page, f"tech-{place}-{theme}", full=True)

    page.locator('[data-device="exit.reader"][data-state="fault"]').wait_for()
    look("devices")
    pane(page, "reader")
    page.locator(".tech-field select").first.select_option("entry.reader")
    page.locator('.tech-bytes [data-what="card"]').first.wait_for()
    page.locator('[data-do="record"]').click()
    expect(page.locator('[data-do="record"]')).to_contain_text(re.compile("[1-9] KB"))
    page.locator('[data-do="record"]').click()
    page.locator(".tech-file").first.wait_for()
    expect(page.locator(".tech-bytes li").nth(3)).to_be_visible()
    look("reader")
    page.locator('.tech-file [data-do="replay"]').first.click()
    page.locator("dialog .tech-bytes li").first.wait_for()
    expect(page.locator("dialog .tech-big")).to_contain_text(OWNER.hex().upper())
    look("replay")
    page.keyboard.press("Escape")
    pane(page, "find")
    port = page.locator(".tech-field select:visible").first
    port.locator(f'option[value="{real.entry}"]').wait_for(state="attached")
    port.select_option(real.entry)
    page.locator(".tech-check input").check()
    page.locator('[data-do="search"]').click()
    found = page.locator('.tech-found[data-certain="yes"]')
    expect(found).to_contain_text('driver = "rdm6300"')
    expect(page.locator('[data-do="search"]')).to_have_attribute("data-tone", "go")
    page.locator(".tech-part select").first.select_option("entry.reader")
    page.locator(".tech-part select").nth(1).select_option("printed")
    page.locator(".tech-part input").fill("0013530444")
    page.keyboard.press("Enter")
    page.locator('.tech-part [data-result="found"]').wait_for()
    look("find")
    pane(page, "pins")
    page.locator('[data-input="exit.down_limit"][data-active="yes"]').wait_for()
    look("pins")
    page.locator('[data-lane-trial="exit"] [data-relay="open"]').click()
    page.locator("dialog input").wait_for()
    look("pulse")
    page.keyboard.press("Escape")
    pane(page, "camera")
    page.locator(".tech-hints li").first.wait_for()
    until(lambda: page.evaluate("document.querySelector('.tech-picture').naturalWidth > 0"), what="a live picture")
    look("camera")
    small = page.evaluate(
        "[...document.querySelectorAll('.tech button, .tech select, .tech a')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 48).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert small == []
    theme = "night"
    page.context.add_cookies([{"name": "lang", "value": "en", "url": real.url}])
    page.evaluate("localStorage.theme = 'night'")
    page.reload()
    page.locator('[data-device="exit.reader"]').wait_for()
    for tab in page.locator(".tech-tab").evaluate_all("(all) => all.map((tab) => tab.dataset.pane)"):
        pane(page, tab)
        expect(page.locator(".tech-pane:visible")).not_to_be_empty()
        settled(page)
        look(tab)
    assert wrong == {}
    assert walk.found == {}, "\n".join(f"{place}: {one}" for place, all_ in walk.found.items() for one in all_)


def test_by_keyboard_alone_a_relay_is_tried_and_a_reader_installed(real: RealGate, tablet: Open) -> None:
    """T opens the room, a digit a pane; the shift leader types the PIN on the technician's phone."""
    technician = real.user("tech", "technician")
    page = tablet("about:blank", 1024, 768)
    page.context.add_cookies([{"name": "gate_session", "value": technician.cookies["gate_session"], "url": real.url}])
    page.goto(real.url)
    page.locator(".tech-tab").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(".lane").first).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("4")
    page.locator('[data-lane-trial="exit"] [data-relay="open"]:enabled').wait_for()
    page.locator('[data-lane-trial="exit"] [data-relay="open"]').focus()
    page.keyboard.press("Enter")
    page.locator("dialog input").wait_for()
    page.keyboard.type("111222")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .message")).to_contain_text("密码有误")
    page.keyboard.type(real.pin)
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator('[data-lane-trial="exit"] h3')).to_contain_text(re.compile("升|抬|up"))
    leader = real.leader()
    (tested,) = leader.events("relay.tested")
    assert (tested["actor"], tested["body"]["agreed"]) == ("user:tech", "leader")
    page.keyboard.press("2")
    page.locator(".tech-field select:visible").first.focus()
    page.locator(".tech-field select:visible").first.select_option("exit.reader")
    page.locator('[data-do="install"]:visible').focus()
    page.keyboard.press("Enter")
    page.locator('dialog [data-do="really"]').focus()
    shot(page, "tech-install")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    page.locator('[data-device="exit.reader"][data-state="secure"]').wait_for()
    assert [event["body"]["seconds"] for event in leader.events("osdp.install")] == [300]


def test_what_guards_never_load(real: RealGate, tablet: Open) -> None:
    page = tablet("about:blank")
    loaded: list[str] = []
    page.on("response", lambda answer: loaded.append(answer.url.rpartition("/")[2]))
    leader = real.leader()
    page.context.add_cookies([{"name": "gate_session", "value": leader.cookies["gate_session"], "url": real.url}])
    page.goto(real.url)
    page.locator(".lane").first.wait_for()
    assert "main.js" in loaded
    assert not [name for name in loaded if name.startswith(("tech", "config")) and name.endswith(".js")]
    assert page.locator('[data-open="tech"]').count() == 0
