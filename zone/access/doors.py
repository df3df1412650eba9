"""Doors and areas under way: changing them, and having a door opened once from the desk. Never commits.

An order waits for its bridge for 30 seconds. The bridge fetches it with its next look at the feed (about every second),
writes it down, opens, and tells; `settle` notes what it told. So an order to a bridge that is offline opens nothing
later on.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire import orders as wire
from firmware_bridge.wire.entries import Entry
from firmware_bridge.wire.reasons import Reason
from zone.access.bridges import SILENCE, bridge_by_public_id
from zone.access.errors import DOOR_NEVER_HELD_OPEN, DOOR_SHUT, DOOR_WITHOUT_BRIDGE
from zone.access.models import Area, AreaSpace, Bridge, Credential, Door, DoorOrder
from zone.access.queries import area_by_public_id
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.ids import new_public_id
from zone.core.text import tidy
from zone.members.service import audit, mark_roster
from zone.places.queries import space_by_public_id

ORDER_LIVES: Final = timedelta(seconds=30)
"""Longer, and the person at the door has gone, or somebody else stands there."""
LONGEST_REASON: Final = 500
SHUT: Final = frozenset({"blocked", "lockdown"})
HELD_OPEN: Final = frozenset({"released", "released_once", "emergency"})
"""States in which a strike would be held open. Ours is always a pulse that the relay times, so that a crash never
leaves a door open."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as staff see it.

    `state`: waiting, opened, relay_fault (the strike did not answer), refused (by the bridge), expired (fetched too
    late or not at all, or the bridge has not told yet). `online`: whether its bridge was heard within 5 minutes.
    """

    id: uuid.UUID
    door: uuid.UUID
    state: str
    reason: str
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    online: bool


def open_once(session: Session, door: uuid.UUID, *, actor_id: int, reason: str, now: datetime) -> OrderView:
    """Have a door opened once, within 30 seconds, and write down who did it and why.

    Raises:
        DomainError: not_found, door_without_bridge, door_shut (blocked or in lockdown).
    """
    found = door_by_public_id(session, door)
    if found.bridge_id is None:
        raise DomainError(DOOR_WITHOUT_BRIDGE)
    if found.state in SHUT:
        raise DomainError(DOOR_SHUT)
    reason = tidy(reason)[:LONGEST_REASON]
    order = DoorOrder(
        public_id=new_public_id(),
        door_id=found.id,
        kind="open_once",
        ordered_by=actor_id,
        reason=reason,
        created_at=now,
        expires_at=now + ORDER_LIVES,
    )
    session.add(order)
    session.flush()
    facts = {"order": order.public_id, "door": found.name}
    audit(
        session, actor_id=actor_id, action="door.open_once", object_kind="door", object_id=door, after=facts,
        reason=reason, now=now,
    )  # fmt: skip
    return order_view(session, order.public_id, now)


def order_view(session: Session, order: uuid.UUID, now: datetime) -> OrderView:
    """What came of an order.

    Raises:
        DomainError: not_found.
    """
    found = _orders(session, DoorOrder.public_id == order, now)
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def orders_of(session: Session, door: uuid.UUID, now: datetime) -> list[OrderView]:
    """The newest 50 orders to a door, newest first.

    Raises:
        DomainError: not_found.
    """
    return _orders(session, DoorOrder.door_id == door_by_public_id(session, door).id, now)


def _orders(session: Session, which: Any, now: datetime) -> list[OrderView]:
    query = select(DoorOrder, Door.public_id, Bridge.seen_at).join(Door, Door.id == DoorOrder.door_id)
    newest = query.outerjoin(Bridge, Bridge.id == Door.bridge_id).where(which).order_by(DoorOrder.id.desc()).limit(50)
    return [
        OrderView(
            order.public_id, door, _state(order, now), order.reason, order.created_at, order.expires_at,
            order.settled_at, seen_at is not None and now - seen_at < SILENCE,
        )
        for order, door, seen_at in session.execute(newest)
    ]  # fmt: skip


def _state(order: DoorOrder, now: datetime) -> str:
    return order.outcome or ("waiting" if now < order.expires_at else "expired")


def waiting(session: Session, bridge_id: int, now: datetime) -> list[wire.Order]:
    """The orders that a bridge has not told about yet and that are still worth something."""
    rows = session.execute(
        select(DoorOrder.public_id, Door.public_id, DoorOrder.kind, DoorOrder.expires_at)
        .join(Door, Door.id == DoorOrder.door_id)
        .where(Door.bridge_id == bridge_id, DoorOrder.expires_at > now, DoorOrder.outcome.is_(None))
        .order_by(DoorOrder.id)
    )
    return [wire.Order(str(order), str(door), kind, int(ends.timestamp())) for order, door, kind, ends in rows]


OUTCOMES: Final[Mapping[str, str]] = {
    "opened_by_desk": "opened",
    "relay_fault": "relay_fault",
    "order_refused": "refused",
}
"""What an entry about an order makes of it. A relay that did not answer comes after the opening, and says more."""


def settle(session: Session, bridge_id: int, entries: Iterable[Entry], now: datetime) -> None:
    """Note what a bridge tells of the orders to its own doors."""
    for entry in sorted(entries, key=lambda entry: entry.seq):
        if entry.ref is not None and entry.kind in OUTCOMES:
            outcome = "expired" if entry.reason is Reason.EXPIRED else OUTCOMES[entry.kind]
            own = select(Door.id).where(Door.bridge_id == bridge_id, Door.public_id == UUID(entry.door))
            session.execute(
                update(DoorOrder)
                .where(DoorOrder.public_id == UUID(entry.ref), DoorOrder.door_id.in_(own))
                .values(outcome=outcome, settled_at=now)
            )


def door_by_public_id(session: Session, public_id: uuid.UUID) -> Door:
    """Raises DomainError not_found."""
    door = session.scalar(select(Door).where(Door.public_id == public_id))
    if door is None:
        raise DomainError(NOT_FOUND)
    return door


def change_door(
    session: Session, door: uuid.UUID, *, version: int, changes: Mapping[str, Any], actor_id: int, now: datetime
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
    _edit(session, found, version, values)
    _audit(session, "door.change", "door", door, before, dict(changes), actor_id, now)
    return found


def change_area(
    session: Session, area: uuid.UUID, *, version: int, changes: Mapping[str, Any], actor_id: int, now: datetime
) -> Area:
    """Change what an area lets in and holds; `version` is the one that the editor saw.

    Raises:
        DomainError: not_found (area or a space), edited_meanwhile, name_taken.
    """
    found = area_by_public_id(session, area)
    values = dict(changes)
    spaces: Sequence[uuid.UUID] | None = values.pop("spaces", None)
    before: dict[str, Any] = {name: getattr(found, name) for name in values}
    _edit(session, found, version, values)
    if spaces is not None:
        before["spaces"] = _hold(session, found.id, {space_by_public_id(session, space).id for space in spaces})
    if {"needs_booking", "spaces"} & changes.keys():
        _tell_everybodys_bookings(session, now)
    _audit(session, "area.change", "area", area, before, dict(changes), actor_id, now)
    return found


def _edit(session: Session, row: Door | Area, version: int, values: Mapping[str, Any]) -> None:
    """One winner of two: the row moves on only from the version that the editor saw. The other learns what differs."""
    model = type(row)
    won = session.scalar(
        update(model)
        .where(model.id == row.id, model.version == version)
        .values(**values, version=version + 1)
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(row)
    if won is None:
        differs = sorted(name.removesuffix("_id") for name, wished in values.items() if getattr(row, name) != wished)
        raise edited_meanwhile(row.version, differs)


def _hold(session: Session, area_id: int, spaces: set[int]) -> list[int]:
    """Let an area hold just these spaces; those that it held before."""
    held = session.scalars(select(AreaSpace.space_id).where(AreaSpace.area_id == area_id)).all()
    session.execute(delete(AreaSpace).where(AreaSpace.area_id == area_id, AreaSpace.space_id.not_in(spaces)))
    session.add_all(AreaSpace(area_id=area_id, space_id=space) for space in sorted(spaces - set(held)))
    session.flush()
    return sorted(held)


def _tell_everybodys_bookings(session: Session, now: datetime) -> None:
    """Which bookings open which area stands in each holder's row: all who have a phone get theirs anew."""
    mark_roster(session, session.scalars(select(Credential.member_id).distinct()), now)


def _audit(
    session: Session, action: str, kind: str, object_id: uuid.UUID, before: Any, after: Any, actor_id: int,
    now: datetime,
) -> None:  # fmt: skip
    audit(
        session, actor_id=actor_id, action=action, object_kind=kind, object_id=object_id, before=before, after=after,
        now=now,
    )  # fmt: skip
