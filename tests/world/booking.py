"""An invented campus with its hall, studio, people and classes, for the tests of booking."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.world.marks import mark_no_shows
from tests.world.people import signed_in
from zone.booking.activities.models import Activity
from zone.booking.activities.rules import ActivityDetails
from zone.booking.activities.service import activity_like
from zone.booking.allocations import service as allocations
from zone.booking.bookings import service as bookings
from zone.booking.no_shows import service as no_shows
from zone.booking.reservations.models import Reservation
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes.rules import Weekly
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import from_helsinki, helsinki_date
from zone.members.people.service import create_member
from zone.members.roles.service import grant_role
from zone.passes.catalogue.models import Product
from zone.passes.passes.service import add_pass, new_pass
from zone.places.campuses.service import create_campus
from zone.places.opening_hours.service import set_hours
from zone.places.spaces.service import create_space
from zone.places.terms.service import create_season

NOW = datetime(2026, 9, 21, 9, 0, tzinfo=UTC)  # Monday 12.00 in Helsinki
THIRDS = ("third-1", "third-2", "third-3")


@dataclass(frozen=True, slots=True)
class World:
    """The rows that tests need by name."""

    campus: int
    hall: int
    studio: int
    court_1: uuid.UUID
    court_2: uuid.UUID
    hall_public: uuid.UUID
    product: int


def build(session: Session) -> World:
    """Store Myllypuro: open 7–22, a hall of three parts with two courts, a studio for 10."""
    campus = create_campus(session, code="myllypuro", name="Metropolia Myllypuro")
    set_hours(
        session,
        campus_id=campus.id,
        weekdays=range(1, 8),
        opens=time(7),
        closes=time(22),
        valid_from=date(2026, 1, 1),
    )
    create_season(
        session,
        code="2026-autumn",
        kind="autumn",
        starts_on=date(2026, 8, 31),
        ends_on=date(2026, 12, 20),
        now=NOW,
    )
    hall = create_space(
        session,
        campus_id=campus.id,
        code="hall",
        names=("Sali", "Salen", "Hall"),
        capacity=60,
        parts=THIRDS,
        own_use=True,
    )
    courts = [
        create_space(
            session,
            campus_id=campus.id,
            code=f"court-{n}",
            names=(f"Kenttä {n}", f"Plan {n}", f"Court {n}"),
            capacity=4,
            parts=parts,
            own_use=True,
        )
        for n, parts in ((1, THIRDS[:2]), (2, THIRDS[1:]))
    ]
    studio = create_space(
        session,
        campus_id=campus.id,
        code="studio",
        names=("Studio", "Studion", "Studio"),
        capacity=10,
        parts=("studio",),
    )
    product = Product(
        code="term",
        kind="sports_pass",
        name_fi="Liikuntapassi",
        name_sv="Motionspass",
        name_en="Sports pass",
        entitlements=["gym", "class", "court"],
        campuses=[],
        duration="days",
        length_days=120,
        vat_category="exercise",
    )
    session.add(product)
    session.flush()
    return World(
        campus.id,
        hall.id,
        studio.id,
        courts[0].public_id,
        courts[1].public_id,
        hall.public_id,
        product.id,
    )


def a_member(
    session: Session, world: World, name: str, *, with_pass: bool = True, now: datetime = NOW
) -> int:
    """An invented person, with a pass from a month before `now` to a hundred days after."""
    member = create_member(session, email=f"{name}@zone.example", name=name, language="en", now=now)
    if with_pass:
        product = session.get_one(Product, world.product)
        today = helsinki_date(now)
        first, last = today - timedelta(days=30), today + timedelta(days=100)
        add_pass(
            session,
            new_pass(
                member.id,
                product,
                starts_on=first,
                ends_on=last,
            ),
            now=now,
            by="test",
        )
    return member.id


def an_actor(member_id: int, *roles: str) -> Actor:
    """Return a person with these service roles as a service function sees them."""
    return Actor("person", member_id, uuid.uuid4(), frozenset(roles))


def class_details(
    world: World,
    *,
    kind: str = "class",
    space: int | None = -1,
    capacity: int = 10,
    name: str = "Yoga",
    percent: int | None = None,
    live: bool = True,
) -> ClassDetails:
    """A class in the studio, unless said otherwise."""
    return ClassDetails(
        kind=kind,
        name_fi="Jooga",
        name_sv="Yoga",
        name_en=name,
        category="mind",
        capacity=capacity,
        live=live,
        space_id=world.studio if space == -1 else space,
        bookable_percent=percent,
    )


def an_activity(
    session: Session, name: str = "Yoga", *, kind: str = "class", category: str = "mind"
) -> Activity:
    """An activity of that name in all languages."""
    details = ActivityDetails(
        kind=kind, name_fi=name, name_sv=name, name_en=name, category=category
    )
    return activity_like(session, details)


def in_days(days: int, now: datetime, at: time = time(12)) -> datetime:
    """The moment so many days after that of `now`, at noon in Helsinki unless said otherwise.

    What begins there is over before the campus closes and on the day on which it began, whatever
    the hour of `now`: `now + timedelta(days=1)` is neither in the evening.
    """
    return from_helsinki(helsinki_date(now) + timedelta(days=days), at)


def a_session(
    session: Session,
    world: World,
    *,
    start: datetime = NOW + timedelta(hours=5),
    minutes: int = 60,
    offer: ClassDetails | None = None,
    now: datetime = NOW,
) -> ClassSession:
    """One session, this evening in the studio unless said otherwise."""
    return sessions.create_session(
        session, offer or class_details(world), start, start + timedelta(minutes=minutes), now=now
    )


def activity_root(class_session: ClassSession) -> uuid.UUID:
    """Return what passes name the activity of a session by."""
    with reading() as session:
        return session.get_one(ClassSession, class_session.id).activity.root


def a_reservation(
    session: Session, world: World, *, start: datetime, minutes: int = 60, now: datetime = NOW
) -> Reservation:
    """The whole hall, reserved for own use by nobody yet."""
    court = Reservation(
        public_id=uuid.uuid4(),
        kind="own_use",
        name_fi="Sali",
        name_sv="Sal",
        name_en="Hall",
        space_id=world.hall,
        on_day=helsinki_date(start),
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        capacity=1,
        bookable=1,
    )
    allocations.allocate(session, court, now=now)
    return court


def a_rule(
    *,
    weekday: int = 2,
    at: time = time(17),
    minutes: int = 60,
    first: date = date(2026, 9, 1),
    last: date = date(2026, 12, 20),
) -> Weekly:
    """Every Tuesday at 17.00 of the autumn, unless said otherwise."""
    return Weekly((weekday,), at, minutes, first, last)


def a_person(app: Flask, world: World, name: str, now: datetime, *roles: str) -> FlaskClient:
    """The browser of a signed-in person with a pass."""
    with writing() as session:
        member = a_member(session, world, name, now=now)
        for role in roles:
            grant_role(session, member, role, now)
    return signed_in(app, member)


def a_used_session(world: World, *, came: int, stayed_away: int, now: datetime) -> None:
    """A session of yesterday with ten places, seven of which could be booked."""
    start = now - timedelta(days=2)
    with writing() as session:
        class_session = a_session(session, world, start=start, now=start - timedelta(days=3))
        ids = []
        for number in range(came + stayed_away):
            member = a_member(session, world, f"p{number}", now=start - timedelta(days=3))
            ids.append(
                bookings.book(
                    session,
                    member_id=member,
                    class_session=class_session.public_id,
                    now=start - timedelta(days=1),
                ).id
            )
        sessions.mark_held(session, now)
        no_shows.mark_attended(session, ids[:came], now)
        mark_no_shows(session, ids[came:], now)
