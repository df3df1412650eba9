"""Keys in phones, areas and doors, who may not enter, and judging a code. Never commits."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision, Facts, decide
from firmware_bridge.wire.roster import Door as DoorState
from firmware_bridge.wire.roster import Holder, Key
from zone.access import keys, lost_phones, roster
from zone.access.errors import KEY_INVALID, KEY_TAKEN, TOO_MANY_KEYS
from zone.access.models import Area, AreaSpace, Credential, Door, Suspension, UsedCode
from zone.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.core.text import tidy
from zone.members.models import Member
from zone.members.service import mark_roster

DEVICES: Final = 3
"""Live keys of one person; one more takes the place of the oldest."""
KEYS_A_DAY: Final = 5
"""New keys of one person within 24 hours. A browser may lose its key, but not all day long."""
CERTIFIED: Final = timedelta(days=400)
EARLIER: Final = timedelta(minutes=10)
"""How long before its making a certificate already holds, for doors whose clock is late."""
DOORS_KNOW_WITHIN: Final = timedelta(minutes=15)
"""After this the doors have pulled a new key's row, and the short code will do."""
LONGEST_LABEL: Final = 60


@dataclass(frozen=True, slots=True)
class EnrolledKey:
    """A key that opens doors from now on; until `known_from` the phone shows the long code with its certificate."""

    kid: bytes
    certificate: bytes
    holder: int
    known_from: datetime


def enrol_key(
    session: Session, member_id: int, *, point: bytes, label: str, now: datetime, settings: Settings
) -> EnrolledKey:
    """Take the public key of a phone (65 or 33 bytes) as a person's. Sending it again gives a fresh certificate.

    Raises:
        DomainError: key_invalid, key_taken (revoked, or another person's), too_many_devices.
    """
    try:
        public = codes.load_point(point)
    except ValueError as error:
        raise DomainError(KEY_INVALID) from error
    holder = session.execute(select(Member.holder).where(Member.id == member_id).with_for_update()).scalar_one()
    credential = _own_key(session, member_id, codes.kid_of(public))
    if credential is None:
        credential = _new_key(session, member_id, codes.kid_of(public), codes.compress(public), label, now)
    credential.certified_until = now + CERTIFIED
    session.flush()
    mark_roster(session, [member_id], now)
    return EnrolledKey(credential.kid, _certify(credential, holder, now, settings), holder, now + DOORS_KNOW_WITHIN)


def _own_key(session: Session, member_id: int, kid: bytes) -> Credential | None:
    known = session.scalar(select(Credential).where(Credential.kid == kid))
    if known is not None and (known.member_id != member_id or known.revoked_at is not None):
        raise DomainError(KEY_TAKEN)
    return known


def _new_key(session: Session, member_id: int, kid: bytes, point: bytes, label: str, now: datetime) -> Credential:
    since = max(now - _DAY, lost_phones.replaced_at(session, member_id) or now - _DAY)
    recent = select(func.count()).where(Credential.member_id == member_id, Credential.created_at > since)
    if session.scalars(recent).one() >= KEYS_A_DAY:
        raise DomainError(TOO_MANY_KEYS)
    for oldest in live_keys(session, member_id)[: 1 - DEVICES or None]:
        oldest.revoked_at = max(now, oldest.created_at)  # made by another request while this one waited
    key = Credential(
        kid=kid,
        point=point,
        member_id=member_id,
        label=tidy(label)[:LONGEST_LABEL],
        created_at=now,
        certified_until=now + CERTIFIED,
    )
    session.add(key)
    return key


_DAY: Final = timedelta(days=1)


def _certify(credential: Credential, holder: int, now: datetime, settings: Settings) -> bytes:
    number, key = keys.signing_key(settings.keys, now)
    nbf, exp = int((now - EARLIER).timestamp()), int(credential.certified_until.timestamp())
    return codes.issue_certificate(key, number, holder, credential.point, nbf=nbf, exp=exp)


def live_keys(session: Session, member_id: int) -> Sequence[Credential]:
    """A person's phones, the oldest first."""
    query = select(Credential).where(Credential.member_id == member_id, Credential.revoked_at.is_(None))
    return session.scalars(query.order_by(Credential.created_at, Credential.id)).all()


