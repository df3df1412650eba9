"""Create and revoke bridges, and record the status that they report. Never commits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from zone.access.bridge_sign_on.models import BridgeToken
from zone.access.bridge_sign_on.service import enrolment_token
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import SILENCE
from zone.core.ids import new_public_id

NOTE_EVERY: Final = timedelta(seconds=30)
"""A sign of life is written down this often, not at every poll."""


def create_bridge(
    session: Session, *, campus_id: int, name: str, now: datetime
) -> tuple[Bridge, str]:
    """A bridge that no box is yet, and the one-time token (256 bits, 15 minutes) that makes one of it."""
    bridge = Bridge(public_id=new_public_id(), campus_id=campus_id, name=name, created_at=now)
    session.add(bridge)
    session.flush()
    return bridge, enrolment_token(session, bridge, now)


def revoke(session: Session, bridge: Bridge, now: datetime) -> None:
    """End a bridge for good, from its next request on."""
    bridge.revoked_at = bridge.revoked_at or now
    session.execute(delete(BridgeToken).where(BridgeToken.bridge_id == bridge.id))
    session.flush()


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """What a bridge says of itself with each question: entries still to send, its clock's state, its software, the
    version of the roster that it has, and its alarms in its own words. None where an older one does not say."""

    backlog: int = 0
    clock: str | None = None
    software: str | None = None
    roster_version: int | None = None
    alarms: str = ""


def worth_noting(session: Session, bridge_id: int, told: BridgeStatus, now: datetime) -> bool:
    """Whether `note_contact` would say something new: saves a write at most polls."""
    known = (Bridge.backlog, Bridge.clock, Bridge.software, Bridge.roster_version, Bridge.told)
    row = session.execute(select(Bridge.seen_at, *known).where(Bridge.id == bridge_id)).one()
    return row.seen_at is None or now - row.seen_at >= NOTE_EVERY or BridgeStatus(*row[1:]) != told


def note_contact(session: Session, bridge_id: int, told: BridgeStatus, now: datetime) -> bool:
    """Write down that a bridge was heard, and what it says of itself; whether its alarms are other ones than before."""
    fresh = or_(Bridge.seen_at.is_(None), Bridge.seen_at < now - SILENCE)
    session.execute(update(Bridge).where(Bridge.id == bridge_id, fresh).values(online_since=now))
    before = session.scalar(select(Bridge.told).where(Bridge.id == bridge_id))
    values = {
        "backlog": told.backlog,
        "clock": told.clock,
        "software": told.software,
        "roster_version": told.roster_version,
        "told": told.alarms,
    }
    session.execute(update(Bridge).where(Bridge.id == bridge_id).values(seen_at=now, **values))
    return before != told.alarms
