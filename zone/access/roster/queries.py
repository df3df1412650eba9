"""The roster that doors get, the site of a bridge, and the pages of the change feed.

A holder is a pseudonym with keys and rights, never a name.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.changes import Changes, SharedGrant, StoredEnd
from firmware_bridge.wire.messages.holders import Holder, Key
from firmware_bridge.wire.messages.site import Area as AreaState
from firmware_bridge.wire.messages.site import Door as DoorState
from firmware_bridge.wire.messages.site import Release, Site
from firmware_bridge.wire.version import STORED_WIRE
from zone.access.areas.models import Area, AreaSpace
from zone.access.bridges.queries import wire_of
from zone.access.credentials.models import Credential
from zone.access.door_commands import queries as door_commands_queries
from zone.access.doors.models import Door
from zone.access.entries.queries import grants_elsewhere, last_entry
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.releases.queries import windows_of_doors
from zone.access.releases.rules import ReleaseWindow
from zone.access.roster.models import Feed
from zone.access.roster.rules import (
    booking_windows,
    limits_for_doors,
    needs_bookings,
    rights_for_doors,
)
from zone.booking.bookings.queries import booked_windows
from zone.core.config import Settings
from zone.core.time import Window, day_window, helsinki_date
from zone.members.people.models import Member
from zone.members.roster_marks.models import RosterMark
from zone.members.suspensions.queries import suspended_among
from zone.passes.pauses.queries import door_rights_of
from zone.places.campuses.models import Campus
from zone.places.opening_hours.queries import open_windows

# A door may be offline for 7 days: its opening hours must reach further.
WINDOWS_AHEAD: Final = timedelta(days=8)

PAGE: Final = 500  # marks in one answer


@dataclass(frozen=True, slots=True)
class FeedView:
    """The newest version of the change feed, and how many marks have no version yet.

    Marks get their version when the next bridge polls.
    """

    version: int
    waiting: int


def holders(session: Session, member_ids: Sequence[int], now: datetime) -> list[Holder]:
    """Return the state of each member that doors get, by member id."""
    keys = _keys(session, member_ids, now)
    rights = door_rights_of(session, member_ids, now)
    areas = areas_that_need_booking(session)
    # Each booking opens an area that needs one; elsewhere only passes for some sessions need them.
    booking = (
        member_ids if areas else [one for one in member_ids if needs_bookings(rights[one].held)]
    )
    booked = booked_windows(session, booking, now) if booking else {}
    suspended = suspended_among(session, member_ids, now)
    rows = session.execute(
        select(Member.id, Member.holder, Member.more_time)
        .where(Member.id.in_(member_ids))
        .order_by(Member.id)
    )
    return [
        Holder(
            holder,
            keys[member_id],
            rights_for_doors(rights[member_id].held, booked.get(member_id, ()), now),
            booking_windows(areas, booked.get(member_id, ())),
            member_id in suspended,
            more_time,
            rights_for_doors(rights[member_id].paused, (), now),
            *limits_for_doors(rights[member_id].held),
        )
        for member_id, holder, more_time in rows
    ]


def needs_row(holder: Holder) -> bool:
    """Return whether a snapshot needs this holder's row: without it they get a worse answer."""
    return bool(holder.keys or holder.rights or holder.pauses or holder.hours or holder.sessions)


def _keys(session: Session, member_ids: Sequence[int], now: datetime) -> dict[int, tuple[Key, ...]]:
    # A revoked key stays in the row until its certificate ends: a door that does not know the key
    # would accept it by its certificate.
    rows = session.execute(
        select(Credential.member_id, Credential.kid, Credential.point, Credential.revoked_at)
        .where(Credential.member_id.in_(member_ids))
        .where(or_(Credential.revoked_at.is_(None), Credential.certified_until > now))
        .order_by(Credential.id)
    )
    keys: dict[int, tuple[Key, ...]] = defaultdict(tuple)
    for member_id, kid, point, revoked_at in rows:
        keys[member_id] += (Key(kid, point, revoked_at is not None),)
    return keys


