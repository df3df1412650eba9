"""Reading where and when."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select
from sqlalchemy.orm import Session, selectinload

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import Window, helsinki_date
from zone.places import rules
from zone.places.models import Campus, OpeningException, OpeningHours, Season, SeasonWeek, Space, SpacePart


@dataclass(frozen=True, slots=True)
class SpaceView:
    """A space with its campus and the parts it takes, in the order in which holds are written."""

    id: int
    public_id: uuid.UUID
    campus_id: int
    campus_code: str
    name_fi: str
    name_sv: str
    name_en: str
    capacity: int
    own_use: bool
    parts: tuple[int, ...]


def campus_by_code(session: Session, code: str) -> Campus:
    """The campus that the doors know by `code`.

    Raises:
        DomainError: not_found.
    """
    campus = session.scalar(select(Campus).where(Campus.code == code))
    if campus is None:
        raise DomainError(NOT_FOUND)
    return campus


def campuses(session: Session) -> list[Campus]:
    """Every campus by name."""
    return list(session.scalars(select(Campus).order_by(Campus.name)))


def campus_names(connection: Connection) -> list[tuple[str, str]]:
    """(code, name) of the campuses that have a space for own use, by name."""
    rows = connection.execute(
        select(Campus.code, Campus.name)
        .where(select(Space.id).where(Space.campus_id == Campus.id, Space.own_use).exists())
        .order_by(Campus.name)
    )
    return [(code, name) for code, name in rows]


Exceptions = Mapping[date, rules.DayHours | None]


def open_windows(
    session: Session, campus_id: int, start: datetime, end: datetime, *, instead: Exceptions | None = None
) -> list[Window]:  # fmt: skip
    """When a campus is open within [start, end), as UTC windows in order; `instead`: if some days had these hours."""
    week = session.scalars(select(OpeningHours).where(OpeningHours.campus_id == campus_id))
    exceptions = session.scalars(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id,
            OpeningException.day.between(helsinki_date(start), helsinki_date(end)),
        )
    )
    return rules.open_windows(
        [rules.Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_until) for row in week],
        {**{row.day: hours_of(row) for row in exceptions}, **(instead or {})},
        start,
        end,
    )


def hours_of(exception: OpeningException) -> rules.DayHours | None:
    """The hours of a day that has its own; None where it is closed."""
    return (exception.opens, exception.closes) if exception.opens and exception.closes else None


def exception_on(session: Session, campus_id: int, day: date) -> OpeningException | None:
    """The other hours of a day, if it has any."""
    return session.scalar(
        select(OpeningException).where(OpeningException.campus_id == campus_id, OpeningException.day == day)
    )


def exceptions_from(session: Session, campus_id: int, day: date) -> Sequence[OpeningException]:
    """The days with other hours from a day on, in order."""
    query = select(OpeningException).where(OpeningException.campus_id == campus_id, OpeningException.day >= day)
    return session.scalars(query.order_by(OpeningException.day)).all()


def week_on(session: Session, campus_id: int, day: date) -> list[tuple[int, list[rules.DayHours]]]:
    """The ordinary hours of the seven weekdays from Monday on, as they are in the week of a day."""
    rows = session.scalars(select(OpeningHours).where(OpeningHours.campus_id == campus_id))
    week = [rules.Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_until) for row in rows]
    monday = day - timedelta(days=day.weekday())
    return [(n + 1, rules.hours_on(monday + timedelta(days=n), week, {})) for n in range(7)]


def season_on(session: Session, day: date) -> Season | None:
    """The term that a Helsinki day falls in; None in between."""
    return session.scalar(select(Season).where(Season.starts_on <= day, Season.ends_on >= day))


def weeks_of_year(session: Session, year: int, as_of: datetime) -> dict[str, list[tuple[int, int]]]:
    """Season code → its regular (ISO year, ISO week)s, for the seasons that start in `year`, as known at `as_of`."""
    known = _known_weeks(as_of)
    rows = session.execute(
        select(Season.code, SeasonWeek.iso_year, SeasonWeek.iso_week)
        .join(known, known.c.season_id == Season.id)
        .join(SeasonWeek, SeasonWeek.id == known.c.id)
        .where(known.c.age == 1, SeasonWeek.regular, Season.starts_on.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(SeasonWeek.iso_year, SeasonWeek.iso_week)
    )
    weeks: dict[str, list[tuple[int, int]]] = {}
    for code, iso_year, iso_week in rows:
        weeks.setdefault(code, []).append((iso_year, iso_week))
    return weeks


@dataclass(frozen=True, slots=True)
class Term:
    """A season with its ISO weeks: (year, week, whether it is regular), as known at the moment of asking."""

    season: Season
    weeks: list[tuple[int, int, bool]]


def terms(session: Session, as_of: datetime) -> list[Term]:
    """Every season with its weeks, the latest first."""
    known = _known_weeks(as_of)
    rows = session.execute(
        select(known.c.season_id, SeasonWeek.iso_year, SeasonWeek.iso_week, SeasonWeek.regular)
        .join(SeasonWeek, SeasonWeek.id == known.c.id)
        .where(known.c.age == 1)
        .order_by(SeasonWeek.iso_year, SeasonWeek.iso_week)
    ).all()
    seasons = session.scalars(select(Season).order_by(Season.starts_on.desc()))
    return [Term(season, [(y, w, regular) for id_, y, w, regular in rows if id_ == season.id]) for season in seasons]


def _known_weeks(as_of: datetime) -> Subquery:
    newest_first = func.row_number().over(
        partition_by=(SeasonWeek.iso_year, SeasonWeek.iso_week),
        order_by=(SeasonWeek.recorded_at.desc(), SeasonWeek.id.desc()),
    )
    query = select(SeasonWeek.id, SeasonWeek.season_id, newest_first.label("age"))
    return query.where(SeasonWeek.recorded_at <= as_of).subquery()


def spaces(session: Session, *, campus_id: int | None = None, own_use: bool | None = None) -> list[SpaceView]:
    """Spaces by name, of one campus and for own use where asked."""
    query = select(Space, Campus.code).join(Campus).order_by(Space.name_en)
    if campus_id is not None:
        query = query.where(Space.campus_id == campus_id)
    if own_use is not None:
        query = query.where(Space.own_use == own_use)
    return _views(session, query)


def spaces_with_parts(session: Session, campus: str | None = None) -> list[tuple[Space, str]]:
    """Every space with its parts loaded and its campus's code; of one campus where given."""
    query = _WITH_PARTS if campus is None else _WITH_PARTS.where(Campus.code == campus)
    return [(space, code) for space, code in session.execute(query)]


