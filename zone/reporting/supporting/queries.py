"""Supporting figures of a year: no-shows, booked places, people by institution, capture.

They have no target. Like the targets they read only rows that are append-only or settled, as they
were known at the as-of time, and carry their provenance.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from zone.access.visits.queries import capture_rate
from zone.booking.allocations.models import AllocationEvent
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions.models import ClassSession
from zone.core.db.statements import hex_of
from zone.core.money import share_percent
from zone.core.time import Window, helsinki_date, year_window
from zone.passes.activations import queries as activations_queries
from zone.passes.activations.queries import Activation
from zone.reporting.kpis import rules as kpis_rules
from zone.reporting.kpis.queries import Provenance, Row
from zone.reporting.supporting import rules
from zone.reporting.supporting.rules import ShownPeople

DEFINITIONS: Final = {"no_shows": "S1-1", "filled": "S2-1", "people": "S3-3", "captured": "S4-1"}

Booked = tuple[str, str, int]
"""(booking, kind of its newest event, session)."""


@dataclass(frozen=True, slots=True)
class SupportingFigure:
    """A supporting figure: `part` of `whole`, or with `group` the people of one institution.

    `hidden`: no number is shown, because there are fewer than LEAST_SHOWN people, or because the
    number would tell that of another institution.
    """

    key: str
    provenance: Provenance
    part: int = 0
    whole: int = 0
    group: str | None = None
    hidden: bool = False

    @property
    def percent(self) -> Decimal | None:
        """`part` of `whole` in percent, one decimal; None where `whole` is 0 or for people."""
        return share_percent(self.part, self.whole, 1) if self.group is None else None


def supporting(session: Session, year: int, as_of: datetime) -> list[SupportingFigure]:
    """Return the supporting figures of a calendar year, as they were known at `as_of`."""
    window = year_window(year)
    bookings = booked(session, window, as_of)
    return [
        _no_shows(bookings, window, as_of),
        _filled(bookings, held_places(session, window, as_of), window, as_of),
        _captured(session, window, as_of),
        *_people(session, window, as_of),
    ]


def _no_shows(bookings: Iterable[Booked], window: Window, as_of: datetime) -> SupportingFigure:
    """Return the no-shows among the bookings that are settled, by the start of the session."""
    settled = [row for row in bookings if row[1] in {"attended", "no_show"}]
    missed = sum(kind == "no_show" for _, kind, _ in settled)
    counts = {"bookings": len(settled)}
    return SupportingFigure(
        "no_shows", _provenance("no_shows", window, as_of, counts, settled), missed, len(settled)
    )


def _filled(
    bookings: Iterable[Booked], held: dict[int, int], window: Window, as_of: datetime
) -> SupportingFigure:
    """Return the booked places among all bookable ones of the sessions that were held."""
    live = [row for row in bookings if row[2] in held]
    rows: list[Row] = [*live, *(("session", id_, places) for id_, places in held.items())]
    counts = {"bookings": len(live), "sessions": len(held)}
    return SupportingFigure(
        "filled", _provenance("filled", window, as_of, counts, rows), len(live), sum(held.values())
    )


def booked(session: Session, window: Window, as_of: datetime) -> Sequence[Booked]:
    """Return the bookings that are not cancelled, of the sessions that start in the window."""
    known = (
        select(Booking.id.label("of"), BookingEvent.kind, _age(BookingEvent, Booking.id))
        .join(Booking, Booking.id == BookingEvent.booking_id)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(BookingEvent.recorded_at <= as_of, *_public(window))
        .subquery()
    )
    rows = session.execute(
        select(hex_of(Booking.public_id), known.c.kind, Booking.session_id)
        .join(known, known.c.of == Booking.id)
        .where(known.c.age == 1, known.c.kind != "cancelled")
    )
    return [tuple(row) for row in rows]


def held_places(session: Session, window: Window, as_of: datetime) -> dict[int, int]:
    """Return the bookable places of the public sessions that were held, by session."""
    # The places of a session that was held no longer change, so they need no event.
    known = (
        select(
            ClassSession.id.label("of"),
            AllocationEvent.kind,
            _age(AllocationEvent, ClassSession.id),
        )
        .join(ClassSession, ClassSession.id == AllocationEvent.allocation_id)
        .where(AllocationEvent.recorded_at <= as_of, *_public(window))
        .subquery()
    )
    rows = session.execute(
        select(ClassSession.id, ClassSession.bookable)
        .join(known, known.c.of == ClassSession.id)
        .where(known.c.age == 1, known.c.kind == "held")
    )
    return dict(rows.all())


def starts(session: Session, window: Window) -> dict[int, tuple[datetime, int | None]]:
    """Return start and space of the public sessions that start in the window."""
    rows = session.execute(
        select(ClassSession.id, ClassSession.starts_at, ClassSession.space_id).where(
            *_public(window)
        )
    )
    return {session_id: (start, space_id) for session_id, start, space_id in rows}


def _public(window: Window) -> tuple[ColumnElement[bool], ...]:
    return (
        ClassSession.starts_at >= window[0],
        ClassSession.starts_at < window[1],
    )


def _age(
    event: type[BookingEvent] | type[AllocationEvent], of: InstrumentedAttribute[int]
) -> ColumnElement[int]:
    """Return the place of an event among those of the same object; 1 is the newest."""
    # By the id, which is given under the lock of the object. Of two requests that wait for it the
    # later one may have begun, and is recorded, before the other.
    return func.row_number().over(partition_by=of, order_by=event.id.desc()).label("age")


def _captured(session: Session, window: Window, as_of: datetime) -> SupportingFigure:
    """Return the visits that a door recorded among all visits."""
    seen = capture_rate(session, window, as_of)
    rows: list[Row] = [("door", seen.by_door), ("all", seen.visits)]
    provenance = _provenance("captured", window, as_of, {"visits": seen.visits}, rows)
    return SupportingFigure("captured", provenance, seen.by_door, seen.visits)


def people_activations(
    session: Session,
    window: Window,
    as_of: datetime,
    *,
    of_members: Collection[int] | None = None,
) -> list[Activation]:
    """Return the activations that target A counts in a window, as known when their month is
    counted: what is recorded after that changes no number of people.
    """
    months = [(part, min(as_of, counted_at)) for part, counted_at in rules.months_of(window)]
    return activations_queries.activations(
        session, window, as_of, of_members=of_members, parts=months
    )


def _people(session: Session, window: Window, as_of: datetime) -> list[SupportingFigure]:
    """Return the people whose pass target A counts, by the institution at which they bought it."""
    first_months = dict[tuple[str, int], date]()
    for item in people_activations(session, window, as_of):
        person = (item.institution or "", item.member_id)
        first_months.setdefault(person, rules.month_of(helsinki_date(item.activated_at)))
    new_people = Counter((month, code) for (code, _), month in first_months.items())
    return [
        people_figure(
            code,
            shown,
            window,
            as_of,
            [
                (code, member_id)
                for (named, member_id), month in sorted(first_months.items())
                if shown and named == code and month <= shown.until
            ],
        )
        for code, shown in rules.shown_people(new_people, as_of).items()
    ]


def people_figure(
    code: str,
    shown: ShownPeople | None,
    window: Window,
    as_of: datetime,
    members: Sequence[Row] | None,
) -> SupportingFigure:
    """Return the people of one institution; without `members` it has no digest."""
    size = shown.size if shown else 0
    counts = {"people": size} if shown else {}
    # A hidden group has no rows: from a list of people one could try which of them match.
    provenance = _provenance("people", window, as_of, counts, members or ())
    if members is None:
        provenance = replace(provenance, digest="")
    return SupportingFigure("people", provenance, size, size, group=code, hidden=shown is None)


def _provenance(
    key: str, window: Window, as_of: datetime, counts: dict[str, int], rows: Iterable[Row]
) -> Provenance:
    return Provenance(DEFINITIONS[key], window, as_of, counts, kpis_rules.digest(rows))
