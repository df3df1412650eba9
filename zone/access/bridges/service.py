"""Create and revoke bridges, and record the status that they report. Never commits."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.alarms import UNKNOWN_WORD, format_alarms, parse_alarms
from firmware_bridge.wire.messages.entries import CLOCKS
from zone.access.bridge_sign_on.models import BridgeToken
from zone.access.bridge_sign_on.service import enrolment_token
from zone.access.bridges.models import Bridge, DoorPolicy
from zone.access.bridges.queries import bridge_by_public_id, was_silent
from zone.core.audit.service import record_action
from zone.core.db.statements import insertion
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.row_records.service import write_recorded
from zone.core.versions import refuse_stale
from zone.places.campuses.queries import campus_by_code

# Bridges poll about once a second; `seen_at` is written only this often, which is exact enough
# against SILENCE (5 minutes).
NOTE_EVERY: Final = timedelta(seconds=30)
# What a bridge may call its software; another name is not shown.
SOFTWARE: Final = re.compile(r"[0-9A-Za-z.+~_-]{1,40}")
# 400 alarms of doors.
LONGEST_ALARMS: Final = 20_000


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """What a bridge reports of itself with each poll; None where an older version does not.

    `backlog` counts entries still to upload; `alarms` is the bridge's own list, as on the wire.
    """

    backlog: int = 0
    clock: str | None = None
    software: str | None = None
    roster_version: int | None = None
    alarms: str = ""


def read_status(
    clock: str | None,
    software: str | None,
    alarms: str,
    *,
    backlog: int,
    roster_version: int,
) -> BridgeStatus:
    """Return the status that a bridge reports, without what this version cannot read.

    An unknown word is one alarm more.
    """
    known = parse_alarms(alarms[:LONGEST_ALARMS])
    if clock not in (None, *CLOCKS):
        clock, known = None, known | {(UNKNOWN_WORD, "")}
    if software is not None and not SOFTWARE.fullmatch(software):
        software = None
    return BridgeStatus(backlog, clock, software, roster_version, format_alarms(known))


def add_bridge(
    session: Session, data: Mapping[str, Any], *, actor: Actor, now: datetime
) -> tuple[Bridge, str]:
    """Create a bridge as a member of staff; return it with its enrolment token.

    `data` is a loaded `NewBridgeSchema`.

    Raises:
        DomainError: not_found (campus), forbidden, name_taken.
    """
    campus = campus_by_code(session, data["campus"])
    actor.require(Permission.BRIDGES_WRITE, campus=campus.id)
    bridge, token = create_bridge(session, campus_id=campus.id, name=data["name"], now=now)
    _record(session, "bridge.create", bridge, actor, now, after=data)
    return bridge, token


def create_bridge(
    session: Session, *, campus_id: int, name: str, now: datetime
) -> tuple[Bridge, str]:
    """Insert a bridge that is not yet enrolled, without a check or an audit row.

    Returns it with its one-time enrolment token (256 bits, valid for 15 minutes).
    """
    bridge = Bridge(public_id=new_public_id(), campus_id=campus_id, name=name, created_at=now)
    session.add(bridge)
    session.flush()
    return bridge, enrolment_token(session, bridge, now)


def renew_enrolment_token(
    session: Session, bridge_id: uuid.UUID, *, actor: Actor, now: datetime
) -> str:
    """Return a new enrolment token of a bridge that is not yet enrolled; earlier ones end.

    Raises:
        DomainError: not_found, forbidden, bridge_enrolled.
    """
    bridge = bridge_by_public_id(session, bridge_id)
    actor.require(Permission.BRIDGES_WRITE, campus=bridge.campus_id)
    token = enrolment_token(session, bridge, now)
    _record(session, "bridge.renew_token", bridge, actor, now)
    return token


def revoke_bridge(session: Session, bridge_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Revoke a bridge for good; its next request is refused. Doing it again changes nothing.

    Raises:
        DomainError: not_found, forbidden.
    """
    bridge = bridge_by_public_id(session, bridge_id)
    actor.require(Permission.BRIDGES_WRITE, campus=bridge.campus_id)
    # The lock: of two at once the second finds it revoked.
    session.refresh(bridge, with_for_update=True)
    if bridge.revoked_at is not None:
        return
    bridge.revoked_at = now
    # Access tokens are looked up at each request, so the next one is refused.
    write_recorded(session, delete(BridgeToken).where(BridgeToken.bridge_id == bridge.id))
    session.flush()
    _record(session, "bridge.revoke", bridge, actor, now)


def set_last_unproven(
    session: Session, until: date | None, *, version: int, actor: Actor, now: datetime
) -> None:
    """Set the last day on which the word of bridges counts that cannot prove their entries.

    It holds for what is uploaded from now on; None: there is no last day.

    Raises:
        DomainError: forbidden, edited_meanwhile.
    """
    actor.require(Permission.BRIDGES_WRITE)
    # The row exists from the first change on: with it two first editors have something to lock.
    row = insertion(session, DoorPolicy).values(id=1)
    write_recorded(session, row.on_conflict_do_nothing(index_elements=["id"]))
    policy = session.scalars(select(DoorPolicy).with_for_update()).one()
    if policy.unproven_until == until:  # the second tap on the button
        return
    refuse_stale(policy.version, version, ["unproven_until"])
    before, policy.unproven_until = policy.unproven_until, until
    policy.version += 1
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="doors.set_last_unproven",
        object_kind="policy",
        object_id="doors",
        before={"unproven_until": before and before.isoformat()},
        after={"unproven_until": until and until.isoformat()},
        now=now,
    )


def _record(
    session: Session,
    action: str,
    bridge: Bridge,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any] | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="bridge",
        object_id=bridge.public_id,
        after=after,
        now=now,
    )


def has_news(session: Session, bridge_id: int, status: BridgeStatus, now: datetime) -> bool:
    """Return whether `note_contact` would change anything but the seconds of `seen_at`."""
    columns = (Bridge.backlog, Bridge.clock, Bridge.software, Bridge.roster_version, Bridge.told)
    row = session.execute(select(Bridge.seen_at, *columns).where(Bridge.id == bridge_id)).one()
    stored = BridgeStatus(*row[1:])
    # `abs`: a time to come was stored while the clock was wrong, and must not stay.
    return row.seen_at is None or abs(now - row.seen_at) >= NOTE_EVERY or stored != status


def store_status(session: Session, bridge_id: int, status: BridgeStatus, now: datetime) -> bool:
    """Store a bridge's sign of life and its status; return whether its alarms have changed."""
    # Before `seen_at` moves on: a connection is new where the last sign of life is too old.
    reconnected = or_(Bridge.seen_at.is_(None), was_silent(now))
    session.execute(
        update(Bridge).where(Bridge.id == bridge_id, reconnected).values(online_since=now)
    )
    alarms_before = session.scalar(select(Bridge.told).where(Bridge.id == bridge_id))
    session.execute(
        update(Bridge)
        .where(Bridge.id == bridge_id)
        .values(
            seen_at=now,
            backlog=status.backlog,
            clock=status.clock,
            software=status.software,
            roster_version=status.roster_version,
            told=status.alarms,
        )
    )
    return alarms_before != status.alarms
