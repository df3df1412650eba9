"""Marks are made of what nobody else could use, begin a ban, and end with what caused them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.marks import mark_no_shows
from zone.booking.attendance_marks import jobs, queries, service
from zone.booking.attendance_marks.invariants import INVARIANTS
from zone.booking.attendance_marks.models import AttendanceMark, AttendanceMarkEvent
from zone.booking.attendance_marks.rules import SeatDemand, read_evidence
from zone.booking.booking_bans import service as booking_bans
from zone.booking.booking_bans.models import BookingBan, BookingBanEvent
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.time import day_window
from zone.members.people.models import Member
from zone.places.terms.service import create_season

START = NOW + timedelta(days=2)
END = START + timedelta(hours=1)
LATE = START - timedelta(minutes=40)
AFTER = END + timedelta(minutes=20)
HOUR = timedelta(hours=1)
CLOSED = START - timedelta(minutes=29)


@dataclass(frozen=True)
class People:
    anna: int
    bert: int
    desk: int


@pytest.fixture
def people(app: Flask, world: World) -> People:
    with writing() as session:
        return People(
            a_member(session, world, "anna"),
            a_member(session, world, "bert"),
            a_member(session, world, "desk", with_pass=False),
        )


def a_class(world: World, start: datetime = START, *, percent: int = 10) -> ClassSession:
    """A class for ten; `percent` of the places can be booked."""
    with writing() as session:
        return a_session(session, world, start=start, offer=class_details(world, percent=percent))


def book(member: int, row: ClassSession, now: datetime = NOW) -> Booking:
    with writing() as session:
        return bookings.book(session, member_id=member, class_session=row.public_id, now=now)


def cancel(booking: Booking, now: datetime, *, late: bool = True) -> None:
    with writing() as session:
        member = session.scalar(select(Booking.member_id).where(Booking.id == booking.id)) or 0
        bookings.cancel(session, member_id=member, booking=booking.public_id, now=now, late=late)


def miss(*missed: Booking, now: datetime = AFTER) -> None:
    with writing() as session:
        sessions.mark_held(session, now)
        assert mark_no_shows(session, [one.id for one in missed], now) == len(missed)


def marks() -> list[AttendanceMark]:
    with reading() as session:
        return list(session.scalars(select(AttendanceMark).order_by(AttendanceMark.id)))


def kinds(model: type[AttendanceMarkEvent] | type[BookingBanEvent]) -> Sequence[str]:
    with reading() as session:
        return session.scalars(select(model.kind).order_by(model.id)).all()


def until(member: int, now: datetime) -> datetime | None:
    with reading() as session:
        return banned_until(session, member, now)


def sent(member: int) -> Sequence[str]:
    """The templates of a person's mails about marks, in order."""
    with reading() as session:
        address = session.get_one(Member, member).email
        query = select(OutboxMail.template).where(OutboxMail.recipient == address)
        usual = ("booking/booked", "booking/given_up", "booking/queue_expired")
        rows = session.scalars(query.order_by(OutboxMail.id)).all()
        return [row.removeprefix("booking/") for row in rows if row not in usual]


def check_invariants() -> None:
    with reading() as session:
        broken = {one.name: one.count_broken(session, NOW) for one in INVARIANTS}
    assert not any(broken.values()), broken


def wait_for(member: int, row: ClassSession, now: datetime = NOW) -> None:
    with writing() as session:
        waitlist.join(session, member_id=member, class_session=row.public_id, now=now)


def test_a_missed_place_that_nobody_wanted_is_no_mark(world: World, people: People) -> None:
    booking = book(people.anna, a_class(world, percent=70))
    miss(booking)
    assert marks() == []
    with reading() as session:
        assert session.get_one(Booking, booking.id).state == "no_show", "as before in the figures"
    assert sent(people.anna) == []
    check_invariants()


