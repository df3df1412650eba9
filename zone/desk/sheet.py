"""A person as the desk sees them: what is needed to help, and nothing more. Looking leaves an audit row."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access import service as access
from zone.access.models import Area, Suspension, Visit
from zone.access.roster import in_force
from zone.booking import facts, timetable
from zone.booking import rules as booking_rules
from zone.core.time import helsinki_date
from zone.desk import feed
from zone.members import audit, proofs, queries, service
from zone.members.by_staff import VIEW
from zone.members.models import Member
from zone.passes.queries import PassView, passes_of
from zone.places.models import Campus

ENTRIES: Final = 10
ENTRIES_SINCE: Final = timedelta(days=14)
"""A desk helps with what happened at the door lately, and does not follow anybody's weeks."""
BOOKINGS_SINCE: Final = timedelta(days=14)
LOOKS: Final = 10


@dataclass(frozen=True, slots=True)
class Device:
    """A phone that holds the pass."""

    kid: str
    label: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Barred:
    """That the person may not use the doors now, why, and until when (None: until it is lifted)."""

    id: uuid.UUID
    reason: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A visit that the desk let in without a phone."""

    at: datetime
    campus: str
    area: str


@dataclass(frozen=True, slots=True)
class Marks:
    """Sessions missed this term, how many it takes for a pause, and until when booking ahead is paused."""

    missed: Sequence[datetime]
    limit: int
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class Looked:
    """Who opened the sheet, and when."""

    at: datetime
    name: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything about one person that a desk acts on."""

    id: uuid.UUID
    name: str
    email: str
    language: str
    since: datetime
    eligible: bool
    affiliations: list[queries.Claim]
    proofs: list[proofs.ProofView]
    passes: list[PassView]
    bookings: list[timetable.BookingView]
    marks: Marks
    devices: list[Device]
    suspensions: list[Barred]
    entries: Sequence[feed.Happened]
    check_ins: list[CheckedIn]
    looked: list[Looked]


def open_sheet(session: Session, person: uuid.UUID, *, actor_id: int, language: str, now: datetime) -> Sheet:
    """The sheet of a person, and the audit row of who opened it.

    Raises:
        DomainError: not_found.
    """
    member, today = look(session, person, actor_id=actor_id, now=now), helsinki_date(now)
    return Sheet(
        id=person, name=member.name, email=member.email, language=member.language, since=member.created_at,
        eligible=bool(queries.eligibility(session, member.id, today)),
        affiliations=queries.claims(session, member.id, today),
        proofs=proofs.proofs_of(session, member.id),
        passes=passes_of(session, member.id, now),
        bookings=_bookings(session, member, now),
        marks=_marks(session, member.id, now),
        devices=[Device(key.kid.hex(), key.label, key.created_at) for key in access.live_keys(session, member.id)],
        suspensions=_suspensions(session, member.id, now),
        entries=feed.entries_of(session, member.holder, now - ENTRIES_SINCE, language, most=ENTRIES),
        check_ins=_check_ins(session, member.id, now),
        looked=_looked(session, person),
    )  # fmt: skip


def look(session: Session, person: uuid.UUID, *, actor_id: int, now: datetime) -> Member:
    """The person, and the audit row of who looked at them.

    Raises:
        DomainError: not_found.
    """
    member = queries.member_by_public_id(session, person)
    service.audit(session, actor_id=actor_id, action=VIEW, object_kind="member", object_id=person, now=now)
    return member


def _bookings(session: Session, member: Member, now: datetime) -> list[timetable.BookingView]:
    found = timetable.bookings(session, member.id, now)
    return [one for one in found if one.state != "cancelled" and one.session.starts_at > now - BOOKINGS_SINCE]


def _marks(session: Session, member_id: int, now: datetime) -> Marks:
    policy = facts.policy(session.connection())
    missed = facts.standing(session.connection(), member_id, now).missed
    until = booking_rules.suspended_until(missed, policy)
    return Marks(sorted(missed), policy.no_shows, until if until is not None and now < until else None)


def _suspensions(session: Session, member_id: int, now: datetime) -> list[Barred]:
    query = select(Suspension).where(Suspension.member_id == member_id, in_force(now)).order_by(Suspension.id)
    return [Barred(one.public_id, one.reason, one.starts_at, one.ends_at) for one in session.scalars(query)]


def _check_ins(session: Session, member_id: int, now: datetime) -> list[CheckedIn]:
    rows = session.execute(
        select(Visit.occurred_at, Campus.name, Area.name)
        .join(Area, Area.id == Visit.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(Visit.member_id == member_id, Visit.source == "desk", Visit.occurred_at > now - ENTRIES_SINCE)
        .order_by(Visit.occurred_at.desc())
        .limit(ENTRIES)
    )
    return [CheckedIn(*row) for row in rows]


def _looked(session: Session, person: uuid.UUID) -> list[Looked]:
    asked = audit.Asked(object_kind="member", object_id=str(person), action=VIEW)
    return [Looked(row.at, row.actor_name) for row in audit.rows(session, asked, most=LOOKS).rows]
