"""Weekly classes: create, change and expand them into sessions.

Names, category and instructor change in place. A class that moves is cancelled and created again,
so that those who booked get a mail and the figures of past months stay the same. Nothing here
commits: a preview makes the whole change in a transaction that is rolled back.
"""

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, lazyload

from zone.booking.activities.service import activity_like
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.allocations.models import Allocation
from zone.booking.messages.service import PostCancelled, post_cancellation, post_moves
from zone.booking.policies import queries as policies_queries
from zone.booking.policies import service as policies
from zone.booking.promotions import service as promotions
from zone.booking.sessions import service as sessions
from zone.booking.sessions.errors import CLASS_INVALID
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.rules import ClassDetails
from zone.booking.sessions.service import create_session
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.errors import CLASS_OVER, NOT_AN_INSTRUCTOR
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.queries import details_of, future_sessions, values_of, weekly_of
from zone.booking.weekly_classes.rules import ClassChange, ClassPlan, Expansion, Weekly
from zone.core.audit.service import record_action
from zone.core.db.constraints import constraint_name
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.row_records.service import write_recorded
from zone.core.time import Window, helsinki_date
from zone.core.versions import refuse_stale
from zone.members.roles.queries import service_roles
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.queries import space_by_id
from zone.places.spaces.service import lock_spaces

log = logging.getLogger(__name__)

MOVING: Final = ("kind", "space_id", "live", "bookable_percent", "weekday", "starts_at", "minutes")
"""What cancels the coming sessions and creates new ones when it differs."""


def class_by_id(session: Session, public_id: uuid.UUID, *, to_change: bool = False) -> SessionRule:
    """Return one weekly class; `to_change` locks its row until the transaction ends.

    Raises:
        DomainError: not_found.
    """
    query = select(SessionRule).where(SessionRule.public_id == public_id)
    if to_change:
        # Without a join: after a wait, PostgreSQL joins the new row with what it had read before,
        # and finds nothing where the class has another activity by then.
        query = query.options(lazyload(SessionRule.activity))
    # NO KEY UPDATE, not FOR UPDATE: who adds a session takes KEY SHARE on this row by its foreign
    # key, and need not wait for an editor.
    rule = session.scalar(query.with_for_update(key_share=True) if to_change else query)
    if rule is None:
        raise DomainError(NOT_FOUND)
    return rule


def plan_class(
    session: Session, actor: Actor, details: ClassDetails, when: Weekly, *, now: datetime
) -> ClassChange:
    """Create a weekly class with its sessions, for a staff member.

    Raises:
        DomainError: forbidden; class_invalid; class_over: no day of it is still to come;
            not_an_instructor; space_taken with what holds the space (`taken_by`) and what is free
            (`alternatives`).
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, details.space_id))
    rules.refuse_past(when, now)
    _refuse_other_instructor(session, details.instructor_id)
    rule, expansion = _create_or_explain(session, details, when, now)
    after = {"name": rule.activity.name_en, "sessions": expansion.made}
    _record(session, "class.create", rule.public_id, actor, now, after=after)
    change = ClassChange(rule.public_id, made=expansion.made, closed=expansion.closed)
    return _with_days(session, change, details.space_id, when, now)


def _with_days(
    session: Session,
    change: ClassChange,
    space_id: int | None,
    when: Weekly,
    now: datetime,
    from_day: date = date.min,
) -> ClassChange:
    """Return the change with what is to know of the days of the class on which it holds."""
    found = rules.clock_changes(when, helsinki_date(now))
    when = replace(when, first_on=max(when.first_on, from_day))
    return replace(
        change,
        days=tuple(queries.days_to_know(session, space_id, when, now)),
        skipped=tuple(item.starts_at for item in found if item.skipped),
        repeated=tuple(item.starts_at for item in found if not item.skipped),
    )


def change_class(
    session: Session, actor: Actor, public_id: uuid.UUID, plan: ClassPlan, *, now: datetime
) -> ClassChange:
    """Change a class from the plan's day on. Sessions of earlier days stay as they are.

    A class that moves is cancelled from that day on, and a new one begins there. Otherwise names,
    category, instructor, texts, the number of places and the last day change in place.

    Raises:
        DomainError: forbidden; not_found; edited_meanwhile; and those of `plan_class` and
            `set_capacity`.
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, plan.details.space_id))
    rule = class_by_id(session, public_id, to_change=True)
    # Both campuses: the one that it moves to (above) and the one that it is at.
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, rule.space_id))
    # Never earlier than today or the first day: a past session is never cancelled, and a class that
    # has not begun does not begin earlier because it is edited.
    plan = replace(plan, from_day=max(plan.from_day, helsinki_date(now), rule.first_on))
    before, after = values_of(details_of(rule), weekly_of(rule)), values_of(plan.details, plan.when)
    changed = rules.differences(before, after)
    if not changed:  # saved as it was, or a second tap: no conflict, and nothing to record
        unchanged = ClassChange(rule.public_id, unchanged=True)
        return _with_days(session, unchanged, plan.details.space_id, plan.when, now)
    refuse_stale(rule.version, plan.version, changed)
    # A class may end before that day, but one that has ended by then is not changed from it on.
    if plan.from_day > max(rule.last_on, plan.when.last_on):
        raise DomainError(CLASS_OVER)
    if "capacity" in changed:  # also where it has no session yet that would be asked
        _refuse_too_many_places(session, plan.details)
    if "instructor_id" in changed:
        _refuse_other_instructor(session, plan.details.instructor_id)
    rule.version += 1
    moved = any(before[name] != after[name] for name in MOVING)
    successor = activity_like(session, plan.details.activity)
    policies.keep_for(session, rule.activity.id, successor.id, now)
    change = (_move if moved else _adjust)(session, actor, rule, plan, now)
    values = {name: (before[name], after[name]) for name in changed}
    _record(session, "class.change", public_id, actor, now, after=values, reason=plan.reason)
    return _with_days(session, change, plan.details.space_id, plan.when, now, plan.from_day)


