"""Open shutdowns, as staff see them and by the doors that they shut."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.access.shutdowns.models import Shutdown
from zone.access.shutdowns.rules import state_of
from zone.core.errors import require_first
from zone.members.people.models import Member
from zone.places.campuses.models import Campus

IS_OPEN = Shutdown.lifted_at.is_(None)
_COVERS = or_(
    Shutdown.door_id == Door.id,
    Shutdown.campus_id == Area.campus_id,
    and_(Shutdown.door_id.is_(None), Shutdown.campus_id.is_(None)),
)
"""Whether a shutdown shuts a door, joined with its area."""


@dataclass(frozen=True, slots=True)
class ShutdownView:
    """A shutdown as staff see it: of a door of a campus, of a campus, or of all doors.

    `kind` is blocked or lockdown. `campus` and `door` are None where it is of all campuses or of
    all doors there; `by` is who shut them.
    """

    id: uuid.UUID
    kind: str
    campus: str | None
    campus_name: str | None
    door: uuid.UUID | None
    door_name: str | None
    area_name: str | None
    reason: str
    by: str | None
    shut_at: datetime
    lifted_at: datetime | None


def open_shutdowns(session: Session) -> list[ShutdownView]:
    """Return the shutdowns that hold, the newest first."""
    return _views(session, IS_OPEN)


def shutdown_view(session: Session, public_id: uuid.UUID) -> ShutdownView:
    """Return a shutdown.

    Raises:
        DomainError: not_found.
    """
    return require_first(_views(session, Shutdown.public_id == public_id))


def states_of_doors(session: Session, doors: Iterable[int] | None = None) -> Mapping[int, str]:
    """Return the state that the open shutdowns give to each of these doors, or to every door."""
    query = (
        select(Door.id, Shutdown.kind)
        .join(Area, Area.id == Door.area_id)
        .outerjoin(Shutdown, and_(IS_OPEN, _COVERS))
    )
    if doors is not None:
        query = query.where(Door.id.in_(list(doors)))
    kinds: dict[int, list[str]] = {}
    for door, kind in session.execute(query):
        kinds.setdefault(door, []).extend([kind] if kind else [])
    return {door: state_of(of_door) for door, of_door in kinds.items()}


def oldest_shutdowns(session: Session) -> Mapping[int, tuple[datetime, str]]:
    """Return when the oldest open shutdown of each shut door began, and its id."""
    rows = session.execute(
        select(Door.id, Shutdown.shut_at, Shutdown.public_id)
        .join(Area, Area.id == Door.area_id)
        .join(Shutdown, and_(IS_OPEN, _COVERS))
        .order_by(Shutdown.shut_at.desc(), Shutdown.id.desc())
    )
    return {door: (shut_at, str(public_id)) for door, shut_at, public_id in rows}


def times_shut(
    session: Session, doors: Iterable[int], since: datetime
) -> list[tuple[int, datetime | None, datetime | None]]:
    """Return from when until when these doors were shut, of what was not over at `since`.

    From None: nobody knows since when, as it was before reasons were asked for. Until None: they
    still are. Each shutdown of a door is one.
    """
    lasts = or_(IS_OPEN, Shutdown.lifted_at >= since)
    rows = session.execute(
        select(Door.id, Shutdown.shut_at, Shutdown.lifted_at, Shutdown.reason, Shutdown.shut_by)
        .join(Area, Area.id == Door.area_id)
        .join(Shutdown, and_(lasts, _COVERS))
        .where(Door.id.in_(list(doors)))
    )
    return [
        (door, shut_at if reason or shut_by is not None else None, lifted_at)
        for door, shut_at, lifted_at, reason, shut_by in rows
    ]


def _views(session: Session, condition: ColumnElement[bool]) -> list[ShutdownView]:
    rows = session.execute(
        select(
            Shutdown.public_id,
            Shutdown.kind,
            Campus.code,
            Campus.name,
            Door.public_id,
            Door.name,
            Area.name,
            Shutdown.reason,
            Member.name,
            Shutdown.shut_at,
            Shutdown.lifted_at,
        )
        .outerjoin(Door, Door.id == Shutdown.door_id)
        .outerjoin(Area, Area.id == Door.area_id)
        .outerjoin(Campus, or_(Campus.id == Shutdown.campus_id, Campus.id == Area.campus_id))
        .outerjoin(Member, Member.id == Shutdown.shut_by)
        .where(condition)
        .order_by(Shutdown.id.desc())
    )
    return [ShutdownView(*row) for row in rows]
