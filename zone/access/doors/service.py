"""Create and change doors. Never commits."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas.queries import area_by_public_id, campus_of_area
from zone.access.areas.service import update_if_version
from zone.access.bridge_sign_on.service import BridgeInvitation, invite
from zone.access.bridges.models import Bridge
from zone.access.bridges.queries import bridge_by_public_id
from zone.access.bridges.service import make_successor
from zone.access.doors.errors import DOOR_NEVER_HELD_OPEN
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.access.doors.rules import HELD_OPEN
from zone.access.shutdowns.service import derive_states, is_set_to, lock_doors, set_door_state
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id


def add_door(session: Session, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> Door:
    """Create a door as a member of staff; `data` is a loaded `NewDoorSchema`.

    Raises:
        DomainError: not_found (area or bridge), forbidden, name_taken, held_times_reversed.
    """
    area = area_by_public_id(session, data["area"])
    actor.require(Permission.DOORS_WRITE, campus=area.campus_id)
    door = create_door(
        session,
        area_id=area.id,
        bridge_id=_bridge_id(session, data["bridge"]),
        **{name: data[name] for name in data.keys() - {"area", "bridge"}},
    )
    record_action(
        session,
        actor_id=actor.id,
        action="door.create",
        object_kind="door",
        object_id=door.public_id,
        after=data,
        now=now,
    )
    return door


def create_door(
    session: Session,
    *,
    area_id: int,
    bridge_id: int | None,
    name: str,
    **columns: Any,
) -> Door:
    """Insert a door into an area, without a check or an audit row; `columns` are others of it."""
    door = Door(
        public_id=new_public_id(),
        area_id=area_id,
        bridge_id=bridge_id,
        name=name,
        **columns,
    )
    lock_doors(session)
    session.add(door)
    session.flush()
    derive_states(session, [door.id])
    return door


def change_door(
    session: Session,
    door_id: uuid.UUID,
    *,
    version: int,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> Door:
    """Change columns of a door, its area, bridge or state; `version` is the one that was read.

    Raises:
        DomainError: not_found (door, area or bridge), forbidden, edited_meanwhile,
            door_never_held_open, held_times_reversed, shut_with_others, name_taken.
    """
    # The object is loaded first, because the permission depends on its campus; an unknown object is
    # a 404 to everybody who may call the view.
    door = door_by_public_id(session, door_id)
    actor.require(Permission.DOORS_WRITE, campus=campus_of_area(session, door.area_id))
    if changes.get("state") in HELD_OPEN:
        raise DomainError(DOOR_NEVER_HELD_OPEN)
    lock_doors(session)
    session.refresh(door)  # who had the lock before may have opened or shut it
    values = _column_values(session, changes, actor)
    before = {name: getattr(door, name) for name in values}
    if before == values and ("state" not in changes or is_set_to(session, door, changes["state"])):
        return door  # the second tap on the button
    update_if_version(session, door, version, values)
    if "state" in values:
        set_door_state(session, door, values["state"], actor=actor, now=now)
    derive_states(session, [door.id])
    record_action(
        session,
        actor_id=actor.id,
        action="door.change",
        object_kind="door",
        object_id=door_id,
        before=before,
        after=dict(changes),
        now=now,
    )
    return door


def replace_bridge(
    session: Session, bridge_id: uuid.UUID, *, actor: Actor, now: datetime
) -> tuple[Bridge, BridgeInvitation]:
    """Revoke a bridge, and make another that drives its doors; return that and how to enrol it.

    A box that has lost its journal is another bridge: it would give numbers again that the server
    has entries of.

    Raises:
        DomainError: not_found, forbidden, bridge_enrolled (it is revoked already).
    """
    old, new = make_successor(session, bridge_id, actor=actor, now=now)
    for door in session.scalars(select(Door).where(Door.bridge_id == old.id).order_by(Door.id)):
        change_door(
            session,
            door.public_id,
            version=door.version,
            changes={"bridge": new.public_id},
            actor=actor,
            now=now,
        )
    return new, invite(session, new, now)


def _column_values(session: Session, changes: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return the changes as columns of Door, with internal ids for the area and the bridge."""
    values = dict(changes)
    if "area" in values:
        area = area_by_public_id(session, values.pop("area"))
        # The door may move to another campus: the editor needs the permission there too.
        actor.require(Permission.DOORS_WRITE, campus=area.campus_id)
        values["area_id"] = area.id
    if "bridge" in values:
        values["bridge_id"] = _bridge_id(session, values.pop("bridge"))
    return values


def _bridge_id(session: Session, public_id: uuid.UUID | None) -> int | None:
    return None if public_id is None else bridge_by_public_id(session, public_id).id
