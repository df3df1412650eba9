"""Set up, change and lock spaces. Never commits.

Who holds a space at a time takes a share lock on it, so that holders do not wait for each other.
Who changes when the campus is open locks all its spaces against them.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.row_records.models import RECORDED
from zone.core.row_records.service import record_keys
from zone.core.versions import refuse_stale
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces.errors import SPACE_EXISTS
from zone.places.spaces.models import Part, Space, SpacePart
from zone.places.spaces.queries import space_values
from zone.places.spaces.rules import HallDivision


def add_space(
    session: Session,
    actor: Actor,
    campus: Campus,
    *,
    code: str,
    names: tuple[str, str, str],
    capacity: int,
    parts: Sequence[str],
    now: datetime,
    **rules: Any,
) -> dict[str, Any]:
    """Create a space for staff, audit it, and return its values; see `create_space`.

    Raises:
        DomainError: forbidden; space_exists and space_invalid, when the row is written.
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    space = create_space(
        session,
        campus_id=campus.id,
        code=code,
        names=names,
        capacity=capacity,
        parts=parts,
        **rules,
    )
    values = space_values(space, campus.code)
    record_action(
        session,
        actor_id=actor.id,
        action="space.create",
        object_kind="space",
        object_id=space.public_id,
        after=values,
        now=now,
    )
    return values


def add_hall(
    session: Session,
    actor: Actor,
    *,
    campus: str,
    code: str,
    name: Mapping[str, str],
    capacity: int,
    own_use: bool,
    division: HallDivision | None,
    now: datetime,
) -> list[dict[str, Any]]:
    """Create the space of a whole hall, and one for each of its parts; return their values.

    Without a division the hall is one part. Each space is audited.

    Raises:
        DomainError: forbidden, not_found; space_exists: a space or a part has one of the codes.
    """
    place = campus_by_code(session, campus)
    parts = division.codes(code) if division else [code]
    # A part that another hall has would be held by both.
    if session.scalar(select(_parts_of(place.id, parts).exists())):
        raise DomainError(SPACE_EXISTS)
    add = partial(add_space, session, actor, place, now=now)
    names = (name["fi"], name["sv"], name["en"])
    hall = add(code=code, names=names, capacity=capacity, parts=parts, own_use=own_use)
    if division is None:
        return [hall]
    spaces = [
        add(
            code=part,
            names=division.names(number),
            capacity=division.capacity,
            parts=[part],
            own_use=division.own_use,
        )
        for number, part in enumerate(parts, start=1)
    ]
    return [hall, *spaces]


def _parts_of(campus_id: int, codes: Sequence[str]) -> Select[Any]:
    return select(Part.id).where(Part.campus_id == campus_id, Part.code.in_(codes))


def create_space(
    session: Session,
    *,
    campus_id: int,
    code: str,
    names: tuple[str, str, str],
    capacity: int,
    parts: Sequence[str],
    own_use: bool = False,
    companions: int = 0,
    **minutes: int | None,
) -> Space:
    """Create a space of a campus out of `parts`; new parts are created. `names` are fi, sv, en.

    `minutes` are the space's own minutes by the names of their columns (`step_minutes` …).
    """
    name_fi, name_sv, name_en = names
    space = Space(
        public_id=new_public_id(),
        campus_id=campus_id,
        code=code,
        name_fi=name_fi,
        name_sv=name_sv,
        name_en=name_en,
        capacity=capacity,
        own_use=own_use,
        parts=[_part(session, campus_id, part) for part in dict.fromkeys(parts)],
        companions=companions,
        **minutes,
    )
    session.add(space)
    session.flush()
    # SQLAlchemy writes these rows by itself, without the event that records one.
    recorded = RECORDED[SpacePart.__tablename__]
    keys = [recorded.key_of(SpacePart(space_id=space.id, part_id=part.id)) for part in space.parts]
    record_keys(session, recorded, keys)
    return space


def _part(session: Session, campus_id: int, code: str) -> Part:
    part = session.scalar(select(Part).where(Part.campus_id == campus_id, Part.code == code))
    if part is None:
        part = Part(campus_id=campus_id, code=code)
        session.add(part)
    return part


def change_space(
    session: Session,
    actor: Actor,
    public_id: uuid.UUID,
    *,
    version: int,
    changes: Mapping[str, object],
    now: datetime,
) -> None:
    """Set columns of a space, unless it was changed since `version`, and audit it.

    Its parts never change, and bookings that exist keep the minutes that they hold.

    Raises:
        DomainError: forbidden, not_found, edited_meanwhile; space_invalid, when the row is written.
    """
    space = session.scalar(select(Space).where(Space.public_id == public_id).with_for_update())
    if space is None:
        raise DomainError(NOT_FOUND)
    actor.require(Permission.TIMETABLE_WRITE, campus=space.campus_id)
    before = {name: getattr(space, name) for name in changes}
    changed = [name for name in changes if before[name] != changes[name]]
    if not changed:  # the second tap on the button
        return
    refuse_stale(space.version, version, changed)
    for name, value in changes.items():
        setattr(space, name, value)
    space.version += 1
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="space.change",
        object_kind="space",
        object_id=public_id,
        before=before,
        after=changes,
        now=now,
    )


def lock_space(session: Session, public_id: uuid.UUID) -> None:
    """Lock a space for one who holds it: wait for a running `lock_spaces_of_campus`."""
    session.execute(select(Space.id).where(Space.public_id == public_id).with_for_update(read=True))


def lock_spaces(session: Session, space_ids: Collection[int | None]) -> None:
    """Lock several spaces as `lock_space` does; None, the space of an online class, is none."""
    # In the order of ids: `lock_spaces_of_campus` locks the same rows so.
    session.execute(
        select(Space.id)
        .where(Space.id.in_(space_ids))
        .order_by(Space.id)
        .with_for_update(read=True)
    )


def lock_spaces_of_campus(session: Session, campus_id: int) -> None:
    """Lock every space of a campus against those who hold them and against another such lock."""
    spaces = select(Space.id).where(Space.campus_id == campus_id).order_by(Space.id)
    # NO KEY UPDATE against the FOR SHARE of `lock_spaces`. FOR UPDATE would deadlock: a promotion
    # from a waitlist holds the session's row and takes KEY SHARE on the space, while a closure
    # holds the space and cancels the session.
    session.execute(spaces.with_for_update(key_share=True))
