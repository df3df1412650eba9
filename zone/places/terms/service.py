"""Create terms, and mark which of their weeks are regular. Never commits."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import EARLIEST, LATEST
from zone.places.terms import queries
from zone.places.terms.errors import TERM_INVALID
from zone.places.terms.models import Season, SeasonWeek
from zone.places.terms.rules import LONGEST_TERM, weeks_between


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
    """Create a term with its ISO weeks, regular but for `breaks` (ISO year, ISO week).

    A week that two terms share stays with the term that was created first.
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
    """Add whether a week is regular, as known from `now` on, without an audit row.

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


def create_term(
    session: Session, actor: Actor, *, kind: str, starts_on: date, ends_on: date, now: datetime
) -> Season:
    """Create a term with regular weeks for staff, and audit it.

    Raises:
        DomainError: forbidden; term_invalid: its days are reversed or too many, or another term has
            some of them.
    """
    actor.require(Permission.TERMS_WRITE)
    overlapping = select(Season.id).where(Season.starts_on <= ends_on, Season.ends_on >= starts_on)
    code = f"{starts_on.year}-{kind}"
    taken = session.scalar(select(Season.id).where(Season.code == code))
    wrong_days = not starts_on <= ends_on <= starts_on + LONGEST_TERM
    if wrong_days or taken is not None or session.scalar(overlapping) is not None:
        raise DomainError(TERM_INVALID)
    term = create_season(
        session, code=code, kind=kind, starts_on=starts_on, ends_on=ends_on, now=now
    )
    record_action(
        session,
        actor_id=actor.id,
        action="term.create",
        object_kind="term",
        object_id=code,
        now=now,
    )
    return term


def change_week(
    session: Session, actor: Actor, year: int, week: int, *, regular: bool, now: datetime
) -> None:
    """Mark a week as regular or as a break from `now` on, and audit it; no change writes nothing.

    Figures as of an earlier time stay.

    Raises:
        DomainError: forbidden; not_found: the week belongs to no term.
    """
    actor.require(Permission.TERMS_WRITE)
    known = {
        (iso_year, iso_week): is_regular
        for term in queries.terms(session, now)
        for iso_year, iso_week, is_regular in term.weeks
    }
    if not EARLIEST.year <= year < LATEST.year or (year, week) not in known:
        raise DomainError(NOT_FOUND)
    if known[year, week] == regular:
        return
    mark_week(session, iso_year=year, iso_week=week, regular=regular, now=now)
    record_action(
        session,
        actor_id=actor.id,
        action="week.mark",
        object_kind="week",
        object_id=f"{year}-W{week:02}",
        before={"regular": not regular},
        after={"regular": regular},
        now=now,
    )
