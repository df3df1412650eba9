"""Counts of visits as of any earlier time, and a member's own visits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.entries.models import Entry
from zone.access.roster.rules import OPENS_BEFORE_BOOKING
from zone.access.visits.models import Visit
from zone.booking.bookings.queries import windows_between
from zone.booking.bookings.rules import BookedWindow
from zone.core.time import Window
from zone.passes.passes.rules import PassUse, UsablePass
from zone.places.campuses.models import Campus


@dataclass(frozen=True, slots=True)
class VisitCount:
    """Visits through doors at a campus, by institution (None: none was proven at that time)."""

    campus: str
    institution: str | None
    visits: int


def visit_counts(session: Session, window: Window, as_of: datetime) -> list[VisitCount]:
    """Return the visits through doors in a window, as they were known at `as_of`.

    The result for a past `as_of` never changes, not even after the people's retention time.
    """
    rows = session.execute(
        select(Campus.code, Visit.institution_code, func.count())
        .join(Area, Area.id == Visit.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .where(*known_visits(window, as_of), Visit.source == "door")
        .group_by(Campus.code, Visit.institution_code)
    ).all()
    ordered = sorted(rows, key=lambda row: (row[0], row[1] or ""))
    return [VisitCount(campus, institution, count) for campus, institution, count in ordered]


def known_visits(window: Window, as_of: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the visits in a window, as they were known at `as_of`."""
    # A retraction after `as_of` was not yet known then.
    not_retracted = or_(Visit.retracted_at.is_(None), Visit.retracted_at > as_of)
    return (
        Visit.recorded_at <= as_of,
        not_retracted,
        Visit.occurred_at >= window[0],
        Visit.occurred_at < window[1],
    )


@dataclass(frozen=True, slots=True)
class CaptureRate:
    """How many of all visits came through a door; the desk checked in the others."""

    by_door: int
    visits: int

    @property
    def rate(self) -> Decimal | None:
        """Visits through doors ÷ all visits; None where there were none."""
        return Decimal(self.by_door) / self.visits if self.visits else None


def capture_rate(session: Session, window: Window, as_of: datetime) -> CaptureRate:
    """Return the capture rate of a window, as it was known at `as_of`.

    The result for a past `as_of` never changes, not even after the people's retention time.
    """
    rows = session.execute(
        select(Visit.source, func.count())
        .where(*known_visits(window, as_of))
        .group_by(Visit.source)
    )
    counts = dict(rows.all())
    return CaptureRate(counts.get("door", 0), sum(counts.values()))


def count_unproven(session: Session, since: datetime) -> int:
    """Count the visits since a time that no code proves: their bridge is too old to send it."""
    query = (
        select(func.count())
        .select_from(Visit)
        .join(Entry, Entry.id == Visit.entry_id)
        .where(Visit.occurred_at > since, Visit.retracted_at.is_(None), Entry.proven.is_(None))
    )
    return session.scalars(query).one()


def own_visits(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's visits, for the export of one's own data."""
    return (
        select(Area.name.label("area"), Visit.source, Visit.occurred_at)
        .join(Visit, Visit.area_id == Area.id)
        .where(Visit.member_id == member_id, Visit.retracted_at.is_(None))
    )


def with_bookings(
    session: Session, uses: Sequence[PassUse], held: Mapping[int, Sequence[UsablePass]]
) -> list[PassUse]:
    """Return uses, in the order of time, with what was booked by those whom it concerns: who holds
    a pass for some sessions.
    """
    limited = {
        member_id
        for member_id, passes in held.items()
        if any(one.conditions.limits_sessions for one in passes)
    }
    if not limited:
        return list(uses)
    first, last = uses[0].occurred_at, uses[-1].occurred_at + OPENS_BEFORE_BOOKING
    booked = windows_between(session, sorted(limited), first, last)
    return [replace(use, booked=_booked_at(booked.get(use.member_id, ()), use)) for use in uses]


def _booked_at(
    windows: Sequence[BookedWindow], use: PassUse
) -> tuple[tuple[str, UUID | None], ...]:
    return tuple(
        (one.kind, one.root)
        for one in windows
        if one.start - OPENS_BEFORE_BOOKING <= use.occurred_at < one.end
    )
