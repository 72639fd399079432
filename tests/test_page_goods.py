"""Goods, trucks and the leaving of a vehicle in Chromium, on a whole gate (G1, G2, V3): the guard's taps, from the paper to the arm."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support_hands import Keys
from tests.support_page import Client, RealGate, board, shot, sign_in, until
from tests.support_visits import begin, do, licence, stock
from tests.test_page_axe import Walk

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
CARD, PLATE = "0a00f70001", "粤B70001"
SMALL = """() => [...document.querySelectorAll('.goods button, .goods input:not([type=search], [type=hidden])')].filter((e) => { const b = e.getBoundingClientRect();
  return b.width && Math.min(b.width, b.height) < 95.5; }).map((e) => e.outerHTML.slice(0, 90))"""

PIXELS = "[...document.querySelector('.specimen-cut').getContext('2d').getImageData(300, 100, 280, 160).data].reduce((sum, one, n) => sum + one * (n % 97), 0)"


def goods(page: Page, gate: RealGate) -> Page:
    """Signed in, with the room open."""
    sign_in(page, gate.pin)
    page.locator("[data-open=goods]").click()
    page.locator("[data-goods=paper]").wait_for()
    return page


def tap(page: Page, selector: str, **more: str) -> None:
    """A person's tap: not within the first moment of what has just come."""
    target = page.locator(selector, **more).first
    target.wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 320))")
    target.click()


def permit(client: Client, **more: Any) -> int:
    given = {
        "role": "owner",
        "until": client.get("/goods/words").json()["today"],
        "unit": "11栋201",
        "signer": "郑伟",
        "stamped": True,
        "items": [
            {"name": "沙发", "quantity": 1, "measure": "套", "category": "furniture"},
            {"name": "纸箱", "quantity": 5, "measure": "箱", "category": "household"},
        ],
        **more,
    }
    done = client.post("/permits", given)
    assert done.status_code == 200, done.text
    number: int = done.json()["permit"]["permit"]
    return number


def signature(page: Page) -> str:
    """A picture of a signature, drawn by the browser."""
    data: str = page.evaluate("""() => { const c = document.createElement('canvas'); c.width = 440; c.height = 180; const p = c.getContext('2d');
      p.fillStyle = '#fff'; p.fillRect(0, 0, 440, 180); p.strokeStyle = '#123'; p.lineWidth = 7; p.beginPath(); p.moveTo(40, 120);
      p.bezierCurveTo(120, 10, 160, 190, 220, 80); p.bezierCurveTo(260, 20, 300, 160, 400, 60); p.stroke(); return c.toDataURL('image/jpeg', .8); }""")
    return data.partition(",")[2]


@pytest.fixture
def exit_free(gate: RealGate) -> Iterator[Client]:
    """The exit at rest with nobody announced, before and afterwards."""
    leader = gate.leader()
    leader.at_rest("exit")
    yield leader
    leader.post("/lanes/exit/truck", {"truck": False})
    leader.at_rest("exit")


def test_g1_a_paper_permit_from_the_first_word_to_the_goodbye(gate: RealGate, tablet: Open) -> None:
    page = goods(tablet(gate.url), gate)
    expect(page.locator(".goods .visit-say")).to_contain_text("请您出示出闸纸")
    shot(page, "goods-home")
    tap(page, "[data-goods=paper]")
    page.locator("input[name=unit]").fill("11栋201")
    page.locator("input[name=signer]").fill("郑伟")
    page.locator("input[name=number]").fill("CZ-501")
    page.locator("input[name=item-name]").first.fill("旧冰箱")
    page.locator("select[name=item-category]").first.select_option("furniture")
    page.locator("input[name=item-name]").nth(1).fill("行李箱")
    page.locator("input[name=item-quantity]").nth(1).fill("3")
    assert page.evaluate(SMALL) == []
    shot(page, "goods-paper")
    tap(page, '[data-answer="register"]')
    tap(page, '[data-answer="genuine"]')
    tap(page, '[data-item="0"] [data-do="match"]')
    tap(page, '[data-item="1"] [data-do="match"]')
    tap(page, '[data-item="1"] [data-do="less"]')
    expect(page.locator('[data-item="1"]')).to_contain_text("余 1 以后再出")
    assert page.evaluate(SMALL) == []
    shot(page, "goods-check")
    tap(page, '[data-answer="release"]')
    expect(page.locator(".goods .visit-say")).to_contain_text("我来帮您拿好吗")
    shot(page, "goods-released")
    row = next(r for r in gate.leader().get("/permits").json()["rows"] if r["number"] == "CZ-501")
    assert [item["left"] for item in row["items"]] == [0, 1]


