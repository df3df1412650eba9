"""Enrol and revoke the keys of phones, and replace a lost phone. Never commits."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from zone.access.credentials import queries
from zone.access.credentials.errors import KEY_INVALID, KEY_TAKEN, TOO_MANY_KEYS
from zone.access.credentials.models import Credential, PhoneReplacement
from zone.access.credentials.queries import live_keys
from zone.access.issuer_keys import service as issuer_keys
from zone.booking.seats.service import lock_member
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor
from zone.core.text import visible_text
from zone.core.time import helsinki_date
from zone.members.people.service import lock_holder
from zone.members.roster_marks.service import mark_roster
from zone.members.sign_in_sessions.service import check_goes_on, end_all_sessions
from zone.passes.pass_rules.queries import pass_rules

# New keys of one person within 24 hours. A browser may lose its key (iOS deletes it after 7 idle
# days), but not several times a day.
KEYS_A_DAY: Final = 5
# 24 h back from now, not a calendar day: no second five become possible at midnight.
DAY: Final = timedelta(days=1)

CERTIFIED: Final = timedelta(days=400)

# A certificate is valid from this long before its issue, for doors whose clock is slow.
EARLIER: Final = timedelta(minutes=10)

# After this time the doors that are online have fetched a new key: the phone shows the short code.
DOORS_KNOW_WITHIN: Final = timedelta(minutes=15)
LONGEST_LABEL: Final = 60


@dataclass(frozen=True, slots=True)
class EnrolledKey:
    """A key that opens doors from now on.

    Until `known_from` the phone shows the long code, with the certificate.
    """

    kid: bytes
    certificate: bytes
    holder: int
    known_from: datetime


def enrol_key(
    session: Session,
    member_id: int,
    *,
    point: bytes,
    label: str,
    now: datetime,
    settings: Settings,
    actor: Actor | None = None,
) -> EnrolledKey:
    """Enrol the public key of a phone (65 or 33 bytes) as a member's, and certify it.

    Sending the same key again renews its certificate. `actor` is the member who asks for it.

    Raises:
        DomainError: key_invalid, key_taken (revoked, or another person's), too_many_devices;
            sign_in_needed: their session has just ended.
    """
    try:
        public = codes.load_point(point)
    except ValueError as error:
        raise DomainError(KEY_INVALID) from error
    # The lock: of two requests at once the second one counts the first one's key.
    holder = lock_holder(session, member_id)
    if actor is not None:  # the lost phone may ask while the desk ends its keys and its session
        check_goes_on(session, actor.session_id)
    credential = _own_key(session, member_id, codes.compute_kid(public))
    if credential is None:
        credential = _new_key(
            session, member_id, codes.compute_kid(public), codes.compress(public), label, now
        )
    credential.certified_until = now + CERTIFIED
    session.flush()
    mark_roster(session, [member_id], now)
    return EnrolledKey(
        credential.kid, _certify(credential, holder, now, settings), holder, now + DOORS_KNOW_WITHIN
    )


def _own_key(session: Session, member_id: int, kid: bytes) -> Credential | None:
    known = session.scalar(select(Credential).where(Credential.kid == kid))
    if known is not None and (known.member_id != member_id or known.revoked_at is not None):
        raise DomainError(KEY_TAKEN)
    return known


def _new_key(
    session: Session, member_id: int, kid: bytes, point: bytes, label: str, now: datetime
) -> Credential:
    # Keys from before a lost phone was replaced do not count towards the limit.
    since = max(now - DAY, queries.replaced_at(session, member_id) or now - DAY)
    recent = select(func.count()).where(
        Credential.member_id == member_id, Credential.created_at > since
    )
    if session.scalars(recent).one() >= KEYS_A_DAY:
        raise DomainError(TOO_MANY_KEYS)
    # [:-2], of 3 devices: all but the newest two, which leave room for the new key. `or None`: all,
    # where one device is the limit.
    for oldest in live_keys(session, member_id)[: 1 - most_devices(session, now) or None]:
        # Another request may have made it after `now`, while this one waited for the lock.
        oldest.revoked_at = max(now, oldest.created_at)
    key = Credential(
        kid=kid,
        point=point,
        member_id=member_id,
        label=visible_text(label)[:LONGEST_LABEL],
        created_at=now,
        certified_until=now + CERTIFIED,
    )
    session.add(key)
    return key


def most_devices(session: Session, now: datetime) -> int:
    """Return how many phones hold the pass of a person; one more ends the oldest."""
    return pass_rules(session, helsinki_date(now)).devices


def _certify(credential: Credential, holder: int, now: datetime, settings: Settings) -> bytes:
    number, key = issuer_keys.signing_key(settings.keys, now)
    nbf, exp = int((now - EARLIER).timestamp()), int(credential.certified_until.timestamp())
    return codes.issue_certificate(key, number, holder, credential.point, nbf=nbf, exp=exp)


def revoke_key(session: Session, member_id: int, kid: bytes, now: datetime) -> None:
    """Revoke a key of a member; repeating it changes nothing.

    Raises:
        DomainError: not_found.
    """
    key = session.scalar(
        select(Credential).where(Credential.kid == kid, Credential.member_id == member_id)
    )
    if key is None:
        raise DomainError(NOT_FOUND)
    # Not before its creation, which `ck_credential_order` would refuse.
    key.revoked_at = key.revoked_at or max(now, key.created_at)
    session.flush()
    mark_roster(session, [member_id], now)


def replace_phone(
    session: Session,
    member_id: int,
    *,
    actor_id: int,
    now: datetime,
    order_id: uuid.UUID | None = None,
) -> int:
    """Revoke all keys of a member and end their sign-in sessions; return how many keys.

    The keys so far no longer count towards the limit of new keys. `order_id` is the order that paid
    the fee of it. The caller authorises and audits.
    """
    # All keys, because the desk cannot tell which of them was on the lost phone.
    revoked = revoke_all_keys(session, member_id, now)
    end_all_sessions(session, member_id, now)
    session.add(
        PhoneReplacement(
            member_id=member_id,
            keys=revoked,
            occurred_at=now,
            recorded_by=actor_id,
            order_id=order_id,
        )
    )
    session.flush()
    return revoked


def revoke_all_keys(session: Session, member_id: int, now: datetime) -> int:
    """Revoke all keys of a member; return how many."""
    lock_member(session, member_id)
    live = select(Credential).where(
        Credential.member_id == member_id, Credential.revoked_at.is_(None)
    )
    # Row by row, because each change is recorded; a person has a few keys.
    revoked = session.scalars(live.execution_options(populate_existing=True)).all()
    for key in revoked:
        # One that was made while this waited for the lock is newer than `now`, and ends too.
        key.revoked_at = max(now, key.created_at)
    session.flush()
    mark_roster(session, [member_id], now)
    return len(revoked)
