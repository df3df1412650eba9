"""Load what `decide` needs to judge a code at a door, in few statements."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import DoorContext
from firmware_bridge.wire.messages.holders import Holder, Key
from firmware_bridge.wire.messages.site import Area as AreaState
from firmware_bridge.wire.messages.site import Door as DoorState
from zone.access.areas.models import Area
from zone.access.credentials.models import Credential
from zone.access.entries.models import UsedCode
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.occupancy.queries import holders_inside, last_left
from zone.access.roster import queries as roster_queries
from zone.core.config import Settings
from zone.members.people.models import Member


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