def areas_that_need_booking(session: Session) -> Mapping[int, Sequence[uuid.UUID]]:
    """Return the areas into which only who has booked comes, by their spaces."""
    query = select(AreaSpace.space_id, Area.public_id).join(Area, Area.id == AreaSpace.area_id)
    areas: dict[int, list[uuid.UUID]] = defaultdict(list)
    for space_id, public_id in session.execute(query.where(Area.needs_booking).order_by(Area.id)):
        areas[space_id].append(public_id)
    return areas


def site_of_bridge(
    session: Session, bridge_id: int, wire: int, now: datetime, keys_dir: Path
) -> Site:
    """Return the doors of a bridge and the issuers' public keys, in the words of version `wire`.

    The result stays the same all through a Helsinki day if nothing is edited.
    """
    return Site(
        doors(session, Door.bridge_id == bridge_id, now), issuer_queries.raw_issuers(keys_dir)
    ).spoken(wire)


def digest_of_site(site: Site) -> str:
    """Return the SHA-256 of a site's canonical JSON, in hexadecimal."""
    return sha256(
        json.dumps(site.to_json(), sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def doors(
    session: Session, condition: ColumnElement[bool], now: datetime, *, with_hours: bool = True
) -> tuple[DoorState, ...]:
    """Return the doors that meet the condition as bridges know them, with their opening hours.

    Without `with_hours` all are taken as always open.
    """
    rows = session.execute(
        select(Door, Area, Campus)
        .join(Area, Area.id == Door.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(condition)
        .order_by(Door.id)
    ).all()
    campuses = {campus.id for _, area, campus in rows if with_hours and not area.always_open}
    within = _days_ahead(now)
    hours = {campus: open_windows(session, campus, *within) for campus in campuses}
    opened = {
        door.id: None if area.always_open else hours.get(campus.id) for door, area, campus in rows
    }
    releases = windows_of_doors(session, opened, within) if with_hours else {}
    return tuple(
        DoorState(
            str(door.public_id),
            door.name,
            area_for_doors(
                area,
                area.public_id,
                campus.code,
                None if area.always_open else hours.get(campus.id),
            ),
            door.state,
            door.strike_ms,
            _releases(releases.get(door.id, ())),
            door.direction,
            door.held_warning_seconds,
            door.held_alarm_seconds,
        )
        for door, area, campus in rows
    )


def _days_ahead(now: datetime) -> Window:
    # Whole Helsinki days, so that the digest of the site changes once a day; from yesterday on, so
    # that opening hours past midnight are complete.
    start = day_window(helsinki_date(now) - timedelta(days=1))[0]
    return start, day_window(helsinki_date(now) + WINDOWS_AHEAD)[1]


def _releases(windows: Iterable[ReleaseWindow]) -> tuple[Release, ...]:
    return tuple(
        Release(int(one.start.timestamp()), int(one.end.timestamp()), one.first_person)
        for one in windows
    )


def area_for_doors(
    area: Any, public_id: uuid.UUID, campus: str, opened: Sequence[Window] | None
) -> AreaState:
    """Return an area as doors get it, from its row; `opened` None: always."""
    windows = tuple((int(start.timestamp()), int(end.timestamp())) for start, end in opened or ())
    return AreaState(
        str(public_id),
        campus,
        tuple(area.kinds),
        area.needs_booking,
        area.sensitive,
        None if opened is None else windows,
        area.passback,
        area.passback_seconds,
        area.occupancy_limit,
        area.stay_minutes,
    )


def has_unnumbered_marks(session: Session) -> bool:
    """Return whether marks wait for a version; at most polls none do, and nothing is written."""
    if session.get(Feed, 1) is None:
        return True
    return bool(session.scalar(select(exists().where(RosterMark.version.is_(None)))))


def has_epoch(session: Session, epoch: str) -> bool:
    """Return whether a bridge's epoch is the feed's. A new bridge ("") has nothing to upload."""
    return epoch in ("", session.scalar(select(Feed.epoch).where(Feed.id == 1)))


def changes(
    session: Session,
    bridge_id: int,
    *,
    after: int,
    epoch: str,
    site_digest: str,
    now: datetime,
    settings: Settings,
    grants_after: int | None = None,
) -> Changes:
    """Return the changes for a bridge that has the feed up to version `after`.

    Call `number` first if marks are `behind`. Where `more` is set, the bridge must ask again from
    the version in the answer. Each row is the member's whole state as it is now.
    """
    feed = session.get_one(Feed, 1)
    wire = wire_of(session, bridge_id)
    # A version beyond the feed's is from before a restore: the bridge needs a snapshot too.
    snapshot = epoch != feed.epoch or after > feed.version
    # Up to the version just read: what another poll numbers meanwhile comes with the next one.
    marks = session.execute(_marks(0 if snapshot else after, feed.version)).all()
    # A full page may also end exactly at the feed's version: then there is no other.
    more = len(marks) == PAGE and marks[-1].version < feed.version
    states = holders(session, sorted({mark.member_id for mark in marks}), now)
    site = site_of_bridge(session, bridge_id, wire, now, settings.keys)
    digest = digest_of_site(site)
    grants, seen = _grants(session, bridge_id, grants_after, now)
    return Changes(
        feed.epoch,
        marks[-1].version if more else feed.version,
        snapshot,
        more,
        # A snapshot leaves out people without keys and rights; a change must send them, or a door
        # would keep what they had.
        tuple(state.spoken(wire).to_json() for state in states if not snapshot or needs_row(state)),
        None if digest == site_digest else site,
        digest,
        tuple(
            command.to_json()
            for command in door_commands_queries.waiting_commands(session, bridge_id, wire, now)
        ),
        grants=grants,
        grants_seen=seen,
        stored=_stored_end(session, bridge_id) if wire >= STORED_WIRE else None,
    )


def _grants(
    session: Session, bridge_id: int, after: int | None, now: datetime
) -> tuple[tuple[SharedGrant, ...], int | None]:
    """Return who came in by other bridges, for one that asks for it; an older one does not."""
    if after is None:
        return (), None
    found = grants_elsewhere(session, bridge_id, after, now)
    grants = (
        SharedGrant(
            one.holder, str(one.area), one.kid, one.ts, int(one.at.timestamp()), one.leaving
        )
        for one in found.grants
    )
    return tuple(grants), found.seen


def _stored_end(session: Session, bridge_id: int) -> StoredEnd | None:
    """Return the last entry of a bridge: a journal that ends before it was cut, or is a copy."""
    end = last_entry(session, bridge_id)
    return None if end is None else StoredEnd(*end)


def _marks(after: int, until: int) -> Select[*tuple[int | None, int]]:
    return (
        select(RosterMark.version, RosterMark.member_id)
        .where(RosterMark.version > after, RosterMark.version <= until)
        .order_by(RosterMark.version)
        .limit(PAGE)
    )


def state_of_holder(
    session: Session, *, kid: bytes | None, holder: int | None, wire: int, now: datetime
) -> list[Holder]:
    """Return the present state of the holder of a key, or of a pseudonym; empty if unknown.

    In the words of version `wire`.
    """
    owner = select(Credential.member_id).where(Credential.kid == kid)
    member_id = session.scalar(owner) if kid is not None else None
    if member_id is None and holder is not None:
        member_id = session.scalar(select(Member.id).where(Member.holder == holder))
    found = [] if member_id is None else holders(session, [member_id], now)
    return [one.spoken(wire) for one in found]


def feed_status(session: Session) -> FeedView:
    """Return the state of the change feed."""
    waiting = select(func.count()).where(RosterMark.version.is_(None)).scalar_subquery()
    version, marks = session.execute(select(func.max(Feed.version), waiting)).one()
    return FeedView(version or 0, marks)