def revoke_key(session: Session, member_id: int, kid: bytes, now: datetime) -> None:
    """Take a phone off a person's pass; doing it again changes nothing.

    Raises:
        DomainError: not_found.
    """
    key = session.scalar(select(Credential).where(Credential.kid == kid, Credential.member_id == member_id))
    if key is None:
        raise DomainError(NOT_FOUND)
    key.revoked_at = key.revoked_at or max(now, key.created_at)
    session.flush()
    mark_roster(session, [member_id], now)


def suspend(
    session: Session, member_id: int, *, reason: str, ends_at: datetime | None, now: datetime, recorded_by: int
) -> Suspension:
    """Bar a person from every door from now until `ends_at`, or until it is lifted."""
    suspension = Suspension(
        public_id=new_public_id(),
        member_id=member_id,
        reason=reason,
        starts_at=now,
        ends_at=ends_at,
        recorded_at=now,
        recorded_by=recorded_by,
    )
    session.add(suspension)
    session.flush()
    mark_roster(session, [member_id], now)
    return suspension


def lift(session: Session, suspension: uuid.UUID, now: datetime) -> Suspension:
    """End a suspension early.

    Raises:
        DomainError: not_found.
    """
    found = session.scalar(select(Suspension).where(Suspension.public_id == suspension))
    if found is None:
        raise DomainError(NOT_FOUND)
    found.lifted_at = found.lifted_at or now
    session.flush()
    mark_roster(session, [found.member_id], now)
    return found


def create_area(
    session: Session, *, campus_id: int, name: str, kinds: Sequence[str], space_ids: Iterable[int] = (), **options: Any
) -> Area:
    """An area of a campus, with the spaces that it holds; `options` are the other columns of Area."""
    area = Area(public_id=new_public_id(), campus_id=campus_id, name=name, kinds=list(kinds), **options)
    session.add(area)
    session.flush()
    session.add_all(AreaSpace(area_id=area.id, space_id=space_id) for space_id in sorted(set(space_ids)))
    session.flush()
    return area


def create_door(session: Session, *, area_id: int, bridge_id: int | None, name: str, strike_ms: int = 5000) -> Door:
    """A door into an area. `strike_ms` is how long its strike is held (15 000 where the way is accessible)."""
    door = Door(public_id=new_public_id(), area_id=area_id, bridge_id=bridge_id, name=name, strike_ms=strike_ms)
    session.add(door)
    session.flush()
    return door


def judge(session: Session, door: uuid.UUID, code: bytes, now: datetime, *, settings: Settings) -> Decision:
    """What the door would say of a code now: the same rule over the same kind of facts. Nothing is stored.

    Raises:
        DomainError: not_found (the door).
    """
    found = roster.doors(session, Door.public_id == door, now)
    if not found:
        raise DomainError(NOT_FOUND)
    return decide(_facts(session, found[0], code, now, settings), now.timestamp())


def _facts(session: Session, door: DoorState, code: bytes, now: datetime, settings: Settings) -> Facts:
    try:
        token = codes.parse(code)
    except codes.TokenError as error:
        return Facts(error, door, None, None)
    key, holder = _known(session, token, now)
    area_id = session.scalars(select(Area.id).where(Area.public_id == uuid.UUID(door.area.area))).one()
    used = select(UsedCode.id).where(UsedCode.kid == token.kid, UsedCode.ts == token.ts, UsedCode.area_id == area_id)
    return Facts(
        token,
        door,
        key,
        holder,
        issuers=keys.issuers(settings.keys),
        replayed=session.scalar(used) is not None,
        last_grant=_last_grant(session, token.kid, area_id),
        roster_at=now.timestamp(),
    )


def _known(session: Session, token: codes.Token, now: datetime) -> tuple[Key | None, Holder | None]:
    """The key and its holder as the roster has them; by the certificate's holder where the key is not known."""
    owner = session.scalar(select(Credential.member_id).where(Credential.kid == token.kid))
    if owner is None and token.cert is not None:
        owner = session.scalar(select(Member.id).where(Member.holder == token.cert.holder))
    if owner is None:
        return None, None
    (holder,) = roster.holders(session, [owner], now)
    return next((key for key in holder.keys if key.kid == token.kid), None), holder


def _last_grant(session: Session, kid: bytes, area_id: int) -> float | None:
    query = select(func.max(UsedCode.occurred_at)).where(UsedCode.kid == kid, UsedCode.area_id == area_id)
    at = session.scalar(query)
    return None if at is None else at.timestamp()