def _refuse_other_instructor(session: Session, instructor_id: int | None) -> None:
    if instructor_id is not None and "instructor" not in service_roles(session, instructor_id):
        raise DomainError(NOT_AN_INSTRUCTOR)


def create_class(
    session: Session, details: ClassDetails, when: Weekly, *, now: datetime
) -> tuple[SessionRule, Expansion]:
    """Create a weekly class and its sessions; nothing where a day clashes.

    Raises:
        DomainError: space_taken with the days (`clashes`) on which another session holds the space;
            class_invalid: there are more places than the space has.
    """
    _refuse_too_many_places(session, details)
    rule = SessionRule(
        public_id=new_public_id(),
        activity=activity_like(session, details.activity),
        kind=details.kind,
        space_id=details.space_id,
        capacity=details.capacity,
        instructor_id=details.instructor_id,
        live=details.live,
        bookable_percent=details.bookable_percent,
        **asdict(when),
    )
    session.add(rule)
    session.flush()
    expansion = expand_rule(session, rule, now)
    _refuse_clashes(expansion)
    return rule, expansion


def _refuse_too_many_places(session: Session, details: ClassDetails) -> None:
    space_id = details.space_id
    if space_id is not None and details.capacity > space_by_id(session, space_id).capacity:
        raise DomainError(CLASS_INVALID)


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
    existing = set(
        session.scalars(select(ClassSession.rule_day).where(ClassSession.rule_id == rule.id))
    )
    total = Expansion()
    for day, start, end in rules.weekly(
        rule.weekday, rule.starts_at, rule.minutes, rule.first_on, last_day
    ):
        # A class whose start has passed today gets no session: nobody could book it.
        if day not in existing and start > now:
            total += _create_on_day(session, rule, day, (start, end), now)
    return total


def is_open_for(session: Session, space_id: int | None, start: datetime, end: datetime) -> bool:
    """Return whether the campus of a space is open during all of [start, end); online always."""
    if space_id is None:
        return True
    campus_id = space_by_id(session, space_id).campus_id
    return is_open(open_windows(session, campus_id, start, end), start, end)


