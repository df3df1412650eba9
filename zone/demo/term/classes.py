"""The timetable of the term and its bookings: classes by services, bookings in bulk."""

import random
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions import service as sessions_service
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.sessions.service import HOLDS_KEPT
from zone.booking.weekly_classes import rules as weekly_classes_rules
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.rules import Weekly
from zone.core.time import helsinki_date
from zone.demo.term import names, past
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.demo.term.people import TermMember
from zone.demo.term.places import CAPACITY, TermStudio
from zone.members.people import service as people_service
from zone.members.roles.service import grant_role

FILE: Final = Path(__file__).with_name("programme.toml")
TIMES: Final = tuple(time(*at) for at in ((16, 0), (17, 30), (11, 0), (19, 0), (7, 30), (12, 30)))
SATURDAY_TIMES: Final = tuple(time(hour) for hour in (10, 12, 14, 9, 13, 16))
DAYS: Final = 6
OPEN_AHEAD: Final = past.OPEN_AHEAD
OUTCOMES: Final = {"attended": 0.8, "no_show": 0.05, "cancelled": 0.15}
"""The shares of outcomes among bookings of a past session."""
ROUNDS: Final = 3
MOST_OPEN: Final = 3
"""Coming sessions that one person has booked."""
ROOM: Final = (1.2, 2.6)
"""The range of a class's places, times the bookings of an average one: some classes are full."""
POPULAR: Final = (0.4, 1.6)
"""The range of how popular a class is; 1 is the average."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A session with the number of its seats that can be booked. `door`: of its campus."""

    id: int
    starts_at: datetime
    ends_at: datetime
    bookable: int
    door: int
    popular: float


@dataclass(frozen=True, slots=True)
class Attended:
    """A person's presence in a session that they had booked."""

    session: Planned
    person: TermMember


def schedule(
    session: Session,
    studios: Sequence[TermStudio],
    count: int,
    since: datetime,
    until: datetime,
    now: datetime,
    average: float,
    chance: random.Random,
) -> None:
    """Make `count` weekly classes with their past sessions, spread over studios, days and hours.

    `average`: the bookings of an average session.
    """
    instructors = [_instructor(session, number, since, chance) for number in range(len(studios))]
    held = list[past.Held]()
    for number in range(count):
        line, studio = divmod(number, len(studios))
        offer = _offer(number, studios[studio], instructors[studio], average, chance)
        when = _when(line, studio, _programme()[number % len(_programme())], since, until)
        held += _weekly(session, offer, when, now)
    past.write_held(session, held, chance, now, bookable=True)
    sessions_service.mark_held(session, now)


@cache
def _programme() -> list[dict[str, Any]]:
    offers: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["offer"]
    return offers


def _instructor(session: Session, number: int, since: datetime, chance: random.Random) -> int:
    """Make the instructor of a studio: so nobody has two classes at once."""
    member = people_service.create_member(
        session,
        email=f"instructor-{number + 1}@zone.example",
        name=names.full_name(chance),
        language="fi",
        now=since,
    )
    grant_role(session, member.id, "instructor", since)
    return member.id


def _offer(
    number: int, studio: TermStudio, instructor: int, average: float, chance: random.Random
) -> ClassDetails:
    row = _programme()[number % len(_programme())]
    return ClassDetails(
        kind="class",
        name_fi=row["name"]["fi"],
        name_sv=row["name"]["sv"],
        name_en=row["name"]["en"],
        category=row["category"],
        level=row["level"],
        **_texts(row),
        space_id=studio.id,
        capacity=min(CAPACITY, round(average * chance.uniform(*ROOM)) + 1),
        instructor_id=instructor,
    )


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{field}_{language}": text
        for field in ("description", "bring")
        for language, text in row.get(field, {}).items()
    }


