"""A late cancellation, its mark and an appeal: the person in one browser, the desk in another."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.pages.conftest import RunningSite
from tests.pages.test_queue import await_words
from zone.booking.bookings import service as bookings
from zone.booking.sessions import service as sessions
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.demo.tour import BOOKED, DESK, FULL
from zone.members.people.models import Member

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def book_the_only_place() -> str:
    """Book the only place of a class in 100 minutes, too late to cancel; return its name."""
    now = utc_now()
    start = now + timedelta(minutes=100)
    name = "The only place"
    details = replace(FULL, name_en=name, kind="online", space_id=None, capacity=1)
    with writing() as session:
        member = session.scalars(select(Member.id).where(Member.email == BOOKED)).one()
        row = sessions.create_session(
            session, details, start, start + timedelta(minutes=30), now=now
        )
        booked_at = now - timedelta(hours=1)
        bookings.book(session, member_id=member, class_session=row.public_id, now=booked_at)
    return name


def in_english(page: Any) -> None:
    page.goto("/about/how-it-works")
    page.locator(".langs [lang=en]").click()


def test_a_mark_is_appealed_and_lifted(site: RunningSite) -> None:
    name = book_the_only_place()
    with site.reader(BOOKED) as person, site.reader(DESK) as desk:
        for page in (person, desk):
            in_english(page)
        person.goto("/bookings")
        row = person.locator("li.book", has_text=name)
        row.locator("summary", has_text="Cancel late").click()
        await_words(person, "Others want this place, so cancelling now is a mark")
        row.locator("button", has_text="Cancel it now").click()
        await_words(person, "Others wanted the place, so it is a mark")
        person.locator("a", has_text="What proves them, and appeal").click()
        card = person.locator("section", has_text=name)
        card.locator("summary", has_text="Appeal").click()
        card.locator("textarea").fill("My child fell ill on the way.")
        card.locator("button", has_text="Send the appeal").click()
        await_words(person, "Your appeal is sent")
        desk.goto("/manage/appeals")
        await_words(desk, "My child fell ill on the way.")
        appeal = desk.locator("section", has_text=name)
        appeal.locator("textarea").fill("Get well soon.")
        appeal.locator("button", has_text="Lift the mark").click()
        await_words(desk, "Decided.")
        person.goto("/bookings/marks")
        await_words(person, "The mark is lifted.")
        await_words(person, "Get well soon.")