def space_with_parts(session: Session, public_id: uuid.UUID) -> tuple[Space, str]:
    """The same for one space.

    Raises:
        DomainError: not_found.
    """
    found = session.execute(_WITH_PARTS.where(Space.public_id == public_id)).first()
    if found is None:
        raise DomainError(NOT_FOUND)
    space, code = found
    return space, code


_WITH_PARTS: Final = (
    select(Space, Campus.code).join(Campus).options(selectinload(Space.parts)).order_by(Campus.name, Space.name_en)
)


def space_by_public_id(session: Session, public_id: uuid.UUID) -> SpaceView:
    """One space.

    Raises:
        DomainError: not_found.
    """
    return _one(session, Space.public_id == public_id)


def space_by_id(session: Session, space_id: int) -> SpaceView:
    """One space by its row.

    Raises:
        DomainError: not_found.
    """
    return _one(session, Space.id == space_id)


def _one(session: Session, condition: ColumnElement[bool]) -> SpaceView:
    found = _views(session, select(Space, Campus.code).join(Campus).where(condition))
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def _views(session: Session, query: Select[Space, str]) -> list[SpaceView]:
    rows = session.execute(query).all()
    parts = _parts(session, [space.id for space, _ in rows])
    return [
        SpaceView(
            space.id, space.public_id, space.campus_id, code, space.name_fi, space.name_sv, space.name_en,
            space.capacity, space.own_use, tuple(parts[space.id]),
        )
        for space, code in rows
    ]  # fmt: skip


def _parts(session: Session, space_ids: Sequence[int]) -> dict[int, list[int]]:
    query = select(SpacePart).where(SpacePart.space_id.in_(space_ids)).order_by(SpacePart.part_id)
    parts: dict[int, list[int]] = {space_id: [] for space_id in space_ids}
    for row in session.scalars(query):
        parts[row.space_id].append(row.part_id)
    return parts
