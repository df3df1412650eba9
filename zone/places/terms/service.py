"""Set up terms, and say which of their weeks count. Never commits."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import EARLIEST, LATEST
from zone.places.terms import queries
from zone.places.terms.errors import TERM_INVALID
from zone.places.terms.models import Season, SeasonWeek
from zone.places.terms.rules import weeks_between


def create_season(
    session: Session,
    *,
    code: str,
    kind: str,
    starts_on: date,
    ends_on: date,
    now: datetime,
    breaks: Collection[tuple[int, int]] = (),
) -> Season:
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
            session.add(
                SeasonWeek(
                    season_id=season.id,
                    iso_year=year,
                    iso_week=week,
                    regular=regular,
                    recorded_at=now,
                )
            )
    session.flush()
    return season


def mark_week(
    session: Session, *, iso_year: int, iso_week: int, regular: bool, now: datetime
) -> None:
    """From `now` on, count a week of a term in the weekly hours or not; figures as of an earlier time stay.

    Raises:
        DomainError: not_found: the week belongs to no term.
    """
    week = session.scalar(
        select(SeasonWeek).where(SeasonWeek.iso_year == iso_year, SeasonWeek.iso_week == iso_week)
    )
    if week is None:
        raise DomainError(NOT_FOUND)
    session.add(
        SeasonWeek(
            season_id=week.season_id,
            iso_year=iso_year,
            iso_week=iso_week,
            regular=regular,
            recorded_at=now,
        )
    )
    session.flush()


LONGEST: Final = timedelta(days=250)


def create_term(
    session: Session, *, kind: str, starts_on: date, ends_on: date, actor_id: int, now: datetime
) -> Season:
    """A term with its weeks, all regular.

    Raises:
        DomainError: term_invalid: its days are reversed or too many, or another term has some of them.
    """
    overlapping = select(Season.id).where(Season.starts_on <= ends_on, Season.ends_on >= starts_on)
    code = f"{starts_on.year}-{kind}"
    taken = session.scalar(select(Season.id).where(Season.code == code))
    wrong_days = not starts_on <= ends_on <= starts_on + LONGEST
    if wrong_days or taken is not None or session.scalar(overlapping) is not None:
        raise DomainError(TERM_INVALID)
    made = create_season(
        session, code=code, kind=kind, starts_on=starts_on, ends_on=ends_on, now=now
    )
    record_action(
        session,
        actor_id=actor_id,
        action="term.create",
        object_kind="term",
        object_id=code,
        now=now,
    )
    return made


def change_week(
    session: Session, year: int, week: int, *, regular: bool, actor_id: int, now: datetime
) -> None:
    """Count a week in the weekly hours from now on, or not. One that already is so stays as it is.

    Raises:
        DomainError: not_found: the week belongs to no term.
    """
    known = {(y, w): so for term in queries.terms(session, now) for y, w, so in term.weeks}
    if not EARLIEST.year <= year < LATEST.year or (year, week) not in known:
        raise DomainError(NOT_FOUND)
    if known[year, week] == regular:
        return
    mark_week(session, iso_year=year, iso_week=week, regular=regular, now=now)
    record_action(
        session,
        actor_id=actor_id,
        action="week.mark",
        object_kind="week",
        object_id=f"{year}-W{week:02}",
        before={"regular": not regular},
        after={"regular": regular},
        now=now,
    )