def test_g1_what_differs_stays_with_a_picture_and_the_specimen_is_beside_the_permit(
    gate: RealGate, tablet: Open
) -> None:
    page, leader = goods(tablet(gate.url), gate), gate.leader()
    given = {"role": "owner", "unit": "5栋1402", "name": "张超", "picture": signature(page)}
    assert leader.post("/goods/specimens", given).status_code == 200
    wrong = base64.b64encode(b"GIF89a").decode()
    assert leader.post("/goods/specimens", {**given, "picture": wrong}).json()["error"]["code"] == "picture-form"
    number = permit(leader, unit="5栋1402", signer="张超", number="CZ-601")
    page.locator("input[name=find-permit]").fill("CZ-601")
    page.keyboard.press("Enter")
    expect(page.locator(".specimen figcaption")).to_have_text("本人留样：张超")
    expect(page.locator(".specimen img")).to_have_js_property("complete", True)
    assert page.locator(".specimen img").evaluate("(img) => img.naturalWidth") > 0
    tap(page, '[data-answer="genuine"]')
    tap(page, '[data-item="0"] [data-do="other"]')
    tap(page, '[data-item="1"] [data-do="match"]')
    tap(page, '[data-item="1"] [data-do="plus"]')
    expect(page.locator('[data-item="1"]')).to_contain_text("多出 1，留下")
    page.locator(".goods-extra summary").click()
    page.locator("input[name=item-name]").first.fill("电视机")
    shot(page, "goods-differs")
    tap(page, '[data-answer="release"]')
    expect(page.locator(".goods .visit-say")).to_contain_text("还有些出入")
    expect(page.locator(".goods-log img").first).to_be_visible()
    shot(page, "goods-kept")
    log = until(lambda: _with_picture(leader, number), 10, "the picture of the lane is on record")
    assert [(one["name"], one["why"]) for one in log if one["what"] == "kept"] == [
        ("沙发", "other"),
        ("纸箱", "more"),
        ("电视机", "not-listed"),
    ]


def _with_picture(leader: Client, number: int) -> list[dict[str, Any]]:
    log: list[dict[str, Any]] = leader.get(f"/permits/{number}").json()["log"]
    return log if any(one["picture"] for one in log) else []


def test_g1_an_expired_permit_in_english_by_the_keyboard_alone(gate: RealGate, tablet: Open) -> None:
    number = permit(gate.leader(), until="2026-01-31", number="CZ-701")
    page = tablet(gate.url)
    page.locator(".person").first.wait_for()
    page.get_by_text("English").click()
    expect(page.locator(".lead")).to_contain_text(re.compile("[A-Za-z]{3}"))
    sign_in(page, gate.pin)
    page.keyboard.press("g")
    page.locator("[data-goods=paper]").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("CZ-701")
    page.keyboard.press("Enter")
    expect(page.locator(".goods .visit-say")).to_contain_text("past its date")
    expect(page.locator('[data-answer="refuse"]')).to_be_focused()
    shot(page, "goods-expired-english")
    page.evaluate("new Promise((done) => setTimeout(done, 320))")
    page.keyboard.press("Enter")
    expect(page.locator('[data-answer="next"]')).to_be_visible()
    assert not re.search("[㐀-鿿]", page.locator(".goods .visit-say").inner_text())
    assert [one["why"] for one in gate.leader().get(f"/permits/{number}").json()["log"]] == ["expired"]


