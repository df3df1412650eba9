"""Read the days of a weekly class that are still to come."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import QUEUE_LENGTH, campus_of
from zone.booking.weekly_classes import queries, rules
from zone.booking.weekly_classes.models import SessionRule
from zone.core.time import Window, helsinki_date
from zone.places.opening_hours.queries import open_windows
from zone.places.opening_hours.rules import is_open


@dataclass(frozen=True, slots=True)
class DayOfClass:
    """A day of a weekly class, and what becomes of it.

    scheduled: there is a session, which may have been moved; cancelled: it was cancelled; skipped:
    left out, for a reason; closed: the campus is not open; planned: the session is made later.
    """

    day: date
    state: Literal["scheduled", "cancelled", "skipped", "closed", "planned"]
    starts_at: datetime
    ends_at: datetime
    session: uuid.UUID | None = None
    booked: int = 0
    waiting: int = 0
    reason: str = ""


def days_of_class(session: Session, rule: SessionRule, now: datetime) -> list[DayOfClass]:
    """Return the days of a class to come, over the whole of a coming term."""
    today = helsinki_date(now)
    last = today + rules.LONGEST_LOOK
    days = [
        (day, (start, end))
        for day, start, end in rules.weekly(queries.weekly_of(rule), first=today, last=last)
        if start > now
    ]
    skipped = queries.skipped_days(session, rule.id)
    made = {
        row.rule_day: (row, waiting)
        for row, waiting in session.execute(
            select(ClassSession, QUEUE_LENGTH).where(
                ClassSession.rule_id == rule.id, ClassSession.rule_day >= today
            )
        )
    }
    windows = _open_windows(session, rule, [span for _, span in days])
    return [
        _day(day, span, skipped.get(day), made.get(day), windows is None or is_open(windows, *span))
        for day, span in days
    ]


def _open_windows(
    session: Session, rule: SessionRule, spans: Sequence[Window]
) -> Sequence[Window] | None:
    campus = campus_of(session, rule.space_id)
    return open_windows(session, campus, spans[0][0], spans[-1][1]) if campus and spans else None


def _day(
    day: date,
    span: Window,
    skipped: str | None,
    made: tuple[ClassSession, int] | None,
    opened: bool,
) -> DayOfClass:
    if made is None:
        state: Literal["skipped", "planned", "closed"] = (
            "skipped" if skipped is not None else "planned" if opened else "closed"
        )
        return DayOfClass(day, state, *span, reason=skipped or "")
    row, waiting = made
    cancelled: Literal["skipped", "cancelled"] = "cancelled" if skipped is None else "skipped"
    return DayOfClass(
        day,
        cancelled if row.state == "cancelled" else "scheduled",
        row.starts_at,
        row.ends_at,
        row.public_id,
        row.booked,
        waiting,
        skipped or "",
    )
