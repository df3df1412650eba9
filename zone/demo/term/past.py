"""The sessions of weekly classes that have been held, in bulk, each recorded in its time."""

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import AllocationEvent
from zone.booking.policies.queries import current
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import bookable_places
from zone.booking.weekly_classes.models import SessionRule
from zone.core.time import from_helsinki, helsinki_date, monday_of
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.places.terms.queries import Term, terms

FEWER: Final = 4
"""In the running term one of so many classes did not run yet: it is below target B until now."""
FEWER_BEFORE: Final = 20
"""And one of so many in an earlier term, which was above it."""
OPEN_AHEAD: Final = timedelta(days=7)

Held = tuple[SessionRule, date]
"""A weekly class, and a day on which it was held."""


def load_earlier(session: Session, now: datetime, chance: random.Random) -> None:
    """Make the sessions of the weekly classes in this year's regular weeks before their first day.

    None of their places can be booked: the figures of bookings are those of the last weeks.
    """
    today = helsinki_date(now)
    rules = session.scalars(select(SessionRule).order_by(SessionRule.id)).all()
    held = list[Held]()
    for term in terms(session, now):
        left_out = FEWER if term.season.starts_on <= today <= term.season.ends_on else FEWER_BEFORE
        for at, rule in enumerate(rules):
            held += [(rule, day) for day in _days(term, rule) if at % left_out]
    write_held(session, held, chance, now, bookable=False)


def _days(term: Term, rule: SessionRule) -> Iterator[date]:
    """Yield the days of a class in the regular weeks of a term, before its first one."""
    for year, week, regular in term.weeks:
        for weekday in rule.weekdays:
            day = monday_of(year, week) + timedelta(days=weekday - 1)
            if regular and term.season.starts_on <= day < min(rule.first_on, term.season.ends_on):
                yield day


def write_held(
    session: Session, held: Iterable[Held], chance: random.Random, now: datetime, *, bookable: bool
) -> None:
    """Write held sessions; of those that are `bookable` the usual share of places could be."""
    percent = current(session, now).bookable_percent
    numbers, rows, events = ids(session, ClassSession), list[Row](), list[Row]()
    for rule, day in held:
        places = bookable_places(rule.capacity, rule.kind, percent) if bookable else 0
        rows.append(row := _row(next(numbers), rule, day, chance))
        row |= {"bookable": places, "bookable_percent": percent}
        events += _events(row)
    write(session, ClassSession, rows)
    write(session, AllocationEvent, events)


def _row(number: int, rule: SessionRule, day: date, chance: random.Random) -> Row:
    start = from_helsinki(day, rule.starts_at)
    return {
        "activity_id": rule.activity_id,
        **{name: getattr(rule.activity, name) for name in ("name_fi", "name_sv", "name_en")},
        "id": number,
        "public_id": random_id(chance),
        "rule_id": rule.id,
        "rule_day": day,
        "on_day": day,
        "kind": rule.kind,
        "space_id": rule.space_id,
        "instructor_id": rule.instructor_id,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=rule.minutes),
        "capacity": rule.capacity,
        "state": "held",
    }


def _events(row: Row) -> Iterator[Row]:
    for kind, at in (("scheduled", row["starts_at"] - OPEN_AHEAD), ("held", row["ends_at"])):
        yield {"allocation_id": row["id"], "kind": kind, "occurred_at": at, "recorded_at": at}
