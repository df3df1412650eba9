"""The waitlist of a full session: who joined first is promoted first.

A place that becomes free is given to the waitlist in the transaction that frees it, through the
same counter, so that a booking at that moment cannot overtake. `rules.waitlist_outcome` decides for
each person.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Row, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.context import BookingCheck
from zone.booking.messages import service as messages
from zone.booking.policies import queries as policies_queries
from zone.booking.seats.service import (
    lock_member,
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
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.ids import new_public_id
from zone.members.people.service import lock_members

_OWN_WAITING: Final = PreparedSelect(
    select(QueueEntry.id).where(
        QueueEntry.session_id == bindparam("session_id"),
        QueueEntry.member_id == bindparam("member_id"),
        QueueEntry.state == "waiting",
    )
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that has not ended."""

    id: int
    member_id: int


def join(
    session: Session,
    *,
    member_id: int,
    class_session: uuid.UUID,
    now: datetime,
    staff: bool = False,
) -> QueueEntry:
    """Join the waitlist of a full session; `staff`: of a hidden one too.

    Raises:
        DomainError: not_found, or every reason of `rules.reasons_against_joining`.
    """
    session_id = session_id_of(session, class_session)
    # Session, then member: the order of `seats.service`. The first lock keeps places from becoming
    # free meanwhile; the second makes the limit of 5 waitlists hold for simultaneous requests.
    lock_session(session, session_id)
    lock_member(session, member_id)
    check = bookings_context.check_booking(
        session.connection(),
        member_id=member_id,
        class_session=class_session,
        now=now,
        staff=staff,
    )
    requested, policy = check.target.requested, check.target.policy
    reasons = rules.reasons_against_joining(
        check.reasons, requested, _queues_of(session, member_id), policy, now
    )
    if reasons:
        raise check.refusal(*reasons)
    # Promotions follow the order of ids; the lock of the session makes that the order of joining.
    entry = QueueEntry(
        public_id=new_public_id(), session_id=session_id, member_id=member_id, created_at=now
    )
    session.add(entry)
    session.flush()
    _record(session, [entry.id], "joined", now)
    return entry


def _queues_of(session: Session, member_id: int) -> Sequence[int]:
    query = select(QueueEntry.session_id).where(
        QueueEntry.member_id == member_id, QueueEntry.state == "waiting"
    )
    return session.scalars(query).all()


def leave(session: Session, *, member_id: int, entry: uuid.UUID, now: datetime) -> QueueEntry:
    """Leave a waitlist; an entry that has ended stays as it is.

    Raises:
        DomainError: not_found (also for another person's); queue_place_promoted: it became a
            booking meanwhile.
    """
    own = (QueueEntry.public_id == entry, QueueEntry.member_id == member_id)
    entry_id = session.scalar(select(QueueEntry.id).where(*own))
    if entry_id is None:
        raise DomainError(NOT_FOUND)
    # End first, then read: a promotion at the same time either was first or waits for this row.
    _end(session, entry_id, "left", now)
    own_entry = session.scalars(
        select(QueueEntry).where(*own).execution_options(populate_existing=True)
    ).one()
    if own_entry.state == "promoted":
        raise DomainError(QUEUE_PLACE_PROMOTED)
    return own_entry


def end_waiting(session: Session, session_id: int, member_id: int, now: datetime) -> None:
    """End the entry of a person who has just booked a free place of the session."""
    waiting = _OWN_WAITING.fetch(session.connection(), session_id=session_id, member_id=member_id)
    for entry in waiting:  # one at most
        _end(session, entry.id, "left", now, reason="booked")


