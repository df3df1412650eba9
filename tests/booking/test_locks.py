"""Planners and bookers wait for each other without deadlocks."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.world.booking import World, a_member, a_session, an_actor, class_details
from tests.world.races import DEADLINE, Meeting, at_once, outcomes
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.closures import service as closures
from zone.booking.closures.rules import NewDay
from zone.booking.promotions import service as promotions
from zone.booking.seats.service import lock_member
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import ClassPlan, Weekly
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.passes.passes.models import Pass
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

# SQLite's writers are one at a time from BEGIN IMMEDIATE on: there is no ring.
pytestmark = pytest.mark.engines("postgresql")

Plan = Callable[[], None]


@pytest.fixture
def day(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=2)


@pytest.fixture
def yoga(world: World, day: date, now: datetime) -> ClassSession:
    """A weekly class with one place that can be booked."""
    when = Weekly((day.isoweekday(),), time(17), 60, day, day)
    with writing() as session:
        weekly_classes.create_class(session, class_details(world, percent=10), when, now=now)
        return session.scalars(select(ClassSession)).one()


def check_promotion_while_a_manager_plans(
    app: Flask,
    world: World,
    yoga: ClassSession,
    now: datetime,
    plan: Plan,
    begun: Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cancel a booking; before promotions, a planner starts and waits for the session."""
    with writing() as session:
        anna, bert = (a_member(session, world, name, now=now) for name in ("anna", "bert"))
        booking = bookings.book(
            session, member_id=anna, class_session=yoga.public_id, now=now
        ).public_id
        waitlist.join(session, member_id=bert, class_session=yoga.public_id, now=now)
    give, freed = promotions.give_places, Event()

    def promote_late(session: Session, *args: Any) -> int:
        freed.set()
        begun.wait(DEADLINE)
        return give(session, *args)

    def cancel_booking() -> None:
        with writing() as session:
            bookings.cancel(session, member_id=anna, booking=booking, now=now)

    def plan_then() -> None:
        freed.wait(DEADLINE)
        plan()

    monkeypatch.setattr(promotions, "give_places", promote_late)
    at_once(app, [cancel_booking, plan_then])
    with reading() as session:
        assert (
            sorted(session.scalars(select(Booking.state).where(Booking.session_id == yoga.id)))
            == ["cancelled"] * 2
        )


def closing_the_day(
    world: World, day: date, now: datetime, begun: Event, monkeypatch: pytest.MonkeyPatch
) -> Plan:
    lock = vars(closures)["lock_spaces_of_campus"]  # the moment at which the closing has begun

    def lock_and_signal(*args: Any) -> None:
        lock(*args)
        begun.set()

    monkeypatch.setattr(closures, "lock_spaces_of_campus", lock_and_signal)

    def close() -> None:
        with writing() as session:
            campus = session.get_one(Campus, world.campus).code
            actor = session.scalars(select(Booking.member_id)).first() or 0
            closures.set_day(
                session,
                an_actor(actor, "manager"),
                campus,
                NewDay(day, None, "Closed"),
                cancel=True,
                replace=True,
                now=now,
            )

    return close


