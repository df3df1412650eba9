"""Store the counts of past days. Never commits."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from zone.reporting.daily_counts.models import CountedDays, DailyCount
from zone.reporting.daily_counts.rules import Counts

COUNTING: Final = 0x636F756E74
"""The number of the advisory lock: nothing else of the service takes one."""


def lock_counting(session: Session) -> None:
    """Let other runs wait until the transaction ends: what both would add would count twice."""
    # On SQLite a transaction that writes is alone. An advisory lock, because the service's role
    # may only add to these tables, which is too little to lock them.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(COUNTING)))


def add_counts(session: Session, changes: Counts, now: datetime) -> int:
    """Add to the stored counts; return how many of them changed."""
    rows = [
        {
            "day": key.day,
            "hour": key.hour,
            "campus": key.campus,
            "figure": key.figure,
            "group_code": key.group,
            "part": count.part,
            "whole": count.whole,
            "recorded_at": now,
        }
        for key, count in sorted(changes.items())
    ]
    if rows:
        session.execute(insert(DailyCount), rows)
    return len(rows)


def record_run(session: Session, first: date, last: date, as_of: datetime) -> None:
    """Record that the counts of these days are those of the facts as of a time."""
    session.add(CountedDays(first_day=first, last_day=last, as_of=as_of))
    session.flush()
