"""One mail before each booking: when, to whom, once, and never with 0 hours in the policy."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.races import at_once
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.messages import jobs as messages_jobs
from zone.booking.messages import queries as messages_queries
from zone.booking.messages import service as messages
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import TAKE_BACK
from zone.booking.promotions import service as promotions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member

START = NOW + timedelta(days=3)
DUE = START - timedelta(hours=24)


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    """In three days."""
    with writing() as session:
        return a_session(session, world, start=START)


def a_booking(world: World, yoga: ClassSession, name: str, now: datetime = NOW) -> int:
    with writing() as session:
        member = a_member(session, world, name)
        return bookings.book(session, member_id=member, class_session=yoga.public_id, now=now).id


def reminders_written() -> Sequence[OutboxMail]:
    with reading() as session:
        query = (
            select(OutboxMail)
            .where(OutboxMail.template.startswith("booking/reminder"))
            .order_by(OutboxMail.id)
        )
        return session.scalars(query).all()


def test_a_booking_is_reminded_once_a_day_ahead(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    a_booking(world, yoga, "anna")
    assert messages_jobs.remind(settings, DUE - timedelta(seconds=1)) == 0
    assert messages_jobs.remind(settings, DUE) == 1
    assert messages_jobs.remind(settings, DUE + timedelta(hours=1)) == 0
    [mail] = reminders_written()
    assert (mail.recipient, mail.not_after) == ("anna@zone.example", START)
    assert "Metropolia Myllypuro, Studio" in mail.body
    assert "give up your place by Thu" in mail.body


def test_after_downtime_reminders_are_posted_until_the_start(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    a_booking(world, yoga, "anna")
    assert messages_jobs.remind(settings, START - timedelta(hours=5)) == 1
    a_booking(world, yoga, "bert")
    assert messages_jobs.remind(settings, START) == 0


def test_a_reminder_that_waits_past_the_limit_asks_nobody_to_cancel(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    a_booking(world, yoga, "anna")
    assert messages_jobs.remind(settings, DUE) == 1
    limit = START - timedelta(hours=2)
    assert messages_jobs.remind(settings, limit) == 0
    assert messages_jobs.remind(settings, limit + timedelta(minutes=1)) == 1
    assert messages_jobs.remind(settings, limit + timedelta(minutes=2)) == 0
    [mail] = reminders_written()
    assert mail.template == "booking/reminder_late"
    assert "give up your place by" not in mail.body


def test_a_waiting_mail_of_an_older_version_holds_up_no_reminder(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    a_booking(world, yoga, "anna")
    messages_jobs.remind(settings, DUE)
    with writing() as session:
        session.execute(update(OutboxMail).values(question=None, about=None))
    a_booking(world, yoga, "bert")
    assert messages_jobs.remind(settings, DUE + timedelta(hours=1)) == 1


@pytest.mark.parametrize("hours", [0, 24])
@pytest.mark.parametrize("before", [timedelta(days=1), timedelta(hours=1)])
def test_a_confirmation_that_waits_past_the_limit_asks_nobody_to_cancel(
    world: World, yoga: ClassSession, settings: Settings, hours: int, before: timedelta
) -> None:
    with writing() as session:
        session.add(BookingPolicy(remind_hours=hours))
    booked_at = START - before
    a_booking(world, yoga, "anna", booked_at)
    limit = max(START - timedelta(hours=2), booked_at + TAKE_BACK)
    later = [limit, limit + timedelta(minutes=1), limit + timedelta(minutes=2)]
    written = []
    for now in later:
        messages_jobs.remind(settings, now)
        with reading() as session:
            query = select(OutboxMail.body).where(OutboxMail.template == "booking/booked")
            written.append(session.scalars(query).all())
    assert ["give up your place by" in body for bodies in written for body in bodies] == [
        *(True, False, False)
    ]
    assert "too late to cancel" in written[1][0]
    assert written[1] == written[2]


def test_a_promotion_that_waits_past_the_limit_asks_nobody_to_cancel(
    world: World, settings: Settings
) -> None:
    with writing() as session:
        full = a_session(session, world, start=START, offer=class_details(world, capacity=1))
        first, second = a_member(session, world, "first"), a_member(session, world, "second")
        booking = bookings.book(session, member_id=first, class_session=full.public_id, now=NOW)
        waitlist.join(session, member_id=second, class_session=full.public_id, now=NOW)
        bookings.cancel(session, member_id=first, booking=booking.public_id, now=NOW)
        promotions.give_places(session, full.id, NOW)
    for minutes in (1, 2):
        messages_jobs.remind(settings, START - timedelta(hours=2) + timedelta(minutes=minutes))
        with reading() as session:
            query = select(OutboxMail.body).where(OutboxMail.template == "booking/queue_promoted")
            [body] = session.scalars(query).all()
            assert "give up your place by" not in body


def test_later_and_cancelled_bookings_are_not_reminded(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    a_booking(world, yoga, "late", DUE + timedelta(seconds=1))
    cancelled = a_booking(world, yoga, "gone")
    with writing() as session:
        booking = session.get_one(Booking, cancelled)
        assert booking.member_id is not None
        bookings.cancel(session, member_id=booking.member_id, booking=booking.public_id, now=NOW)
    assert messages_jobs.remind(settings, DUE + timedelta(minutes=1)) == 0
    assert reminders_written() == []


def test_the_policy_sets_the_hours_and_0_means_never(
    world: World, yoga: ClassSession, settings: Settings
) -> None:
    a_booking(world, yoga, "anna")
    with writing() as session:
        session.add(BookingPolicy(remind_hours=0))
    assert messages_jobs.remind(settings, DUE) == 0
    with writing() as session:
        session.add(BookingPolicy(remind_hours=3))
    assert messages_jobs.remind(settings, DUE) == 0
    assert messages_jobs.remind(settings, START - timedelta(hours=3)) == 1


@pytest.mark.parametrize(
    ("language", "words"), [("fi", "Muistutus: Jooga"), ("sv", "Påminnelse: Yoga")]
)
def test_the_reminder_is_in_the_persons_language(
    world: World, yoga: ClassSession, settings: Settings, language: str, words: str
) -> None:
    a_booking(world, yoga, "anna")
    with writing() as session:
        session.execute(update(Member).values(language=language))
    messages_jobs.remind(settings, DUE)
    assert reminders_written()[0].subject.startswith(words)


def check_two_schedulers_remind_once(
    app: Flask, world: World, yoga: ClassSession, settings: Settings
) -> None:
    """Let two schedulers remind at the same moment."""
    a_booking(world, yoga, "anna")
    at_once(app, [lambda: messages_jobs.remind(settings, DUE)] * 2)
    assert len(reminders_written()) == 1


def hide_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no scheduler read what is posted already."""
    monkeypatch.setattr(messages_queries, "posted_keys", lambda session, keys: set())


@pytest.mark.engines("sqlite", "postgresql")
def test_two_schedulers_remind_once(
    app: Flask,
    world: World,
    yoga: ClassSession,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide_the_outbox(monkeypatch)
    check_two_schedulers_remind_once(app, world, yoga, settings)


@pytest.mark.planted_fault("no unique key of the outbox")
def test_without_the_outbox_key_both_remind(
    app: Flask,
    world: World,
    yoga: ClassSession,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide_the_outbox(monkeypatch)
    numbers = iter(range(100))
    monkeypatch.setattr(
        messages, "reminder_key", lambda booking: f"reminder {booking} {next(numbers)}"
    )
    with pytest.raises(AssertionError):
        check_two_schedulers_remind_once(app, world, yoga, settings)
