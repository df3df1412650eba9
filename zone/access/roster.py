"""What the doors may know: holders as pseudonyms with keys and rights, never a name; and the site of a bridge."""

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import roster as wire
from zone.access import keys
from zone.access.models import Area, AreaSpace, Credential, Door, Suspension
from zone.access.rules import SLOT_EARLY
from zone.booking.queries import BookedSlot, slots_of
from zone.core.time import Window, day_window, helsinki_date
from zone.members.models import Member
from zone.passes.queries import PassRight, rights_of
from zone.places.models import Campus
from zone.places.queries import open_windows

WINDOWS_AHEAD: Final = timedelta(days=8)
"""A door may be on its own for 7 days: its opening hours reach beyond."""


def holders(session: Session, member_ids: Sequence[int], now: datetime) -> list[wire.Holder]:
    """The whole state of each member as the doors may know it, in the order of their rows."""
    keys_of, rights, slots = (
        _keys(session, member_ids, now),
        rights_of(session, member_ids, now),
        _slots(session, member_ids, now),
    )
    suspended = suspended_among(session, member_ids, now)
    rows = session.execute(select(Member.id, Member.holder).where(Member.id.in_(member_ids)).order_by(Member.id))
    return [
        wire.Holder(holder, keys_of[id_], _rights(rights.get(id_, [])), slots[id_], id_ in suspended)
        for id_, holder in rows
    ]


def says_something(holder: wire.Holder) -> bool:
    """Whether a fresh roster needs a row for this holder: it has keys or rights."""
    return bool(holder.keys or holder.rights)


def _keys(session: Session, member_ids: Sequence[int], now: datetime) -> dict[int, tuple[wire.Key, ...]]:
    """Live keys, and revoked ones for as long as their certificate could still speak for them."""
    rows = session.execute(
        select(Credential.member_id, Credential.kid, Credential.point, Credential.revoked_at)
        .where(Credential.member_id.in_(member_ids))
        .where(or_(Credential.revoked_at.is_(None), Credential.certified_until > now))
        .order_by(Credential.id)
    )
    found: dict[int, tuple[wire.Key, ...]] = defaultdict(tuple)
    for member_id, kid, point, revoked_at in rows:
        found[member_id] += (wire.Key(kid, point, revoked_at is not None),)
    return found


def _rights(rights: Iterable[PassRight]) -> tuple[wire.Right, ...]:
    return tuple(
        wire.Right(right.kind, right.campuses, int(right.valid_from.timestamp()), int(right.valid_until.timestamp()))
        for right in rights
    )


def _slots(session: Session, member_ids: Sequence[int], now: datetime) -> dict[int, tuple[wire.Slot, ...]]:
    """Bookings of spaces whose area needs one; the door lets in a little before the start."""
    areas = _booked_areas(session)
    booked = slots_of(session, member_ids, now) if areas else {}
    found: dict[int, tuple[wire.Slot, ...]] = defaultdict(tuple)
    for member_id, slots in booked.items():
        found[member_id] = tuple(_slot(area, slot) for slot in slots for area in areas.get(slot.space_id, ()))
    return found


def _booked_areas(session: Session) -> Mapping[int, Sequence[uuid.UUID]]:
    query = select(AreaSpace.space_id, Area.public_id).join(Area, Area.id == AreaSpace.area_id)
    areas: dict[int, list[uuid.UUID]] = defaultdict(list)
    for space_id, public_id in session.execute(query.where(Area.needs_booking).order_by(Area.id)):
        areas[space_id].append(public_id)
    return areas


def _slot(area: uuid.UUID, slot: BookedSlot) -> wire.Slot:
    return wire.Slot(str(area), int((slot.start - SLOT_EARLY).timestamp()), int(slot.end.timestamp()))


def suspended_among(session: Session, member_ids: Sequence[int], now: datetime) -> Collection[int]:
    """Which of the members may not use the doors now."""
    query = select(Suspension.member_id).where(Suspension.member_id.in_(member_ids), in_force(now))
    return set(session.scalars(query))


def in_force(now: datetime) -> ColumnElement[bool]:
    """The suspensions that hold at `now`."""
    return and_(
        Suspension.starts_at <= now,
        or_(Suspension.ends_at.is_(None), Suspension.ends_at > now),
        or_(Suspension.lifted_at.is_(None), Suspension.lifted_at > now),
    )


def site(session: Session, bridge_id: int, now: datetime, keys_dir: Path) -> wire.Site:
    """The doors of a bridge, and the issuers that it may trust. The same all through a Helsinki day."""
    return wire.Site(doors(session, Door.bridge_id == bridge_id, now), keys.raw_issuers(keys_dir))


def digest(site: wire.Site) -> str:
    """A short name for this very site: SHA-256 of its canonical JSON, in hexadecimal."""
    return sha256(json.dumps(site.to_json(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def doors(session: Session, which: ColumnElement[bool], now: datetime) -> tuple[wire.Door, ...]:
    """Doors as a bridge knows them, with the opening hours of the days ahead."""
    rows = session.execute(
        select(Door, Area, Campus)
        .join(Area, Area.id == Door.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(which)
        .order_by(Door.id)
    ).all()
    hours = {campus.id: _hours(session, campus.id, now) for campus in {campus for _, _, campus in rows}}
    return tuple(
        wire.Door(str(door.public_id), door.name, _area(area, campus, hours), door.state, door.strike_ms)
        for door, area, campus in rows
    )


def _hours(session: Session, campus_id: int, now: datetime) -> Sequence[Window]:
    """From the start of yesterday, so that a night that began then is whole, and the answer holds for the day."""
    start = day_window(helsinki_date(now) - timedelta(days=1))[0]
    end = day_window(helsinki_date(now) + WINDOWS_AHEAD)[1]
    return open_windows(session, campus_id, start, end)


def _area(area: Area, campus: Campus, hours: Mapping[int, Sequence[Window]]) -> wire.Area:
    windows = tuple((int(start.timestamp()), int(end.timestamp())) for start, end in hours[campus.id])
    return wire.Area(
        str(area.public_id),
        campus.code,
        tuple(area.kinds),
        area.needs_booking,
        area.sensitive,
        None if area.always_open else windows,
        area.passback,
        area.passback_seconds,
    )
