"""The number of statements for a week of classes does not depend on how many there are."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_member, a_session, class_details
from tests.world.people import a_browser, signed_in
from tests.world.statements import statements
from zone.booking.bookings import service as bookings
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import queries as sessions_queries
from zone.booking.waitlist import service as waitlist
from zone.core.db.transactions import writing
from zone.members.people.models import Member

FEW, MANY = 2, 12
"""Classes on each day of the coming week."""
MOST = 12


def a_week(world: World, now: datetime, numbers: range) -> None:
    """Plan the classes of these numbers on each day: of different activities, at other hours."""
    midnight = (now + timedelta(days=1)).replace(hour=5, minute=0, second=0, microsecond=0)
    with writing() as session:
        for day, number in product(range(7), numbers):
            offer = class_details(
                world, kind="online", space=None, capacity=1, name=f"Yoga {number}", percent=100
            )
            start = midnight + timedelta(days=day, minutes=65 * number)
            a_session(session, world, start=start, offer=offer, now=now)


def a_reader(world: World, now: datetime, name: str, places: int) -> int:
    """Somebody who has booked some classes, and waits for others that are full."""
    with writing() as session:
        session.add(BookingPolicy(open_bookings=50, queue_places=50, opens_days=9))
        reader = a_member(session, world, name, now=now)
        other = a_member(session, world, f"{name}-other", now=now)
        window = (now, now + timedelta(days=9))
        views = [v for v in sessions_queries.sessions(session, window) if v.booked < v.bookable]
    for number, view in enumerate(views[: 2 * places]):
        with writing() as session:
            holder = other if number % 2 else reader
            bookings.book(session, member_id=holder, class_session=view.id, now=now)
            if holder == other:
                waitlist.join(session, member_id=reader, class_session=view.id, now=now)
    return reader


def counted(client: FlaskClient, path: str) -> int:
    client.get(path)  # what a process reads once
    with statements() as recorded:
        assert client.get(path).status_code == 200
    return len(recorded)


def check_statements_do_not_grow(app: Flask, world: World, now: datetime, path: str) -> None:
    a_week(world, now, range(FEW))
    anna = signed_in(app, a_reader(world, now, "anna", 1))
    few = [counted(client, path) for client in (a_browser(app), anna)]
    a_week(world, now, range(FEW, MANY))
    berta = signed_in(app, a_reader(world, now, "berta", 6))
    many = [counted(client, path) for client in (a_browser(app), berta)]
    assert all(after <= before for after, before in zip(many, few, strict=True)), (few, many)
    assert 1 < max(few) <= MOST, few


@pytest.mark.parametrize("path", ["/classes?day={day}", "/classes?day={day}&time=evening&free=1"])
def test_the_statements_of_a_week_do_not_grow_with_its_classes(
    app: Flask, world: World, now: datetime, path: str
) -> None:
    day = (now + timedelta(days=2)).date()
    check_statements_do_not_grow(app, world, now, path.format(day=day))


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("each class asks for itself how many wait")
def test_a_statement_for_each_class_fails_the_check(
    app: Flask, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = sessions_queries.sessions

    def one_by_one(session, window, **more):  # type: ignore[no-untyped-def]  # the fault only
        views = read(session, window, **more)
        for _view in views:
            session.scalar(select(Member.id).limit(1))
        return views

    monkeypatch.setattr(sessions_queries, "sessions", one_by_one)
    with pytest.raises(AssertionError):
        check_statements_do_not_grow(app, world, now, "/classes")
