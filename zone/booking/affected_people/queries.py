"""Read whom a move or a cancellation of sessions concerns, as it is before the change."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.affected_people.rules import (
    CancelledSession,
    SessionChange,
    reasons_against_coming,
    what_becomes,
)
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.context import WITH_ACTIVITY, request_of
from zone.booking.bookings.models import Booking
from zone.booking.bookings.rules import BookingHolder
from zone.booking.moves.models import FirstRight
from zone.booking.moves.rules import AffectedPerson, MovedSession, Place
from zone.booking.sessions.queries import may_see_people
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.errors import ErrorCode
from zone.core.identity import Actor
from zone.core.time import Window
from zone.members.people.models import Member
from zone.members.suspensions.queries import suspensions_from
from zone.passes.pass_rights.queries import rights_of
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

People = dict[uuid.UUID, tuple[AffectedPerson, ...]]
"""The people of each session: those who booked by the order of booking, then the queue."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """Somebody who has a place in a session, or waits for one."""

    member: Member
    place: Place


def affected_people(
    session: Session, actor: Actor, changes: Sequence[SessionChange], now: datetime
) -> People:
    """Return the people of each session that is changed, and what becomes of them."""
    by_id = {change.session: change for change in changes}
    rows = {
        row.id: row
        for row in session.scalars(
            select(Allocation).where(Allocation.public_id.in_(by_id)).options(WITH_ACTIVITY)
        )
    }
    holders = _holders(session, rows)
    members = sorted({holder.member.id for found in holders.values() for holder in found})
    others = _windows_after(session, members, rows, by_id)
    rights = rights_of(session, members, now)
    suspensions = suspensions_from(session, members, now)
    campuses = _campus_codes(session, [change.after.space_id for change in changes if change.after])

    def reasons(row: Allocation, change: SessionChange, member_id: int) -> tuple[ErrorCode, ...]:
        if change.after is None:
            return ()
        starts_at, ends_at = change.after.span
        moved = replace(
            request_of(row, campuses.get(change.after.space_id)),
            starts_at=starts_at,
            ends_at=ends_at,
        )
        person = BookingHolder(rights[member_id], suspensions[member_id])
        return reasons_against_coming(person, moved, others[member_id], now)

    people: People = dict.fromkeys(by_id, ())
    for row in rows.values():
        change, named = by_id[row.public_id], may_see_people(session, row, actor)
        people[row.public_id] = tuple(
            _person(holder, change, reasons(row, change, holder.member.id), named=named)
            for holder in holders[row.id]
        )
    return people


def with_people(
    session: Session,
    actor: Actor,
    moved: Sequence[MovedSession],
    cancelled: Sequence[CancelledSession],
    now: datetime,
) -> tuple[tuple[MovedSession, ...], tuple[CancelledSession, ...]]:
    """Return what a change would move and cancel, with its people, who are as they were before it.

    All at once: a person may have booked several of the sessions.
    """
    changes = [
        *(SessionChange(one.session, one.after, one.outcome) for one in moved),
        *(SessionChange(one.session) for one in cancelled),
    ]
    people = affected_people(session, actor, changes, now)
    return (
        tuple(replace(one, people=people[one.session]) for one in moved),
        tuple(replace(one, people=people[one.session]) for one in cancelled),
    )


def _person(
    holder: _Holder, change: SessionChange, reasons: tuple[ErrorCode, ...], *, named: bool
) -> AffectedPerson:
    member = holder.member
    found = AffectedPerson(
        holder.place, what_becomes(holder.place, change.outcome, reasons), reasons
    )
    return replace(found, id=member.public_id, name=member.name or member.email) if named else found


def _holders(session: Session, session_ids: Iterable[int]) -> dict[int, list[_Holder]]:
    found: dict[int, list[_Holder]] = defaultdict(list)
    booked = (
        select(Booking.session_id, Member)
        .join(Member, Member.id == Booking.member_id)
        .where(Booking.session_id.in_(session_ids), Booking.state == "booked")
        .order_by(Booking.id)
    )
    for session_id, member in session.execute(booked):
        found[session_id].append(_Holder(member, "booked"))
    queued = (
        select(QueueEntry, Member, FirstRight.id.is_not(None))
        .join(Member, Member.id == QueueEntry.member_id)
        .outerjoin(FirstRight, FirstRight.entry_id == QueueEntry.id)
        .where(QueueEntry.session_id.in_(session_ids), QueueEntry.state.in_(LIVE_STATES))
        .order_by(QueueEntry.rank)
    )
    for entry, member, first_right in session.execute(queued):
        kept: Place = "first_right" if first_right else "offered"
        place = kept if entry.state == "offered" else "waiting"
        found[entry.session_id].append(_Holder(member, place))
    return found


def _windows_after(
    session: Session,
    members: Sequence[int],
    rows: Mapping[int, Allocation],
    changes: Mapping[uuid.UUID, SessionChange],
) -> dict[int | None, dict[int, Window]]:
    """Return the times of each member's bookings by session, as they are after the changes."""
    found: dict[int | None, dict[int, Window]] = {member: {} for member in members}
    booked = (
        select(Booking.member_id, Allocation.id, Allocation.starts_at, Allocation.ends_at)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Booking.member_id.in_(members), Booking.state == "booked")
    )
    for member_id, session_id, starts_at, ends_at in session.execute(booked):
        changed = changes[rows[session_id].public_id] if session_id in rows else None
        if changed and changed.outcome in (None, "first_right"):
            continue
        moved = changed.after.span if changed and changed.after else (starts_at, ends_at)
        found[member_id][session_id] = moved
    return found


def _campus_codes(session: Session, space_ids: Iterable[int | None]) -> dict[int | None, str]:
    query = (
        select(Space.id, Campus.code)
        .join(Campus, Campus.id == Space.campus_id)
        .where(Space.id.in_({space_id for space_id in space_ids if space_id is not None}))
    )
    return {row.id: row.code for row in session.execute(query)}
