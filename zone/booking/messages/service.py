"""The mails of booking, each in the language of its recipient.

The outbox sends them after the commit.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from zone.booking.activities.rules import KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.messages import queries
from zone.booking.messages.event import booking_event
from zone.booking.messages.rules import (
    LATE,
    ONLINE,
    REMINDER,
    Recipient,
    confirmation_key,
    given_up_key,
    named,
    reminder_key,
)
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.queries import activity_of
from zone.booking.policies.resolution import Policies
from zone.booking.policies.rules import Policy
from zone.core.errors import ErrorCode
from zone.core.formats import format_moment
from zone.core.i18n import translate
from zone.core.mail import service as mail
from zone.core.mail.questions import AskedMail
from zone.core.mail.quiet_hours import told_ahead
from zone.core.service_profile.queries import quiet_hours
from zone.core.time import iso_week


def post_confirmation(
    session: Session, allocation: Allocation, booking: Booking, policy: Policy, now: datetime
) -> None:
    """Post the confirmation of a booking: what, when, where, and until when it can be cancelled."""
    key = confirmation_key(booking.public_id)
    _confirm(session, "booking/booked", allocation, booking, policy, now, dedupe=key)


def post_promotion(
    session: Session, allocation: Allocation, booking: Booking, policy: Policy, now: datetime
) -> None:
    """Post that a waiting person has a place now, and until when it can be cancelled."""
    key = confirmation_key(booking.public_id)
    _confirm(session, "booking/queue_promoted", allocation, booking, policy, now, dedupe=key)


def post_won(
    session: Session, allocation: Allocation, booking: Booking, policy: Policy, now: datetime
) -> None:
    """Post that a person won a place in a draw, and until when it can be cancelled."""
    key = confirmation_key(booking.public_id)
    _confirm(session, "booking/lottery_won", allocation, booking, policy, now, dedupe=key)


def post_cancellation(
    session: Session,
    allocation: Allocation,
    member_ids: Sequence[int],
    reason: str,
    now: datetime,
    *,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Post to those who had booked that a session is cancelled, and why.

    `reasons` says it in single languages, `reason` in all others.
    """
    bookings = queries.last_bookings(session, allocation.id, member_ids)
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, member_ids):
        post(
            member,
            "booking/session_cancelled",
            values={"reason": reasons.get(member.language) or reason},
            # One mail for each session and person, even if the work is repeated.
            dedupe=_cancelled_key(allocation, member),
            not_after=allocation.ends_at,
            asked=queries.CANCELLED.about(allocation.public_id),
            ended=bookings.get(member.id),
        )


def _cancelled_key(allocation: Allocation, member: Recipient) -> str:
    key = f"cancelled {allocation.public_id} {member.public_id}"
    # One that was held after all can be cancelled again.
    return f"{key} {allocation.sequence}" if allocation.sequence else key


PostCancelled = Callable[[Session, Allocation, Sequence[int], str, datetime], None]
"""Posts that a session is cancelled: to these members, with the reason."""


def post_moves(
    session: Session,
    cancelled: Iterable[tuple[Allocation, Sequence[int]]],
    new: Iterable[Allocation],
    reason: str,
    now: datetime,
) -> None:
    """Post to those who had booked cancelled sessions when they are held instead: in the same week.

    Without such a session the mail says that it is cancelled.
    """
    by_week = {iso_week(row.on_day): row for row in new if KINDS[row.kind].is_public}
    for allocation, member_ids in cancelled:
        instead = by_week.get(iso_week(allocation.on_day))
        if instead is None:
            post_cancellation(session, allocation, member_ids, reason, now)
        else:
            _post_move(session, allocation, instead, member_ids, reason, now)