def test_a_missed_place_of_a_full_class_is_a_mark_with_evidence(
    world: World, people: People
) -> None:
    miss(book(people.anna, a_class(world)))
    [mark] = marks()
    assert (mark.kind, mark.state, mark.occurred_at) == ("no_show", "counting", END)
    evidence = read_evidence(mark.evidence)
    assert evidence.demand == SeatDemand(1, 1)
    assert [door.name for door in evidence.doors] == ["Studio: Studio door"]
    assert kinds(AttendanceMarkEvent) == ["noticed"]
    assert sent(people.anna) == ["no_show"]
    check_invariants()


def test_where_somebody_else_waited_it_is_a_mark(world: World, people: People) -> None:
    row = a_class(world)
    booking = book(people.anna, row)
    wait_for(people.bert, row)
    with writing() as session:
        waitlist.settle(session, row.id, CLOSED)  # it closed, and nobody got a place
        session.get_one(ClassSession, row.id).bookable = 7
    miss(booking)
    [mark] = marks()
    assert read_evidence(mark.evidence).demand == SeatDemand(7, 1, 1, CLOSED)
    check_invariants()


def test_having_waited_oneself_is_no_reason(world: World, people: People) -> None:
    row = a_class(world)
    first = book(people.bert, row)
    wait_for(people.anna, row)
    cancel(first, NOW + HOUR, late=False)
    with writing() as session:
        booking = session.scalars(select(Booking).where(Booking.member_id == people.anna)).one()
        session.get_one(ClassSession, row.id).bookable = 7
    miss(booking)
    assert marks() == []


def check_without_a_door_heard_there_is_no_mark(world: World, people: People) -> None:
    """Whatever job says so: the service makes no mark without the evidence of a door."""
    booking = book(people.anna, a_class(world))
    with writing() as session:
        sessions.mark_held(session, AFTER)
        no_shows.mark_no_shows(session, [booking.id], AFTER, {})
    assert marks() == []


def test_without_a_door_heard_there_is_no_mark(world: World, people: People) -> None:
    check_without_a_door_heard_there_is_no_mark(world, people)


@pytest.mark.planted_fault("marks are made of whatever is reported")
def test_marks_of_whatever_is_reported_fail_the_checks(
    world: World, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "deserves_mark", lambda *_: True)
    with pytest.raises(AssertionError):
        check_without_a_door_heard_there_is_no_mark(world, people)
    with pytest.raises(AssertionError, match="marks"):
        check_invariants()  # the doctor judges the stored evidence again


def test_a_late_cancellation_must_be_wanted_and_gives_the_place_back(
    world: World, people: People
) -> None:
    row = a_class(world)
    booking = book(people.anna, row)
    with pytest.raises(DomainError, match="cancel_too_late"):
        cancel(booking, LATE, late=False)
    with pytest.raises(DomainError, match="cancel_after_start"):
        cancel(booking, START)
    for _ in range(2):  # the second tap changes nothing
        cancel(booking, LATE)
    [mark] = marks()
    assert (mark.kind, mark.occurred_at) == ("late_cancellation", LATE)
    evidence = read_evidence(mark.evidence)
    assert (evidence.demand, evidence.limit) == (SeatDemand(1, 1), START - 2 * HOUR)
    assert sent(people.anna) == ["late_cancellation"]
    with reading() as session:
        assert session.get_one(ClassSession, row.id).booked == 0
    book(people.bert, row, LATE)  # until booking closes the place can be booked
    check_invariants()


def test_a_late_cancellation_that_nobody_misses_is_no_mark(world: World, people: People) -> None:
    cancel(book(people.anna, a_class(world, percent=70)), LATE)
    assert marks() == []
    assert sent(people.anna) == ["given_up_late"]


def test_a_booking_taken_back_within_ten_minutes_is_no_mark(world: World, people: People) -> None:
    booking = book(people.anna, a_class(world), LATE)
    cancel(booking, LATE + timedelta(minutes=10))
    assert marks() == []


