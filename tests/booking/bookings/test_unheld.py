"""What ends a right cancels what rests on it, with a mail; one rule says who may hold a booking."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import (
    World,
    a_member,
    a_person,
    a_reservation,
    a_session,
    class_details,
)
from tests.world.doctor import INVARIANTS
from tests.world.races import at_once
from zone.booking.bookings import flows, jobs
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import NO_RIGHT, PERSON_SUSPENDED
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.bookings.rules import BookingHolder, BookingRequest, may_hold
from zone.booking.reservations.models import Reservation
from zone.booking.seats.service import reserve_seat, write_booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions import service as suspensions
from zone.passes.passes.models import Pass
from zone.passes.passes.rules import PassRight
from zone.passes.passes.service import record_event


@pytest.fixture
def holder(world: World, now: datetime) -> int:
    with writing() as session:
        return a_member(session, world, "holder", now=now)


@pytest.fixture
def waiting(world: World, now: datetime) -> int:
    with writing() as session:
        return a_member(session, world, "waiting", now=now)


def book(member: int, class_session: uuid.UUID, now: datetime) -> int:
    with writing() as session:
        return bookings.book(session, member_id=member, class_session=class_session, now=now).id


def wait(member: int, class_session: uuid.UUID, now: datetime) -> None:
    with writing() as session:
        waitlist.join(session, member_id=member, class_session=class_session, now=now)


def end_pass(member: int, now: datetime, kind: str = "refunded") -> None:
    """End the passes of a person as a refund or a replacement does."""
    with writing() as session:
        for pass_id in session.scalars(select(Pass.id).where(Pass.member_id == member)):
            record_event(session, pass_id, kind, occurred_at=now, recorded_at=now, by="test")
        mark_roster(session, [member], now)


def suspend(member: int, now: datetime, until: datetime | None = None) -> None:
    with writing() as session:
        suspensions.add_suspension(
            session, member, reason="x", ends_at=until, now=now, recorded_by=member
        )


def states(member: int) -> list[str]:
    with reading() as session:
        query = select(Booking.state).where(Booking.member_id == member).order_by(Booking.id)
        return list(session.scalars(query))


def mailed(template: str) -> list[str]:
    with reading() as session:
        return list(
            session.scalars(
                select(OutboxMail.recipient)
                .where(OutboxMail.template == template)
                .order_by(OutboxMail.id)
            )
        )


def unheld() -> int:
    """Return what the doctor counts."""
    (invariant,) = (one for one in INVARIANTS if one.name == "holders")
    with reading() as session:
        return invariant.count_broken(session, utc_now())


ENDINGS: list[Callable[[int, datetime], None]] = [end_pass, suspend]


@pytest.mark.parametrize("end", ENDINGS)
def test_a_booking_whose_right_has_ended_goes_to_the_next_in_the_queue(
    yoga: ClassSession,
    holder: int,
    waiting: int,
    now: datetime,
    end: Callable[[int, datetime], None],
) -> None:
    book(holder, yoga.public_id, now)
    wait(waiting, yoga.public_id, now)
    assert unheld() == 0
    end(holder, now)
    assert unheld() == 1
    assert [flows.cancel_unheld([holder], now) for _ in range(2)] == [1, 0]
    assert (states(holder), states(waiting), unheld()) == (["cancelled"], ["booked"], 0)
    assert mailed("booking/right_ended") == ["holder@zone.example"]
    with reading() as session:
        reasons = set(session.scalars(select(BookingEvent.reason)))
    assert reasons == {None, "person_suspended" if end is suspend else "no_right"}


def test_a_reservation_of_a_court_ends_with_its_right_and_frees_the_court(
    world: World, holder: int, now: datetime
) -> None:
    with writing() as session:
        court = a_reservation(session, world, start=now + timedelta(days=1), now=now)
        reserve_seat(session, court.public_id)
        write_booking(session, court.id, holder, now)
    end_pass(holder, now)
    assert flows.cancel_unheld([holder], now) == 1
    with reading() as session:
        assert session.get_one(Reservation, court.id).state == "cancelled"


def test_a_waiting_person_whose_right_has_ended_is_told(
    yoga: ClassSession, holder: int, waiting: int, now: datetime
) -> None:
    book(holder, yoga.public_id, now)
    wait(waiting, yoga.public_id, now)
    suspend(waiting, now)
    assert flows.cancel_unheld([waiting], now) == 1
    assert mailed("booking/queue_removed") == ["waiting@zone.example"]
    with reading() as session:
        assert session.scalars(select(QueueEntry.state)).all() == ["removed"]
    assert states(holder) == ["booked"]


def test_what_may_still_be_held_or_has_begun_stays(
    world: World, yoga: ClassSession, holder: int, now: datetime
) -> None:
    with writing() as session:
        soon = a_session(
            session,
            world,
            start=now + timedelta(minutes=40),
            offer=class_details(world, space=None, kind="online"),
            now=now,
        )
    book(holder, yoga.public_id, now)
    book(holder, soon.public_id, now)
    suspend(holder, now, now + timedelta(minutes=30))
    assert flows.cancel_unheld([holder], now) == 0, "it ends before both of them"
    end_pass(holder, now + timedelta(minutes=45))
    assert flows.cancel_unheld([holder], now + timedelta(minutes=45)) == 1
    assert sorted(states(holder)) == ["booked", "cancelled"]
    assert unheld() == 0


def test_a_suspended_person_books_nothing_of_that_time(
    yoga: ClassSession, holder: int, now: datetime
) -> None:
    suspend(holder, now)
    with pytest.raises(DomainError) as caught:
        book(holder, yoga.public_id, now)
    assert [reason.code for reason in caught.value.reasons] == ["person_suspended"]


def test_a_person_whose_suspension_is_lifted_books_again(
    yoga: ClassSession, holder: int, now: datetime
) -> None:
    with writing() as session:
        row = suspensions.add_suspension(
            session, holder, reason="x", ends_at=None, now=now, recorded_by=holder
        )
        suspensions.end_suspension(session, row.public_id, now + timedelta(minutes=1))
    book(holder, yoga.public_id, now + timedelta(minutes=2))
    assert (states(holder), unheld()) == (["booked"], 0)


def check_the_job_finds_what_died_in_between(
    settings: Settings, class_session: uuid.UUID, holder: int, now: datetime
) -> None:
    """Check that the job cancels what a dead process has left."""
    book(holder, class_session, now)
    end_pass(holder, now)
    assert [jobs.cancel_unheld(settings, now) for _ in range(2)] == [1, 0]
    assert states(holder) == ["cancelled"]


def test_the_job_finds_what_died_in_between(
    settings: Settings, yoga: ClassSession, holder: int, now: datetime
) -> None:
    check_the_job_finds_what_died_in_between(settings, yoga.public_id, holder, now)


@pytest.mark.planted_fault("the rule of holding is not asked")
def test_bookings_that_stand_after_a_refund_fail_the_check(
    settings: Settings,
    yoga: ClassSession,
    holder: int,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zone.booking.bookings.rules.may_hold", lambda *_: [])
    with pytest.raises(AssertionError):
        check_the_job_finds_what_died_in_between(settings, yoga.public_id, holder, now)


def check_cancelled_once(app: Flask, class_session: uuid.UUID, holder: int, now: datetime) -> None:
    """Check that of several who cancel the same booking one does, with one mail."""
    book(holder, class_session, now)
    end_pass(holder, now)
    assert sum(at_once(app, [lambda: flows.cancel_unheld([holder], now)] * 4)) == 1
    assert mailed("booking/right_ended") == ["holder@zone.example"]


@pytest.mark.engines("sqlite", "postgresql")
def test_a_booking_is_cancelled_once(
    app: Flask, yoga: ClassSession, holder: int, now: datetime
) -> None:
    check_cancelled_once(app, yoga.public_id, holder, now)


def test_a_suspension_cancels_at_once(
    app: Flask, world: World, yoga: ClassSession, now: datetime
) -> None:
    manager = a_person(app, world, "boss", now, "manager")
    anna: FlaskClient = a_person(app, world, "anna", now)
    booked = anna.post("/api/v1/bookings", json={"session": str(yoga.public_id)})
    assert booked.status_code == 201
    with reading() as session:
        query = select(Member.public_id).where(Member.email == "anna@zone.example")
        public = session.scalars(query).one()
    body = {"reason": "broke a door"}
    answer = manager.post(f"/api/v1/members/{public}/suspensions", json=body)
    assert answer.status_code == 201
    mine = anna.get("/api/v1/me/bookings").get_json()["bookings"]
    assert [booking["state"] for booking in mine] == ["cancelled"]


@pytest.mark.parametrize(
    ("right", "suspended", "reasons"),
    [
        ((0, 2), None, []),
        ((0, 1), None, [NO_RIGHT]),
        ((0, 2), (0, None), [PERSON_SUSPENDED]),
        ((0, 2), (0, 1), []),
        ((0, 2), (2, 3), []),
        ((2, 3), (1, 2), [PERSON_SUSPENDED, NO_RIGHT]),
    ],
)
@pytest.mark.engines("sqlite")
def test_who_may_hold_a_booking(
    now: datetime,
    right: tuple[int, int],
    suspended: tuple[int, int | None] | None,
    reasons: list[object],
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else now + timedelta(hours=hours)

    first, last = at(right[0]), at(right[1])
    assert first
    assert last
    what = BookingRequest(1, now + timedelta(hours=1), now + timedelta(hours=2), None, "class")
    spans = [] if suspended is None else [(at(suspended[0]) or now, at(suspended[1]))]
    person = BookingHolder([PassRight("class", (), first, last, 1)], spans)
    assert may_hold(person, what, what.starts_at) == reasons
