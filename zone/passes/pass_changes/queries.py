"""What a change of a pass has to know: the pass after it, its activation and its history."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zone.core.mail.questions import declare_question
from zone.passes.catalogue.models import Product
from zone.passes.orders.models import OrderLine
from zone.passes.pass_rights.queries import not_ended
from zone.passes.passes.life import HistoryEvent
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.queries import events_of, live_passes
from zone.passes.visits.queries import used_of


def next_in_line(session: Session, pass_: Pass, last_day: date, today: date) -> Pass | None:
    """Return the pass of the same holder that goes on after the last day of another, if any.

    It gives the same or more, has not begun, and is not paused.
    """
    for other in live_passes(session, pass_.member_id, last_day + timedelta(days=1)):
        follows = other.starts_on == last_day + timedelta(days=1) and other.id != pass_.id
        if (
            follows
            and other.starts_on > today
            and not other.pauses
            and other.length_days is None
            and other.rights.covers(pass_.rights)
        ):
            return other
    return None


def first_activation(session: Session, pass_id: int) -> datetime | None:
    """Return the earliest activation on record of a pass."""
    query = select(func.min(PassEvent.occurred_at)).where(
        PassEvent.pass_id == pass_id, PassEvent.kind == "activated"
    )
    return session.scalar(query)


def _has_these_days(session: Session, about: str, _now: datetime) -> bool:
    """Return whether a pass is in force and has the days that a mail names.

    `about` is its id and its last day, or its id and the two days of a pause.
    """
    public_id, *days = about.split()
    pass_ = session.scalar(select(Pass).where(Pass.public_id == UUID(public_id), not_ended()))
    if pass_ is None:
        return False
    return days in ([pass_.ends_on.isoformat()], *pass_.pauses)


HAS_THESE_DAYS: Final = declare_question("passes.pass_days", _has_these_days)


def sold_visits(session: Session, pass_: Pass) -> int | None:
    """Return how many visits a pass was sold with; None: as many as one likes.

    More than its own where it has taken the place of one of which some were used.
    """
    if pass_.visits is None:
        return None
    line = select(OrderLine.visits).where(OrderLine.id == pass_.order_line_id)
    sold = session.scalar(line) or session.get_one(Product, pass_.product_id).visits
    return max(sold or 0, pass_.visits)


def visits_after(session: Session, old: Pass, visits: int | None) -> int | None:
    """Return how many of so many visits are left for what takes the place of a pass now.

    None: they are not counted.
    """
    sold = sold_visits(session, old)
    if visits is None or sold is None or old.visits is None:
        return visits
    return visits - sold + old.visits - _used(session, [old.id])


def used_since(session: Session, pass_: Pass) -> int:
    """Return how many visits were used of a pass, and of those that have taken its place."""
    root = pass_.root_id or pass_.id
    chain = select(Pass.id).where(Pass.id >= pass_.id, or_(Pass.id == root, Pass.root_id == root))
    return _used(session, session.scalars(chain).all())


def _used(session: Session, pass_ids: Sequence[int]) -> int:
    return sum(used_of(session, pass_ids).values())


def history_of(session: Session, pass_id: int) -> list[HistoryEvent]:
    """Return what happened to a pass, the newest first."""
    return [
        HistoryEvent(
            event.kind,
            event.occurred_at,
            "staff" if event.by.startswith("member ") else event.by,
            event.reason,
            event.cause,
            event.first_day,
            event.last_day,
            event.days,
        )
        for event in reversed(events_of(session, [pass_id])[pass_id])
    ]
