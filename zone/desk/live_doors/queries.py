"""What happens at the doors now: the newest entries, the refusals that nobody has dealt with, and who is offline."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.words import WORDS
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import SILENCE
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.core.errors import NOT_FOUND, DomainError
from zone.desk.live_doors.models import HandledDenial
from zone.desk.live_doors.rules import Remedy, remedy_of
from zone.members.people.models import Member
from zone.places.campuses.models import Campus

NEWEST: Final = 20
MOST_WAITING: Final = 30
WAITS: Final = timedelta(hours=12)
"""How long an unhandled refusal stays: as long as the longest day of a desk."""


@dataclass(frozen=True, slots=True)
class ScanView:
    """One scan at a door. The person is named only where they were refused and need help.

    `detail` says why in the reader's language; `remedy` is what the desk does about it.
    """

    id: uuid.UUID
    at: datetime
    campus: str
    area: str
    door: uuid.UUID
    door_name: str
    granted: bool
    reason: str | None
    detail: str
    remedy: Remedy | None
    person: uuid.UUID | None
    name: str | None


@dataclass(frozen=True, slots=True)
class OfflineBridge:
    """A bridge that is not heard: its doors decide by themselves, and tell of it later."""

    id: uuid.UUID
    name: str
    campus: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class LiveDoors:
    """The desk's first page."""

    waiting: list[ScanView]
    newest: list[ScanView]
    silent: list[OfflineBridge]


def live(session: Session, language: str, now: datetime) -> LiveDoors:
    """What the desk sees now; in three statements."""
    unhandled = (
        _scans()
        .outerjoin(HandledDenial, HandledDenial.entry_id == Entry.id)
        .where(~Entry.granted, HandledDenial.id.is_(None), Entry.occurred_at > now - WAITS)
        .limit(MOST_WAITING)
    )
    newest = _scans().where(Entry.occurred_at > now - WAITS).limit(NEWEST)
    return LiveDoors(
        [_happened(row, language) for row in session.execute(unhandled)],
        [_happened(row, language) for row in session.execute(newest)],
        silent(session, now),
    )


def _scans() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Entry.uuid,
            Entry.occurred_at,
            Entry.granted,
            Entry.reason,
            Door.public_id,
            Door.name,
            Area.name,
            Campus.name,
            Member.public_id,
            Member.name,
        )
        .join(Door, Door.id == Entry.door_id)
        .join(Area, Area.id == Entry.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .outerjoin(Member, and_(Member.holder == Entry.holder, ~Entry.granted))
        .where(Entry.kind == "scan")
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
    )


def _happened(row: Any, language: str) -> ScanView:
    entry, at, granted, reason, door, door_name, area, campus, person, name = row
    return ScanView(
        id=entry,
        at=at,
        campus=campus,
        area=area,
        door=door,
        door_name=door_name,
        granted=granted,
        reason=reason,
        detail=reason_text(reason, language),
        remedy=remedy_of(reason),
        person=person,
        name=name,
    )


def reason_text(reason: str | None, language: str) -> str:
    """What the door said, in a language; nothing where this version does not know the reason."""
    known = {item.value: item for item in Reason}
    return WORDS[known[reason]].text(language) if reason in known else ""


def silent(session: Session, now: datetime) -> list[OfflineBridge]:
    """The bridges in service that have not been heard for a while, by campus and name."""
    rows = session.execute(
        select(Bridge.public_id, Bridge.name, Campus.name, Bridge.seen_at)
        .join(Campus, Campus.id == Bridge.campus_id)
        .where(Bridge.enrolled_at.is_not(None), Bridge.revoked_at.is_(None))
        .order_by(Campus.name, Bridge.name)
    )
    return [
        OfflineBridge(*row) for row in rows if row.seen_at is None or row.seen_at < now - SILENCE
    ]


def entries_of(
    session: Session, holder: int, since: datetime, language: str, *, most: int
) -> Sequence[ScanView]:
    """A person's last scans, the newest first."""
    query = _scans().where(Entry.holder == holder, Entry.occurred_at > since).limit(most)
    return [_happened(row, language) for row in session.execute(query)]


def denial_id(session: Session, entry: uuid.UUID) -> int:
    """The row of a refusal.

    Raises:
        DomainError: not_found: no such entry, or it was no refusal.
    """
    refused = select(Entry.id).where(Entry.uuid == entry, Entry.kind == "scan", ~Entry.granted)
    found = session.scalar(refused)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found
