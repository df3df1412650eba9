"""Create and change areas. Never commits."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.areas.queries import area_by_public_id
from zone.access.credentials.models import Credential
from zone.access.doors.models import Door
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.row_records.service import write_recorded
from zone.members.roster_marks.service import mark_roster
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces.queries import space_by_public_id

_CHANGE_WHICH_BOOKINGS_OPEN: Final = {"needs_booking", "spaces"}


def add_area(session: Session, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> Area:
    """Create an area as a member of staff; `data` is a loaded `NewAreaSchema`.

    Raises:
        DomainError: not_found (campus, or a space of it), forbidden, name_taken.
    """
    campus = campus_by_code(session, data["campus"])
    actor.require(Permission.DOORS_WRITE, campus=campus.id)
    columns = {name: data[name] for name in data.keys() - {"campus", "spaces"}}
    spaces = _space_ids(session, data["spaces"], campus.id)
    area = create_area(session, campus_id=campus.id, space_ids=spaces, **columns)
    record_action(
        session,
        actor_id=actor.id,
        action="area.create",
        object_kind="area",
        object_id=area.public_id,
        after={**data, "spaces": [str(space) for space in data["spaces"]]},
        now=now,
    )
    return area


def create_area(
    session: Session,
    *,
    campus_id: int,
    name: str,
    kinds: Sequence[str],
    space_ids: Iterable[int] = (),
    **columns: Any,
) -> Area:
    """Insert an area of a campus with the spaces that it holds, without a check or an audit row."""
    area = Area(
        public_id=new_public_id(), campus_id=campus_id, name=name, kinds=list(kinds), **columns
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
    area_id: uuid.UUID,
    *,
    version: int,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> Area:
    """Change columns and spaces of an area; `version` is the one that the editor read.

    Raises:
        DomainError: not_found (area, or a space of its campus), forbidden, edited_meanwhile,
            name_taken.
    """
    area = area_by_public_id(session, area_id)
    actor.require(Permission.DOORS_WRITE, campus=area.campus_id)
    values = dict(changes)
    spaces: Sequence[uuid.UUID] | None = values.pop("spaces", None)
    wanted = None if spaces is None else _space_ids(session, spaces, area.campus_id)
    before: dict[str, Any] = {name: getattr(area, name) for name in values}
    if before == values and wanted in (None, _spaces_of(session, area.id)):
        return area  # the second tap on the button
    update_if_version(session, area, version, values)
    if wanted is not None:
        before["spaces"] = _replace_spaces(session, area.id, wanted)
    if changes.keys() & _CHANGE_WHICH_BOOKINGS_OPEN:
        _mark_key_holders(session, now)
    record_action(
        session,
        actor_id=actor.id,
        action="area.change",
        object_kind="area",
        object_id=area_id,
        before=before,
        after=dict(changes),
        now=now,
    )
    return area


def update_if_version(
    session: Session, row: Door | Area, version: int, values: Mapping[str, Any]
) -> None:
    """Change a row that is still at `version`, and count its version up.

    Raises:
        DomainError: edited_meanwhile, with the columns that differ.
    """
    model = type(row)
    # The WHERE on the version decides between two editors, without a lock held while they type.
    updated = write_recorded(
        session,
        update(model)
        .where(model.id == row.id, model.version == version)
        .values(**values, version=version + 1)
        .execution_options(synchronize_session=False),
    )
    session.refresh(row)
    if not updated:
        differing = sorted(
            name.removesuffix("_id")
            for name, value in values.items()
            if getattr(row, name) != value
        )
        raise edited_meanwhile(row.version, differing)


def _space_ids(session: Session, public_ids: Iterable[uuid.UUID], campus_id: int) -> set[int]:
    spaces = [space_by_public_id(session, public_id) for public_id in public_ids]
    # Of another campus nobody attends anything by this area, and its page does not show them.
    if any(space.campus_id != campus_id for space in spaces):
        raise DomainError(NOT_FOUND)
    return {space.id for space in spaces}


def _spaces_of(session: Session, area_id: int) -> set[int]:
    return set(session.scalars(select(AreaSpace.space_id).where(AreaSpace.area_id == area_id)))


def _replace_spaces(session: Session, area_id: int, space_ids: set[int]) -> list[int]:
    """Make these the spaces that an area holds; return those that it held before."""
    held = _spaces_of(session, area_id)
    dropped = (AreaSpace.area_id == area_id) & AreaSpace.space_id.not_in(space_ids)
    write_recorded(session, delete(AreaSpace).where(dropped))
    session.add_all(
        AreaSpace(area_id=area_id, space_id=space_id) for space_id in sorted(space_ids - held)
    )
    session.flush()
    return sorted(held)


def _mark_key_holders(session: Session, now: datetime) -> None:
    # Each roster row lists the bookings with the areas that they open, so every row of a member
    # with a phone may be different now.
    mark_roster(session, session.scalars(select(Credential.member_id).distinct()), now)
