"""What a moved session means for offers, queues, marks and lotteries that it had before."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.booking.moves.test_moves import SOON, TOMORROW, mails, move, refuse_broken
from tests.world import lotteries as world_of
from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.lotteries import announce, draw, enter
from zone.booking.attendance_marks import queries as marks_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.lotteries import service as lotteries
from zone.booking.offers import service as offers
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.formats import format_moment
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds

A_WEEK = 7 * 24 * 60


def a_place(world: World, *, start: datetime = TOMORROW) -> ClassSession:
    """A class in the studio with one place that can be booked."""
    with writing() as session:
        return a_session(session, world, start=start, offer=class_details(world, percent=10))


def booked(world: World, name: str, row: ClassSession, now: datetime = NOW) -> int:
    with writing() as session:
        member = a_member(session, world, name)
        bookings.book(session, member_id=member, class_session=row.public_id, now=now)
        return member


def waiting(world: World, name: str, row: ClassSession) -> int:
    with writing() as session:
        member = a_member(session, world, name)
        waitlist.join(session, member_id=member, class_session=row.public_id, now=NOW)
        return member


def cancel(member: int, now: datetime) -> None:
    with writing() as session:
        booking = session.scalars(select(Booking.public_id).where(Booking.member_id == member))
        bookings.cancel(session, member_id=member, booking=booking.one(), now=now)


def offered_until(member: int) -> datetime | None:
    with reading() as session:
        query = select(QueueEntry.offered_until).where(QueueEntry.member_id == member)
        return session.scalars(query).one()


def test_an_offer_does_not_outlast_booking_of_the_new_time(world: World) -> None:
    row = a_place(world)
    anna, berta = booked(world, "anna", row), waiting(world, "berta", row)
    late = row.starts_at - timedelta(minutes=121)
    cancel(anna, late)
    assert offered_until(berta) == late + timedelta(minutes=30)
    move(world, row, minutes=-60, now=late)
    move(world, row, minutes=-80, version=2, now=late)
    assert offered_until(berta) == row.starts_at - timedelta(minutes=80 + 30)
    refuse_broken(late)


@pytest.mark.parametrize("minutes", [-60, -120])
def test_a_first_right_does_not_outlast_booking_of_the_new_time(world: World, minutes: int) -> None:
    row = a_place(world)
    anna = booked(world, "anna", row)
    move(world, row, minutes=120)
    with reading() as session:
        moved = session.get_one(ClassSession, row.id)
    assert offered_until(anna) == moved.starts_at - timedelta(minutes=30)
    move(world, moved, minutes=minutes, version=2)
    with reading() as session:
        again = session.get_one(ClassSession, row.id)
    assert offered_until(anna) == again.starts_at - timedelta(minutes=30)


def test_a_first_right_is_not_moved_out_of_its_time(world: World) -> None:
    row = a_place(world)
    booked(world, "anna", row)
    move(world, row, minutes=120)
    with reading() as session:
        moved = session.get_one(ClassSession, row.id)
    with pytest.raises(DomainError) as refusal:
        move(world, moved, minutes=-60, version=2, now=moved.starts_at - timedelta(minutes=80))
    assert refusal.value.reasons[0].code == "move_too_late"


def test_who_had_booked_before_the_move_did_not_miss_a_place(world: World) -> None:
    """The place that was kept for another person was never missing for anybody."""
    with writing() as session:
        row = a_session(session, world, start=TOMORROW, offer=class_details(world, percent=30))
    anna = booked(world, "anna", row)
    later = move(world, row, minutes=24 * 60).after.starts_at
    with writing() as session:
        entry = session.scalars(select(QueueEntry.public_id)).one()
        offers.accept(session, entry, NOW + timedelta(hours=1), member_id=anna)
    berta = booked(world, "berta", row, NOW + timedelta(hours=1))
    with reading() as session:
        moved = session.get_one(ClassSession, row.id)
        assert not marks_queries.demand_for(session, moved, berta, later).is_scarce


def test_the_first_right_is_used_by_booking_too(world: World) -> None:
    """Also where booking of the new time is not open yet, and there is room besides."""
    with writing() as session:
        row = a_session(session, world, start=TOMORROW, offer=class_details(world, percent=20))
    anna = booked(world, "anna", row)
    move(world, row, minutes=A_WEEK)
    with writing() as session:
        bookings.book(
            session, member_id=anna, class_session=row.public_id, now=NOW + timedelta(hours=1)
        )
    with reading() as session:
        assert session.get_one(ClassSession, row.id).booked == 1
    refuse_broken()


def test_who_came_along_in_the_queue_is_promoted_before_booking_opens(world: World) -> None:
    row = a_place(world)
    anna, berta = booked(world, "anna", row), waiting(world, "berta", row)
    move(world, row, minutes=A_WEEK)
    later = NOW + timedelta(hours=1)
    with writing() as session:
        entry = session.scalars(select(QueueEntry.public_id).where(QueueEntry.member_id == anna))
        offers.decline(session, entry.one(), later, member_id=anna)
    assert set(mails("queue_promoted")) == {"berta"}
    with reading() as session:
        held = session.scalars(select(Booking.member_id).where(Booking.state == "booked")).all()
    assert held == [berta]
    refuse_broken(later)


def moved_with_a_draw(world: World, *, withdraws: bool = False) -> tuple[ClassSession, datetime]:
    """A class with a draw that drawn1 has entered, and drawn2 has entered and left; then it moves
    by a day. Where one `withdraws`, drawn1 leaves after it.
    """
    row, (manager, *entrants) = world_of.a_drawn_class(world), world_of.people(world, 3)
    lottery = announce(row, manager)
    first, second = (enter(lottery, one) for one in entrants)
    leave(entrants[1], second)
    before = row.starts_at
    move(world, row, minutes=24 * 60)
    if withdraws:
        leave(entrants[0], first)
    return row, before


def leave(member: int, ticket: uuid.UUID) -> None:
    with writing() as session:
        lotteries.withdraw(session, member_id=member, ticket=ticket, now=SOON)


def test_who_is_in_the_draw_of_a_session_that_moves_is_told(world: World) -> None:
    """Also of the next move; who has left the draw is not."""
    row, before = moved_with_a_draw(world)
    told = mails("lottery_moved")
    assert set(told) == {"drawn1"}
    assert "Repairs" in told["drawn1"].body
    assert format_moment(before, "en") in told["drawn1"].body
    assert f"/classes/{row.public_id}" in told["drawn1"].body
    with reading() as session:
        again = session.get_one(ClassSession, row.id)
    move(world, again, minutes=-60, version=2)
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template == "booking/lottery_moved")
        told_twice = session.scalars(query.order_by(OutboxMail.id)).all()
        # One that has not left by then names a time at which nothing is held.
        still = [still_holds(session, mail.question, mail.about, SOON) for mail in told_twice]
    assert still == [False, True]


@pytest.mark.parametrize("withdraws", [True, False])
def test_a_mail_about_a_moved_draw_is_only_for_who_is_still_in_it(
    world: World, *, withdraws: bool
) -> None:
    moved_with_a_draw(world, withdraws=withdraws)
    mail = mails("lottery_moved")["drawn1"]
    with reading() as session:
        assert still_holds(session, mail.question, mail.about, SOON) is not withdraws


def test_a_lottery_of_a_session_that_moves_away_is_entered_and_drawn(world: World) -> None:
    """Booking of the new time is not open yet: nobody loses by that."""
    row = world_of.a_drawn_class(world, places=1)
    manager, anna, berta, carla = world_of.people(world, 4)
    lottery = announce(row, manager)
    enter(lottery, anna)
    enter(lottery, berta)
    move(world, row, minutes=A_WEEK, space=world.hall)
    enter(lottery, carla)
    assert draw(lottery)
    assert sorted(world_of.states(lottery).values()) == ["lost", "lost", "won"]


@pytest.mark.parametrize("hours", [0, 1])
def test_a_session_that_moves_to_before_its_draw_is_booked_as_any_other(
    world: World, hours: int
) -> None:
    row = world_of.a_drawn_class(world)
    manager, anna, berta = world_of.people(world, 3)
    lottery = announce(row, manager)
    enter(lottery, anna)
    start = world_of.DRAWS_AT - timedelta(hours=hours)
    done = move(world, row, minutes=round((start - row.starts_at).total_seconds() / 60))
    assert (done.entered, done.ends_draw) == (1, True)
    assert world_of.exported(lottery)["reason"] == "draw_after_start"
    assert world_of.states(lottery) == {anna: "called_off"}
    told = mails("lottery_called_off")
    assert set(told) == {"drawn1"}
    assert "moved to a time before its draw" in told["drawn1"].body
    assert mails("lottery_moved") == {}, "one mail, not two"
    with writing() as session:
        bookings.book(session, member_id=berta, class_session=row.public_id, now=SOON)
    assert world_of.broken() == {}
    refuse_broken()


def test_a_session_that_still_begins_after_its_draw_keeps_it(world: World) -> None:
    row = world_of.a_drawn_class(world)
    manager, anna = world_of.people(world, 2)
    lottery = announce(row, manager)
    enter(lottery, anna)
    after = world_of.DRAWS_AT + timedelta(minutes=5) - row.starts_at
    done = move(world, row, minutes=round(after.total_seconds() / 60))
    assert (done.entered, done.ends_draw) == (1, False)
    assert draw(lottery)
    assert world_of.states(lottery) == {anna: "won"}