def _when(
    line: int, studio: int, offer: dict[str, Any], since: datetime, until: datetime
) -> Weekly:
    """Return a time that no other class of the studio has.

    The `line`-th class of a studio: each of the first six has a weekday of its own, and so on.
    """
    day = 1 + (line + studio) % DAYS
    hour = (line // DAYS + line + 2 * studio) % len(TIMES)
    at = (SATURDAY_TIMES if day == DAYS else TIMES)[hour]
    first, last = helsinki_date(since), helsinki_date(until) - timedelta(days=1)
    return Weekly((day,), at, offer["minutes"], first, last)


def _weekly(session: Session, offer: ClassDetails, when: Weekly, now: datetime) -> list[past.Held]:
    """Make a weekly class with its sessions; return those that are long over, to be written."""
    rule, _ = weekly_classes.create_class(session, offer, when, now=now)
    held = list[past.Held]()
    for day, start, end in weekly_classes_rules.weekly(when, last=helsinki_date(now)):
        if end <= now - HOLDS_KEPT:
            held.append((rule, day))
        elif start <= now:
            sessions_service.create_session(
                session,
                offer,
                start,
                end,
                now=start - OPEN_AHEAD,
                rule_id=rule.id,
                rule_day=day,
            )
    return held


def fill(
    session: Session,
    studios: Sequence[TermStudio],
    people: Sequence[TermMember],
    count: int,
    now: datetime,
    chance: random.Random,
) -> list[Attended]:
    """Make `count` bookings, more in popular classes; return those that were used."""
    planned = _to_book(session, studios, now + OPEN_AHEAD, chance)
    numbers, attended = ids(session, Booking), list[Attended]()
    rows, events = list[Row](), list[Row]()
    shared_out = _shared_out(planned, people, count, now, chance)
    for one in planned:
        chosen = shared_out[one.id]
        states = [_outcome(one, now, chance) for _ in chosen]
        for person, state in zip(chosen, states, strict=True):
            rows.append(row := _booking(next(numbers), one, person, state, now, chance))
            events += _events(row, one)
        attended += [
            Attended(one, person)
            for person, state in zip(chosen, states, strict=True)
            if state == "attended"
        ]
        live = sum(state != "cancelled" for state in states)
        session.execute(update(Allocation).where(Allocation.id == one.id).values(booked=live))
    write(session, Booking, rows)
    write(session, BookingEvent, events)
    return attended


def _shared_out(
    planned: Sequence[Planned],
    people: Sequence[TermMember],
    count: int,
    now: datetime,
    chance: random.Random,
) -> dict[int, list[TermMember]]:
    """Return who books each session, by its id: `count` in all, while there are places and people.

    A person books one session of a day, so nobody is in two at once, and few of the coming ones.
    """
    chosen: dict[int, list[TermMember]] = {one.id: [] for one in planned}
    busy, open_bookings = set[tuple[int, date]](), Counter[int]()
    left = count
    # What finds no place in a popular class goes elsewhere: rounded up, or a few would find none.
    rounds: list[Callable[[float], int]] = [round, *[ceil] * (ROUNDS - 1)]
    for rounded in rounds:
        weight = sum(one.popular for one in planned)
        for one in planned:
            day, coming, booked = helsinki_date(one.starts_at), one.ends_at > now, chosen[one.id]
            wanted = min(rounded(left * one.popular / weight), one.bookable - len(booked))
            weight -= one.popular
            for person in chance.sample(people, len(people)) if wanted else ():
                if len(booked) == one.bookable or wanted == 0:
                    break
                if (person.id, day) in busy or person.since > one.starts_at - OPEN_AHEAD:
                    continue
                if coming and open_bookings[person.id] == MOST_OPEN:
                    continue
                booked.append(person)
                busy.add((person.id, day))
                open_bookings[person.id] += coming
                left, wanted = left - 1, wanted - 1
    return chosen


def _to_book(
    session: Session, studios: Sequence[TermStudio], until: datetime, chance: random.Random
) -> list[Planned]:
    doors = {studio.id: studio.campus for studio in studios}
    query = select(
        ClassSession.id,
        ClassSession.rule_id,
        ClassSession.space_id,
        ClassSession.starts_at,
        ClassSession.ends_at,
        ClassSession.bookable,
    ).where(ClassSession.space_id.in_(doors), ClassSession.starts_at < until)
    popular: dict[int, float] = {}
    return [
        Planned(
            row.id,
            row.starts_at,
            row.ends_at,
            row.bookable,
            doors[row.space_id],
            popular.setdefault(row.rule_id, chance.uniform(*POPULAR)),
        )
        for row in session.execute(query.order_by(ClassSession.rule_id, ClassSession.id))
    ]


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
