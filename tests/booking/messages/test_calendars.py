"""What is booked is put into the reader's calendar, and what is cancelled is taken out of it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import NOW, World, a_member, a_session, an_actor
from zone.booking.bookings import service as bookings
from zone.booking.messages import jobs as messages_jobs
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail.calendar import CalendarEvent, from_json
from zone.core.mail.models import OutboxMail

pytestmark = pytest.mark.engines("sqlite")

START = NOW + timedelta(days=3)


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    """In three days."""
    with writing() as session:
        return a_session(session, world, start=START)


def events() -> list[tuple[str, CalendarEvent | None]]:
    """Return the mails in their order: the template and its event."""
    with reading() as session:
        mails = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    return [
        (mail.template.partition("/")[2], from_json(mail.calendar) if mail.calendar else None)
        for mail in mails
    ]


def test_a_cancelled_session_leaves_the_calendars_that_it_came_into(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    with writing() as session:
        anna, boss = a_member(session, world, "anna"), a_member(session, world, "boss")
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
    messages_jobs.remind(settings, START - timedelta(hours=24))
    with writing() as session:
        sessions.cancel_session(
            session, an_actor(boss, "manager"), yoga.public_id, reason="Ill", now=NOW
        )
    (booked, first), (reminder, again), (cancelled, last) = events()
    assert (booked, reminder, cancelled) == ("booked", "reminder", "session_cancelled")
    assert first is not None
    assert again == first, "a reminder changes nothing in a calendar"
    assert last is not None
    assert (first.cancelled, last.cancelled) == (False, True)
    assert last.id == first.id
    assert last.sequence > first.sequence
    assert (first.starts_at, first.ends_at) == (yoga.starts_at, yoga.ends_at)
    assert first.location == "Metropolia Myllypuro, Studio"


def test_who_books_again_gets_a_new_event(world: World, yoga: ClassSession) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna")
        first = bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
        bookings.cancel(session, member_id=anna, booking=first.public_id, now=NOW)
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
    (_, booked), (given_up, dropped), (_, again) = events()
    assert given_up == "given_up"
    assert booked is not None
    assert dropped is not None
    assert again is not None
    assert (dropped.id, dropped.cancelled) == (booked.id, True)
    assert dropped.sequence > booked.sequence
    assert again.id != booked.id, "a calendar would not take back an event that it has dropped"
    assert not again.cancelled
