"""Setting up where and when: campuses, spaces with their parts, opening hours, seasons and their weeks."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.core.time import iso_week
from zone.places.models import Campus, OpeningException, OpeningHours, Part, Season, SeasonWeek, Space


def create_campus(session: Session, *, code: str, name: str) -> Campus:
    """A place with doors."""
    campus = Campus(code=code, name=name)
    session.add(campus)
    session.flush()
    return campus


def create_space(
    session: Session, *, campus_id: int, code: str, names: tuple[str, str, str], capacity: int,
    parts: Sequence[str], own_use: bool = False,
) -> Space:  # fmt: skip
    """A space of a campus that takes `parts` (made where they are new); `names` are fi, sv, en."""
    name_fi, name_sv, name_en = names
    space = Space(
        public_id=new_public_id(), campus_id=campus_id, code=code, name_fi=name_fi, name_sv=name_sv, name_en=name_en,
        capacity=capacity, own_use=own_use, parts=[_part(session, campus_id, part) for part in parts],
    )  # fmt: skip
    session.add(space)
    session.flush()
    return space


def _part(session: Session, campus_id: int, code: str) -> Part:
    part = session.scalar(select(Part).where(Part.campus_id == campus_id, Part.code == code))
    if part is None:
        part = Part(campus_id=campus_id, code=code)
        session.add(part)
    return part


def set_hours(
    session: Session, *, campus_id: int, weekdays: Collection[int], opens: time, closes: time, valid_from: date,
    valid_until: date | None = None,
) -> None:  # fmt: skip
    """The ordinary hours of some weekdays (1 Monday … 7 Sunday) from a day on, in Helsinki wall-clock time."""
    for weekday in sorted(weekdays):
        session.add(
            OpeningHours(
                campus_id=campus_id, weekday=weekday, opens=opens, closes=closes, valid_from=valid_from,
                valid_until=valid_until,
            )
        )  # fmt: skip
    session.flush()


def set_exception(
    session: Session, *, campus_id: int, day: date, opens: time | None, closes: time | None, reason: str
) -> None:
    """Other hours on one day; without times the campus is closed. A second call for the day replaces the first."""
    exception = session.scalar(
        select(OpeningException).where(OpeningException.campus_id == campus_id, OpeningException.day == day)
    )
    if exception is None:
        exception = OpeningException(campus_id=campus_id, day=day)
        session.add(exception)
    exception.opens, exception.closes, exception.reason = opens, closes, reason
    session.flush()


def create_season(
    session: Session, *, code: str, kind: str, starts_on: date, ends_on: date, now: datetime,
    breaks: Collection[tuple[int, int]] = (),
) -> Season:  # fmt: skip
    """A term with its ISO weeks; all count in the weekly hours but those in `breaks` (ISO year, ISO week).

    A week that two terms share stays with the term that was made first.
    """
    season = Season(code=code, kind=kind, starts_on=starts_on, ends_on=ends_on)
    session.add(season)
    session.flush()
    taken = set(session.execute(select(SeasonWeek.iso_year, SeasonWeek.iso_week)))
    for year, week in weeks_between(starts_on, ends_on):
        if (year, week) not in taken:
            regular = (year, week) not in breaks
            session.add(SeasonWeek(season_id=season.id, iso_year=year, iso_week=week, regular=regular, recorded_at=now))
    session.flush()
    return season


def mark_week(session: Session, *, iso_year: int, iso_week: int, regular: bool, now: datetime) -> None:
    """From `now` on, count a week of a term in the weekly hours or not; figures as of an earlier time stay.

    Raises:
        DomainError: not_found: the week belongs to no term.
    """
    week = session.scalar(select(SeasonWeek).where(SeasonWeek.iso_year == iso_year, SeasonWeek.iso_week == iso_week))
    if week is None:
        raise DomainError(NOT_FOUND)
    session.add(
        SeasonWeek(
            season_id=week.season_id, iso_year=iso_year, iso_week=iso_week, regular=regular, recorded_at=now
        )
    )  # fmt: skip
    session.flush()


def weeks_between(first: date, last: date) -> Iterator[tuple[int, int]]:
    """The ISO weeks that the days from `first` to `last` touch."""
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        yield iso_week(monday)
        monday += timedelta(days=7)
