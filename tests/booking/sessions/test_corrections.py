"""What is past stays as it was recorded, until somebody records a correction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_session, an_actor
from tests.world.marks import mark_no_shows
from tests.world.refused_fields import LONG, faults_of_refusal, forms_seen
from tests.world.rendered_forms import forms_of
from zone.booking.allocations.models import AllocationEvent
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.seats.service import write_booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail.models import OutboxMail

Work = Callable[[Session], Any]


@pytest.fixture
def staff(app: Flask, world: World) -> Actor:
    with writing() as session:
        return an_actor(a_member(session, world, "manager", with_pass=False), "manager")


@pytest.fixture
def anna(app: Flask, world: World) -> int:
    with writing() as session:
        return a_member(session, world, "anna")


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    with writing() as session:
        return a_session(session, world)


def refused(work: Work) -> list[str]:
    """The reasons against some work; empty when it was done."""
    try:
        with writing() as session:
            work(session)
    except DomainError as refusal:
        return [reason.code for reason in refusal.reasons]
    return []


def cancel(staff: Actor, yoga: ClassSession, now: datetime) -> Work:
    return lambda session: sessions.cancel_session(
        session, staff, yoga.public_id, reason="Ill", now=now
    )


def correct(staff: Actor, yoga: ClassSession, now: datetime, *, held: bool) -> Work:
    return lambda session: sessions.correct_session(
        session, staff, yoga.public_id, held=held, reason="Nobody came to lead it", now=now
    )


def capacity(staff: Actor, yoga: ClassSession, now: datetime) -> Work:
    return lambda session: sessions.set_capacity(
        session, staff, yoga.public_id, 9, reason="Mats", now=now
    )


@pytest.mark.parametrize("recorded", [True, False])
def test_a_session_that_has_ended_is_neither_cancelled_nor_changed(
    staff: Actor, yoga: ClassSession, recorded: bool
) -> None:
    """Also before the job has recorded that it was held."""
    end = yoga.ends_at
    if recorded:
        with writing() as session:
            sessions.mark_held(session, end)
    assert refused(cancel(staff, yoga, end)) == ["session_held"]
    assert refused(capacity(staff, yoga, end)) == ["session_held"]
    assert refused(cancel(staff, yoga, end - timedelta(seconds=1))) == (
        ["session_held"] if recorded else []
    )


def test_nobody_wipes_their_own_no_show_with_the_session(
    world: World, staff: Actor, yoga: ClassSession
) -> None:
    with writing() as session:
        write_booking(session, yoga.id, staff.id, NOW, cancel_until=yoga.starts_at)
        colleague = an_actor(a_member(session, world, "boss"), "manager")
    end = yoga.ends_at
    assert refused(correct(staff, yoga, end, held=False)) == ["not_for_yourself"]
    with writing() as session:
        sessions.mark_held(session, end)
        mark_no_shows(session, session.scalars(select(Booking.id)).all(), end)
    assert refused(correct(staff, yoga, end, held=False)) == ["not_for_yourself"]
    assert refused(correct(colleague, yoga, end, held=False)) == []
    assert refused(correct(staff, yoga, end, held=True)) == [], "no mark comes back"


def test_each_refusal_says_the_right_reason(staff: Actor, yoga: ClassSession, anna: int) -> None:
    end = yoga.ends_at
    assert refused(correct(staff, yoga, end - timedelta(seconds=1), held=False)) == [
        "session_not_ended"
    ]
    made: list[Booking] = []
    assert not refused(
        lambda session: made.append(
            bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW)
        )
    )
    # Booking and queueing for what has ended: no word of coming without booking.
    assert refused(
        lambda session: bookings.book(
            session, member_id=staff.id, class_session=yoga.public_id, now=end
        )
    ) == ["session_ended", "no_right"]
    assert refused(
        lambda session: waitlist.join(
            session, member_id=staff.id, class_session=yoga.public_id, now=end
        )
    ) == ["session_ended", "no_right"]
    assert refused(
        lambda session: bookings.cancel(session, member_id=anna, booking=made[0].public_id, now=end)
    ) == ["session_ended"]


def test_a_correction_ends_bookings_and_marks_and_tells_those_who_booked(
    staff: Actor, yoga: ClassSession, anna: int
) -> None:
    later = yoga.ends_at + timedelta(days=2)
    with writing() as session:
        booking = bookings.book(session, member_id=anna, class_session=yoga.public_id, now=NOW).id
        sessions.mark_held(session, yoga.ends_at)
        mark_no_shows(session, [booking], later)
    for _ in range(2):  # the second tap changes nothing
        assert refused(correct(staff, yoga, later, held=False)) == []
    with reading() as session:
        row = session.get_one(ClassSession, yoga.id)
        assert (row.state, row.booked) == ("cancelled", 0)
        events = session.scalars(
            select(AllocationEvent)
            .where(AllocationEvent.allocation_id == yoga.id)
            .order_by(AllocationEvent.id)
        ).all()
        assert [event.kind for event in events] == ["scheduled", "held", "cancelled"]
        assert (events[2].occurred_at, events[2].recorded_at) == (yoga.ends_at, later)
        assert events[2].reason == "Nobody came to lead it"
        kinds = session.scalars(select(BookingEvent.kind).order_by(BookingEvent.id)).all()
        assert kinds == ["booked", "no_show", "cancelled"]
        sent = select(func.count()).where(OutboxMail.template == "booking/session_not_held")
        assert session.scalar(sent) == 1
        audit = select(func.count()).where(AuditRow.action == "session.correct")
        assert session.scalar(audit) == 1
    assert refused(correct(staff, yoga, later, held=True)) == []
    with reading() as session:
        assert session.get_one(ClassSession, yoga.id).state == "held"


def test_an_instructor_corrects_only_their_own(yoga: ClassSession, anna: int) -> None:
    somebody = an_actor(anna, "instructor")
    assert refused(correct(somebody, yoga, yoga.ends_at, held=False)) == ["forbidden"]
    with writing() as session:
        session.get_one(ClassSession, yoga.id).instructor_id = anna
    assert refused(correct(somebody, yoga, yoga.ends_at, held=False)) == []


def test_the_page_of_a_past_session_offers_the_correction(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    with writing() as session:
        start = now - timedelta(hours=3)
        past = a_session(session, world, start=start, now=start).public_id
    path = f"/manage/sessions/{past}"
    [form] = [form for form in forms_of(manager, path) if "It was not held" in form.buttons]
    again = form.submit(manager, "It was not held", reason=LONG)
    [seen] = forms_seen(again.text, path)[0]
    assert faults_of_refusal(seen, again.text, {"reason": LONG}) == ([], [])
    answer = form.submit(manager, "It was not held", reason="Nobody came")
    assert answer.status_code == 303
    page = manager.get(path)
    assert "It was held" in page.text
    assert "Cancel this session" not in page.text


@pytest.mark.planted_fault("what is past can be cancelled")
def test_cancelling_what_is_past_fails_the_check(
    staff: Actor, yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "refuse_past", lambda row, now: None)
    with pytest.raises(AssertionError):
        test_a_session_that_has_ended_is_neither_cancelled_nor_changed(staff, yoga, False)
