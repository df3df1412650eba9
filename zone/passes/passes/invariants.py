"""What must hold of passes beside money, for `zone doctor`."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_broken_ids
from zone.core.time import helsinki_date
from zone.passes.catalogue.rules import last_day
from zone.passes.passes.models import Pass, PassEvent


def count_wrong_last_days(session: Session, _named_since: datetime) -> int:
    """Count the passes from their activation whose last day is not what the activation gives."""
    return count_broken_ids(session, "pass", _wrong_last_days(session))


def _wrong_last_days(session: Session) -> Iterator[int]:
    activated = (
        select(func.min(PassEvent.occurred_at))
        .where(PassEvent.pass_id == Pass.id, PassEvent.kind == "activated")
        .scalar_subquery()
        .label("at")
    )
    rows = select(Pass.id, Pass.length_days, Pass.activate_by, Pass.ends_on, activated).where(
        Pass.length_days.is_not(None)
    )
    for row in session.execute(rows).yield_per(1000):
        if row.ends_on != _last_day(row.at, row.length_days, row.activate_by):
            yield row.id


def _last_day(at: datetime | None, length: int | None, activate_by: date | None) -> date | None:
    return activate_by if at is None or length is None else last_day(helsinki_date(at), length)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "activation_days",
        "a pass that lasts from its activation ends as its first activation says",
        count_wrong_last_days,
        "Somebody has written past the service. Compare the pass with its events, and give the "
        "holder the days that were sold.",
    ),
)
