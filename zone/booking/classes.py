"""Weekly classes as managers change them. What is said of a session is changed in place; a moved one is cancelled.

So those who booked learn of it, and a figure of last month stays the same. Never commits: a preview does the whole
change in a transaction that is then taken back.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking import clashes, planning, rules, service
from zone.booking.errors import SPACE_TAKEN
from zone.booking.models import ClassSession, SessionRule
from zone.booking.planning import Expansion, Offer, Weekly
from zone.core import versions
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.time import helsinki_date
from zone.members.service import audit

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

    offer: Offer
    when: Weekly
    version: str
    from_day: date
    reason: str


def classes(session: Session, today: date) -> list[SessionRule]:
    """The weekly classes that still fall on some day, in the order of the week."""
    query = select(SessionRule).where(SessionRule.last_on >= today).order_by(SessionRule.weekday, SessionRule.starts_at)
    return [rule for rule in session.scalars(query) if _falls(rule)]


def _falls(rule: SessionRule) -> bool:
    when = when_of(rule)
    return any(rules.weekly(when.weekday, when.starts_at, when.minutes, when.first_on, when.last_on))


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


def coming(session: Session, rule_id: int, now: datetime) -> Sequence[ClassSession]:
    """The sessions of a class that are still to come and not cancelled."""
    query = select(ClassSession).where(
        ClassSession.rule_id == rule_id, ClassSession.state == "scheduled", ClassSession.starts_at > now
    )
    return session.scalars(query.order_by(ClassSession.starts_at)).all()


def offer_of(rule: SessionRule) -> Offer:
    """What the class is."""
    return Offer(**{item.name: getattr(rule, item.name) for item in fields(Offer)})


def when_of(rule: SessionRule) -> Weekly:
    """When it falls."""
    return Weekly(rule.weekday, rule.starts_at, rule.minutes, rule.first_on, rule.last_on)


def version_of(rule: SessionRule) -> str:
    """The version that an editor saw: any change makes another one."""
    return versions.version_of(_values(offer_of(rule), when_of(rule)))


def create(session: Session, offer: Offer, when: Weekly, *, actor_id: int, now: datetime) -> Change:
    """A new weekly class.

    Raises:
        DomainError: class_invalid; space_taken with what takes it (`taken_by`) and what is free (`alternatives`).
    """
    rule, expansion = _place(session, offer, when, now)
    after = {"name": rule.name_en, "sessions": expansion.made}
    _audit(session, "class.create", rule.public_id, actor_id, now, after=after)
    return Change(rule.public_id, made=expansion.made, closed=expansion.closed)


def _place(session: Session, offer: Offer, when: Weekly, now: datetime) -> tuple[SessionRule, Expansion]:
    try:
        with session.begin_nested():
            return planning.create_class(session, offer, when, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not SPACE_TAKEN or offer.space_id is None:
            raise
        taken = clashes.taken_by(session, offer.space_id, clashes.spans_of(session, when, now))
        free = clashes.alternatives(session, offer, when, now)
        raise DomainError(SPACE_TAKEN, **refusal.extra, **clashes.as_json(taken, free)) from refusal


def change(session: Session, public_id: uuid.UUID, plan: ClassPlan, *, actor_id: int, now: datetime) -> Change:
    """Make a class what the plan says, from its day on. Sessions of earlier days stay as they are.

    1. Hold the class, and see that it is still what the editor saw.
    2. Where it moves: cancel its sessions from that day on and end it there, and make a new class.
    3. Else change what is said of it, its places, and its last day.

    Raises:
        DomainError: not_found; edited_meanwhile; as `create` and `set_capacity`.
    """
    rule = class_by_id(session, public_id, to_change=True)
    plan = replace(plan, from_day=max(plan.from_day, helsinki_date(now), rule.first_on))
    before, after = _values(offer_of(rule), when_of(rule)), _values(plan.offer, plan.when)
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


def _move(session: Session, rule: SessionRule, plan: ClassPlan, actor_id: int, now: datetime) -> Change:
    gone = _cancel_from(session, rule, plan.from_day, plan.reason, actor_id, now)
    _end(rule, plan.from_day - timedelta(days=1))
    session.flush()
    made, expansion = _place(session, plan.offer, replace(plan.when, first_on=plan.from_day), now)
    return replace(gone, rule=made.public_id, moved=True, made=expansion.made, closed=expansion.closed)


def _end(rule: SessionRule, last: date) -> None:
    """Let a class end on a day. One that had not begun is left a single day on which it does not fall."""
    if last >= rule.first_on:
        rule.last_on = min(rule.last_on, last)
    else:
        rule.first_on += timedelta(days=int(rule.first_on.isoweekday() == rule.weekday))
        rule.last_on = rule.first_on


def _adjust(session: Session, rule: SessionRule, plan: ClassPlan, actor_id: int, now: datetime) -> Change:
    for name in SAID:
        setattr(rule, name, getattr(plan.offer, name))
    places, rule.capacity = rule.capacity, plan.offer.capacity
    rule.last_on = max(plan.when.last_on, rule.first_on)
    session.flush()
    gone = _cancel_from(session, rule, rule.last_on + timedelta(days=1), plan.reason, actor_id, now)
    touched = [row for row in coming(session, rule.id, now) if row.on_day >= plan.from_day]
    said = {name: getattr(plan.offer, name) for name in SAID}
    session.execute(update(ClassSession).where(ClassSession.id.in_([row.id for row in touched])).values(**said))
    if places != rule.capacity:
        for row in touched:
            service.set_capacity(
                session, row.public_id, rule.capacity, actor_id=actor_id, reason=plan.reason, now=now
            )  # fmt: skip
    expansion = planning.expand_rule(session, rule, now)
    if expansion.clashes:
        raise DomainError(SPACE_TAKEN, clashes=[day.isoformat() for day in expansion.clashes])
    return replace(gone, made=expansion.made, changed=len(touched), closed=expansion.closed)


def _cancel_from(session: Session, rule: SessionRule, first: date, reason: str, actor_id: int, now: datetime) -> Change:
    going = [row for row in coming(session, rule.id, now) if row.on_day >= first]
    people = sum(row.booked for row in going)
    for row in going:
        service.cancel_session(session, row.public_id, actor_id=actor_id, own_only=False, reason=reason, now=now)
    return Change(rule.public_id, cancelled=tuple(row.starts_at for row in going), people=people)


def _values(offer: Offer, when: Weekly) -> dict[str, Any]:
    return asdict(offer) | asdict(when)


def _audit(
    session: Session, action: str, public_id: uuid.UUID, actor_id: int, now: datetime, *, after: Mapping[str, Any],
    reason: str | None = None,
) -> None:  # fmt: skip
    audit(
        session, actor_id=actor_id, action=action, object_kind="class", object_id=public_id, after=after,
        reason=reason, now=now,
    )  # fmt: skip