def two_marks(world: World, people: People) -> tuple[Booking, Booking]:
    """A late cancellation, and a no-show an hour later, which begins a ban."""
    first, second = a_class(world), a_class(world, START + 2 * HOUR)
    late, missed = book(people.anna, first), book(people.anna, second)
    cancel(late, LATE)
    assert until(people.anna, LATE) is None
    miss(missed, now=AFTER + 2 * HOUR)
    return late, missed


def test_two_marks_begin_a_ban_and_drop_in_stays(world: World, people: People) -> None:
    two_marks(world, people)
    now = AFTER + 3 * HOUR
    assert until(people.anna, now) == END + 2 * HOUR + timedelta(days=14)
    assert sent(people.anna) == ["late_cancellation", "no_show_paused"]
    later = a_class(world, START + timedelta(days=3))
    with pytest.raises(DomainError, match="booking_suspended"):
        book(people.anna, later, now)
    with pytest.raises(DomainError, match="booking_suspended"):
        wait_for(people.anna, later, now)
    check_invariants()


def excuse_first(session: Session, people: People, late: Booking, now: datetime) -> None:
    person = session.get_one(Member, people.anna).public_id
    desk = an_actor(people.desk, "desk")
    no_shows.excuse(session, desk, person, late.public_id, reason="Ill", now=now)


def appeal_first(session: Session, people: People, _late: Booking, now: datetime) -> None:
    mark = session.scalars(select(AttendanceMark).order_by(AttendanceMark.id).limit(1)).one()
    service.appeal(session, member_id=people.anna, mark=mark.public_id, text="I was ill", now=now)
    desk = an_actor(people.desk, "desk")
    service.decide(session, desk, mark.public_id, lift=True, reason="We believe you", now=now)


def not_held_first(session: Session, people: People, late: Booking, now: datetime) -> None:
    sessions.mark_held(session, now)
    row = session.get_one(ClassSession, late.session_id)
    manager = an_actor(people.desk, "manager")
    sessions.correct_session(
        session, manager, row.public_id, held=False, reason="Nobody led it", now=now
    )


@pytest.mark.parametrize(
    ("undo", "end"),
    [(excuse_first, "excused"), (appeal_first, "lifted"), (not_held_first, "lifted")],
)
def test_a_mark_taken_back_lifts_the_ban_it_caused(
    world: World, people: People, undo: Callable[..., None], end: str
) -> None:
    late, _ = two_marks(world, people)
    now = AFTER + 3 * HOUR
    with writing() as session:
        undo(session, people, late, now)
    assert [mark.state for mark in marks()] == [end, "counting"]
    assert until(people.anna, now) is None
    assert kinds(BookingBanEvent) == ["begun", "lifted"]
    book(people.anna, a_class(world, START + timedelta(days=3)), now)
    check_invariants()


def test_of_three_marks_the_other_two_begin_a_ban_of_their_own(
    world: World, people: People
) -> None:
    late, _ = two_marks(world, people)
    now = AFTER + 30 * HOUR
    with writing() as session:  # booked before the ban
        third = a_session(
            session,
            world,
            start=START + timedelta(days=1),
            offer=class_details(world, percent=10),
        )
        booking = Booking(
            public_id=third.public_id,
            session_id=third.id,
            member_id=people.anna,
            created_at=NOW,
            state="booked",
        )
        third.booked = 1
        session.add(booking)
        session.flush()
    miss(booking, now=now)
    assert until(people.anna, now) == END + 2 * HOUR + timedelta(days=14), "the third begins none"
    with writing() as session:
        excuse_first(session, people, late, now)
    assert until(people.anna, now) == END + timedelta(days=15)
    assert kinds(BookingBanEvent) == ["begun", "lifted", "begun"]
    check_invariants()


def test_who_came_after_all_has_no_mark_and_reads_of_it(world: World, people: People) -> None:
    booking = book(people.anna, a_class(world))
    miss(booking)
    with writing() as session:
        session.execute(update(OutboxMail).values(state="sent"))
        assert no_shows.mark_attended(session, [booking.id], AFTER) == 1
    assert [mark.state for mark in marks()] == ["lifted"]
    assert sent(people.anna) == ["no_show", "mark_lifted"]
    check_invariants()


