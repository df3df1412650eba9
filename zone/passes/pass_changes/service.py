"""Move the days of a pass, end it, and exchange it for another. Never commits."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.members.people.service import lock_members
from zone.members.roster_marks.service import mark_roster
from zone.passes.catalogue.models import Product
from zone.passes.pass_changes.queries import (
    first_activation,
    next_in_line,
    used_since,
    visits_after,
)
from zone.passes.passes import queries, rules
from zone.passes.passes import service as passes
from zone.passes.passes.errors import CANNOT_UPGRADE, PASS_ENDED
from zone.passes.passes.life import Life, from_stored, length
from zone.passes.passes.models import Pass
from zone.passes.payments.context import OrderedPass
from zone.passes.upgrades.models import PassUpgrade


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that moves the days of a pass, to be appended; as `life.LifeEvent`."""

    kind: str
    first_day: date | None = None
    last_day: date | None = None
    days: int | None = None
    reason: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class PassTerms:
    """The kind and the rights of a pass as they were ordered."""

    kind: str
    entitlements: Sequence[str]
    campuses: Sequence[str]
    conditions: Sequence[Any] = ()
    visits: int | None = None


def add_event(
    session: Session,
    pass_: Pass,
    event: NewEvent,
    *,
    now: datetime,
    by: str,
) -> Life:
    """Append an event that moves the days of a pass, store the new days, and return them.

    A pass of the same holder that begins on the day after its last moves along, so that no day is
    lost and none is given twice. The caller has locked the holder and checked that it is live.
    """
    before = pass_.ends_on
    _append(session, pass_, event, now, by)
    led = passes.store_days(session, pass_)
    mark_roster(session, [pass_.member_id], now)
    if delta := (led.ends_on - before).days:
        next_one = next_in_line(session, pass_, before, helsinki_date(now))
        if next_one is not None:
            moved = NewEvent("moved", days=delta)
            add_event(session, next_one, moved, now=now, by=by)
    return led


def _append(session: Session, pass_: Pass, event: NewEvent, now: datetime, by: str) -> None:
    at = now
    # Of two events of one kind at one instant the key of doors' reports would drop the second.
    while not passes.record_event(
        session,
        pass_.id,
        event.kind,
        occurred_at=at,
        recorded_at=now,
        by=by,
        reason=event.reason,
        cause=event.cause,
        first_day=event.first_day,
        last_day=event.last_day,
        days=event.days,
    ):
        at += timedelta(microseconds=1)


def lock_pass(session: Session, member_id: int, public_id: uuid.UUID) -> Pass:
    """Lock a person and return their pass with what was committed meanwhile.

    Raises:
        DomainError: not_found, also for another person's; pass_ended.
    """
    # The holder before the pass, as who records a visit: in another order the two would deadlock.
    lock_members(session, [member_id])
    pass_ = queries.own_pass_row(session, member_id, public_id)
    passes.check_live(session, pass_)
    session.refresh(pass_)
    return pass_


def end(
    session: Session,
    pass_: Pass,
    kind: str,
    *,
    now: datetime,
    by: str,
    reason: str | None = None,
) -> None:
    """End a locked pass by one of `life.ENDINGS`."""
    passes.record_event(
        session, pass_.id, kind, occurred_at=now, recorded_at=now, by=by, reason=reason
    )
    mark_roster(session, [pass_.member_id], now)


def exchange(
    session: Session,
    old: Pass,
    product: Product,
    *,
    ending: str,
    now: datetime,
    by: str,
    reason: str | None = None,
    order_line_id: int | None = None,
    given: PassTerms | None = None,
) -> Pass:
    """End a locked pass, and add one of another product for the rest of its days.

    `ending` is replaced or upgraded. The new pass has the same root, so that the chain counts once
    in target A, and takes over the pauses; `given` are the terms of an order.

    Raises:
        DomainError: cannot_upgrade: only the new kind counts in target A.
    """
    kind = given.kind if given else product.kind
    # Target A takes the kind of the chain's root: the new pass would never be counted.
    if kind in rules.COUNTED_KINDS and old.kind not in rules.COUNTED_KINDS:
        raise DomainError(CANNOT_UPGRADE)
    end(session, old, ending, now=now, by=by, reason=reason)
    new = passes.add_pass(
        session,
        passes.new_pass(
            old.member_id,
            product,
            # The same days: what was used already is not given again.
            starts_on=old.starts_on,
            ends_on=old.ends_on,
            root_id=old.root_id or old.id,
            order_line_id=order_line_id,
            kind=kind,
            entitlements=given.entitlements if given else None,
            campuses=given.campuses if given else None,
            conditions=given.conditions if given else None,
            # One that was activated has its days; the other still gets them by its activation.
            length_days=None if passes.has_event(session, old.id, "activated") else old.length_days,
            visits=_visits_left(session, old, given.visits if given else product.visits),
        ),
        now=now,
        by=by,
    )
    _carry_over_pauses(session, old, new, now, by)
    return new


