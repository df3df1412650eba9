"""Visits from entries, and attendance from visits.

1. Claim pending entries: whoever turns the mark does the work, so two derivations never do the same.
2. Lock the people in them, so that one derivation at a time decides about a person.
3. Around each, look at all the person's comings into that area, and settle which of them begin a visit.
4. What is new becomes a visit: the pass's first use, and presence at the sessions of the area's spaces. What no longer
   holds (an earlier entry came late, a contact says that nobody entered) is retracted, and its attendance with it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, exists, insert, select, text, tuple_, type_coerce, update
from sqlalchemy.orm import Session, aliased

from zone.access.areas.models import Area
from zone.access.attendance.models import Attendance
from zone.access.attendance.service import record_attendance, visits_nearby
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT, Arrival, first_arrivals
from zone.core.db.statements import insert_new
from zone.core.db.types import BigInt
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import eligibility_of
from zone.members.people.models import Member
from zone.passes.passes.service import note_use
from zone.places.campuses.models import Campus

AT_ONCE: Final = 100
"""Entries in one transaction: keeps the writers' lock short."""
PENDING: Final = text("entry.pending")
"""In the words of the index of pending entries: asked otherwise, SQLite does not use it and reads every entry."""

Place = tuple[int, int]
"""(holder, area)."""


@dataclass(frozen=True, slots=True)
class AffectedSpan:
    """The time in which a holder's visits to an area may have changed."""

    first: datetime
    last: datetime


def derive(session: Session, now: datetime) -> int:
    """Bring visits and attendance up to date with some of the pending entries; how many entries that were.

    Repeating it changes nothing, and neither does the order in which entries come.
    """
    claimed = _claim(session)
    touched = _affected_spans(session, claimed)
    members = _lock_members(session, {holder for holder, _ in touched})
    touched = {place: span for place, span in touched.items() if place[0] in members}
    if touched:
        begin = _visit_starts(session, touched)
        missed = _retract(session, touched, begin.keys(), now)
        fresh = _add(session, begin.values(), members, now)
        record_attendance(session, [*fresh, *visits_nearby(session, missed)], now)
    return len(claimed)


