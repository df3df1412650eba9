"""A class that is booked in the list keeps its row and place: the next tap hits what it meant."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from tests.pages.conftest import RunningSite
from zone.booking.sessions import service as sessions
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import from_helsinki, helsinki_date
from zone.demo.tour import FULL, STUDENT

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PLACES = """(id) => {
  const row = document.getElementById(id).getBoundingClientRect();
  return [scrollY, document.documentElement.scrollHeight, row.top, row.height];
}"""


@pytest.fixture(scope="module")
def address_and_row(site: RunningSite) -> tuple[str, str]:
    """Make some classes of a day; return its address, and the row of one in the middle."""
    now = utc_now()
    day = helsinki_date(now) + timedelta(days=6)
    details = replace(FULL, name_en="Row", category="mind", capacity=20)
    with writing() as session:
        starts = [from_helsinki(day, time(hour, 20)) for hour in range(6, 14)]
        rows = [
            sessions.create_session(session, details, at, at + timedelta(minutes=30), now=now)
            for at in starts
        ]
        return f"/classes?day={day}&kind=mind", f"c-{rows[4].public_id}"


def open_list(page: Any, address: str, row: str) -> None:
    """Open the classes of a day, with one of them in the middle."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("(id) => document.getElementById(id).scrollIntoView({ block: 'center' })", row)


def tap(page: Any, row: str, act: str) -> None:
    """Press a button where it is: Playwright's own click would scroll to it."""
    page.evaluate("(id) => document.querySelector(`#${id} .act button`).click()", row)
    page.wait_for_selector(f"#{row} form[action*='/{act}']")


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("width", [320, 360, 390])
def test_a_class_that_is_booked_in_the_list_moves_nothing(
    site: RunningSite, address_and_row: tuple[str, str], width: int, language: str
) -> None:
    address, row = address_and_row
    with site.reader(STUDENT, {"width": width, "height": 568}) as page:
        open_list(page, f"{address}&lang={language}", row)
        before = page.evaluate(PLACES, row)
        tap(page, row, "cancel")
        assert page.evaluate(PLACES, row) == before
        tap(page, row, "book")
        assert page.evaluate(PLACES, row) == before


def test_without_a_script_the_list_comes_back_at_the_class(
    site: RunningSite, address_and_row: tuple[str, str]
) -> None:
    address, row = address_and_row
    with site.reader(STUDENT, {"width": 390, "height": 568}, java_script_enabled=False) as page:
        open_list(page, f"{address}&lang=en", row)
        page.locator(f"#{row} .act button").evaluate("(button) => button.form.submit()")
        page.wait_for_url(f"**#{row}")
        assert "You’re in" in page.inner_text(f"#{row}")
        assert "Booked:" in page.inner_text("#undo")
        top = page.locator(f"#{row}").bounding_box()["y"]
        strip = page.locator(".phone-days").bounding_box()
        assert strip["y"] + strip["height"] <= top < 568, "seen, below the strip of days"
        page.locator("#undo button").click()
        page.wait_for_url(f"**#{row}")
        assert "Cancelled:" in page.inner_text("#undo")
