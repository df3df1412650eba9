"""The queue for a full session: first come, first promoted.

A place that comes free belongs to those who wait. It is passed on in the transaction that frees it and by the same
counter, so that nobody who clicks at that moment overtakes the queue. `rules.turn` says whose turn it is.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.context import BookingCheck
from zone.booking.messages import service as messages
from zone.booking.policies import queries as policies_queries
from zone.booking.seats.service import (
    lock_member,
    lock_members,
    lock_session,
    reserve_seat,
    session_id_of,
    write_booking,
)
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import rules
from zone.booking.waitlist.errors import QUEUE_PLACE_PROMOTED
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.waitlist.rules import WaitlistOutcome
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.ids import new_public_id


@dataclass(frozen=True, slots=True)
class Waiting:
    """A live place in the queue."""

    id: int
    member_id: int


def join(
    session: Session, *, member_id: int, class_session: uuid.UUID, now: datetime
) -> QueueEntry:
    """Wait for a place in a full session, behind those who already do.

    1. Lock the session: entries are numbered one after the other, and no place comes free meanwhile.
    2. Lock the member: the limit per person holds however many clicks come at once.
    3. Load what the rules need, and refuse with all reasons.

    Raises:
        DomainError: not_found, or every reason of `rules.against_queueing`.
    """
    session_id = session_id_of(session, class_session)
    lock_session(session, session_id)
    lock_member(session, member_id)
    verdict = bookings_context.check_booking(
        session.connection(), member_id=member_id, class_session=class_session, now=now
    )
    wish, policy = verdict.target.wish, verdict.target.policy
    reasons = rules.against_queueing(
        verdict.reasons, wish, _queues_of(session, member_id), policy, now
    )
    if reasons:
        raise verdict.refusal(*reasons)
    entry = QueueEntry(
        public_id=new_public_id(), session_id=session_id, member_id=member_id, created_at=now
    )
    session.add(entry)
    session.flush()
    _record(session, [entry.id], "joined", now)
    return entry


def _queues_of(session: Session, member_id: int) -> Sequence[int]:
    """The sessions for which a person waits."""
    query = select(QueueEntry.session_id).where(
        QueueEntry.member_id == member_id, QueueEntry.state == "waiting"
    )
    return session.scalars(query).all()


def leave(session: Session, *, member_id: int, entry: uuid.UUID, now: datetime) -> QueueEntry:
    """Give up one's place in the queue. Whoever does not wait any more stays as they are (two clicks at once).

    Raises:
        DomainError: not_found (also for another person's); queue_left_too_late: a place came free meanwhile.
    """
    own = (QueueEntry.public_id == entry, QueueEntry.member_id == member_id)
    left = session.scalar(select(QueueEntry.id).where(*own))
    if left is None:
        raise DomainError(NOT_FOUND)
    _end(session, left, "left", now)
    found = session.scalars(
        select(QueueEntry).where(*own).execution_options(populate_existing=True)
    ).one()
    if found.state == "promoted":
        raise DomainError(QUEUE_PLACE_PROMOTED)
    return found


def left_by_booking(session: Session, session_id: int, member_id: int, now: datetime) -> None:
    """End the waiting of a person who has just booked a place that was free."""
    waited = session.scalar(
        select(QueueEntry.id).where(
            QueueEntry.session_id == session_id,
            QueueEntry.member_id == member_id,
            QueueEntry.state == "waiting",
        )
    )
    if waited is not None:
        _end(session, waited, "left", now, reason="booked")


def promote(session: Session, session_id: int, now: datetime) -> int:
    """Give the free places of a session to those who wait, in their order; answers how many got one.

    The caller has locked the session, mostly by freeing a place in this very transaction.

    1. Lock those who wait: what they hold stays as it is read. Nobody joins meanwhile, for that takes the session.
    2. Judge each by the rules of a booking: promoted, passed over, or removed; until no place is left.
    """
    waiting = _waiting(session, session_id)
    if not waiting:
        return 0
    lock_members(session, [one.member_id for one in waiting])
    told = session.get_one(ClassSession, session_id)
    turns: list[WaitlistOutcome] = []
    for one in _still(session, waiting):
        turns.append(_take_turn(session, told, one, now))
        if turns[-1] is WaitlistOutcome.NOBODY:
            break
    return turns.count(WaitlistOutcome.PROMOTED)


def _waiting(session: Session, session_id: int) -> list[Waiting]:
    query = select(QueueEntry.id, QueueEntry.member_id).where(
        QueueEntry.session_id == session_id, QueueEntry.state == "waiting"
    )
    return [Waiting(*row) for row in session.execute(query.order_by(QueueEntry.id))]


def _still(session: Session, waiting: Sequence[Waiting]) -> list[Waiting]:
    """Those who have not left meanwhile; from here on they cannot, until the end of the transaction."""
    query = select(QueueEntry.id, QueueEntry.member_id).where(
        QueueEntry.id.in_([one.id for one in waiting]), QueueEntry.state == "waiting"
    )
    return [
        Waiting(*row)
        for row in session.execute(query.order_by(QueueEntry.id).with_for_update(key_share=True))
    ]


def _take_turn(
    session: Session, told: ClassSession, one: Waiting, now: datetime
) -> WaitlistOutcome:
    verdict = bookings_context.check_booking(
        session.connection(), member_id=one.member_id, class_session=told.public_id, now=now
    )
    turn = rules.waitlist_outcome(verdict.reasons, verdict.target.wish, verdict.target.policy, now)
    if turn is WaitlistOutcome.PROMOTED:
        _promote_one(session, told, one, verdict, now)
    elif turn is WaitlistOutcome.REMOVED:
        _remove(session, told, one, verdict, now)
    return turn


def _promote_one(
    session: Session, told: ClassSession, one: Waiting, verdict: BookingCheck, now: datetime
) -> None:
    reserve_seat(session, told.id)
    booking = write_booking(session, told.id, one.member_id, now)
    _end(session, one.id, "promoted", now, booking_id=booking.id)
    messages.tell_promoted(session, told, one.member_id, verdict.target.policy, now)


def _remove(
    session: Session, told: ClassSession, one: Waiting, verdict: BookingCheck, now: datetime
) -> None:
    reason = next(reason for reason in verdict.reasons if reason in rules.LASTING)
    _end(session, one.id, "removed", now, reason=reason.code)
    params = bookings_rules.words(verdict.target.policy, verdict.standing.missed)
    messages.tell_removed(session, told, [one.member_id], reason, params, now)


def close(session: Session, session_id: int, now: datetime, reason: ErrorCode | None = None) -> int:
    """End the waiting of everybody, with a mail: no place came free, or the reason given. Answers how many waited.

    The caller has locked the session.
    """
    told, state = (
        session.get_one(ClassSession, session_id),
        "expired" if reason is None else "removed",
    )
    ended = [
        one
        for one in _waiting(session, session_id)
        if _end(session, one.id, state, now, reason=_code(reason))
    ]
    member_ids = [one.member_id for one in ended]
    if reason is None:
        messages.tell_expired(session, told, member_ids, now)
    else:
        messages.tell_removed(session, told, member_ids, reason, {}, now)
    return len(ended)


def _code(reason: ErrorCode | None) -> str | None:
    return None if reason is None else reason.code


def _end(
    session: Session,
    entry_id: int,
    state: str,
    now: datetime,
    *,
    reason: str | None = None,
    booking_id: int | None = None,
) -> bool:
    """End a place in the queue, unless it has ended. The key of its events refuses a second end."""
    ended = session.execute(
        update(QueueEntry)
        .where(QueueEntry.id == entry_id, QueueEntry.state == "waiting")
        .values(state=state, booking_id=booking_id)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    )
    if ended.first() is None:
        return False
    _record(session, [entry_id], state, now, reason)
    return True


def _record(
    session: Session, entry_ids: Sequence[int], kind: str, now: datetime, reason: str | None = None
) -> None:
    row = {"kind": kind, "reason": reason, "occurred_at": now, "recorded_at": now}
    session.execute(insert(QueueEvent), [{"entry_id": id_, **row} for id_ in entry_ids])


def to_settle(session: Session, now: datetime) -> Sequence[int]:
    """The sessions whose queue is to be looked after: a place is free, or nobody can be promoted any more."""
    limit = now + timedelta(minutes=policies_queries.policy(session.connection()).cancel_minutes)
    query = (
        select(ClassSession.id)
        .join(QueueEntry, QueueEntry.session_id == ClassSession.id)
        .where(
            QueueEntry.state == "waiting",
            or_(
                ClassSession.booked < ClassSession.bookable,
                ClassSession.starts_at < limit,
                ClassSession.state != "scheduled",
            ),
        )
    )
    return session.scalars(query.distinct().order_by(ClassSession.id)).all()


def settle(session: Session, session_id: int, now: datetime) -> int:
    """Look after one queue: promote while there is time, and close it when there is none; answers how many it ended."""
    lock_session(session, session_id)
    found = session.get_one(ClassSession, session_id, populate_existing=True)
    if found.state == "cancelled":
        return close(session, session_id, now, SESSION_CANCELLED)
    if bookings_rules.may_cancel(
        found.starts_at, policies_queries.policy(session.connection()), now
    ):
        return promote(session, session_id, now)
    return close(session, session_id, now)
