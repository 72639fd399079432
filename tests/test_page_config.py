"""The configuration's pane: by form and as text, what would change, tried, kept, given up, taken back; on a phone, day and night, clean by axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support_page import RealGate, shot
from tests.test_page_axe import STUCK, WIDE, Walk

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGate]:
    """A gate of its own, without cameras."""
    away = {f'[lane.camera]\nsource = "sim://{lane}-camera"\n': "" for lane in ("entry", "exit")}
    gate = RealGate(tmp_path_factory.mktemp("config"), away, calm=True)
    yield gate
    gate.close()


def test_a_change_is_looked_at_tried_and_kept(real: RealGate, tablet: Open) -> None:
    technician = real.user("tech", "technician")
    page = tablet("about:blank", 390, 844, has_touch=True)
    page.context.add_cookies([{"name": "gate_session", "value": technician.cookies["gate_session"], "url": real.url}])
    page.goto(real.url)
    page.evaluate("localStorage.theme = 'day'")
    page.reload()
    walk, wrong = Walk(page), {}

    def look(place: str) -> None:
        walk.look(place)
        wide, stuck = page.evaluate(WIDE), page.evaluate(STUCK)
        if wide > 0 or stuck:
            wrong[place] = (wide, stuck)
        page.evaluate("scrollTo(0, 0)")
        shot(page, f"config-{place}", full=True)

    def compare() -> None:
        page.locator('[data-do="compare"]').click()

    page.locator('.tech-tab[data-pane="config"]').click()
    name = page.locator('[name="lane[0].name"]')
    expect(name).to_have_value("入口")
    name.fill("南入口")
    name.press("Tab")
    look("lane")
    part = page.locator(".tech-field select:visible").first
    part.select_option("lane[0].barrier")
    look("barrier")
    part.select_option("lane[0].sign")
    page.locator('[data-absent="lane[0].sign"] summary').click()
    look("absent")
    part.select_option("photos")
    expect(page.locator('[name="photos.shares.pass"]')).to_have_value("")
    part.select_option("lane[0].reader")
    page.locator('[name="lane[0].reader.repeat_s"]').fill("2.5")
    page.locator('[name="lane[0].reader.repeat_s"]').press("Tab")
    expect(page.locator('[name="lane[0].reader.repeat_s"]')).to_have_value("2.5")
    look("form")
    compare()
    expect(page.locator('.config-diff [data-sign="+"]')).to_have_count(2)
    expect(page.locator(".config-diff")).to_contain_text('name = "南入口"')
    expect(page.locator(".tech-pane:visible")).to_contain_text("entry.reader")
    look("compare")

    page.locator('[data-view="text"]').click()
    area = page.locator(".config-text")
    good = area.input_value()
    assert "# A whole gate on a laptop" in good
    area.fill(good.replace("repeat_s = 2.5", "repaet_s = 2.5"))
    compare()
    expect(page.locator(".config-problems")).to_contain_text(
        "lane[0].reader.repaet_s: unknown key «repaet_s»; did you mean «repeat_s»?"
    )
    expect(page.locator('[data-do="apply"]')).to_be_disabled()
    look("problems")
    area.fill(good)
    compare()
    page.locator('[aria-label="改动原因"]').fill("换车道名")
    page.locator('[data-do="apply"]').click()
    expect(page.locator(".config-trial")).to_contain_text("第 2 版试用中")
    expect(page.locator(".config-trial .tech-big")).to_contain_text("5")
    look("trial")
    page.locator('[data-do="confirm"]').click()
    expect(page.locator(".config-trial")).to_have_count(0)
    expect(page.locator(".tech-pane:visible")).to_contain_text("现行第 2 版 · tech")
    expect(page.locator(".tech-pane:visible")).to_contain_text("换车道名")

    page.evaluate("localStorage.theme = 'night'")
    page.context.add_cookies([{"name": "lang", "value": "en", "url": real.url}])
    page.reload()
    page.locator('.tech-tab[data-pane="config"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[name="lane[0].name"]')).to_have_value("南入口")
    look("form-night")
    page.locator('[data-view="versions"]').focus()
    page.keyboard.press("Enter")
    page.locator('.config-version[data-version="1"] [data-do="look"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('.config-version[data-version="1"] pre')).to_contain_text('name = "入口"')
    page.locator('.config-version[data-version="1"] [data-do="return"]').focus()
    page.keyboard.press("Enter")
    page.locator('[data-do="give-up"]').wait_for()
    look("versions-night")
    page.locator('[data-do="give-up"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('.config-version[data-version="3"]')).to_have_attribute("data-state", "given-up")
    expect(page.locator('.config-version[data-version="2"]')).to_have_attribute("data-state", "active")
    events = [event["kind"] for event in real.leader().events() if event["kind"].startswith("config.")]
    assert events == ["config.applied", "config.confirmed", "config.applied", "config.reverted"]
    assert wrong == {}
    assert walk.found == {}, "\n".join(f"{place}: {one}" for place, all_ in walk.found.items() for one in all_)
