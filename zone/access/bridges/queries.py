"""Bridges as staff see them, with their connection, alarms and quarantined rows.

Every function is a fixed number of statements, however many bridges there are.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from zone.access.alarms.models import BridgeAlarm
from zone.access.alarms.queries import OPEN_ALARMS
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import is_online
from zone.access.entries.models import Quarantine
from zone.access.roster.models import Feed
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.campuses.models import Campus

View = TypeVar("View")


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A bridge as staff see it.

    `state`: waiting (no box yet), enrolled, revoked. `online`: heard within 5 minutes; `online_since` is when the
    present connection began, `seen_at` its last sign of life. `backlog` counts entries still to send, `behind` changes
    that it has not fetched. `alarms` and `quarantined` count what a person should look at.
    """

    id: uuid.UUID
    name: str
    campus: str
    state: str
    online: bool
    online_since: datetime | None
    seen_at: datetime | None
    backlog: int
    clock: str | None
    software: str | None
    roster_version: int | None
    behind: int | None
    alarms: int
    quarantined: int


def bridges(
    session: Session, now: datetime, which: ColumnElement[bool] | None = None
) -> list[BridgeView]:
    """Every bridge by name; or `which` of them."""
    alarms = (
        select(func.count())
        .where(BridgeAlarm.bridge_id == Bridge.id, OPEN_ALARMS)
        .scalar_subquery()
    )
    aside = select(func.count()).where(Quarantine.bridge_id == Bridge.id).scalar_subquery()
    newest = select(Feed.version).where(Feed.id == 1).scalar_subquery()
    rows = session.execute(
        select(Bridge, Campus.code, newest, alarms, aside)
        .join(Campus, Campus.id == Bridge.campus_id)
        .where(true() if which is None else which)
        .order_by(Bridge.name)
    )
    return [
        _bridge(found, campus, version, alarmed, kept, now)
        for found, campus, version, alarmed, kept in rows
    ]


def _bridge(
    found: Bridge, campus: str, version: int | None, alarmed: int, aside: int, now: datetime
) -> BridgeView:
    has = found.roster_version
    behind = None if has is None or version is None else max(0, version - has)
    return BridgeView(
        found.public_id,
        found.name,
        campus,
        _state(found),
        is_online(found.seen_at, now) and not found.revoked_at,
        found.online_since,
        found.seen_at,
        found.backlog,
        found.clock,
        found.software,
        has,
        behind,
        alarmed,
        aside,
    )


def _state(bridge: Bridge) -> str:
    if bridge.revoked_at is not None:
        return "revoked"
    return "waiting" if bridge.enrolled_at is None else "enrolled"


def bridge(session: Session, public_id: uuid.UUID, now: datetime) -> BridgeView:
    """Raises DomainError not_found."""
    return _only(bridges(session, now, Bridge.public_id == public_id))


def _only(found: list[View]) -> View:
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def bridge_by_public_id(session: Session, public_id: uuid.UUID) -> Bridge:
    """Raises DomainError not_found."""
    bridge = session.scalar(select(Bridge).where(Bridge.public_id == public_id))
    if bridge is None:
        raise DomainError(NOT_FOUND)
    return bridge
