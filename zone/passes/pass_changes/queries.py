"""What a change of a pass has to know: the pass after it, its activation and its history."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.passes.passes.life import HistoryEvent
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.queries import events_of, live_passes


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
