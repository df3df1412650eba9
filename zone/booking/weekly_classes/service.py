"""Weekly classes: create, change and expand them into sessions.

What is said of a session is changed in place; a moved one is cancelled and made anew, so that those who booked
learn of it and a figure of last month stays the same. Never commits: a preview makes the whole change in a
transaction that is then rolled back.
"""

import logging
import uuid
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions import service as sessions
from zone.booking.sessions.errors import CLASS_INVALID
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.sessions.service import create_session
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.queries import coming, offer_of, values_of, version_of, when_of
from zone.booking.weekly_classes.rules import Expansion, Weekly
from zone.core.audit.service import record_action
from zone.core.db.constraints import constraint_of
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.ids import new_public_id
from zone.core.time import Window, helsinki_date
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open
from zone.places.spaces.models import Space
from zone.places.spaces.queries import space_by_id

SAID: Final = ("name_fi", "name_sv", "name_en", "category", "instructor_id")
"""What may change in sessions that are there; anything else that differs moves them, but for places and the end."""
PLACED: Final = ("kind", "space_id", "live", "bookable_percent", "weekday", "starts_at", "minutes")


@dataclass(frozen=True, slots=True)
class Change:
    """What a change does: sessions cancelled (by start) and how many people had booked them, sessions made and
    changed, days left out because the campus is closed. `rule` is the class that holds afterwards."""

    rule: uuid.UUID
    moved: bool = False
    cancelled: tuple[datetime, ...] = ()
    people: int = 0
    made: int = 0
    changed: int = 0
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class as it shall be from `from_day` on, why, and the version that the editor saw."""

    offer: ClassDetails
    when: Weekly
    version: str
    from_day: date
    reason: str


def class_by_id(session: Session, public_id: uuid.UUID, *, to_change: bool = False) -> SessionRule:
    """One weekly class; `to_change` holds it against others until the transaction ends.

    Raises:
        DomainError: not_found.
    """
    query = select(SessionRule).where(SessionRule.public_id == public_id)
    # Not the strongest lock: a session of it whose place is passed on looks its class up, and waits for no editor.
    rule = session.scalar(query.with_for_update(key_share=True) if to_change else query)
    if rule is None:
        raise DomainError(NOT_FOUND)
    return rule


def create(
    session: Session, offer: ClassDetails, when: Weekly, *, actor_id: int, now: datetime
) -> Change:
    """A new weekly class.

    Raises:
        DomainError: class_invalid; space_taken with what takes it (`taken_by`) and what is free (`alternatives`).
    """
    rule, expansion = _create_or_explain(session, offer, when, now)
    after = {"name": rule.name_en, "sessions": expansion.made}
    _audit(session, "class.create", rule.public_id, actor_id, now, after=after)
    return Change(rule.public_id, made=expansion.made, closed=expansion.closed)


def _create_or_explain(
    session: Session, offer: ClassDetails, when: Weekly, now: datetime
) -> tuple[SessionRule, Expansion]:
    try:
        with session.begin_nested():
            return create_class(session, offer, when, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not SPACE_TAKEN or offer.space_id is None:
            raise
        taken = queries.taken_by(session, offer.space_id, queries.spans_of(session, when, now))
        free = queries.alternatives(session, offer, when, now)
        raise DomainError(SPACE_TAKEN, **refusal.extra, **queries.as_json(taken, free)) from refusal


def change(
    session: Session, public_id: uuid.UUID, plan: ClassPlan, *, actor_id: int, now: datetime
) -> Change:
    """Make a class what the plan says, from its day on. Sessions of earlier days stay as they are.

    1. Hold the class, and see that it is still what the editor saw.
    2. Where it moves: cancel its sessions from that day on and end it there, and make a new class.
    3. Else change what is said of it, its places, and its last day.

    Raises:
        DomainError: not_found; edited_meanwhile; as `create` and `set_capacity`.
    """
    rule = class_by_id(session, public_id, to_change=True)
    plan = replace(plan, from_day=max(plan.from_day, helsinki_date(now), rule.first_on))
    before, after = values_of(offer_of(rule), when_of(rule)), values_of(plan.offer, plan.when)
    if plan.version != (stored := version_of(rule)):
        raise edited_meanwhile(stored, differences(before, after))
    moved = any(before[name] != after[name] for name in PLACED)
    done = (_move if moved else _adjust)(session, rule, plan, actor_id, now)
    told = {name: (before[name], after[name]) for name in differences(before, after)}
    _audit(session, "class.change", public_id, actor_id, now, after=told, reason=plan.reason)
    return done


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of what differs; the first day is not the editor's to change."""
    return [name for name in before if name != "first_on" and before[name] != after[name]]


def _move(
    session: Session, rule: SessionRule, plan: ClassPlan, actor_id: int, now: datetime
) -> Change:
    gone = _cancel_from(session, rule, plan.from_day, plan.reason, actor_id, now)
    _end(rule, plan.from_day - timedelta(days=1))
    session.flush()
    made, expansion = _create_or_explain(
        session, plan.offer, replace(plan.when, first_on=plan.from_day), now
    )
    return replace(
        gone, rule=made.public_id, moved=True, made=expansion.made, closed=expansion.closed
    )


def _end(rule: SessionRule, last: date) -> None:
    """Let a class end on a day. One that had not begun is left a single day on which it does not fall."""
    if last >= rule.first_on:
        rule.last_on = min(rule.last_on, last)
    else:
        rule.first_on += timedelta(days=int(rule.first_on.isoweekday() == rule.weekday))
        rule.last_on = rule.first_on


