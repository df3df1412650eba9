"""Faults that keep people out now, and outages."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from zone.access.alarms.models import BridgeAlarm
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.access.outages.models import Outage
from zone.access.outages.rules import KEEP_OUT, LATELY, FaultKey
from zone.core.mail.questions import declare_question
from zone.places.campuses.models import Campus

# What a revoked bridge reported last stays as it was: only that it is revoked counts. An alarm of a
# door that another bridge drives now is over.
STILL_ITS_OWN: Final = and_(
    or_(Bridge.revoked_at.is_(None), BridgeAlarm.kind == "revoked"),
    or_(BridgeAlarm.door_id.is_(None), Door.bridge_id == BridgeAlarm.bridge_id),
)


def lasting_faults(
    session: Session, kinds: Collection[str] = KEEP_OUT
) -> Mapping[FaultKey, datetime]:
    """Return the alarms of these kinds that last, with their beginning."""
    # An offline alarm opens 5 minutes after the last sign of life, which may be of a wrong clock.
    silent_since = func.coalesce(Bridge.seen_at, Bridge.enrolled_at, BridgeAlarm.recorded_at)
    began = case(
        (and_(BridgeAlarm.kind == "offline", silent_since < BridgeAlarm.recorded_at), silent_since),
        else_=BridgeAlarm.recorded_at,
    )
    rows = session.execute(
        select(BridgeAlarm.bridge_id, BridgeAlarm.kind, BridgeAlarm.door_id, began)
        .join(Bridge, Bridge.id == BridgeAlarm.bridge_id)
        .outerjoin(Door, Door.id == BridgeAlarm.door_id)
        .where(
            BridgeAlarm.seq.is_(None),
            BridgeAlarm.cleared_at.is_(None),
            BridgeAlarm.kind.in_(kinds),
            STILL_ITS_OWN,
        )
    )
    return {FaultKey(bridge, kind, door): since for bridge, kind, door, since in rows}


def open_outages(session: Session) -> Mapping[FaultKey, Outage]:
    """Return the outages that are not over."""
    rows = session.scalars(select(Outage).where(Outage.ended_at.is_(None)).order_by(Outage.id))
    return {FaultKey(row.bridge_id, row.kind, row.door_id): row for row in rows}


def earlier_outages(session: Session, now: datetime) -> Mapping[FaultKey, int]:
    """Return how many outages of each fault have begun in the last 24 hours and are over."""
    rows = session.execute(
        select(Outage.bridge_id, Outage.kind, Outage.door_id, func.count())
        .where(Outage.ended_at.is_not(None), Outage.began_at > now - LATELY)
        .group_by(Outage.bridge_id, Outage.kind, Outage.door_id)
    )
    return {FaultKey(bridge, kind, door): count for bridge, kind, door, count in rows}


def last_seen(session: Session, since: datetime) -> Mapping[FaultKey, datetime]:
    """Return when alarms that are over were last there, of those that ended after `since`."""
    rows = session.execute(
        select(
            BridgeAlarm.bridge_id,
            BridgeAlarm.kind,
            BridgeAlarm.door_id,
            func.max(BridgeAlarm.cleared_at),
        )
        .where(BridgeAlarm.seq.is_(None), BridgeAlarm.cleared_at >= since)
        .group_by(BridgeAlarm.bridge_id, BridgeAlarm.kind, BridgeAlarm.door_id)
    )
    return {FaultKey(bridge, kind, door): at for bridge, kind, door, at in rows if at}


@dataclass(frozen=True, slots=True)
class OutagePlace:
    """Where an outage is: the campus, the bridge, and the doors, by area and name."""

    campus: str
    bridge: str
    doors: Sequence[str]


def place_of(session: Session, bridge_id: int, door_ids: Collection[int]) -> OutagePlace:
    """Return where these doors of a bridge are, or all of its doors where none is named."""
    campus, bridge = session.execute(
        select(Campus.name, Bridge.name)
        .join(Campus, Campus.id == Bridge.campus_id)
        .where(Bridge.id == bridge_id)
    ).one()
    named = Door.id.in_(door_ids) if door_ids else Door.bridge_id == bridge_id
    rows = session.execute(
        select(Area.name, Door.name)
        .join(Area, Area.id == Door.area_id)
        .where(named)
        .order_by(Area.name, Door.name)
    )
    return OutagePlace(campus, bridge, [f"{area}: {door}" for area, door in rows])


def _is_out(session: Session, outages: str, _now: datetime) -> bool:
    """Return whether any of these outages is not over."""
    ids = [uuid.UUID(one) for one in outages.split()]
    query = select(Outage.id).where(Outage.public_id.in_(ids), Outage.ended_at.is_(None)).limit(1)
    return session.scalar(query) is not None


IS_OUT: Final = declare_question("access.door_outage", _is_out)