def test_the_end_of_a_ban_is_told_once(settings: Settings, world: World, people: People) -> None:
    two_marks(world, people)
    ends = END + 2 * HOUR + timedelta(days=14)
    jobs.settle_marks(settings, ends - timedelta(minutes=1))
    assert "ban_ended" not in sent(people.anna)
    for _ in range(2):
        jobs.settle_marks(settings, ends)
    assert sent(people.anna).count("ban_ended") == 1
    assert kinds(BookingBanEvent) == ["begun", "ended"]
    assert [mark.state for mark in marks()] == ["counting", "counting"], "until the term ends"
    with writing() as session:  # they stand behind a ban already, and begin no other
        booking_bans.begin_due(session, people.anna, ends)
    check_invariants()


def test_a_term_wipes_marks_and_their_ban(settings: Settings, world: World, people: People) -> None:
    """The autumn ends on 20 December."""
    starts = [datetime(2026, 12, day, 12, tzinfo=NOW.tzinfo) for day in (18, 19)]
    for start in starts:
        row = a_class(world, start)
        with writing() as session:
            now = start - HOUR
            bookings.book(session, member_id=people.anna, class_session=row.public_id, now=now)
    with reading() as session:
        made = session.scalars(select(Booking).order_by(Booking.id)).all()
    miss(*made, now=starts[-1] + 2 * HOUR)
    last_evening = day_window(date(2026, 12, 20))[1] - timedelta(minutes=1)
    assert until(people.anna, last_evening) is not None
    assert until(people.anna, last_evening + timedelta(minutes=1)) is None, "before any job"
    jobs.settle_marks(settings, last_evening)
    assert [mark.state for mark in marks()] == ["counting", "counting"]
    jobs.settle_marks(settings, last_evening + timedelta(minutes=1))
    assert [mark.state for mark in marks()] == ["expired", "expired"]
    assert kinds(BookingBanEvent) == ["begun", "ended"]
    check_invariants()


def test_a_ban_recorded_long_after_keeps_nobody_out(
    settings: Settings, world: World, people: People
) -> None:
    first, second = a_class(world), a_class(world, START + 2 * HOUR)
    late, missed = book(people.anna, first), book(people.anna, second)
    cancel(late, LATE)
    miss(missed, now=END + timedelta(days=20))
    assert until(people.anna, END + timedelta(days=20)) is None
    assert kinds(BookingBanEvent) == ["begun", "ended"]
    assert sent(people.anna)[-1] == "no_show"
    with writing() as session:
        assert session.scalar(select(func.count()).select_from(BookingBan)) == 1
    check_invariants()


def test_nobody_lifts_their_own_late_cancellation_with_the_class(
    world: World, people: People
) -> None:
    row = a_class(world)
    cancel(book(people.anna, row), LATE)
    with writing() as session:
        sessions.mark_held(session, AFTER)
    with pytest.raises(DomainError, match="not_for_yourself"), writing() as session:
        sessions.correct_session(
            session,
            an_actor(people.anna, "manager"),
            row.public_id,
            held=False,
            reason="-",
            now=AFTER,
        )


def test_marks_of_the_next_term_do_not_add_up_with_those_of_this_one(
    world: World, people: People
) -> None:
    with writing() as session:
        create_season(
            session,
            code="2027-spring",
            kind="spring",
            starts_on=date(2026, 12, 21),
            ends_on=date(2027, 5, 14),
            now=NOW,
        )
    cancel(book(people.anna, a_class(world)), LATE)
    start = datetime(2026, 12, 22, 12, tzinfo=NOW.tzinfo)
    booking = book(people.anna, a_class(world, start), start - 3 * HOUR)
    miss(booking, now=start + 2 * HOUR)
    with reading() as session:
        assert len(queries.counting_marks(session, people.anna, start + 2 * HOUR)) == 1
    assert until(people.anna, start + 2 * HOUR) is None
