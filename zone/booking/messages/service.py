"""The mails of booking, each in the language of its recipient.

The outbox sends them after the commit.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.messages import queries
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.sessions.models import ClassSession
from zone.core.errors import ErrorCode
from zone.core.i18n import format_moment
from zone.core.mail import service as mail

ONLINE: Final = {"fi": "verkossa", "sv": "på nätet", "en": "online"}


class Named(Protocol):
    """A row with a name in three languages."""

    @property
    def name_fi(self) -> str: ...
    @property
    def name_sv(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def post_confirmation(
    session: Session, class_session: ClassSession, member_id: int, policy: Policy, now: datetime
) -> None:
    """Post the confirmation of a booking: what, when, where, and until when it can be cancelled."""
    _confirm(session, "booking/booked", class_session, member_id, policy, now)


def post_promotion(
    session: Session, class_session: ClassSession, member_id: int, policy: Policy, now: datetime
) -> None:
    """Post that a waiting person has a place now, and until when it can be cancelled."""
    _confirm(session, "booking/queue_promoted", class_session, member_id, policy, now)


def post_cancellation(
    session: Session,
    class_session: ClassSession,
    member_ids: Sequence[int],
    reason: str,
    now: datetime,
) -> None:
    """Post to those who had booked that a session is cancelled, and why."""
    for member in queries.recipients(session, member_ids):
        params = {"reason": reason, **_session_params(session, class_session, member.language)}
        mail.post(
            session,
            to=member.email,
            template="booking/session_cancelled",
            language=member.language,
            params=params,
            now=now,
            # One mail for each session and person, even if the work is repeated.
            dedupe=f"cancelled {class_session.public_id} {member.public_id}",
        )


def post_queue_removed(
    session: Session,
    class_session: ClassSession,
    member_ids: Sequence[int],
    reason: ErrorCode,
    numbers: Mapping[str, str | int],
    now: datetime,
) -> None:
    """Post to those who were taken off a waitlist, and why.

    `numbers` are those that the reason names.
    """
    # No `dedupe`: an entry ends once, and only who ends it posts this.
    for member in queries.recipients(session, member_ids):
        params = {
            "reason": reason.text(member.language, dict(numbers)),
            **_session_params(session, class_session, member.language),
        }
        mail.post(
            session,
            to=member.email,
            template="booking/queue_removed",
            language=member.language,
            params=params,
            now=now,
            not_after=class_session.ends_at,
        )


def post_queue_expired(
    session: Session, class_session: ClassSession, member_ids: Sequence[int], now: datetime
) -> None:
    """Post to those who waited that no place became free."""
    for member in queries.recipients(session, member_ids):
        mail.post(
            session,
            to=member.email,
            template="booking/queue_expired",
            language=member.language,
            params=_session_params(session, class_session, member.language),
            now=now,
            not_after=class_session.ends_at,
        )


def write_reminder(
    session: Session, booking: Booking, class_session: ClassSession, policy: Policy, now: datetime
) -> None:
    """Post the reminder of a booking; the key of the outbox refuses a second one."""
    key = reminder_key(booking.public_id)
    if booking.member_id is not None:
        _confirm(
            session, "booking/reminder", class_session, booking.member_id, policy, now, dedupe=key
        )


def reminder_key(booking: uuid.UUID) -> str:
    """Return the outbox key of the reminder of a booking."""
    return f"reminder {booking}"


def named(row: Named, language: str) -> str:
    """Return the name of a session or a space; in English for other languages than the three."""
    return {"fi": row.name_fi, "sv": row.name_sv}.get(language, row.name_en)


def write_due_reminders(session: Session, now: datetime) -> int:
    """Post the reminders that are due and not posted yet; return how many.

    Reminders that a stopped scheduler missed are posted until the session starts.
    """
    policy = policies_queries.policy(session.connection())
    if not policy.remind_hours:
        return 0
    due = queries.bookings_to_remind(session, timedelta(hours=policy.remind_hours), now)
    posted = queries.posted_keys(session, [reminder_key(booking.public_id) for booking, _ in due])
    # The outbox's key would refuse a second mail too; this saves the work at each run of the job.
    new = [pair for pair in due if reminder_key(pair[0].public_id) not in posted]
    for booking, class_session in new:
        write_reminder(session, booking, class_session, policy, now)
    return len(new)


def _confirm(
    session: Session,
    template: str,
    class_session: ClassSession,
    member_id: int,
    policy: Policy,
    now: datetime,
    *,
    dedupe: str | None = None,
) -> None:
    until = class_session.starts_at - timedelta(minutes=policy.cancel_minutes)
    for member in queries.recipients(session, [member_id]):
        params = {
            "cancel_until": format_moment(until, member.language),
            **_session_params(session, class_session, member.language),
        }
        mail.post(
            session,
            to=member.email,
            template=template,
            language=member.language,
            params=params,
            now=now,
            dedupe=dedupe,
            not_after=class_session.starts_at,  # a late mail about a past session only confuses
        )


def _session_params(session: Session, class_session: ClassSession, language: str) -> dict[str, str]:
    where = ONLINE.get(language, ONLINE["en"])
    if class_session.space_id is not None:
        space, campus = queries.place_of(session, class_session.space_id)
        where = f"{campus}, {named(space, language)}"
    return {
        "name": named(class_session, language),
        "when": format_moment(class_session.starts_at, language),
        "where": where,
    }
