"""Read bookings: those of a person, those that doors need, and free sessions like a full one."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.bookings import rules
from zone.booking.bookings.context import (
    WITH_ACTIVITY,
    booker_state,
    request_of,
)
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.bookings.rules import BookedWindow, BookingHolder
from zone.booking.bookings.views import BookingView
from zone.booking.policies.queries import policies
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import (
    queue_length_of,
    view_of,
)
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.members.suspensions.queries import suspensions_from
from zone.passes.pass_rights.queries import rights_of
from zone.places.campuses import queries as campuses_queries
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

PAST_SHOWN: Final = timedelta(days=120)
WINDOWS_BACK: Final = timedelta(hours=1)
WINDOWS_AHEAD: Final = timedelta(days=8)
"""A door stores the bookings of the days for which it may be offline, and of the past hour."""

MEMBERS_AT_ONCE: Final = 500
"""Members whose rights are read in one statement."""

# The table, not the model: two threads that first load an aliased polymorphic entity at once find
# no column of its kind (NoSuchColumnError).
_class_session = ClassSession.__table__
_queue_length = queue_length_of(Booking.session_id).correlate(Booking).scalar_subquery()
# What `_booking` takes. Made once: a booking is answered while others wait for the session.
_OWN: Final = (
    select(
        Booking,
        Allocation,
        Space,
        Campus,
        QueueEntry.id,
        _queue_length,
        Activity.id,
        Activity.category,
        Activity.level,
        Activity.root,
        AttendanceMark.id,
    )
    .join(Allocation, Allocation.id == Booking.session_id)
    .outerjoin(_class_session, _class_session.c.id == Allocation.id)
    .outerjoin(Activity, Activity.id == _class_session.c.activity_id)
    .outerjoin(Space, Space.id == Allocation.space_id)
    .outerjoin(Campus, Campus.id == Space.campus_id)
    .outerjoin(QueueEntry, QueueEntry.booking_id == Booking.id)
    .outerjoin(AttendanceMark, AttendanceMark.booking_id == Booking.id)
    .where(Booking.member_id == bindparam("member_id"))
)
_OWN_BOOKING: Final = _OWN.where(Booking.public_id == bindparam("booking"))


def bookings(session: Session, member_id: int, now: datetime) -> list[BookingView]:
    """Return a person's bookings by start, from four months ago on, with reservations of spaces."""
    query = _OWN.where(Allocation.starts_at > now - PAST_SHOWN)
    rows = session.execute(
        query.order_by(Allocation.starts_at, Booking.id), {"member_id": member_id}
    )
    held_to = policies(session.connection(), now, member_id)
    return [_booking(held_to, *row) for row in rows]


def booking_view(
    session: Session, member_id: int, public_id: uuid.UUID, now: datetime
) -> BookingView:
    """Return one of a person's bookings.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(_OWN_BOOKING, {"member_id": member_id, "booking": public_id}).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return _booking(policies(session.connection(), now, member_id), *row)


def _booking(
    held_to: Policies,
    booking: Booking,
    allocation: Allocation,
    space: Space | None,
    campus: Campus | None,
    entry_id: int | None,
    queue_length: int,
    activity_id: int | None,
    category: str | None,
    level: str | None,
    root: uuid.UUID | None,
    mark_id: int | None,
) -> BookingView:
    view = view_of(
        allocation,
        # A reservation has no activity: people do there what they like.
        (activity_id, category or allocation.kind, level or "everybody", root),
        space,
        campus,
        booking.public_id,
        queue_length,
        booked_at=booking.created_at,
        promised_until=booking.cancel_until,
    )
    return BookingView(
        booking.public_id,
        booking.state,
        view,
        entry_id is not None,
        booking.companions,
        view.cancel_until(held_to),
        booking.excused_at is not None,
        campuses_queries.map_of(campus) if campus else None,
        mark_id is not None,
    )


def with_reasons(session: Session, views: Sequence[BookingView]) -> list[BookingView]:
    """Return the bookings with the reasons of those that others have cancelled."""
    cancelled = [view.id for view in views if view.state == "cancelled"]
    rows = session.execute(
        select(Booking.public_id, BookingEvent.reason)
        .join(BookingEvent, BookingEvent.booking_id == Booking.id)
        .where(Booking.public_id.in_(cancelled), BookingEvent.kind == "cancelled")
        .order_by(BookingEvent.id)
    )
    reasons = {row.public_id: row.reason for row in rows}
    return [replace(view, reason=reasons.get(view.id)) for view in views]


def booked_windows(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, list[BookedWindow]]:
    """Return each member's live bookings that a door needs; every member is a key."""
    return windows_between(session, member_ids, now - WINDOWS_BACK, now + WINDOWS_AHEAD)


