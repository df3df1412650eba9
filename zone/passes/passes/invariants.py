"""What must hold of the days of passes, recounted by `zone doctor`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_broken_ids
from zone.core.time import helsinki_date
from zone.passes.passes.life import Life, LifeEvent, from_stored, life_of
from zone.passes.passes.models import Pass, PassEvent

_DERIVED: Final = (
    select(
        Pass.id,
        Pass.sold_from,
        Pass.sold_until,
        Pass.starts_on,
        Pass.ends_on,
        Pass.pauses,
        Pass.length_days,
        PassEvent.id.label("number"),
        PassEvent.kind,
        PassEvent.first_day,
        PassEvent.last_day,
        PassEvent.days,
        PassEvent.occurred_at,
    )
    .outerjoin(PassEvent, PassEvent.pass_id == Pass.id)
    .order_by(Pass.id)
)


def count_passes_with_other_days(session: Session, _named_since: datetime) -> int:
    """Count the passes whose stored days and pauses are not those of their events."""
    return count_broken_ids(session, "pass", _broken(session))


def _broken(session: Session) -> list[int]:
    broken, current, events = [], None, list[LifeEvent]()
    # Row by row, in the order of the passes: the memory does not grow with them.
    for row in session.execute(_DERIVED).yield_per(1000):
        if current is not None and row.id != current.id:
            broken += [current.id] if _differs(current, events) else []
            events = []
        current = row
        if row.number is not None:
            events.append(
                LifeEvent(
                    row.number,
                    row.kind,
                    row.first_day,
                    row.last_day,
                    row.days or 0,
                    helsinki_date(row.occurred_at),
                )
            )
    if current is not None and _differs(current, events):
        broken.append(current.id)
    return broken


def _differs(row: Any, events: list[LifeEvent]) -> bool:
    derived = life_of((row.sold_from, row.sold_until), events, row.length_days)
    stored = Life(row.starts_on, row.ends_on, from_stored(row.pauses), derived.end)
    return derived != stored


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "pass_days",
        "the days and pauses of each pass are those that its events give",
        count_passes_with_other_days,
    ),
)
