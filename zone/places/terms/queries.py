"""Terms and their weeks, as known at an instant."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from zone.places.terms.models import Season, SeasonWeek


def season_on(session: Session, day: date) -> Season | None:
    """Return the term of a Helsinki day; None between terms."""
    return session.scalar(select(Season).where(Season.starts_on <= day, Season.ends_on >= day))


def latest_term_start(session: Session, day: date) -> date | None:
    """Return the first day of the term that began last by a Helsinki day."""
    return session.scalar(select(func.max(Season.starts_on)).where(Season.starts_on <= day))


def weeks_of_year(session: Session, year: int, as_of: datetime) -> dict[str, list[tuple[int, int]]]:
    """Return season code → its regular (ISO year, ISO week)s, as known at `as_of`.

    Of the seasons that start in `year`.
    """
    known = _known_weeks(as_of)
    rows = session.execute(
        select(Season.code, SeasonWeek.iso_year, SeasonWeek.iso_week)
        .join(known, known.c.season_id == Season.id)
        .join(SeasonWeek, SeasonWeek.id == known.c.id)
        .where(
            known.c.age == 1,
            SeasonWeek.regular,
            Season.starts_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(SeasonWeek.iso_year, SeasonWeek.iso_week)
    )
    weeks: dict[str, list[tuple[int, int]]] = {}
    for code, iso_year, iso_week in rows:
        weeks.setdefault(code, []).append((iso_year, iso_week))
    return weeks


@dataclass(frozen=True, slots=True)
class Term:
    """A season with its ISO weeks: (year, week, whether it is regular)."""

    season: Season
    weeks: list[tuple[int, int, bool]]


def terms(session: Session, as_of: datetime) -> list[Term]:
    """Return every season with its weeks as known at `as_of`, the latest first."""
    known = _known_weeks(as_of)
    rows = session.execute(
        select(known.c.season_id, SeasonWeek.iso_year, SeasonWeek.iso_week, SeasonWeek.regular)
        .join(SeasonWeek, SeasonWeek.id == known.c.id)
        .where(known.c.age == 1)
        .order_by(SeasonWeek.iso_year, SeasonWeek.iso_week)
    ).all()
    seasons = session.scalars(select(Season).order_by(Season.starts_on.desc()))
    return [
        Term(season, [(y, w, regular) for id_, y, w, regular in rows if id_ == season.id])
        for season in seasons
    ]


def _known_weeks(as_of: datetime) -> Subquery:
    newest_first = func.row_number().over(
        partition_by=(SeasonWeek.iso_year, SeasonWeek.iso_week),
        # By the id: of two who wait for each other the later one may be recorded earlier.
        order_by=SeasonWeek.id.desc(),
    )
    query = select(SeasonWeek.id, SeasonWeek.season_id, newest_first.label("age"))
    return query.where(SeasonWeek.recorded_at <= as_of).subquery()