def _create_or_explain(
    session: Session, details: ClassDetails, when: Weekly, now: datetime
) -> tuple[SessionRule, Expansion]:
    try:
        # The savepoint removes the half-made class, so that its own sessions are not named among
        # what is in the way.
        with session.begin_nested():
            return create_class(session, details, when, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not SPACE_TAKEN or details.space_id is None:
            raise
        conflicts = queries.space_conflicts(
            session, details.space_id, queries.spans_of(session, when, now)
        )
        free = queries.alternatives(session, details, when, now)
        raise DomainError(
            SPACE_TAKEN, **refusal.extra, **queries.conflict_json(conflicts, free)
        ) from refusal


def _move(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> ClassChange:
    rules.refuse_past(replace(plan.when, first_on=plan.from_day), now)
    gone: list[tuple[ClassSession, Sequence[int]]] = []
    cancelled = _cancel_from(
        session,
        actor,
        rule,
        plan.from_day,
        plan.reason,
        now,
        post=lambda _session, row, member_ids, *_: gone.append((row, member_ids)),
    )
    _end(rule, plan.from_day - timedelta(days=1))
    session.flush()
    # After the cancellation, which frees its own space: it may move by half an hour.
    new_rule, expansion = _create_or_explain(
        session, plan.details, replace(plan.when, first_on=plan.from_day), now
    )
    # Only now: the mail names the new time.
    post_moves(session, gone, future_sessions(session, new_rule.id, now), plan.reason, now)
    return replace(
        cancelled, rule=new_rule.public_id, moved=True, made=expansion.made, closed=expansion.closed
    )


def _end(rule: SessionRule, last_day: date) -> None:
    """End a class on a day."""
    if last_day >= rule.first_on:
        rule.last_on = min(rule.last_on, last_day)
    else:
        # It had not begun. `ck_session_rule_order` wants first_on <= last_on, so it keeps one day
        # of another weekday.
        rule.first_on += timedelta(days=int(rule.first_on.isoweekday() == rule.weekday))
        rule.last_on = rule.first_on


def _adjust(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> ClassChange:
    rule.activity = activity_like(session, plan.details.activity)
    rule.instructor_id = plan.details.instructor_id
    places_before, rule.capacity = rule.capacity, plan.details.capacity
    # `ck_session_rule_order`: an editor may end a class before its first day, which stays as it is.
    rule.last_on = max(plan.when.last_on, rule.first_on)
    session.flush()
    after_end = rule.last_on + timedelta(days=1)
    cancelled = _cancel_from(session, actor, rule, after_end, plan.reason, now)
    rows = [row for row in future_sessions(session, rule.id, now) if row.on_day >= plan.from_day]
    renamed = {
        row.id
        for row in rows
        if (row.activity_id, row.instructor_id) != (rule.activity_id, rule.instructor_id)
    }
    # What a session alone was given stays where the class keeps its number of places.
    resized = [
        row for row in rows if places_before != rule.capacity and row.capacity != rule.capacity
    ]
    promotions.lock_sessions(session, {row.id for row in resized})
    _write_in_place(session, renamed, rule)
    for row in resized:
        sessions.set_capacity(
            session, actor, row.public_id, rule.capacity, reason=plan.reason, now=now
        )
    changed = len(renamed | {row.id for row in resized})
    expansion = expand_rule(session, rule, now)  # a later last day
    _refuse_clashes(expansion)
    return replace(cancelled, made=expansion.made, changed=changed, closed=expansion.closed)


def _write_in_place(session: Session, session_ids: Collection[int], rule: SessionRule) -> None:
    """Give sessions that stay the activity of their class, its names and its instructor."""
    activity = rule.activity
    names = {name: getattr(activity, name) for name in ("name_fi", "name_sv", "name_en")}
    own = {"activity_id": activity.id, "instructor_id": rule.instructor_id}
    for model, values in ((Allocation, names), (ClassSession, own)):
        write_recorded(session, update(model).where(model.id.in_(session_ids)).values(**values))


def _refuse_clashes(expansion: Expansion) -> None:
    if expansion.clashes:
        raise DomainError(SPACE_TAKEN, clashes=[day.isoformat() for day in expansion.clashes])


def _cancel_from(
    session: Session,
    actor: Actor,
    rule: SessionRule,
    from_day: date,
    reason: str,
    now: datetime,
    post: PostCancelled = post_cancellation,
) -> ClassChange:
    rows = [row for row in future_sessions(session, rule.id, now) if row.on_day >= from_day]
    people = sum(row.booked for row in rows)  # before: cancelling sets it to 0
    for row in rows:
        sessions.cancel_session(session, actor, row.public_id, reason=reason, now=now, post=post)
    return ClassChange(
        rule.public_id, cancelled=tuple(row.starts_at for row in rows), people=people
    )


def _record(
    session: Session,
    action: str,
    public_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    *,
    after: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="class",
        object_id=public_id,
        after=after,
        reason=reason,
        now=now,
    )


def _create_on_day(
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
