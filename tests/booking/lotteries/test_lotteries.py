"""A lottery from its announcement to the draw: who may what, and what is refused."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from tests.world import lotteries as world_of
from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.lotteries import (
    DRAWS_AT,
    announce,
    broken,
    draw,
    enter,
    exported,
    mails,
    refusals,
)
from tests.world.waitlist import check_queues, waiting_for
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.lotteries import drawing, rules, service
from zone.booking.lotteries.models import Lottery, LotteryEntryEvent
from zone.booking.lotteries.rules import NewLottery
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.db.transactions import reading, writing
from zone.members.people.models import Member
from zone.members.suspensions import service as suspensions


def book(member: int, of: ClassSession, now: datetime = NOW) -> None:
    with writing() as session:
        bookings.book(session, member_id=member, class_session=of.public_id, now=now)


def test_until_the_draw_nobody_books_or_waits(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    def join() -> None:
        with writing() as session:
            waitlist.join(session, member_id=crew[1], class_session=drawn_class.public_id, now=NOW)

    assert refusals(lambda: book(crew[1], drawn_class)) == ["places_are_drawn"]
    assert refusals(join)[0] == "places_are_drawn"


def test_after_the_draw_places_queue_and_counter_are_as_the_order_says(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    tickets = {str(enter(lottery, member)): member for member in crew[1:]}
    assert draw(lottery) is True
    order = [tickets[one["ticket"]] for one in exported(lottery)["entries"]]
    outcomes = [one["outcome"] for one in exported(lottery)["entries"]]
    assert outcomes == ["won", "won", "lost", "lost", "lost"]
    with reading() as session:
        booked = session.scalars(
            select(Booking.member_id).where(Booking.session_id == drawn_class.id)
        ).all()
    assert set(booked) == set(order[:2])
    assert waiting_for(drawn_class.id) == order[2:]
    assert (len(mails("lottery_won")), len(mails("lottery_lost"))) == (2, 3)
    check_queues(DRAWS_AT)
    assert drawing.faults_of(exported(lottery)) == []
    assert broken() == {}


def test_the_second_draw_changes_nothing(crew: list[int], lottery: uuid.UUID) -> None:
    enter(lottery, crew[1])
    assert [draw(lottery), draw(lottery)] == [True, False]
    assert len(mails("lottery_won")) == 1


def test_afterwards_the_session_is_booked_first_come(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    enter(lottery, crew[1])
    draw(lottery)
    book(crew[2], drawn_class, DRAWS_AT)
    assert world_of.states(lottery) == {crew[1]: "won"}


def test_it_is_not_drawn_before_its_time(crew: list[int], lottery: uuid.UUID) -> None:
    enter(lottery, crew[1])
    assert draw(lottery, DRAWS_AT - timedelta(seconds=1)) is False


def test_who_may_not_hold_the_place_is_told_why(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    for member in crew[1:3]:
        enter(lottery, member)
    with writing() as session:
        suspensions.add_suspension(
            session, crew[1], reason="x", ends_at=None, now=NOW, recorded_by=crew[0]
        )
    draw(lottery)
    assert world_of.states(lottery) == {crew[1]: "refused", crew[2]: "won"}
    assert len(mails("lottery_refused")) == 1
    with reading() as session:
        reason = session.scalar(
            select(LotteryEntryEvent.reason).where(LotteryEntryEvent.kind == "refused")
        )
    assert reason == "person_suspended"
    assert drawing.faults_of(exported(lottery)) == []
    assert broken() == {}


def test_who_enters_again_has_the_same_ticket(crew: list[int], lottery: uuid.UUID) -> None:
    ticket = enter(lottery, crew[1])
    assert refusals(lambda: enter(lottery, crew[1])) == ["already_entered"]
    for _tap in range(2):
        with writing() as session:
            service.withdraw(session, member_id=crew[1], ticket=ticket, now=NOW)
    assert exported(lottery)["withdrawn"] == [str(ticket)]
    assert enter(lottery, crew[1]) == ticket


def test_another_person_s_ticket_is_not_found(crew: list[int], lottery: uuid.UUID) -> None:
    ticket = enter(lottery, crew[1])

    def withdraw() -> None:
        with writing() as session:
            service.withdraw(session, member_id=crew[2], ticket=ticket, now=NOW)

    assert refusals(withdraw) == ["not_found"]


def test_nobody_enters_before_it_opens_or_after_the_draw(
    crew: list[int], drawn_class: ClassSession
) -> None:
    later = NOW + timedelta(hours=2)
    lottery = announce(drawn_class, crew[0], opens_at=later)
    assert refusals(lambda: enter(lottery, crew[1])) == ["entries_not_open"]
    ticket = enter(lottery, crew[1], later)
    assert refusals(lambda: enter(lottery, crew[2], DRAWS_AT)) == ["lottery_over"]
    draw(lottery)

    def withdraw() -> None:
        with writing() as session:
            service.withdraw(session, member_id=crew[1], ticket=ticket, now=DRAWS_AT)

    assert refusals(withdraw) == ["lottery_over"]
    assert refusals(lambda: enter(lottery, crew[2], later)) == ["lottery_over"]


def test_who_could_not_book_at_the_draw_cannot_enter(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID, world: World
) -> None:
    with writing() as session:
        without = a_member(session, world, "without", with_pass=False)
    assert refusals(lambda: enter(lottery, without)) == ["no_right"]


@pytest.mark.parametrize(
    ("opens", "draws"),
    [
        (timedelta(), timedelta(days=-1)),  # in the past
        (timedelta(days=1), timedelta(days=1)),  # nobody could enter
        (timedelta(), timedelta(days=3, minutes=-29)),  # booking has closed
    ],
)
def test_times_that_cannot_be_are_refused(
    crew: list[int], drawn_class: ClassSession, opens: timedelta, draws: timedelta
) -> None:
    def work() -> None:
        announce(drawn_class, crew[0], opens_at=NOW + opens, draws_at=NOW + draws)

    assert refusals(work) == ["lottery_times"]


def test_a_draw_before_booking_opens_is_refused(world: World, crew: list[int]) -> None:
    with writing() as session:
        far = a_session(session, world, start=NOW + timedelta(days=20), offer=class_details(world))
    assert refusals(lambda: announce(far, crew[0])) == ["lottery_times"]


def test_a_session_that_somebody_has_booked_is_not_drawn(
    crew: list[int], drawn_class: ClassSession
) -> None:
    book(crew[1], drawn_class)
    assert refusals(lambda: announce(drawn_class, crew[0])) == ["places_in_use"]


def test_only_who_plans_announces(crew: list[int], drawn_class: ClassSession) -> None:
    def work() -> None:
        with writing() as session:
            service.announce(
                session,
                an_actor(crew[1]),
                drawn_class.public_id,
                NewLottery(NOW, DRAWS_AT),
                secret=world_of.SECRET,
                now=NOW,
            )

    assert refusals(work) == ["forbidden"]


def test_what_was_promised_does_not_change(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    """A second announcement is refused with a code, and the database refuses every change."""
    other = DRAWS_AT + timedelta(hours=1)
    assert refusals(lambda: announce(drawn_class, crew[0], draws_at=other)) == ["lottery_committed"]
    for change in (
        update(Lottery).values(draws_at=other),
        update(Lottery).values(commitment="0" * 64),
        delete(Lottery),
    ):
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(change)
    assert exported(lottery)["draws_at"] == DRAWS_AT.isoformat()


@pytest.mark.planted_fault("no rule looks for a live lottery")
def test_the_database_refuses_a_second_live_lottery(
    crew: list[int],
    drawn_class: ClassSession,
    lottery: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "reasons_against_announcing", lambda *_args, **_named: [])
    assert refusals(lambda: announce(drawn_class, crew[0])) == ["lottery_committed"]


def test_called_off_it_tells_who_had_entered_and_another_one_can_follow(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    enter(lottery, crew[1])
    for _tap in range(2):
        with writing() as session:
            service.call_off(
                session, an_actor(crew[0], "manager"), lottery, reason="A mistake", now=NOW
            )
    assert exported(lottery)["reason"] == "A mistake"
    assert world_of.states(lottery) == {crew[1]: "called_off"}
    assert len(mails("lottery_called_off")) == 1
    assert broken() == {}
    second = announce(drawn_class, crew[0])
    enter(second, crew[1])
    draw(second)
    with reading() as session:
        assert session.scalar(select(func.count(Lottery.id))) == 2


def test_a_drawn_lottery_is_not_called_off(crew: list[int], lottery: uuid.UUID) -> None:
    draw(lottery)

    def work() -> None:
        with writing() as session:
            service.call_off(session, an_actor(crew[0], "manager"), lottery, reason="-", now=NOW)

    assert refusals(work) == ["lottery_over"]


def test_staff_cannot_book_past_a_lottery(
    crew: list[int], drawn_class: ClassSession, lottery: uuid.UUID
) -> None:
    with reading() as session:
        person = session.get_one(Member, crew[1]).public_id

    def book_for() -> None:
        with writing() as session:
            desk = an_actor(crew[0], "desk")
            bookings.book_for(session, desk, person, drawn_class.public_id, now=NOW)

    assert refusals(book_for) == ["places_are_drawn"]
