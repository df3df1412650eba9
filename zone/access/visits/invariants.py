"""What must hold of visits, recounted by `zone doctor`."""

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from zone.access.attendance.models import Attendance
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.queries import LET_IN
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.core.audit.models import AuditRow
from zone.core.invariants import REPORT_FAULT, Invariant, count_rows, name_broken
from zone.members.people.models import Member

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


def count_wrong_visits(session: Session, named_since: datetime) -> int:
    """Count the entries that begin a visit and have none, or have one and begin none.

    An entry begins a visit where its person's last entry to the area is more than SAME_VISIT ago.
    A visit or an attendance of somebody else than who entered counts too, and so does an entry
    elsewhere than behind its door.
    """
    followup, visit = aliased(Entry), aliased(Visit)
    # What is pending has still to take the visit back.
    taken_back = and_(
        Entry.undone_by.is_not(None), ~exists().where(followup.ref == Entry.uuid, followup.pending)
    )
    came_in = and_(Entry.kind == "scan", Entry.granted, ~Entry.leaving)
    invented = (
        select(Visit.id)
        .join(Entry, Entry.id == Visit.entry_id)
        .where(
            Visit.retracted_at.is_(None),
            Entry.occurred_at > named_since + SAME_VISIT,
            or_(~came_in, taken_back),
        )
    )
    arrivals = (
        select(Entry.holder, Entry.area_id, Entry.occurred_at, visit.id, _is_another(visit))
        .join(Member, Member.holder == Entry.holder)
        .outerjoin(visit, and_(visit.entry_id == Entry.id, visit.retracted_at.is_(None)))
        .where(came_in, LET_IN, ~Entry.pending)
        # Older entries may have lost their person, and the first ones after them their predecessor.
        .where(Entry.occurred_at > named_since + SAME_VISIT)
        .order_by(Entry.holder, Entry.area_id, Entry.occurred_at, Entry.uuid)
        .execution_options(yield_per=AT_ONCE)
    )
    others = (_attendance_of_others(), _at_another_time(), invented, _entries_elsewhere(session))
    wrong, before = sum(count_rows(session, rows) for rows in others), None
    for holder, area_id, at, visit_id, is_another in session.execute(arrivals):
        continues = (
            before is not None and before[:2] == (holder, area_id) and at - before[2] <= SAME_VISIT
        )
        if continues != (visit_id is None) or is_another:
            wrong += 1
            entered = f"entry of {at:%Y-%m-%d %H:%M:%S}"
            name_broken(session, f"visit {visit_id}" if visit_id else entered)
        before = holder, area_id, at
    return wrong


def _is_another(visit: Any) -> ColumnElement[bool]:
    """Whether a visit is not that of the entry's person, place or time; NULL without a visit."""
    return or_(
        visit.member_id != Member.id,
        visit.area_id != Entry.area_id,
        visit.occurred_at != Entry.occurred_at,
    )


def _entries_elsewhere(session: Session) -> Select[int]:
    """Entries to another area than their door's; not of a door that staff moved to another area."""
    moves = select(AuditRow.object_id).where(
        AuditRow.action == "door.change", AuditRow.before.contains('"area_id"')
    )
    moved = [uuid.UUID(door) for door in session.scalars(moves.distinct())]
    return (
        select(Entry.id)
        .join(Door, Door.id == Entry.door_id)
        .where(Entry.area_id != Door.area_id, Door.public_id.not_in(moved))
    )


def _at_another_time() -> Select[int]:
    # Also of long ago: an entry that was set back by hand is none of those above.
    return (
        select(Visit.id)
        .join(Entry, Entry.id == Visit.entry_id)
        .where(Visit.occurred_at != Entry.occurred_at)
    )


def _attendance_of_others() -> Select[int]:
    return (
        select(Attendance.id)
        .join(Visit, Visit.id == Attendance.visit_id)
        .where(Attendance.member_id != Visit.member_id)
    )


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "visits",
        "the visits are those that the entries make",
        count_wrong_visits,
        "Look whether `access.derive_visits` runs (`zone doctor`: jobs). If it does: "
        + REPORT_FAULT,
        slow=True,
    ),
)
