"""What a person's own feed has, as another library reads it."""

from datetime import UTC, date, datetime, time, timedelta
from email.headerregistry import Address

import pytest
from flask import Flask
from ical.event import Event
from sqlalchemy import select, update

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.calendars import events_of, sequence_of
from tests.world.courts import book as book_court
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.calendar_feeds import flows, service, views
from zone.booking.calendar_feeds.views import own_file
from zone.booking.seats.service import reserve_seat, write_booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.db.transactions import reading, writing
from zone.core.mail.calendar import event_uid, from_json
from zone.core.mail.models import OutboxMail
from zone.core.time import from_helsinki, to_helsinki
from zone.members.suspensions.service import add_suspension

SENDER = Address("Zone", addr_spec="zone@mail.example")
URL = "https://zone.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def anna(app: Flask, world: World) -> int:
    with writing() as session:
        return a_member(session, world, "anna")


def yoga(
    world: World, start: datetime = NOW + timedelta(days=3), **details: object
) -> ClassSession:
    with writing() as session:
        offer = class_details(world, **details)  # type: ignore[arg-type]  # as a_session takes them
        return a_session(session, world, start=start, offer=offer)


def book(member: int, row: ClassSession, now: datetime = NOW) -> Booking:
    with writing() as session:
        return bookings.book(session, member_id=member, class_session=row.public_id, now=now)


def events(member: int, now: datetime = NOW, language: str | None = None) -> dict[str, Event]:
    """Return a person's events by the id of their booking, as fetched with a fresh key."""
    with writing() as session:
        key = service.make_feed(session, member, now)
    fetched = flows.fetch_own(key, "192.0.2.1", now)
    content = own_file(
        fetched.events,
        language=language or fetched.language,
        base_url=URL,
        sender=SENDER,
        service="Zone",
    )
    return {uid.partition("@")[0]: event for uid, event in events_of(content).items()}


def only(member: int, now: datetime = NOW) -> Event:
    [event] = events(member, now).values()
    return event


def move(row: ClassSession, by: timedelta) -> None:
    """Move a session away from its first time; its sequence counts each move."""
    with writing() as session:
        session.execute(
            update(Allocation)
            .where(Allocation.id == row.id)
            .values(
                starts_at=row.starts_at + by,
                ends_at=row.ends_at + by,
                sequence=Allocation.sequence + 1,
            )
        )


def test_a_booking_reads_as_in_its_mail(world: World, anna: int) -> None:
    booking = book(anna, yoga(world))
    with reading() as session:
        mail = from_json(session.scalars(select(OutboxMail.calendar)).one())
    event = only(anna)
    assert event.uid == event_uid(mail.id, SENDER) == f"{booking.public_id}@mail.example"
    assert (event.sequence, event.status) == (mail.sequence, "CONFIRMED")
    assert (event.dtstart, event.dtend) == (mail.starts_at, mail.ends_at)
    assert (event.summary, event.location) == ("Yoga", "Metropolia Myllypuro, Studio")
    assert str(event.url) == f"{URL}/bookings"


def test_courts_and_places_in_queues_are_there_too(world: World, anna: int) -> None:
    tomorrow = from_helsinki(date(2026, 9, 22), time(18))
    court = book_court(anna, world.court_1, tomorrow, now=NOW)
    full = yoga(world, percent=10)
    with writing() as session:
        bert = a_member(session, world, "bert")
    book(bert, full)
    with writing() as session:
        waitlist.join(session, member_id=anna, class_session=full.public_id, now=NOW)
    first, second = events(anna).values()
    assert (first.uid, first.status) == (f"{court.public_id}@mail.example", "CONFIRMED")
    assert first.location == "Metropolia Myllypuro, Court 1"
    assert (second.summary, second.status) == ("In the queue: Yoga", "TENTATIVE")
    assert [event.summary for event in events(bert).values()] == ["Yoga"], "only one's own"


def test_a_place_got_from_the_queue_takes_the_place_of_the_wait(world: World, anna: int) -> None:
    full = yoga(world, percent=10)
    with writing() as session:
        bert = a_member(session, world, "bert")
    held = book(bert, full)
    with writing() as session:
        waitlist.join(session, member_id=anna, class_session=full.public_id, now=NOW)
    waiting = only(anna)
    with writing() as session:
        bookings.cancel(session, member_id=bert, booking=held.public_id, now=NOW)
    booked = only(anna)
    assert (waiting.status, booked.status) == ("TENTATIVE", "CONFIRMED")
    assert waiting.uid != booked.uid


def test_what_is_given_up_stays_as_cancelled_and_a_new_booking_is_a_new_event(
    world: World, anna: int
) -> None:
    row = yoga(world)
    first = book(anna, row)
    before = only(anna)
    with writing() as session:
        later = NOW + timedelta(minutes=1)
        bookings.cancel(session, member_id=anna, booking=first.public_id, now=later)
    gone = only(anna)
    assert (gone.uid, gone.status, gone.summary) == (before.uid, "CANCELLED", "Cancelled: Yoga")
    assert sequence_of(gone) > sequence_of(before)
    assert gone.dtstamp > before.dtstamp
    again = book(anna, row, NOW + timedelta(minutes=2))
    found = events(anna)
    assert {uid: event.status for uid, event in found.items()} == {
        str(first.public_id): "CANCELLED",
        str(again.public_id): "CONFIRMED",
    }


