"""Move the coming sessions of a weekly class, with their people. Never commits.

Each session keeps its id. The class itself is changed in place where it has no earlier day, and
else ends, and another one begins with the sessions of the days to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.booking.affected_people.rules import CancelledSession
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.allocations.service import release
from zone.booking.class_moves.rules import day_instead, weekdays_instead
from zone.booking.expansions.service import is_open_for, skip
from zone.booking.moves.rules import MovedSession, Placement
from zone.booking.moves.service import move_row, place_row, placement_of
from zone.booking.promotions.service import lock_sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.service import cancel_session
from zone.booking.space_conflicts.queries import explain_taken
from zone.booking.weekly_classes import rules
from zone.booking.weekly_classes.models import SessionRule, SkippedDay
from zone.booking.weekly_classes.queries import days_begun
from zone.booking.weekly_classes.rules import ClassPlan
from zone.core.db.constraints import constraint_name
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.ids import new_public_id
from zone.core.time import from_helsinki
from zone.places.spaces.service import lock_spaces


@dataclass(frozen=True, slots=True)
class ClassMove:
    """The class as it is afterwards, and what became of its sessions.

    `cancelled`: those without a day in the new week, or whose campus is closed then.
    """

    rule: SessionRule
    moved: tuple[MovedSession, ...]
    cancelled: tuple[CancelledSession, ...]


def move_class(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> ClassMove:
    """Give a class other weekdays, another time or another space from the plan's day on.

    The caller holds the lock of the class.

    Raises:
        DomainError: class_over; space_taken with what holds the space and what is free;
            class_invalid; move_too_late.
    """
    rules.refuse_past(replace(plan.when, first_on=plan.from_day), now)
    lock_spaces(session, {rule.space_id, plan.details.space_id})
    weekdays = weekdays_instead(rule.weekdays, plan.when.weekdays)
    rows = _lock_rows(session, rule, plan.from_day, now)
    changed = _changed_rule(session, rule, plan)
    _move_skipped(session, rule, changed, plan.from_day, weekdays)
    _skip_begun(session, rule, changed, plan, weekdays, now)
    # All at once, before the first takes its new time: it may be that of the next.
    for row in rows:
        release(session, row.id)
    try:
        with session.begin_nested():
            return _move_rows(session, actor, rows, changed, plan, weekdays, now)
    except IntegrityError as error:
        if constraint_name(error) != "uq_hold_part_slice":
            raise
        when = replace(plan.when, first_on=plan.from_day)
        explained = explain_taken(session, plan.details, when, now)
        raise DomainError(SPACE_TAKEN, **explained) from error


def _lock_rows(
    session: Session, rule: SessionRule, from_day: date, now: datetime
) -> list[ClassSession]:
    coming = select(ClassSession).where(
        ClassSession.rule_id == rule.id,
        ClassSession.rule_day >= from_day,
        ClassSession.state != "held",
        ClassSession.starts_at > now,
    )
    lock_sessions(session, {row.id for row in session.scalars(coming)})
    query = coming.order_by(ClassSession.starts_at).execution_options(populate_existing=True)
    return list(session.scalars(query))


def _changed_rule(session: Session, rule: SessionRule, plan: ClassPlan) -> SessionRule:
    """Return the class with its new time: the same one, or another one that begins on the day."""
    details, when = plan.details, replace(plan.when, first_on=plan.from_day)
    changed = rule
    if rule.first_on < plan.from_day:
        changed = SessionRule(
            public_id=new_public_id(),
            activity=rule.activity,
            kind=rule.kind,
            capacity=rule.capacity,
            instructor_id=rule.instructor_id,
            live=rule.live,
            bookable_percent=rule.bookable_percent,
            first_on=plan.from_day,
            last_on=max(rule.last_on, plan.from_day),
        )
        session.add(changed)
        rule.last_on = min(rule.last_on, plan.from_day - timedelta(days=1))
    changed.space_id = details.space_id
    for name in ("weekdays", "starts_at", "minutes"):
        setattr(changed, name, getattr(when, name))
    session.flush()
    return changed


def _move_skipped(
    session: Session,
    rule: SessionRule,
    changed: SessionRule,
    from_day: date,
    weekdays: dict[int, int | None],
) -> None:
    query = select(SkippedDay).where(SkippedDay.rule_id == rule.id, SkippedDay.day >= from_day)
    for skipped in session.scalars(query).all():
        day = day_instead(skipped.day, weekdays)
        if day is None:
            session.delete(skipped)
        else:
            skipped.rule_id, skipped.day = changed.id, day
    session.flush()


def _skip_begun(
    session: Session,
    rule: SessionRule,
    changed: SessionRule,
    plan: ClassPlan,
    weekdays: dict[int, int | None],
    now: datetime,
) -> None:
    """Leave out the days whose session has begun: it does not move, and is not held twice."""
    for begun in days_begun(session, rule.id, plan.from_day, now):
        day = day_instead(begun, weekdays)
        if day is not None and (changed.id, day) != (rule.id, begun):
            skip(session, changed, day, plan.reason)


def _move_rows(
    session: Session,
    actor: Actor,
    rows: Sequence[ClassSession],
    changed: SessionRule,
    plan: ClassPlan,
    weekdays: dict[int, int | None],
    now: datetime,
) -> ClassMove:
    moved, cancelled = list[MovedSession](), list[CancelledSession]()
    for row in rows:
        to = _placement(row, plan, weekdays)
        if to is not None and row.rule_day is not None:
            row.rule_id, row.rule_day = changed.id, day_instead(row.rule_day, weekdays)
            session.flush()
        if row.state == "cancelled":
            if to is not None:  # for when it is held after all
                place_row(session, row, to)
        elif to is None or to.starts_at <= now or not is_open_for(session, to.space_id, *to.span):
            cancelled.append(CancelledSession(row.public_id, row.starts_at, row.booked))
            cancel_session(session, actor, row.public_id, reason=plan.reason, now=now)
        elif to == placement_of(row):
            place_row(session, row, to, moved=False)
        else:
            moved.append(move_row(session, actor, row, to, plan.reason, now))
    return ClassMove(changed, tuple(moved), tuple(cancelled))


def _placement(
    row: ClassSession, plan: ClassPlan, weekdays: dict[int, int | None]
) -> Placement | None:
    """Return where a session is to be held; None: nowhere any more."""
    day = day_instead(row.rule_day, weekdays) if row.rule_day else None
    if day is None or not plan.from_day <= day <= plan.when.last_on:
        return None
    start = from_helsinki(day, plan.when.starts_at)
    return Placement(start, start + timedelta(minutes=plan.when.minutes), plan.details.space_id)
