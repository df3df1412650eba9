"""Alarms: opened once, cleared automatically, acknowledged by staff. Never commits.

Managers get a mail when a bridge goes offline.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.alarms import KINDS, heard
from zone.access.alarms.models import BridgeAlarm
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import SILENCE
from zone.access.doors.models import Door
from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import moment
from zone.core.ids import new_public_id
from zone.core.mail import service as mail
from zone.members.people.models import Member
from zone.members.roles.models import RoleGrant
from zone.places.campuses.models import Campus

LASTING: Final = and_(BridgeAlarm.seq.is_(None), BridgeAlarm.cleared_at.is_(None))


def take_in(session: Session, bridge_id: int, told: str, now: datetime) -> None:
    """Bring the alarms of a bridge to what it says of itself: new ones begin, those that it tells no more are over."""
    own = {str(door): id_ for door, id_ in session.execute(_doors(bridge_id))}
    lasting = {(kind, own.get(door)) for kind, door in heard(told) if not door or door in own}
    of_bridge = and_(BridgeAlarm.bridge_id == bridge_id, BridgeAlarm.kind.in_(KINDS), LASTING)
    known = session.execute(
        select(BridgeAlarm.id, BridgeAlarm.kind, BridgeAlarm.door_id).where(of_bridge)
    ).all()
    over = [id_ for id_, kind, door in known if (kind, door) not in lasting]
    session.execute(update(BridgeAlarm).where(BridgeAlarm.id.in_(over)).values(cleared_at=now))
    begin(session, [(bridge_id, kind, door) for kind, door in lasting], now)


def _doors(bridge_id: int) -> Any:
    return select(Door.public_id, Door.id).where(Door.bridge_id == bridge_id)


def begin(
    session: Session, found: Iterable[tuple[int, str, int | None]], now: datetime
) -> list[int]:
    """Open alarms for (bridge, kind, door) where there are none; the bridges of those that are new."""
    rows = [
        {
            "public_id": new_public_id(),
            "bridge_id": bridge,
            "kind": kind,
            "door_id": door,
            "recorded_at": now,
        }
        for bridge, kind, door in sorted(found, key=lambda one: (one[0], one[1], one[2] or 0))
    ]
    return [row.bridge_id for row in insert_new(session, BridgeAlarm, rows, BridgeAlarm.bridge_id)]


def watch_silence(session: Session, now: datetime) -> list[int]:
    """Open an alarm for each bridge in use that has not been heard for 5 minutes, and end those of bridges that are
    back, or revoked; the bridges that have just gone silent."""
    in_use = and_(Bridge.enrolled_at.is_not(None), Bridge.revoked_at.is_(None))
    heard_at = or_(
        Bridge.seen_at < now - SILENCE,
        and_(Bridge.seen_at.is_(None), Bridge.enrolled_at < now - SILENCE),
    )
    silent = session.scalars(select(Bridge.id).where(in_use, heard_at)).all()
    session.execute(
        update(BridgeAlarm)
        .where(BridgeAlarm.kind == "offline", LASTING, BridgeAlarm.bridge_id.not_in(silent))
        .values(cleared_at=now)
    )
    return begin(session, [(bridge, "offline", None) for bridge in silent], now)


def acknowledge(session: Session, alarm: uuid.UUID, *, actor_id: int, now: datetime) -> None:
    """Say that somebody has seen to an alarm; who was first stays.

    Raises:
        DomainError: not_found.
    """
    found = session.scalar(
        select(BridgeAlarm).where(BridgeAlarm.public_id == alarm).with_for_update()
    )
    if found is None:
        raise DomainError(NOT_FOUND)
    if found.acknowledged_at is not None:
        return
    found.acknowledged_at, found.acknowledged_by = now, actor_id
    session.flush()
    record_action(
        session,
        actor_id=actor_id,
        action="alarm.acknowledge",
        object_kind="alarm",
        object_id=alarm,
        after=found.kind,
        now=now,
    )


def mail_managers(
    session: Session, bridge_ids: Collection[int], *, url: str, now: datetime
) -> None:
    """Tell every manager of bridges that have gone silent; `url` is that of the status page."""
    if not bridge_ids:
        return
    query = (
        select(Bridge, Campus.name)
        .join(Campus, Campus.id == Bridge.campus_id)
        .where(Bridge.id.in_(bridge_ids))
    )
    silent = session.execute(query.order_by(Bridge.id)).all()
    live = select(RoleGrant.member_id).where(
        RoleGrant.role == "manager", RoleGrant.revoked_at.is_(None)
    )
    for manager in session.scalars(
        select(Member).where(Member.id.in_(live)).order_by(Member.id)
    ).all():
        for bridge, campus in silent:
            seen = moment(bridge.seen_at or bridge.enrolled_at or now, manager.language)
            params = {"name": bridge.name, "campus": campus, "seen": seen, "url": url}
            mail.post(
                session,
                to=manager.email,
                template="access/bridge_offline",
                language=manager.language,
                params=params,
                now=now,
            )
