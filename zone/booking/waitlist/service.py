"""The waitlist of a full session: joining and leaving it, and when it ends.

`promotions.service` gives its people the places that become free.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import rules as bookings_rules
from zone.booking.policies import queries as policies_queries
from zone.booking.promotions import service as promotions
from zone.booking.queue_messages import service as messages
from zone.booking.seats.service import (
    lock_member,
    lock_session,
    release_seat,
    session_id_of,
)
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import rules
from zone.booking.waitlist.errors import QUEUE_PLACE_PROMOTED
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.ids import new_public_id

_OWN_WAITING: Final = PreparedSelect(
    select(QueueEntry.id).where(
        QueueEntry.session_id == bindparam("session_id"),
        QueueEntry.member_id == bindparam("member_id"),
        QueueEntry.state.in_(LIVE_STATES),
    )
)


def join(
    session: Session,
    *,
    member_id: int,
    class_session: uuid.UUID,
    now: datetime,
    sees_hidden: bool = False,
) -> QueueEntry:
    """Join the waitlist of a full session; `sees_hidden`: of a hidden one too.

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
        sees_hidden=sees_hidden,
    )
    requested, policy = check.target.requested, check.target.policy
    reasons = rules.reasons_against_joining(
        check.reasons, requested, queues_of(session, member_id), policy, now
    )
    if reasons:
        raise check.refusal(*reasons)
    return add_last(session, session_id, member_id, now)


def add_last(session: Session, session_id: int, member_id: int, now: datetime) -> QueueEntry:
    """Add a person to a waitlist, behind the others; the caller holds the lock of the session."""
    # The lock of the session makes the rank that of joining.
    last = select(func.max(QueueEntry.rank)).where(QueueEntry.session_id == session_id)
    entry = QueueEntry(
        public_id=new_public_id(),
        session_id=session_id,
        rank=(session.scalar(last) or 0) + 1,
        member_id=member_id,
        created_at=now,
    )
    session.add(entry)
    session.flush()
    promotions.record(session, [entry.id], "joined", now)
    return entry


def queues_of(session: Session, member_id: int) -> Sequence[int]:
    """Return the sessions on whose waitlist a person is."""
    query = select(QueueEntry.session_id).where(
        QueueEntry.member_id == member_id, QueueEntry.state.in_(LIVE_STATES)
    )
    return session.scalars(query).all()


def leave(session: Session, *, member_id: int, entry: uuid.UUID, now: datetime) -> QueueEntry:
    """Leave a waitlist; an entry that has ended stays as it is. An offer goes to the next person.

    Raises:
        DomainError: not_found (also for another person's); queue_place_promoted: it became a
            booking meanwhile.
    """
    own = (QueueEntry.public_id == entry, QueueEntry.member_id == member_id)
    found = session.execute(select(QueueEntry.id, QueueEntry.session_id).where(*own)).first()
    if found is None:
        raise DomainError(NOT_FOUND)
    lock_session(session, found.session_id)
    own_entry = session.get_one(QueueEntry, found.id, populate_existing=True)
    if own_entry.state == "booked":
        raise DomainError(QUEUE_PLACE_PROMOTED)
    promotions.end_entry(session, own_entry, "left", now)
    return own_entry


def end_waiting(session: Session, session_id: int, member_id: int, now: datetime) -> None:
    """End the entry of a person who has just booked a free place of the session."""
    waiting = _OWN_WAITING.fetch(session.connection(), session_id=session_id, member_id=member_id)
    for row in waiting:  # one at most
        entry = session.get_one(QueueEntry, row.id, populate_existing=True)
        # The place of an offer stays free for a minute, until the job gives it: who books holds a
        # lock of their own already, and beside it those of all others could deadlock. Nobody who
        # waits could have it a moment ago: another one was free.
        if promotions.end(session, row.id, "left", now, reason="booked") and entry.offered_until:
            release_seat(session, session_id)


def remove_unheld(session: Session, entry_id: int, now: datetime) -> bool:
    """End the waiting of a person who may not hold the place any more; return whether it ended."""
    entry = session.get_one(QueueEntry, entry_id)
    if entry.member_id is None:  # over so long that the person was removed
        return False
    lock_session(session, entry.session_id)
    promotions.lock_with_waiting(session, entry.session_id, entry.member_id)
    class_session = session.get_one(ClassSession, entry.session_id)
    check = bookings_context.check_booking(
        session.connection(),
        member_id=entry.member_id,
        class_session=class_session.public_id,
        now=now,
        sees_hidden=True,  # who waits in a hidden session was let into it
    )
    requested = check.target.requested
    # Only what ends with a right: other reasons are looked at when a place becomes free.
    reasons = bookings_rules.may_hold(check.booker, requested, requested.starts_at)
    session.refresh(entry)
    if not reasons or not promotions.end_entry(
        session, entry, "removed", now, reason=reasons[0].code
    ):
        return False
    params = bookings_rules.message_params(check.target.policy, check.booker.banned_until)
    messages.post_queue_removed(session, class_session, [entry.id], reasons[0], params, now)
    return True


