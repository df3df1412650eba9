"""Create and change areas. Never commits."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.areas.queries import area_by_public_id
from zone.access.credentials.models import Credential
from zone.access.doors.models import Door
from zone.core.audit.service import record_action
from zone.core.errors import edited_meanwhile
from zone.core.ids import new_public_id
from zone.members.roster_marks.service import mark_roster
from zone.places.spaces.queries import space_by_public_id


def create_area(
    session: Session,
    *,
    campus_id: int,
    name: str,
    kinds: Sequence[str],
    space_ids: Iterable[int] = (),
    **options: Any,
) -> Area:
    """An area of a campus, with the spaces that it holds; `options` are the other columns of Area."""
    area = Area(
        public_id=new_public_id(), campus_id=campus_id, name=name, kinds=list(kinds), **options
    )
    session.add(area)
    session.flush()
    session.add_all(
        AreaSpace(area_id=area.id, space_id=space_id) for space_id in sorted(set(space_ids))
    )
    session.flush()
    return area


def change_area(
    session: Session,
    area: uuid.UUID,
    *,
    version: int,
    changes: Mapping[str, Any],
    actor_id: int,
    now: datetime,
) -> Area:
    """Change what an area lets in and holds; `version` is the one that the editor saw.

    Raises:
        DomainError: not_found (area or a space), edited_meanwhile, name_taken.
    """
    found = area_by_public_id(session, area)
    values = dict(changes)
    spaces: Sequence[uuid.UUID] | None = values.pop("spaces", None)
    before: dict[str, Any] = {name: getattr(found, name) for name in values}
    update_version(session, found, version, values)
    if spaces is not None:
        before["spaces"] = _hold(
            session, found.id, {space_by_public_id(session, space).id for space in spaces}
        )
    if {"needs_booking", "spaces"} & changes.keys():
        _mark_key_holders(session, now)
    _audit(session, "area.change", "area", area, before, dict(changes), actor_id, now)
    return found


def update_version(
    session: Session, row: Door | Area, version: int, values: Mapping[str, Any]
) -> None:
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
        differs = sorted(
            name.removesuffix("_id")
            for name, wished in values.items()
            if getattr(row, name) != wished
        )
        raise edited_meanwhile(row.version, differs)


def _hold(session: Session, area_id: int, spaces: set[int]) -> list[int]:
    """Let an area hold just these spaces; those that it held before."""
    held = session.scalars(select(AreaSpace.space_id).where(AreaSpace.area_id == area_id)).all()
    session.execute(
        delete(AreaSpace).where(AreaSpace.area_id == area_id, AreaSpace.space_id.not_in(spaces))
    )
    session.add_all(
        AreaSpace(area_id=area_id, space_id=space) for space in sorted(spaces - set(held))
    )
    session.flush()
    return sorted(held)


def _mark_key_holders(session: Session, now: datetime) -> None:
    """Which bookings open which area stands in each holder's row: all who have a phone get theirs anew."""
    mark_roster(session, session.scalars(select(Credential.member_id).distinct()), now)


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
