"""A manager moves a class in the week by pointer and by keyboard, and publishes it."""

import re
from typing import Any

import pytest

from tests.pages.conftest import DESKTOP, RunningSite
from zone.demo.tour import MANAGER

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def quarters(page: Any) -> float:
    """Return the width of a quarter of an hour in the grid."""
    hours = int(page.get_attribute(".wg", "data-hours"))
    width: float = page.locator(".wd ol").first.bounding_box()["width"] / hours / 4
    return width


def after(page: Any) -> str:
    """Return when the draft is held, as the panel says."""
    return str(page.inner_text(".ba .to dd")).replace("\n", " ")


def test_a_class_is_dragged_then_moved_by_the_keyboard_and_published(site: RunningSite) -> None:
    with site.reader(MANAGER, DESKTOP) as page:
        page.goto("/docs/problems")
        page.locator(".langs [lang=en]").click()
        page.goto("/manage/week")
        card = page.locator(".wk a").first
        card.scroll_into_view_if_needed()
        start, box = int(card.get_attribute("data-minute")), card.bounding_box()
        x, y = box["x"] + 8, box["y"] + 8
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 2 * quarters(page), y, steps=4)
        assert re.search(r"\d\.\d\d", card.get_attribute("data-to")), "it says where it is"
        page.mouse.up()
        page.wait_for_selector(".wk.ghost")
        dragged = after(page)
        assert f"{(start + 30) // 60}.{(start + 30) % 60:02}–" in dragged
        assert page.evaluate("document.activeElement.matches('.wk.sel a')"), "focus stays on it"
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "text => document.querySelector('.ba .to dd').innerText.replace(/\\n/g, ' ') !== text",
            arg=dragged,
        )
        assert f"{(start + 45) // 60}.{(start + 45) % 60:02}–" in after(page)
        assert after(page).split("–")[0] in page.inner_text("#said"), "it is read out"
        page.fill("[name=reason]", "The hall is repaired")
        page.click("text=Publish the change")
        page.wait_for_selector("text=from now on")
        moved = page.locator(".wk.sel a")
        assert int(moved.get_attribute("data-minute")) == start + 45
