"""Create and change doors. Never commits."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.areas.queries import area_by_public_id
from zone.access.areas.service import update_version
from zone.access.bridges.queries import bridge_by_public_id
from zone.access.doors.errors import DOOR_NEVER_HELD_OPEN
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.access.doors.rules import HELD_OPEN
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.ids import new_public_id


def create_door(
    session: Session, *, area_id: int, bridge_id: int | None, name: str, strike_ms: int = 5000
) -> Door:
    """A door into an area. `strike_ms` is how long its strike is held (15 000 where the way is accessible)."""
    door = Door(
        public_id=new_public_id(),
        area_id=area_id,
        bridge_id=bridge_id,
        name=name,
        strike_ms=strike_ms,
    )
    session.add(door)
    session.flush()
    return door


def change_door(
    session: Session,
    door: uuid.UUID,
    *,
    version: int,
    changes: Mapping[str, Any],
    actor_id: int,
    now: datetime,
) -> Door:
    """Give a door another name, area, bridge, strike time or state; `version` is the one that the editor saw.

    Raises:
        DomainError: not_found (door, area or bridge), edited_meanwhile, door_never_held_open, name_taken.
    """
    found = door_by_public_id(session, door)
    if changes.get("state") in HELD_OPEN:
        raise DomainError(DOOR_NEVER_HELD_OPEN)
    values = dict(changes)
    if "area" in changes:
        values["area_id"] = area_by_public_id(session, values.pop("area")).id
    if bridge := values.pop("bridge", None):
        values["bridge_id"] = bridge_by_public_id(session, bridge).id
    elif "bridge" in changes:
        values["bridge_id"] = None
    before = {name: getattr(found, name) for name in values}
    update_version(session, found, version, values)
    _audit(session, "door.change", "door", door, before, dict(changes), actor_id, now)
    return found


def _audit(
    session: Session,
    action: str,
    kind: str,
    object_id: uuid.UUID,
    before: Any,
    after: Any,
    actor_id: int,
    now: datetime,
) -> None:
    record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind=kind,
        object_id=object_id,
        before=before,
        after=after,
        now=now,
    )
