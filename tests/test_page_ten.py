"""The ten commonest at the gate, each whole, in Chromium on a whole gate: in Chinese by touch, and in English by keyboard alone.

Eleven tests a mode: the delivery's way in and its way out are two. Single steps and what goes wrong are tried in the other tests of the page; here only the straight way from the first to the last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support_hands import Hands, Keys, Touch
from tests.support_page import STILL, RealGate, shot, until
from tests.support_visits import licence, somebody, stock

pytest_plugins = ["tests.support_page_fixtures"]
PIN = "602914"
CARDS = [
    *((f"0a00e1{n:04d}", "visitor", f"T-{n:02d}") for n in range(1, 5)),
    *((f"0a00e2{n:04d}", "vehicle", f"U-{n:02d}") for n in range(1, 3)),
]
MODES = {"zh-touch": Touch, "en-keyboard": Keys}


@pytest.fixture(scope="module", params=list(MODES))
def hands(request: pytest.FixtureRequest, gate: RealGate, browser: Browser) -> Iterator[Hands]:
    """Somebody who has signed in with these hands; one page for all ten stories."""
    stock(gate, *CARDS)
    leader, mode = gate.leader(), request.param
    for user in ("early", "late"):
        leader.post(
            "/users", {"user": f"{user}-{mode}", "name": "高" if user == "early" else "沈", "role": "guard", "pin": PIN}
        )
    made = MODES[mode]
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", has_touch=made.zh, **STILL)
    context.add_cookies([{"name": "lang", "value": "zh-CN" if made.zh else "en", "url": gate.url}])
    page, errors = context.new_page(), list[str]()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(gate.url)
    hands = made(page, gate)
    hands.pin(f"early-{mode}", PIN)
    page.locator(".lane").first.wait_for()
    yield hands
    context.close()
    assert not errors, errors


def drives_up(hands: Hands, scenario: str, lane: str) -> None:
    leader = hands.gate.leader()
    leader.at_rest(lane)
    assert leader.post("/simulate", {"name": scenario, "lane": lane}).status_code == 200


def lifted(hands: Hands, lane: str) -> None:
    expect(hands.page.locator(f'[data-lane="{lane}"]')).to_have_attribute("data-phase", "up", timeout=12_000)


def latest(hands: Hands, name: str) -> dict[str, Any]:
    rows = hands.gate.leader().get("/visits").json()["rows"]
    found: dict[str, Any] = next(row for row in rows if row["name"] == name)
    return found


def v2_an_owners_car_by_its_card(hands: Hands) -> None:
    hands.room("lanes")
    drives_up(hands, "owner", "entry")
    drives_up(hands, "unknown-card", "exit")  # for the next story: it takes as long to come as this one
    hands.reads(
        '[data-lane="entry"] .say',
        "^.(先生|女士|小姐)(早上好|中午好|下午好|晚上好)$",
        "^Good (morning|day|afternoon|evening), ",
    )
    lifted(hands, "entry")
    hands.reads('.row[data-decision="granted"]', "等待通过|已通过", "to pass|passed")


def unknown_card_and_a_manual_lift_with_its_reason(hands: Hands) -> None:
    hands.room("lanes")
    if not hands.gate.leader().lane("exit")["approach"]:
        drives_up(hands, "unknown-card", "exit")
    hands.reads('[data-lane="exit"] .hint', "这张卡没有登记", "The card is not registered")
    hands.raise_arm("exit", "checked")
    lifted(hands, "exit")
    assert hands.gate.leader().events("pass.admitted")[-1]["body"]["reason"] == "checked"


def p3_a_business_visitor_in_and_out(hands: Hands) -> None:
    name = somebody()
    hands.room("visits")
    hands.press('[data-kind="business"]')
    hands.fill(name=name, unit="11栋201")
    hands.answers("begin", "yes", "agreed")
    hands.says("请您留有效证件在这里登记", "document")
    hands.type("document", licence())
    hands.answers("driving-licence")
    hands.press(".pick.card")
    hands.answers("admit")
    hands.reads(".visit-hint", "已放行", "Let in")
    visit = latest(hands, name)
    assert visit["state"] == "admitted"
    hands.answers("next")
    hands.press(f'.visit-row[data-visit="{visit["visit"]}"]')
    hands.answers("take-back", "return-document", "close")
    hands.says("再见，谢谢您的合作", "[Gg]oodbye")


def p4_a_guest_whom_the_owner_expects(hands: Hands) -> None:
    name = somebody()
    hands.room("visits")
    hands.press('[data-kind="guest"]')
    hands.fill(name=name, unit="5栋1402")
    hands.answers("begin", "yes")
    hands.says("我们现在让他进去，可以吗", "May we let them in")
    hands.answers("agreed")
    hands.press(".pick.card")
    hands.type("place", "5")
    hands.answers("told", "admit")
    hands.reads(".visit-hint", "已放行", "Let in")
    assert latest(hands, name)["state"] == "admitted"


def p4_the_owner_declines(hands: Hands) -> None:
    hands.room("visits")
    hands.press('[data-kind="guest"]')
    hands.fill(name=somebody(), unit="5栋1402")
    hands.answers("begin", "yes", "refused")
    hands.press('.reasons [data-answer="host-refused"]')
    hands.says("很抱歉，被访人现在不便接待", "sorry")


def p6_a_salesperson_is_declined(hands: Hands) -> None:
    hands.room("visits")
    hands.press('[data-kind="salesperson"]')
    hands.type("purpose", "推销净水器" if hands.zh else "water filters")
    hands.answers("begin")
    hands.press('.reasons [data-answer="no-need"]')
    hands.says("我们公司暂不需要这样的产品", "product")


def v5_a_delivery_vehicle_goes_in(hands: Hands) -> None:
    name, plate = somebody(), f"粤B6{1 if hands.zh else 2}Q88"
    hands.room("visits")
    hands.press('[data-kind="delivery"]')
    hands.press('[data-mode="vehicle"]')
    hands.fill(name=name, plate=plate)
    hands.press("[data-choice=van]")
    hands.type("unit", "9栋904")
    hands.answers("begin")
    hands.type("document", licence())
    hands.answers("driving-licence")
    hands.press(".pick.card")
    hands.says("卸货时请注意安全", "unload")
    hands.type("place", "9")
    hands.answers("told", "admit")
    hands.inside = latest(hands, name)["visit"]
    drives_up(hands, "visitor", "entry")
    for _ in ("the shift leader", "the patrol"):
        told = hands.find(".notice-row[data-notice]").get_attribute("data-notice")
        hands.press(f'.notice-row[data-notice="{told}"] button')
        expect(hands.page.locator(f'.notice-row[data-notice="{told}"]')).to_have_count(0)


def v5_and_out_with_the_exit_tap(hands: Hands) -> None:
    if not hands.inside:
        v5_a_delivery_vehicle_goes_in(hands)
    visit = hands.inside
    until(lambda: crossed(hands, visit), 30, "it has driven in")
    drives_up(hands, "visitor", "exit")
    hands.room("lanes")
    hands.room("visits")
    hands.press(f'[data-leaving="{visit}"] button')
    hands.answers("plate-agrees", "take-back", "return-document", "close")
    hands.says("谢谢您的合作", "[Tt]hank you")
    hands.raise_arm("exit", "checked")
    lifted(hands, "exit")
    assert hands.gate.leader().get(f"/visits/{visit}").json()["state"] == "closed"


def crossed(hands: Hands, visit: int) -> bool:
    rows = hands.gate.leader().get("/passes", params={"credential": f"visit:{visit}"}).json()["rows"]
    return any(row["outcome"] == "crossed" for row in rows)


def g1_a_permit_checked_and_released(hands: Hands) -> None:
    leader, number = hands.gate.leader(), f"CZ-9{1 if hands.zh else 2}"
    made = leader.post(
        "/permits",
        {
            "role": "owner",
            "until": leader.get("/goods/words").json()["today"],
            "number": number,
            "unit": "11栋201",
            "signer": "郑伟",
            "stamped": True,
            "items": [
                {"name": "沙发", "quantity": 1, "measure": "套", "category": "furniture"},
                {"name": "纸箱", "quantity": 5, "measure": "箱", "category": "household"},
            ],
        },
    )
    permit = made.json()["permit"]["permit"]
    hands.room("goods")
    hands.says("请您出示出闸纸", "permit")
    hands.press(f'[data-permit="{permit}"]')
    hands.answers("genuine")
    hands.press('[data-item="0"] [data-do="match"]')
    hands.press('[data-item="1"] [data-do="match"]')
    hands.answers("release")
    hands.says("我来帮您拿好吗", "carry")
    assert [item["left"] for item in leader.get(f"/permits/{permit}").json()["items"]] == [0, 0]


def d2_a_repair_request_is_taken_and_passed_on(hands: Hands) -> None:
    words = "厨房水龙头漏水" if hands.zh else "the kitchen tap drips"
    hands.room("requests")
    hands.press('[data-category="repair"]')
    hands.says("可以，我帮您联系工程部做", "in touch with Engineering")
    hands.fill(unit="3栋2503", words=words)
    hands.answers("pass")
    row = hands.page.locator(".requests .visit-row", has_text=words).first
    expect(row).to_contain_text("工程部办理中" if hands.zh else re.compile("Engineering"))


def d6_the_shift_is_handed_over(hands: Hands) -> None:
    page, leader = hands.page, hands.gate.leader()
    mode = "zh-touch" if hands.zh else "en-keyboard"
    hands.room("duty")
    hands.press('[data-open="hand-over"]')
    hands.answers("next")
    hands.pin(f"late-{mode}", PIN)
    hands.find("input[name=documents]")
    known = leader.get("/duty/overview").json()["known"]
    counted = ("documents", "cards_rack", "cards_out", "visitors", "requests")
    hands.fill(**{item: str(known[item]) for item in counted})
    hands.answers("counted", "take-over")
    hands.says("沈已接班", "has taken over|is on duty|沈")
    assert [person["user"] for person in leader.get("/duty").json()["on_duty"] if mode in person["user"]] == [
        f"late-{mode}"
    ]
    shot(page, f"ten-{mode}")


STORIES: list[Callable[[Hands], None]] = [
    v2_an_owners_car_by_its_card,
    unknown_card_and_a_manual_lift_with_its_reason,
    p3_a_business_visitor_in_and_out,
    v5_a_delivery_vehicle_goes_in,  # it drives while the next are dealt with
    p4_a_guest_whom_the_owner_expects,
    p4_the_owner_declines,
    p6_a_salesperson_is_declined,
    v5_and_out_with_the_exit_tap,
    g1_a_permit_checked_and_released,
    d2_a_repair_request_is_taken_and_passed_on,
    d6_the_shift_is_handed_over,
]


@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
def test_the_ten_commonest(hands: Hands, story: Callable[[Hands], None]) -> None:
    story(hands)
