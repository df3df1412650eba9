"""Store the counts of past days. Never commits."""

from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zone.reporting.daily_counts.models import CountedDays, DailyCount
from zone.reporting.daily_counts.rules import Counts


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