def test_a_move_and_a_cancellation_each_beat_what_was_before(world: World, anna: int) -> None:
    row = yoga(world)
    book(anna, row)
    numbers = [sequence_of(only(anna))]
    for hours in (2, 1):
        move(row, hours * HOUR)
        numbers.append(sequence_of(only(anna)))
    with writing() as session:
        boss = an_actor(a_member(session, world, "boss"), "manager")
        sessions.cancel_session(session, boss, row.public_id, reason="Ill", now=NOW)
    cancelled = only(anna)
    numbers.append(sequence_of(cancelled))
    assert cancelled.status == "CANCELLED"
    assert cancelled.dtstart == row.starts_at + HOUR
    assert numbers == sorted(set(numbers)), "each is higher than the one before"
    with reading() as session:
        mails = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    assert from_json(mails[-1].calendar).sequence == cancelled.sequence, "as its mail says"


@pytest.mark.parametrize("night", [date(2026, 10, 25), date(2027, 3, 28)])
def test_five_o_clock_stays_five_o_clock_on_both_sides_of_a_change_of_the_clock(
    world: World, anna: int, night: date
) -> None:
    days = [night + timedelta(days=number) for number in (-2, -1, 0, 1, 2)]
    for day in days:
        row = yoga(world, from_helsinki(day, time(17)))
        with writing() as session:
            reserve_seat(session, row.public_id)
            write_booking(session, row.id, anna, NOW)
    now = from_helsinki(night, time(4))
    starts = [to_helsinki(event.dtstart) for event in events(anna, now).values()]  # type: ignore[arg-type]
    assert [(at.date(), at.time()) for at in starts] == [(day, time(17)) for day in days]
    ends = [event.dtend - event.dtstart for event in events(anna, now).values()]  # type: ignore[operator]
    assert ends == [HOUR] * len(days)


@pytest.mark.parametrize("night", [date(2026, 10, 25), date(2027, 3, 28)])
def test_the_window_moves_at_the_midnights_of_helsinki(
    world: World, anna: int, night: date
) -> None:
    """Thirty days back from the Monday after the change: an hour more or less is no day."""
    first = night + timedelta(days=1)
    for day in (first - timedelta(days=1), first):
        row = yoga(world, from_helsinki(day, time(0, 30) if day == first else time(23, 0)))
        with writing() as session:
            reserve_seat(session, row.public_id)
            write_booking(session, row.id, anna, NOW)
    [event] = events(anna, from_helsinki(first + timedelta(days=30), time(23, 59))).values()
    assert to_helsinki(event.dtstart).date() == first  # type: ignore[arg-type]
    assert len(events(anna, from_helsinki(first + timedelta(days=29), time(23, 59)))) == 2
    assert events(anna, from_helsinki(first + timedelta(days=31), time())) == {}


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_any_name_comes_back_whole_in_each_language(world: World, anna: int, language: str) -> None:
    name = "Jooga; hidas, \\ pehmeä 🧘 BEGIN:VALARM " + "ääkkösiä 😀 " * 20
    book(anna, yoga(world))
    with writing() as session:
        session.execute(update(Allocation).values({f"name_{language}": f"{name}\r\nATTENDEE:x"}))
    [event] = events(anna, language=language).values()
    assert event.summary == f"{name}ATTENDEE:x"
    assert event.attendees == []


def test_a_suspended_person_sees_what_became_of_their_bookings(world: World, anna: int) -> None:
    book(anna, yoga(world))
    with writing() as session:
        boss = a_member(session, world, "boss")
        add_suspension(session, anna, reason="x", ends_at=None, now=NOW, recorded_by=boss)
    assert only(anna).status == "CONFIRMED", "until the job cancels it"


def test_a_person_without_bookings_has_an_empty_calendar(anna: int) -> None:
    assert events(anna) == {}


def test_an_instant_of_the_file_does_not_depend_on_when_it_is_fetched(
    world: World, anna: int
) -> None:
    """Or each fetch would be another file, and no calendar could be told that nothing changed."""
    book(anna, yoga(world))
    assert only(anna).dtstamp == only(anna, NOW + HOUR).dtstamp == NOW.astimezone(UTC)


@pytest.mark.planted_fault("a cancelled event has the number of the one before")
def test_a_cancellation_without_a_number_of_its_own_fails_the_check(
    world: World, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "event_sequence", lambda changes, cancelled: changes)
    with pytest.raises(AssertionError, match="higher than the one before"):
        test_a_move_and_a_cancellation_each_beat_what_was_before(world, anna)
