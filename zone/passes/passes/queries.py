"""Passes and their rights, and the activations that target A counts."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from zone.core.db.statements import hex_of
from zone.core.time import Window, helsinki_date
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.catalogue.rules import FEE
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes import rules
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.rules import PassRight
from zone.passes.visits import rules as visit_rules
from zone.passes.visits.models import PassVisit
from zone.passes.visits.queries import used_of

ENDINGS: Final = ("refunded", "replaced")


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass for its holder. `product` is its name in fi, sv and en; [valid_from, valid_until).

    `state`: valid, not_yet, expired, refunded or replaced. With `length_days` it lasts so long from
    its activation; until then it ends with `activate_by`.
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
    activate_by: date | None = None
    length_days: int | None = None
    visits: int | None = None
    visits_left: int | None = None

    @property
    def waits(self) -> bool:
        """Whether its days begin with an activation that is still to come."""
        return self.length_days is not None and self.activated_at is None

    @property
    def last_day(self) -> date:
        """The last Helsinki day on which it is valid."""
        # Half-open: `valid_until` itself is midnight of the day after.
        return helsinki_date(self.valid_until - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Activation:
    """The activation of a root pass, once in its life, with its member and their institution.

    `pass_id` is the 32 hex digits of its public id.
    """

    pass_id: str
    kind: str
    activated_at: datetime
    member_id: int
    institution: str | None


def rights_of(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, list[PassRight]]:
    """Return the present and future rights of each member; every given id is a key.

    A pass that is not activated counts: its first verified use activates it. One that was refunded
    or replaced, or has ended, does not.
    """
    rights: dict[int, list[PassRight]] = {member_id: [] for member_id in member_ids}
    for row in session.execute(
        _LIVE_RIGHTS, {"members": list(rights), "today": helsinki_date(now)}
    ):
        rights[row.member_id] += rights_in(row)
    return rights


def rights_in(row: Any) -> list[PassRight]:
    """Return the rights of the pass in a row of `PASS`; after its last visit only for that one."""
    valid = rules.validity(row.starts_on, row.ends_on)
    if row.visits is not None:
        left = row.visits - row.visits_used
        valid = valid[0], visit_rules.ends_at(left, row.last_visit_at, valid[1])
    return [PassRight(kind, tuple(row.campuses), *valid, row.pass_id) for kind in row.entitlements]


_pass, _event, _visit = Pass.__table__.c, PassEvent.__table__.c, PassVisit.__table__.c


def _ended() -> ColumnElement[bool]:
    # Not IN: SQLAlchemy renders its list anew at each execution, which a prepared statement of
    # `booking` that uses LIVE cannot.
    ending = or_(*(_event.kind == kind for kind in ENDINGS))
    return exists().where(_event.pass_id == _pass.id, ending).correlate(Pass.__table__)


def not_ended() -> ColumnElement[bool]:
    """Return the condition of a pass that is neither refunded nor replaced."""
    return ~_ended()


def _of_visits(figure: ColumnElement[Any]) -> ColumnElement[Any]:
    of_pass = select(figure).where(_visit.pass_id == _pass.id, _visit.number.is_not(None))
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
)
"""For other features' statements: join `Pass` by its member and LIVE, and read PASS."""

_LIVE_RIGHTS: Final = (
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


def had_pass_within(session: Session, member_id: int, first_day: date, last_day: date) -> bool:
    """Return whether a member had a pass, not refunded, on some day from first to last."""
    refunded = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "refunded")
    within = Pass.member_id == member_id, Pass.starts_on <= last_day, Pass.ends_on >= first_day
    return session.scalar(select(Pass.id).where(*within, ~refunded).limit(1)) is not None


def count_holders_within(session: Session, first_day: date, last_day: date) -> int:
    """Return how many people had a pass, not refunded, on some day from first to last."""
    refunded = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "refunded")
    within = Pass.starts_on <= last_day, Pass.ends_on >= first_day
    return (
        session.scalar(select(func.count(Pass.member_id.distinct())).where(*within, ~refunded)) or 0
    )


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
        row.length_days,
        None if row.visits is None else row.visits - row.visits_used,
        row.last_visit_at,
    )


def activated_at_of(session: Session, pass_ids: Collection[int]) -> dict[int, datetime]:
    """Return the earliest activation on record of each pass that has one."""
    earliest = (
        select(_event.pass_id, func.min(_event.occurred_at).label("at"))
        .where(_event.pass_id.in_(pass_ids), _event.kind == "activated")
        .group_by(_event.pass_id)
    )
    return {row.pass_id: row.at for row in session.execute(earliest)}


def passes_of(session: Session, member_id: int, now: datetime) -> list[PassView]:
    """Return every pass of a member, the newest first."""
    rows = session.execute(
        select(Pass, Product)
        .join(Product, Product.id == Pass.product_id)
        .where(Pass.member_id == member_id)
        .order_by(Pass.starts_on.desc(), Pass.id.desc())
    ).all()
    events = _events_of(session, [pass_.id for pass_, _ in rows])
    counted = [pass_.id for pass_, _ in rows if pass_.visits is not None]
    used = used_of(session, counted) if counted else {}
    return [
        _view(pass_, product, events[pass_.id], now, used.get(pass_.id, 0))
        for pass_, product in rows
    ]


