"""Counts of days: from the facts, and as they are stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Integer, case, cast, func, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.visits.models import Visit
from zone.access.visits.queries import known_visits
from zone.booking.sessions import queries as sessions_queries
from zone.core.db.statements import utc_hour_of
from zone.core.time import Window, elapsed, from_helsinki, helsinki_date, year_window
from zone.passes.passes import queries as passes_queries
from zone.passes.passes.queries import Activation
from zone.places.campuses.models import Campus
from zone.places.spaces.queries import campus_codes_of_spaces
from zone.reporting.daily_counts import rules
from zone.reporting.daily_counts.models import CountedDays, DailyCount
from zone.reporting.daily_counts.rules import Count, CountKey, Counts, count_key
from zone.reporting.supporting import queries as supporting_queries

Item = tuple[CountKey, Count]
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The days whose counts are stored, and as of when the newest of them were counted."""

    first_day: date
    last_day: date
    as_of: datetime


def count_facts(session: Session, first: date, last: date, as_of: datetime) -> Counts:
    """Return the counts of the days from `first` to `last`, from the facts as known at `as_of`."""
    items: list[Item] = []
    for first_day, last_day in rules.spans_of_years(first, last):
        window = days_window(first_day, last_day)
        items += _passes(session, window, as_of)
        items += _guided(session, window, as_of)
        items += _bookings(session, window, as_of)
        items += _visits(session, window, as_of)
    return rules.total(items)


def days_window(first: date, last: date) -> Window:
    """Return the window of Helsinki days from `first` to `last`."""
    return from_helsinki(first, time()), from_helsinki(last + timedelta(days=1), time())


def _passes(session: Session, window: Window, as_of: datetime) -> Iterator[Item]:
    """Count the passes taken into use, and each person at their first one of the year."""
    activations = passes_queries.activations(session, window, as_of)
    for item in activations:
        yield count_key("passes", item.activated_at), Count(1, 1)
    counted = _people_before(session, window, as_of, activations)
    for item in activations:
        institution = item.institution or ""
        if (institution, item.member_id) not in counted:
            counted.add((institution, item.member_id))
            yield count_key("people", item.activated_at, group=institution), Count(1, 1)


def _people_before(
    session: Session, window: Window, as_of: datetime, activations: Iterable[Activation]
) -> set[tuple[str, int]]:
    """Return who of these people had a pass taken into use earlier in the year."""
    year_start = year_window(helsinki_date(window[0]).year)[0]
    members = {item.member_id for item in activations}
    if not members or window[0] <= year_start:
        return set()
    earlier = passes_queries.activations(
        session, (year_start, window[0]), as_of, of_members=members
    )
    return {(item.institution or "", item.member_id) for item in earlier}


def _guided(session: Session, window: Window, as_of: datetime) -> Iterator[Item]:
    campuses = campus_codes_of_spaces(session)
    for item in sessions_queries.held_sessions(session, window, as_of):
        length = elapsed(item.starts_at, item.ends_at) // timedelta(microseconds=1)
        campus = campuses.get(item.space_id) if item.space_id else None
        yield count_key("guided", item.starts_at, campus), Count(1, length)


def _bookings(session: Session, window: Window, as_of: datetime) -> Iterator[Item]:
    campuses = campus_codes_of_spaces(session)
    held = supporting_queries.held_places(session, window, as_of)
    sessions = supporting_queries.starts(session, window)
    for _, kind, session_id in supporting_queries.booked(session, window, as_of):
        starts_at, space_id = sessions[session_id]
        campus = campuses.get(space_id) if space_id else None
        if kind in {"attended", "no_show"}:
            yield count_key("no_shows", starts_at, campus), Count(int(kind == "no_show"), 1)
        if session_id in held:
            yield count_key("filled", starts_at, campus), Count(1, 0)
    for session_id, places in held.items():
        starts_at, space_id = sessions[session_id]
        campus = campuses.get(space_id) if space_id else None
        yield count_key("filled", starts_at, campus), Count(0, places)


def _visits(session: Session, window: Window, as_of: datetime) -> Iterator[Item]:
    # By UTC hour, which is a Helsinki hour too: both change on the full hour. Grouped in the
    # database, because a year has hundreds of thousands.
    hour = utc_hour_of(session, Visit.occurred_at)
    by_door = func.sum(case((Visit.source == "door", 1), else_=0))
    rows = session.execute(
        select(hour, Campus.code, cast(by_door, Integer), func.count())
        .join(Area, Area.id == Visit.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(*known_visits(window, as_of))
        .group_by(hour, Campus.code)
    )
    for utc_hour, campus, doors, visits in rows:
        at = datetime.strptime(utc_hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        yield count_key("captured", at, campus), Count(doors, visits)


def stored_counts(session: Session, first: date, last: date) -> Counts:
    """Return the stored counts of the days from `first` to `last`."""
    key = (
        DailyCount.figure,
        DailyCount.day,
        DailyCount.hour,
        DailyCount.campus,
        DailyCount.group_code,
    )
    sums = (cast(func.sum(DailyCount.part), Integer), func.sum(DailyCount.whole))
    rows = session.execute(
        select(*key, *sums).where(DailyCount.day.between(first, last)).group_by(*key)
    )
    return {CountKey(*row[:5]): Count(row[5], int(row[6])) for row in rows if row[5] or row[6]}


def coverage(session: Session) -> Coverage | None:
    """Return which days are stored; None before the first run."""
    newest = session.scalar(select(CountedDays).order_by(CountedDays.id.desc()).limit(1))
    if newest is None:
        return None
    first = session.scalars(select(func.min(CountedDays.first_day))).one()
    return Coverage(first, newest.last_day, newest.as_of)


def present_counts(
    session: Session, first: date, last: date, now: datetime
) -> tuple[Counts, datetime | None]:
    """Return the counts of days, and as of when those of past days were stored.

    Stored counts are read where there are any; the other days are counted from the facts. Hours and
    campuses are added up.
    """
    # Nothing has happened yet on later days, for which there are bookings all the same.
    last = max(first, min(last, helsinki_date(now)))
    covered = coverage(session)
    if covered is None or covered.last_day < first or covered.first_day > last:
        return _by_day(count_facts(session, first, last, now)), None
    counts = _stored_days(session, max(first, covered.first_day), min(last, covered.last_day))
    if first < covered.first_day:
        counts |= _by_day(count_facts(session, first, covered.first_day - DAY, now))
    if covered.last_day < last:
        counts |= _by_day(count_facts(session, covered.last_day + DAY, last, now))
    return counts, covered.as_of


def _by_day(counts: Counts) -> Counts:
    return rules.total(
        (CountKey(key.figure, key.day, 0, "", key.group), count) for key, count in counts.items()
    )


def _stored_days(session: Session, first: date, last: date) -> Counts:
    key = (DailyCount.figure, DailyCount.day, DailyCount.group_code)
    rows = session.execute(
        select(*key, cast(func.sum(DailyCount.part), Integer), func.sum(DailyCount.whole))
        .where(DailyCount.day.between(first, last))
        .group_by(*key)
    )
    return {
        CountKey(figure, day, 0, "", group): Count(part, int(whole))
        for figure, day, group, part, whole in rows
        if part or whole
    }
