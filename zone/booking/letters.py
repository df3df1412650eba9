"""The mails of booking, in the language of whoever gets them. They wait in the outbox for the commit."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from babel.dates import format_skeleton
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone import outbox
from zone.booking.models import Booking, ClassSession
from zone.booking.rules import Policy
from zone.core.errors import ErrorCode
from zone.core.time import to_helsinki
from zone.http.layout import LOCALES
from zone.members.models import Member
from zone.places.models import Campus, Space

ONLINE: Final = {"fi": "verkossa", "sv": "på nätet", "en": "online"}


def tell_booked(session: Session, booked: ClassSession, member_id: int, policy: Policy, now: datetime) -> None:
    """Confirm a booking: what, when, where, and until when it can be cancelled."""
    _confirm(session, "booking/booked", booked, member_id, policy, now)


def tell_promoted(session: Session, booked: ClassSession, member_id: int, policy: Policy, now: datetime) -> None:
    """Say that a place came free for who waited, and until when they can step back."""
    _confirm(session, "booking/queue_promoted", booked, member_id, policy, now)


def remind(session: Session, booking: Booking, booked: ClassSession, policy: Policy, now: datetime) -> None:
    """Remind of a booking, once however often this is called."""
    key = reminder_key(booking.public_id)
    _confirm(session, "booking/reminder", booked, booking.member_id, policy, now, dedupe=key)


def reminder_key(booking: uuid.UUID) -> str:
    """What marks the reminder of a booking in the outbox."""
    return f"reminder {booking}"


def _confirm(
    session: Session, template: str, booked: ClassSession, member_id: int, policy: Policy, now: datetime, *,
    dedupe: str | None = None,
) -> None:  # fmt: skip
    until = booked.starts_at - timedelta(minutes=policy.cancel_minutes)
    for member in _members(session, [member_id]):
        params = {"cancel_until": moment(until, member.language), **_what(session, booked, member.language)}
        outbox.post(
            session, to=member.email, template=template, language=member.language, params=params, now=now,
            dedupe=dedupe, not_after=booked.starts_at,
        )  # fmt: skip


def tell_expired(session: Session, told: ClassSession, member_ids: Sequence[int], now: datetime) -> None:
    """Tell those who waited that no place came free."""
    for member in _members(session, member_ids):
        outbox.post(
            session, to=member.email, template="booking/queue_expired", language=member.language,
            params=_what(session, told, member.language), now=now, not_after=told.ends_at,
        )  # fmt: skip


def tell_removed(
    session: Session, told: ClassSession, member_ids: Sequence[int], reason: ErrorCode,
    numbers: Mapping[str, str | int], now: datetime,
) -> None:  # fmt: skip
    """Tell those who waited that they do not any more, and why. `numbers` are those that the reason names."""
    for member in _members(session, member_ids):
        params = {"reason": reason.text(member.language, dict(numbers)), **_what(session, told, member.language)}
        outbox.post(
            session, to=member.email, template="booking/queue_removed", language=member.language, params=params,
            now=now, not_after=told.ends_at,
        )  # fmt: skip


def tell_cancelled(
    session: Session, cancelled: ClassSession, member_ids: Sequence[int], reason: str, now: datetime
) -> None:
    """Tell those who had booked that a session is cancelled, and why."""
    for member in _members(session, member_ids):
        params = {"reason": reason, **_what(session, cancelled, member.language)}
        outbox.post(
            session, to=member.email, template="booking/session_cancelled", language=member.language, params=params,
            now=now, dedupe=f"cancelled {cancelled.public_id} {member.public_id}",
        )  # fmt: skip


def _members(session: Session, member_ids: Sequence[int]) -> Sequence[Member]:
    return session.scalars(select(Member).where(Member.id.in_(member_ids)).order_by(Member.id)).all()


def _what(session: Session, told: ClassSession, language: str) -> dict[str, str]:
    where = ONLINE.get(language, ONLINE["en"])
    if told.space_id is not None:
        space, campus = session.execute(
            select(Space, Campus.name).join(Campus, Campus.id == Space.campus_id).where(Space.id == told.space_id)
        ).one()
        where = f"{campus}, {named(space, language)}"
    return {"name": named(told, language), "when": moment(told.starts_at, language), "where": where}


def named(thing: ClassSession | Space, language: str) -> str:
    """The name of a session or a space in a language; English where that is not one of ours."""
    return {"fi": thing.name_fi, "sv": thing.name_sv}.get(language, thing.name_en)


def moment(at: datetime, language: str) -> str:
    """Day and wall-clock time, as they are written in that language in Finland."""
    locale, local = LOCALES.get(language, LOCALES["en"]), to_helsinki(at)
    return f"{format_skeleton('MMMEd', local, locale=locale)} {format_skeleton('Hm', local, locale=locale)}"
