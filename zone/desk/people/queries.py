"""A person's record: what the desk needs to help them, and nothing more."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.attendance.queries import members_seen
from zone.access.credentials import queries as credentials_queries
from zone.access.doors.models import Door
from zone.access.visits.models import Visit
from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks import queries as marks_queries
from zone.booking.attendance_marks.views import AttendanceMarkView
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import views as bookings_views
from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.booking.sessions import rules as sessions_rules
from zone.core.audit import queries as audit_queries
from zone.core.i18n import LANGUAGES
from zone.core.time import day_window, helsinki_date
from zone.desk.live_doors import queries as live_doors_queries
from zone.members.affiliations import queries as affiliations_queries
from zone.members.eligibility import queries as eligibility_queries
from zone.members.people.models import Member
from zone.members.people.rules import VIEW_MEMBER
from zone.members.suspensions.models import Suspension
from zone.members.suspensions.queries import in_force
from zone.passes.passes.queries import PassView, passes_of
from zone.passes.payments.queries import ReturnedPayment, returned_to
from zone.passes.receipts.queries import OwnReceipt, receipts_of
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

MOST_ENTRIES: Final = 10
ENTRIES_SINCE: Final = timedelta(days=14)
"""Long enough to explain a refusal, too short to trace a person's movements."""
BOOKINGS_SINCE: Final = timedelta(days=14)
MOST_LOOKS: Final = 10
MOST_RECEIPTS: Final = 10


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A phone that holds the pass."""

    kid: str
    label: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SuspensionView:
    """A suspension in force; `ends_at` is None where it holds until it is lifted."""

    id: uuid.UUID
    reason: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeskCheckIn:
    """A visit of a person whom the desk let in without a phone."""

    at: datetime
    campus: str
    area: str


@dataclass(frozen=True, slots=True)
class NoShowSummary:
    """The marks that count, by time; `limit` of them pause booking ahead until `paused_until`.

    `marks`: all that are known, the newest first.
    """

    missed: Sequence[datetime]
    limit: int
    paused_until: datetime | None
    marks: Sequence[AttendanceMarkView] = ()


@dataclass(frozen=True, slots=True)
class AccessLogEntry:
    """Who opened the record, and when; `name` is None for a program."""

    at: datetime
    name: str | None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """Everything about one person that a desk acts on."""

    id: uuid.UUID
    name: str
    email: str
    language: str
    since: datetime
    eligible: bool
    affiliations: list[affiliations_queries.AffiliationView]
    proofs: list[eligibility_queries.ProofView]
    passes: list[PassView]
    returned_payments: list[ReturnedPayment]
    receipts: list[OwnReceipt]
    bookings: list[bookings_views.BookingView]
    no_shows: NoShowSummary
    devices: list[DeviceView]
    suspensions: list[SuspensionView]
    entries: Sequence[live_doors_queries.ScanView]
    check_ins: list[DeskCheckIn]
    access_log: list[AccessLogEntry]
    seen_at: frozenset[uuid.UUID] = frozenset()
    """The sessions of today at which a door, the desk or the instructor has seen the person."""

    @property
    def has_valid_pass(self) -> bool:
        return any(pass_.state == "valid" for pass_ in self.passes)


def person_record(
    session: Session, member: Member, *, language: str, now: datetime
) -> PersonRecord:
    """Return everything about one person that a desk acts on."""
    today = helsinki_date(now)
    return PersonRecord(
        id=member.public_id,
        name=member.name,
        email=member.email,
        language=member.language,
        since=member.created_at,
        eligible=bool(eligibility_queries.eligibility(session, member.id, today)),
        affiliations=affiliations_queries.affiliations_of(session, member.id, today),
        proofs=eligibility_queries.proofs_of(session, member.id),
        passes=passes_of(session, member.id, now),
        returned_payments=returned_to(session, member.id),
        receipts=receipts_of(session, member.id)[:MOST_RECEIPTS],
        bookings=_bookings(session, member, now),
        no_shows=_no_shows(session, member.id, now),
        devices=[
            DeviceView(key.kid.hex(), key.label, key.created_at)
            for key in credentials_queries.live_keys(session, member.id)
        ],
        suspensions=_suspensions(session, member.id, now),
        entries=live_doors_queries.entries_of(
            session, member.holder, now - ENTRIES_SINCE, language, most=MOST_ENTRIES
        ),
        check_ins=_check_ins(session, member.id, now),
        access_log=_access_log(session, member.public_id),
        seen_at=_seen_at(session, member.id, now),
    )


def courts_to_book(session: Session) -> list[tuple[str, dict[str, str]]]:
    """Return (public id, name with its campus in each language) of the spaces for own use."""
    query = (
        select(Space, Campus.name)
        .join(Campus, Campus.id == Space.campus_id)
        .where(Space.own_use)
        .order_by(Campus.name, Space.name_en)
    )
    return [
        (
            str(space.public_id),
            {language: f"{campus}, {getattr(space, f'name_{language}')}" for language in LANGUAGES},
        )
        for space, campus in session.execute(query)
    ]


def court_behind(session: Session, door: uuid.UUID) -> str | None:
    """Return the public id of a space for own use behind a door, or None."""
    query = (
        select(Space.public_id)
        .join(AreaSpace, AreaSpace.space_id == Space.id)
        .join(Door, Door.area_id == AreaSpace.area_id)
        .where(Door.public_id == door, Space.own_use)
        .order_by(Space.name_en)
        .limit(1)
    )
    found = session.scalar(query)
    return None if found is None else str(found)


def _seen_at(session: Session, member_id: int, now: datetime) -> frozenset[uuid.UUID]:
    booked = select(Allocation.id, Allocation.public_id).join(
        Booking, Booking.session_id == Allocation.id
    )
    # By its end: a session that has begun before midnight belongs to both days.
    ending = Allocation.ends_at > day_window(helsinki_date(now))[0]
    begun = Allocation.starts_at <= now + sessions_rules.ARRIVE_BEFORE
    rows = session.execute(booked.where(Booking.member_id == member_id, ending, begun)).all()
    seen = members_seen(session, {row.id for row in rows}) if rows else set()
    return frozenset(row.public_id for row in rows if (row.id, member_id) in seen)


def _bookings(session: Session, member: Member, now: datetime) -> list[bookings_views.BookingView]:
    return [
        booking
        for booking in bookings_queries.bookings(session, member.id, now)
        # No-shows longer: they count for a term, and are excused here.
        if booking.state == "no_show"
        or (booking.state != "cancelled" and booking.session.starts_at > now - BOOKINGS_SINCE)
    ]


def _no_shows(session: Session, member_id: int, now: datetime) -> NoShowSummary:
    policy = policies_queries.policies(session.connection(), now, member_id).of()
    marks = marks_queries.marks(session, member_id, now)
    return NoShowSummary(
        sorted(mark.occurred_at for mark in marks if mark.counts),
        policy.no_shows,
        banned_until(session, member_id, now),
        marks,
    )


def _suspensions(session: Session, member_id: int, now: datetime) -> list[SuspensionView]:
    query = (
        select(Suspension)
        .where(Suspension.member_id == member_id, in_force(now))
        .order_by(Suspension.id)
    )
    return [
        SuspensionView(row.public_id, row.reason, row.starts_at, row.ends_at)
        for row in session.scalars(query)
    ]


def _check_ins(session: Session, member_id: int, now: datetime) -> list[DeskCheckIn]:
    rows = session.execute(
        select(Visit.occurred_at, Campus.name, Area.name)
        .join(Area, Area.id == Visit.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(
            Visit.member_id == member_id,
            Visit.source == "desk",
            Visit.occurred_at > now - ENTRIES_SINCE,
        )
        .order_by(Visit.occurred_at.desc())
        .limit(MOST_ENTRIES)
    )
    return [DeskCheckIn(*row) for row in rows]


def _access_log(session: Session, person: uuid.UUID) -> list[AccessLogEntry]:
    views = audit_queries.AuditFilter(
        object_kind="member", object_id=str(person), action=VIEW_MEMBER
    )
    return [
        AccessLogEntry(row.at, row.actor_name)
        for row in audit_queries.audit_page(session, views, most=MOST_LOOKS).rows
    ]
