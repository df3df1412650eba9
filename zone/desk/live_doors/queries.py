"""The newest scans at the doors, the refusals to deal with, and the offline bridges."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.words import WORDS
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.bridges.queries import was_silent
from zone.access.bridges.rules import is_online
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.queries import CAME_IN, NOT_REFUSED, REASON, REFUSED
from zone.access.shutdowns.models import Shutdown
from zone.access.shutdowns.queries import IS_OPEN, ShutdownView, open_shutdowns
from zone.core.errors import NOT_FOUND, DomainError
from zone.desk.live_doors.context import SHOWN_FOR, open_denials
from zone.desk.live_doors.models import HandledDenial
from zone.desk.live_doors.rules import Remedy, remedy_of
from zone.desk.live_doors.views import HelpCard, help_cards
from zone.members.people.models import Member
from zone.members.roster_marks.models import RosterMark
from zone.places.campuses.models import Campus

NEWEST: Final = 20
MOST_WAITING: Final = 30
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ScanView:
    """A scan at a door; the person is named only where they were refused and need help.

    `leaving`: it was on the way out.

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
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class OfflineBridge:
    """An offline bridge: its doors go on deciding, and it uploads their entries later."""

    id: uuid.UUID
    name: str
    campus: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal at a door, by internal ids; `member_id` is None where nobody knows who it was."""

    entry_id: int
    campus_id: int
    member_id: int | None


@dataclass(frozen=True, slots=True)
class LiveDoors:
    """The live doors on the first page of the desk."""

    waiting: list[ScanView]
    newest: list[ScanView]
    offline: list[OfflineBridge]

    @property
    def shown(self) -> list[tuple[uuid.UUID, uuid.UUID | None]]:
        """The entries, and whom each names."""
        return [(scan.id, scan.person) for scan in (*self.waiting, *self.newest)]


@dataclass(frozen=True, slots=True)
class Board:
    """The left side of the desk's page: who needs help, and what happened lately at the doors.

    `lately` leaves out the denials that `cards` shows; `in_last_hour` counts those let in;
    `shutdowns` are the blocks and lockdowns that hold.
    """

    at: datetime
    cards: list[HelpCard]
    lately: list[ScanView]
    in_last_hour: int
    offline: list[OfflineBridge]
    shutdowns: Sequence[ShutdownView] = ()

    @property
    def shown(self) -> list[tuple[uuid.UUID, uuid.UUID | None]]:
        """The entries of cards and scans, and whom each names."""
        cards = [(card.last.id, card.last.person) for card in self.cards]
        return [*cards, *((scan.id, scan.person) for scan in self.lately)]

    def card_of(self, person: uuid.UUID) -> HelpCard | None:
        """Return the card of a person, or None where they need no help."""
        return next((card for card in self.cards if card.last.person == person), None)

    def card_with(self, entry: uuid.UUID) -> HelpCard | None:
        """Return the card with this denial, or None where it is settled."""
        return next((card for card in self.cards if card.contains(entry)), None)


def board(session: Session, language: str, now: datetime) -> Board:
    """Return the left side of the desk's page."""
    denials = open_denials(session, now)
    shown = {denial.id for denial in denials}
    newest = _scans().where(Entry.occurred_at > now - SHOWN_FOR).limit(NEWEST + len(shown))
    lately = [_scan_view(row, language) for row in session.execute(newest) if row.uuid not in shown]
    let_in = select(func.count()).where(
        Entry.kind == "scan", CAME_IN, Entry.occurred_at > now - HOUR
    )
    return Board(
        now,
        help_cards(denials),
        lately[:NEWEST],
        session.scalars(let_in).one(),
        offline_bridges(session, now),
        open_shutdowns(session),
    )


def board_version(session: Session, now: datetime) -> str:
    """Return what differs when the board may differ; takes one cheap statement.

    Passes, bookings, suspensions and phones leave a mark of the roster. What only the clock changes
    shows within a minute.
    """
    offline = exists().where(
        Bridge.enrolled_at.is_not(None),
        Bridge.revoked_at.is_(None),
        was_silent(now),
    )
    models = (Entry, HandledDenial, RosterMark, Shutdown)
    parts = [select(func.max(model.id)) for model in models]
    parts.append(select(func.count()).where(IS_OPEN))
    row = session.execute(select(*(one.scalar_subquery() for one in parts), offline)).one()
    minute = int(now.timestamp()) // 60
    return "-".join(str(part or 0) for part in (*row, minute))


def live(session: Session, language: str, now: datetime) -> LiveDoors:
    """Return the live doors; takes three statements."""
    unhandled = (
        _scans()
        .outerjoin(HandledDenial, HandledDenial.entry_id == Entry.id)
        .where(REFUSED, HandledDenial.id.is_(None), Entry.occurred_at > now - SHOWN_FOR)
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
            NOT_REFUSED,
            REASON,
            Door.public_id,
            Door.name,
            Area.name,
            Campus.name,
            Member.public_id,
            Member.name,
            Entry.leaving,
        )
        .join(Door, Door.id == Entry.door_id)
        .join(Area, Area.id == Entry.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        # Refused people only: the desk needs no names of those who were let in.
        .outerjoin(Member, and_(Member.holder == Entry.holder, REFUSED))
        .where(Entry.kind == "scan")
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
    )


def _scan_view(row: Any, language: str) -> ScanView:
    entry, at, granted, reason, door, door_name, area, campus, person, name, leaving = row
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
        leaving=leaving,
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
    return [OfflineBridge(*row) for row in rows if not is_online(row.seen_at, now)]


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
        select(Entry.id, Area.campus_id, Member.id)
        .join(Area, Area.id == Entry.area_id)
        .outerjoin(Member, Member.holder == Entry.holder)
        .where(Entry.uuid == entry, Entry.kind == "scan", REFUSED)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise DomainError(NOT_FOUND)
    return Denial(*row)


def earlier_tries(session: Session, entry: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """Return the open refusals of the same person before this one.

    Of unknown people those at the same door for the same reason count as one person's.
    """
    refusals = open_denials(session, now)
    this = next((one for one in refusals if one.id == entry), None)
    if this is None:
        return []
    return [one.id for one in refusals if one.who == this.who and one.at < this.at]