def _adjust(
    session: Session, rule: SessionRule, plan: ClassPlan, actor_id: int, now: datetime
) -> Change:
    for name in SAID:
        setattr(rule, name, getattr(plan.offer, name))
    places, rule.capacity = rule.capacity, plan.offer.capacity
    rule.last_on = max(plan.when.last_on, rule.first_on)
    session.flush()
    gone = _cancel_from(session, rule, rule.last_on + timedelta(days=1), plan.reason, actor_id, now)
    touched = [row for row in coming(session, rule.id, now) if row.on_day >= plan.from_day]
    said = {name: getattr(plan.offer, name) for name in SAID}
    session.execute(
        update(ClassSession).where(ClassSession.id.in_([row.id for row in touched])).values(**said)
    )
    if places != rule.capacity:
        for row in touched:
            sessions.set_capacity(
                session,
                row.public_id,
                rule.capacity,
                actor_id=actor_id,
                reason=plan.reason,
                now=now,
            )
    expansion = expand_rule(session, rule, now)
    if expansion.clashes:
        raise DomainError(SPACE_TAKEN, clashes=[day.isoformat() for day in expansion.clashes])
    return replace(gone, made=expansion.made, changed=len(touched), closed=expansion.closed)


def _cancel_from(
    session: Session, rule: SessionRule, first: date, reason: str, actor_id: int, now: datetime
) -> Change:
    going = [row for row in coming(session, rule.id, now) if row.on_day >= first]
    people = sum(row.booked for row in going)
    for row in going:
        sessions.cancel_session(
            session, row.public_id, actor_id=actor_id, own_only=False, reason=reason, now=now
        )
    return Change(rule.public_id, cancelled=tuple(row.starts_at for row in going), people=people)


def _audit(
    session: Session,
    action: str,
    public_id: uuid.UUID,
    actor_id: int,
    now: datetime,
    *,
    after: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind="class",
        object_id=public_id,
        after=after,
        reason=reason,
        now=now,
    )


log = logging.getLogger(__name__)


def create_class(
    session: Session, offer: ClassDetails, when: Weekly, *, now: datetime
) -> tuple[SessionRule, Expansion]:
    """A weekly session, expanded at once as far as the policy reaches; nothing is made where a day clashes.

    Raises:
        DomainError: space_taken with the days (`clashes`) on which another session holds the space; class_invalid:
            there are more places than the space has.
    """
    if (
        offer.space_id is not None
        and offer.capacity > space_by_id(session, offer.space_id).capacity
    ):
        raise DomainError(CLASS_INVALID)
    rule = SessionRule(public_id=new_public_id(), **asdict(offer), **asdict(when))
    session.add(rule)
    session.flush()
    expansion = expand_rule(session, rule, now)
    if expansion.clashes:
        raise DomainError(SPACE_TAKEN, clashes=[day.isoformat() for day in expansion.clashes])
    return rule, expansion


def expand(session: Session, now: datetime) -> Expansion:
    """Expand every rule into the sessions of the coming weeks. Doing it again makes nothing twice."""
    rules_left = session.scalars(
        select(SessionRule)
        .where(SessionRule.last_on >= helsinki_date(now))
        .order_by(SessionRule.id)
    ).all()
    _lock_spaces(session, {rule.space_id for rule in rules_left})
    total = sum((expand_rule(session, rule, now) for rule in rules_left), Expansion())
    for day in total.clashes:
        log.warning("a weekly session could not be placed on %s: its space is taken", day)
    return total


def expand_rule(session: Session, rule: SessionRule, now: datetime) -> Expansion:
    """Make the missing sessions of one rule, from now to the horizon; skip the days on which the campus is closed."""
    last = min(
        rule.last_on,
        helsinki_date(now)
        + timedelta(days=policies_queries.policy(session.connection()).expand_days),
    )
    there = set(session.scalars(select(ClassSession.on_day).where(ClassSession.rule_id == rule.id)))
    total = Expansion()
    for day, start, end in rules.weekly(
        rule.weekday, rule.starts_at, rule.minutes, rule.first_on, last
    ):
        if day not in there and start > now:
            total += _place_on_day(session, rule, day, (start, end), now)
    return total


def _place_on_day(
    session: Session, rule: SessionRule, day: date, span: Window, now: datetime
) -> Expansion:
    _lock_spaces(session, {rule.space_id})
    if not is_open_for(session, rule.space_id, *span):
        return Expansion(closed=(day,))
    offer = ClassDetails(
        **{field.name: getattr(rule, field.name) for field in fields(ClassDetails)}
    )
    try:
        with session.begin_nested():
            create_session(session, offer, *span, now=now, rule_id=rule.id)
    except IntegrityError as error:
        broken = constraint_of(error)
        if broken == "uq_class_session_rule_id_on_day":  # another scheduler has just made it
            return Expansion()
        if broken == "uq_hold_part_slice":
            return Expansion(clashes=(day,))
        raise
    return Expansion(made=1)


def _lock_spaces(session: Session, space_ids: Set[int | None]) -> None:
    """Wait for who closes a day, and let them wait for what is placed here; in the order in which they lock, too.

    See `closing.set_day`.
    """
    session.execute(
        select(Space.id)
        .where(Space.id.in_(space_ids))
        .order_by(Space.id)
        .with_for_update(read=True)
    )


def is_open_for(session: Session, space_id: int | None, start: datetime, end: datetime) -> bool:
    """Whether the campus of a space is open all through [start, end); online always is."""
    if space_id is None:
        return True
    campus_id = space_by_id(session, space_id).campus_id
    return is_open(open_windows(session, campus_id, start, end), start, end)
