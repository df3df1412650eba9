"""Record which bookings were used, tell people of each mark, and excuse marks."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings.models import Booking
from zone.booking.messages.queries import waiting_keys
from zone.booking.messages.rules import no_show_key
from zone.booking.messages.service import post_no_show
from zone.booking.no_shows.errors import NOT_A_NO_SHOW
from zone.booking.policies import queries as policies_queries
from zone.booking.seats.service import record_bookings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor
from zone.core.mail import service as mail
from zone.members.people.service import another_member, audit_member, lock_member


def mark_no_shows(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were not used, unless they were; return how many.

    Each person gets a mail about each of them, with what follows from it.
    """
    policy = policies_queries.policy(session.connection())
    marked = 0
    # One after the other: each mail counts the marks up to its own.
    for booking_id in booking_ids:
        if _record_attendance(session, [booking_id], "no_show", ("booked",), now):
            booking = session.get_one(Booking, booking_id, populate_existing=True)
            marked += 1
            if booking.member_id is None:  # over so long that the person was removed
                continue
            state = bookings_context.booker_state(session.connection(), booking.member_id, now)
            post_no_show(session, booking, state.missed, policy, now)
    return marked


def mark_attended(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these bookings were used; return how many.

    Entries of an offline door correct a no-show.
    """
    # Not from `cancelled`: a person who cancelled and came is a drop-in.
    attended = _record_attendance(session, booking_ids, "attended", ("booked", "no_show"), now)
    if not attended:
        return 0
    members = select(Booking.member_id).where(Booking.id.in_(attended))
    tell_again(session, [id_ for id_ in session.scalars(members) if id_ is not None], now)
    return len(attended)


def tell_again(session: Session, member_ids: Sequence[int], now: datetime) -> None:
    """Write the mails about marks anew that have not left, after a mark of these people ended.

    Each names how many marks count up to its own, and whether booking ahead is paused.
    """
    rows = session.execute(
        select(Booking, Allocation.ends_at)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Booking.member_id.in_(member_ids), Booking.state == "no_show")
        .order_by(Allocation.ends_at, Booking.id)
    ).all()
    waiting = waiting_keys(session, [no_show_key(booking.public_id) for booking, _ in rows])
    policy = policies_queries.policy(session.connection())
    for booking, ends_at in rows:
        key = no_show_key(booking.public_id)
        if key in waiting and booking.member_id is not None and booking.excused_at is None:
            state = bookings_context.booker_state(session.connection(), booking.member_id, now)
            mail.withdraw(session, key)
            missed = [end for end in state.missed if end <= ends_at]
            post_no_show(session, booking, missed, policy, now)


def excuse(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    booking: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> Booking:
    """Excuse a no-show: it stays on record, and no longer counts; once more changes nothing.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found; not_a_no_show.
    """
    member = another_member(session, actor, person)
    lock_member(session, person)
    row = session.scalar(
        select(Booking).where(Booking.public_id == booking, Booking.member_id == member.id)
    )
    if row is None:
        raise DomainError(NOT_FOUND)
    if row.state != "no_show":
        raise DomainError(NOT_A_NO_SHOW)
    if row.excused_at is None:
        row.excused_at = now
        session.flush()
        tell_again(session, [member.id], now)
        after = {"booking": booking}
        audit_member(session, "no_show.excuse", member, actor.id, now, after=after, reason=reason)
    return row


def _record_attendance(
    session: Session, booking_ids: Sequence[int], kind: str, states: Sequence[str], now: datetime
) -> list[int]:
    """Record it for those bookings that are in one of the states; return them."""
    # The states in the condition make repetition safe: what is recorded already changes no row.
    changed = session.execute(
        update(Booking)
        .where(Booking.id.in_(booking_ids), Booking.state.in_(states))
        .values(state=kind)
        .returning(Booking.id, Booking.session_id)
        .execution_options(synchronize_session=False)
    ).all()
    # The event's time is the end of the session, whenever the job runs or an entry arrives.
    ends = _ends(session, [session_id for _, session_id in changed])
    for booking_id, session_id in changed:
        record_bookings(session, [booking_id], kind, occurred_at=ends[session_id], now=now)
    return [booking_id for booking_id, _ in changed]


def _ends(session: Session, session_ids: Sequence[int]) -> dict[int, datetime]:
    query = select(Allocation.id, Allocation.ends_at).where(Allocation.id.in_(session_ids))
    return {row.id: row.ends_at for row in session.execute(query)}
