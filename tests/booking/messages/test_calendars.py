"""What is booked is put into the reader's calendar, and what is cancelled is taken out of it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.messages import jobs as messages_jobs
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
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


def test_a_reminder_after_a_move_beats_the_confirmation(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna")
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
    later = timedelta(minutes=30)
    with writing() as session:
        session.execute(
            update(Allocation).values(
                starts_at=yoga.starts_at + later,
                ends_at=yoga.ends_at + later,
                sequence=Allocation.sequence + 1,
            )
        )
    messages_jobs.remind(settings, START - timedelta(hours=23))
    (_, booked), (_, reminder) = events()
    assert booked is not None
    assert reminder is not None
    assert reminder.id == booked.id
    assert reminder.sequence > booked.sequence
    assert reminder.starts_at == yoga.starts_at + later


def test_an_offer_has_no_event_until_it_is_taken(app: Flask, world: World) -> None:
    """Nothing is booked, and whoever does not answer would have to get a mail that takes it out."""
    late = START - timedelta(hours=2, minutes=30)
    with writing() as session:
        row = a_session(session, world, start=START, offer=class_details(world, percent=10))
        anna, bert = (a_member(session, world, name) for name in ("anna", "bert"))
        held = bookings.book(session, member_id=anna, class_session=row.public_id, now=NOW)
        waitlist.join(session, member_id=bert, class_session=row.public_id, now=NOW)
    with writing() as session:
        bookings.cancel(session, member_id=anna, booking=held.public_id, now=late)
    assert dict(events())["queue_offer"] is None


def test_a_session_that_was_not_held_leaves_the_calendar(world: World, yoga: ClassSession) -> None:
    with writing() as session:
        anna, boss = a_member(session, world, "anna"), a_member(session, world, "boss")
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
    with writing() as session:
        sessions.correct_session(
            session,
            an_actor(boss, "manager"),
            yoga.public_id,
            held=False,
            reason="Nobody came to lead it",
            now=yoga.ends_at + timedelta(minutes=1),
        )
    (_, first), (template, last) = events()
    assert template == "session_not_held"
    assert first is not None
    assert last is not None
    assert (last.id, last.cancelled) == (first.id, True)
