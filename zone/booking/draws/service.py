"""Draw the places of a session in the order of a lottery. Never commits.

The order of locks is that of `seats.service`: the session, then all who entered, by their ids, then
bookings and entries of queues.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.lotteries import drawing, queries, rules
from zone.booking.lotteries.errors import DRAW_TOO_LATE, SEED_UNPROVEN
from zone.booking.lotteries.models import LIVE_LOTTERY, Lottery, LotteryEnd, LotteryEntry
from zone.booking.lotteries.rules import DrawOutcome
from zone.booking.lotteries.service import end_without_draw, entered_in, record
from zone.booking.lottery_messages import service as messages
from zone.booking.messages.service import post_won
from zone.booking.policies.rules import Policy
from zone.booking.seats.service import lock_session, reserve_seat, write_booking
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import queries as waitlist_queries
from zone.booking.waitlist import service as waitlist
from zone.core.errors import DomainError
from zone.members.people.service import lock_members


def lotteries_to_end(session: Session, now: datetime) -> Sequence[int]:
    """Return the live lotteries that are to be drawn, or whose session is cancelled or begins."""
    query = (
        select(Lottery.id)
        .join(ClassSession, ClassSession.id == Lottery.session_id)
        .where(
            LIVE_LOTTERY,
            or_(
                Lottery.draws_at <= now,
                ClassSession.state != "scheduled",
                ClassSession.starts_at <= now,  # moved to before the draw by an earlier version
            ),
        )
    )
    return session.scalars(query.order_by(Lottery.draws_at, Lottery.id)).all()


def draw(session: Session, lottery_id: int, secrets: Sequence[bytes], now: datetime) -> bool:
    """Draw the places of a lottery, or call it off where nobody can have them any more; return
    whether it ended.

    Raises:
        DomainError: seed_unproven: none of the secrets fits what was promised.
    """
    lottery = session.get_one(Lottery, lottery_id)
    lock_session(session, lottery.session_id)
    # Read after the lock: `lotteries_to_end` was another transaction, and another scheduler may
    # have drawn meanwhile.
    if queries.end_of(session, lottery.id) is not None:
        return False
    row = session.get_one(ClassSession, lottery.session_id, populate_existing=True)
    if row.state == "cancelled":
        end_without_draw(session, lottery, SESSION_CANCELLED, now)
    elif now >= row.starts_at:
        end_without_draw(session, lottery, DRAW_TOO_LATE, now)
    elif now < lottery.draws_at:
        return False
    else:
        seed = seed_of(lottery, row.public_id, secrets)
        if seed is None:
            raise DomainError(SEED_UNPROVEN)
        _draw(session, lottery, row, seed, now)
    return True


def seed_of(lottery: Lottery, class_session: uuid.UUID, secrets: Sequence[bytes]) -> bytes | None:
    """Return the seed that a lottery was committed to; None: no secret makes it."""
    public_id = str(lottery.public_id)
    terms = drawing.terms_of(public_id, str(class_session), lottery.opens_at, lottery.draws_at)
    seeds = (drawing.make_seed(secret, public_id) for secret in secrets)
    return next(
        (seed for seed in seeds if drawing.commitment_of(seed, terms) == lottery.commitment), None
    )


def _draw(
    session: Session, lottery: Lottery, row: ClassSession, seed: bytes, now: datetime
) -> None:
    entries = {str(entry.ticket): entry for entry in entered_in(session, lottery.id)}
    # Members before bookings and entries of queues, the order of `seats.service`.
    members = {entry.member_id for entry in entries.values() if entry.member_id is not None}
    lock_members(session, members)
    session.add(
        LotteryEnd(
            lottery_id=lottery.id,
            kind="drawn",
            seed=seed.hex(),
            digest=drawing.digest_of(entries),
            places=row.bookable - row.booked,
            ended_at=now,
        )
    )
    session.flush()
    for position, ticket in enumerate(drawing.drawn_order(seed, entries), 1):
        _give(session, lottery, row, entries[ticket], position, now)
    session.refresh(row)


def _give(
    session: Session,
    lottery: Lottery,
    row: ClassSession,
    entry: LotteryEntry,
    position: int,
    now: datetime,
) -> None:
    """Give a ticket a place in the session, else one in the queue, else mail why neither."""
    member_id = entry.member_id
    if member_id is None:  # retention removes people from sessions of the past only
        raise RuntimeError(f"nobody holds the ticket {entry.ticket}")
    check = bookings_context.check_booking(
        session.connection(),
        member_id=member_id,
        class_session=row.public_id,
        now=now,
        sees_hidden=True,  # whoever entered was let into it
    )
    queues = waitlist.queues_of(session, member_id)
    outcome, reasons = rules.draw_outcome(
        check.target.requested, check.booker, queues, check.target.policy, now
    )
    lottery_id, booking_id = str(lottery.public_id), None
    if outcome is DrawOutcome.WON:
        booking_id = _book(session, row, member_id, check.target.policy, now)
    elif reasons:
        messages.post_refused(session, row, member_id, reasons[0], check.params, lottery_id, now)
    else:
        waitlist.add_last(session, row.id, member_id, now)
        place = waitlist_queries.length(session, row.id)
        messages.post_lost(session, row, member_id, place, lottery_id, now)
    # In one UPDATE: constraints of the table compare these columns with each other.
    entry.state, entry.position, entry.booking_id = outcome.value, position, booking_id
    session.flush()
    record(session, [entry], outcome.value, now, reasons[0].code if reasons else None)


def _book(
    session: Session, row: ClassSession, member_id: int, policy: Policy, now: datetime
) -> int:
    # The session's lock is held, and the rules just found a free place.
    if not reserve_seat(session, row.public_id):
        raise RuntimeError(f"the counter of session {row.id} has no place that the rules found")
    until = policy.cancel_until(row.starts_at, now)
    booking = write_booking(session, row.id, member_id, now, cancel_until=until)
    post_won(session, row, booking, policy, now)
    return booking.id
