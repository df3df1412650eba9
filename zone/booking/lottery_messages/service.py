"""The mails about a draw, but for that of a place that was won: `messages.post_won`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.lotteries import queries as lotteries
from zone.booking.messages import queries
from zone.booking.messages.service import post_about, without_place
from zone.booking.notifications.service import SessionNotification, notify
from zone.booking.waitlist.rules import offer_begins
from zone.core.errors import ErrorCode
from zone.core.formats import format_moment
from zone.core.i18n import translatable, translate

CLASS_MOVED: Final = translatable("The class has moved")
STILL_IN_DRAW: Final = translatable("You are still in its draw.")


def post_lost(
    session: Session,
    allocation: Allocation,
    member_id: int,
    place: int,
    lottery: str,
    now: datetime,
) -> None:
    """Post that the places went to others, and which place in the queue the person has."""
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [member_id]):
        post(
            member,
            "booking/lottery_lost",
            values={"place": place, "lottery_path": f"/lotteries/{lottery}"},
            dedupe=f"lottery {lottery} {member.public_id}",
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
        )


def post_refused(
    session: Session,
    allocation: Allocation,
    member_id: int,
    reason: ErrorCode,
    numbers: Mapping[str, int | datetime],
    lottery: str,
    now: datetime,
) -> None:
    """Post that a person was drawn and has neither a place nor waits for one, and why."""
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, [member_id]):
        post(
            member,
            "booking/lottery_refused",
            values={
                "reason": reason.text(member.language, dict(numbers)),
                "lottery_path": f"/lotteries/{lottery}",
            },
            dedupe=f"lottery {lottery} {member.public_id}",
            not_after=allocation.ends_at,
            asked=without_place(allocation, member),
        )


def post_called_off(
    session: Session,
    allocation: Allocation,
    member_ids: Sequence[int],
    reason: ErrorCode | str,
    lottery: str,
    now: datetime,
) -> None:
    """Post to those who had entered that nothing is drawn, and why."""
    post = partial(post_about, session, allocation, now)
    for member in queries.recipients(session, member_ids):
        said = reason if isinstance(reason, str) else reason.text(member.language)
        post(
            member,
            "booking/lottery_called_off",
            values={"reason": said, "class_path": f"/classes/{allocation.public_id}"},
            dedupe=f"lottery {lottery} {member.public_id}",
            not_after=allocation.ends_at,
        )


def post_moved(
    session: Session, allocation: Allocation, before: datetime, reason: str, now: datetime
) -> None:
    """Post to those who are in the draw of a session that it is held at another time or place.

    `before`: when it was to be held. Browsers tell too: the draw may be soon.
    """
    for entered in lotteries.in_live_draw(session, allocation.id):
        for member in queries.recipients(session, [entered.member_id]):
            path = f"/classes/{allocation.public_id}"
            posted = post_about(
                session,
                allocation,
                now,
                member,
                "booking/lottery_moved",
                values={
                    "reason": reason,
                    "old_when": format_moment(before, member.language),
                    "class_path": path,
                },
                dedupe=f"lottery moved {entered.ticket} {allocation.sequence}",
                not_after=allocation.ends_at,
                asked=lotteries.ENTERED.about(entered.ticket, allocation.sequence),
            )
            if not posted:  # repeated work notifies once too
                continue
            notification = SessionNotification(
                title=CLASS_MOVED,
                ending=translate(STILL_IN_DRAW, member.language),
                path=path,
                topic=allocation.public_id.hex,
                # No phone sounds by night, as for an offer.
                not_before=offer_begins(now),
                not_after=allocation.starts_at,
                asked=lotteries.ENTERED.about(entered.ticket, allocation.sequence),
            )
            notify(session, allocation, member, notification, now)
