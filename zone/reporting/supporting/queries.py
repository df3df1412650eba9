"""Supporting figures of a year, each with its receipt: no-shows, filled places, people by institution, capture.

They judge nothing. Like the targets they read only what is append-only or settled, as it was known at the as-of time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from zone.access.visits.queries import capture
from zone.booking.bookings.models import Booking, BookingEvent
from zone.booking.sessions.models import ClassSession, SessionEvent
from zone.core.db.statements import hex_of
from zone.core.money import half_up
from zone.core.time import Window, year_window
from zone.feedback.results.rules import LEAST_SHOWN
from zone.passes.passes import queries as passes_queries
from zone.reporting.kpis import rules as kpis_rules
from zone.reporting.kpis.queries import Provenance, Row

DEFINITIONS: Final = {"no_shows": "S1-1", "filled": "S2-1", "people": "S3-1", "captured": "S4-1"}

Booked = tuple[str, str, int]
"""(booking, its newest fact, session)."""


@dataclass(frozen=True, slots=True)
class SupportingFigure:
    """A supporting figure: a share of `whole` (`part` of it), or with `group` the people of one institution.

    `hidden`: there are fewer than five, and no number is told.
    """

    key: str
    receipt: Provenance
    part: int = 0
    whole: int = 0
    group: str | None = None
    hidden: bool = False

    @property
    def percent(self) -> Decimal | None:
        """`part` of `whole` in percent, one decimal; None where there is nothing to divide by."""
        return (
            half_up(Decimal(100 * self.part) / self.whole, 1)
            if self.whole and self.group is None
            else None
        )


def supporting(session: Session, year: int, as_of: datetime) -> list[SupportingFigure]:
    """The supporting figures of a calendar year, as they were known at `as_of`."""
    window = year_window(year)
    bookings = _bookings(session, window, as_of)
    return [
        _no_shows(bookings, window, as_of),
        _filled(bookings, _held(session, window, as_of), window, as_of),
        _captured(session, window, as_of),
        *_people(session, window, as_of),
    ]


def _no_shows(bookings: Iterable[Booked], window: Window, as_of: datetime) -> SupportingFigure:
    """Bookings that were not used, of those whose use is settled; by the start of the session."""
    settled = [row for row in bookings if row[1] in {"attended", "no_show"}]
    missed = sum(kind == "no_show" for _, kind, _ in settled)
    counts = {"bookings": len(settled)}
    return SupportingFigure(
        "no_shows", _receipt("no_shows", window, as_of, counts, settled), missed, len(settled)
    )


def _filled(
    bookings: Iterable[Booked], held: dict[int, int], window: Window, as_of: datetime
) -> SupportingFigure:
    """Places booked to the end, of those that could be booked, in the sessions that were held.

    The places of a session that was held no longer change.
    """
    live = [row for row in bookings if row[2] in held]
    rows: list[Row] = [*live, *(("session", id_, places) for id_, places in held.items())]
    counts = {"bookings": len(live), "sessions": len(held)}
    return SupportingFigure(
        "filled", _receipt("filled", window, as_of, counts, rows), len(live), sum(held.values())
    )


def _bookings(session: Session, window: Window, as_of: datetime) -> Sequence[Booked]:
    """The bookings of the sessions that start in the window, but for those cancelled, as known at `as_of`."""
    known = _newest(BookingEvent, BookingEvent.booking_id, as_of)
    rows = session.execute(
        select(hex_of(Booking.public_id), known.c.kind, Booking.session_id)
        .join(known, known.c.of == Booking.id)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(known.c.age == 1, known.c.kind != "cancelled", ClassSession.kind != "own_use")
        .where(ClassSession.starts_at >= window[0], ClassSession.starts_at < window[1])
    )
    return [tuple(row) for row in rows]


def _held(session: Session, window: Window, as_of: datetime) -> dict[int, int]:
    """Session → places that could be booked, of the public sessions that were held."""
    known = _newest(SessionEvent, SessionEvent.session_id, as_of)
    rows = session.execute(
        select(ClassSession.id, ClassSession.bookable)
        .join(known, known.c.of == ClassSession.id)
        .where(known.c.age == 1, known.c.kind == "held", ClassSession.kind != "own_use")
        .where(ClassSession.starts_at >= window[0], ClassSession.starts_at < window[1])
    )
    return dict(rows.all())


def _newest(
    event: type[BookingEvent] | type[SessionEvent], of: InstrumentedAttribute[int], as_of: datetime
) -> Subquery:
    """(of, kind, age) of the facts known at `as_of`; age 1 is the newest of each."""
    age = func.row_number().over(
        partition_by=of, order_by=(event.recorded_at.desc(), event.id.desc())
    )
    known = select(of.label("of"), event.kind.label("kind"), age.label("age")).where(
        event.recorded_at <= as_of
    )
    return known.subquery()


def _captured(session: Session, window: Window, as_of: datetime) -> SupportingFigure:
    """Visits that a door saw, of all visits."""
    seen = capture(session, window, as_of)
    rows: list[Row] = [("door", seen.by_door), ("all", seen.visits)]
    receipt = _receipt("captured", window, as_of, {"visits": seen.visits}, rows)
    return SupportingFigure("captured", receipt, seen.by_door, seen.visits)


def _people(session: Session, window: Window, as_of: datetime) -> list[SupportingFigure]:
    """People with a pass that target A counts, by the institution as whose they bought it; "" where none was named."""
    found = sorted(
        {
            (item.institution or "", item.member_id)
            for item in passes_queries.activations(session, window, as_of)
        }
    )
    sizes = Counter(code for code, _ in found)
    return [_group(code, size, window, as_of, found) for code, size in sorted(sizes.items())]


def _group(
    code: str, size: int, window: Window, as_of: datetime, found: Sequence[tuple[str, int]]
) -> SupportingFigure:
    shown = size if size >= LEAST_SHOWN else 0
    counts = {"people": shown} if shown else {}
    # Of a hidden group not even the digest: who knows the people could try out which of them it is.
    rows: list[Row] = [(code, member_id) for named, member_id in found if named == code and shown]
    receipt = _receipt("people", window, as_of, counts, rows)
    return SupportingFigure("people", receipt, shown, shown, group=code, hidden=size < LEAST_SHOWN)


def _receipt(
    key: str, window: Window, as_of: datetime, counts: dict[str, int], rows: Iterable[Row]
) -> Provenance:
    return Provenance(DEFINITIONS[key], window, as_of, counts, kpis_rules.digest(rows))