def promote(session: Session, session_id: int, now: datetime) -> int:
    """Give the free places of a session to its waitlist, in order; return how many people got one.

    The caller holds the lock of the session, in most cases by freeing a place in the same
    transaction.

    The rules of a booking decide for each: promoted, passed over, or removed; until no place is
    left.
    """
    waiting = _waiting(session, session_id)
    if not waiting:
        return 0
    # Members before entries, the order of `seats.service`: their bookings stay as they are read.
    # Nobody joins meanwhile, because joining locks the session.
    lock_members(session, [entry.member_id for entry in waiting])
    class_session = session.get_one(ClassSession, session_id)
    outcomes: list[WaitlistOutcome] = []
    for entry in _lock_waiting(session, waiting):
        outcomes.append(_decide_next(session, class_session, entry, now))
        # PASSED_OVER and REMOVED go on to the next person: the place must not stay empty behind one
        # who cannot take it.
        if outcomes[-1] is WaitlistOutcome.NOBODY:
            break
    return outcomes.count(WaitlistOutcome.PROMOTED)


def _waiting(session: Session, session_id: int) -> list[Waiting]:
    query = select(QueueEntry.id, QueueEntry.member_id).where(
        QueueEntry.session_id == session_id, QueueEntry.state == "waiting"
    )
    return _named(session.execute(query.order_by(QueueEntry.id)))


