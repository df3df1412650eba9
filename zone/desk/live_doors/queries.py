"""The newest scans at the doors, the refusals to deal with, and the offline bridges."""

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
SHOWN_FOR: Final = timedelta(hours=12)
"""How long a refusal that nobody deals with is shown: the longest day of a desk."""


@dataclass(frozen=True, slots=True)
class ScanView:
    """A scan at a door; the person is named only where they were refused and need help.

    `detail` is the reason in the reader's language; `remedy` is what the desk does about it.
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
    """An offline bridge: its doors go on deciding, and it uploads their entries later."""

    id: uuid.UUID
    name: str
    campus: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal at a door, by internal ids."""

    entry_id: int
    campus_id: int


@dataclass(frozen=True, slots=True)
class LiveDoors:
    """The live doors on the first page of the desk."""

    waiting: list[ScanView]
    newest: list[ScanView]
    offline: list[OfflineBridge]

    @property
    def names_people(self) -> bool:
        """Whether any scan shows who it was."""
        return any(scan.person is not None for scan in (*self.waiting, *self.newest))


def live(session: Session, language: str, now: datetime) -> LiveDoors:
    """Return the live doors; takes three statements."""
    unhandled = (
        _scans()
        .outerjoin(HandledDenial, HandledDenial.entry_id == Entry.id)
        .where(~Entry.granted, HandledDenial.id.is_(None), Entry.occurred_at > now - SHOWN_FOR)
        .limit(MOST_WAITING)
    )
    newest = _scans().where(Entry.occurred_at > now - SHOWN_FOR).limit(NEWEST)
    return LiveDoors(
        [_scan_view(row, language) for row in session.execute(unhandled)],
        [_scan_view(row, language) for row in session.execute(newest)],
        offline_bridges(session, now),
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
        # Refused people only: the desk needs no names of those who were let in.
        .outerjoin(Member, and_(Member.holder == Entry.holder, ~Entry.granted))
        .where(Entry.kind == "scan")
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
    )


def _scan_view(row: Any, language: str) -> ScanView:
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
    """Return what the door said, in a language; "" for a reason of a newer version."""
    reasons = {item.value: item for item in Reason}
    return WORDS[reasons[reason]].text(language) if reason in reasons else ""


def offline_bridges(session: Session, now: datetime) -> list[OfflineBridge]:
    """Return the enrolled bridges without contact for SILENCE, by campus and name."""
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
    """Return a person's last scans, the newest first."""
    query = _scans().where(Entry.holder == holder, Entry.occurred_at > since).limit(most)
    return [_scan_view(row, language) for row in session.execute(query)]


def denial(session: Session, entry: uuid.UUID) -> Denial:
    """Return a refusal.

    Raises:
        DomainError: not_found: no such entry, or it was no refusal.
    """
    query = (
        select(Entry.id, Area.campus_id)
        .join(Area, Area.id == Entry.area_id)
        .where(Entry.uuid == entry, Entry.kind == "scan", ~Entry.granted)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise DomainError(NOT_FOUND)
    return Denial(*row)