def _post_move(
    session: Session,
    allocation: Allocation,
    instead: Allocation,
    member_ids: Sequence[int],
    reason: str,
    now: datetime,
) -> None:
    bookings = queries.last_bookings(session, allocation.id, member_ids)
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, member_ids):
        held = session_params(session, instead, member.language)
        post(
            member,
            "booking/session_moved",
            values={
                "reason": reason,
                "new_name": held["name"],
                "new_when": held["when"],
                "new_where": held["where"],
                "new_path": f"/classes/{instead.public_id}",
            },
            # That of `post_cancellation`: a session ends once.
            dedupe=_cancelled_key(allocation, member),
            # While one of the two is to come, somebody would come at the wrong time without it.
            not_after=max(allocation.ends_at, instead.ends_at),
            act_by=min(allocation.starts_at, instead.starts_at),
            asked=queries.MOVED.about(allocation.public_id, instead.public_id, member.public_id),
            ended=bookings.get(member.id),
        )


def post_given_up(
    session: Session, allocation: Allocation, booking: Booking, now: datetime
) -> None:
    """Post to a person that they cancelled their booking; their calendar removes it too."""
    # Without `asked`, so also to a person who has the place back by then, after an undo: that is a
    # booking of its own with its own event, and the event of this one must go.
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [booking.member_id]):
        post(
            member,
            "booking/given_up",
            dedupe=given_up_key(booking.public_id),
            not_after=allocation.ends_at,
            ended=booking.public_id,
        )


def post_booking_cancelled(
    session: Session, allocation: Allocation, booking: Booking, reason: str, now: datetime
) -> None:
    """Post to a person that staff cancelled their booking, and why."""
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [booking.member_id]):
        post(
            member,
            "booking/booking_cancelled",
            values={"reason": reason},
            dedupe=f"booking cancelled {booking.public_id}",
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
            ended=booking.public_id,
        )


def post_correction(
    session: Session,
    allocation: Allocation,
    member_ids: Sequence[int],
    reason: str,
    now: datetime,
) -> None:
    """Post to those who had booked that a session of the past was not held, and why."""
    # By booking: a session may be corrected twice, and each time only live bookings end.
    bookings = queries.last_bookings(session, allocation.id, member_ids)
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, member_ids):
        post(
            member,
            "booking/session_not_held",
            values={"reason": reason},
            dedupe=f"not held {bookings[member.id]}",
            asked=queries.CANCELLED.about(allocation.public_id),
            ended=bookings[member.id],
        )


def post_right_ended(
    session: Session,
    allocation: Allocation,
    member_id: int,
    reason: ErrorCode,
    now: datetime,
) -> None:
    """Post to a person that their booking is cancelled because their right to it ended, and why."""
    bookings = queries.last_bookings(session, allocation.id, [member_id])
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [member_id]):
        post(
            member,
            "booking/right_ended",
            values={"reason": reason.text(member.language)},
            dedupe=f"right ended {bookings[member.id]}",
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
            ended=bookings.get(member.id),
        )


def write_reminder(
    session: Session, booking: Booking, allocation: Allocation, policy: Policy, now: datetime
) -> None:
    """Post the reminder of a booking; the key of the outbox refuses a second one."""
    until = _cancel_until(allocation, booking, policy)
    # Written late, after the scheduler was down: nobody is asked to cancel who cannot any more.
    template = REMINDER if now <= until else "booking/reminder_late"
    key = reminder_key(booking.public_id)
    if booking.member_id is not None:
        _confirm(session, template, allocation, booking, policy, now, dedupe=key)


def write_due_reminders(session: Session, now: datetime) -> int:
    """Post the reminders that are due and not posted yet; return how many.

    Reminders that a stopped scheduler missed are posted until the session starts. People are
    reminded of a session early in the morning the evening before. What has waited past the limit
    that it names, also a confirmation, is written anew.
    """
    policies = policies_queries.policies(session.connection(), now)
    rewritten = _rewrite_outdated(session, policies, now)
    if not (hours := policies.of().remind_hours):
        return rewritten
    ahead = told_ahead(timedelta(hours=hours), quiet_hours(session), now)
    due = queries.bookings_to_remind(session, ahead, now)
    posted = queries.posted_keys(session, [reminder_key(booking.public_id) for booking, _ in due])
    # The outbox's key would refuse a second mail too; this saves the work at each run of the job.
    new = [pair for pair in due if reminder_key(pair[0].public_id) not in posted]
    for booking, allocation in new:
        policy = policies.of(activity_of(session, allocation))
        write_reminder(session, booking, allocation, policy, now)
    return rewritten + len(new)


