"""The mails of booking, in the language of whoever gets them. They wait in the outbox for the commit."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.sessions.models import ClassSession
from zone.core.errors import ErrorCode
from zone.core.i18n import moment
from zone.core.mail import service as mail
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

ONLINE: Final = {"fi": "verkossa", "sv": "på nätet", "en": "online"}


def tell_booked(
    session: Session, booked: ClassSession, member_id: int, policy: Policy, now: datetime
) -> None:
    """Confirm a booking: what, when, where, and until when it can be cancelled."""
    _confirm(session, "booking/booked", booked, member_id, policy, now)


def tell_promoted(
    session: Session, booked: ClassSession, member_id: int, policy: Policy, now: datetime
) -> None:
    """Say that a place came free for who waited, and until when they can step back."""
    _confirm(session, "booking/queue_promoted", booked, member_id, policy, now)


def write_reminder(
    session: Session, booking: Booking, booked: ClassSession, policy: Policy, now: datetime
) -> None:
    """Remind of a booking, once however often this is called."""
    key = reminder_key(booking.public_id)
    _confirm(session, "booking/reminder", booked, booking.member_id, policy, now, dedupe=key)


def reminder_key(booking: uuid.UUID) -> str:
    """What marks the reminder of a booking in the outbox."""
    return f"reminder {booking}"


def _confirm(
    session: Session,
    template: str,
    booked: ClassSession,
    member_id: int,
    policy: Policy,
    now: datetime,
    *,
    dedupe: str | None = None,
) -> None:
    until = booked.starts_at - timedelta(minutes=policy.cancel_minutes)
    for member in _members(session, [member_id]):
        params = {
            "cancel_until": moment(until, member.language),
            **_what(session, booked, member.language),
        }
        mail.post(
            session,
            to=member.email,
            template=template,
            language=member.language,
            params=params,
            now=now,
            dedupe=dedupe,
            not_after=booked.starts_at,
        )


def tell_expired(
    session: Session, told: ClassSession, member_ids: Sequence[int], now: datetime
) -> None:
    """Tell those who waited that no place came free."""
    for member in _members(session, member_ids):
        mail.post(
            session,
            to=member.email,
            template="booking/queue_expired",
            language=member.language,
            params=_what(session, told, member.language),
            now=now,
            not_after=told.ends_at,
        )


def tell_removed(
    session: Session,
    told: ClassSession,
    member_ids: Sequence[int],
    reason: ErrorCode,
    numbers: Mapping[str, str | int],
    now: datetime,
) -> None:
    """Tell those who waited that they do not any more, and why. `numbers` are those that the reason names."""
    for member in _members(session, member_ids):
        params = {
            "reason": reason.text(member.language, dict(numbers)),
            **_what(session, told, member.language),
        }
        mail.post(
            session,
            to=member.email,
            template="booking/queue_removed",
            language=member.language,
            params=params,
            now=now,
            not_after=told.ends_at,
        )


def tell_cancelled(
    session: Session, cancelled: ClassSession, member_ids: Sequence[int], reason: str, now: datetime
) -> None:
    """Tell those who had booked that a session is cancelled, and why."""
    for member in _members(session, member_ids):
        params = {"reason": reason, **_what(session, cancelled, member.language)}
        mail.post(
            session,
            to=member.email,
            template="booking/session_cancelled",
            language=member.language,
            params=params,
            now=now,
            dedupe=f"cancelled {cancelled.public_id} {member.public_id}",
        )


def _members(session: Session, member_ids: Sequence[int]) -> Sequence[Member]:
    return session.scalars(
        select(Member).where(Member.id.in_(member_ids)).order_by(Member.id)
    ).all()


def _what(session: Session, told: ClassSession, language: str) -> dict[str, str]:
    where = ONLINE.get(language, ONLINE["en"])
    if told.space_id is not None:
        space, campus = session.execute(
            select(Space, Campus.name)
            .join(Campus, Campus.id == Space.campus_id)
            .where(Space.id == told.space_id)
        ).one()
        where = f"{campus}, {named(space, language)}"
    return {"name": named(told, language), "when": moment(told.starts_at, language), "where": where}


def named(thing: ClassSession | Space, language: str) -> str:
    """The name of a session or a space in a language; English where that is not one of ours."""
    return {"fi": thing.name_fi, "sv": thing.name_sv}.get(language, thing.name_en)


def write_due_reminders(session: Session, now: datetime) -> int:
    """Write the reminders that are due and not written yet; answers how many. The outbox's key refuses a second one.

    Who booked after the reminder's time has just been told by the confirmation. Slots that were missed are caught up
    with until the session starts.
    """
    policy = policies_queries.policy(session.connection())
    due = _due(session, timedelta(hours=policy.remind_hours), now) if policy.remind_hours else []
    written = _written(session, [reminder_key(booking.public_id) for booking, _ in due])
    new = [
        (booking, booked)
        for booking, booked in due
        if reminder_key(booking.public_id) not in written
    ]
    for booking, booked in new:
        write_reminder(session, booking, booked, policy, now)
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
    return [
        (booking, booked)
        for booking, booked in rows
        if booking.created_at <= booked.starts_at - ahead
    ]


def _written(session: Session, keys: Sequence[str]) -> set[str | None]:
    return set(session.scalars(select(OutboxMail.dedupe).where(OutboxMail.dedupe.in_(keys))))
