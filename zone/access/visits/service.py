"""Derive visits from entries, and attendance from visits. Never commits.

1. Claim pending entries by a conditional UPDATE, so that no two derivations take the same ones.
2. Lock the members in them, so that one derivation at a time decides about a person.
3. Around each entry, read all of the person's arrivals in that area, and find those that begin a
   visit.
4. Insert the visits that are new, with the first use of the pass and the attendance at sessions.
   Retract those that no longer hold, with their attendance: an earlier entry was uploaded late, the
   relay failed, or the door's contact shows that nobody entered.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select, text, tuple_, type_coerce, update
from sqlalchemy.orm import Session

from zone.access.areas.queries import kinds_and_campus_by_area
from zone.access.attendance.context import visits_nearby, visits_of
from zone.access.attendance.models import Attendance
from zone.access.attendance.rules import VisitOfMember
from zone.access.attendance.service import record_attendance
from zone.access.entries.models import Entry
from zone.access.entries.queries import CAME_IN
from zone.access.visits.models import Visit
from zone.access.visits.queries import with_bookings
from zone.access.visits.rules import SAME_VISIT, Arrival, DeskVisitor, first_arrivals
from zone.core.db.types import BigInt
from zone.core.row_records.service import insert_new_recorded, write_recorded
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import eligibility_of
from zone.members.people.service import lock_members_by_holder
from zone.passes.pass_rights.queries import held_passes
from zone.passes.passes.rules import PassUse
from zone.passes.passes.service import record_uses

# Entries in one transaction: those of one upload. More would keep the writers' lock for longer.
BATCH_SIZE: Final = 500

# Exactly the condition of the partial index `ix_entry_pending`. With any other spelling SQLite does
# not use the index and reads every entry.
PENDING: Final = text("entry.pending")

Place = tuple[int, int]
"""(holder, area)."""

# `holder` may be NULL in the table but never where these columns are selected, see `_around`.
_PLACE: Final = (type_coerce(Entry.holder, BigInt), Entry.area_id)


@dataclass(frozen=True, slots=True)
class AffectedSpan:
    """The time in which a holder's visits to an area may have changed."""

    first: datetime
    last: datetime


def derive(session: Session, now: datetime) -> int:
    """Derive visits and attendance from at most 500 pending entries; return how many entries.

    Repeating it changes nothing, and neither does the order in which entries arrive.
    """
    # Entries, then members: SKIP LOCKED claims the first, so only members are waited for.
    claimed = _claim(session)
    spans = _affected_spans(session, claimed)
    members = lock_members_by_holder(session, {holder for holder, _ in spans})
    # An unknown holder has no member: the entry stays, without a visit.
    spans = {place: span for place, span in spans.items() if place[0] in members}
    if spans:
        starts = _visit_starts(session, spans)
        # Before the new ones: an attendance that is retracted makes way for that of the new visit,
        # as `uq_attendance_session_member_live` allows one live row.
        retracted = _retract(session, spans, starts.keys(), now)
        new_visits = _add(session, starts.values(), members, now)
        # A retracted visit may have hidden another one that proves presence at the same session.
        affected = [
            *visits_of(session, Visit.id.in_(new_visits)),
            *visits_nearby(session, retracted),
        ]
        record_attendance(session, set(affected), now)
    return len(claimed)


def add_at_desk(session: Session, visitor: DeskVisitor, now: datetime) -> int:
    """Insert the visit of a person whom the desk let in without a phone; return its id.

    It counts like a visit through a door. The caller holds the lock on the member's row, and has
    checked that it is not the same visit as one just before.
    """
    member_id, area_id = visitor.member_id, visitor.area_id
    use = PassUse(member_id, visitor.kinds, visitor.campus, now)
    held = {member_id: visitor.passes}
    record_uses(session, with_bookings(session, [use], held), held, recorded_at=now, by="desk")
    row = {
        "source": "desk",
        "member_id": member_id,
        "area_id": area_id,
        "institution_code": visitor.institution,
        "occurred_at": now,
        "recorded_at": now,
    }
    (visit_id,) = insert_new_recorded(session, Visit, [row])
    record_attendance(
        session, [VisitOfMember(visit_id, member_id, area_id, now, at_desk=True)], now
    )
    return visit_id


def _claim(session: Session) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    oldest = (
        select(Entry.id)
        .where(PENDING)
        .order_by(Entry.id)
        .limit(BATCH_SIZE)
        # Skip, not wait: two derivations at once take different entries.
        .with_for_update(skip_locked=True)
        # Read once. PostgreSQL may run a subquery again for each row, and each time the limit
        # counts anew, as what was updated is skipped.
        .cte("oldest")
    )
    return session.execute(
        update(Entry)
        # `pending` again: another transaction may have claimed the row since the subquery read it.
        .where(Entry.id.in_(select(oldest.c.id)), Entry.pending)
        .values(pending=False)
        .returning(Entry.kind, Entry.holder, Entry.area_id, Entry.occurred_at, Entry.ref)
        .execution_options(synchronize_session=False)
    ).all()


def _affected_spans(
    session: Session, claimed: Iterable[Row[Any, Any, Any, Any, Any]]
) -> dict[Place, AffectedSpan]:
    """Return where visits may change: at the scans, and at those in vain."""
    moments: dict[Place, list[datetime]] = defaultdict(list)
    unused_scans = []
    for row in claimed:
        if row.kind != "scan":
            unused_scans.append(row.ref)
        # The retention job may have emptied `holder` while the entry was pending.
        elif row.holder is not None:
            moments[row.holder, row.area_id].append(row.occurred_at)
    scans = select(Entry.holder, Entry.area_id, Entry.occurred_at).where(
        Entry.uuid.in_(unused_scans)
    )
    for holder, area_id, at in session.execute(scans) if unused_scans else ():
        if holder is not None:
            moments[holder, area_id].append(at)
    return {place: AffectedSpan(min(times), max(times)) for place, times in moments.items()}


