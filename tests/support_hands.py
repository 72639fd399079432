"""Two ways to work the page, for stories that are played with each: a finger that only taps, and a keyboard alone.

The keyboard reaches a target as a person does: the room's letter, Tab and Shift+Tab until the focus is there, Enter. A target
that cannot be focused, or is too many keys away, fails the story. Neither uses a mouse.
"""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support_page import RealGate

MOST_TABS = 60
STEADY_MS = 320
"""The page takes no tap in the first moment of what has just come; a person needs longer than that to read it."""
WHERE = """(target) => { const now = document.activeElement; if (now === target) return "here";
  return now !== document.body && now.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING ? "before" : "after"; }"""


class Hands:
    """Somebody at the tablet. `zh`: the page is in Chinese."""

    zh = True

    def __init__(self, page: Page, gate: RealGate) -> None:
        self.page, self.gate = page, gate
        self.inside = 0  # a visit that a later story goes on with

    def find(self, selector: str, **more: Any) -> Locator:
        """The first that can be seen, as soon as there is one."""
        target = self.page.locator(selector, **more).locator("visible=true").first
        target.wait_for()
        return target

    def press(self, selector: str, **more: Any) -> None:
        """Tap it, or go there and press Enter."""
        raise NotImplementedError

    def type(self, field: str, text: str) -> None:
        """Put the text into the field of that name; a Chinese input method hands it over whole."""
        raise NotImplementedError

    def room(self, name: str) -> None:
        """Open that room."""
        raise NotImplementedError

    def pin(self, user: str, digits: str) -> None:
        """Sign in from the list of names."""
        raise NotImplementedError

    def raise_arm(self, lane: str, reason: str) -> None:
        """Lift by hand, for a reason."""
        raise NotImplementedError

    def fill(self, **fields: str) -> None:
        """Several fields, in their order."""
        for field, text in fields.items():
            self.type(field, text)

    def answers(self, *answers: str) -> None:
        """One answer after the other."""
        for answer in answers:
            self.press(f'[data-answer="{answer}"]:not(.reasons *)')

    def reads(self, selector: str, zh: str, en: str) -> None:
        """What the page shows there, in its language; in English nothing but a name or a plate is Chinese."""
        shown = self.page.locator(selector).locator("visible=true").first
        expect(shown).to_contain_text(re.compile(zh if self.zh else en), timeout=15_000)
        if not self.zh:
            assert not re.search("[㐀-鿿]{4}", shown.inner_text()), shown.inner_text()

    def says(self, zh: str, en: str) -> None:
        """The sentence to say in the open room."""
        self.reads(".desk .visit-say", zh, en)

    def pause(self) -> None:
        """The moment that a person needs to see what has come."""
        self.page.evaluate(f"new Promise((done) => setTimeout(done, {STEADY_MS}))")

    def asked_why(self, lane: str, reason: str) -> str:
        """The reason's button, as soon as it can be pressed; "" when one press was enough, because all is settled."""
        chip = f'[data-lane="{lane}"] .chips[data-steady] [data-reason="{reason}"]'
        raised = ", ".join(f'[data-lane="{lane}"][data-phase="{phase}"]' for phase in ("rising", "up"))
        self.page.locator(f"{chip}, {raised}").first.wait_for()
        return chip if self.page.locator(chip).is_visible() else ""


class Touch(Hands):
    """A finger on the glass; what is typed comes from the tablet's own keyboard."""

    def press(self, selector: str, **more: Any) -> None:
        target = self.find(selector, **more)
        self.pause()
        target.tap()

    def type(self, field: str, text: str) -> None:
        self.find(f"input[name={field}]").tap()
        self.page.keyboard.insert_text(text)

    def room(self, name: str) -> None:
        self.press(f'.door[data-open="{name}"]')

    def pin(self, user: str, digits: str) -> None:
        self.press(f'[data-user="{user}"]')
        for digit in digits:
            self.page.locator(".key", has_text=re.compile(f"^{digit}$")).tap()
        self.page.locator(".key.enter").tap()

    def raise_arm(self, lane: str, reason: str) -> None:
        self.press(f'[data-lane="{lane}"] .act.open')
        if chip := self.asked_why(lane, reason):
            self.press(chip)


class Keys(Hands):
    """A keyboard, and nothing else."""

    zh = False

    def reach(self, selector: str, **more: Any) -> None:
        """Tab there."""
        self.find(selector, **more)
        for _ in range(MOST_TABS):
            where = self.find(selector, **more).evaluate(WHERE)
            if where == "here":
                return
            self.page.keyboard.press("Tab" if where == "after" else "Shift+Tab")
        raise AssertionError(f"{selector} is not within {MOST_TABS} keys of the focus")

    def press(self, selector: str, **more: Any) -> None:
        self.find(selector, **more)
        self.pause()
        self.reach(selector, **more)
        self.page.keyboard.press("Enter")

    def type(self, field: str, text: str) -> None:
        self.reach(f"input[name={field}]")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def room(self, name: str) -> None:
        for _ in range(4):
            if self.page.locator('.door[data-open="lanes"][aria-current]').count():
                break
            self.page.keyboard.press("Escape")
        else:
            raise AssertionError("Esc does not lead back to the lanes")
        self.page.keyboard.press(
            self.page.locator(f'.door[data-open="{name}"]').get_attribute("aria-keyshortcuts") or ""
        )
        self.find(f'.door[data-open="{name}"][aria-current]')

    def pin(self, user: str, digits: str) -> None:
        self.press(f'[data-user="{user}"]')
        self.find(".keys")
        self.page.keyboard.type(digits)
        self.page.keyboard.press("Enter")

    def raise_arm(self, lane: str, reason: str) -> None:
        door = self.find(f'[data-lane="{lane}"] .act.open')
        self.page.keyboard.press(door.get_attribute("aria-keyshortcuts") or "")
        if chip := self.asked_why(lane, reason):
            self.page.keyboard.press(self.find(f"{chip} kbd").inner_text())
