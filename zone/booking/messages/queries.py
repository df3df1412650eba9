"""Read what mails need: who gets them, where a session is, and which reminders are due."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space


def recipients(session: Session, member_ids: Sequence[int]) -> Sequence[Member]:
    """Return these members, by id."""
    return session.scalars(
        select(Member).where(Member.id.in_(member_ids)).order_by(Member.id)
    ).all()


def place_of(session: Session, space_id: int) -> tuple[Space, str]:
    """Return a space and the name of its campus."""
    row = session.execute(
        select(Space, Campus.name)
        .join(Campus, Campus.id == Space.campus_id)
        .where(Space.id == space_id)
    ).one()
    return row.Space, row.name


def bookings_to_remind(
    session: Session, ahead: timedelta, now: datetime
) -> list[tuple[Booking, ClassSession]]:
    """Return the bookings of sessions that start within `ahead`, with their sessions, by start."""
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
    # No reminder for a booking made after the reminder's time: its confirmation was just posted.
    return [
        (booking, class_session)
        for booking, class_session in rows
        if booking.created_at <= class_session.starts_at - ahead
    ]


def posted_keys(session: Session, keys: Iterable[str]) -> set[str | None]:
    """Return those of these keys that are in the outbox."""
    query = select(OutboxMail.dedupe).where(OutboxMail.dedupe.in_(list(keys)))
    return set(session.scalars(query))