def _visit_starts(
    session: Session, spans: Mapping[Place, AffectedSpan]
) -> dict[int, tuple[Place, Arrival]]:
    """Return the arrivals that begin a visit within the spans, by entry."""
    return {
        arrival.entry_id: (place, arrival)
        for place, arrivals in _arrivals(session, spans).items()
        for arrival in first_arrivals(arrivals)
        # Arrivals before the span were only read to tell whether those in it begin a visit.
        if arrival.occurred_at >= spans[place].first
    }


def _arrivals(session: Session, spans: Mapping[Place, AffectedSpan]) -> dict[Place, list[Arrival]]:
    """Return all arrivals in the spans and within 60 s around them, if somebody entered."""
    rows = session.execute(
        select(Entry.id, Entry.uuid, *_PLACE, Entry.occurred_at).where(
            *_around(spans), Entry.kind == "scan", CAME_IN
        )
    )
    arrivals: dict[Place, list[Arrival]] = defaultdict(list)
    for entry_id, uuid, holder, area_id, at in rows:
        span = spans[holder, area_id]
        if span.first - SAME_VISIT <= at <= span.last + SAME_VISIT:
            arrivals[holder, area_id].append(Arrival(entry_id, uuid, at))
    return arrivals


def _around(spans: Mapping[Place, AffectedSpan]) -> tuple[ColumnElement[bool], ...]:
    first = min(span.first for span in spans.values()) - SAME_VISIT
    last = max(span.last for span in spans.values()) + SAME_VISIT
    return (
        tuple_(Entry.holder, Entry.area_id).in_(list(spans)),
        Entry.occurred_at.between(first, last),
    )


def _retract(
    session: Session,
    spans: Mapping[Place, AffectedSpan],
    starts: Collection[int],
    now: datetime,
) -> list[tuple[int, datetime]]:
    """Retract the visits that no longer begin one, and their attendance.

    Returns (member, time) of each retracted attendance.
    """
    live_visits = session.execute(
        select(Visit.id, Visit.entry_id, *_PLACE, Entry.occurred_at)
        .join(Entry, Entry.id == Visit.entry_id)
        .where(*_around(spans), Visit.retracted_at.is_(None))
    )
    obsolete = [
        visit_id
        for visit_id, entry_id, holder, area_id, at in live_visits
        if entry_id not in starts and _may_change(spans[holder, area_id], at)
    ]
    if not obsolete:
        return []
    write_recorded(session, update(Visit).where(Visit.id.in_(obsolete)).values(retracted_at=now))
    shown = Attendance.visit_id.in_(obsolete) & Attendance.retracted_at.is_(None)
    rows = session.execute(select(Attendance.member_id, Attendance.occurred_at).where(shown)).all()
    write_recorded(session, update(Attendance).where(shown).values(retracted_at=now))
    return [(member_id, at) for member_id, at in rows if member_id is not None]


def _may_change(span: AffectedSpan, at: datetime) -> bool:
    # A new arrival can only absorb the ones that follow it within 60 s.
    return span.first <= at <= span.last + SAME_VISIT


def _add(
    session: Session,
    starts: Iterable[tuple[Place, Arrival]],
    members: Mapping[int, int],
    now: datetime,
) -> list[int]:
    """Insert the visits that are new, note the use of the passes, and return the visits' ids."""
    ordered = sorted(starts, key=lambda start: (start[1].occurred_at, start[1].uuid))
    entry_ids = [arrival.entry_id for _, arrival in ordered]
    known = set(
        session.scalars(
            select(Visit.entry_id).where(
                Visit.entry_id.in_(entry_ids), Visit.retracted_at.is_(None)
            )
        )
    )
    rows = [
        _visit_row(members[holder], area_id, arrival, now)
        for (holder, area_id), arrival in ordered
        if arrival.entry_id not in known
    ]
    _set_institutions(session, rows)
    # In the order of time, or the first use of a pass would be recorded with each earlier one.
    _record_uses(session, rows, now)
    return list(insert_new_recorded(session, Visit, rows))


def _visit_row(member_id: int, area_id: int, arrival: Arrival, now: datetime) -> dict[str, Any]:
    return {
        "source": "door",
        "entry_id": arrival.entry_id,
        "member_id": member_id,
        "area_id": area_id,
        "occurred_at": arrival.occurred_at,
        "recorded_at": now,
    }


def _set_institutions(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Set each visit's institution: by the proof of its Helsinki day that lasts longest."""
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_day[helsinki_date(row["occurred_at"])].append(row)
    for day, visits in by_day.items():
        eligibility = eligibility_of(session, {row["member_id"] for row in visits}, day)
        for row in visits:
            row["institution_code"] = next(
                (proof.institution_code for proof in eligibility[row["member_id"]]), None
            )


def _record_uses(session: Session, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    if not rows:
        return
    areas = kinds_and_campus_by_area(session)
    uses = [PassUse(row["member_id"], *areas[row["area_id"]], row["occurred_at"]) for row in rows]
    held = held_passes(
        session, {use.member_id for use in uses}, uses[0].occurred_at, uses[-1].occurred_at
    )
    record_uses(session, with_bookings(session, uses, held), held, recorded_at=now, by="door")
