"""The messages about waiting: offers of places, who is passed over, and how waiting ends.

All are mails; of an offer, which lasts for minutes, browsers tell too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.messages import queries
from zone.booking.messages.rules import PlaceOffer
from zone.booking.messages.service import post_about, without_place
from zone.booking.notifications.service import SessionNotification, notify
from zone.core.errors import ErrorCode
from zone.core.formats import format_moment
from zone.core.i18n import translatable, translate

PLACE_FOR_YOU: Final = translatable("A place for you")
KEPT_UNTIL: Final = translatable("Kept for you until %(when)s.")


def post_offer(
    session: Session, allocation: Allocation, member_id: int, offer: PlaceOffer, now: datetime
) -> None:
    """Post that a place is kept for a waiting person, until when, and the link that answers.

    The mail goes at once; browsers show it from the beginning of the offer's time, not by night.
    """
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [member_id]):
        post(
            member,
            "booking/queue_offer",
            values={
                "until": format_moment(offer.until, member.language),
                "offer_path": f"/queue/{offer.entry}/offer/{offer.key}",
            },
            # Each offer has a secret of its own, which the database must not hold.
            dedupe=f"offer {sha256(offer.key.encode()).hexdigest()}",
            # Nobody is asked what they can no longer answer.
            not_after=offer.until,
            asked=queries.OFFERED.about(offer.entry),
        )
        until = format_moment(offer.until, member.language)
        notification = SessionNotification(
            title=PLACE_FOR_YOU,
            ending=translate(KEPT_UNTIL, member.language) % {"when": until},
            # Without the secret of the mail's link: the browser is signed in.
            path=f"/queue/{offer.entry}/offer",
            topic=offer.entry.hex,
            not_before=offer.begins,
            not_after=offer.until,
            asked=queries.OFFERED.about(offer.entry),
        )
        notify(session, allocation, member, notification, now)


def post_offer_ended(
    session: Session, allocation: Allocation, entry_id: int, now: datetime
) -> None:
    """Post that the time of an offer is over, and the place has gone on."""
    post = partial(post_about, session, allocation, now)
    for entry, member in queries.waiting_recipients(session, [entry_id]):
        post(
            member,
            "booking/queue_offer_ended",
            dedupe=f"offer ended {entry}",  # an entry ends once
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
        )


def post_passed_over(
    session: Session,
    allocation: Allocation,
    entry_id: int,
    times: int,
    reason: ErrorCode,
    numbers: Mapping[str, int | datetime],
    now: datetime,
) -> None:
    """Post why a place went to the next person, who still waits, and what would help.

    `times`: how often the entry was passed over, this time included.
    """
    post = partial(post_about, session, allocation, now)
    for entry, member in queries.waiting_recipients(session, [entry_id]):
        post(
            member,
            "booking/queue_passed_over",
            values={"reason": reason.text(member.language, dict(numbers))},
            dedupe=f"passed over {entry} {times}",
            not_after=allocation.ends_at,
        )


def post_queue_removed(
    session: Session,
    allocation: Allocation,
    entry_ids: Sequence[int],
    reason: ErrorCode,
    numbers: Mapping[str, int | datetime],
    now: datetime,
) -> None:
    """Post to those who were taken off a waitlist, and why.

    `numbers` are those that the reason names.
    """
    post = partial(post_about, session, allocation, now)
    for entry, member in queries.waiting_recipients(session, entry_ids):
        post(
            member,
            "booking/queue_removed",
            values={"reason": reason.text(member.language, dict(numbers))},
            dedupe=f"queue removed {entry}",
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
        )


def post_queue_expired(
    session: Session, allocation: Allocation, entry_ids: Sequence[int], now: datetime
) -> None:
    """Post to those who waited that no place became free."""
    post = partial(post_about, session, allocation, now)
    for entry, member in queries.waiting_recipients(session, entry_ids):
        post(
            member,
            "booking/queue_expired",
            dedupe=f"queue expired {entry}",
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
        )