def test_g1_a_leader_files_signatures_and_stops_and_restores_a_permit(gate: RealGate, tablet: Open) -> None:
    """By touch in Chinese; a guard has none of these buttons, and is refused."""
    leader, guard = gate.leader(), gate.user("guard-g", "guard")
    number = permit(leader, unit="7栋1201", signer="吴芳", number="CZ-651")
    page = board(partial(tablet, has_touch=True), gate.url, leader)
    walk = Walk(page)
    page.locator("[data-open=goods]").tap()
    tap(page, '[data-goods="specimens"]')
    for source in ("camera", "file"):
        page.locator("input[name=specimen-unit]").fill("7栋1201")
        page.locator("input[name=specimen-name]").fill("吴芳" if source == "camera" else "吴强")
        tap(page, '[data-answer="specimen-save"]')
        expect(page.locator(".goods .visit-message")).to_contain_text("请先拍下或选择")
        if source == "camera":
            tap(page, '[data-answer="specimen-camera"]')
        else:
            jpeg = base64.b64decode(signature(page))
            with page.expect_file_chooser() as chosen:
                tap(page, '[data-answer="specimen-file"]')
            chosen.value.set_files([{"name": "s.txt", "mimeType": "image/jpeg", "buffer": b"no picture"}])
            expect(page.locator(".goods .visit-message")).to_contain_text("不是照片")
            page.locator("input[name=specimen-file]").set_input_files(
                [{"name": "s.jpg", "mimeType": "image/jpeg", "buffer": jpeg}]
            )
        expect(page.locator(".specimen-cut")).to_be_visible()
        before = page.evaluate(PIXELS)
        for move in ("larger", "right", "down", "smaller", "larger"):
            page.locator(f'[data-cut="{move}"]').tap()
        assert page.evaluate(PIXELS) != before, "it was moved under the frame"
        assert page.evaluate(SMALL) == []
        walk.look(source)
        shot(page, f"goods-specimen-{source}")
        tap(page, '[data-answer="specimen-save"]')
        expect(page.locator(".goods .visit-message")).to_contain_text("已存入")
    expect(page.locator(".specimen-list li")).to_contain_text(["吴强", "吴芳"])
    mine = page.locator(".specimen-list li", has_text="吴强")
    mine.locator('[data-answer="withdraw"]').tap()
    page.evaluate("document.documentElement.dataset.theme = 'night'")
    walk.look("withdraw by night")
    shot(page, "goods-specimen-night")
    tap(page, '.reasons:not([hidden]) [data-answer="withdraw-new"]')
    expect(mine).to_have_count(0)
    page.locator("input[name=find-permit]").fill("CZ-651")
    tap(page, f'[data-permit="{number}"]')
    expect(page.locator(".specimen figcaption")).to_have_text("本人留样：吴芳")
    tap(page, '[data-answer="stop-permit"]')
    walk.look("stop by night")
    shot(page, "goods-stop-night")
    assert page.evaluate(SMALL) == []
    tap(page, '[data-answer="stop-lost"]')
    expect(page.locator(".goods .visit-facts")).to_contain_text("出闸纸遗失")
    expect(page.locator('[data-answer="release"]')).to_have_count(0)
    theirs = board(tablet, gate.url, guard)
    theirs.locator("[data-open=goods]").click()
    theirs.locator("[data-goods=paper]").wait_for()
    expect(theirs.locator('[data-goods="specimens"]')).to_have_count(0)
    theirs.locator("input[name=find-permit]").fill("CZ-651")
    tap(theirs, f'[data-permit="{number}"]')
    theirs.locator('[data-answer="refuse"]').wait_for()
    expect(theirs.locator('[data-answer="restore"]')).to_have_count(0)
    why = {"reason": "试一试"}
    assert guard.post(f"/permits/{number}/restore", why).json()["error"]["code"] == "not-allowed"
    assert guard.get("/goods/camera.jpg").status_code == 403
    tap(page, '[data-answer="restore"]')
    theirs.locator('[data-answer="genuine"]').wait_for()
    expect(theirs.locator('[data-answer="stop-permit"]')).to_have_count(0)
    assert walk.found == {}


