"""What falls outside of other hours of a day or of a week, and the other hours that a day has."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import UNATTENDED_KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.closures.rules import NewDay
from zone.core.i18n import LANGUAGES
from zone.core.time import Window, day_window, helsinki_date
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campus_by_code
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.queries import exception_on, exceptions_from, hours_of, open_windows
from zone.places.opening_hours.rules import DayHours, WeekChange, days_between, is_open
from zone.places.spaces.models import Space
from zone.places.spaces.queries import space_by_id

NEAR: Final = timedelta(days=1)
"""Opening hours are read from so far around the day: a session over midnight needs both days."""


@dataclass(frozen=True, slots=True)
class AffectedSession:
    """A session or a reservation that would fall outside the hours.

    `booked`: how many people had booked it.
    """

    session: Allocation
    space: Space
    booked: int


@dataclass(frozen=True, slots=True)
class ReplacedDay:
    """Other hours that a day of a campus already has, None: closed, and why."""

    campus: str
    day: date
    hours: DayHours | None
    reason: str


@dataclass(frozen=True, slots=True)
class DayQuestion:
    """What falls outside of the new hours, and the hours that are replaced.

    `campuses`: those that get the hours. `days`: how many days do. `same_hours`: of what is
    replaced only the reason changes. `dropped`: the day whose ordinary hours are to hold again.
    """

    campuses: Sequence[Campus]
    affected: Sequence[AffectedSession]
    current: Sequence[ReplacedDay] = ()
    days: int = 1
    same_hours: bool = False
    dropped: date | None = None


def question_of_day(
    session: Session, campus_codes: Sequence[str], new: NewDay, now: datetime, language: str
) -> DayQuestion | None:
    """Return what new hours of days at these campuses affect or replace; None: nothing."""
    campuses = [campus_by_code(session, code) for code in campus_codes]
    # By the id of the session: one over midnight may lie outside of the hours of two days.
    affected, current = dict[int, AffectedSession](), list[ReplacedDay]()
    for campus, on_day in product(campuses, new.days):
        for item in affected_sessions(session, campus, on_day.day, new.hours, now):
            affected.setdefault(item.session.id, item)
        stored = exception_on(session, campus.id, on_day.day)
        # The same again: nothing is replaced.
        if stored and described_exception(stored) != described(on_day):
            hours, reason = hours_of(stored), stored.reasons[language]
            current.append(ReplacedDay(campus.name, on_day.day, hours, reason))
    if not affected and not current:
        return None
    same_hours = all(one.hours == new.hours for one in current)
    return DayQuestion(campuses, list(affected.values()), current, len(new.days), same_hours)


def question_of_drop(
    session: Session, campus_code: str, day: date, now: datetime
) -> DayQuestion | None:
    """Return what would stand outside if a day lost the hours of its own; None: nothing."""
    campus = campus_by_code(session, campus_code)
    if exception_on(session, campus.id, day) is None:
        return None
    affected = affected_by_dropping(session, campus, day, now)
    return DayQuestion([campus], affected, dropped=day) if affected else None


def affected_sessions(
    session: Session, campus: Campus, day: date, hours: DayHours | None, now: datetime
) -> list[AffectedSession]:
    """Return the future sessions of a day that would not lie within these hours, by start.

    The hours of a day may end after midnight: sessions of the next morning are among them where its
    stored or its ordinary hours reach to them, and the new ones do not; so are those of the evening
    before. What stands outside because of another day's hours is that day's.
    """
    around = _around(day, day)
    before = (
        open_windows(session, campus.id, *around),
        open_windows(session, campus.id, *around, ordinary=day),
    )
    after = open_windows(session, campus.id, *around, instead={day: hours})
    return _outside(session, campus, {day}, (before, after), now)


def affected_by_dropping(
    session: Session, campus: Campus, day: date, now: datetime
) -> list[AffectedSession]:
    """Return those that would stand outside if the ordinary hours held again on a day."""
    around = _around(day, day)
    before = (open_windows(session, campus.id, *around),)
    after = open_windows(session, campus.id, *around, ordinary=day)
    return _outside(session, campus, {day}, (before, after), now)


def question_of_week(
    session: Session, campus_code: str, change: WeekChange, now: datetime
) -> DayQuestion | None:
    """Return what would stand outside after a change of the ordinary hours; None: nothing."""
    campus = campus_by_code(session, campus_code)
    affected = affected_by_week(session, campus, change, now)
    return DayQuestion([campus], affected) if affected else None


def affected_by_week(
    session: Session, campus: Campus, change: WeekChange, now: datetime
) -> list[AffectedSession]:
    """Return those that would stand outside after a change of the ordinary hours.

    Days that have hours of their own stay as they are.
    """
    first, last = change.valid_from, helsinki_date(_last_start(session, campus) or now)
    exceptions = {item.day for item in exceptions_from(session, campus.id, first)}
    days = {
        day
        for day in days_between(day_window(first)[0], day_window(last)[0])
        if day not in exceptions and change.concerns(day)
    }
    around = _around(first, max(first, last))
    before = (open_windows(session, campus.id, *around),)
    after = open_windows(session, campus.id, *around, change=change)
    return _outside(session, campus, days, (before, after), now)


def _around(first: date, last: date) -> Window:
    # Over midnight a session needs both days.
    return day_window(first)[0] - NEAR, day_window(last)[1] + 2 * NEAR


def _last_start(session: Session, campus: Campus) -> datetime | None:
    query = select(func.max(Allocation.starts_at)).join(Space, Space.id == Allocation.space_id)
    return session.scalar(query.where(Space.campus_id == campus.id))


def _outside(
    session: Session,
    campus: Campus,
    days: Set[date],
    windows: tuple[Sequence[Sequence[Window]], Sequence[Window]],
    now: datetime,
) -> list[AffectedSession]:
    """Return the future sessions that do not lie in the last of the windows, by start.

    They begin on one of the days whose hours change, or lie in the windows of before.
    """
    before, after = windows
    if not days:
        return []
    # Sessions that have begun stay: people are in them.
    return [
        AffectedSession(class_session, space, class_session.booked)
        for class_session, space in session.execute(
            select(Allocation, Space)
            .join(Space, Space.id == Allocation.space_id)
            .where(
                Space.campus_id == campus.id,
                Allocation.state == "scheduled",
                Allocation.kind.not_in(UNATTENDED_KINDS),
                Allocation.starts_at > now,
                Allocation.starts_at < day_window(max(days))[1] + NEAR,
                Allocation.ends_at > day_window(min(days))[0],
            )
            .order_by(Allocation.starts_at, Allocation.id)
        )
        if not is_open(after, class_session.starts_at, class_session.ends_at)
        and (
            helsinki_date(class_session.starts_at) in days
            or any(is_open(w, class_session.starts_at, class_session.ends_at) for w in before)
        )
    ]


def outside_hours(session: Session, class_sessions: Sequence[Allocation]) -> list[Allocation]:
    """Return those of the sessions that lie outside their campus's opening hours; online none.

    They stand since a day was closed, or got other hours, without calling them off.
    """
    by_campus: dict[int, list[Allocation]] = defaultdict(list)
    for space_id, rows in _by_space(class_sessions).items():
        by_campus[space_by_id(session, space_id).campus_id] += rows
    outside = []
    for campus_id, rows in by_campus.items():
        first = min(row.starts_at for row in rows) - NEAR
        windows = open_windows(session, campus_id, first, max(row.ends_at for row in rows) + NEAR)
        outside += [row for row in rows if not is_open(windows, row.starts_at, row.ends_at)]
    return outside


def _by_space(class_sessions: Sequence[Allocation]) -> dict[int, list[Allocation]]:
    by_space: dict[int, list[Allocation]] = defaultdict(list)
    for row in class_sessions:
        if row.space_id is not None:
            by_space[row.space_id].append(row)
    return by_space


def standing(
    session: Session, campus: Campus, days: Sequence[OpeningException], now: datetime
) -> dict[date, int]:
    """Return how many coming sessions and reservations stand outside the hours of each day."""
    return {
        item.day: len(affected_sessions(session, campus, item.day, hours_of(item), now))
        for item in days
    }


def described_day(session: Session, campus_id: int, day: date) -> dict[str, str | None] | None:
    """Return the hours that a day has instead of the ordinary ones; None where it has none."""
    stored = exception_on(session, campus_id, day)
    return None if stored is None else described_exception(stored)


def described_exception(stored: OpeningException) -> dict[str, str | None]:
    """Return stored hours of a day as the audit and refusals write them."""
    own = {code: getattr(stored, f"reason_{code}") for code in LANGUAGES}
    return described(NewDay(stored.day, hours_of(stored), stored.reason, own))


def described(new: NewDay) -> dict[str, str | None]:
    """Return a day's hours as the audit and refusals write them; a closed day has no times.

    Of the reasons by language those that somebody has given.
    """
    hours = new.hours
    return {
        "day": new.day.isoformat(),
        "opens": hours[0].isoformat("minutes") if hours else None,
        "closes": hours[1].isoformat("minutes") if hours else None,
        "reason": new.reason,
    } | {f"reason_{code}": new.reasons[code] for code in LANGUAGES if new.reasons.get(code)}


def hit_values(item: AffectedSession) -> dict[str, Any]:
    """Return what falls outside, in the shape of HitSchema."""
    class_session, space = item.session, item.space
    return {
        "session": class_session.public_id,
        "kind": class_session.kind,
        "starts_at": class_session.starts_at,
        "ends_at": class_session.ends_at,
        "name": {
            "fi": class_session.name_fi,
            "sv": class_session.name_sv,
            "en": class_session.name_en,
        },
        "booked": item.booked,
        "space": {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en},
    }
