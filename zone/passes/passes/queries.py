"""Passes and their history; what they open is in `pass_rights`."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.orm import Session, lazyload

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.catalogue.rules import FEE
from zone.passes.entitlements.rules import NONE, Conditions, Rights, from_stored
from zone.passes.orders.models import Order
from zone.passes.pass_rights.queries import not_ended
from zone.passes.passes import life, rules
from zone.passes.passes.life import Days, Life, LifeEvent
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.visits.queries import visits_of
from zone.passes.visits.rules import SpentVisit, used_visits


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass for its holder. `product` is its name in fi, sv and en; [valid_from, valid_until).

    `state`: valid, not_yet, paused, expired, refunded, replaced, upgraded or ended. `pauses` are
    those of its whole life; `paused_until` is the last day of the present one.
    With `length_days` it lasts so long from its activation; until then it ends with `activate_by`.
    `spent` are its visits, where they are counted.
    """

    id: uuid.UUID
    kind: str
    product: dict[str, str]
    entitlements: tuple[str, ...]
    campuses: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    state: str
    activated_at: datetime | None
    pauses: tuple[Days, ...] = ()
    paused_until: date | None = None
    activate_by: date | None = None
    length_days: int | None = None
    visits: int | None = None
    visits_left: int | None = None
    conditions: Conditions = NONE
    spent: Sequence[SpentVisit] = ()

    @property
    def rights(self) -> Rights:
        """All that it gives."""
        return Rights(self.entitlements, self.campuses, self.conditions)

    @property
    def first_day(self) -> date:
        """The first Helsinki day on which it is valid."""
        return helsinki_date(self.valid_from)

    @property
    def waits(self) -> bool:
        """Whether its days begin with an activation that is still to come."""
        return self.length_days is not None and self.activated_at is None

    @property
    def last_day(self) -> date:
        """The last Helsinki day on which it is valid."""
        # Half-open: `valid_until` itself is midnight of the day after.
        return helsinki_date(self.valid_until - timedelta(microseconds=1))


def live_passes(session: Session, member_id: int, day: date) -> list[Pass]:
    """Return the passes of a member that have not ended before a Helsinki day."""
    return list(
        session.scalars(
            select(Pass).where(Pass.member_id == member_id, Pass.ends_on >= day, not_ended())
        )
    )


def own_pass_row(session: Session, member_id: int, public_id: uuid.UUID) -> Pass:
    """Return a member's own pass.

    Raises:
        DomainError: not_found, also for another person's pass.
    """
    owned = select(Pass).where(Pass.public_id == public_id, Pass.member_id == member_id)
    pass_ = session.scalar(owned)
    if pass_ is None:
        raise DomainError(NOT_FOUND)
    return pass_


def passes_of(session: Session, member_id: int, now: datetime) -> list[PassView]:
    """Return every pass of a member, the newest first."""
    rows = session.execute(
        select(Pass, Product)
        .join(Product, Product.id == Pass.product_id)
        .where(Pass.member_id == member_id)
        .order_by(Pass.starts_on.desc(), Pass.id.desc())
        # Of the product the name alone: a pass has its own rights.
        .options(lazyload(Product.entitlement_rows))
    ).all()
    events = events_of(session, [pass_.id for pass_, _ in rows])
    counted = [pass_.id for pass_, _ in rows if pass_.visits is not None]
    spent = visits_of(session, counted) if counted else {}
    return [
        _view(pass_, product, events[pass_.id], now, spent.get(pass_.id, []))
        for pass_, product in rows
    ]


def events_of(session: Session, pass_ids: Sequence[int]) -> dict[int, list[PassEvent]]:
    """Return the events of each pass in the order in which they were written."""
    events: dict[int, list[PassEvent]] = defaultdict(list)
    for event in session.scalars(
        select(PassEvent).where(PassEvent.pass_id.in_(pass_ids)).order_by(PassEvent.id)
    ):
        events[event.pass_id].append(event)
    return events


def life_event(event: PassEvent) -> LifeEvent:
    """Return an event as `life.life_of` takes it."""
    return LifeEvent(
        event.id,
        event.kind,
        event.first_day,
        event.last_day,
        event.days or 0,
        helsinki_date(event.occurred_at),
    )


def derived_life(session: Session, pass_: Pass) -> Life:
    """Return the life of a pass, derived from its events."""
    events = events_of(session, [pass_.id])[pass_.id]
    return _life_by(pass_, events)


def _life_by(pass_: Pass, events: Sequence[PassEvent]) -> Life:
    sold = pass_.sold_from, pass_.sold_until
    return life.life_of(sold, map(life_event, events), pass_.length_days)