def _claim(session: Session) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    oldest = (
        select(Entry.id)
        .where(PENDING)
        .order_by(Entry.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return session.execute(
        update(Entry)
        .where(Entry.id.in_(oldest), Entry.pending)
        .values(pending=False)
        .returning(Entry.kind, Entry.holder, Entry.area_id, Entry.occurred_at, Entry.ref)
        .execution_options(synchronize_session=False)
    ).all()


def _affected_spans(
    session: Session, claimed: Iterable[Row[Any, Any, Any, Any, Any]]
) -> dict[Place, AffectedSpan]:
    """Where visits may change: at the scans, and at the scans of which a contact says that nobody entered."""
    moments: dict[Place, list[datetime]] = defaultdict(list)
    unopened = []
    for row in claimed:
        if row.kind != "scan":
            unopened.append(row.ref)
        elif row.holder is not None:  # the retention time may have passed while it waited
            moments[row.holder, row.area_id].append(row.occurred_at)
    scans = select(Entry.holder, Entry.area_id, Entry.occurred_at).where(Entry.uuid.in_(unopened))
    for holder, area_id, at in session.execute(scans) if unopened else ():
        if holder is not None:
            moments[holder, area_id].append(at)
    return {place: AffectedSpan(min(times), max(times)) for place, times in moments.items()}


def _lock_members(session: Session, holders: Collection[int]) -> dict[int, int]:
    """The members behind pseudonyms, locked in the order of their rows; an unknown holder has none."""
    query = select(Member.holder, Member.id).where(Member.holder.in_(holders)).order_by(Member.id)
    return dict(session.execute(query.with_for_update(key_share=True)).all())


def _same_bridge(followup: type[Entry]) -> ColumnElement[bool]:
    """A contact only tells of the scans of its own bridge: no box takes visits back that another reported."""
    return followup.bridge_id == Entry.bridge_id


_PLACE: Final = (type_coerce(Entry.holder, BigInt), Entry.area_id)
"""What `_around` asks for: there the holder is never empty."""


def _arrivals(
    session: Session, touched: Mapping[Place, AffectedSpan]
) -> dict[Place, list[Arrival]]:
    """Everybody's comings in and around the touched times, without those where nobody entered."""
    followup = aliased(Entry)
    nobody = exists().where(
        followup.ref == Entry.uuid, followup.kind == "not_opened", _same_bridge(followup)
    )
    rows = session.execute(
        select(Entry.id, Entry.uuid, *_PLACE, Entry.occurred_at).where(
            *_around(touched), Entry.kind == "scan", Entry.granted, ~Entry.leaving, ~nobody
        )
    )
    comings: dict[Place, list[Arrival]] = defaultdict(list)
    for entry_id, uuid, holder, area_id, at in rows:
        span = touched[holder, area_id]
        if span.first - SAME_VISIT <= at <= span.last + SAME_VISIT:
            comings[holder, area_id].append(Arrival(entry_id, uuid, at))
    return comings


def _around(touched: Mapping[Place, AffectedSpan]) -> tuple[Any, ...]:
    first = min(span.first for span in touched.values()) - SAME_VISIT
    last = max(span.last for span in touched.values()) + SAME_VISIT
    return tuple_(Entry.holder, Entry.area_id).in_(list(touched)), Entry.occurred_at.between(
        first, last
    )


def _visit_starts(
    session: Session, touched: Mapping[Place, AffectedSpan]
) -> dict[int, tuple[Place, Arrival]]:
    """The comings that begin a visit within the touched times, by entry."""
    return {
        coming.entry_id: (place, coming)
        for place, comings in _arrivals(session, touched).items()
        for coming in first_arrivals(comings)
        if coming.occurred_at >= touched[place].first
    }


def _retract(
    session: Session, touched: Mapping[Place, AffectedSpan], begin: Collection[int], now: datetime
) -> list[tuple[int, datetime]]:
    """Take back the visits that no longer begin one, with their attendance: (member, when) of each attendance."""
    standing = session.execute(
        select(Visit.id, Visit.entry_id, *_PLACE, Entry.occurred_at)
        .join(Entry, Entry.id == Visit.entry_id)
        .where(*_around(touched), Visit.retracted_at.is_(None))
    )
    gone = [
        visit_id
        for visit_id, entry_id, holder, area_id, at in standing
        if entry_id not in begin and _within(touched[holder, area_id], at)
    ]
    if not gone:
        return []
    session.execute(update(Visit).where(Visit.id.in_(gone)).values(retracted_at=now))
    taken = update(Attendance).where(
        Attendance.visit_id.in_(gone), Attendance.retracted_at.is_(None)
    )
    rows = session.execute(
        taken.values(retracted_at=now).returning(Attendance.member_id, Attendance.occurred_at)
    )
    return [(member_id, at) for member_id, at in rows if member_id is not None]


def _within(span: AffectedSpan, at: datetime) -> bool:
    return span.first <= at <= span.last + SAME_VISIT


def _add(
    session: Session,
    begin: Iterable[tuple[Place, Arrival]],
    members: Mapping[int, int],
    now: datetime,
) -> list[int]:
    """Write the visits that are new, and note that they used a pass; their ids."""
    ordered = sorted(begin, key=lambda one: (one[1].occurred_at, one[1].uuid))
    entries = [coming.entry_id for _, coming in ordered]
    live = set(
        session.scalars(
            select(Visit.entry_id).where(Visit.entry_id.in_(entries), Visit.retracted_at.is_(None))
        )
    )
    new = [(place, coming) for place, coming in ordered if coming.entry_id not in live]
    rows = [_row(members[holder], area_id, coming, now) for (holder, area_id), coming in new]
    _note_institutions(session, rows)
    _note_uses(session, rows, now, by="door")
    return [row.id for row in insert_new(session, Visit, rows, Visit.id)]


def add_at_desk(session: Session, member_id: int, area_id: int, now: datetime) -> int:
    """A visit of a person whom the desk let in without a phone, with all that one through a door brings; its id.

    The caller holds the member's row, and has seen that it is not the same visit as one just before.
    """
    row = {
        "source": "desk",
        "member_id": member_id,
        "area_id": area_id,
        "occurred_at": now,
        "recorded_at": now,
    }
    _note_institutions(session, [row])
    _note_uses(session, [row], now, by="desk")
    visit_id = session.execute(insert(Visit).values(**row).returning(Visit.id)).scalar_one()
    record_attendance(session, [visit_id], now)
    return visit_id


def _row(member_id: int, area_id: int, coming: Arrival, now: datetime) -> dict[str, Any]:
    return {
        "source": "door",
        "entry_id": coming.entry_id,
        "member_id": member_id,
        "area_id": area_id,
        "occurred_at": coming.occurred_at,
        "recorded_at": now,
    }


def _note_institutions(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Whose visit it was on its Helsinki day: by the proof that lasts longest, where there is one."""
    days: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        days[helsinki_date(row["occurred_at"])].append(row)
    for day, visits in days.items():
        belongs = eligibility_of(session, {row["member_id"] for row in visits}, day)
        for row in visits:
            row["institution_code"] = next(
                (one.institution_code for one in belongs[row["member_id"]]), None
            )


def _note_uses(
    session: Session, rows: Sequence[Mapping[str, Any]], now: datetime, *, by: str
) -> None:
    query = select(Area.id, Area.kinds, Campus.code).join(Campus, Campus.id == Area.campus_id)
    areas = {area_id: (kinds, campus) for area_id, kinds, campus in session.execute(query)}
    for row in rows:
        kinds, campus = areas[row["area_id"]]
        note_use(
            session,
            row["member_id"],
            kinds=kinds,
            campus=campus,
            occurred_at=row["occurred_at"],
            recorded_at=now,
            by=by,
        )
