"""Create the sessions of weekly classes. Never commits."""

import logging
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.booking.policies import queries as policies_queries
from zone.booking.reservations.errors import PLACE_CLOSED
from zone.booking.sessions.service import create_session
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.models import SessionRule, SkippedDay
from zone.booking.weekly_classes.queries import details_of, weekly_of
from zone.booking.weekly_classes.rules import Expansion
from zone.core.db.constraints import constraint_name
from zone.core.errors import DomainError
from zone.core.time import Window, helsinki_date
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.queries import space_by_id
from zone.places.spaces.service import lock_spaces

log = logging.getLogger(__name__)


def expand_classes(session: Session, now: datetime) -> Expansion:
    """Create the missing sessions of every class, as far ahead as the policy says.

    It is safe to repeat.
    """
    weekly_classes = session.scalars(
        select(SessionRule)
        .where(SessionRule.last_on >= helsinki_date(now))
        .order_by(SessionRule.id)
    ).all()
    # All at once and in the order of ids; locking them class by class would follow the order of the
    # classes.
    lock_spaces(session, {rule.space_id for rule in weekly_classes})
    total = sum((expand_rule(session, rule, now) for rule in weekly_classes), Expansion())
    for day in total.clashes:
        log.warning("a weekly session could not be placed on %s: its space is taken", day)
    return total


def expand_rule(session: Session, rule: SessionRule, now: datetime) -> Expansion:
    """Create the missing sessions of one class, skipping the days on which the campus is closed."""
    ahead = timedelta(days=policies_queries.current(session, now).expand_days)
    last_day = min(rule.last_on, helsinki_date(now) + ahead)
    # Cancelled sessions count as existing: a cancelled day is not created again.
    existing = queries.days_made(session, rule.id) | queries.skipped_days(session, rule.id).keys()
    total = Expansion()
    for day, start, end in rules.weekly(weekly_of(rule), last=last_day):
        # A class whose start has passed today gets no session: nobody could book it.
        if day not in existing and start > now:
            total += create_on_day(session, rule, day, (start, end), now)
    return total


def skip(session: Session, rule: SessionRule, day: date, reason: str) -> None:
    """Leave a day of a class out; once more changes nothing."""
    if day not in queries.skipped_days(session, rule.id):
        session.add(SkippedDay(rule_id=rule.id, day=day, reason=reason))
        session.flush()


def refuse_closed(session: Session, space_id: int | None, start: datetime, end: datetime) -> None:
    """Refuse a time at which the campus of a space is not open.

    Raises:
        DomainError: place_closed.
    """
    if not is_open_for(session, space_id, start, end):
        raise DomainError(PLACE_CLOSED)


def is_open_for(session: Session, space_id: int | None, start: datetime, end: datetime) -> bool:
    """Return whether the campus of a space is open during all of [start, end); online always."""
    if space_id is None:
        return True
    campus_id = space_by_id(session, space_id).campus_id
    return is_open(open_windows(session, campus_id, start, end), start, end)


def create_on_day(
    session: Session, rule: SessionRule, day: date, span: Window, now: datetime
) -> Expansion:
    # Wait for a running `closures.service.set_day`; the next one waits for this transaction.
    lock_spaces(session, {rule.space_id})
    if not is_open_for(session, rule.space_id, *span):
        return Expansion(closed=(day,))
    try:
        with session.begin_nested():
            create_session(session, details_of(rule), *span, now=now, rule_id=rule.id, rule_day=day)
    except IntegrityError as error:
        constraint = constraint_name(error)
        if constraint == "uq_class_session_rule_id_rule_day":  # another scheduler has just made it
            return Expansion()
        if constraint == "uq_hold_part_slice":
            return Expansion(clashes=(day,))
        raise
    return Expansion(made=1)
