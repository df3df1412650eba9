"""Counts of days: from the facts, and as they are stored."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, case, cast, extract, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from zone.access.areas.models import Area
from zone.access.visits.models import Visit
from zone.access.visits.queries import known_visits
from zone.booking.sessions import queries as sessions_queries
from zone.core.db.statements import utc_hour_of
from zone.core.time import Window, elapsed, from_helsinki, helsinki_date, year_window
from zone.passes.activations import queries as activations_queries
from zone.passes.activations.queries import Activation
from zone.places.campuses.models import Campus
from zone.places.spaces.queries import campus_codes_of_spaces
from zone.reporting.daily_counts import rules
from zone.reporting.daily_counts.models import CountedDays, DailyCount
from zone.reporting.daily_counts.rules import Count, CountKey, Counts, count_key
from zone.reporting.supporting import queries as supporting_queries
from zone.reporting.supporting.rules import months_of

Item = tuple[CountKey, Count]
Counting = Callable[[Session, Window, datetime], Iterable[Item]]
Days = tuple[date, date]
"""The first and the last of some days."""
DAY: Final = timedelta(days=1)
_SUMS: Final = (cast(func.sum(DailyCount.part), Integer), func.sum(DailyCount.whole))


@dataclass(frozen=True, slots=True)
class Coverage:
    """The days whose counts are stored, as of when the newest of them were counted, and by which
    run.
    """

    first_day: date
    last_day: date
    as_of: datetime
    run: int


def count_facts(
    session: Session,
    first: date,
    last: date,
    as_of: datetime,
    figures: Collection[str] = rules.FIGURES,
) -> Counts:
    """Return the counts of the days from `first` to `last`, from the facts as known at `as_of`.

    Of some `figures` only what these need is read; others may be among the counts.
    """
    wanted = [count for count, made in _COUNTED if made & set(figures)]
    items: list[Item] = []
    for first_day, last_day in rules.spans_of_years(first, last):
        window = days_window(first_day, last_day)
        for count in wanted:
            items += count(session, window, as_of)
    return rules.total(items)


def days_window(first: date, last: date) -> Window:
    """Return the window of Helsinki days from `first` to `last`."""
    return from_helsinki(first, time()), from_helsinki(last + timedelta(days=1), time())


def _passes(session: Session, window: Window, as_of: datetime) -> Iterator[Item]:
    """Count the passes taken into use, and each person at their first one of the year."""
    activations = activations_queries.activations(session, window, as_of)
    for item in activations:
        yield count_key("passes", item.activated_at), Count(1, 1)
    if as_of > next(months_of(window))[1]:  # else no month of the window is final yet
        activations = supporting_queries.people_activations(session, window, as_of)
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
    earlier = supporting_queries.people_activations(
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


_COUNTED: Final[tuple[tuple[Counting, frozenset[str]], ...]] = (
    (_passes, frozenset({"passes", "people"})),
    (_guided, frozenset({"guided"})),
    (_bookings, frozenset({"no_shows", "filled"})),
    (_visits, frozenset({"captured"})),
)


def stored_counts(session: Session, first: date, last: date) -> Counts:
    """Return the stored counts of the days from `first` to `last`."""
    key = (
        DailyCount.figure,
        DailyCount.day,
        DailyCount.hour,
        DailyCount.campus,
        DailyCount.group_code,
    )
    rows = session.execute(
        select(*key, *_SUMS).where(*_of(rules.FIGURES, first, last)).group_by(*key)
    )
    return {CountKey(*row[:5]): Count(row[5], int(row[6])) for row in rows if row[5] or row[6]}


def coverage(session: Session) -> Coverage | None:
    """Return which days are stored; None before the first run."""
    first = select(func.min(CountedDays.first_day)).scalar_subquery()
    newest = select(first, CountedDays.last_day, CountedDays.as_of, CountedDays.id)
    row = session.execute(newest.order_by(CountedDays.id.desc()).limit(1)).first()
    return None if row is None else Coverage(*row)


def present_counts(
    session: Session,
    first: date,
    last: date,
    now: datetime,
    covered: Coverage | None,
    figures: Collection[str] = rules.FIGURES,
) -> Counts:
    """Return the counts of days as of now, with hours and campuses added up.

    The stored counts of the days that are `covered`; the others are counted from the facts.
    """
    stored, others = _split(first, last, covered, now)
    counts = _stored_days(session, *stored, figures) if stored else {}
    for span in others:
        counts |= _by_day(count_facts(session, *span, now, figures))
    return counts


def is_stored(first: date, last: date, covered: Coverage | None, now: datetime) -> bool:
    """Whether the counts of some of these days are stored."""
    return _split(first, last, covered, now)[0] is not None


def _split(
    first: date, last: date, covered: Coverage | None, now: datetime
) -> tuple[Days | None, list[Days]]:
    """Return the days whose counts are stored, and those to be counted from the facts."""
    # Nothing has happened yet on later days, for which there are bookings all the same.
    last = max(first, min(last, helsinki_date(now)))
    if covered is None or covered.last_day < first or covered.first_day > last:
        return None, [(first, last)]
    stored = max(first, covered.first_day), min(last, covered.last_day)
    around = (first, stored[0] - DAY), (stored[1] + DAY, last)
    return stored, [span for span in around if span[0] <= span[1]]


def _by_day(counts: Counts) -> Counts:
    return rules.total(
        (CountKey(key.figure, key.day, 0, "", key.group), count) for key, count in counts.items()
    )


def _stored_days(session: Session, first: date, last: date, figures: Collection[str]) -> Counts:
    key = (DailyCount.figure, DailyCount.day, DailyCount.group_code)
    query = select(*key, *_SUMS).where(*_of(figures, first, last)).group_by(*key)
    return {
        CountKey(figure, day, 0, "", group): Count(part, int(whole))
        for figure, day, group, part, whole in session.execute(query)
        if part or whole
    }


def visits_by_hour(
    session: Session, first: date, last: date, as_of: datetime, covered: Coverage | None
) -> Counts:
    """Return the visits of each hour of some days, at all campuses.

    As `present_counts`, or without `covered` from the facts as known at `as_of`.
    """
    key = (DailyCount.day, DailyCount.hour)
    stored, others = _split(first, last, covered, as_of)
    rows = session.execute(_visits_in(stored, *key)) if stored else ()
    counts = {
        CountKey("captured", day, hour): Count(doors, int(visits))
        for day, hour, doors, visits in rows
    }
    return counts | _visits_of(session, others, as_of, lambda found: (found.day, found.hour, ""))


def visits_by_month(
    session: Session, first: date, last: date, as_of: datetime, covered: Coverage | None
) -> Counts:
    """Return the visits at each campus in each month, as `visits_by_hour`."""
    stored, others = _split(first, last, covered, as_of)
    month = extract("month", DailyCount.day)
    items = list[Item]()
    for year in rules.spans_of_years(*stored) if stored else ():
        rows = session.execute(_visits_in(year, month, DailyCount.campus))
        items += [
            (
                CountKey("captured", date(year[0].year, int(number), 1), 0, campus),
                Count(doors, int(visits)),
            )
            for number, campus, doors, visits in rows
        ]
    newer = _visits_of(session, others, as_of, lambda key: (key.day.replace(day=1), 0, key.campus))
    return rules.total([*items, *newer.items()])


def _visits_in(
    days: Days, *key: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> Select[*tuple[Any, ...]]:
    return select(*key, *_SUMS).where(*_of({"captured"}, *days)).group_by(*key)


def _of(figures: Collection[str], first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the counts of some figures and days."""
    # All figures are named too: the index begins with them.
    return DailyCount.figure.in_(sorted(figures)), DailyCount.day.between(first, last)


def _visits_of(
    session: Session,
    spans: Iterable[Days],
    as_of: datetime,
    place: Callable[[CountKey], tuple[date, int, str]],
) -> Counts:
    counts = list[Item]()
    for span in spans:
        counts += count_facts(session, *span, as_of, {"captured"}).items()
    return rules.total((CountKey("captured", *place(key)), count) for key, count in counts)
