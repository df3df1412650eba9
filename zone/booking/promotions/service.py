"""Who gets a place of a session that is free: the next on its waitlist, in order. Never commits.

`waitlist.rules.waitlist_outcome` decides for each person: the place is booked for them or offered
to them, they are passed over, or removed. A place goes on in the transaction that frees it, through
the same counter, so that a booking at that moment cannot overtake.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.context import BookingCheck
from zone.booking.messages.rules import PlaceOffer
from zone.booking.messages.service import post_promotion
from zone.booking.queue_messages import service as messages
from zone.booking.seats.service import lock_session, release_seat, reserve_seat, write_booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import rules
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.waitlist.rules import LIVE_STATES, WaitlistOutcome, offer_digest
from zone.core.ids import new_secret
from zone.members.people.service import lock_members


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that has not ended."""

    id: int
    member_id: int


def give_places(session: Session, session_id: int, now: datetime) -> int:
    """Give the free places of a session to its waitlist, in order; return how many were given.

    The caller holds the lock of the session, in most cases by freeing a place in the same
    transaction.

    The rules of a booking decide for each person: booked, offered, passed over, or removed; until
    no place is left.
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
    given = (WaitlistOutcome.BOOKED, WaitlistOutcome.OFFERED)
    return sum(outcome in given for outcome in outcomes)


def lock_sessions(session: Session, session_ids: Collection[int]) -> None:
    """Lock some sessions, and then everybody who waits for one of them.

    For who gives places of several: one after the other, it would lock a session after members.
    """
    for session_id in sorted(session_ids):
        lock_session(session, session_id)
    waiting = select(QueueEntry.member_id).where(
        QueueEntry.session_id.in_(session_ids), QueueEntry.state == "waiting"
    )
    lock_members(session, {id_ for id_ in session.scalars(waiting) if id_ is not None})


def lock_with_waiting(session: Session, session_id: int, member_id: int) -> None:
    """Lock a person, and with them everybody who waits for a session, by id.

    For who looks at a person before a place of theirs goes on: locked one after the other, two of
    them deadlock across two sessions. The caller holds the lock of the session.
    """
    waiting = _waiting(session, session_id)
    lock_members(session, [member_id, *(entry.member_id for entry in waiting)])


def _waiting(session: Session, session_id: int) -> list[Waiting]:
    query = select(QueueEntry.id, QueueEntry.member_id).where(
        QueueEntry.session_id == session_id, QueueEntry.state == "waiting"
    )
    return named_entries(session.execute(query.order_by(QueueEntry.rank)))


def _lock_waiting(session: Session, waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the entries that have not ended meanwhile, locked until the end of the transaction."""
    query = select(QueueEntry.id, QueueEntry.member_id).where(
        QueueEntry.id.in_([entry.id for entry in waiting]), QueueEntry.state == "waiting"
    )
    # The state again under the lock: an entry that its person left since `_waiting` is skipped.
    return named_entries(
        session.execute(query.order_by(QueueEntry.rank).with_for_update(key_share=True))
    )


def named_entries(rows: Iterable[Row[int, int | None] | tuple[int, int | None]]) -> list[Waiting]:
    """Return the entries whose person is known."""
    return [Waiting(id_, member_id) for id_, member_id in rows if member_id is not None]


def _decide_next(
    session: Session, class_session: ClassSession, entry: Waiting, now: datetime
) -> WaitlistOutcome:
    check = bookings_context.check_booking(
        session.connection(),
        member_id=entry.member_id,
        class_session=class_session.public_id,
        now=now,
        sees_hidden=True,  # who waits in a hidden session was let into it
    )
    outcome = rules.waitlist_outcome(
        check.reasons, check.target.requested, check.target.policy, now
    )
    if outcome is WaitlistOutcome.BOOKED:
        _book(session, class_session, entry, check, now)
    elif outcome is WaitlistOutcome.OFFERED:
        _offer(session, class_session, entry, check, now)
    elif outcome is WaitlistOutcome.PASSED_OVER:
        _pass_over(session, class_session, entry, check, now)
    elif outcome is WaitlistOutcome.REMOVED:
        _remove(session, class_session, entry, check, now)
    return outcome


