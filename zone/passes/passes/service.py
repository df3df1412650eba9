"""Sell, activate and use passes. Never commits."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.ids import new_public_id
from zone.core.row_records.service import insert_new_recorded
from zone.core.time import helsinki_date
from zone.members.people.service import lock_members
from zone.members.roster_marks.service import mark_roster
from zone.passes.catalogue.models import Product
from zone.passes.entitlements.rules import as_stored as as_rows
from zone.passes.pass_rules.queries import dated_rules
from zone.passes.pass_rules.rules import DatedPassRules, rules_on
from zone.passes.passes import queries, rules
from zone.passes.passes.errors import PASS_ENDED
from zone.passes.passes.life import ENDINGS, Life, as_stored
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.rules import PassUse, UsablePass
from zone.passes.visits.service import VisitUse, spend_visits


def new_pass(
    member_id: int,
    product: Product,
    *,
    starts_on: date,
    ends_on: date,
    order_line_id: int | None = None,
    root_id: int | None = None,
    kind: str | None = None,
    entitlements: Sequence[str] | None = None,
    campuses: Sequence[str] | None = None,
    length_days: int | None = None,
    visits: int | None = None,
    counts: bool = True,
    conditions: Sequence[Any] | None = None,
) -> Pass:
    """Return a pass for `add_pass`, both days included.

    With `length_days` it lasts so long from its activation, at the latest on `ends_on`. Its kind,
    rights and conditions are those given, such as those of an order or another pass, else the
    product's present ones. `counts` as of `Pass`.
    """
    return Pass(
        public_id=new_public_id(),
        member_id=member_id,
        product_id=product.id,
        order_line_id=order_line_id,
        root_id=root_id,
        kind=kind or product.kind,
        # Copies: a product that is changed later does not change the passes sold.
        entitlements=product.entitlements if entitlements is None else list(entitlements),
        campuses=product.campuses if campuses is None else list(campuses),
        starts_on=starts_on,
        ends_on=ends_on,
        activate_by=None if length_days is None else ends_on,
        length_days=length_days,
        visits=product.visits if order_line_id is None and visits is None else visits,
        counts=counts,
        conditions=as_rows(product.conditions) if conditions is None else list(conditions),
    )


def add_pass(
    session: Session, row: Pass, *, now: datetime, by: str, reason: str | None = None
) -> Pass:
    """Add a pass that is sold now; locks its holder and marks the roster.

    `reason` is why staff give it.
    """
    add_passes(session, [NewPass(row, now)], now=now, by=by, reason=reason)
    return row


@dataclass(frozen=True, slots=True)
class NewPass:
    """A pass of `new_pass`, when it was sold, and when another system has seen it activated."""

    row: Pass
    sold_at: datetime
    activated_at: datetime | None = None


def add_passes(
    session: Session,
    new: Sequence[NewPass],
    *,
    now: datetime,
    by: str,
    reason: str | None = None,
) -> None:
    """Add some passes, in few statements; locks their holders and marks the roster."""
    session.add_all([one.row for one in new])
    session.flush()
    holders = {one.row.member_id for one in new}
    # An order that is being placed waits, and sees these passes, or is seen here.
    lock_members(session, holders)
    # Not before the orders that did not see these passes: by that, they are not fulfilled.
    orders = queries.last_orders_at(session, holders)
    events = [
        _event(one.row.id, "sold", one.sold_at, max(now, orders.get(one.row.member_id, now)), by)
        | {"reason": reason or None}
        for one in new
    ]
    events += [
        _event(one.row.id, "activated", one.activated_at, now, by) | {"reason": None}
        for one in new
        if one.activated_at is not None
    ]
    insert_new_recorded(session, PassEvent, events)
    mark_roster(session, holders, now)


def record_uses(
    session: Session,
    uses: Iterable[PassUse],
    held: Mapping[int, Sequence[UsablePass]],
    *,
    recorded_at: datetime,
    by: str,
) -> list[int | None]:
    """Record the uses of passes by verified entries; return each one's pass; None: none fits.

    The first use activates a pass. `held` are those of `pass_rights.queries.held_passes`; `by` is
    door or desk. Entries may be repeated: in the order of time, the first use is recorded once.
    """
    used, events, started = [], [], set()
    visits: list[VisitUse] = []
    dated: list[DatedPassRules] | None = None
    for use in uses:
        chosen = rules.pass_for_use(held[use.member_id], use)
        used.append(None if chosen is None else chosen.pass_id)
        if chosen is not None:
            lasts = timedelta(0)
            if chosen.visits_left is not None:
                dated = dated_rules(session) if dated is None else dated
                lasts = rules_on(dated, helsinki_date(use.occurred_at)).visit_lasts
                visits.append(VisitUse(chosen.pass_id, use.occurred_at, lasts))
            kinds = rules.note_use(chosen, use.occurred_at, lasts)
            events += [
                _event(chosen.pass_id, kind, use.occurred_at, recorded_at, by) for kind in kinds
            ]
            if chosen.length_days is not None and "activated" in kinds:
                started.add(chosen.pass_id)
    # Before their events: who adds an event to a pass and then locks it can wait for a refund that
    # waits for them.
    changed = started | {visit.pass_id for visit in visits}
    locked = lock_passes(session, changed) if changed else ()
    insert_new_recorded(session, PassEvent, events)
    if started:
        _set_last_days(session, [one for one in locked if one.id in started], recorded_at)
    if visits:
        _spend(session, locked, visits, recorded_at, by)
    return used


def _spend(
    session: Session,
    passes: Sequence[Pass],
    visits: Sequence[VisitUse],
    now: datetime,
    by: str,
) -> None:
    granted = {pass_.id: pass_.visits for pass_ in passes if pass_.visits is not None}
    spent = spend_visits(session, visits, granted, recorded_at=now, by=by)
    # Doors hear at once of a last visit: until then they would let the person in for another.
    holders = sorted({pass_.member_id for pass_ in passes if pass_.id in spent})
    mark_roster(session, holders, now)


def lock_passes(session: Session, pass_ids: Collection[int]) -> Sequence[Pass]:
    """Lock passes until the transaction ends, and return them by id as they are now."""
    locked = (
        select(Pass)
        .where(Pass.id.in_(pass_ids))
        .order_by(Pass.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(locked).all()


def _set_last_days(session: Session, passes: Sequence[Pass], now: datetime) -> None:
    """Set the last day of locked passes that last from their activation, and mark the roster.

    By the earliest activation on record, so the order in which doors report them does not matter.
    """
    for pass_ in passes:
        store_days(session, pass_)
    # Doors know the last day only from the server: until this reaches them, they go by the day
    # until which the pass had to be activated.
    mark_roster(session, sorted({pass_.member_id for pass_ in passes}), now)


def store_days(session: Session, pass_: Pass) -> Life:
    """Store the days of a locked pass that its events give, and return them."""
    led = queries.derived_life(session, pass_)
    pass_.starts_on, pass_.ends_on = led.starts_on, led.ends_on
    pass_.pauses = as_stored(led.pauses)
    session.flush()
    return led


def activate(
    session: Session, pass_id: int, *, occurred_at: datetime, recorded_at: datetime, by: str
) -> None:
    """Activate a pass by hand; doing it again changes nothing.

    Raises:
        DomainError: pass_ended, pass_not_yet, pass_expired or pass_paused.
    """
    pass_ = session.get_one(Pass, pass_id)
    check_live(session, pass_)
    rules.check_usable(queries.derived_life(session, pass_), helsinki_date(occurred_at))
    # No key would refuse it: a second activation has another time. The chain's lock in
    # `check_live` makes two requests wait for each other.
    if not has_event(session, pass_id, "activated"):
        record_event(
            session, pass_id, "activated", occurred_at=occurred_at, recorded_at=recorded_at, by=by
        )
        if pass_.length_days is not None:
            _set_last_days(session, lock_passes(session, [pass_id]), recorded_at)


def activate_own(session: Session, member_id: int, public_id: uuid.UUID, now: datetime) -> None:
    """Activate a member's own pass.

    Raises:
        DomainError: not_found, also for another person's pass; or as `activate`.
    """
    pass_ = queries.own_pass_row(session, member_id, public_id)
    activate(session, pass_.id, occurred_at=now, recorded_at=now, by="holder")


def passes_of_lines(session: Session, line_ids: Collection[int]) -> list[int]:
    """Lock and return the passes of lines of an order and those that followed them, by id.

    Of an upgrade these are the ones that have taken its place, and not the pass before it.
    """
    bought = session.execute(
        select(Pass.id, func.coalesce(Pass.root_id, Pass.id)).where(
            Pass.order_line_id.in_(line_ids)
        )
    ).all()
    # Lock, then read the chain: a replacement that was running has committed and is in it.
    _lock_chains(session, Pass.id.in_([root for _, root in bought]))
    following = [
        and_(Pass.id >= id_, or_(Pass.id == root, Pass.root_id == root)) for id_, root in bought
    ]
    return list(session.scalars(select(Pass.id).where(or_(false(), *following)).order_by(Pass.id)))


def check_live(session: Session, pass_: Pass) -> None:
    """Lock the chain of a pass, and check that nothing has ended it.

    Raises:
        DomainError: pass_ended.
    """
    _lock_chains(session, Pass.id == (pass_.root_id or pass_.id))
    if has_event(session, pass_.id, *ENDINGS):
        raise DomainError(PASS_ENDED)


def _lock_chains(session: Session, roots: ColumnElement[bool]) -> None:
    # Lock the first pass of each chain: a refund and a replacement then wait for each other. Else
    # the refund would not see the replacement of the pass that it ends, and that one would stay.
    session.execute(select(Pass.id).where(roots).order_by(Pass.id).with_for_update())


def has_event(session: Session, pass_id: int, *kinds: str) -> bool:
    """Return whether an event of one of these kinds is on record for a pass."""
    event = (
        select(PassEvent.id).where(PassEvent.pass_id == pass_id, PassEvent.kind.in_(kinds)).limit(1)
    )
    return session.execute(event).first() is not None


def record_event(
    session: Session,
    pass_id: int,
    kind: str,
    *,
    occurred_at: datetime,
    recorded_at: datetime,
    by: str,
    **more: Any,
) -> bool:
    """Append an event of a pass, with `more` of its columns; return whether it is new."""
    # ON CONFLICT DO NOTHING: a repeated report of a door is no error and no second row.
    row = _event(pass_id, kind, occurred_at, recorded_at, by) | more
    return bool(insert_new_recorded(session, PassEvent, [row]))


def _event(
    pass_id: int, kind: str, occurred_at: datetime, recorded_at: datetime, by: str
) -> dict[str, Any]:
    return {
        "pass_id": pass_id,
        "kind": kind,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "by": by,
    }
