"""Read what mails need: who gets them, where a session is, which reminders are due, what holds."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.queries import booking_counts
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings.models import Booking
from zone.booking.messages.rules import CONFIRMATIONS, LATE, REMINDER, Place
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.db.prepared_select import PreparedSelect
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import declare_question
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

# Made once: a mail is posted while others wait for the session.
_RECIPIENTS: Final = (
    select(Member).where(Member.id.in_(bindparam("member_ids", expanding=True))).order_by(Member.id)
)
_PLACE: Final = PreparedSelect(
    select(Space.name_fi, Space.name_sv, Space.name_en, Campus.name.label("campus"))
    .join(Campus, Campus.id == Space.campus_id)
    .where(Space.id == bindparam("space_id"))
)


def recipients(session: Session, member_ids: Sequence[int | None]) -> Sequence[Member]:
    """Return these members, by id; None is a person whom the retention job has removed."""
    return session.scalars(_RECIPIENTS, {"member_ids": member_ids}).all()


def waiting_recipients(
    session: Session, entry_ids: Sequence[int]
) -> list[tuple[uuid.UUID, Member]]:
    """Return these entries of waitlists with their members, without those removed by retention."""
    rows = session.execute(
        select(QueueEntry.public_id, Member)
        .join(Member, Member.id == QueueEntry.member_id)
        .where(QueueEntry.id.in_(entry_ids))
        .order_by(QueueEntry.id)
    )
    return [(public_id, member) for public_id, member in rows]


def last_bookings(
    session: Session, session_id: int, member_ids: Sequence[int]
) -> dict[int, uuid.UUID]:
    """Return the newest booking of each of these members in a session, cancelled or not."""
    rows = session.execute(
        select(Booking.member_id, Booking.public_id)
        .where(Booking.session_id == session_id, Booking.member_id.in_(member_ids))
        .order_by(Booking.id)
    )
    return {row.member_id: row.public_id for row in rows}


def place_of(session: Session, space_id: int) -> Place:
    """Return the names of a space and of its campus."""
    [place] = _PLACE.fetch(session.connection(), space_id=space_id)
    found: Place = place
    return found


def bookings_to_remind(
    session: Session, ahead: timedelta, now: datetime
) -> list[tuple[Booking, Allocation]]:
    """Return the bookings of sessions that start within `ahead`, with their sessions, by start."""
    rows = session.execute(
        select(Booking, Allocation)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(
            Booking.state == "booked",
            Allocation.state == "scheduled",
            Allocation.starts_at > now,
            Allocation.starts_at <= now + ahead,
        )
        .order_by(Allocation.starts_at, Booking.id)
    )
    # No reminder for a booking made after the reminder's time: its confirmation was just posted.
    return [
        (booking, allocation)
        for booking, allocation in rows
        if booking.created_at <= allocation.starts_at - ahead
    ]


def posted_keys(session: Session, keys: Iterable[str]) -> set[str | None]:
    """Return those of these keys that are in the outbox."""
    query = select(OutboxMail.dedupe).where(OutboxMail.dedupe.in_(list(keys)))
    return set(session.scalars(query))


def waiting_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of these keys whose mail has not left the outbox."""
    query = select(OutboxMail.dedupe).where(
        OutboxMail.dedupe.in_(list(keys)), OutboxMail.state == "waiting"
    )
    return {key for key in session.scalars(query) if key is not None}


class WaitingMail(NamedTuple):
    """A mail that has not left and says until when its booking can be cancelled."""

    key: str
    template: str
    booking: Booking
    allocation: Allocation


def waiting_with_limit(session: Session, now: datetime) -> list[WaitingMail]:
    """Return the mails about coming sessions that have not left and name a limit of cancelling,
    which may have passed meanwhile; the oldest first.
    """
    mails = session.execute(
        select(OutboxMail.dedupe, OutboxMail.template, OutboxMail.about)
        .where(
            OutboxMail.state == "waiting",
            OutboxMail.template.in_((REMINDER, *CONFIRMATIONS)),
            ~OutboxMail.dedupe.endswith(LATE),
            # Not those of version 0.1, which name no booking; nor what is not sent any more.
            OutboxMail.about.is_not(None),
            OutboxMail.not_after > now,
        )
        .order_by(OutboxMail.id)
    ).all()
    about = {uuid.UUID(mail.about) for mail in mails}
    rows = session.execute(
        select(Booking, Allocation)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Booking.public_id.in_(about), Allocation.starts_at > now)
    )
    booked = {booking.public_id: (booking, allocation) for booking, allocation in rows}
    return [
        WaitingMail(mail.dedupe, mail.template, *booked[uuid.UUID(mail.about)])
        for mail in mails
        if uuid.UUID(mail.about) in booked
    ]


