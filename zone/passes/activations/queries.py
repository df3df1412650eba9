"""The activations that target A counts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from zone.core.db.statements import hex_of
from zone.core.time import Window
from zone.passes.orders.models import OrderLine
from zone.passes.passes import rules
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.retention.models import PassOrigin


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
    # Chains with an activation in the window. All their events are read: an activation before the
    # window, or a refund after it, decides too.
    activated_roots = _activated_roots(window, as_of, of_members)
    events = _events_by_root(session, activated_roots)
    roots = (
        select(
            Pass.id,
            hex_of(Pass.public_id),
            Pass.kind,
            Pass.counts,
            Pass.member_id,
            # Of a pass whose order is deleted with its accounting year, what was kept of it.
            func.coalesce(OrderLine.institution_code, PassOrigin.institution_code),
        )
        .outerjoin(OrderLine, OrderLine.id == Pass.order_line_id)
        .outerjoin(PassOrigin, PassOrigin.pass_id == Pass.id)
        .where(Pass.id.in_(activated_roots))
    )
    counted_parts = [(window, as_of)] if parts is None else list(parts)
    counted = [
        Activation(public_id, kind, at, member_id, institution)
        for pass_id, public_id, kind, counts, member_id, institution in session.execute(roots)
        for part, known_at in counted_parts
        if (at := rules.taken_into_use(kind, events[pass_id], part, known_at, counts=counts))
    ]
    return sorted(counted, key=lambda item: (item.activated_at, item.pass_id))


def _events_by_root(
    session: Session, roots: Select[int]
) -> Mapping[int, list[rules.RecordedEvent]]:
    """Return the events that decide whether these root passes count, of each whole chain."""
    root = func.coalesce(Pass.root_id, Pass.id)
    # Neither `root.in_` nor an OR: no index of SQLite serves them, and every pass of the service
    # would be read (72 ms with 29,000 of them, this 0.6).
    of_chains = union(
        select(Pass.id).where(Pass.id.in_(roots)),
        select(Pass.id).where(Pass.root_id.in_(roots)),
    )
    rows = session.execute(
        select(root, PassEvent.kind, PassEvent.occurred_at, PassEvent.recorded_at)
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(
            Pass.id.in_(of_chains),
            PassEvent.kind.in_(rules.DECIDING),
            # Of refunds only that of the root: see `rules.taken_into_use`.
            or_(PassEvent.kind != "refunded", Pass.root_id.is_(None)),
        )
    )
    events: dict[int, list[rules.RecordedEvent]] = defaultdict(list)
    for root_id, kind, occurred_at, recorded_at in rows:
        events[root_id].append(rules.RecordedEvent(kind, occurred_at, recorded_at))
    return events


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
