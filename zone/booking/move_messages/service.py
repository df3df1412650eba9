"""The messages about a session that is held at another time or in another space, or after all."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.messages import queries
from zone.booking.messages.rules import PlaceOffer
from zone.booking.messages.service import post_about
from zone.booking.notifications.service import SessionNotification, notify
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import offer_begins
from zone.core.formats import format_moment
from zone.core.i18n import translatable, translate
from zone.core.mail import service as mail

HELD_AFTER_ALL: Final = translatable("Held after all")
BOOK_AGAIN: Final = translatable("Your place was given up: book again if you want to come.")


def _key(what: object, allocation: Allocation, before: int = 0) -> str:
    """Return the outbox key of the mail about a move, or about one before it."""
    return f"moved {what} {allocation.sequence - before}"


def withdraw_move(session: Session, allocation: Allocation, booking: Booking) -> bool:
    """Delete the waiting mails about moves of a booking's session; return whether one waited."""
    keys = [_key(booking.public_id, allocation, before) for before in range(allocation.sequence)]
    withdrawn = [mail.withdraw(session, key) for key in keys]  # each, not until the first
    return any(withdrawn)


def post_taken_along(
    session: Session,
    allocation: Allocation,
    booking: Booking,
    secret: str,
    reason: str,
    now: datetime,
) -> None:
    """Post that a booking holds at the new time or place, with the link that gives it up.

    The event in the person's calendar moves too.
    """
    # Of two moves within a minute a person reads of the second alone.
    mail.withdraw(session, _key(booking.public_id, allocation, before=1))
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [booking.member_id]):
        post(
            member,
            "booking/session_changed",
            values={
                "reason": reason,
                "give_up_path": f"/bookings/{booking.public_id}/give-up/{secret}",
            },
            dedupe=_key(booking.public_id, allocation),
            not_after=allocation.ends_at,
            asked=queries.BOOKED.about(booking.public_id),
            confirmed=booking.public_id,
        )


def post_first_right(
    session: Session,
    allocation: Allocation,
    booking: Booking,
    offer: PlaceOffer,
    before: datetime | None,
    reason: str,
    now: datetime,
) -> None:
    """Post that a booking ended because the session moved, and that its place is kept for a time.

    `before`: when it was to be held; None where the person has not read of that.

    The event leaves the person's calendar: the new booking has one of its own.
    """
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [booking.member_id]):
        post(
            member,
            "booking/first_right",
            values={
                "reason": reason,
                "old_when": format_moment(before, member.language) if before else "",
                "until": format_moment(offer.until, member.language),
                "offer_path": f"/queue/{offer.entry}/offer/{offer.key}",
            },
            dedupe=_key(booking.public_id, allocation),
            # Not asked whether the offer is still open: who reads nothing would come in vain.
            not_after=max(allocation.ends_at, before or allocation.ends_at),
            ended=booking.public_id,
        )


def post_queue_moved(
    session: Session,
    allocation: Allocation,
    entries: Sequence[QueueEntry],
    before: datetime,
    reason: str,
    now: datetime,
) -> None:
    """Post to those who wait that the session is held at another time or place."""
    post = partial(post_about, session, allocation, now)
    for entry in entries:
        for member in queries.recipients(session, [entry.member_id]):
            post(
                member,
                "booking/queue_moved",
                values={"reason": reason, "old_when": format_moment(before, member.language)},
                dedupe=_key(entry.public_id, allocation),
                not_after=allocation.ends_at,
                asked=queries.WAITING.about(entry.public_id, allocation.sequence),
            )


def post_reinstatement(
    session: Session,
    allocation: Allocation,
    member_ids: Sequence[int],
    reason: str,
    now: datetime,
) -> None:
    """Post to those who had booked or waited that a cancelled session is held after all.

    The mail says why and how to book; the browsers in which they turned notifications on tell too.
    """
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, member_ids):
        # It may be cancelled again, or moved, before the mail leaves.
        asked = queries.HELD_AFTER_ALL.about(
            allocation.public_id, allocation.sequence, member.public_id
        )
        posted = post(
            member,
            "booking/session_reinstated",
            values={"reason": reason, "class_path": f"/classes/{allocation.public_id}"},
            dedupe=f"reinstated {allocation.public_id} {allocation.sequence} {member.public_id}",
            not_after=allocation.starts_at,
            asked=asked,
        )
        if posted:  # repeated work notifies once too
            notification = SessionNotification(
                title=HELD_AFTER_ALL,
                ending=translate(BOOK_AGAIN, member.language),
                path=f"/classes/{allocation.public_id}",
                topic=allocation.public_id.hex,
                # No phone sounds by night, as for an offer.
                not_before=offer_begins(now),
                not_after=allocation.starts_at,
                asked=asked,
            )
            notify(session, allocation, member, notification, now)
