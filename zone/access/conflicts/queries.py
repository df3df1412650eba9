"""Conflicts as staff see them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.access.areas.models import Area
from zone.access.conflicts.models import DoorConflict
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.queries import LET_IN
from zone.members.people.models import Member
from zone.places.campuses.models import Campus

MOST_LISTED: Final = 100

_ENTRY_STANDS: Final = exists().where(Entry.id == DoorConflict.entry_id, LET_IN)
_OTHER_STANDS: Final = exists().where(Entry.id == DoorConflict.other_id, LET_IN)
# A grant may be undone later: the door's contact saw nobody. Then nobody came in twice.
IS_OPEN: Final[ColumnElement[bool]] = and_(
    DoorConflict.seen_at.is_(None),
    _ENTRY_STANDS,
    or_(DoorConflict.other_id.is_(None), _OTHER_STANDS),
)


@dataclass(frozen=True, slots=True)
class AdmissionView:
    """Where and when somebody was let in."""

    door: str
    area: str
    campus: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConflictView:
    """A conflict: who, where and when, and the other admission that it contradicts, if any.

    `person` and `name` are None once the person is removed from the entry.
    """

    id: uuid.UUID
    kind: str
    person: uuid.UUID | None
    name: str | None
    admission: AdmissionView
    other: AdmissionView | None
    found_at: datetime


def open_conflicts(session: Session) -> Sequence[ConflictView]:
    """Return the conflicts that nobody has seen to, the newest first and at most 100."""
    entry, door, area, campus = aliased(Entry), aliased(Door), aliased(Area), aliased(Campus)
    rows = session.execute(
        select(
            DoorConflict,
            Member.public_id,
            Member.name,
            door.name,
            area.name,
            campus.name,
            entry.occurred_at,
        )
        .join(entry, entry.id == DoorConflict.entry_id)
        .join(door, door.id == entry.door_id)
        .join(area, area.id == entry.area_id)
        .join(campus, campus.id == area.campus_id)
        .outerjoin(Member, Member.holder == entry.holder)
        .where(IS_OPEN)
        .order_by(DoorConflict.id.desc())
        .limit(MOST_LISTED)
    ).all()
    others = _admissions(session, [row[0].other_id for row in rows if row[0].other_id is not None])
    return [
        ConflictView(
            row[0].public_id,
            row[0].kind,
            row[1],
            row[2],
            AdmissionView(*row[3:]),
            others.get(row[0].other_id) if row[0].other_id is not None else None,
            row[0].found_at,
        )
        for row in rows
    ]


def _admissions(session: Session, entries: Sequence[int]) -> dict[int, AdmissionView]:
    rows = session.execute(
        select(Entry.id, Door.name, Area.name, Campus.name, Entry.occurred_at)
        .join(Door, Door.id == Entry.door_id)
        .join(Area, Area.id == Entry.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(Entry.id.in_(entries))
    )
    return {row[0]: AdmissionView(*row[1:]) for row in rows}


def area_and_member(session: Session, entry_id: int) -> tuple[int, int | None]:
    """Return the area of an entry, and whose it is; None once the person is removed from it."""
    area_id, member_id = session.execute(
        select(Entry.area_id, Member.id)
        .outerjoin(Member, Member.holder == Entry.holder)
        .where(Entry.id == entry_id)
    ).one()
    return area_id, member_id


def count_open(session: Session) -> int:
    """Return how many conflicts nobody has seen to."""
    return session.scalar(select(func.count()).select_from(DoorConflict).where(IS_OPEN)) or 0
