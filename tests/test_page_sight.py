"""The desk's cameras on the page: a document is taken and read by itself, its fields are marked until the guard confirms them (P3), a worker's
pass is photographed (P8), a salesperson too (P6); by touch and by the keyboard, by day and night, clean for axe."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from camera import document_models
from tests.support_page import RealGate, board, shot
from tests.support_visits import begin, do, somebody, stock
from tests.test_page_axe import Walk
from tests.test_page_visits import CARDS, SMALL, TAPS_MOST, tap

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
needs_models = pytest.mark.skipif(bool(document_models.missing()), reason="documents cannot be read here")


@needs_models
def test_p3_the_document_is_read_and_one_tap_confirms_it(gate: RealGate, tablet: Open) -> None:
    stock(gate, *CARDS)
    page, leader, name = board(tablet, gate.url, gate.leader()), gate.leader(), somebody()
    walk = Walk(page)
    page.evaluate(
        "window.taps = 0; window.keys = 0; addEventListener('click', (e) => { if (e.isTrusted) window.taps += 1; }, true); addEventListener('keydown', () => { window.keys += 1; }, true)"
    )
    tap(page, "[data-open=visits]")
    tap(page, '[data-kind="business"]')
    page.keyboard.type(f"{name}先生")
    page.locator("input[name=unit]").fill("11栋201")
    page.keyboard.press("Enter")
    tap(page, '[data-answer="yes"]')
    tap(page, '[data-answer="agreed"]')
    page.locator(".sight-view img:not([hidden])").first.wait_for()
    keys = page.evaluate("window.keys")
    walk.look("preview")
    number, owner = page.locator("input[name=document]"), page.locator("input[name=owner]")
    owner.wait_for(timeout=60_000)
    expect(page.locator(".sight-said")).to_contain_text("请与证件核对")
    expect(owner).to_have_value(name)
    assert len(number.input_value()) == 18
    expect(page.locator("label[data-read]")).to_have_count(2)
    expect(page.locator(".sight-face")).to_have_count(2)
    assert page.evaluate(SMALL) == []
    walk.look("read")
    shot(page, "sight-read-day")
    page.evaluate("document.documentElement.dataset.theme = 'night'")
    walk.look("read by night")
    shot(page, "sight-read-night")
    owner.fill(name + "明")
    expect(page.locator("label[data-read]")).to_have_count(1)
    owner.fill(name)
    go = page.locator('.answers .answer[data-tone="go"]').first
    kind = go.get_attribute("data-answer")
    read = number.input_value()
    number.focus()
    page.keyboard.press("Enter")  # the keyboard confirms as the one tap does
    page.locator(".pick.card").first.wait_for()
    assert page.evaluate("window.keys") - keys <= 1, "no digit of the number was typed"
    tap(page, ".pick.card")
    tap(page, '[data-answer="admit"]')
    expect(page.locator(".visit-hint")).to_contain_text("已放行")
    expect(page.locator(".visit-head .visit-face")).to_be_visible()
    shot(page, "sight-admitted")
    assert page.evaluate("window.taps") <= TAPS_MOST, "an Enter counts as the tap that it stands for"
    visit = next(row for row in leader.get("/visits").json()["rows"] if row["name"] == name)
    (paper,) = leader.get(f"/visits/{visit['visit']}").json()["documents"]
    assert (paper["kind"], paper["number"], paper["owner"]) == (kind, read, name)
    page.locator("[data-tool=paper]").click()
    page.locator("dialog[open] .sight-paper").wait_for()
    walk.look("picture of the document")
    assert walk.found == {}


def test_p8_and_p6_a_pass_and_a_visitor_are_photographed_with_one_tap(gate: RealGate, tablet: Open) -> None:
    """In English, by day and by night: axe at the worker's pass and at the document's step."""
    leader = gate.leader()
    page = board(tablet, gate.url, leader)
    page.context.add_cookies([{"name": "lang", "value": "en", "url": gate.url}])
    page.reload()
    walk = Walk(page)
    worker = begin(leader, "construction-long", company="宏达装饰", unit="")
    page.locator("[data-open=visits]").click()
    tap(page, f'.visit-row[data-visit="{worker["visit"]}"]')
    page.locator(".sight-view img:not([hidden])").first.wait_for()
    tap(page, "[data-take=pass]")
    expect(page.locator(".sight[aria-busy]")).to_have_count(0)
    walk.look("a pass")
    shot(page, "sight-pass-english")
    page.locator("input[name=valid_until]").fill("2099-01-31")
    page.locator("input[name=number]").fill("SG-4411")
    digest = next(p["digest"] for p in leader.get(f"/visits/{worker['visit']}").json()["pictures"] if p["of"] == "pass")
    tap(page, '[data-answer="mine"]')
    page.locator('[data-answer="admit"]').wait_for()
    assert leader.get("/worker-passes?number=SG-4411").json()["last"]["photo"] == digest
    again = begin(leader, "construction-long", company="宏达装饰", unit="")
    tap(page, f'.visit-row[data-visit="{again["visit"]}"]')
    page.locator("input[name=number]").fill("SG-4411")
    shown = page.locator(f'img[src*="{digest}"]')
    shown.wait_for()
    assert shown.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 100, (
        "whose pass it is, as the desk's camera saw it"
    )
    expect(page.locator("input[name=valid_until]")).to_have_value("2099-01-31")
    shot(page, "sight-pass-again")
    do(leader, again, "refuse", reason="left")
    seller = begin(leader, "salesperson", purpose="推销净水器", unit="")
    tap(page, f'.visit-row[data-visit="{seller["visit"]}"]')
    tap(page, "[data-tool=picture]")
    page.locator(".visit-head .visit-face").wait_for()
    assert [p["of"] for p in leader.get(f"/visits/{seller['visit']}").json()["pictures"]] == ["person"]
    guest = begin(leader)
    do(leader, guest, "answer", step="appointment", answer="yes")
    do(leader, guest, "call", result="agreed")
    page.evaluate("document.documentElement.dataset.theme = 'night'")
    tap(page, f'.visit-row[data-visit="{guest["visit"]}"]')
    page.locator(".sight-view img:not([hidden])").first.wait_for()
    walk.look("a document by night")
    if not document_models.missing():
        read = page.locator("label[data-read]").first
        with suppress(NotInTime):
            read.wait_for(timeout=30_000)
        if not read.is_visible():  # one that could not be read waits until it is moved, or for the guard's tap
            tap(page, "[data-take=document]")
            read.wait_for(timeout=60_000)
        walk.look("what was read, by night")
        shot(page, "sight-read-english-night")
    assert not re.search("[㐀-鿿]{4}", page.locator(".sight-said").inner_text())
    assert walk.found == {}
    do(leader, guest, "refuse", reason="left")
    do(leader, seller, "refuse", reason="no-need")
    do(leader, worker, "refuse", reason="left")
