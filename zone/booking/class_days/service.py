"""Leave single days out of a weekly class, and put them back. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zone.booking.affected_people.rules import CancelledSession
from zone.booking.affected_people.service import preview_cancellation
from zone.booking.class_days.errors import NOT_A_DAY_OF_IT
from zone.booking.expansions.service import expand_rule, skip
from zone.booking.reinstatements.service import reinstate_session
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.service import cancel_session
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.models import SessionRule, SkippedDay
from zone.booking.weekly_classes.service import class_by_id, refuse_clashes
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission


def skip_day(
    session: Session, actor: Actor, class_id: uuid.UUID, day: date, *, reason: str, now: datetime
) -> SessionRule:
    """Leave a day to come out of a class; once more changes nothing.

    Its session is cancelled where there is one, with a mail to those who booked or wait.

    Raises:
        DomainError: not_found; forbidden; not_a_day_of_it; session_held: its session was moved to
            an earlier day, and has ended.
    """
    rule = _rule_to_change(session, actor, class_id)
    if day in queries.skipped_days(session, rule.id):
        return rule
    if not any(start > now for _, start, _ in _on(rule, day)):
        raise DomainError(NOT_A_DAY_OF_IT)
    made = _session_of(session, rule, day)
    if made is not None and made.state != "cancelled":
        cancel_session(session, actor, made.public_id, reason=reason, now=now)
    skip(session, rule, day, reason)
    _record(session, "class.skip_day", rule, actor, day, reason, now)
    return rule


def preview_skip(
    session: Session, actor: Actor, class_id: uuid.UUID, day: date, now: datetime
) -> CancelledSession | None:
    """Return whom it would concern that a day is left out; None: the day has no session.

    Raises:
        DomainError: not_found; forbidden.
    """
    rule = class_by_id(session, class_id)
    made = _session_of(session, rule, day)
    if made is None or made.state == "cancelled":
        return None
    return preview_cancellation(session, actor, made.public_id, now)


def put_day_back(
    session: Session, actor: Actor, class_id: uuid.UUID, day: date, *, reason: str, now: datetime
) -> SessionRule:
    """Hold a class on a day after all that was left out of it; once more changes nothing.

    The session that was cancelled for it is the same as before. Who had booked or waited gets a
    mail.

    Raises:
        DomainError: not_found; forbidden; not_a_day_of_it; place_closed; space_taken.
        IntegrityError: `uq_hold_part_slice`: the space is taken meanwhile.
    """
    rule = _rule_to_change(session, actor, class_id)
    if not any(start > now for _, start, _ in _on(rule, day)):
        raise DomainError(NOT_A_DAY_OF_IT)
    put_back = delete(SkippedDay).where(SkippedDay.rule_id == rule.id, SkippedDay.day == day)
    skipped = session.scalar(put_back.returning(SkippedDay.id)) is not None
    made = _session_of(session, rule, day)
    if made is not None:
        reinstate_session(session, actor, made.public_id, reason=reason, now=now)
    else:
        refuse_clashes(expand_rule(session, rule, now))
    if skipped:
        _record(session, "class.put_day_back", rule, actor, day, reason, now)
    return rule


def _rule_to_change(session: Session, actor: Actor, class_id: uuid.UUID) -> SessionRule:
    rule = class_by_id(session, class_id, to_change=True)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, rule.space_id))
    return rule


def _on(rule: SessionRule, day: date) -> list[tuple[date, datetime, datetime]]:
    return list(rules.weekly(queries.weekly_of(rule), first=day, last=day))


def _session_of(session: Session, rule: SessionRule, day: date) -> ClassSession | None:
    query = select(ClassSession).where(ClassSession.rule_id == rule.id)
    return session.scalar(query.where(ClassSession.rule_day == day))


def _record(
    session: Session,
    action: str,
    rule: SessionRule,
    actor: Actor,
    day: date,
    reason: str,
    now: datetime,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="class",
        object_id=rule.public_id,
        after={"day": day},
        reason=reason,
        now=now,
    )
