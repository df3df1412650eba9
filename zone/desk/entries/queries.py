"""What happened at the doors on one day, with the people."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.queries import CAME_IN, LET_IN, REASON, REFUSED
from zone.core.time import day_window
from zone.members.people.models import Member
from zone.places.campuses.models import Campus

MOST: Final = 200
RESULTS: Final[dict[str, ColumnElement[bool]]] = {
    "let_in": and_(Entry.kind == "scan", CAME_IN),
    "let_out": and_(Entry.kind == "scan", LET_IN, Entry.leaving),
    "refused": and_(Entry.kind == "scan", REFUSED),
    "other": Entry.kind != "scan",
}
"""What one may look for, by its name in the address."""


@dataclass(frozen=True, slots=True)
class EntrySearch:
    """What is looked for: a day, and where named a door, a result (of `RESULTS`) and a person."""

    day: date
    door: uuid.UUID | None = None
    result: str | None = None
    person: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry. `let_in`: or out, where `leaving`. `reason` is why a scan was refused; `person` is
    None where nobody is known.
    """

    id: int
    at: datetime
    door: str
    area: str
    campus: str
    kind: str
    let_in: bool
    reason: str | None
    person: uuid.UUID | None
    name: str | None
    leaving: bool = False


def search_entries(session: Session, asked: EntrySearch) -> Sequence[FoundEntry]:
    """Return the entries of a day, the newest first and at most 200."""
    start, end = day_window(asked.day)
    query = (
        select(
            Entry.id,
            Entry.occurred_at,
            Door.name,
            Area.name,
            Campus.name,
            Entry.kind,
            and_(Entry.kind == "scan", LET_IN),
            REASON,
            Member.public_id,
            Member.name,
            Entry.leaving,
        )
        .join(Door, Door.id == Entry.door_id)
        .join(Area, Area.id == Entry.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .outerjoin(Member, Member.holder == Entry.holder)
        .where(Entry.occurred_at >= start, Entry.occurred_at < end)
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(MOST)
    )
    if asked.door is not None:
        query = query.where(Door.public_id == asked.door)
    if asked.result is not None:
        query = query.where(RESULTS[asked.result])
    if asked.person is not None:
        query = query.where(Member.public_id == asked.person)
    return [FoundEntry(*row) for row in session.execute(query)]
