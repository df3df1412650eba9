"""What must hold of every queue, whoever came, left and died at whatever moment."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import rules as waitlist_rules
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.waitlist.rules import END_STATES, WaitlistOutcome
from zone.core.db.transactions import reading


def check_queues(now: datetime) -> None:
    """Check the counters, that no place is free while somebody may have it, and each end."""
    with reading() as session:
        for class_session in session.scalars(select(ClassSession)):
            _check_counter(session, class_session)
            _check_nobody_waits_beside_a_free_place(session, class_session, now)
        _check_ends(session)


def _check_counter(session: Session, class_session: ClassSession) -> None:
    live = select(func.count(Booking.id)).where(
        Booking.session_id == class_session.id, Booking.state != "cancelled"
    )
    offered = select(func.count(QueueEntry.id)).where(
        QueueEntry.session_id == class_session.id, QueueEntry.state == "offered"
    )
    taken = session.scalars(live).one() + session.scalars(offered).one()
    assert taken == class_session.booked <= class_session.bookable, (
        "the counter is not the number of live bookings and offers"
    )


def _check_nobody_waits_beside_a_free_place(
    session: Session, class_session: ClassSession, now: datetime
) -> None:
    waiting = select(QueueEntry.member_id).where(
        QueueEntry.session_id == class_session.id, QueueEntry.state == "waiting"
    )
    for member_id in filter(None, session.scalars(waiting)):
        check = bookings_context.check_booking(
            session.connection(),
            member_id=member_id,
            class_session=class_session.public_id,
            now=now,
        )
        turn = waitlist_rules.waitlist_outcome(
            check.reasons, check.target.requested, check.target.policy, now
        )
        assert turn in (WaitlistOutcome.NOBODY, WaitlistOutcome.PASSED_OVER), (
            "a place is free while somebody waits who may have it"
        )


def _check_ends(session: Session) -> None:
    """One end for each entry that ended, and one booking for each promotion."""
    states = {row.id: row.state for row in session.execute(select(QueueEntry.id, QueueEntry.state))}
    rows = session.execute(
        select(QueueEvent.entry_id, QueueEvent.kind).where(QueueEvent.kind.in_(END_STATES))
    ).all()
    ends = {row.entry_id: row.kind for row in rows}
    assert ends == {id_: state for id_, state in states.items() if state in END_STATES}, (
        "the facts differ"
    )
    assert len(rows) == len(ends), "somebody's waiting ended twice"
    promoted = session.scalars(
        select(QueueEntry.booking_id).where(QueueEntry.state == "booked")
    ).all()
    booked = select(func.count(BookingEvent.id)).where(
        BookingEvent.kind == "booked", BookingEvent.booking_id.in_(promoted)
    )
    assert session.scalar(booked) == len(set(promoted)) == len(promoted), (
        "somebody was promoted twice"
    )


def check_order() -> None:
    """Check that everybody before a promoted person had ended; for people without refusals."""
    rows = select(
        QueueEntry.session_id, QueueEntry.rank, QueueEvent.id.label("end"), QueueEvent.kind
    ).outerjoin(
        QueueEvent, and_(QueueEvent.entry_id == QueueEntry.id, QueueEvent.kind.in_(END_STATES))
    )
    with reading() as session:
        entries = session.execute(rows.order_by(QueueEntry.id)).all()
    for entry in entries:
        if entry.kind == "booked":
            before = [
                earlier
                for earlier in entries
                if earlier.session_id == entry.session_id and earlier.rank < entry.rank
            ]
            assert all(earlier.end is not None and earlier.end < entry.end for earlier in before), (
                "somebody was overtaken"
            )


def waiting_for(session_id: int) -> Sequence[int]:
    """Who waits for a session, in their order."""
    query = select(QueueEntry.member_id).where(
        QueueEntry.session_id == session_id, QueueEntry.state == "waiting"
    )
    with reading() as session:
        return [*filter(None, session.scalars(query.order_by(QueueEntry.id)))]


def events_of(member_id: int) -> Sequence[str]:
    """What happened to a person in queues, in order."""
    query = select(QueueEvent.kind).join(QueueEntry, QueueEntry.id == QueueEvent.entry_id)
    with reading() as session:
        return session.scalars(
            query.where(QueueEntry.member_id == member_id).order_by(QueueEvent.id)
        ).all()
