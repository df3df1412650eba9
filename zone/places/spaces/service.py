"""Set up and change spaces. Never commits."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.ids import new_public_id
from zone.places.spaces import errors  # noqa: F401 -- declares what the constraints mean
from zone.places.spaces.models import Part, Space


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
    """A space of a campus that takes `parts` (made where they are new); `names` are fi, sv, en.

    `minutes`: those that the space has of its own, by the names of its columns (`step_minutes` …).
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
    return space


def _part(session: Session, campus_id: int, code: str) -> Part:
    part = session.scalar(select(Part).where(Part.campus_id == campus_id, Part.code == code))
    if part is None:
        part = Part(campus_id=campus_id, code=code)
        session.add(part)
    return part


def change_space(
    session: Session, public_id: uuid.UUID, *, version: int, changes: Mapping[str, object]
) -> dict[str, Any]:
    """Set columns of a space, unless it was changed since `version`; what they were before. Its parts never change.

    Bookings that were made keep the minutes that they hold.

    Raises:
        DomainError: not_found, edited_meanwhile.
    """
    before = session.scalar(select(Space).where(Space.public_id == public_id).with_for_update())
    if before is None:
        raise DomainError(NOT_FOUND)
    were = {name: getattr(before, name) for name in changes}
    if before.version != version:
        raise edited_meanwhile(
            before.version, [name for name in changes if were[name] != changes[name]]
        )
    for name, value in changes.items():
        setattr(before, name, value)
    before.version += 1
    session.flush()
    return were
