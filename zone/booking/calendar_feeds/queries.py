"""Read what feeds contain: a person's bookings and places in queues, and public sessions."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session, aliased

from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.allocations.models import Allocation, AllocationEvent
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.calendar_feeds.models import CalendarFeed
from zone.booking.calendar_feeds.rules import key_digest
from zone.booking.calendar_feeds.views import (
    CampusFeeds,
    EventState,
    FeedEvent,
    OwnFeed,
    PublicFeed,
    PublicFeeds,
)
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.views import Names
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import Window
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

# The table, not the model: only its own columns are read, and no object is made.
_class_session = ClassSession.__table__
_instructor = aliased(Member)

_CHANGED: Final = (
    select(func.max(AllocationEvent.recorded_at))
    .where(AllocationEvent.allocation_id == Allocation.id)
    .correlate(Allocation)
    .scalar_subquery()
)
# What `_event` reads by name; each SELECT adds its own `own_change`.
_COLUMNS: Final = (
    Allocation.sequence,
    Allocation.starts_at,
    Allocation.ends_at,
    Allocation.name_fi,
    Allocation.name_sv,
    Allocation.name_en,
    Campus.name.label("campus"),
    Space.name_fi.label("space_fi"),
    Space.name_sv.label("space_sv"),
    Space.name_en.label("space_en"),
    Allocation.state,
    _CHANGED.label("changed_at"),
)


@dataclass(frozen=True, slots=True)
class FeedOfKey:
    """A feed that a key opens, with the language of its person."""

    id: int
    member_id: int
    language: str
    fetched_at: datetime | None


def feed_of_key(session: Session, key: str) -> FeedOfKey | None:
    """Return the feed that a key opens; None where no feed has it, or no longer."""
    row = session.execute(
        select(CalendarFeed.id, Member.id, Member.language, CalendarFeed.fetched_at)
        .join(Member, Member.id == CalendarFeed.member_id)
        .where(CalendarFeed.digest == key_digest(key))
    ).first()
    return FeedOfKey(*row) if row else None


def own_feed(session: Session, member_id: int) -> OwnFeed | None:
    """Return a person's feed; None where they have none."""
    row = session.execute(own_feeds(member_id)).first()
    return OwnFeed(*row) if row else None


def has_feed(session: Session, member_id: int) -> bool:
    """Return whether a person has a feed."""
    return own_feed(session, member_id) is not None


