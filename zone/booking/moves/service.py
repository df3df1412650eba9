"""Move a session in time or to another space, with its people. Never commits.

The session keeps its id, and its sequence grows. Moved by an hour at most, or to another space of
its campus, bookings and waitlist come along. Moved further, each booking ends, and its place is
kept by the counter for the same person, as an offer of the waitlist does: they have the first right
to it. Locks are taken in the order of `seats.service`, after those of the spaces.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.allocations.service import hold, release
from zone.booking.bookings.models import Booking
from zone.booking.bookings.service import cancel
from zone.booking.expansions.service import refuse_closed
from zone.booking.lotteries import queries as lotteries_queries
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.errors import DRAW_AFTER_START
from zone.booking.lottery_messages import service as lottery_messages
from zone.booking.messages.rules import PlaceOffer, confirmation_key, reminder_key
from zone.booking.move_messages import service as messages
from zone.booking.moves.errors import MOVE_TOO_LATE
from zone.booking.moves.models import FirstRight, GiveUpLink
from zone.booking.moves.queries import linked_booking, open_first_rights
from zone.booking.moves.rules import (
    MovedSession,
    Placement,
    first_right_until,
    not_beyond,
    outcome_of,
)
from zone.booking.policies import queries as policies_queries
from zone.booking.promotions import service as promotions
from zone.booking.seats.service import lock_session, record_bookings, session_id_of
from zone.booking.sessions.errors import CLASS_INVALID, SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.service import record_session_action, refuse_past
from zone.booking.single_sessions.errors import SESSION_IN_PAST
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES, offer_digest
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id, new_secret
from zone.core.mail import service as mail
from zone.core.row_records.service import write_recorded
from zone.core.time import helsinki_date
from zone.core.versions import refuse_stale
from zone.members.roster_marks.service import mark_roster
from zone.places.spaces.queries import space_by_id
from zone.places.spaces.service import lock_spaces


def move_session(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    to: Placement,
    *,
    reason: str,
    now: datetime,
    version: int,
) -> MovedSession:
    """Move one session. `version` is the one that the editor read.

    Raises:
        DomainError: forbidden; not_found; edited_meanwhile; session_cancelled; session_held;
            session_in_past; place_closed; class_invalid: the space is too small; move_too_late.
        IntegrityError: `uq_hold_part_slice`: the space is taken.
    """
    session_id = session_id_of(session, class_session)
    here = session.scalar(select(Allocation.space_id).where(Allocation.id == session_id))
    lock_spaces(session, {here, to.space_id})
    lock_session(session, session_id)
    # `populate_existing`: what was read before the lock may be stale.
    row = session.get_one(ClassSession, session_id, populate_existing=True)
    for space_id in (row.space_id, to.space_id):
        actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, space_id))
    if row.state == "cancelled":
        raise DomainError(SESSION_CANCELLED)
    refuse_past(row, now)
    if placement_of(row) == to:  # the second tap on the button
        return MovedSession(row.public_id, to, to, "unchanged", 0, 0)
    refuse_stale(row.version, version, ["starts_at", "ends_at", "space"])
    if to.starts_at <= now:
        raise DomainError(SESSION_IN_PAST)
    refuse_closed(session, to.space_id, *to.span)
    release(session, row.id)
    return move_row(session, actor, row, to, reason, now)


def placement_of(row: Allocation) -> Placement:
    """Return where and when a session is held."""
    return Placement(row.starts_at, row.ends_at, row.space_id)


def move_row(
    session: Session,
    actor: Actor,
    row: ClassSession,
    to: Placement,
    reason: str,
    now: datetime,
) -> MovedSession:
    """Move a session whose space was released, with its people, who are told.

    The caller holds the locks of the spaces and of the session.

    Raises:
        DomainError: class_invalid, move_too_late.
        IntegrityError: `uq_hold_part_slice`: the space is taken.
    """
    before = placement_of(row)
    campuses = {campus_of(session, space_id) for space_id in (before.space_id, to.space_id)}
    outcome = outcome_of(before, to, same_campus=len(campuses) == 1)
    place_row(session, row, to)
    bookings = _open_bookings(session, row.id)
    first = open_first_rights(session, row.id)
    known = {entry.id for entry, _ in first}
    waiting = [entry for entry in _waiting(session, row.id) if entry.id not in known]
    closes = policies_queries.policy_of(session, row, now).closes_at(row.starts_at)
    asked = bookings if outcome == "first_right" else []
    if (asked or first) and closes <= now:
        raise DomainError(MOVE_TOO_LATE)
    until = first_right_until(closes, now) if outcome == "first_right" else None
    if outcome == "along":
        _take_along(session, row, bookings, reason, now)
    elif until is not None:
        _keep_places(session, row, bookings, until, before, reason, now)
    for entry, booking in first:
        ends = not_beyond(closes, max(entry.offered_until or now, until or now))
        _renew(session, row, entry, booking, ends, before, reason, now)
    for entry in waiting:
        if entry.offered_until is not None:  # no place is kept beyond the end of booking
            entry.offered_until = not_beyond(closes, entry.offered_until)
    session.flush()
    messages.post_queue_moved(session, row, waiting, before.starts_at, reason, now)
    entered, ends_draw = _follow_lottery(session, row, before, reason, now)
    mark_roster(session, [one.member_id for one in bookings if one.member_id is not None], now)
    record_session_action(
        session, "session.move", row, actor.id, now, _values(before), _values(to), reason
    )
    return MovedSession(
        row.public_id,
        before,
        to,
        outcome,
        len(bookings),
        len(waiting) + len(first),
        until,
        entered=entered,
        ends_draw=ends_draw,
    )


def _follow_lottery(
    session: Session, row: ClassSession, before: Placement, reason: str, now: datetime
) -> tuple[int, bool]:
    """Tell those who are in the draw of a session that moved; call off a draw after its start.

    Return how many they are, and whether it was called off.
    """
    lottery = lotteries_queries.live_lottery(session, row.id)
    if lottery is None:
        return 0, False
    entered = len(lotteries.entered_in(session, lottery.id))
    # Nobody books while a draw is to come: the places would stay empty until the start.
    ends = lottery.draws_at >= row.starts_at
    if ends:
        lotteries.end_without_draw(session, lottery, DRAW_AFTER_START, now)
    else:
        lottery_messages.post_moved(session, row, before.starts_at, reason, now)
    return entered, ends


def place_row(session: Session, row: ClassSession, to: Placement, *, moved: bool = True) -> None:
    """Give a session its time and space, another one where it `moved`; what is scheduled holds it.

    Raises:
        DomainError: class_invalid.
        IntegrityError: `uq_hold_part_slice`.
    """
    space = space_by_id(session, to.space_id) if to.space_id is not None else None
    if space is not None and row.capacity > space.capacity:
        raise DomainError(CLASS_INVALID)
    if moved:
        row.starts_at, row.ends_at, row.space_id = to.starts_at, to.ends_at, to.space_id
        row.on_day = helsinki_date(to.starts_at)
        row.sequence += 1
        row.version += 1
        session.flush()
    if space is not None and row.state == "scheduled":
        hold(session, row.id, space.parts, *to.span)


def _values(of: Placement) -> dict[str, object]:
    return {"starts_at": of.starts_at, "ends_at": of.ends_at, "space": of.space_id}


def _open_bookings(session: Session, session_id: int) -> Sequence[Booking]:
    return session.scalars(
        select(Booking)
        .where(Booking.session_id == session_id, Booking.state == "booked")
        .order_by(Booking.id)
        .execution_options(populate_existing=True)
    ).all()


def _waiting(session: Session, session_id: int) -> Sequence[QueueEntry]:
    return session.scalars(
        select(QueueEntry)
        .where(QueueEntry.session_id == session_id, QueueEntry.state.in_(LIVE_STATES))
        .order_by(QueueEntry.rank)
        .execution_options(populate_existing=True)
    ).all()


def _take_along(
    session: Session, row: ClassSession, bookings: Sequence[Booking], reason: str, now: datetime
) -> None:
    """Let the bookings hold at the new time, and give each person a link to give theirs up."""
    # Nobody chose the new time: until it begins, the booking is given up freely.
    write_recorded(
        session,
        update(Booking)
        .where(Booking.id.in_([one.id for one in bookings]))
        .values(cancel_until=row.starts_at),
    )
    session.execute(
        delete(GiveUpLink).where(GiveUpLink.booking_id.in_([one.id for one in bookings]))
    )
    for booking in bookings:
        # What names the old time has not left yet, and would only confuse.
        for key in (confirmation_key(booking.public_id), reminder_key(booking.public_id)):
            mail.withdraw(session, key)
        secret = new_secret()
        session.add(GiveUpLink(booking_id=booking.id, key=offer_digest(secret)))
        messages.post_taken_along(session, row, booking, secret, reason, now)
    session.flush()


def _keep_places(
    session: Session,
    row: ClassSession,
    bookings: Sequence[Booking],
    until: datetime,
    before: Placement,
    reason: str,
    now: datetime,
) -> None:
    """End the bookings, and keep each place for its person for a time."""
    last = select(func.max(QueueEntry.rank)).where(QueueEntry.session_id == row.id)
    rank = session.scalar(last) or 0
    for booking in bookings:
        # The counter stays as it is: the offer takes the place of the booking.
        booking.state = "cancelled"
        session.flush()
        record_bookings(session, [booking.id], "cancelled", occurred_at=now, now=now, reason=reason)
        if booking.member_id is None:
            continue
        rank += 1
        offer = _keep_place(session, row.id, booking, rank, until, now)
        messages.post_first_right(session, row, booking, offer, before.starts_at, reason, now)


def _renew(
    session: Session,
    row: ClassSession,
    entry: QueueEntry,
    booking: Booking,
    until: datetime,
    before: Placement,
    reason: str,
    now: datetime,
) -> None:
    """Tell who has the first right of another move, with a new link; `until`: how long it lasts."""
    secret = new_secret()
    entry.offer_key = offer_digest(secret)
    entry.offered_until = until
    session.flush()
    # Who has not read of the last time is not told that it does not hold.
    unread = messages.withdraw_move(session, row, booking)
    offer = PlaceOffer(entry.public_id, secret, now, until)
    old = None if unread else before.starts_at
    messages.post_first_right(session, row, booking, offer, old, reason, now)


def _keep_place(
    session: Session, session_id: int, booking: Booking, rank: int, until: datetime, now: datetime
) -> PlaceOffer:
    secret = new_secret()
    entry = QueueEntry(
        public_id=new_public_id(),
        session_id=session_id,
        rank=rank,
        member_id=booking.member_id,
        created_at=now,
        state="offered",
        offered_until=until,
        offer_key=offer_digest(secret),
    )
    session.add(entry)
    session.flush()
    session.add(FirstRight(entry_id=entry.id, booking_id=booking.id))
    for kind in ("joined", "offered"):
        promotions.record(session, [entry.id], kind, now)
    return PlaceOffer(entry.public_id, secret, now, until)


def give_up(session: Session, booking: uuid.UUID, key: str, *, now: datetime) -> Booking:
    """Give a booking up by the link of a mail; once more changes nothing.

    Raises:
        DomainError: not_found; session_ended; cancel_after_start; session_cancelled.
    """
    row = linked_booking(session, booking, key)
    return cancel(session, member_id=row.member_id or 0, booking=booking, now=now)
