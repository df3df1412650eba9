"""A queued mail is asked again before it leaves: what it says must still hold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.world import smtp
from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.marks import mark_no_shows
from zone.booking.allocations.models import Allocation
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.messages import jobs as messages_jobs
from zone.booking.no_shows import service as no_shows
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail import delivery, questions
from zone.core.mail.models import OutboxMail
from zone.core.time import day_window
from zone.members.people.models import Member
from zone.places.terms.service import create_season

START = NOW + timedelta(days=2)
SOON = START - timedelta(hours=20)
AFTER = START + timedelta(hours=3)


@pytest.fixture
def yoga(app: Flask, world: World) -> ClassSession:
    """In two days, with one place that can be booked."""
    with writing() as session:
        return a_session(session, world, start=START, offer=class_details(world, percent=10))


@pytest.fixture
def people(app: Flask, world: World) -> tuple[int, int, int]:
    with writing() as session:
        return (
            a_member(session, world, "anna"),
            a_member(session, world, "bert"),
            a_member(session, world, "manager", with_pass=False),
        )


def do(work: Callable[[Session], object]) -> None:
    with writing() as session:
        work(session)


def booking_of(session: Session, member: int) -> Booking:
    query = select(Booking).where(Booking.member_id == member).order_by(Booking.id.desc())
    return session.scalars(query.limit(1)).one()


def book(member: int, yoga: ClassSession, now: datetime = NOW) -> None:
    do(
        lambda session: bookings.book(
            session, member_id=member, class_session=yoga.public_id, now=now
        )
    )


def cancel(member: int, now: datetime = NOW) -> None:
    do(
        lambda session: bookings.cancel(
            session, member_id=member, booking=booking_of(session, member).public_id, now=now
        )
    )


def leaving(settings: Settings, now: datetime) -> list[str]:
    """What leaves the outbox, after a time without a mail server."""
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        delivery.deliver(now, replace(settings, smtp_url=f"smtp://{address}"))
    return [str(mail["Subject"]).split(":")[0] for mail in mailbox.mails]


def test_a_place_given_back_is_not_confirmed(
    settings: Settings, yoga: ClassSession, people: tuple[int, int, int]
) -> None:
    anna, bert, _ = people
    book(anna, yoga)
    do(
        lambda session: waitlist.join(
            session, member_id=bert, class_session=yoga.public_id, now=NOW
        )
    )
    cancel(anna)  # the place goes to Bert
    cancel(bert)  # who gives it back too
    assert leaving(settings, NOW) == ["You cancelled", "You cancelled"]
    with reading() as session:
        rows = session.scalars(select(OutboxMail)).all()
        assert {(row.state, row.body, row.last_error) for row in rows} == {
            ("late", "", delivery.NO_LONGER_TRUE),
            ("sent", "", None),
        }
    book(anna, yoga)
    assert leaving(settings, NOW) == ["Booked"]


def test_of_a_cancelled_session_only_the_cancellation_leaves(
    settings: Settings, yoga: ClassSession, people: tuple[int, int, int]
) -> None:
    anna, _, manager = people
    book(anna, yoga)
    messages_jobs.remind(settings, SOON)
    do(
        lambda session: sessions.cancel_session(
            session, an_actor(manager, "manager"), yoga.public_id, reason="Ill", now=SOON
        )
    )
    assert leaving(settings, SOON) == ["Cancelled"]


@pytest.mark.parametrize(("minutes", "left"), [(-1, ["Cancelled"]), (1, [])])
def test_a_cancellation_is_told_until_the_session_would_be_over(
    settings: Settings,
    yoga: ClassSession,
    people: tuple[int, int, int],
    minutes: int,
    left: list[str],
) -> None:
    anna, _, manager = people
    book(anna, yoga)
    assert leaving(settings, NOW) == ["Booked"]
    do(
        lambda session: sessions.cancel_session(
            session, an_actor(manager, "manager"), yoga.public_id, reason="Ill", now=SOON
        )
    )
    assert leaving(settings, yoga.ends_at + timedelta(minutes=minutes)) == left


def test_who_has_a_place_again_is_not_told_that_they_do_not_wait(
    settings: Settings, yoga: ClassSession, people: tuple[int, int, int]
) -> None:
    anna, bert, _ = people
    book(anna, yoga)
    do(
        lambda session: waitlist.join(
            session, member_id=bert, class_session=yoga.public_id, now=NOW
        )
    )
    limit = START - timedelta(hours=2)
    do(lambda session: waitlist.settle(session, yoga.id, limit + timedelta(minutes=1)))
    do(lambda session: session.execute(update(Allocation).values(bookable=2)))
    book(bert, yoga, limit + timedelta(minutes=2))
    sent = leaving(settings, limit + timedelta(minutes=3))
    assert sorted(sent) == ["Booked", "Booked"]


def test_a_mark_that_a_new_term_has_wiped_is_not_told(
    settings: Settings, yoga: ClassSession, people: tuple[int, int, int]
) -> None:
    anna, *_ = people
    spring = date(2027, 1, 4)
    do(
        lambda session: create_season(
            session,
            code="2027-spring",
            kind="spring",
            starts_on=spring,
            ends_on=date(2027, 5, 30),
            now=NOW,
        )
    )
    book(anna, yoga)
    assert leaving(settings, NOW) == ["Booked"]

    def mark(session: Session) -> None:
        sessions.mark_held(session, AFTER)
        mark_no_shows(session, [booking_of(session, anna).id], AFTER)

    do(mark)
    assert leaving(settings, day_window(spring)[0] + timedelta(hours=1)) == []


@pytest.mark.parametrize("undone", ["excused", "came", "not held"])
def test_a_mark_that_was_taken_back_is_not_told(
    settings: Settings, yoga: ClassSession, people: tuple[int, int, int], undone: str
) -> None:
    anna, _, manager = people
    staff = an_actor(manager, "manager")
    book(anna, yoga)
    assert leaving(settings, NOW) == ["Booked"]

    def mark(session: Session) -> None:
        sessions.mark_held(session, AFTER)
        booking = booking_of(session, anna)
        mark_no_shows(session, [booking.id], AFTER)
        if undone == "excused":
            person = session.get_one(Member, anna).public_id
            no_shows.excuse(session, staff, person, booking.public_id, reason="Ill", now=AFTER)
        elif undone == "came":
            no_shows.mark_attended(session, [booking.id], AFTER)
        else:
            sessions.correct_session(
                session, staff, yoga.public_id, held=False, reason="Ill", now=AFTER
            )

    do(mark)
    assert leaving(settings, AFTER) == (["Corrected"] if undone == "not held" else [])


@pytest.mark.parametrize("undone", ["excused", "came", "not held"])
def test_a_mark_is_told_as_it_counts_when_the_mail_leaves(
    settings: Settings, world: World, people: tuple[int, int, int], undone: str
) -> None:
    """The first of two marks ends before the mail about the second has left: nothing is paused."""
    anna, _, manager = people
    staff = an_actor(manager, "manager")
    with writing() as session:
        starts = (START, START + timedelta(hours=4))
        offer = class_details(world, percent=10)
        rows = [a_session(session, world, start=start, offer=offer) for start in starts]
    for row in rows:
        book(anna, row)
    assert leaving(settings, NOW) == ["Booked", "Booked"]
    at = START + timedelta(hours=6)

    def mark(session: Session) -> None:
        sessions.mark_held(session, at)
        query = select(Booking.id).order_by(Booking.id)
        mark_no_shows(session, session.scalars(query).all(), at)
        templates = select(OutboxMail.template).where(OutboxMail.state == "waiting")
        assert "booking/no_show_paused" in session.scalars(templates).all()
        first = session.scalars(select(Booking).order_by(Booking.id).limit(1)).one()
        if undone == "excused":
            person = session.get_one(Member, anna).public_id
            no_shows.excuse(session, staff, person, first.public_id, reason="Ill", now=at)
        elif undone == "came":
            no_shows.mark_attended(session, [first.id], at)
        else:
            sessions.correct_session(
                session, staff, rows[0].public_id, held=False, reason="Ill", now=at
            )

    do(mark)
    with reading() as session:
        query = select(OutboxMail.body).where(OutboxMail.template.startswith("booking/no_show"))
        last = session.scalars(query.order_by(OutboxMail.id.desc()).limit(1)).one()
    assert "count now: 1" in last
    left = sorted(leaving(settings, at))
    assert left == (["Corrected", "Missed"] if undone == "not held" else ["Missed"])


@pytest.mark.planted_fault("mails are not asked again")
def test_mails_that_are_not_asked_fail_the_check(
    settings: Settings,
    yoga: ClassSession,
    people: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "still_holds", lambda *_: True)
    with pytest.raises(AssertionError):
        test_a_place_given_back_is_not_confirmed(settings, yoga, people)


def test_a_question_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        questions.declare_question("booking.booked", lambda *_: True)


def test_who_has_a_place_again_is_not_told_that_it_was_cancelled(
    settings: Settings, yoga: ClassSession, people: tuple[int, int, int]
) -> None:
    anna, _, manager = people
    staff = an_actor(manager, "desk")
    book(anna, yoga)
    do(
        lambda session: bookings.cancel_for(
            session,
            staff,
            session.get_one(Member, anna).public_id,
            booking_of(session, anna).public_id,
            reason="the wrong class",
            now=NOW,
        )
    )
    book(anna, yoga)
    assert "Your booking is cancelled" not in leaving(settings, NOW)