def own_feeds(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the SELECT of a member's own feed, for the export of their data."""
    return select(CalendarFeed.created_at, CalendarFeed.fetched_at).where(
        CalendarFeed.member_id == member_id
    )


def own_events(session: Session, member_id: int, window: Window) -> list[FeedEvent]:
    """Return a person's bookings and places in queues of a time, cancelled bookings too."""
    return sorted(
        [*_bookings(session, member_id, window), *_waiting(session, member_id, window)],
        key=lambda event: (event.starts_at, event.id),
    )


def _bookings(session: Session, member_id: int, window: Window) -> list[FeedEvent]:
    query = _placed(
        select(
            Booking.public_id,
            Booking.state.label("booking_state"),
            _newest(BookingEvent.recorded_at, BookingEvent.booking_id == Booking.id, Booking),
            *_COLUMNS,
        ).join(Allocation, Allocation.id == Booking.session_id),
        window,
    ).where(Booking.member_id == member_id)
    return [
        _event(
            row,
            row.public_id,
            "cancelled" if "cancelled" in (row.booking_state, row.state) else "confirmed",
            "/bookings",
        )
        for row in session.execute(query)
    ]


def _waiting(session: Session, member_id: int, window: Window) -> list[FeedEvent]:
    """Return the places in queues. One that has ended is left out: nothing had been promised."""
    query = _placed(
        select(
            QueueEntry.public_id,
            QueueEntry.state.label("entry_state"),
            _newest(QueueEvent.recorded_at, QueueEvent.entry_id == QueueEntry.id, QueueEntry),
            *_COLUMNS,
        ).join(Allocation, Allocation.id == QueueEntry.session_id),
        window,
    ).where(QueueEntry.member_id == member_id, QueueEntry.state.in_(LIVE_STATES))
    return [
        _event(
            row,
            row.public_id,
            "offered" if row.entry_state == "offered" else "waiting",
            "/bookings",
        )
        for row in session.execute(query)
    ]


def _newest(column: Any, condition: ColumnElement[bool], of: type[Any]) -> Any:
    newest: ScalarSelect[Any] = (
        select(func.max(column)).where(condition).correlate(of).scalar_subquery()
    )
    return newest.label("own_change")


def _placed(query: Select[*tuple[Any, ...]], window: Window) -> Select[*tuple[Any, ...]]:
    """Return the SELECT with space and campus joined, of what starts in `window`."""
    return (
        query.outerjoin(Space, Space.id == Allocation.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .where(Allocation.starts_at >= window[0], Allocation.starts_at < window[1])
    )


def _event(row: Any, id_: uuid.UUID, state: EventState, path: str) -> FeedEvent:
    return FeedEvent(
        id=id_,
        state=state,
        changes=row.sequence,
        changed_at=max(at for at in (row.changed_at, row.own_change) if at is not None),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        name={"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en},
        place=(row.campus, _names_of_space(row)) if row.campus else None,
        path=path,
    )


def _names_of_space(row: Any) -> Names:
    return {"fi": row.space_fi, "sv": row.space_sv, "en": row.space_en}


def campus_events(session: Session, code: str, window: Window) -> tuple[Names, list[FeedEvent]]:
    """Return the name of a campus, and its public sessions of a time, cancelled ones too.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(select(Campus.id, Campus.name).where(Campus.code == code)).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return _same(row.name), _public(session, Space.campus_id == row.id, window)


def space_events(
    session: Session, space: uuid.UUID, window: Window
) -> tuple[Names, list[FeedEvent]]:
    """Return the name of a space with its campus, and its public sessions as `campus_events`.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(_SPACES.where(Space.public_id == space)).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    names = {code: f"{row.campus}, {name}" for code, name in _names_of_space(row).items()}
    return names, _public(session, Space.public_id == space, window)


def instructor_events(
    session: Session, instructor: uuid.UUID, window: Window
) -> tuple[Names, list[FeedEvent]]:
    """Return the name of an instructor, and their public sessions as `campus_events`.

    Raises:
        DomainError: not_found, also for whoever has led nothing that everybody sees: a feed says of
            nobody else that they are known to the service.
    """
    # At any time, not in the window: in a summer without classes a calendar would meet an error.
    name = session.scalar(
        select(Member.name).where(
            Member.public_id == instructor,
            Member.id.in_(_shown(_class_session.c.instructor_id)),
        )
    )
    if not name:
        raise DomainError(NOT_FOUND)
    return _same(name), _public(session, _instructor.public_id == instructor, window)


def _public(session: Session, condition: ColumnElement[bool], window: Window) -> list[FeedEvent]:
    query = (
        _placed(
            select(Allocation.public_id, _CHANGED.label("own_change"), *_COLUMNS).join(
                _class_session, _class_session.c.id == Allocation.id
            ),
            window,
        )
        .outerjoin(_instructor, _instructor.id == _class_session.c.instructor_id)
        .where(Allocation.kind.not_in(STAFF_KINDS), condition)
        .order_by(Allocation.starts_at, Allocation.id)
    )
    return [
        _event(
            row,
            row.public_id,
            "cancelled" if row.state == "cancelled" else "confirmed",
            f"/classes/{row.public_id}",
        )
        for row in session.execute(query)
    ]


_SPACES: Final = (
    select(
        Space.public_id,
        Space.name_fi.label("space_fi"),
        Space.name_sv.label("space_sv"),
        Space.name_en.label("space_en"),
        Campus.code,
        Campus.name.label("campus"),
    )
    .join(Campus, Campus.id == Space.campus_id)
    .order_by(Campus.name, Campus.id, Space.name_en, Space.id)
)


def _shown(column: Any, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the SELECT of a column of the sessions that everybody sees."""
    return (
        select(column)
        .join_from(Allocation, _class_session, _class_session.c.id == Allocation.id)
        .where(Allocation.kind.not_in(STAFF_KINDS), *conditions)
    )


def public_feeds(session: Session, window: Window) -> PublicFeeds:
    """Return the feeds of the places and instructors that have a public session in `window`."""
    held = (Allocation.starts_at >= window[0], Allocation.starts_at < window[1])
    # IN, not EXISTS: the sessions of the time are read once, not once for each person.
    spaces = session.execute(_SPACES.where(Space.id.in_(_shown(Allocation.space_id, *held))))
    leaders = _shown(_class_session.c.instructor_id, *held)
    people = session.execute(
        select(Member.public_id, Member.name)
        .where(Member.name != "", Member.id.in_(leaders))
        .order_by(Member.name, Member.id)
    )
    return PublicFeeds(
        _by_campus(spaces.all()),
        [
            PublicFeed(f"/calendar/instructors/{row.public_id}.ics", _same(row.name))
            for row in people
        ],
    )


def _by_campus(rows: Sequence[Any]) -> list[CampusFeeds]:
    return [
        CampusFeeds(
            PublicFeed(f"/calendar/campuses/{code}.ics", _same(campus)),
            [
                PublicFeed(f"/calendar/spaces/{row.public_id}.ics", _names_of_space(row))
                for row in spaces
            ],
        )
        for (code, campus), spaces in groupby(rows, key=lambda row: (row.code, row.campus))
    ]


def _same(name: str) -> Names:
    return dict.fromkeys(("fi", "sv", "en"), name)
