"""A full class, its queue, and the place that comes free: two people in two browsers."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from tests.pages.conftest import RunningSite
from zone.booking.sessions import service as sessions
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import from_helsinki, helsinki_date, to_helsinki
from zone.demo.tour import BOOKED, FULL, STUDENT

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def a_class_with_one_place() -> str:
    """Make a class in six days, and return its path."""
    now = utc_now()
    start = from_helsinki(helsinki_date(now) + timedelta(days=6), time(6, 15))
    with writing() as session:
        end, details = start + timedelta(minutes=30), replace(FULL, name_en="One place")
        row = sessions.create_session(session, details, start, end, now=now)
        return f"/classes/{row.public_id}"


def press(page: Any, path: str, act: str, then: str) -> None:
    """Press the button of a class's page, and wait for what it says then."""
    page.goto(path)
    page.locator(f"form[action='{path}/{act}'] button:visible").first.click()
    await_words(page, then)


def await_words(page: Any, words: str) -> None:
    """Wait until a reader sees the words; parts of the page are for wide screens only."""
    page.locator(f"text={words} >> visible=true").first.wait_for()


def is_night(now: datetime) -> bool:
    return not 8 <= now.hour < 22


def take_the_place(page: Any) -> None:
    """Answer the offer of a place that came free."""
    page.locator("a[href$='/offer']:visible").first.click()
    page.get_by_role("button", name="Take the place").click()
    await_words(page, "Booked. Just bring your pass.")


def test_who_waits_gets_the_place_that_another_gives_up(site: RunningSite) -> None:
    path = a_class_with_one_place()
    with site.reader(BOOKED) as holder, site.reader(STUDENT) as waiting:
        for page in (holder, waiting):
            page.goto("/about/how-it-works")
            page.locator(".langs [lang=en]").click()
        press(holder, path, "book", "You’re in")
        press(waiting, path, "queue", "You’re number 1 of 1 in the queue")
        press(holder, path, "cancel", "Full – nobody in the queue yet")
        waiting.goto(path)
        if is_night(to_helsinki(utc_now())):
            take_the_place(waiting)  # nobody is booked by itself then
            return
        await_words(waiting, "You’re in")
        waiting.goto("/bookings")
        await_words(waiting, "You got this place from the queue")
