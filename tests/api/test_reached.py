"""The operations of offers, queues, marks and blocks are called with what they are for.

With random ids nearly all their answers are 404, and a fault behind it is not found. Here each id
is one of a thing that exists, most of them the caller's own.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api import attempts
from tests.api.attempts import Found, attempt
from tests.world.actors import Caller, a_caller
from tests.world.booking import an_actor
from tests.world.marks import a_marked_booking
from zone.app import create_app
from zone.booking.attendance_marks import service as attendance_marks
from zone.booking.blocks import service as blocks
from zone.booking.bookings import service as bookings
from zone.booking.policies.models import BookingPolicy
from zone.booking.seats.service import reserve_seat, write_booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.demo import example
from zone.members.people.models import Member
from zone.operation.reference_data import service as reference_data
from zone.places.spaces.models import Space

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]

NEWEST = (
    "queue_accept",
    "queue_decline",
    "queue_explain",
    "queue_leave",
    "queue_join",
    "booking_can_book",
    "booking_book",
    "booking_cancel",
    "booking_appeal",
    "booking_decide_appeal",
    "planning_end_block",
    "booking_cancel_session",
)
EACH = 3
TRIES = 12
ONE_PLACE = ClassDetails(
    kind="online",
    name_fi="Etäjumppa",
    name_sv="Distanspass",
    name_en="Online class",
    category="strength",
    space_id=None,
    capacity=1,
    bookable_percent=100,
)


@pytest.fixture
def service(settings: Settings) -> Iterator[Flask]:
    """Yield the demo's service with an HTTPS address, so that the cookie has its published name."""
    app = create_app(replace(settings, base_url="https://localhost"))
    with app.app_context():
        with writing() as session:
            reference_data.load(session, utc_now())
            example.load(session, settings, utc_now())
        yield app
        db.engine.dispose()


def with_everything(app: Flask, round_: int) -> Caller:
    """Make a caller with every role, bookings, places in queues, offers and marks, and blocks."""
    caller, other = a_caller(app, "everyone"), a_caller(app, "student")
    now = utc_now()
    with writing() as session:
        session.add(BookingPolicy(open_bookings=500, queue_places=100, no_shows=100))
        for one in (caller, other):
            member = session.get_one(Member, one.member_id)
            example.give_pass(session, member, "sports-term", now)
        mine, theirs = caller.member_id or 0, other.member_id or 0
    for number in range(EACH):
        _free_class(now, number)
        _own_booking(mine, now, number)
        _own_place_in_a_queue(mine, theirs, now, number)
        _offer_to(mine, theirs, now, number)
        _full_class(theirs, now, number)
        _mark(mine, now, number, appealed=False)
        _mark(theirs, now, number, appealed=True)
    with writing() as session:
        _blocks(session, mine, now + timedelta(days=40 + EACH * round_))
    return caller


def _class(session: Session, start: datetime, now: datetime) -> ClassSession:
    return sessions.create_session(
        session, ONE_PLACE, start, start + timedelta(minutes=10), now=now
    )


def _free_class(now: datetime, number: int) -> None:
    with writing() as session:
        _class(session, now + timedelta(hours=1, minutes=12 * number), now)


def _own_booking(member: int, now: datetime, number: int) -> None:
    with writing() as session:
        made = _class(session, now + timedelta(days=2, minutes=15 * number), now)
        bookings.book(session, member_id=member, class_session=made.public_id, now=now)


def _full_class(member: int, now: datetime, number: int) -> None:
    with writing() as session:
        made = _class(session, now + timedelta(hours=3, minutes=5 + 15 * number), now)
        bookings.book(session, member_id=member, class_session=made.public_id, now=now)


def _own_place_in_a_queue(member: int, other: int, now: datetime, number: int) -> None:
    with writing() as session:
        made = _class(session, now + timedelta(days=3, minutes=15 * number), now)
        bookings.book(session, member_id=other, class_session=made.public_id, now=now)
        waitlist.join(session, member_id=member, class_session=made.public_id, now=now)


def _offer_to(member: int, other: int, now: datetime, number: int) -> None:
    """A place that comes free too late to be booked without asking."""
    with writing() as session:
        made = _class(session, now + timedelta(hours=2, minutes=5 + 12 * number), now)
        booked = bookings.book(session, member_id=other, class_session=made.public_id, now=now)
        waitlist.join(session, member_id=member, class_session=made.public_id, now=now)
        bookings.cancel(session, member_id=other, booking=booked.public_id, now=now)


def _mark(member: int, now: datetime, number: int, *, appealed: bool) -> None:
    """A mark of yesterday, which may have an appeal that nobody has decided."""
    before = now - timedelta(days=1, minutes=15 * number)
    with writing() as session:
        made = _class(session, before, before - timedelta(days=1))
        reserve_seat(session, made.public_id)  # their pass begins today
        write_booking(session, made.id, member, before - timedelta(hours=20))
        mark = a_marked_booking(session).public_id
    if appealed:
        with writing() as session:
            attendance_marks.appeal(session, member_id=member, mark=mark, text="Ill", now=now)


def _blocks(session: Session, member: int, since: datetime) -> None:
    space = session.scalars(select(Space.public_id).order_by(Space.id).limit(1)).one()
    for number in range(EACH):
        start = (since + timedelta(days=number)).replace(minute=0, second=0, microsecond=0)
        span = (start, start + timedelta(hours=1))
        actor = an_actor(member, "manager")
        blocks.block_space(session, actor, space, span, "Examination", now=utc_now())


def check_reached(app: Flask, operations: tuple[str, ...]) -> None:
    """Check that each operation does what it is for at least once, and nothing else is found."""
    for round_, operation in enumerate(operations):
        caller = with_everything(app, round_)  # anew: what one operation ends no other can use
        found: Found = attempt(app, caller, thorough=False, only=operation, most=TRIES, known=True)
        assert found.faults == {}, operation
        assert found.succeeded(), (operation, found.answers)


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_the_newest_operations_do_what_they_are_for(service: Flask) -> None:
    check_reached(service, NEWEST)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("no id of a thing that exists is known")
def test_unknown_ids_alone_fail_the_check(service: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_known_ids", lambda _member: {})
    with pytest.raises(AssertionError):
        check_reached(service, NEWEST)
