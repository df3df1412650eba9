"""The doors that let nobody in now, and the bookings that need them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.access.doors_out import rules
from zone.access.doors_out.rules import AHEAD, LATE, SHUT, DoorPlace, DoorsOut
from zone.access.outages.queries import lasting_faults, open_outages
from zone.access.outages.rules import KEEP_ALL_OUT
from zone.access.shutdowns.queries import oldest_shutdowns
from zone.booking.activities.rules import KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.core.i18n import LANGUAGES
from zone.core.mail.questions import declare_question
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space


@dataclass(frozen=True, slots=True)
class AffectedBooking:
    """A booking whose way in does not work, and what is wrong on it."""

    booking: uuid.UUID
    member: int
    email: str
    language: str
    name: Mapping[str, str]
    space: Mapping[str, str]
    campus_name: str
    starts_at: datetime
    ends_at: datetime
    out: DoorsOut


def doors_out(session: Session) -> list[DoorsOut]:
    """Return the doors that let nobody in now; almost always none, in two statements."""
    faults = lasting_faults(session, KEEP_ALL_OUT)
    if not faults and not session.scalar(select(exists().where(Door.state.in_(SHUT)))):
        return []
    places, bridges = _places(session)
    outages = open_outages(session)
    episodes = dict(oldest_shutdowns(session))
    broken: set[int] = set()
    # By their beginning, so that a second fault of a door is no new episode.
    for key in sorted(faults, key=lambda key: (faults[key], key.kind)):
        doors = [key.door] if key.door is not None else _of_bridge(bridges, key.bridge)
        broken.update(doors)
        if (outage := outages.get(key)) is not None:
            for door in doors:
                episodes.setdefault(door, (outage.began_at, str(outage.public_id)))
    return rules.doors_out(places, broken, episodes)


def _of_bridge(bridges: Mapping[int, int | None], bridge: int) -> list[int]:
    return [door for door, drives in bridges.items() if drives == bridge]


def _places(session: Session) -> tuple[list[DoorPlace], dict[int, int | None]]:
    """Return every door with where it leads, and the bridge of each; no way out leads anywhere."""
    spaces: dict[int, set[int]] = defaultdict(set)
    for area_id, space_id in session.execute(select(AreaSpace.area_id, AreaSpace.space_id)):
        spaces[area_id].add(space_id)
    driven = and_(
        Bridge.id == Door.bridge_id, Bridge.enrolled_at.is_not(None), Bridge.revoked_at.is_(None)
    )
    rows = session.execute(
        select(Door, Area, Campus.code, Campus.name, Bridge.id)
        .join(Area, Area.id == Door.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .outerjoin(Bridge, driven)
        .where(Door.direction == "in")
        .order_by(Campus.code, Area.name, Door.name)
    ).all()
    places = [
        DoorPlace(
            door.id,
            door.name,
            area.id,
            area.name,
            campus,
            campus_name,
            area.kinds,
            frozenset(spaces[area.id]),
            area.always_open,
            door.state,
            bridge is not None,
        )
        for door, area, campus, campus_name, bridge in rows
    ]
    return places, {door.id: door.bridge_id for door, *_ in rows}


def affected_bookings(
    session: Session,
    now: datetime,
    *,
    member_id: int | None = None,
    booking: uuid.UUID | None = None,
) -> list[AffectedBooking]:
    """Return the bookings of the next hours that need a door which lets nobody in, by start.

    All of them, those of one member, or one booking.
    """
    found = doors_out(session)
    if not found:
        return []
    query = (
        select(Booking, Allocation, Space, Campus, Member)
        .join(Allocation, Allocation.id == Booking.session_id)
        .join(Space, Space.id == Allocation.space_id)
        .join(Campus, Campus.id == Space.campus_id)
        .join(Member, Member.id == Booking.member_id)
        .where(
            Booking.state == "booked",
            Allocation.state == "scheduled",
            Allocation.starts_at > now - LATE,
            Allocation.starts_at <= now + AHEAD,
            Allocation.ends_at > now,
            Campus.code.in_({out.place.campus for out in found}),
        )
        .order_by(Allocation.starts_at, Booking.id)
    )
    if member_id is not None:
        query = query.where(Booking.member_id == member_id)
    if booking is not None:
        query = query.where(Booking.public_id == booking)
    affected = []
    for row, allocation, space, campus, member in session.execute(query):
        out = _in_the_way(found, allocation, space, campus.code)
        if out is not None:
            affected.append(
                AffectedBooking(
                    row.public_id,
                    member.id,
                    member.email,
                    member.language,
                    {name: getattr(allocation, f"name_{name}") for name in LANGUAGES},
                    {name: getattr(space, f"name_{name}") for name in LANGUAGES},
                    campus.name,
                    allocation.starts_at,
                    allocation.ends_at,
                    out,
                )
            )
    return affected


def _in_the_way(
    found: Sequence[DoorsOut], allocation: Allocation, space: Space, campus: str
) -> DoorsOut | None:
    """Return what is wrong on the way to a session: what leaves no way first."""
    kind = KINDS[allocation.kind].right
    on_the_way = [
        out for out in found if rules.is_way_to(out.place, campus=campus, space=space.id, kind=kind)
    ]
    return min(
        on_the_way, key=lambda out: (out.kind != rules.LOCKDOWN, bool(out.others)), default=None
    )


def notices(
    session: Session, member_id: int, language: str, now: datetime
) -> Mapping[uuid.UUID, str]:
    """Return what a person must know of the door, by their bookings that need it soon."""
    return {
        one.booking: rules.sentence(one.out, language)
        for one in affected_bookings(session, now, member_id=member_id)
    }


def _is_affected(session: Session, booking: str, now: datetime) -> bool:
    return bool(affected_bookings(session, now, booking=uuid.UUID(booking)))


IS_AFFECTED: Final = declare_question("access.booking_door_out", _is_affected)
