"""A booked class is moved, a little and far: a manager and a student in two browsers."""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.pages.conftest import RunningSite
from tests.pages.test_queue import await_words, press
from zone.booking.sessions import service as sessions
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, helsinki_date
from zone.demo.tour import FULL, MANAGER, STUDENT

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def a_class(name: str, hour: int) -> tuple[str, datetime]:
    """Make a class in six days; return its id and its start."""
    now = utc_now()
    start = from_helsinki(helsinki_date(now) + timedelta(days=6), time(hour))
    with writing() as session:
        details = replace(FULL, name_fi=name, name_sv=name, name_en=name)
        end = start + timedelta(minutes=30)
        row = sessions.create_session(session, details, start, end, now=now)
        return str(row.public_id), start


def in_english(page: Any) -> None:
    page.goto("/about/how-it-works")
    page.locator(".langs [lang=en]").click()


def move(page: Any, class_id: str, clock: str, says: str) -> None:
    """Move a class to another clock time, after a look at what becomes of its people."""
    page.goto(f"/manage/sessions/{class_id}")
    page.locator("text=Move the session").first.click()
    page.fill("input[name=starts_at]", clock)
    page.fill("input[name=reason]", "The hall is repaired")
    page.locator("button[name=preview]").click()
    await_words(page, says)
    page.locator("#preview ~ .actions button, section[aria-labelledby=preview] button").click()
    await_words(page, "Saved.")


def link_in_mail(template: str, class_name: str, path: str) -> str:
    with reading() as session:
        query = select(OutboxMail.body).where(
            OutboxMail.template == f"booking/{template}", OutboxMail.subject.contains(class_name)
        )
        [body] = session.scalars(query).all()
    found = re.search(rf"/{path}/[-\w/]+", body)
    assert found
    return found[0]


def test_a_little_the_booking_comes_along_and_is_given_up(site: RunningSite) -> None:
    class_id, _ = a_class("Moved a little", 6)
    with site.reader(MANAGER) as manager, site.reader(STUDENT) as student:
        for page in (manager, student):
            in_english(page)
        press(student, f"/classes/{class_id}", "book", "You’re in")
        move(manager, class_id, "06:45", "1 booked, 0 waiting")
        student.goto(f"/classes/{class_id}")
        await_words(student, "You’re in")
        await_words(student, "6.45")
        student.goto(link_in_mail("session_changed", "Moved a little", "bookings"))
        await_words(student, "Your place is still yours.")
        student.reload()
        await_words(student, "Your place is still yours.")
        student.locator("main button", has_text="Give up the place").click()
        await_words(student, "You have given up this place.")


def test_far_the_student_has_the_first_right_and_takes_it(site: RunningSite) -> None:
    class_id, _ = a_class("Moved far", 8)
    with site.reader(MANAGER) as manager, site.reader(STUDENT) as student:
        for page in (manager, student):
            in_english(page)
        press(student, f"/classes/{class_id}", "book", "You’re in")
        move(manager, class_id, "10:30", "1 booked, first right until")
        student.goto("/bookings")
        await_words(student, "Cancelled by us")
        student.goto(link_in_mail("first_right", "Moved far", "queue"))
        await_words(student, "You have the first right to a place at this time")
        student.locator("button[value=take]").click()
        await_words(student, "Booked. Just bring your pass.")
        student.goto(f"/classes/{class_id}")
        await_words(student, "10.30")
