"""Raw SQL that breaks an invariant is refused by a named constraint on both engines."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from tests.world.booking import NOW, World, a_member, a_rule, a_session, class_details
from zone.booking.allocations.models import Allocation, Hold
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.core.db.constraints import constraint_name
from zone.core.db.transactions import writing
from zone.core.db.types import Base
from zone.core.errors import CONSTRAINTS, DomainError


@pytest.fixture
def yoga(world: World) -> ClassSession:
    with writing() as session:
        return a_session(session, world)


def refused_by(statement: Any) -> str | None:
    """Return the name of the constraint that refused a statement."""
    with pytest.raises((IntegrityError, DomainError)) as caught, writing() as session:
        session.execute(statement)
    error = caught.value.__cause__ if isinstance(caught.value, DomainError) else caught.value
    assert isinstance(error, IntegrityError)
    return constraint_name(error)


def check_each_is_refused(table: str, assignments: dict[str, str]) -> None:
    refusals = {
        assignment: refused_by(text(f"UPDATE {table} SET {assignment}"))
        for assignment in assignments
    }
    assert refusals == {
        assignment: f"ck_{table}_{constraint}" for assignment, constraint in assignments.items()
    }


@pytest.mark.engines("sqlite", "postgresql")
def test_an_impossible_session_is_refused(yoga: ClassSession) -> None:
    check_each_is_refused(
        "allocation",
        {
            "booked = bookable + 1": "places",
            "booked = -1": "places",
            "bookable = capacity + 1": "bookable",
            "kind = 'party'": "kind",
            "state = 'maybe'": "state",
            "space_id = NULL": "place",
            "ends_at = starts_at": "order",
        },
    )


@pytest.mark.engines("sqlite", "postgresql")
def test_an_impossible_rule_is_refused(world: World) -> None:
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
    check_each_is_refused(
        "session_rule",
        {
            "weekdays = 0": "weekdays",
            "minutes = 0": "minutes",
            "capacity = 0": "capacity",
            "kind = 'party'": "kind",
            "space_id = NULL": "place",
            "first_on = '2027-01-01'": "order",
        },
    )


@pytest.mark.engines("sqlite", "postgresql")
def test_a_session_of_a_rule_and_a_day_exists_once(world: World) -> None:
    with writing() as session:
        weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
    same_day = text("UPDATE class_session SET rule_day = '2026-09-01'")
    assert refused_by(same_day) == "uq_class_session_rule_id_rule_day"


@pytest.mark.engines("sqlite", "postgresql")
def test_a_part_is_held_once_at_a_time(yoga: ClassSession) -> None:
    again = text(
        "INSERT INTO hold (part_id, slice, allocation_id) "
        "SELECT part_id, slice, allocation_id FROM hold"
    )
    assert refused_by(again) == "uq_hold_part_slice"


def a_row(yoga: ClassSession, member: int, state: str = "booked") -> Any:
    return insert(Booking).values(
        public_id=uuid.uuid4(), session_id=yoga.id, member_id=member, state=state, created_at=NOW
    )


@pytest.mark.engines("sqlite", "postgresql")
def test_a_person_has_one_live_booking_in_a_session(world: World, yoga: ClassSession) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna")
        for state in ("cancelled", "cancelled", "booked"):
            session.execute(a_row(yoga, anna, state))
    for state in ("booked", "attended", "no_show"):
        assert refused_by(a_row(yoga, anna, state)) == "uq_booking_live"
    assert refused_by(a_row(yoga, anna, "dreamt")) == "ck_booking_state"


@pytest.mark.parametrize(
    ("numbers", "constraint"),
    [
        ({"bookable_percent": 101}, "percent"),
        ({"marks_percent": -1}, "marks"),
        ({"affiliated_as": "alumni"}, "affiliated_as"),
        # A waitlist is one for all: nobody's place closes earlier than that of another.
        ({"affiliated_as": "staff", "closes_minutes": 60}, "by_group"),
    ],
)
def test_numbers_of_the_policy_that_cannot_be_are_refused(
    app: Flask, numbers: dict[str, Any], constraint: str
) -> None:
    statement = insert(BookingPolicy).values(**numbers)
    assert refused_by(statement) == f"ck_booking_policy_{constraint}"


@pytest.mark.engines("sqlite", "postgresql")
def test_a_class_has_no_number_of_a_person_of_its_own(world: World, yoga: ClassSession) -> None:
    own = insert(BookingPolicy).values(activity_id=yoga.activity_id, queue_places=9)
    assert refused_by(own) == "ck_booking_policy_by_activity"


@pytest.mark.engines("sqlite", "postgresql")
def test_what_held_of_the_policy_is_never_changed(app: Flask) -> None:
    with writing() as session:
        session.add(BookingPolicy(opens_days=9))
    for change in (update(BookingPolicy).values(opens_days=8), delete(BookingPolicy)):
        refused = pytest.raises((IntegrityError, DomainError), match="append-only")
        with refused, writing() as session:
            session.execute(change)


def test_each_constraint_has_an_error_code() -> None:
    tables = [
        Base.metadata.tables[model.__tablename__]
        for model in (BookingPolicy, Allocation, ClassSession, SessionRule, Booking, Hold)
    ]
    named = {str(key.name) for table in tables for key in table.constraints}
    named |= {str(key.name) for table in tables for key in table.indexes}
    expected = {
        name
        for name in CONSTRAINTS
        if name.split("_", 1)[1].startswith(tuple(table.name for table in tables))
    }
    assert expected <= named
    assert {"ck_allocation_places", "uq_booking_live", "uq_hold_part_slice"} <= expected


@pytest.mark.engines("sqlite", "postgresql")
def test_times_that_overlap_by_a_minute_are_an_overlap(world: World, yoga: ClassSession) -> None:
    with pytest.raises(DomainError, match="space_taken"), writing() as session:
        a_session(session, world, start=yoga.ends_at - timedelta(minutes=1), minutes=5)
    with writing() as session:
        a_session(session, world, start=yoga.ends_at, minutes=5)
