"""Codes and cards in Chromium, on a whole gate: who is expected at a lane's scanner, a card issued on the desk's reader, a suspect card."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from drivers.readers import line as lines
from drivers.wire import PtyWire
from sync.codes import Code, new_token
from sync.headoffice.signing import SigningKey
from tests.support_page import RealGate, axe, board, shot, until
from tests.support_visits import begin, do, licence, stock

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
SCANNER = lines.Options(base="text")
CARDS = [("3f8a21c4", "visitor", "A-01"), ("aa00aa55", "visitor", "A-02")]


@pytest.fixture(scope="module")
def scanner() -> Iterator[PtyWire]:
    line = PtyWire()
    yield line
    with suppress(OSError):
        line.unplug()


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory, scanner: PtyWire) -> Iterator[RealGate]:
    """A gate with a scanner at its entry and a reader on the desk that writes: visitors' cards carry a counter."""
    real = RealGate(
        tmp_path_factory.mktemp("writing"),
        {
            '[lane.reader]\ndriver = "rdm6300"\nport = "sim://entry-reader"': '[lane.reader]\ndriver = "rdm880"\nport = "sim://entry-reader"\n'
            f'[lane.scanner]\nport = "{scanner.url}"',
            '[desk.reader]\ndriver = "rdm6300"': '[counter]\nkinds = ["visitor"]\n\n[desk.reader]\ndriver = "pn532"',
        },
        calm=True,
    )
    yield real
    real.close()


def code_of(gate: RealGate, name: str, plate: str, **more: object) -> str:
    """Signed with the key of the head office inside this gate."""
    begin_ms = round(time.time() * 1000) // 60_000 * 60_000
    key = SigningKey.load(gate.database.parent / "headoffice-signing.key")
    given = {"mode": "vehicle", "name": name, "title": "mr", "unit": "管理处", "plate": plate, **more}
    code = Code(new_token(), "zhenyuan", ("main",), "business", begin_ms, begin_ms + 7_200_000, **given)
    return code.text(key.sign)


def accessible(page: Page) -> None:
    """Axe finds nothing here."""
    options = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
        "resultTypes": ["violations"],
    }
    said = axe(page, options).response
    assert [(v["id"], [node["html"][:90] for node in v["nodes"]]) for v in said["violations"]] == []


def test_v3_an_expected_visitor_at_the_lane_and_at_the_desk(writing: RealGate, scanner: PtyWire, tablet: Open) -> None:
    leader = writing.leader()
    site = leader.state()["gate"]["site"]
    assert site == "zhenyuan"
    page = board(tablet, writing.url, leader)
    scanner.write(lines.encode_text(code_of(writing, "王小明", "粤B12345"), SCANNER))
    entry = page.locator('[data-lane="entry"]')
    expect(entry.locator(".say")).to_contain_text("王先生")
    expect(entry.locator(".hint")).to_contain_text("入口")
    go = entry.locator(".go-on")
    box = go.bounding_box()
    assert box is not None
    assert box["height"] >= 96
    page.evaluate("document.documentElement.dataset.theme = 'day'")
    shot(page, "codes-lane-day")
    accessible(page)
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.dataset.theme = 'night'")
    shot(page, "codes-lane-night")
    accessible(page)
    page.evaluate("document.documentElement.dataset.theme = 'day'")
    go.click()
    expect(page.locator(".visit-head")).to_contain_text("王先生")
    expect(page.locator(".visit-head")).to_contain_text("粤B·12345")
    assert leader.lane()["phase"] == "down", "a code opens nothing by itself"
    page.locator('[data-open="lanes"]').click()
    scanner.write(b"GE2:ABCDEFGH\r\n")
    expect(entry.locator(".hint")).to_contain_text("二维码没有读完整")
    expect(go).to_be_hidden()
    typed = code_of(writing, "李四", "粤B54321")
    held = [e["seq"] for e in leader.events("barrier.held")]
    page.evaluate(
        "(text) => { for (const key of [...text, 'Enter']) document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }",
        typed,
    )
    expect(page.locator(".visit-head")).to_contain_text("李先生")
    page.locator('[data-answer="arrive"]').wait_for()
    assert [e["seq"] for e in leader.events("barrier.held")] == held, "the E of «GE2» holds no barrier"


def test_p3_a_card_on_the_desks_reader_is_written_and_issued(writing: RealGate, tablet: Open) -> None:
    stock(writing, *CARDS)
    leader = writing.leader()
    page = board(tablet, writing.url, leader)
    visit = begin(leader, name="赵六")
    visit = do(leader, visit, "answer", step="appointment", answer="yes")
    visit = do(leader, visit, "call", result="agreed")
    visit = do(leader, visit, "document", how="hold", kind="driving-licence", number=licence(), owner=visit["name"])
    page.locator('[data-open="visits"]').click()
    page.locator(f'[data-visit="{visit["visit"]}"]').click()
    page.locator(".picks.cards").wait_for()
    leader.post("/simulate", {"name": "desk-card", "card": CARDS[0][0]})
    tapped = page.locator(f'[data-tapped="{CARDS[0][0]}"]')
    tapped.wait_for()
    shot(page, "issuing-tapped")
    leader.post("/simulate", {"name": "desk-card", "card": CARDS[1][0]})
    page.locator(f'[data-tapped="{CARDS[1][0]}"]').wait_for()
    swapped = leader.post(f"/visits/{visit['visit']}/card", {"card": CARDS[0][0], "at_reader": True})
    assert (swapped.status_code, swapped.json()["error"]["code"]) == (409, "card-swapped")
    page.locator(f'[data-tapped="{CARDS[1][0]}"]').click()
    until(lambda: leader.events("card.issued"), what="issued")
    expect(page.locator(".visit-message")).to_contain_text("可以交给来访者")
    shot(page, "issuing-done")
    accessible(page)
    page.evaluate("document.documentElement.dataset.theme = 'night'")
    shot(page, "issuing-done-night")
    numbers = [leader.events(f"card.{kind}")[-1]["seq"] for kind in ("counting", "counted", "issued")]
    assert numbers == sorted(numbers), "on record, written, given out"
