"""Setting up where and when: campuses, spaces with their parts, opening hours, seasons and their weeks."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.ids import new_public_id
from zone.core.time import iso_week
from zone.places.models import Campus, OpeningException, OpeningHours, Part, Season, SeasonWeek, Space
from zone.places.queries import exception_on


def create_campus(session: Session, *, code: str, name: str) -> Campus:
    """A place with doors."""
    campus = Campus(code=code, name=name)
    session.add(campus)
    session.flush()
    return campus


def create_space(
    session: Session, *, campus_id: int, code: str, names: tuple[str, str, str], capacity: int,
    parts: Sequence[str], own_use: bool = False, companions: int = 0, **minutes: int | None,
) -> Space:  # fmt: skip
    """A space of a campus that takes `parts` (made where they are new); `names` are fi, sv, en.

    `minutes`: those that the space has of its own, by the names of its columns (`step_minutes` …).
    """
    name_fi, name_sv, name_en = names
    space = Space(
        public_id=new_public_id(), campus_id=campus_id, code=code, name_fi=name_fi, name_sv=name_sv, name_en=name_en,
        capacity=capacity, own_use=own_use, parts=[_part(session, campus_id, part) for part in dict.fromkeys(parts)],
        companions=companions, **minutes,
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


def change_space(
    session: Session, public_id: uuid.UUID, *, version: int, changes: Mapping[str, object]
) -> dict[str, Any]:  # fmt: skip
    """Set columns of a space, unless it was changed since `version`; what they were before. Its parts never change.

    Bookings that were made keep the minutes that they hold.

    Raises:
        DomainError: not_found, edited_meanwhile.
    """
    before = session.scalar(select(Space).where(Space.public_id == public_id).with_for_update())
    if before is None:
        raise DomainError(NOT_FOUND)
    were = {name: getattr(before, name) for name in changes}
    if before.version != version:
        raise edited_meanwhile(before.version, [name for name in changes if were[name] != changes[name]])
    for name, value in changes.items():
        setattr(before, name, value)
    before.version += 1
    session.flush()
    return were


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
    exception = exception_on(session, campus_id, day)
    if exception is None:
        exception = OpeningException(campus_id=campus_id, day=day)
        session.add(exception)
    exception.opens, exception.closes, exception.reason = opens, closes, reason
    session.flush()


def drop_exception(session: Session, exception: OpeningException) -> None:
    """Let the ordinary hours hold again."""
    session.delete(exception)
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
