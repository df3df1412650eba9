"""Shut doors to everybody and open them to those who may enter again. Never commits.

`Door.state` is what the bridges are told: the strongest of the open shutdowns of a door. It is
derived again whenever one begins or ends, and when a door is made or moved. Each of these first
calls `lock_doors`, so that of two at once the second sees the first.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.areas.queries import campus_of_area
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.access.shutdowns.errors import SHUT_WITH_OTHERS
from zone.access.shutdowns.models import Shutdown
from zone.access.shutdowns.queries import IS_OPEN, ShutdownView, shutdown_view, states_of_doors
from zone.access.shutdowns.rules import EVERY, LONGEST_REASON, NORMAL
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.text import clean_text
from zone.places.campuses.queries import campus_by_code
from zone.places.campuses.service import lock_campuses


@dataclass(frozen=True, slots=True)
class ShutPlace:
    """What is shut: a door, the doors of a campus, or all. By internal ids."""

    door: int | None = None
    campus: int | None = None


def place_named(session: Session, name: str) -> ShutPlace:
    """Return the place with this name: a door's id, a campus's code, or `EVERY`.

    Raises:
        DomainError: not_found.
    """
    if name == EVERY:
        return ShutPlace()
    try:
        return ShutPlace(door=door_by_public_id(session, uuid.UUID(name)).id)
    except ValueError:  # no id of a door
        return ShutPlace(campus=campus_by_code(session, name).id)


def shut(
    session: Session, place: ShutPlace, kind: str, *, reason: str, actor: Actor, now: datetime
) -> ShutdownView:
    """Shut doors to everybody until it is lifted; once more changes nothing. `kind`: `rules.KINDS`.

    Raises:
        DomainError: forbidden.
    """
    lock_doors(session)
    actor.require(Permission.DOORS_SHUT, campus=_campus_of(session, place))
    row = _open(session, place, kind)
    if row is None:
        row = _begin(session, place, kind, reason, actor, now)
        _audit(session, "door.shut", row, actor, now)
    return shutdown_view(session, row.public_id)


def lift(session: Session, public_id: uuid.UUID, *, actor: Actor, now: datetime) -> ShutdownView:
    """End a shutdown; what else shuts its doors goes on. Once more changes nothing.

    Raises:
        DomainError: not_found, forbidden.
    """
    lock_doors(session)
    row = session.scalar(select(Shutdown).where(Shutdown.public_id == public_id))
    if row is None:
        raise DomainError(NOT_FOUND)
    place = ShutPlace(row.door_id, row.campus_id)
    actor.require(Permission.DOORS_SHUT, campus=_campus_of(session, place))
    if row.lifted_at is None:
        _end(session, row, actor, now)
        derive_states(session, _doors_of(session, place))
        _audit(session, "door.reopen", row, actor, now)
    return shutdown_view(session, row.public_id)


def set_door_state(
    session: Session, door: Door, state: str, *, actor: Actor, now: datetime
) -> None:
    """Give a door one shutdown of its own, or none, as `state` says.

    The caller has called `lock_doors`, and audits the change.

    Raises:
        DomainError: shut_with_others: it is to be normal, and the doors around it are shut.
    """
    place = ShutPlace(door=door.id)
    for row in session.scalars(select(Shutdown).where(IS_OPEN, Shutdown.door_id == door.id)):
        if row.kind != state:
            _end(session, row, actor, now)
    if state != NORMAL and _open(session, place, state) is None:
        _begin(session, place, state, "", actor, now)
    derive_states(session, [door.id])
    if state == NORMAL and door.state != NORMAL:
        raise DomainError(SHUT_WITH_OTHERS)


def is_set_to(session: Session, door: Door, state: str) -> bool:
    """Return whether the door has this state by a shutdown of its own, or by none at all."""
    own = select(Shutdown.kind).where(IS_OPEN, Shutdown.door_id == door.id)
    wanted = [] if state == NORMAL else [state]
    return door.state == state and list(session.scalars(own)) == wanted


def lock_doors(session: Session) -> None:
    """Wait for whoever shuts, opens, makes or moves doors."""
    # Of all campuses: there are few, and a door may just be moving.
    lock_campuses(session)


def derive_states(session: Session, doors: Collection[int]) -> None:
    """Store the state of these doors anew. The caller has called `lock_doors`."""
    session.flush()
    states = states_of_doors(session, doors)
    for row in session.scalars(select(Door).where(Door.id.in_(states)).order_by(Door.id)):
        if row.state != states[row.id]:
            row.state, row.version = states[row.id], row.version + 1
    session.flush()


def _campus_of(session: Session, place: ShutPlace) -> int | None:
    """Return the campus of a place; None: all of them."""
    if place.door is None:
        return place.campus
    return campus_of_area(session, session.get_one(Door, place.door).area_id)


def _doors_of(session: Session, place: ShutPlace) -> list[int]:
    doors = select(Door.id).join(Area, Area.id == Door.area_id)
    if place.door is not None:
        doors = doors.where(Door.id == place.door)
    elif place.campus is not None:
        doors = doors.where(Area.campus_id == place.campus)
    return list(session.scalars(doors))


def _open(session: Session, place: ShutPlace, kind: str) -> Shutdown | None:
    return session.scalar(
        select(Shutdown).where(
            IS_OPEN,
            Shutdown.kind == kind,
            Shutdown.door_id.is_not_distinct_from(place.door),
            Shutdown.campus_id.is_not_distinct_from(place.campus),
        )
    )


def _begin(
    session: Session, place: ShutPlace, kind: str, reason: str, actor: Actor, now: datetime
) -> Shutdown:
    row = Shutdown(
        public_id=new_public_id(),
        kind=kind,
        door_id=place.door,
        campus_id=place.campus,
        reason=clean_text(reason)[:LONGEST_REASON],
        shut_by=actor.id,
        shut_at=now,
    )
    session.add(row)
    derive_states(session, _doors_of(session, place))
    return row


def _end(session: Session, row: Shutdown, actor: Actor, now: datetime) -> None:
    row.lifted_by, row.lifted_at = actor.id, now
    session.flush()


def _audit(session: Session, action: str, row: Shutdown, actor: Actor, now: datetime) -> None:
    view = shutdown_view(session, row.public_id)
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="shutdown",
        object_id=row.public_id,
        after={"kind": view.kind, "campus": view.campus_name, "door": view.door_name},
        reason=view.reason,
        now=now,
    )
