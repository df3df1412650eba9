"""The mails of booking, in the language of whoever gets them. They wait in the outbox for the commit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from babel.dates import format_skeleton
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone import outbox
from zone.booking.models import ClassSession
from zone.booking.rules import Policy
from zone.core.time import to_helsinki
from zone.http.layout import LOCALES
from zone.members.models import Member
from zone.places.models import Campus, Space

ONLINE: Final = {"fi": "verkossa", "sv": "på nätet", "en": "online"}


def tell_booked(session: Session, booked: ClassSession, member_id: int, policy: Policy, now: datetime) -> None:
    """Confirm a booking: what, when, where, and until when it can be cancelled."""
    until = booked.starts_at - timedelta(minutes=policy.cancel_minutes)
    for member in _members(session, [member_id]):
        params = {"cancel_until": moment(until, member.language), **_what(session, booked, member.language)}
        outbox.post(
            session, to=member.email, template="booking/booked", language=member.language, params=params, now=now,
            not_after=booked.starts_at,
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
