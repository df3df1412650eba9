"""Passes, their rights and their history."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, lazyload

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.catalogue.rules import FEE
from zone.passes.entitlements.rules import NONE, Conditions, Rights, from_stored
from zone.passes.orders.models import Order
from zone.passes.passes import life, rules
from zone.passes.passes.life import ENDINGS, Days, Life, LifeEvent
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.rules import PassRight
from zone.passes.visits import rules as visit_rules
from zone.passes.visits.models import PassVisit
from zone.passes.visits.queries import is_returned, visits_of
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


def rights_of(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, list[PassRight]]:
    """Return the present and future rights of each member; every given id is a key.

    A pass that is not activated counts: its first verified use activates it. One that was refunded
    or replaced, or has ended, does not.
    """
    rights: dict[int, list[PassRight]] = {member_id: [] for member_id in member_ids}
    for row in session.execute(LIVE_RIGHTS, {"members": list(rights), "today": helsinki_date(now)}):
        rights[row.member_id] += rights_in(row)
    return rights


def rights_in(row: Any) -> list[PassRight]:
    """Return the rights of the pass in a row of `PASS`: none in its pauses, nor after its last
    visit.
    """
    times = rules.times_of(row.starts_on, row.ends_on, life.from_stored(row.pauses))
    if row.visits is not None:
        lasts = timedelta(minutes=row.last_visit_minutes or 0)
        left = row.visits - row.visits_used
        times = visit_rules.until_last_visit(times, left, row.last_visit_at, lasts)
    conditions = from_stored(row.conditions)
    return [
        PassRight(kind, tuple(row.campuses), *time, row.pass_id, conditions)
        for time in times
        for kind in row.entitlements
    ]


_pass, _event, _visit = Pass.__table__.c, PassEvent.__table__.c, PassVisit.__table__.c


def _ended() -> ColumnElement[bool]:
    # Not IN: SQLAlchemy renders its list anew at each execution, which a prepared statement of
    # `booking` that uses LIVE cannot.
    ending = or_(*(_event.kind == kind for kind in ENDINGS))
    return exists().where(_event.pass_id == _pass.id, ending).correlate(Pass.__table__)


def not_ended() -> ColumnElement[bool]:
    """Return the condition of a pass that nothing has ended before its last day."""
    return ~_ended()


def _of_visits(figure: ColumnElement[Any]) -> ColumnElement[Any]:
    return _where_counted(select(figure))


def _where_counted(figure: Select[Any]) -> ColumnElement[Any]:
    of_pass = figure.where(_visit.pass_id == _pass.id, _visit.number.is_not(None), ~is_returned())
    # Few passes count visits: of the others the table is not read.
    counted = of_pass.correlate(Pass.__table__).scalar_subquery()
    return case((_pass.visits.is_not(None), counted))


LIVE: Final = and_(_pass.ends_on >= bindparam("today"), ~_ended())
PASS: Final = (
    _pass.id.label("pass_id"),
    _pass.entitlements,
    _pass.campuses,
    _pass.starts_on,
    _pass.ends_on,
    _pass.visits,
    _of_visits(func.count()).label("visits_used"),
    _of_visits(func.max(_visit.occurred_at)).label("last_visit_at"),
    _where_counted(select(_visit.lasts_minutes).order_by(_visit.occurred_at.desc()).limit(1)).label(
        "last_visit_minutes"
    ),
    _pass.pauses,
    _pass.conditions,
)
"""For other features' statements: join `Pass` by its member and LIVE, and read PASS."""

LIVE_RIGHTS: Final = (
    select(_pass.member_id, *PASS)
    .where(_pass.member_id.in_(bindparam("members", expanding=True)), LIVE)
    .order_by(_pass.id)
)


def live_passes(session: Session, member_id: int, day: date) -> list[Pass]:
    """Return the passes of a member that have not ended before a Helsinki day."""
    return list(
        session.scalars(
            select(Pass).where(Pass.member_id == member_id, Pass.ends_on >= day, ~_ended())
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


def _first_event_at(*kinds: str) -> ScalarSelect[datetime]:
    # Not IN, as in `_ended`.
    earliest = select(func.min(_event.occurred_at)).where(
        _event.pass_id == _pass.id, or_(*(_event.kind == kind for kind in kinds))
    )
    return earliest.correlate(Pass.__table__).scalar_subquery()


HELD_PASS: Final = (
    *PASS,
    _first_event_at(*ENDINGS).label("ended_at"),
    _first_event_at("activated").label("activated_at"),
    _first_event_at("first_used").label("used_at"),
    _pass.length_days,
)
"""As PASS, for `held_pass_in`."""

# Made once: to make it takes four times as long as to run it.
_HELD: Final = select(_pass.member_id, *HELD_PASS).where(
    _pass.member_id.in_(bindparam("members", expanding=True)),
    _pass.starts_on <= bindparam("last"),
    _pass.ends_on >= bindparam("first"),
)


def held_passes(
    session: Session, member_ids: Collection[int], first: datetime, last: datetime
) -> dict[int, list[rules.UsablePass]]:
    """Return the passes of each member that are valid on a day from `first` to `last`.

    Also those that have ended; every given id is a key.
    """
    held: dict[int, list[rules.UsablePass]] = {member_id: [] for member_id in member_ids}
    known = {"members": list(held), "first": helsinki_date(first), "last": helsinki_date(last)}
    for row in session.connection().execute(_HELD, known):
        held[row.member_id].append(held_pass_in(row))
    return held


def held_pass_in(row: Any) -> rules.UsablePass:
    """Return the pass in a row of `HELD_PASS`."""
    return rules.UsablePass(
        row.pass_id,
        row.entitlements,
        row.campuses,
        row.starts_on,
        row.ends_on,
        row.ended_at,
        row.activated_at,
        row.used_at,
        life.from_stored(row.pauses),
        row.length_days,
        None if row.visits is None else row.visits - row.visits_used,
        None
        if row.last_visit_at is None
        else SpentVisit(None, row.last_visit_at, timedelta(minutes=row.last_visit_minutes)),
        from_stored(row.conditions),
    )


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
            Pass.ends_on >= day, ~_ended(), cast(Pass.conditions, String) != "[]"
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
