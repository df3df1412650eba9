"""Limits, promotions, offers and reminders across the nights in which the clock changes.

Minutes and hours before a class are elapsed ones; only days, and the hours of the night, are those
of the wall clock.
"""

from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import World, a_member, a_session, class_details
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.messages import jobs as messages_jobs
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import jobs as waitlist_jobs
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.booking.weekly_classes.rules import Weekly, weekly
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, shift_days, to_helsinki

NIGHTS = pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
SECOND = timedelta(seconds=1)


def at(day: date, clock: str) -> datetime:
    return from_helsinki(day, time.fromisoformat(clock))


def a_class(world: World, start: datetime, now: datetime) -> ClassSession:
    """Online, with one place."""
    offer = class_details(world, kind="online", space=None, capacity=1, percent=100)
    with writing() as session:
        return a_session(session, world, start=start, offer=offer, now=now)


def one_booked_one_waits(world: World, yoga: ClassSession, now: datetime) -> tuple[int, int]:
    with writing() as session:
        anna, bert = (a_member(session, world, name, now=now) for name in ("anna", "bert"))
        bookings.book(session, member_id=anna, class_session=yoga.public_id, now=now)
        waitlist.join(session, member_id=bert, class_session=yoga.public_id, now=now)
    return anna, bert


def give_back(member: int, now: datetime) -> None:
    with writing() as session:
        own = select(Booking.public_id).where(Booking.member_id == member)
        booking = session.scalars(own).one()
        bookings.cancel(session, member_id=member, booking=booking, now=now)


def entry_of(member: int) -> QueueEntry:
    with reading() as session:
        return session.scalars(select(QueueEntry).where(QueueEntry.member_id == member)).one()


@NIGHTS
def test_one_cancels_until_two_hours_before_a_class_of_the_morning(
    app: Flask, world: World, sunday: date
) -> None:
    """At 5.00: by the wall clock the limit is an hour later in October, and earlier in March."""
    start, booked_at = at(sunday, "05:00"), at(sunday - timedelta(days=2), "12:00")
    yoga = a_class(world, start, booked_at)
    anna, _ = one_booked_one_waits(world, yoga, booked_at)
    with pytest.raises(DomainError, match="cancel_too_late"):
        give_back(anna, start - timedelta(hours=2) + SECOND)
    give_back(anna, start - timedelta(hours=2))


@NIGHTS
def test_who_books_in_the_changed_hour_takes_it_back_for_ten_minutes(
    app: Flask, world: World, sunday: date
) -> None:
    change = at(sunday, "03:00")
    booked_at, start = change - timedelta(minutes=4), change + timedelta(minutes=90)
    yoga = a_class(world, start, booked_at - timedelta(days=1))
    anna, _ = one_booked_one_waits(world, yoga, booked_at)
    with pytest.raises(DomainError, match="cancel_too_late"):
        give_back(anna, booked_at + timedelta(minutes=10) + SECOND)
    give_back(anna, booked_at + timedelta(minutes=10))


@NIGHTS
@pytest.mark.parametrize(("clock", "state"), [("09:00", "booked"), ("09:01", "offered")])
def test_on_that_day_places_are_booked_until_three_hours_before(
    app: Flask, world: World, sunday: date, clock: str, state: str
) -> None:
    friday = at(sunday - timedelta(days=2), "12:00")
    yoga = a_class(world, at(sunday, "12:00"), friday)
    anna, bert = one_booked_one_waits(world, yoga, friday)
    give_back(anna, at(sunday, clock))
    assert entry_of(bert).state == state


@NIGHTS
def test_an_offer_of_that_night_is_kept_until_half_past_eight(
    app: Flask, world: World, settings: Settings, sunday: date
) -> None:
    friday = at(sunday - timedelta(days=2), "12:00")
    yoga = a_class(world, at(sunday, "18:00"), friday)
    anna, bert = one_booked_one_waits(world, yoga, friday)
    give_back(anna, at(sunday - timedelta(days=1), "23:30"))
    until = at(sunday, "08:30")
    assert (entry_of(bert).state, entry_of(bert).offered_until) == ("offered", until)
    for now in (at(sunday, "04:30"), until - SECOND):
        waitlist_jobs.settle_queues(settings, now)
        assert entry_of(bert).state == "offered"
    waitlist_jobs.settle_queues(settings, until)
    assert entry_of(bert).state == "expired"


@NIGHTS
@pytest.mark.parametrize("clock", ["01:00", "17:00"])
def test_a_reminder_is_posted_once_24_hours_ahead_and_names_the_clock(
    app: Flask, world: World, settings: Settings, sunday: date, clock: str
) -> None:
    start = at(sunday + timedelta(days=clock == "01:00"), clock)
    friday = at(sunday - timedelta(days=2), "12:00")
    one_booked_one_waits(world, a_class(world, start, friday), friday)
    due = start - timedelta(hours=24)
    posted = [messages_jobs.remind(settings, now) for now in (due - SECOND, due, due + SECOND)]
    assert posted == [0, 1, 0]
    with reading() as session:
        [mail] = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/reminder")
        ).all()
    assert f"{int(clock[:2])}.00" in mail.body


@NIGHTS
def test_a_weekly_class_keeps_its_clock_time_and_its_length(sunday: date) -> None:
    first, last = sunday - timedelta(days=7), sunday + timedelta(days=7)
    for _, start, end in weekly(Weekly((6, 7, 1), time(17), 55, first, last)):
        assert to_helsinki(start).time() == time(17)
        assert end - start == timedelta(minutes=55)
    sundays = weekly(Weekly((7,), time(17), 55, first, last))
    before, _, after = (start for _, start, _ in sundays)
    assert shift_days(before, 14) == after
    assert after - before != timedelta(days=14)