def _events_of(session: Session, pass_ids: Sequence[int]) -> dict[int, list[rules.RecordedEvent]]:
    events: dict[int, list[rules.RecordedEvent]] = defaultdict(list)
    columns = (PassEvent.pass_id, PassEvent.kind, PassEvent.occurred_at, PassEvent.recorded_at)
    for pass_id, kind, occurred_at, recorded_at in session.execute(
        select(*columns).where(PassEvent.pass_id.in_(pass_ids)).order_by(PassEvent.id)
    ):
        events[pass_id].append(rules.RecordedEvent(kind, occurred_at, recorded_at))
    return events


def _view(
    pass_: Pass, product: Product, events: Sequence[rules.RecordedEvent], now: datetime, used: int
) -> PassView:
    valid = rules.validity(pass_.starts_on, pass_.ends_on)
    return PassView(
        id=pass_.public_id,
        kind=pass_.kind,
        product=names_of(product),
        entitlements=tuple(pass_.entitlements),
        campuses=tuple(pass_.campuses),
        valid_from=valid[0],
        valid_until=valid[1],
        state=rules.state_of(valid, (event.kind for event in events), now),
        activated_at=min(
            (event.occurred_at for event in events if event.kind == "activated"), default=None
        ),
        activate_by=pass_.activate_by,
        length_days=pass_.length_days,
        visits=pass_.visits,
        visits_left=None if pass_.visits is None else pass_.visits - used,
    )


def current_pass(session: Session, member_id: int, now: datetime) -> PassView | None:
    """Return the pass to show; None where there is none, or all were refunded.

    The valid one that lasts longest, else the next to start, else the one that ended last.
    """
    passes = passes_of(session, member_id, now)
    by_state = {
        state: [item for item in passes if item.state == state]
        for state in ("valid", "not_yet", "expired")
    }
    if by_state["valid"]:
        return max(by_state["valid"], key=lambda item: item.valid_until)
    if by_state["not_yet"]:
        return min(by_state["not_yet"], key=lambda item: item.valid_from)
    return max(by_state["expired"], key=lambda item: item.valid_until, default=None)


def activations(
    session: Session,
    window: Window,
    as_of: datetime,
    *,
    of_members: Collection[int] | None = None,
    parts: Iterable[tuple[Window, datetime]] | None = None,
) -> list[Activation]:
    """Return the root passes that target A counts in `window` as of `as_of`, by activation.

    With `of_members` only those of some people. With `parts` of the window each as of a time of its
    own, none after `as_of`. The rule is `rules.taken_into_use`; this fetches its rows.
    """
    # The subquery finds the chains with an activation in the window. Then all their events are
    # read: an activation before the window, or a refund after it, decides too.
    root = func.coalesce(Pass.root_id, Pass.id)
    activated_roots = _activated_roots(window, as_of, of_members)
    # Neither `root.in_` nor an OR: no index of SQLite serves them, and every pass of the service
    # would be read (72 ms with 29,000 of them, this 0.6).
    of_chains = union(
        select(Pass.id).where(Pass.id.in_(activated_roots)),
        select(Pass.id).where(Pass.root_id.in_(activated_roots)),
    )
    rows = session.execute(
        select(root, PassEvent.kind, PassEvent.occurred_at, PassEvent.recorded_at)
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(Pass.id.in_(of_chains), PassEvent.kind.in_(rules.DECIDING))
    )
    events: dict[int, list[rules.RecordedEvent]] = defaultdict(list)
    for root_id, kind, occurred_at, recorded_at in rows:
        events[root_id].append(rules.RecordedEvent(kind, occurred_at, recorded_at))
    roots = (
        select(
            Pass.id, hex_of(Pass.public_id), Pass.kind, Pass.member_id, OrderLine.institution_code
        )
        .outerjoin(OrderLine, OrderLine.id == Pass.order_line_id)
        .where(Pass.id.in_(activated_roots))
    )
    counted_parts = [(window, as_of)] if parts is None else list(parts)
    counted = [
        Activation(public_id, kind, at, member_id, institution)
        for pass_id, public_id, kind, member_id, institution in session.execute(roots)
        for part, known_at in counted_parts
        if (at := rules.taken_into_use(kind, events[pass_id], part, known_at))
    ]
    return sorted(counted, key=lambda item: (item.activated_at, item.pass_id))


def _activated_roots(
    window: Window, as_of: datetime, of_members: Collection[int] | None
) -> Select[int]:
    return (
        select(func.coalesce(Pass.root_id, Pass.id))
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(
            PassEvent.kind == "activated",
            PassEvent.occurred_at >= window[0],
            PassEvent.occurred_at < window[1],
            PassEvent.recorded_at <= as_of,
            *(() if of_members is None else (Pass.member_id.in_(of_members),)),
        )
    )


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


def last_order_at(session: Session, member_id: int) -> datetime | None:
    """Return when the newest order of a member was placed."""
    return session.scalar(select(func.max(Order.placed_at)).where(Order.member_id == member_id))


def next_free_day(session: Session, member_id: int, product: Product, today: date) -> date:
    """Return the day after the last pass that gives all that the product does; else today."""
    if product.kind == FEE:
        return today
    passes = live_passes(session, member_id, today)
    covering = [
        pass_.ends_on + timedelta(days=1)
        for pass_ in passes
        if not pass_.visits  # who has used up the visits buys new ones for today
        and rules.covers(pass_.entitlements, pass_.campuses, product.entitlements, product.campuses)
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
        )
        .join(Product, Product.id == Pass.product_id)
        .where(Pass.member_id == member_id)
    )


def own_pass_events(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return what became of a member's passes, for the export of one's own data."""
    return (
        select(Pass.public_id.label("pass"), PassEvent.kind, PassEvent.occurred_at)
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(Pass.member_id == member_id)
    )
