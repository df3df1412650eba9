"""Terms and their regular weeks, as managers set them: only regular weeks count in the weekly hours. Never commits."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.errors import TERM_INVALID
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import EARLIEST, LATEST
from zone.members.service import audit
from zone.places import queries, service
from zone.places.models import Season

LONGEST: Final = timedelta(days=250)


def create_term(session: Session, *, kind: str, starts_on: date, ends_on: date, actor_id: int, now: datetime) -> Season:
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
    made = service.create_season(session, code=code, kind=kind, starts_on=starts_on, ends_on=ends_on, now=now)
    audit(session, actor_id=actor_id, action="term.create", object_kind="term", object_id=code, now=now)
    return made


def mark_week(session: Session, year: int, week: int, *, regular: bool, actor_id: int, now: datetime) -> None:
    """Count a week in the weekly hours from now on, or not. One that already is so stays as it is.

    Raises:
        DomainError: not_found: the week belongs to no term.
    """
    known = {(y, w): so for term in queries.terms(session, now) for y, w, so in term.weeks}
    if not EARLIEST.year <= year < LATEST.year or (year, week) not in known:
        raise DomainError(NOT_FOUND)
    if known[year, week] == regular:
        return
    service.mark_week(session, iso_year=year, iso_week=week, regular=regular, now=now)
    audit(
        session, actor_id=actor_id, action="week.mark", object_kind="week", object_id=f"{year}-W{week:02}",
        before={"regular": not regular}, after={"regular": regular}, now=now,
    )  # fmt: skip