def _rewrite_outdated(session: Session, policies: Policies, now: datetime) -> int:
    """Write the mails anew that have not left and name a limit that is over; return how many of
    them were reminders.
    """
    over = [
        (mail_of, policy)
        for mail_of in queries.waiting_with_limit(session, now)
        for policy in [policies.of(activity_of(session, mail_of.allocation))]
        if _cancel_until(mail_of.allocation, mail_of.booking, policy) < now
        and mail.withdraw(session, mail_of.key)
    ]
    for (key, template, booking, allocation), policy in over:
        if template == REMINDER:
            write_reminder(session, booking, allocation, policy, now)
        else:
            dedupe = f"{key}{LATE}"
            _confirm(session, template, allocation, booking, policy, now, dedupe=dedupe)
    return sum(mail_of.template == REMINDER for mail_of, _ in over)


def _confirm(
    session: Session,
    template: str,
    allocation: Allocation,
    booking: Booking,
    policy: Policy,
    now: datetime,
    *,
    dedupe: str,
) -> None:
    until = _cancel_until(allocation, booking, policy)
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [booking.member_id]):
        post(
            member,
            template,
            # Empty when it is over: nobody is asked to cancel who cannot any more.
            values={"cancel_until": format_moment(until, member.language) if now <= until else ""},
            dedupe=dedupe,
            not_after=allocation.starts_at,  # a late mail about a past session only confuses
            asked=queries.BOOKED.about(booking.public_id),
            # Also of a reminder: the same event again changes nothing in a calendar that has it.
            confirmed=booking.public_id,
        )


def post_about(
    session: Session,
    allocation: Allocation,
    now: datetime,
    member: Recipient,
    template: str,
    *,
    values: Mapping[str, Any] | None = None,
    dedupe: str | None = None,
    not_after: datetime | None = None,
    asked: AskedMail | None = None,
    act_by: datetime | None = None,
    confirmed: uuid.UUID | None = None,
    ended: uuid.UUID | None = None,
) -> bool:
    """Post a mail about a session in the recipient's language; `values` are the template's others.

    False: the mail of this occasion (`dedupe`) is posted already.

    The event of the booking `confirmed` comes into their calendar, that of `ended` leaves it. The
    reader acts by the start of the session, or `act_by`.
    """
    about = session_params(session, allocation, member.language)
    event = None
    if booking := confirmed or ended:
        name, where = about["name"], about["where"]
        event = booking_event(allocation, booking, name, where, cancelled=booking == ended)
    return mail.post(
        session,
        to=member.email,
        template=template,
        language=member.language,
        params={**(values or {}), **about},
        now=now,
        dedupe=dedupe,
        not_after=not_after,
        asked=asked,
        act_by=act_by or allocation.starts_at,
        calendar=event,
    )


def without_place(allocation: Allocation, member: Recipient) -> AskedMail:
    """Return the question whether a person still has no place, before their mail leaves."""
    return queries.WITHOUT_PLACE.about(allocation.public_id, member.public_id)


def _cancel_until(allocation: Allocation, booking: Booking, policy: Policy) -> datetime:
    return policy.cancel_until(allocation.starts_at, booking.created_at, booking.cancel_until)


def session_params(session: Session, allocation: Allocation, language: str) -> dict[str, str]:
    """Return what messages about a session name: it, its time and its place, in a language."""
    where = translate(ONLINE, language)
    if allocation.space_id is not None:
        place = queries.place_of(session, allocation.space_id)
        where = f"{place.campus}, {named(place, language)}"
    return {
        "name": named(allocation, language),
        "when": format_moment(allocation.starts_at, language),
        "where": where,
        "other_times": "/classes" if KINDS[allocation.kind].is_session else "/courts",
    }