def _lock_waiting(session: Session, waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the entries that have not ended meanwhile, locked until the end of the transaction."""
    query = select(QueueEntry.id, QueueEntry.member_id).where(
        QueueEntry.id.in_([entry.id for entry in waiting]), QueueEntry.state == "waiting"
    )
    # The state again under the lock: an entry that its person left since `_waiting` is skipped.
    return _named(session.execute(query.order_by(QueueEntry.id).with_for_update(key_share=True)))


def _named(rows: Iterable[Row[int, int | None]]) -> list[Waiting]:
    return [Waiting(id_, member_id) for id_, member_id in rows if member_id is not None]


def _decide_next(
    session: Session, class_session: ClassSession, entry: Waiting, now: datetime
) -> WaitlistOutcome:
    check = bookings_context.check_booking(
        session.connection(),
        member_id=entry.member_id,
        class_session=class_session.public_id,
        now=now,
        staff=True,  # who waits in a hidden session was let into it
    )
    outcome = rules.waitlist_outcome(
        check.reasons, check.target.requested, check.target.policy, now
    )
    if outcome is WaitlistOutcome.PROMOTED:
        _promote_one(session, class_session, entry, check, now)
    elif outcome is WaitlistOutcome.REMOVED:
        _remove(session, class_session, entry, check, now)
    return outcome


def _promote_one(
    session: Session,
    class_session: ClassSession,
    entry: Waiting,
    check: BookingCheck,
    now: datetime,
) -> None:
    # Its answer is not read: the session's lock is held, and the rules just found a free place.
    reserve_seat(session, class_session.public_id)
    until = check.target.policy.cancel_until(class_session.starts_at, now)
    booking = write_booking(session, class_session.id, entry.member_id, now, cancel_until=until)
    _end(session, entry.id, "promoted", now, booking_id=booking.id)
    messages.post_promotion(session, class_session, booking, check.target.policy, now)


def _remove(
    session: Session,
    class_session: ClassSession,
    entry: Waiting,
    check: BookingCheck,
    now: datetime,
) -> None:
    reason = next(reason for reason in check.reasons if reason in rules.LASTING)
    _end(session, entry.id, "removed", now, reason=reason.code)
    params = bookings_rules.message_params(check.target.policy, check.booker.banned_until)
    messages.post_queue_removed(session, class_session, [entry.member_id], reason, params, now)


def remove_unheld(session: Session, entry_id: int, now: datetime) -> bool:
    """End the waiting of a person who may not hold the place any more; return whether it ended."""
    entry = session.get_one(QueueEntry, entry_id)
    if entry.member_id is None:  # over so long that the person was removed
        return False
    lock_session(session, entry.session_id)
    lock_member(session, entry.member_id)
    class_session = session.get_one(ClassSession, entry.session_id)
    check = bookings_context.check_booking(
        session.connection(),
        member_id=entry.member_id,
        class_session=class_session.public_id,
        now=now,
        staff=True,  # who waits in a hidden session was let into it
    )
    requested = check.target.requested
    # Only what ends with a right: other reasons are looked at when a place becomes free.
    reasons = bookings_rules.may_hold(check.booker, requested, requested.starts_at)
    if not reasons or not _end(session, entry_id, "removed", now, reason=reasons[0].code):
        return False
    params = bookings_rules.message_params(check.target.policy, check.booker.banned_until)
    messages.post_queue_removed(session, class_session, [entry.member_id], reasons[0], params, now)
    return True


def close(session: Session, session_id: int, now: datetime, reason: ErrorCode | None = None) -> int:
    """End all entries with a mail: no place became free, or the reason given; return how many.

    The caller holds the lock of the session.
    """
    class_session = session.get_one(ClassSession, session_id)
    state, code = ("expired", None) if reason is None else ("removed", reason.code)
    ended = [
        entry
        for entry in _waiting(session, session_id)
        # Only who was ended here gets the mail: one who left at the same moment does not.
        if _end(session, entry.id, state, now, reason=code)
    ]
    member_ids = [entry.member_id for entry in ended]
    if reason is None:
        messages.post_queue_expired(session, class_session, member_ids, now)
    else:
        messages.post_queue_removed(session, class_session, member_ids, reason, {}, now)
    return len(ended)


def _end(
    session: Session,
    entry_id: int,
    state: str,
    now: datetime,
    *,
    reason: str | None = None,
    booking_id: int | None = None,
) -> bool:
    """End an entry; return False when it had ended."""
    # The condition decides between two who end the same entry: one of them changes no row.
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


def sessions_to_settle(session: Session, now: datetime) -> Sequence[int]:
    """Return the sessions with a waitlist and a free place, or too late for promotions."""
    # A free place beside waiting people is possible: when it became free, none of them could take
    # it (an overlap, too many open bookings).
    limit = now + timedelta(minutes=policies_queries.policy(session.connection()).cancel_minutes)
    query = (
        select(ClassSession.id)
        .join(QueueEntry, QueueEntry.session_id == ClassSession.id)
        .where(
            QueueEntry.state == "waiting",
            or_(
                ClassSession.booked < ClassSession.bookable,
                # The opposite of `may_cancel`: less than 2 h before, no promoted person could
                # cancel.
                ClassSession.starts_at < limit,
                ClassSession.state != "scheduled",
            ),
        )
    )
    return session.scalars(query.distinct().order_by(ClassSession.id)).all()


def settle(session: Session, session_id: int, now: datetime) -> int:
    """Promote, or close the waitlist when it is too late; return how many entries ended."""
    lock_session(session, session_id)
    # Read after the lock: `sessions_to_settle` was another transaction.
    class_session = session.get_one(ClassSession, session_id, populate_existing=True)
    if class_session.state == "cancelled":
        return close(session, session_id, now, SESSION_CANCELLED)
    if bookings_rules.may_cancel(
        class_session.starts_at, policies_queries.policy(session.connection()), now
    ):
        return promote(session, session_id, now)
    return close(session, session_id, now)


def remove_members(session: Session, *, before: datetime, limit: int) -> int:
    """Remove the person from entries that have ended, of old sessions; return how many.

    `before`: when such a session ended at the latest.
    """
    old = (
        select(QueueEntry)
        .join(ClassSession, ClassSession.id == QueueEntry.session_id)
        .where(
            QueueEntry.member_id.is_not(None),
            QueueEntry.state != "waiting",
            ClassSession.ends_at < before,
        )
        .limit(limit)
    )
    removed = session.scalars(old).all()
    for row in removed:
        # The row's digests of before are kept; see `core.row_records`.
        row.member_id, row.public_id = None, new_public_id()
    session.flush()
    return len(removed)