def test_g1_a_permit_is_stopped_in_english_by_the_keyboard_alone(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    number = permit(leader, number="CZ-652")
    page = board(tablet, gate.url, leader)
    page.context.add_cookies([{"name": "lang", "value": "en", "url": gate.url}])
    page.reload()
    page.locator("[data-open=goods]").wait_for()
    page.keyboard.press("g")
    hands = Keys(page, gate)
    page.locator("[data-goods=paper]").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("CZ-652")
    page.keyboard.press("Enter")
    hands.press('[data-answer="stop-permit"]')
    hands.press('[data-answer="stop-check"]')
    expect(page.locator(".goods .visit-facts")).to_contain_text("In doubt, to be verified")
    walk = Walk(page)
    walk.look("stopped")
    shot(page, "goods-stopped-english")
    assert leader.get(f"/permits/{number}").json()["state"] == "stopped"
    page.keyboard.press("g")
    hands.press('[data-answer="back"]')
    hands.press('[data-goods="specimens"]')
    hands.press('[data-answer="specimen-camera"]')
    hands.press('[data-cut="larger"]')
    walk.look("specimens")
    shot(page, "goods-specimens-english")
    assert walk.found == {}


def test_g2_a_truck_by_hand_at_the_exit_is_checked_before_the_arm_goes_up(
    gate: RealGate, tablet: Open, exit_free: Client
) -> None:
    page = tablet(gate.url)
    sign_in(page, gate.pin)
    page.locator('[data-lane="exit"] .act.open').click()
    tap(page, '[data-lane="exit"] [data-reason="truck"]')
    expect(page.locator(".goods .visit-say")).to_contain_text("打开车厢后门")
    expect(page.locator("[data-open=goods] .badge-n")).to_have_text("1")
    shot(page, "goods-truck")
    page.locator('[data-lane="exit"] .act.open').click()
    tap(page, '[data-lane="exit"] [data-reason="checked"]')
    expect(page.locator('[data-lane="exit"] .report')).to_contain_text("请先检查货厢")
    tap(page, '[data-answer="unpermitted"]')
    page.locator("input[name=item-name]").first.fill("空调外机")
    tap(page, '[data-answer="record"]')
    expect(page.locator(".goods .visit-say")).to_contain_text("请您先卸下来")
    shot(page, "goods-truck-goods")
    tap(page, '[data-answer="empty"]')
    expect(page.locator(".goods .visit-say")).to_contain_text("已经检查好了")
    tap(page, '[data-lane="exit"] .act.open')
    expect(page.locator('[data-lane="exit"] .phase')).to_have_text("杆已抬起", timeout=12_000)


def test_v3_a_visitors_vehicle_leaves_with_both_pictures_side_by_side(
    gate: RealGate, tablet: Open, exit_free: Client
) -> None:
    """The card is tapped at the exit's real reader; then picture, plate, card, document, goodbye, arm."""
    leader = exit_free
    stock(gate, (CARD, "vehicle", "C-71"))
    visit = into(leader)
    assert leader.post("/simulate", {"name": "visitor", "lane": "exit"}).status_code == 200
    page = tablet(gate.url)
    sign_in(page, gate.pin)
    page.locator("[data-open=visits]").click()
    tap(page, f'[data-leaving="{visit}"] button')
    expect(page.locator('.passages [data-side="pass.entry"] img')).to_be_visible()
    expect(page.locator(".plates-agree")).to_contain_text(f"车牌与进门时的 {PLATE} 一致吗")
    shot(page, "visits-exit-tap")
    tap(page, '[data-answer="plate-agrees"]')
    expect(page.locator(".plates-agree")).to_contain_text(f"进出车牌一致：{PLATE}")
    tap(page, '[data-answer="take-back"]')
    tap(page, '[data-answer="return-document"]')
    tap(page, '[data-answer="close"]')
    expect(page.locator(".desk:not(.goods) .visit-say")).to_contain_text("谢谢您的合作")
    page.locator('[data-lane="exit"] .act.open').click()
    tap(page, '[data-lane="exit"] [data-reason="checked"]')
    expect(page.locator('[data-lane="exit"] .phase')).to_have_text("杆已抬起", timeout=12_000)


def into(leader: Client) -> int:
    """V3: in with its card, at the entry's reader."""
    visit = begin(leader, mode="vehicle", plate=PLATE)
    visit = do(leader, visit, "answer", step="appointment", answer="yes")
    visit = do(leader, visit, "call", result="agreed")
    visit = do(leader, visit, "document", how="hold", kind="driving-licence", number=licence(), owner=visit["name"])
    visit = do(leader, visit, "card", card=CARD)
    visit = do(leader, visit, "answer", step="parking", answer="told")
    visit = do(leader, visit, "admit")
    assert leader.post("/simulate", {"name": "visitor", "lane": "entry"}).status_code == 200
    until(lambda: crossed(leader, visit), 30, "it has driven in")
    number: int = visit["visit"]
    return number


def crossed(leader: Client, visit: dict[str, Any]) -> bool:
    rows = leader.get("/passes", params={"credential": f"visit:{visit['visit']}"}).json()["rows"]
    return any(row["outcome"] == "crossed" for row in rows)


@pytest.mark.parametrize(("width", "height"), [(390, 844)])
def test_the_room_on_a_telephone(gate: RealGate, tablet: Open, width: int, height: int) -> None:
    number = permit(gate.leader(), number="CZ-801")
    page = goods(tablet(gate.url, width, height), gate)
    page.locator(f'[data-permit="{number}"]').click()
    page.locator('[data-answer="genuine"]').wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL) == []
    shot(page, "goods-telephone", full=True)