def _book(
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
    end(session, entry.id, "booked", now, booking_id=booking.id)
    post_promotion(session, class_session, booking, check.target.policy, now)


def _offer(
    session: Session,
    class_session: ClassSession,
    entry: Waiting,
    check: BookingCheck,
    now: datetime,
) -> None:
    # The place is kept by the same counter that bookings take places from.
    reserve_seat(session, class_session.public_id)
    row = session.get_one(QueueEntry, entry.id, populate_existing=True)
    key = new_secret()
    row.state, row.offer_key = "offered", offer_digest(key)
    row.offered_until = rules.offer_until(class_session.starts_at, check.target.policy, now)
    session.flush()
    record(session, [entry.id], "offered", now)
    offer = PlaceOffer(row.public_id, key, rules.offer_begins(now), row.offered_until)
    messages.post_offer(session, class_session, entry.member_id, offer, now)


def _pass_over(
    session: Session,
    class_session: ClassSession,
    entry: Waiting,
    check: BookingCheck,
    now: datetime,
) -> None:
    reason = next(reason for reason in check.reasons if reason not in rules.DESPITE)
    last = session.execute(
        select(QueueEvent.kind, QueueEvent.reason)
        .where(QueueEvent.entry_id == entry.id)
        .order_by(QueueEvent.id.desc())
        .limit(1)
    ).one()
    # The job tries each minute: a person is told once of what is in their way.
    if (last.kind, last.reason) == ("passed_over", reason.code):
        return
    record(session, [entry.id], "passed_over", now, reason.code)
    params = bookings_rules.message_params(check.target.policy, check.booker.banned_until)
    passed = select(func.count(QueueEvent.id)).where(
        QueueEvent.entry_id == entry.id, QueueEvent.kind == "passed_over"
    )
    times = session.scalar(passed) or 0
    messages.post_passed_over(session, class_session, entry.id, times, reason, params, now)


def _remove(
    session: Session,
    class_session: ClassSession,
    entry: Waiting,
    check: BookingCheck,
    now: datetime,
) -> None:
    reason = next(reason for reason in check.reasons if reason in rules.LASTING)
    end(session, entry.id, "removed", now, reason=reason.code)
    params = bookings_rules.message_params(check.target.policy, check.booker.banned_until)
    messages.post_queue_removed(session, class_session, [entry.id], reason, params, now)


def end_entry(
    session: Session, entry: QueueEntry, state: str, now: datetime, *, reason: str | None = None
) -> bool:
    """End an entry without a booking; return False when it had ended.

    The place that an offer kept goes to the next person. The caller holds the lock of the session.
    """
    offered = entry.state == "offered"
    if not end(session, entry.id, state, now, reason=reason):
        return False
    session.refresh(entry)
    if offered and release_seat(session, entry.session_id):
        give_places(session, entry.session_id, now)
    return True


def end(
    session: Session,
    entry_id: int,
    state: str,
    now: datetime,
    *,
    reason: str | None = None,
    booking_id: int | None = None,
) -> bool:
    """End an entry, and no more; return False when it had ended."""
    # The condition decides between two who end the same entry: one of them changes no row.
    ended = session.execute(
        update(QueueEntry)
        .where(QueueEntry.id == entry_id, QueueEntry.state.in_(LIVE_STATES))
        .values(state=state, booking_id=booking_id, offered_until=None)
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    )
    if ended.first() is None:
        return False
    record(session, [entry_id], state, now, reason)
    return True


def record(
    session: Session, entry_ids: Sequence[int], kind: str, now: datetime, reason: str | None = None
) -> None:
    """Add an event to the history of some entries."""
    row = {"kind": kind, "reason": reason, "occurred_at": now, "recorded_at": now}
    session.execute(insert(QueueEvent), [{"entry_id": id_, **row} for id_ in entry_ids])
