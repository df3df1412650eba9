"""One mail before each booking, as many hours ahead as the policy says."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking import facts, letters
from zone.booking.models import Booking, ClassSession
from zone.outbox import OutboxMail


def remind(session: Session, now: datetime) -> int:
    """Write the reminders that are due and not written yet; answers how many. The outbox's key refuses a second one.

    Who booked after the reminder's time has just been told by the confirmation. Slots that were missed are caught up
    with until the session starts.
    """
    policy = facts.policy(session.connection())
    due = _due(session, timedelta(hours=policy.remind_hours), now) if policy.remind_hours else []
    written = _written(session, [letters.reminder_key(booking.public_id) for booking, _ in due])
    new = [(booking, booked) for booking, booked in due if letters.reminder_key(booking.public_id) not in written]
    for booking, booked in new:
        letters.remind(session, booking, booked, policy, now)
    return len(new)


def _due(session: Session, ahead: timedelta, now: datetime) -> list[tuple[Booking, ClassSession]]:
    rows = session.execute(
        select(Booking, ClassSession)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(
            Booking.state == "booked",
            ClassSession.state == "scheduled",
            ClassSession.starts_at > now,
            ClassSession.starts_at <= now + ahead,
        )
        .order_by(ClassSession.starts_at, Booking.id)
    )
    return [(booking, booked) for booking, booked in rows if booking.created_at <= booked.starts_at - ahead]


def _written(session: Session, keys: Sequence[str]) -> set[str | None]:
    return set(session.scalars(select(OutboxMail.dedupe).where(OutboxMail.dedupe.in_(keys))))
