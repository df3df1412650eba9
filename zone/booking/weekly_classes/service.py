"""Weekly classes: create, change and expand them into sessions.

Names, category and instructor change in place, and sessions move with their people. A class of
another kind is cancelled and created again, so that the figures of past months stay the same.
Nothing here commits: a preview makes the whole change in a transaction that is rolled back.
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session, lazyload

from zone.booking.activities.service import activity_like
from zone.booking.affected_people.rules import CancelledSession
from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.allocations.models import Allocation
from zone.booking.class_moves.service import move_class
from zone.booking.expansions.service import expand_rule, skip
from zone.booking.messages.service import PostCancelled, post_cancellation, post_moves
from zone.booking.policies import service as policies
from zone.booking.promotions import service as promotions
from zone.booking.sessions import service as sessions
from zone.booking.sessions.errors import CLASS_INVALID
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.rules import ClassDetails
from zone.booking.space_conflicts import queries as space_conflicts
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.errors import CLASS_OVER, NOT_AN_INSTRUCTOR
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.queries import details_of, future_sessions, values_of, weekly_of
from zone.booking.weekly_classes.rules import ClassChange, ClassPlan, Expansion, Weekly
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.row_records.service import write_recorded
from zone.core.time import helsinki_date
from zone.core.versions import refuse_stale
from zone.members.roles.queries import service_roles
from zone.places.spaces.queries import space_by_id

RENEWING: Final = ("kind", "live", "bookable_percent")
"""What cancels the coming sessions and creates new ones when it differs."""
MOVING: Final = ("space_id", "weekdays", "starts_at", "minutes")
"""What moves the coming sessions, with their people, when it differs."""


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
    refuse_other_instructor(session, details.instructor_id)
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

    With other weekdays, another time or space its sessions move, with their people; see
    `moves.service`. A class of another kind is cancelled from that day on, and a new one begins.
    Otherwise names, category, instructor, texts, the number of places and the last day change in
    place.

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
        refuse_too_many_places(session, plan.details)
    if "instructor_id" in changed:
        refuse_other_instructor(session, plan.details.instructor_id)
    rule.version += 1
    successor = activity_like(session, plan.details.activity, rule.activity)
    policies.keep_for(session, rule.activity.id, successor.id, now)
    change = _work_for(changed)(session, actor, rule, plan, now)
    values = {name: (before[name], after[name]) for name in changed}
    _record(session, "class.change", public_id, actor, now, after=values, reason=plan.reason)
    return _with_days(session, change, plan.details.space_id, plan.when, now, plan.from_day)


def _work_for(changed: Collection[str]) -> Callable[..., ClassChange]:
    if any(name in changed for name in RENEWING):
        return _renew
    return _move if any(name in changed for name in MOVING) else _adjust


def refuse_other_instructor(session: Session, instructor_id: int | None) -> None:
    if instructor_id is not None and "instructor" not in service_roles(session, instructor_id):
        raise DomainError(NOT_AN_INSTRUCTOR)


def create_class(
    session: Session,
    details: ClassDetails,
    when: Weekly,
    *,
    now: datetime,
    without: Mapping[date, str] | None = None,
) -> tuple[SessionRule, Expansion]:
    """Create a weekly class and its sessions; nothing where a day clashes.

    `without` are days to leave out, with the reason.

    Raises:
        DomainError: space_taken with the days (`clashes`) on which another session holds the space;
            class_invalid: there are more places than the space has.
    """
    refuse_too_many_places(session, details)
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
    for day, reason in (without or {}).items():
        skip(session, rule, day, reason)
    expansion = expand_rule(session, rule, now)
    refuse_clashes(expansion)
    return rule, expansion


def refuse_too_many_places(session: Session, details: ClassDetails) -> None:
    space_id = details.space_id
    if space_id is not None and details.capacity > space_by_id(session, space_id).capacity:
        raise DomainError(CLASS_INVALID)


def _create_or_explain(
    session: Session,
    details: ClassDetails,
    when: Weekly,
    now: datetime,
    without: Mapping[date, str] | None = None,
) -> tuple[SessionRule, Expansion]:
    try:
        # The savepoint removes the half-made class, so that its own sessions are not named among
        # what is in the way.
        with session.begin_nested():
            return create_class(session, details, when, now=now, without=without)
    except DomainError as refusal:
        if refusal.reasons[0] is not SPACE_TAKEN or details.space_id is None:
            raise
        explained = space_conflicts.explain_taken(session, details, when, now)
        raise DomainError(SPACE_TAKEN, **refusal.extra, **explained) from refusal


def _move(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> ClassChange:
    # Fewer places first: the new space may not hold more.
    fewer = plan.details.capacity < rule.capacity
    resized = _resize(session, actor, rule, plan, now) if fewer else set[int]()
    done = move_class(session, actor, rule, plan, now)
    # The other changes, and the sessions of weekdays that are new.
    change = _adjust(session, actor, done.rule, plan, now)
    return replace(
        change,
        rule=done.rule.public_id,
        moved=done.rule is not rule,
        sessions=done.moved,
        changed=max(change.changed, len(resized)),
        ended=(*done.cancelled, *change.ended),
    )


def _renew(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> ClassChange:
    rules.refuse_past(replace(plan.when, first_on=plan.from_day), now)
    # What was left out or cancelled stays so, and what has begun is not held twice.
    coming = {row.rule_day for row in future_sessions(session, rule.id, now)}
    past = queries.days_made(session, rule.id) - coming
    without = dict.fromkeys(past, plan.reason) | queries.skipped_days(session, rule.id)
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
    _end(session, rule, plan.from_day - timedelta(days=1), plan.reason)
    session.flush()
    # After the cancellation, which frees its own space: it may move by half an hour.
    new_rule, expansion = _create_or_explain(
        session,
        plan.details,
        replace(plan.when, first_on=plan.from_day),
        now,
        {day: reason for day, reason in without.items() if day >= plan.from_day},
    )
    # Only now: the mail names the new time.
    post_moves(session, gone, future_sessions(session, new_rule.id, now), plan.reason, now)
    return replace(
        cancelled, rule=new_rule.public_id, moved=True, made=expansion.made, closed=expansion.closed
    )


def _end(session: Session, rule: SessionRule, last_day: date, reason: str) -> None:
    """End a class on a day."""
    if last_day >= rule.first_on:
        rule.last_on = min(rule.last_on, last_day)
    else:
        # It had not begun. `ck_session_rule_order` wants first_on <= last_on, so the day that it
        # keeps is skipped.
        rule.last_on = rule.first_on
        skip(session, rule, rule.first_on, reason)


def _adjust(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> ClassChange:
    rule.activity = activity_like(session, plan.details.activity)
    rule.instructor_id = plan.details.instructor_id
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
    resized = _resize(session, actor, rule, plan, now)
    _write_in_place(session, renamed, rule)
    changed = len(renamed | resized)
    expansion = expand_rule(session, rule, now)  # a later last day
    refuse_clashes(expansion)
    return replace(cancelled, made=expansion.made, changed=changed, closed=expansion.closed)


def _resize(
    session: Session, actor: Actor, rule: SessionRule, plan: ClassPlan, now: datetime
) -> set[int]:
    """Give a class and its sessions the plan's number of places; return which sessions changed."""
    places_before, rule.capacity = rule.capacity, plan.details.capacity
    # What a session alone was given stays where the class keeps its number of places.
    resized = [
        row
        for row in future_sessions(session, rule.id, now)
        if places_before != rule.capacity != row.capacity and row.on_day >= plan.from_day
    ]
    promotions.lock_sessions(session, {row.id for row in resized})
    for row in resized:
        sessions.set_capacity(
            session, actor, row.public_id, rule.capacity, reason=plan.reason, now=now
        )
    return {row.id for row in resized}


def _write_in_place(session: Session, session_ids: Collection[int], rule: SessionRule) -> None:
    """Give sessions that stay the activity of their class, its names and its instructor."""
    activity = rule.activity
    names = {name: getattr(activity, name) for name in ("name_fi", "name_sv", "name_en")}
    own = {"activity_id": activity.id, "instructor_id": rule.instructor_id}
    for model, values in ((Allocation, names), (ClassSession, own)):
        write_recorded(session, update(model).where(model.id.in_(session_ids)).values(**values))


def refuse_clashes(expansion: Expansion) -> None:
    """Refuse sessions of which one finds its space taken.

    Raises:
        DomainError: space_taken with the days (`clashes`).
    """
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
    # Before: cancelling sets the number of bookings to 0.
    ended = tuple(CancelledSession(row.public_id, row.starts_at, row.booked) for row in rows)
    for row in rows:
        sessions.cancel_session(session, actor, row.public_id, reason=reason, now=now, post=post)
    return ClassChange(rule.public_id, ended=ended)


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
