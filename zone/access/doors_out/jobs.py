"""The job that mails those whose booking needs a door which lets nobody in."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy.orm import Session

from zone.access.doors_out import queries
from zone.access.doors_out.queries import IS_AFFECTED, AffectedBooking
from zone.access.doors_out.rules import instruction, sentence
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.formats import format_moment
from zone.core.i18n import LANGUAGES
from zone.core.mail import service as mail
from zone.core.service_profile.queries import service_profile

MOST: Final = 500
"""Mails of one run; the others leave a minute later."""
AT_ONCE: Final = 50
"""Mails of one transaction: on SQLite everybody who books waits for it."""


def mail_booked(settings: Settings, now: datetime) -> int:
    """Mail everybody with a booking in the next hours at doors that let nobody in.

    Once a person for each episode, see `DoorsOut.episode`: the key of the mail is unique. Returns
    how many mails were posted.
    """
    with reading() as session:
        affected = queries.affected_bookings(session, now)
        known = [one for one in affected if one.out.episode is not None]
        first = _first_of_each(known)
        posted = mail.posted_among(session, [_dedupe(one) for one in first])
        phone = service_profile(session, settings).phone
    due = [one for one in first if _dedupe(one) not in posted][:MOST]
    sent = 0
    for start in range(0, len(due), AT_ONCE):
        with writing() as session:
            sent += sum(_post(session, one, phone, now) for one in due[start : start + AT_ONCE])
    return sent


def _first_of_each(affected: Sequence[AffectedBooking]) -> list[AffectedBooking]:
    """Return the first booking of each person and episode."""
    in_order = sorted(affected, key=lambda one: (_dedupe(one), one.starts_at))
    first = [next(of_key) for _, of_key in groupby(in_order, key=_dedupe)]
    return sorted(first, key=lambda one: one.starts_at)


def _dedupe(one: AffectedBooking) -> str:
    return f"door out {one.out.episode[1] if one.out.episode else ''} {one.member}"


def _post(session: Session, one: AffectedBooking, phone: str, now: datetime) -> bool:
    language = one.language if one.language in LANGUAGES else "en"
    return mail.post(
        session,
        to=one.email,
        template="access/door_out",
        language=language,
        params={
            "name": one.name[language],
            "when": format_moment(one.starts_at, language),
            "where": f"{one.campus_name}, {one.space[language]}",
            "sentence": sentence(one.out, language),
            "instruction": instruction(one.out, language),
            "phone": phone,
        },
        now=now,
        dedupe=_dedupe(one),
        not_after=one.ends_at,
        asked=IS_AFFECTED.about(one.booking),
    )