def _view(
    pass_: Pass,
    product: Product,
    events: Sequence[PassEvent],
    now: datetime,
    spent: Sequence[SpentVisit],
) -> PassView:
    today = helsinki_date(now)
    led = _life_by(pass_, events)
    valid = rules.validity(led.starts_on, led.ends_on)
    pause = led.pause_on(today)
    return PassView(
        id=pass_.public_id,
        kind=pass_.kind,
        product=names_of(product),
        entitlements=tuple(pass_.entitlements),
        campuses=tuple(pass_.campuses),
        valid_from=valid[0],
        valid_until=valid[1],
        state=life.state_on(led, today),
        activated_at=min(
            (event.occurred_at for event in events if event.kind == "activated"), default=None
        ),
        pauses=led.pauses,
        paused_until=pause[1] if pause and led.end is None else None,
        activate_by=pass_.activate_by,
        length_days=pass_.length_days,
        visits=pass_.visits,
        # The visits of a pass that is over are deleted some day.
        visits_left=None
        if pass_.visits is None or led.ends_on < today
        else pass_.visits - used_visits(spent),
        spent=spent,
        conditions=from_stored(pass_.conditions),
    )


def current_pass(session: Session, member_id: int, now: datetime) -> PassView | None:
    """Return the pass to show; None where there is none, or all were refunded.

    The valid one that lasts longest, else one that is paused, else the next to start, else the one
    that ended last.
    """
    passes = passes_of(session, member_id, now)
    by_state = {
        state: [item for item in passes if item.state == state]
        for state in ("valid", "paused", "not_yet", "expired")
    }
    for state in ("valid", "paused"):
        if by_state[state]:
            return max(by_state[state], key=lambda item: item.valid_until)
    if by_state["not_yet"]:
        return min(by_state["not_yet"], key=lambda item: item.valid_from)
    return max(by_state["expired"], key=lambda item: item.valid_until, default=None)


def sold_since(session: Session, member_id: int, since: datetime) -> set[int]:
    """Return the member's passes that were sold at `since` or later."""
    query = (
        select(Pass.id)
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(
            Pass.member_id == member_id,
            PassEvent.kind == "sold",
            PassEvent.recorded_at >= since,
        )
    )
    return set(session.scalars(query))


def last_sold_at(session: Session, member_id: int) -> datetime | None:
    """Return when the newest pass of a member was sold."""
    query = (
        select(func.max(PassEvent.recorded_at))
        .join(Pass, Pass.id == PassEvent.pass_id)
        .where(Pass.member_id == member_id, PassEvent.kind == "sold")
    )
    return session.scalar(query)


def last_orders_at(session: Session, member_ids: Collection[int]) -> dict[int, datetime]:
    """Return when the newest order of each of these members was placed; who has one."""
    newest = (
        select(Order.member_id, func.max(Order.placed_at))
        .where(Order.member_id.in_(member_ids))
        .group_by(Order.member_id)
    )
    return dict(session.execute(newest).all())


def live_with_conditions(session: Session, kind: str, day: date) -> list[int]:
    """Return the holders of passes with conditions of a kind that have not ended before a day."""
    rows = session.execute(
        select(Pass.member_id, Pass.conditions).where(
            Pass.ends_on >= day, not_ended(), cast(Pass.conditions, String) != "[]"
        )
    )
    return sorted({member for member, stored in rows if any(one[0] == kind for one in stored)})


def next_free_day(session: Session, member_id: int, product: Product, today: date) -> date:
    """Return the day after the last pass that gives all that the product does; else today."""
    if product.kind == FEE:
        return today
    passes = live_passes(session, member_id, today)
    covering = [
        pass_.ends_on + timedelta(days=1)
        for pass_ in passes
        if not pass_.visits  # who has used up the visits buys new ones for today
        and pass_.rights.covers(product.rights)
    ]
    return max(covering, default=today)


def own_passes(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's passes, for the export of one's own data."""
    return (
        select(
            Pass.public_id,
            Product.name_en.label("product"),
            Pass.starts_on,
            Pass.ends_on,
            Pass.activate_by,
            Pass.length_days.label("days_from_activation"),
            Pass.visits,
            Pass.conditions,
        )
        .join(Product, Product.id == Pass.product_id)
        .where(Pass.member_id == member_id)
    )


def own_pass_events(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return what became of a member's passes, for the export of one's own data."""
    return (
        select(
            Pass.public_id.label("pass"),
            PassEvent.kind,
            PassEvent.occurred_at,
            PassEvent.reason,
            PassEvent.cause,
            PassEvent.first_day,
            PassEvent.last_day,
            PassEvent.days,
        )
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(Pass.member_id == member_id)
    )
