"""Load what `decide` needs to judge a code, or a person, at a door, in few statements."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import DoorContext
from firmware_bridge.wire.messages.holders import Holder, Key
from firmware_bridge.wire.messages.site import Area as AreaState
from firmware_bridge.wire.messages.site import Door as DoorState
from zone.access.areas.models import Area
from zone.access.credentials.models import Credential
from zone.access.doors.models import Door
from zone.access.entries.models import UsedCode
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.occupancy.queries import holders_inside, last_left
from zone.access.roster import queries as roster_queries
from zone.access.roster.rules import (
    booking_windows,
    limits_for_doors,
    needs_bookings,
    rights_for_doors,
)
from zone.access.visits.models import Visit
from zone.booking.bookings.queries import booked_windows
from zone.core.config import Settings
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import require_first
from zone.core.time import helsinki_date
from zone.members.eligibility import queries as eligibility_queries
from zone.members.eligibility.models import EligibilityProof
from zone.members.institutions.models import Institution
from zone.members.people.models import Member
from zone.members.suspensions.models import Suspension
from zone.members.suspensions.queries import in_force
from zone.passes.pass_rights.queries import HELD_PASS, LIVE, held_pass_in, rights_in
from zone.passes.passes.models import Pass
from zone.passes.passes.rules import UsablePass
from zone.passes.pauses.queries import pauses_in
from zone.places.campuses.models import Campus
from zone.places.opening_hours.queries import HOURS, hours_around, is_open_in, with_hours


def door_context(
    session: Session, door: DoorState, code: bytes, now: datetime, settings: Settings
) -> DoorContext:
    """Return the context of a code at a door, with the roster as it is now."""
    try:
        token = codes.parse(code)
    except codes.TokenError as error:
        return DoorContext(error, door, None, None)
    # The same inputs as at the door, from the server's tables instead of the bridge's stores.
    owner = _owner(session, token)
    key, holder = _key_and_holder(session, token, owner, now)
    area_id = session.scalars(
        select(Area.id).where(Area.public_id == uuid.UUID(door.area.area))
    ).one()
    person = None if holder is None else holder.holder
    presence = presence_of(session, door.area, area_id, person, now)
    used = select(UsedCode.id).where(
        UsedCode.kid == token.kid,
        UsedCode.ts == token.ts,
        UsedCode.area_id == area_id,
        UsedCode.leaving == (door.direction == "out"),
    )
    return DoorContext(
        token,
        door,
        key,
        holder,
        issuers=issuer_queries.issuers(settings.keys),
        replayed=session.scalar(used) is not None,
        last_grant=_last_grant(session, owner, area_id),
        last_left=None if presence.left_at is None else presence.left_at.timestamp(),
        people_inside=presence.people,
        is_inside=presence.is_inside,
        roster_at=now.timestamp(),  # the server's data is never stale
    )


@dataclass(frozen=True, slots=True)
class PersonAtDoor:
    """A person, locked until the transaction ends, and the door by which they want to come in.

    `door` is as it was when the lock was asked for, without times at which it is open to everybody.
    """

    member_id: int
    person: uuid.UUID
    holder: int
    more_time: bool
    door: DoorState
    door_id: int
    area_id: int
    campus_id: int


@dataclass(frozen=True, slots=True)
class PersonKnown:
    """What is known of a person at a door, and the state of the door, under the person's lock.

    `last_visit` is to the door's area; `institution` is the person's today.
    """

    door_state: str
    holder: Holder
    passes: Sequence[UsablePass]
    last_visit: datetime | None
    institution: str | None


_member, _door, _area = Member.__table__, Door.__table__, Area.__table__
_proof, _institution = EligibilityProof.__table__, Institution.__table__
_campus, _visit, _suspension = Campus.__table__, Visit.__table__, Suspension.__table__
NAMED_APART: Final = ("id", "public_id", "campus_id", "name", "version")
"""Columns of an area that others in the statement have too, or that nobody asks for."""

_PERSON_AT_DOOR: Final = PreparedSelect(
    select(
        _member.c.id.label("member_id"),
        _member.c.holder,
        _member.c.more_time,
        _door.c.id.label("door_id"),
        _door.c.name,
        _door.c.state,
        _door.c.strike_ms,
        _door.c.direction,
        _area.c.id.label("area_id"),
        _area.c.public_id.label("area"),
        _area.c.campus_id,
        *(column for column in _area.c if column.name not in NAMED_APART),
        _campus.c.code.label("campus"),
        *HOURS,
    )
    .select_from(
        with_hours(
            _member.join(_door, _door.c.public_id == bindparam("door"))
            .join(_area, _area.c.id == _door.c.area_id)
            .join(_campus, _campus.c.id == _area.c.campus_id),
            _campus.c.id,
        )
    )
    .where(_member.c.public_id == bindparam("person"))
    # NO KEY UPDATE, as `people.service.lock_member`.
    .with_for_update(key_share=True, of=_member)
)
_last_visit = (
    select(func.max(_visit.c.occurred_at))
    .where(
        _visit.c.area_id == bindparam("area_id"),
        _visit.c.member_id == _member.c.id,
        _visit.c.retracted_at.is_(None),
    )
    .correlate(_member)
    .scalar_subquery()
)
# One row for each of their passes with each proof and suspension: one or two, seldom more.
_PERSON_KNOWN: Final = PreparedSelect(
    select(
        _door.c.state.label("door_state"),
        _last_visit.label("last_visit"),
        _suspension.c.id.label("suspension_id"),
        _institution.c.code.label("institution"),
        _proof.c.valid_until,
        *eligibility_queries.PROOF,
        *HELD_PASS,
    )
    .select_from(
        eligibility_queries.with_proofs(
            _member.join(_door, _door.c.id == bindparam("door_id"))
            .outerjoin(
                _suspension,
                and_(_suspension.c.member_id == _member.c.id, in_force(bindparam("now"))),
            )
            .outerjoin(Pass.__table__, and_(Pass.member_id == _member.c.id, LIVE)),
            _member.c.id,
        )
    )
    .where(_member.c.id == bindparam("member_id"))
)


def person_at_door(
    connection: Connection, person: uuid.UUID, door: uuid.UUID, now: datetime
) -> PersonAtDoor:
    """Lock a person, and return them with a door, in one statement.

    Raises:
        DomainError: not_found (the person or the door).
    """
    rows = _PERSON_AT_DOOR.fetch(connection, person=person, door=door, **hours_around(now))
    row = require_first(rows)
    opened = [(now, now + timedelta(seconds=1))] if is_open_in(rows, now) else []
    area = roster_queries.area_for_doors(
        row, row.area, row.campus, None if row.always_open else opened
    )
    state = DoorState(str(door), row.name, area, row.state, row.strike_ms, direction=row.direction)
    return PersonAtDoor(
        row.member_id,
        person,
        row.holder,
        row.more_time,
        state,
        row.door_id,
        row.area_id,
        row.campus_id,
    )


def person_known(session: Session, asked: PersonAtDoor, now: datetime) -> PersonKnown:
    """Return what is known of a person at a door now, in one statement.

    Bookings take another one, or two where the area needs one.
    """
    # After the statement that locks: on PostgreSQL it sees what was there when it began to wait.
    rows = _PERSON_KNOWN.fetch(
        session.connection(),
        member_id=asked.member_id,
        door_id=asked.door_id,
        area_id=asked.area_id,
        day=helsinki_date(now),
        today=helsinki_date(now),
        now=now,
    )
    passes = {row.pass_id: row for row in rows if row.pass_id is not None}.values()
    rights = [right for row in passes for right in rights_in(row)]
    needs_booking = asked.door.area.needs_booking
    booked = (
        booked_windows(session, [asked.member_id], now)[asked.member_id]
        if needs_booking or needs_bookings(rights)
        else ()
    )
    areas = roster_queries.areas_that_need_booking(session) if needs_booking else {}
    holder = Holder(
        asked.holder,
        (),
        rights_for_doors(rights, booked, now),
        booking_windows(areas, booked),
        any(row.suspension_id is not None for row in rows),
        asked.more_time,
        rights_for_doors((right for row in passes for right in pauses_in(row, now)), (), now),
        *limits_for_doors(rights),
    )
    admitted = [row for row in rows if eligibility_queries.is_admitted(row)]
    longest = max(admitted, key=lambda row: row.valid_until, default=None)
    return PersonKnown(
        rows[0].door_state,
        holder,
        [held_pass_in(row) for row in passes],
        rows[0].last_visit,
        None if longest is None else longest.institution,
    )


@dataclass(frozen=True, slots=True)
class PersonPresence:
    """How many people are inside an area, whether a person is, and when they last left it."""

    people: int = 0
    is_inside: bool = False
    left_at: datetime | None = None


def presence_of(
    session: Session, area: AreaState, area_id: int, holder: int | None, now: datetime
) -> PersonPresence:
    """Return who is inside, where a limit asks for it, and when a person left, where a rule does.

    Most areas ask for neither, and cost no statement.
    """
    left = None
    if area.passback == "hard" and holder is not None:
        left = last_left(session, area_id, holder)
    if area.occupancy_limit is None:
        return PersonPresence(left_at=left)
    inside = holders_inside(session, area_id, now)
    return PersonPresence(len(inside), holder in inside, left)


def _owner(session: Session, token: codes.Token) -> int | None:
    """Return whose key it is; of an unknown key, the one that its certificate names."""
    owner = session.scalar(select(Credential.member_id).where(Credential.kid == token.kid))
    if owner is None and token.cert is not None:
        owner = session.scalar(select(Member.id).where(Member.holder == token.cert.holder))
    return owner


def _key_and_holder(
    session: Session, token: codes.Token, owner: int | None, now: datetime
) -> tuple[Key | None, Holder | None]:
    """Return the key and its holder as the roster has them."""
    if owner is None:
        return None, None
    (holder,) = roster_queries.holders(session, [owner], now)
    return next((key for key in holder.keys if key.kid == token.kid), None), holder


def _last_grant(session: Session, owner: int | None, area_id: int) -> float | None:
    # By the person, not the key: three phones of one pass would let three people in.
    query = (
        select(func.max(UsedCode.occurred_at))
        .join(Credential, Credential.kid == UsedCode.kid)
        .where(Credential.member_id == owner, UsedCode.area_id == area_id, ~UsedCode.leaving)
    )
    at = session.scalar(query)
    return None if at is None else at.timestamp()
