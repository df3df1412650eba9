"""A class that is booked in the list keeps its row and place: the next tap hits what it meant."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.pages.conftest import RunningSite
from tests.world.booking import an_actor
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.i18n import LANGUAGES
from zone.core.time import from_helsinki, helsinki_date
from zone.demo import example
from zone.demo.tour import FULL, STUDENT
from zone.members.people import service as people
from zone.members.people.models import Member

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ALWAYS = ((320, "fi"), (360, "sv"), (390, "en"))
WIDTHS_AND_LANGUAGES = [
    pytest.param(width, language, marks=[] if (width, language) in ALWAYS else pytest.mark.thorough)
    for width, language in product((320, 360, 390), LANGUAGES)
]
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
        # Late: other tests of the site have bookings of the same person in the morning.
        starts = [from_helsinki(day, time(hour, 20)) for hour in range(14, 22)]
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


@pytest.mark.parametrize(("width", "language"), WIDTHS_AND_LANGUAGES)
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


def _another(session: Session, name: str, now: datetime) -> Member:
    member = people.create_member(
        session, email=f"{name}@zone.example", name=name, language="en", now=now
    )
    example.give_pass(session, member, "sports-term", now)
    return member


def _fills_up(session: Session, row: ClassSession, student: Member, now: datetime) -> None:
    for n in range(row.bookable):
        person = _another(session, f"quick-{row.id}-{n}", now)
        bookings.book(session, member_id=person.id, class_session=row.public_id, now=now)


def _fills_up_with_a_queue(
    session: Session, row: ClassSession, student: Member, now: datetime
) -> None:
    _fills_up(session, row, student, now)
    person = _another(session, f"late-{row.id}", now)
    waitlist.join(session, member_id=person.id, class_session=row.public_id, now=now)


def _fills_up_and_one_waits(
    session: Session, row: ClassSession, student: Member, now: datetime
) -> None:
    _fills_up_with_a_queue(session, row, student, now)
    waitlist.join(session, member_id=student.id, class_session=row.public_id, now=now)


def _begins_to_overlap(session: Session, row: ClassSession, student: Member, now: datetime) -> None:
    details = replace(FULL, name_en="Other", capacity=20)
    other = sessions.create_session(session, details, row.starts_at, row.ends_at, now=now)
    bookings.book(session, member_id=student.id, class_session=other.public_id, now=now)


def _is_cancelled(session: Session, row: ClassSession, student: Member, now: datetime) -> None:
    manager = an_actor(_another(session, f"manager-{row.id}", now).id, "manager")
    sessions.cancel_session(session, manager, row.public_id, reason="Ill", now=now)


def _ends(session: Session, row: ClassSession, student: Member, now: datetime) -> None:
    past = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    session.execute(update(Allocation).where(Allocation.id == row.id).values(past))


MEANWHILE = [
    _fills_up,
    _fills_up_with_a_queue,
    _fills_up_and_one_waits,
    _begins_to_overlap,
    _is_cancelled,
    _ends,
]


def _make_row(hour: int) -> ClassSession:
    now = utc_now()
    at = from_helsinki(helsinki_date(now) + timedelta(days=5), time(hour, 20))
    details = replace(FULL, name_en="Row", category="mind", capacity=2)
    with writing() as session:
        return sessions.create_session(session, details, at, at + timedelta(minutes=30), now=now)


@pytest.mark.parametrize(("width", "language"), WIDTHS_AND_LANGUAGES)
def test_a_class_that_can_no_longer_be_booked_says_so_and_moves_nothing(
    site: RunningSite, width: int, language: str
) -> None:
    rows = {meanwhile: _make_row(8 + n) for n, meanwhile in enumerate(MEANWHILE)}
    day = helsinki_date(rows[_ends].starts_at)
    with writing() as session:
        student = _another(session, f"taps-{width}-{language}", utc_now())
    moved = []
    with site.reader(student.email, {"width": width, "height": 568}) as page:
        open_list(page, f"/classes?day={day}&kind=mind&lang={language}", "has-" + str(day))
        for meanwhile, row in rows.items():
            card = f"c-{row.public_id}"
            page.evaluate(
                "(id) => document.getElementById(id).scrollIntoView({ block: 'center' })", card
            )
            before = page.evaluate(PLACES, card)
            with writing() as session:
                meanwhile(session, session.get_one(ClassSession, row.id), student, utc_now())
            page.evaluate("(id) => document.querySelector(`#${id} .act button`).click()", card)
            page.wait_for_selector(f"#{card}.kept")
            assert page.inner_text("dialog.undo span").strip()
            if (after := page.evaluate(PLACES, card)) != before:
                moved.append((meanwhile.__name__, before, after, page.inner_text(f"#{card}")))
            page.click("dialog.undo button")
            assert not page.is_visible("dialog.undo")
    assert moved == []


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