def _is_booked(session: Session, booking: str, _now: datetime) -> bool:
    """Return whether a booking still gives its place."""
    query = (
        select(Booking.id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(
            Booking.public_id == uuid.UUID(booking),
            Booking.state == "booked",
            Allocation.state == "scheduled",
        )
    )
    return session.scalar(query) is not None


def _is_no_show(session: Session, booking: str, now: datetime) -> bool:
    """Return whether there still is a mark for a booking that counts: until a term wipes it."""
    return booking_counts(session, uuid.UUID(booking), now)


def _is_not_banned(session: Session, person: str, now: datetime) -> bool:
    """Return whether a person may book ahead."""
    member_id = session.scalar(select(Member.id).where(Member.public_id == uuid.UUID(person)))
    return member_id is not None and banned_until(session, member_id, now) is None


def _is_cancelled(session: Session, allocation: str, _now: datetime) -> bool:
    """Return whether a session is still cancelled."""
    query = select(Allocation.id).where(
        Allocation.public_id == uuid.UUID(allocation), Allocation.state == "cancelled"
    )
    return session.scalar(query) is not None


def _is_moved(session: Session, about: str, now: datetime) -> bool:
    """Return whether the session that a move cancelled is still cancelled.

    `about`: that session, the one that replaces it, and the person.
    """
    return _is_cancelled(session, about.split(maxsplit=1)[0], now)


def waiting_moves(session: Session, moved_to: uuid.UUID) -> list[tuple[Allocation, int, str]]:
    """Return who is still to be told, by a mail that waits, that a session is held as this one.

    These are (the session that was cancelled, the member, the key of the mail).
    """
    mails = session.execute(
        select(OutboxMail.about, OutboxMail.dedupe)
        .where(
            OutboxMail.state == "waiting",
            OutboxMail.question == MOVED.name,
            OutboxMail.about.contains(f" {moved_to} "),
        )
        .order_by(OutboxMail.id)
    ).all()
    found = []
    for about, key in mails:
        cancelled, _, person = map(uuid.UUID, (about or "").split())
        row = session.scalar(select(Allocation).where(Allocation.public_id == cancelled))
        member_id = session.scalar(select(Member.id).where(Member.public_id == person))
        if row is not None and member_id is not None and key is not None:
            found.append((row, member_id, key))
    return found


def _is_without_place(session: Session, about: str, _now: datetime) -> bool:
    """Return whether a person still neither waits for a session nor has a place in it.

    `about`: the session and the person.
    """
    allocation, person = map(uuid.UUID, about.split())
    booked = (
        select(Booking.id)
        .join(Member, Member.id == Booking.member_id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Booking.state != "cancelled")
    )
    waiting = (
        select(QueueEntry.id)
        .join(Member, Member.id == QueueEntry.member_id)
        .join(Allocation, Allocation.id == QueueEntry.session_id)
        .where(QueueEntry.state.in_(LIVE_STATES))
    )
    theirs = (Member.public_id == person, Allocation.public_id == allocation)
    return all(session.scalar(query.where(*theirs)) is None for query in (booked, waiting))


def _is_held_after_all(session: Session, about: str, now: datetime) -> bool:
    """Return whether a session that was cancelled is still held as a mail says, and a person has no
    place in it.

    `about`: the session, its sequence by then, and the person.
    """
    allocation, sequence, person = about.split()
    query = select(Allocation.id).where(
        Allocation.public_id == uuid.UUID(allocation),
        Allocation.state == "scheduled",
        Allocation.sequence == int(sequence),
    )
    held = session.scalar(query) is not None
    return held and _is_without_place(session, f"{allocation} {person}", now)


def _is_offered(session: Session, entry: str, now: datetime) -> bool:
    """Return whether a place is still kept for a waiting person."""
    query = select(QueueEntry.id).where(
        QueueEntry.public_id == uuid.UUID(entry), QueueEntry.offered_until > now
    )
    return session.scalar(query) is not None


def _is_waiting(session: Session, about: str, _now: datetime) -> bool:
    """Return whether a place in a queue has not ended, and its session has not moved again.

    `about`: the entry, and the number of the move that the mail tells of.
    """
    entry, *move = about.split()  # no move: posted by an earlier version
    query = (
        select(Allocation.sequence)
        .join(QueueEntry, QueueEntry.session_id == Allocation.id)
        .where(QueueEntry.public_id == uuid.UUID(entry), QueueEntry.state.in_(LIVE_STATES))
    )
    sequence = session.scalar(query)
    return sequence is not None and move in ([], [str(sequence)])


WAITING: Final = declare_question("booking.waiting", _is_waiting)
OFFERED: Final = declare_question("booking.offered", _is_offered)
BOOKED: Final = declare_question("booking.booked", _is_booked)
NO_SHOW: Final = declare_question("booking.no_show", _is_no_show)
NOT_BANNED: Final = declare_question("booking.not_banned", _is_not_banned)
CANCELLED: Final = declare_question("booking.session_cancelled", _is_cancelled)
MOVED: Final = declare_question("booking.session_moved", _is_moved)
HELD_AFTER_ALL: Final = declare_question("booking.held_after_all", _is_held_after_all)
WITHOUT_PLACE: Final = declare_question("booking.without_place", _is_without_place)