def _carry_over_pauses(session: Session, old: Pass, new: Pass, now: datetime, by: str) -> None:
    """Give a pass the pauses of the one that it replaces, whose days are in its own already."""
    pauses = from_stored(old.pauses)
    if not pauses:
        return
    new.sold_until = new.ends_on - timedelta(days=sum(length(pause) for pause in pauses))
    for first, last in pauses:
        _append(session, new, NewEvent("paused", first, last), now, by)
    passes.store_days(session, new)


def _visits_left(session: Session, old: Pass, visits: int | None) -> int | None:
    """Return how many of so many visits the pass has that takes the place of another.

    What was used is not given again. None: visits are not counted.

    Raises:
        DomainError: pass_ended: all are used.
    """
    left = visits_after(session, old, visits)
    if left is not None and left < 1:
        raise DomainError(PASS_ENDED)
    return left


def give_ordered(session: Session, member_id: int, ordered: OrderedPass, now: datetime) -> None:
    """Give the pass of a line; an upgrade takes the place of the old one, which ends."""
    if ordered.upgrades is not None:
        terms = PassTerms(
            ordered.kind,
            ordered.entitlements,
            ordered.campuses,
            ordered.conditions,
            ordered.visits,
        )
        upgrade(session, ordered.upgrades, ordered.product, terms, ordered.line_id, now)
        return
    passes.add_pass(
        session,
        passes.new_pass(
            member_id,
            ordered.product,
            kind=ordered.kind,
            entitlements=ordered.entitlements,
            campuses=ordered.campuses,
            starts_on=ordered.starts_on,
            ends_on=ordered.ends_on,
            length_days=ordered.length_days,
            visits=ordered.visits,
            order_line_id=ordered.line_id,
            counts=ordered.counts,
            conditions=ordered.conditions,
        ),
        now=now,
        by="order",
    )


def upgrade(
    session: Session,
    old_id: int,
    product: Product,
    terms: PassTerms,
    line_id: int,
    now: datetime,
) -> Pass:
    """Let a paid pass take the place of another, which ends in the same transaction.

    The new one counts as taken into use when the old one was: target A counts the chain once.
    The caller has locked the holder, and checked that the old one may be upgraded.
    """
    old = session.get_one(Pass, old_id)
    passes.check_live(session, old)
    session.refresh(old)
    new = exchange(
        session,
        old,
        product,
        ending="upgraded",
        now=now,
        by="order",
        order_line_id=line_id,
        given=terms,
    )
    activated_at = first_activation(session, old.id)
    if activated_at is not None:
        passes.record_event(
            session,
            new.id,
            "activated",
            occurred_at=activated_at,
            recorded_at=now,
            by="order",
        )
    return new


def restore_upgraded(
    session: Session, line_ids: Collection[int], now: datetime, *, by: str
) -> None:
    """Give back what the passes of refunded lines had upgraded, for the days that are left.

    Only the difference was refunded: what was paid for the first pass still stands.
    """
    upgraded = session.execute(
        select(Pass, PassUpgrade.pass_id)
        .join(PassUpgrade, PassUpgrade.order_line_id == Pass.order_line_id)
        .where(Pass.order_line_id.in_(line_ids))
        .order_by(Pass.id)
    ).all()
    for new, old_id in upgraded:
        old = session.get_one(Pass, old_id)
        if passes.has_event(session, old.id, "refunded"):
            continue
        visits = None if old.visits is None else old.visits - used_since(session, old)
        if visits is not None and visits < 1:  # what it was sold for has been used
            continue
        restored = passes.add_pass(
            session,
            passes.new_pass(
                old.member_id,
                session.get_one(Product, old.product_id),
                starts_on=new.starts_on,
                ends_on=new.ends_on,
                root_id=old.root_id or old.id,
                kind=old.kind,
                entitlements=old.entitlements,
                campuses=old.campuses,
                conditions=old.conditions,
                visits=visits,
            ),
            now=now,
            by=by,
        )
        _carry_over_pauses(session, new, restored, now, by)


def replace(
    session: Session, pass_id: int, product: Product, *, reason: str, now: datetime, actor_id: int
) -> Pass:
    """Replace a pass by one of another product for the rest of its days, and audit it.

    Raises:
        DomainError: pass_ended; cannot_upgrade: only the new kind counts in target A.
    """
    row = session.get_one(Pass, pass_id)
    old = lock_pass(session, row.member_id, row.public_id)
    new = exchange(
        session,
        old,
        product,
        ending="replaced",
        now=now,
        by=f"member {actor_id}",
        reason=reason,
    )
    ids = {"before": str(old.public_id), "after": str(new.public_id)}
    audit_pass(session, "pass.replace", old, actor_id, now, **ids, reason=reason)
    return new


def audit_pass(
    session: Session,
    action: str,
    pass_: Pass,
    actor_id: int,
    now: datetime,
    *,
    reason: str,
    before: Any = None,
    after: Any = None,
) -> None:
    """Write what staff did with a pass to the audit log."""
    record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind="pass",
        object_id=str(pass_.public_id),
        before=before,
        after=after,
        reason=reason,
        now=now,
    )
