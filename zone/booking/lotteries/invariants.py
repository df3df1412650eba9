"""What must hold of lotteries, recomputed by `zone doctor`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.booking.bookings.models import Booking
from zone.booking.lotteries import drawing
from zone.booking.lotteries.models import (
    Lottery,
    LotteryEnd,
    LotteryEntry,
    LotteryEntryEvent,
)
from zone.booking.lotteries.queries import lottery_view
from zone.booking.lotteries.rules import END_STATES
from zone.core.invariants import Invariant, count_broken_ids, count_rows


def count_unfair(session: Session, _named_since: datetime) -> int:
    """Count the drawn lotteries that do not recompute: the promise, the order, or the places."""
    return count_broken_ids(session, "lottery", _unfair(session))


def _unfair(session: Session) -> Iterator[int]:
    drawn = (
        select(Lottery.id, Lottery.public_id)
        .join(LotteryEnd, LotteryEnd.lottery_id == Lottery.id)
        .where(LotteryEnd.kind == "drawn")
    )
    for id_, public_id in session.execute(drawn.order_by(Lottery.id)).all():
        if drawing.faults_of(lottery_view(session, public_id).exported):
            yield id_


def count_wrong_winners(session: Session, _named_since: datetime) -> int:
    """Count the lotteries with more winners than places, and the winners with another's booking."""
    won = (
        select(func.count(LotteryEntry.id))
        .where(LotteryEntry.lottery_id == LotteryEnd.lottery_id, LotteryEntry.state == "won")
        .scalar_subquery()
    )
    many = select(LotteryEnd.id).where(func.coalesce(LotteryEnd.places, 0) < won)
    others = (
        select(LotteryEntry.id)
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .join(Booking, Booking.id == LotteryEntry.booking_id)
        .where(
            or_(
                Booking.session_id != Lottery.session_id,
                # NULL, and so not counted, where retention has removed the person from one of them.
                Booking.member_id != LotteryEntry.member_id,
            )
        )
    )
    return count_rows(session, many) + count_rows(session, others)


def count_without_outcome(session: Session, _named_since: datetime) -> int:
    """Count the entries that are not in the state of their history, or without an outcome although
    the lottery is over.
    """
    newest = (
        select(func.max(LotteryEntryEvent.id))
        .where(LotteryEntryEvent.entry_id == LotteryEntry.id)
        .correlate(LotteryEntry)
        .scalar_subquery()
    )
    last = aliased(LotteryEntryEvent)
    over = exists().where(LotteryEnd.lottery_id == LotteryEntry.lottery_id)
    rows = (
        select(LotteryEntry.id)
        .outerjoin(last, last.id == newest)
        .where(
            or_(
                func.coalesce(last.kind, "") != LotteryEntry.state,
                and_(LotteryEntry.state == "entered", over),
                and_(LotteryEntry.state.in_(END_STATES), ~over),
            )
        )
    )
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "lotteries",
        "each draw recomputes from its seed, its promise and its tickets",
        count_unfair,
    ),
    Invariant(
        "lottery_winners",
        "a draw has no more winners than places, and each has their booking",
        count_wrong_winners,
    ),
    Invariant(
        "lottery_entries",
        "each entry is in the state of its history, with an outcome after the draw",
        count_without_outcome,
    ),
)