def windows_between(
    session: Session, member_ids: Collection[int], first: datetime, last: datetime
) -> dict[int, list[BookedWindow]]:
    """Return each member's live bookings of spaces in a time; every member is a key."""
    windows: dict[int, list[BookedWindow]] = {member_id: [] for member_id in member_ids}
    rows = session.execute(
        select(
            Booking.member_id,
            Allocation.space_id,
            Allocation.starts_at,
            Allocation.ends_at,
            Allocation.kind,
            Activity.root,
        )
        .join(Allocation, Allocation.id == Booking.session_id)
        .outerjoin(_class_session, _class_session.c.id == Allocation.id)
        .outerjoin(Activity, Activity.id == _class_session.c.activity_id)
        .where(
            Booking.member_id.in_(windows),
            Booking.state != "cancelled",
            Allocation.state != "cancelled",
            Allocation.space_id.is_not(None),
            Allocation.ends_at > first,
            Allocation.starts_at < last,
        )
        .order_by(Allocation.starts_at, Allocation.id)
    )
    for member_id, space_id, start, end, kind, root in rows:
        if space_id is not None and member_id is not None:
            windows[member_id].append(BookedWindow(space_id, start, end, kind, root))
    return windows


def live_booking(session: Session, session_id: int, member_id: int) -> Booking | None:
    """Return the live booking of a person in a session."""
    return session.scalar(
        select(Booking).where(
            Booking.session_id == session_id,
            Booking.member_id == member_id,
            Booking.state != "cancelled",
        )
    )


def members_booked_between(session: Session, after: datetime, until: datetime) -> list[int]:
    """Return the members with a live booking in a space that starts in (after, until]."""
    return list(
        session.scalars(
            select(Booking.member_id)
            .join(Allocation, Allocation.id == Booking.session_id)
            .where(
                Booking.state != "cancelled",
                Allocation.state != "cancelled",
                Allocation.space_id.is_not(None),
                # Half-open to the left: windows of two runs of the job meet without a gap or an
                # overlap.
                Allocation.starts_at > after,
                Allocation.starts_at <= until,
            )
            .distinct()
        )
    )


def reasons_against_holding(
    session: Session, member_id: int, allocation: Allocation, now: datetime
) -> list[ErrorCode]:
    """Return why a person may not hold a booking of a session at its start; empty: they may."""
    person = booker_state(session.connection(), member_id, now)
    campus = session.scalar(
        select(Campus.code)
        .join(Space, Space.campus_id == Campus.id)
        .where(Space.id == allocation.space_id)
    )
    requested = request_of(allocation, campus)
    return rules.may_hold(person, requested, allocation.starts_at)


def unheld_bookings(session: Session, member_ids: Sequence[int], now: datetime) -> list[int]:
    """Return the bookings of these members to come that they may not hold, by session."""
    query = select(Booking.id, Booking.member_id).where(Booking.state == "booked")
    return _unheld(
        session, query.join(Allocation, Allocation.id == Booking.session_id), member_ids, now
    )


def unheld_entries(session: Session, member_ids: Sequence[int], now: datetime) -> list[int]:
    """Return the waitlist entries of these members that could not become bookings, by session."""
    query = select(QueueEntry.id, QueueEntry.member_id).where(QueueEntry.state.in_(LIVE_STATES))
    return _unheld(
        session, query.join(Allocation, Allocation.id == QueueEntry.session_id), member_ids, now
    )


def _unheld(
    session: Session,
    query: Select[int, int | None],
    member_ids: Sequence[int],
    now: datetime,
) -> list[int]:
    member = query.selected_columns[1]
    unheld = []
    for first in range(0, len(member_ids), MEMBERS_AT_ONCE):
        some = member_ids[first : first + MEMBERS_AT_ONCE]
        rights = rights_of(session, some, now)
        suspensions = suspensions_from(session, some, now)
        rows = session.execute(
            query.add_columns(Allocation, Campus.code)
            .outerjoin(Space, Space.id == Allocation.space_id)
            .outerjoin(Campus, Campus.id == Space.campus_id)
            .options(WITH_ACTIVITY)
            .where(member.in_(some), Allocation.state == "scheduled", Allocation.starts_at > now)
            .order_by(Allocation.id, query.selected_columns[0])
        )
        for id_, member_id, allocation, campus in rows:
            person = BookingHolder(rights[member_id], suspensions[member_id])
            requested = request_of(allocation, campus)
            if rules.may_hold(person, requested, allocation.starts_at):
                unheld.append(id_)
    return unheld


def own_bookings(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's bookings, for the export of one's own data."""
    return (
        select(Allocation.name_en.label("session"), Allocation.starts_at, Booking.state)
        .join(Booking, Booking.session_id == Allocation.id)
        .where(Booking.member_id == member_id)
    )