def close(session: Session, session_id: int, now: datetime, reason: ErrorCode | None = None) -> int:
    """End all entries with a mail: no place became free, or the reason given; return how many.

    The caller holds the lock of the session.
    """
    class_session = session.get_one(ClassSession, session_id)
    state, code = ("expired", None) if reason is None else ("removed", reason.code)
    live = session.scalars(
        select(QueueEntry)
        .where(QueueEntry.session_id == session_id, QueueEntry.state.in_(LIVE_STATES))
        .order_by(QueueEntry.rank)
        .execution_options(populate_existing=True)
    ).all()
    ended = promotions.named_entries(
        (entry.id, entry.member_id)
        for entry in live
        # Only who was ended here gets the mail: one who left at the same moment does not.
        if promotions.end(session, entry.id, state, now, reason=code)
    )
    for entry in live:
        if entry.offered_until is not None:  # as it was read; the place is for nobody now
            release_seat(session, session_id)
    entry_ids = [entry.id for entry in ended]
    if reason is None:
        messages.post_queue_expired(session, class_session, entry_ids, now)
    else:
        messages.post_queue_removed(session, class_session, entry_ids, reason, {}, now)
    return len(ended)


def sessions_to_settle(session: Session, now: datetime) -> Sequence[int]:
    """Return the sessions with a waitlist and a free place or an offer that has run out, and those
    of which booking is closed.
    """
    # A free place beside waiting people is possible: when it became free, none of them could take
    # it (an overlap, too many open bookings).
    policies = policies_queries.policies(session.connection(), now)
    limit = now + timedelta(minutes=policies.widest("closes_minutes"))
    query = (
        select(ClassSession.id)
        .join(QueueEntry, QueueEntry.session_id == ClassSession.id)
        .where(
            QueueEntry.state.in_(LIVE_STATES),
            or_(
                ClassSession.booked < ClassSession.bookable,
                # Wider than `rules.is_closed`, which decides for each activity.
                ClassSession.starts_at < limit,
                ClassSession.state != "scheduled",
                QueueEntry.offered_until <= now,
            ),
        )
    )
    return session.scalars(query.distinct().order_by(ClassSession.id)).all()


def settle(session: Session, session_id: int, now: datetime) -> int:
    """Give free places, end offers that nobody answered, or close the waitlist when it is too late;
    return how many entries changed, without those that got the place of an offer.
    """
    lock_session(session, session_id)
    # Read after the lock: `sessions_to_settle` was another transaction.
    class_session = session.get_one(ClassSession, session_id, populate_existing=True)
    if class_session.state == "cancelled":
        return close(session, session_id, now, SESSION_CANCELLED)
    policy = policies_queries.policy_of(session, class_session, now)
    if rules.is_closed(class_session.starts_at, policy, now):
        return close(session, session_id, now)
    ended = _end_old_offers(session, class_session, now)
    return ended + promotions.give_places(session, session_id, now)


def _end_old_offers(session: Session, class_session: ClassSession, now: datetime) -> int:
    """End the offers that have run out, with a mail; their places go on. Return how many."""
    old = session.scalars(
        select(QueueEntry)
        .where(
            QueueEntry.session_id == class_session.id,
            QueueEntry.state == "offered",
            QueueEntry.offered_until <= now,
        )
        .order_by(QueueEntry.rank)
        .execution_options(populate_existing=True)
    ).all()
    for entry in old:
        if promotions.end_entry(session, entry, "expired", now):
            messages.post_offer_ended(session, class_session, entry.id, now)
    return len(old)


def remove_members(session: Session, *, before: datetime, limit: int) -> int:
    """Remove the person from entries that have ended, of old sessions; return how many.

    `before`: when such a session ended at the latest.
    """
    old = (
        select(QueueEntry)
        .join(ClassSession, ClassSession.id == QueueEntry.session_id)
        .where(
            QueueEntry.member_id.is_not(None),
            QueueEntry.state.not_in(LIVE_STATES),
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
