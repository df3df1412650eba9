"""What must hold of the counts of past days, recounted by `zone doctor`."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows, name_broken
from zone.reporting.daily_counts import queries, rules
from zone.reporting.daily_counts.models import CountedDays, DailyCount


def count_wrong_days(session: Session, _named_since: datetime) -> int:
    """Count the counts of past days that the facts of their time do not give."""
    first = session.scalar(select(func.min(CountedDays.first_day)))
    last = session.scalar(select(func.max(CountedDays.last_day)))
    # Of days that no run has counted: where there was no run, all.
    outside = select(DailyCount.id).where(
        true() if first is None else or_(DailyCount.day < first, DailyCount.day > last)
    )
    wrong, checked_from = count_rows(session, outside), date.max
    runs = session.scalars(select(CountedDays).order_by(CountedDays.id.desc()))
    # The newest run counted the latest days; those before it are as the newest longer run left
    # them.
    for run in runs:
        if run.first_day >= checked_from:
            continue
        last = min(run.last_day, checked_from - queries.DAY)
        actual = queries.count_facts(session, run.first_day, last, run.as_of)
        stored = queries.stored_counts(session, run.first_day, last)
        different = rules.differences(actual, stored)
        name_broken(session, *sorted({f"{key.figure} of {key.day}" for key in different}))
        wrong += len(different)
        checked_from = run.first_day
    return wrong


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "counts",
        "the counts of past days are those of their facts",
        count_wrong_days,
        "The night's run of `reporting.count_days` corrects them; "
        "if they are wrong again, somebody's hand changes the facts.",
        slow=True,
    ),
)
