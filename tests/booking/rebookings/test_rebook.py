"""A booking moves to another session of its activity: both steps or none, also at once."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.booking.moves.test_moves import mails, refuse_broken
from tests.world.booking import NOW, World, a_member, a_person, a_session, class_details
from tests.world.races import outcomes
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.models import BookingPolicy
from zone.booking.rebookings import queries
from zone.booking.rebookings import service as rebookings
from zone.booking.seats.service import lock_session
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.people.models import Member

SOON = NOW + timedelta(minutes=1)


def yoga(world: World, day: int, *, percent: int = 10, name: str = "Yoga") -> ClassSession:
    """Yoga so many days from now, with one place that can be booked."""
    with writing() as session:
        details = class_details(world, percent=percent, name=name)
        return a_session(session, world, start=NOW + timedelta(days=day, hours=5), offer=details)


def booked(world: World, name: str, row: ClassSession) -> tuple[int, UUID]:
    with writing() as session:
        member = a_member(session, world, name)
        booking = bookings.book(session, member_id=member, class_session=row.public_id, now=NOW)
        return member, booking.public_id


def move(of: tuple[int, UUID], to: ClassSession) -> UUID:
    with writing() as session:
        member, booking = of
        done = rebookings.rebook(
            session, member_id=member, booking=booking, to=to.public_id, now=SOON
        )
        return done.public_id


def live() -> dict[int, list[int]]:
    """Return the sessions that each member has booked."""
    with reading() as session:
        rows = session.execute(
            select(Booking.member_id, Booking.session_id).where(Booking.state == "booked")
        )
        found: dict[int, list[int]] = {}
        for member, session_id in rows:
            found.setdefault(member or 0, []).append(session_id)
        return found


def test_both_happen_and_the_old_place_goes_to_the_queue(world: World) -> None:
    first, second = yoga(world, 1), yoga(world, 2)
    anna = booked(world, "anna", first)
    with writing() as session:
        berta = a_member(session, world, "berta")
        waitlist.join(session, member_id=berta, class_session=first.public_id, now=NOW)
    new = move(anna, second)
    assert live() == {anna[0]: [second.id], berta: [first.id]}
    assert move(anna, second) == new, "the second tap"
    assert set(mails("given_up")) == {"anna"}
    assert set(mails("queue_promoted")) == {"berta"}
    refuse_broken()


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"day": 2, "name": "Pilates"}, "other_activity"),
        ({"day": 30}, "booking_not_open"),
    ],
)
def test_a_refused_move_leaves_the_booking(world: World, second: dict[str, Any], code: str) -> None:
    first, other = yoga(world, 1), yoga(world, **second)
    anna = booked(world, "anna", first)
    with pytest.raises(DomainError) as refusal:
        move(anna, other)
    assert refusal.value.reasons[0].code == code
    assert live() == {anna[0]: [first.id]}
    refuse_broken()


def test_a_full_session_leaves_the_booking(world: World) -> None:
    first, second = yoga(world, 1), yoga(world, 2)
    anna, _ = booked(world, "anna", first), booked(world, "berta", second)
    with pytest.raises(DomainError) as refusal:
        move(anna, second)
    assert refusal.value.reasons[0].code == "session_full"
    assert live()[anna[0]] == [first.id]


def test_after_the_limit_it_is_too_late(world: World) -> None:
    first, second = yoga(world, 1), yoga(world, 2)
    member, booking = booked(world, "anna", first)
    late = first.starts_at - timedelta(minutes=119)
    with writing() as session, pytest.raises(DomainError) as refusal:
        rebookings.rebook(session, member_id=member, booking=booking, to=second.public_id, now=late)
    assert refusal.value.reasons[0].code == "cancel_too_late"


def test_another_persons_booking_is_not_found(world: World) -> None:
    first, second = yoga(world, 1), yoga(world, 2)
    _, booking = booked(world, "anna", first)
    with writing() as session:
        berta = a_member(session, world, "berta")
    with pytest.raises(DomainError) as refusal:
        move((berta, booking), second)
    assert refusal.value.status == 404


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_want_the_last_place_one_keeps_the_old_one(app: Flask, world: World) -> None:
    first, second = yoga(world, 1, percent=20), yoga(world, 2)
    people = [booked(world, name, first) for name in ("anna", "berta")]
    works = [lambda of=of: move(of, second) for of in people]
    assert outcomes(app, works) == {"done": 1, "session_full": 1}
    assert sorted(live().values()) == [[first.id], [second.id]]
    refuse_broken()


def opposite_ways(app: Flask, world: World) -> Counter[str]:
    """Two people move their bookings between two sessions, each the way of the other."""
    first, second = yoga(world, 1, percent=20), yoga(world, 2, percent=20)
    anna, berta = booked(world, "anna", first), booked(world, "berta", second)
    return outcomes(app, [lambda: move(anna, second), lambda: move(berta, first)])


@pytest.mark.engines("sqlite", "postgresql")
def test_two_who_move_the_opposite_way_do_not_deadlock(app: Flask, world: World) -> None:
    assert opposite_ways(app, world) == {"done": 2}
    refuse_broken()


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("the session of the booking is locked first, whatever its id")
def test_locking_in_another_order_deadlocks(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_one = threading.Barrier(2, timeout=10)

    def own_first(session: Session, old_id: int, new_id: int, _member_id: int) -> None:
        lock_session(session, old_id)
        both_have_one.wait()
        lock_session(session, new_id)

    monkeypatch.setattr(rebookings, "_lock", own_first)
    with pytest.raises(OperationalError, match="deadlock"):
        opposite_ways(app, world)


@pytest.mark.planted_fault("the new place is booked before the old one is looked at")
def test_without_the_limit_a_late_move_costs_nobody_anything(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebookings, "_refuse", lambda *_: None)
    with pytest.raises(pytest.fail.Exception):
        test_after_the_limit_it_is_too_late(world)


def test_one_of_one_activity_and_one_page(app: Flask, world: World) -> None:
    now = utc_now()
    client: FlaskClient = a_person(app, world, "carla", now)
    with writing() as session:
        rows = [
            a_session(session, world, start=now + timedelta(days=day), now=now) for day in (1, 2)
        ]
    made = client.post("/api/v1/bookings", json={"session": str(rows[0].public_id)}).get_json()
    page = client.get(f"/bookings/{made['id']}/move?lang=en")
    assert page.status_code == 200
    assert str(rows[1].public_id) in page.text
    done = client.post(f"/bookings/{made['id']}/move", data={"session": str(rows[1].public_id)})
    assert done.status_code == 303
    moved = client.post(
        f"/api/v1/bookings/{made['id']}/move", json={"session": str(rows[1].public_id)}
    )
    assert moved.get_json()["session"]["id"] == str(rows[1].public_id)


def offered(world: World, name: str, row: ClassSession, holder: tuple[int, UUID]) -> int:
    """Let a person wait for a session, and offer them the place that its holder gives up."""
    with writing() as session:
        member = session.scalars(select(Member.id).where(Member.name == name)).one()
        waitlist.join(session, member_id=member, class_session=row.public_id, now=NOW)
    with writing() as session:
        session.add(BookingPolicy(promote_minutes=7 * 24 * 60))  # so that it is offered
    with writing() as session:
        bookings.cancel(session, member_id=holder[0], booking=holder[1], now=SOON)
    return member


def test_a_booking_moves_to_the_place_that_is_kept(world: World) -> None:
    """At the limit of open bookings nobody else could have it otherwise."""
    first, second = yoga(world, 1), yoga(world, 2)
    anna, berta = booked(world, "anna", first), booked(world, "berta", second)
    offered(world, "anna", second, berta)
    with reading() as session:
        policies = policies_queries.policies(session.connection(), SOON, anna[0])
        shown = queries.other_times(session, anna[0], anna[1], policies, SOON).sessions
    assert [one.id for one in shown] == [second.public_id]
    new = move(anna, second)
    assert live() == {anna[0]: [second.id]}
    assert move(anna, second) == new, "the second tap"
    refuse_broken()
