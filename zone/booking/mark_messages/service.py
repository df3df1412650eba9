"""The mails about marks and bans, each in the language of its recipient."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.activities.rules import KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.attendance_marks.rules import LATE_CANCELLATION, NO_SHOW, REASONS, read_evidence
from zone.booking.attendance_marks.views import lines_of
from zone.booking.booking_bans.models import BookingBan
from zone.booking.bookings.models import Booking
from zone.booking.messages import queries
from zone.booking.messages.rules import given_up_key, no_show_key
from zone.booking.messages.service import post_about
from zone.booking.policies.rules import Policy
from zone.core.formats import format_moment
from zone.core.i18n import translate
from zone.core.mail import service as mail
from zone.core.mail.questions import AskedMail

TEMPLATES: Final = {
    (NO_SHOW, False): "booking/no_show",
    (NO_SHOW, True): "booking/no_show_paused",
    (LATE_CANCELLATION, False): "booking/late_cancellation",
    (LATE_CANCELLATION, True): "booking/late_cancellation_paused",
}
"""The mail about a mark, by its kind and whether booking ahead is paused."""

TOLD_FOR: Final = timedelta(days=2)
"""How long after its end a person is still told that a ban is over."""


def post_mark(
    session: Session,
    mark: AttendanceMark,
    counted: int,
    paused_until: datetime | None,
    policy: Policy,
    now: datetime,
) -> None:
    """Post that a mark was made, what proves it, how many count, and whether booking is paused."""
    booking = session.get_one(Booking, mark.booking_id)
    allocation = session.get_one(Allocation, booking.session_id)
    evidence, court = read_evidence(mark.evidence), not KINDS[allocation.kind].is_session
    for member in queries.recipients(session, [mark.member_id]):
        language = member.language
        post_about(
            session,
            allocation,
            now,
            member,
            TEMPLATES[mark.kind, paused_until is not None],
            values={
                "marks": counted,
                "limit": policy.no_shows,
                "days": policy.suspension_days,
                "until": format_moment(paused_until, language) if paused_until else "",
                "evidence": lines_of(
                    mark.kind, evidence, mark.occurred_at, language, is_court=court
                ),
            },
            # One mail for each mark, even if the work is repeated.
            dedupe=no_show_key(booking.public_id),
            asked=queries.NO_SHOW.about(booking.public_id),
            # The calendar removes what was cancelled.
            ended=None if mark.kind == NO_SHOW else booking.public_id,
        )


def post_given_up_late(
    session: Session, allocation: Allocation, booking: Booking, now: datetime
) -> None:
    """Post to a person that they cancelled late, which nobody missed."""
    for member in queries.recipients(session, [booking.member_id]):
        post_about(
            session,
            allocation,
            now,
            member,
            "booking/given_up_late",
            dedupe=given_up_key(booking.public_id),
            not_after=allocation.ends_at,
            ended=booking.public_id,
        )


def post_mark_lifted(
    session: Session, mark: AttendanceMark, why: str, paused_until: datetime | None, now: datetime
) -> None:
    """Post that a mark does not count any more. `why`: a code of `REASONS`, staff's text or ""."""
    _post_about_mark(session, mark, "booking/mark_lifted", why, paused_until, now)


def post_appeal_upheld(
    session: Session, mark: AttendanceMark, why: str, paused_until: datetime | None, now: datetime
) -> None:
    """Post that an appeal was turned down, and why."""
    _post_about_mark(session, mark, "booking/appeal_turned_down", why, paused_until, now)


def _post_about_mark(
    session: Session,
    mark: AttendanceMark,
    template: str,
    why: str,
    paused_until: datetime | None,
    now: datetime,
) -> None:
    booking = session.get_one(Booking, mark.booking_id)
    allocation = session.get_one(Allocation, booking.session_id)
    for member in queries.recipients(session, [mark.member_id]):
        known = REASONS.get(why)
        until = format_moment(paused_until, member.language) if paused_until else ""
        post_about(
            session,
            allocation,
            now,
            member,
            template,
            values={
                "reason": translate(known, member.language) if known else why,
                "until": until,
            },
            dedupe=f"{template} {mark.public_id}",
        )


def post_ban_ended(session: Session, ban: BookingBan, now: datetime) -> None:
    """Post that a person can book ahead again; not long after."""
    for member in queries.recipients(session, [ban.member_id]):
        mail.post(
            session,
            to=member.email,
            template="booking/ban_ended",
            language=member.language,
            params={},
            now=now,
            dedupe=f"ban ended {ban.public_id}",
            not_after=now + TOLD_FOR,
            asked=AskedMail(queries.NOT_BANNED.name, str(member.public_id)),
        )


def withdraw_waiting(session: Session, marks: Sequence[AttendanceMark]) -> set[int]:
    """Delete the mails about these marks that have not left; return the marks that they were of."""
    withdrawn = set()
    for mark in marks:
        booking = session.get_one(Booking, mark.booking_id)
        if mail.withdraw(session, no_show_key(booking.public_id)):
            withdrawn.add(mark.id)
    return withdrawn
