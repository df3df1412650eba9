"""Spaces with their own rules: lengths, starts, buffers, limits, companions; and alternatives."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.world.booking import NOW, World, a_member, a_session, class_details
from tests.world.courts import book, reasons
from zone.booking.allocations.models import Allocation, Hold
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.queries import policies
from zone.booking.reservations import context as reservations_context
from zone.booking.reservations import queries as reservations_queries
from zone.booking.reservations import rules as reservations_rules
from zone.booking.reservations import service as reservations
from zone.booking.reservations.context import Courts
from zone.booking.reservations.rules import ReservationRequest, longest_from, starts_on
from zone.core.db.transactions import open_read_connection, reading, writing
from zone.core.errors import DomainError
from zone.core.time import day_window, from_helsinki
from zone.places.opening_hours.service import set_exception, set_hours
from zone.places.spaces.models import Space
from zone.places.spaces.service import create_space

TOMORROW = date(2026, 9, 22)
SHORT_DAY, LONG_DAY = date(2027, 3, 28), date(2026, 10, 25)
"""The days of 23 and of 25 hours."""


def at(hour: int, minute: int = 0, day: date = TOMORROW) -> datetime:
    return from_helsinki(day, time(hour, minute))


def people(world: World, count: int, now: datetime = NOW) -> list[int]:
    with writing() as session:
        return [a_member(session, world, f"p{n}", now=now) for n in range(count)]


def with_rules(space: UUID, **rules: int | None) -> None:
    with writing() as session:
        row = session.scalars(select(Space).where(Space.public_id == space)).one()
        for name, value in rules.items():
            setattr(row, name, value)


def on_day(day: date = TOMORROW) -> Courts:
    with open_read_connection() as connection:
        policy = policies(connection, NOW).of()
        return reservations_context.courts_of_campus(connection, [day], policy)


def free_clock(
    court: UUID, *, now: datetime = NOW, minutes: int = 60, day: date = TOMORROW
) -> list[str]:
    """The free starts of a day as UTC clock times."""
    return [f"{start.starts_at:%H:%M}" for start in on_day(day).free(now, minutes)[court]]


def test_a_space_has_its_own_length_and_start_interval(world: World) -> None:
    with_rules(world.court_1, step_minutes=45, least_minutes=45, most_minutes=90)
    anna, bert = people(world, 2)
    assert reasons(anna, world.court_1, at(12), 60, now=NOW)[0] == "bad_booking_time"
    assert reasons(anna, world.court_1, at(12, 30), 45, now=NOW)[0] == "bad_booking_time"
    assert reasons(anna, world.court_1, at(12), 135, now=NOW)[0] == "bad_booking_time"
    assert reasons(anna, world.court_1, at(12), 90, now=NOW) == []
    assert reasons(bert, world.court_1, at(13, 30), 45, now=NOW) == []
    with_rules(world.court_2, least_minutes=60)
    assert reasons(bert, world.court_2, at(16), 30, now=NOW) == ["bad_booking_time"]


def test_buffers_are_held_and_not_shown(world: World) -> None:
    with_rules(world.court_1, before_minutes=10, after_minutes=20)
    anna, bert = people(world, 2)
    booking = book(anna, world.court_1, at(12), now=NOW)
    with reading() as session:
        assert session.scalar(select(func.count(Hold.id))) == 2 * (60 + 30) // 5
        stored = session.get_one(Booking, booking.id)
        assert session.get_one(Allocation, stored.session_id).ends_at == at(13)
    assert reasons(bert, world.court_1, at(13), 30, now=NOW) == ["space_taken"]
    assert reasons(bert, world.court_2, at(13), 30, now=NOW) == ["space_taken"], "it shares a third"
    assert reasons(bert, world.court_1, at(11, 30), 30, now=NOW) == ["space_taken"]
    assert reasons(bert, world.court_1, at(13, 30), 30, now=NOW) == []


def test_future_and_weekly_reservations_are_limited(world: World) -> None:
    [anna] = people(world, 1)
    for hour in (12, 13):
        book(anna, world.court_1, at(hour), now=NOW)
    assert reasons(anna, world.court_1, at(14), now=NOW) == ["too_many_space_bookings"]
    later = at(20)
    book(anna, world.court_1, at(20, 30), 30, now=later)
    assert reasons(anna, world.court_1, at(12, day=TOMORROW + timedelta(days=1)), now=later) == [
        "space_week_full"
    ]
    next_week = TOMORROW + timedelta(days=6)
    assert next_week.isoweekday() == 1
    assert reasons(anna, world.court_1, at(12, day=next_week), now=later) == []


def test_the_limits_come_from_the_policy(world: World) -> None:
    [anna] = people(world, 1)
    with writing() as session:
        session.add(BookingPolicy(space_open_bookings=1, space_week_bookings=1))
    book(anna, world.court_1, at(12), now=NOW)
    assert reasons(anna, world.court_1, at(13), now=NOW) == [
        "too_many_space_bookings",
        "space_week_full",
    ]


def test_a_cancelled_reservation_does_not_count(world: World) -> None:
    [anna] = people(world, 1)
    for _ in range(4):
        booking = book(anna, world.court_1, at(12), now=NOW)
        with writing() as session:
            bookings.cancel(session, member_id=anna, booking=booking.public_id, now=NOW)


def test_companions_are_limited_by_the_space(world: World) -> None:
    with_rules(world.court_1, companions=1)
    anna, bert = people(world, 2)
    assert reasons(anna, world.court_1, at(12), now=NOW, companions=2) == ["too_many_companions"]
    assert reasons(bert, world.court_2, at(16), now=NOW, companions=1) == ["too_many_companions"]
    assert book(anna, world.court_1, at(12), now=NOW, companions=1).companions == 1


def test_every_reason_is_named_at_once(world: World) -> None:
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False)
    [anna] = people(world, 1)
    book(anna, world.court_1, at(12), now=NOW)
    assert reasons(nobody, world.court_2, at(12), now=NOW, companions=1) == [
        "space_taken",
        "no_right",
        "too_many_companions",
    ]


def test_free_starts_follow_hours_holds_and_the_clock(world: World) -> None:
    anna, bert = people(world, 2)
    book(anna, world.court_1, at(12), 90, now=NOW)
    book(bert, world.court_2, at(16), 60, now=NOW)
    with writing() as session:
        set_exception(
            session,
            campus_id=world.campus,
            day=TOMORROW,
            opens=time(11),
            closes=time(17),
            reason="Fair",
        )
    assert free_clock(world.court_1) == ["08:00", "10:30", "11:00", "11:30", "12:00"]
    assert free_clock(world.hall_public, minutes=120) == ["10:30", "11:00"]
    assert free_clock(world.court_2, now=at(14)) == ["11:30", "12:00"], (
        "booking closes half an hour before"
    )


def test_a_day_that_is_not_open_for_booking_has_nothing_free(world: World) -> None:
    far = TOMORROW + timedelta(days=9)
    assert free_clock(world.court_1, day=far) == []
    assert free_clock(world.court_1, day=TOMORROW - timedelta(days=1), now=at(22)) == []


def round_the_clock(world: World) -> None:
    with writing() as session:
        set_hours(
            session,
            campus_id=world.campus,
            weekdays=range(1, 8),
            opens=time(0),
            closes=time(23, 59),
            valid_from=date(2026, 9, 1),
        )


@pytest.mark.parametrize(("day", "hours"), [(SHORT_DAY, 23), (LONG_DAY, 25), (TOMORROW, 24)])
def test_an_open_ended_day_has_a_start_for_each_step(world: World, day: date, hours: int) -> None:
    round_the_clock(world)
    now = day_window(day)[0] - timedelta(hours=1)
    for step in (15, 30, 60):
        with_rules(world.court_1, step_minutes=step)
        starts = [free_start.starts_at for free_start in on_day(day).free(now)[world.court_1]]
        assert len(starts) == hours * 60 // step
        assert {later - start for start, later in pairwise(starts)} == {timedelta(minutes=step)}


def test_steps_follow_the_wall_clock(world: World) -> None:
    assert [f"{start:%H:%M}" for start in starts_on(SHORT_DAY, 120)][:3] == [
        "22:00",
        "00:00",
        "01:00",
    ]
    assert len(starts_on(LONG_DAY, 120)) == 12
    assert len(starts_on(LONG_DAY, 60)) == 25


def scatter(world: World, chance: random.Random, day: date, now: datetime) -> None:
    """Rules, bookings, a class and hours, as chance has it."""
    for court in (world.court_1, world.court_2, world.hall_public):
        step = chance.choice([15, 30, 60])
        with_rules(
            court,
            step_minutes=step,
            least_minutes=step * chance.randrange(1, 3),
            most_minutes=step * 3,
            before_minutes=chance.choice([0, 5, 15]),
            after_minutes=chance.choice([0, 10]),
        )
    if chance.random() < 0.5:
        round_the_clock(world)
    with writing() as session:
        bookers = [a_member(session, world, f"c{n}", now=now) for n in range(8)]
        start = day_window(day)[0] + timedelta(hours=chance.randrange(10, 18))
        a_session(
            session, world, start=start, offer=class_details(world, space=world.hall), now=now
        )
    for person in bookers:
        start = day_window(day)[0] + timedelta(minutes=15 * chance.randrange(0, 96))
        reasons(
            person,
            chance.choice([world.court_1, world.court_2]),
            start,
            chance.choice([30, 45, 60]),
            now=now,
        )


def check_free_is_what_can_be_booked(world: World, day: date, seed: int) -> None:
    """Of all starts and lengths of a day, exactly those that are shown as free can be booked."""
    chance, now = random.Random(seed), day_window(day)[0] - timedelta(hours=2)
    scatter(world, chance, day, now)
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    courts = on_day(day)
    for court in courts.courts:
        free = {
            free_start.starts_at: free_start.longest
            for free_start in courts.free(now)[court.public_id]
        }
        start, end = day_window(day)
        tries = [
            start + timedelta(minutes=5 * n)
            for n in range(int((end - start).total_seconds()) // 300)
        ]
        for begin in [*chance.sample(tries, 12), *chance.sample(list(free), min(6, len(free)))]:
            for minutes in {
                chance.choice((15, 30, 45, 60, 90)),
                free.get(begin, 120),
                free.get(begin, 0) + 15,
            }:
                shown = minutes in court.rules.lengths and minutes <= free.get(begin, 0)
                assert (may_book(anna, court.public_id, begin, minutes, now) == []) is shown, (
                    begin,
                    minutes,
                )


def may_book(
    member: int, space: UUID, start: datetime, minutes: int, now: datetime
) -> Sequence[str]:
    """Return the reasons against a reservation by trying it and rolling it back."""
    with writing() as session:
        requested = ReservationRequest(space, start, minutes)
        try:
            reservations.book_space(session, member_id=member, requested=requested, now=now)
        except DomainError as refusal:
            return [reason.code for reason in refusal.reasons]
        finally:
            session.rollback()
    return []


@pytest.mark.parametrize(("day", "seed"), [(TOMORROW, 1), (SHORT_DAY, 2), (LONG_DAY, 3)])
def test_exactly_the_free_starts_can_be_booked(world: World, day: date, seed: int) -> None:
    check_free_is_what_can_be_booked(world, day, seed)


@pytest.mark.thorough
@pytest.mark.planted_fault("a day that forgets the buffers")
def test_a_day_without_buffers_fails_the_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reservations_rules,
        "longest_from",
        lambda court, start: longest_from(
            replace(court, rules=replace(court.rules, before=0, after=0)), start
        ),
    )
    with pytest.raises(AssertionError):
        for seed in range(4, 8):
            check_free_is_what_can_be_booked(world, TOMORROW, seed)


def alternatives_of(
    member: int, requested: ReservationRequest, now: datetime = NOW
) -> list[tuple[str, datetime]]:
    with open_read_connection() as connection:
        alternatives = reservations_queries.alternatives(
            connection, member_id=member, requested=requested, now=now
        )
    return [(court.name["en"], start) for court, start in alternatives]


def test_the_nearest_alternatives_come_first(world: World) -> None:
    with writing() as session:
        create_space(
            session,
            campus_id=world.campus,
            code="table",
            names=("Pöytä", "Bord", "Table"),
            capacity=4,
            parts=("table",),
            own_use=True,
        )
    anna, bert = people(world, 2)
    book(anna, world.court_1, at(12), now=NOW)
    assert alternatives_of(bert, ReservationRequest(world.court_1, at(12), 60)) == [
        ("Table", at(12)),
        ("Court 1", at(11)),
        ("Court 1", at(13)),
        ("Court 1", at(10, 30)),
    ]


def check_every_alternative_can_be_booked(world: World, seed: int) -> None:
    """Whoever is refused is offered only what they could book there and then."""
    chance = random.Random(seed)
    scatter(world, chance, TOMORROW, NOW)
    for court in (world.court_1, world.court_2, world.hall_public):
        with_rules(court, step_minutes=30, least_minutes=30, most_minutes=90)
    with writing() as session:
        anna = a_member(session, world, "anna")
        set_exception(
            session,
            campus_id=world.campus,
            day=TOMORROW + timedelta(days=1),
            opens=None,
            closes=None,
            reason="Closed",
        )
    book(anna, world.court_1, at(19, 0, TOMORROW + timedelta(days=2)), 60, now=NOW)
    offered = 0
    for _ in range(12):
        start = at(7, 0, TOMORROW + timedelta(days=chance.randrange(3))) + timedelta(
            minutes=30 * chance.randrange(30)
        )
        requested = ReservationRequest(
            chance.choice([world.court_1, world.court_2, world.hall_public]), start, 60
        )
        with open_read_connection() as connection:
            alternatives = reservations_queries.alternatives(
                connection, member_id=anna, requested=requested, now=NOW
            )
        offered += len(alternatives)
        for offer, begin in alternatives:
            assert may_book(anna, offer.public_id, begin, 60, NOW) == [], (offer.name["en"], begin)
    assert offered


@pytest.mark.parametrize("seed", [1, 2])
def test_every_alternative_can_be_booked_by_the_same_person(world: World, seed: int) -> None:
    check_every_alternative_can_be_booked(world, seed)


@pytest.mark.planted_fault("offers are not checked")
def test_unchecked_alternatives_fail_the_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reservations_rules,
        "_bookable",
        lambda slots, requested, person, policy, now, most=3: list(slots)[-most:],
    )
    monkeypatch.setattr(
        reservations_rules,
        "bookable_now",
        lambda policy, now: lambda start: now <= start <= now + timedelta(days=30),
    )
    with pytest.raises(AssertionError):
        check_every_alternative_can_be_booked(world, 1)


def test_without_a_right_there_is_no_alternative(world: World) -> None:
    with writing() as session:
        nobody = a_member(session, world, "nobody", with_pass=False)
    assert alternatives_of(nobody, ReservationRequest(world.court_1, at(12), 60)) == []
