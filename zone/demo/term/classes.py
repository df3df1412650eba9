"""The timetable of the term and its bookings: classes by services, bookings in bulk."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions import service as sessions_service
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes import rules as weekly_classes_rules
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import Weekly
from zone.core.time import helsinki_date
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.demo.term.people import TermMember
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces import service as spaces_service

STUDIOS: Final = 5
TIMES: Final = (time(12), time(17))
DAYS: Final = 6
MINUTES: Final = 55
CAPACITY: Final = 60
OPEN_AHEAD: Final = timedelta(days=7)
OUTCOMES: Final = {"attended": 0.8, "no_show": 0.05, "cancelled": 0.15}
"""The shares of outcomes among bookings of a past session."""
NAMES: Final = (
    ("Kuntopiiri", "Cirkelträning", "Circuit"),
    ("Jooga", "Yoga", "Yoga"),
    ("Pilates", "Pilates", "Pilates"),
    ("Kahvakuula", "Kettlebell", "Kettlebell"),
    ("Tanssi", "Dans", "Dance"),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A session with the number of its seats that can be booked."""

    id: int
    starts_at: datetime
    ends_at: datetime
    bookable: int


@dataclass(frozen=True, slots=True)
class Attended:
    """A person's presence in a session that they had booked."""

    session: Planned
    person: TermMember


def spaces(session: Session) -> list[int]:
    """Make the studios of the term."""
    campus = campus_by_code(session, "myllypuro")
    made = []
    for number in range(1, STUDIOS + 1):
        names, code = (
            (f"Sali {number}", f"Sal {number}", f"Studio {number}"),
            f"term-studio-{number}",
        )
        made.append(
            spaces_service.create_space(
                session,
                campus_id=campus.id,
                code=code,
                names=names,
                capacity=CAPACITY,
                parts=[code],
            )
        )
    return [space.id for space in made]


def schedule(
    session: Session,
    studios: Sequence[int],
    count: int,
    since: datetime,
    until: datetime,
    now: datetime,
) -> None:
    """Make `count` weekly classes, each at another time, with their past sessions."""
    for number in range(count):
        _weekly(session, studios, number, since, until, now)
    sessions_service.mark_held(session, now)


def _weekly(
    session: Session,
    studios: Sequence[int],
    number: int,
    since: datetime,
    until: datetime,
    now: datetime,
) -> None:
    at, studio = divmod(number, len(studios))
    hour, day = divmod(at, DAYS)
    fi, sv, en = NAMES[number % len(NAMES)]
    offer = ClassDetails(
        kind="class",
        name_fi=fi,
        name_sv=sv,
        name_en=en,
        category="strength",
        space_id=studios[studio],
        capacity=CAPACITY,
    )
    first, last = helsinki_date(since), helsinki_date(until) - timedelta(days=1)
    when = Weekly(day + 1, TIMES[hour], MINUTES, first, last)
    rule, _ = weekly_classes.create_class(session, offer, when, now=now)
    for _, start, end in weekly_classes_rules.weekly(
        when.weekday, when.starts_at, MINUTES, first, helsinki_date(now)
    ):
        if start <= now:
            sessions_service.create_session(
                session, offer, start, end, now=start - OPEN_AHEAD, rule_id=rule.id
            )


def fill(
    session: Session,
    studios: Sequence[int],
    people: Sequence[TermMember],
    count: int,
    now: datetime,
    chance: random.Random,
) -> list[Attended]:
    """Make `count` bookings, spread evenly over the sessions; return those that were used."""
    sessions = _to_book(session, studios, now + OPEN_AHEAD)
    per_session = -(-count // max(1, len(sessions)))
    numbers, attended, left = ids(session, Booking), list[Attended](), count
    rows, events = list[Row](), list[Row]()
    free: dict[datetime, list[TermMember]] = {}
    for planned in sessions:
        at_home = free.setdefault(planned.starts_at, chance.sample(people, len(people)))
        count = min(per_session, left, planned.bookable, len(at_home))
        chosen, at_home[:count] = at_home[:count], []  # a person cannot be in two sessions at once
        states = [_outcome(planned, now, chance) for _ in chosen]
        for person, state in zip(chosen, states, strict=True):
            rows.append(row := _booking(next(numbers), planned, person, state, now, chance))
            events += _events(row, planned)
        attended += [
            Attended(planned, person)
            for person, state in zip(chosen, states, strict=True)
            if state == "attended"
        ]
        live = sum(state != "cancelled" for state in states)
        session.execute(
            update(ClassSession).where(ClassSession.id == planned.id).values(booked=live)
        )
        left -= len(chosen)
    write(session, Booking, rows)
    write(session, BookingEvent, events)
    return attended


def _to_book(session: Session, studios: Sequence[int], until: datetime) -> list[Planned]:
    query = select(
        ClassSession.id, ClassSession.starts_at, ClassSession.ends_at, ClassSession.bookable
    )
    here = ClassSession.space_id.in_(studios) & (ClassSession.starts_at < until)
    return [Planned(*row) for row in session.execute(query.where(here).order_by(ClassSession.id))]


def _outcome(planned: Planned, now: datetime, chance: random.Random) -> str:
    return (
        chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        if planned.ends_at <= now
        else "booked"
    )


def _booking(
    number: int,
    planned: Planned,
    person: TermMember,
    state: str,
    now: datetime,
    chance: random.Random,
) -> Row:
    return {
        "id": number,
        "public_id": random_id(chance),
        "session_id": planned.id,
        "member_id": person.id,
        "state": state,
        "created_at": min(now, planned.starts_at) - timedelta(hours=chance.randint(3, 100)),
    }


def _events(booking: Row, planned: Planned) -> list[Row]:
    made, state = booking["created_at"], booking["state"]
    events = [("booked", made)]
    if state != "booked":
        events.append(
            (state, made + timedelta(hours=1) if state == "cancelled" else planned.ends_at)
        )
    return [
        {"booking_id": booking["id"], "kind": kind, "occurred_at": at, "recorded_at": at}
        for kind, at in events
    ]
