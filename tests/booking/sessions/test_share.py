"""The share of places that can be booked belongs to a session, from when it is made."""

import pytest
from flask import Flask
from sqlalchemy import update

from tests.world.booking import NOW, World, a_member, a_rule, a_session, an_actor, class_details
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import queries as weekly_queries
from zone.booking.weekly_classes import service as weekly_classes
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor


@pytest.fixture
def staff(app: Flask, world: World) -> Actor:
    with writing() as session:
        return an_actor(a_member(session, world, "manager", with_pass=False), "manager")


def with_capacity(staff: Actor, row: ClassSession, *capacities: int) -> tuple[int, int]:
    """Change the capacity, time and again; return how many places can be booked, and the share."""
    for capacity in capacities:
        with writing() as session:
            sessions.set_capacity(session, staff, row.public_id, capacity, reason="Mats", now=NOW)
    with reading() as session:
        stored = session.get_one(ClassSession, row.id)
        return stored.bookable, stored.bookable_percent


def change_the_policy(percent: int) -> None:
    with writing() as session:
        session.add(BookingPolicy(bookable_percent=percent))


def test_a_session_without_a_weekly_class_keeps_its_share(world: World, staff: Actor) -> None:
    with writing() as session:
        half = a_session(session, world, offer=class_details(world, percent=50))
    assert with_capacity(staff, half, 8) == (4, 50)
    assert with_capacity(staff, half, 7, 3, 10) == (5, 50), "rounding is never counted on"


def test_a_later_policy_changes_no_session(world: World, staff: Actor) -> None:
    with writing() as session:
        single = a_session(session, world)
        rule, _ = weekly_classes.create_class(session, class_details(world), a_rule(), now=NOW)
        weekly = weekly_queries.future_sessions(session, rule.id, NOW)[0]
    change_the_policy(100)
    assert with_capacity(staff, single, 9, 10) == (7, 70)
    assert with_capacity(staff, weekly, 9, 10) == (7, 70)
    with writing() as session:
        later = a_session(session, world, start=NOW.replace(day=25))
    assert with_capacity(staff, later, 9) == (9, 100)


@pytest.mark.planted_fault("the share of all sessions is lost")
def test_sessions_that_take_the_default_fail_the_check(
    world: World, staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sessions.create_session

    def without_share(session, *args, **options):  # type: ignore[no-untyped-def]
        row = made(session, *args, **options)
        session.execute(update(ClassSession).values(bookable_percent=70))
        return row

    monkeypatch.setattr(sessions, "create_session", without_share)
    with pytest.raises(AssertionError):
        test_a_session_without_a_weekly_class_keeps_its_share(world, staff)