def test_promotion_during_a_closure_does_not_deadlock(
    app: Flask,
    world: World,
    yoga: ClassSession,
    day: date,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = Event()
    close = closing_the_day(world, day, now, begun, monkeypatch)
    check_promotion_while_a_manager_plans(app, world, yoga, now, close, begun, monkeypatch)


@pytest.mark.thorough
@pytest.mark.planted_fault("a closing that locks its spaces too strongly")
def test_too_strong_space_locks_fail_the_check(
    app: Flask,
    world: World,
    yoga: ClassSession,
    day: date,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        closures,
        "lock_spaces_of_campus",
        lambda session, campus_id: session.execute(select(Space.id).with_for_update()),
    )
    begun = Event()
    close = closing_the_day(world, day, now, begun, monkeypatch)
    with pytest.raises(OperationalError, match="deadlock"):
        check_promotion_while_a_manager_plans(app, world, yoga, now, close, begun, monkeypatch)


def moving_the_class(
    world: World, day: date, now: datetime, begun: Event, monkeypatch: pytest.MonkeyPatch
) -> Plan:
    class_by_id = weekly_classes.class_by_id

    def lock_and_signal(*args: Any, **more: Any) -> SessionRule:
        locked = class_by_id(*args, **more)
        begun.set()
        return locked

    with reading() as session:
        rule = session.scalars(select(SessionRule)).one()
        version, rule_id = rule.version, rule.public_id
    monkeypatch.setattr(weekly_classes, "class_by_id", lock_and_signal)

    def move() -> None:
        later = Weekly((day.isoweekday(),), time(19), 60, day, day)
        plan = ClassPlan(class_details(world, percent=10), later, version, day, "Moved")
        with writing() as session:
            actor = session.scalars(select(Booking.member_id)).first() or 0
            weekly_classes.change_class(session, an_actor(actor, "manager"), rule_id, plan, now=now)

    return move


def test_promotion_while_the_class_moves_does_not_deadlock(
    app: Flask,
    world: World,
    yoga: ClassSession,
    day: date,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = Event()
    move = moving_the_class(world, day, now, begun, monkeypatch)
    check_promotion_while_a_manager_plans(app, world, yoga, now, move, begun, monkeypatch)


def test_managers_who_set_and_drop_a_day_at_once_do_not_deadlock(
    app: Flask, world: World, day: date, now: datetime
) -> None:
    with writing() as session:
        actor = a_member(session, world, "manager", now=now)

    def set_hours(hour: int) -> str:
        with writing() as session:
            campus, new = (
                session.get_one(Campus, world.campus).code,
                NewDay(day, (time(hour), time(20)), "Cup"),
            )
            closures.set_day(
                session,
                an_actor(actor, "manager"),
                campus,
                new,
                cancel=False,
                replace=True,
                now=now,
            )
        return "done"

    def drop_hours() -> str:
        with writing() as session:
            closures.drop_day(
                session,
                an_actor(actor, "manager"),
                session.get_one(Campus, world.campus).code,
                day,
                now=now,
            )
        return "done"

    works = [
        work for hour in range(8, 12) for work in (partial(set_hours, hour), drop_hours, drop_hours)
    ]
    assert set(outcomes(app, works)) <= {"done", "not_found"}


def check_two_who_lose_their_right_at_once(
    app: Flask,
    world: World,
    now: datetime,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of two people loses a place, booked or offered, for which the other one waits."""
    with writing() as session:
        people = [a_member(session, world, name, now=now) for name in ("anna", "bert")]
        both = [
            a_session(
                session,
                world,
                start=now + timedelta(days=day),
                offer=class_details(world, percent=10),
                now=now,
            )
            for day in (2, 3)
        ]
    lost: list[int] = []
    for own, other, held in zip(people, reversed(people), both, strict=True):
        with writing() as session:
            made = bookings.book(session, member_id=own, class_session=held.public_id, now=now)
            waitlist.join(session, member_id=other, class_session=held.public_id, now=now)
        if state == "booked":
            lost.append(made.id)
    if state == "offered":
        lost = _offer_instead(both, people)
    with writing() as session:
        session.execute(update(Pass).values(ends_on=helsinki_date(now)))
    meeting = Meeting()
    give = promotions.give_places

    def give_when_both_hold_their_locks(session: Session, *args: Any) -> int:
        meeting.come()
        return give(session, *args)

    monkeypatch.setattr(promotions, "give_places", give_when_both_hold_their_locks)
    work = bookings.cancel_unheld if state == "booked" else waitlist.remove_unheld

    def lose(row: int) -> None:
        with writing() as session:
            work(session, row, now)

    at_once(app, [partial(lose, row) for row in lost])
    with reading() as session:
        assert not session.scalars(select(ClassSession.booked).where(ClassSession.booked > 0)).all()


def _offer_instead(both: list[ClassSession], people: list[int]) -> list[int]:
    """Make each booking an offer of the same place; return the entries of the offers."""
    offered = []
    for own, held in zip(people, both, strict=True):
        with writing() as session:
            entry = QueueEntry(
                public_id=uuid.uuid4(),
                session_id=held.id,
                rank=0,
                member_id=own,
                state="offered",
                offered_until=held.starts_at,
                created_at=held.starts_at,
            )
            session.add(entry)
            session.execute(
                update(Booking).where(Booking.member_id == own).values(state="cancelled")
            )
            session.flush()
            offered.append(entry.id)
    return offered


@pytest.mark.parametrize("state", ["booked", "offered"])
def test_two_who_lose_their_right_at_once_do_not_deadlock(
    app: Flask, world: World, now: datetime, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_two_who_lose_their_right_at_once(app, world, now, state, monkeypatch)


@pytest.mark.thorough
@pytest.mark.planted_fault("a person locked before those who wait")
@pytest.mark.parametrize("state", ["booked", "offered"])
def test_locking_one_before_the_others_fails_the_check(
    app: Flask, world: World, now: datetime, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        promotions,
        "lock_with_waiting",
        lambda session, _session_id, member_id: lock_member(session, member_id),
    )
    with pytest.raises(OperationalError, match="deadlock"):
        check_two_who_lose_their_right_at_once(app, world, now, state, monkeypatch)
