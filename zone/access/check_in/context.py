"""Load what `decide` needs to judge a code at a door, in few statements."""

import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import DoorContext
from firmware_bridge.wire.messages.roster import Door as DoorState
from firmware_bridge.wire.messages.roster import Holder, Key
from zone.access.areas.models import Area
from zone.access.credentials.models import Credential
from zone.access.entries.models import UsedCode
from zone.access.issuer_keys import queries as issuer_queries
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
        roster_at=now.timestamp(),  # the server's data is never stale
    )


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
