"""What must hold of visits, recounted by `zone doctor`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from zone.access.attendance.models import Attendance
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.core.invariants import REPORT_FAULT, Invariant, count_rows
from zone.members.people.models import Member

AT_ONCE: Final = 1000
"""Rows in memory at a time."""


def count_wrong_visits(session: Session, named_since: datetime) -> int:
    """Count the entries that begin a visit and have none, or have one and begin none.

    An entry begins a visit where its person's last entry to the area is more than SAME_VISIT ago.
    A visit or an attendance of somebody else than who entered counts too.
    """
    followup, visit = aliased(Entry), aliased(Visit)
    nobody_entered = exists().where(
        followup.ref == Entry.uuid,
        followup.kind == "not_opened",
        followup.bridge_id == Entry.bridge_id,
    )
    arrivals = (
        select(Entry.holder, Entry.area_id, Entry.occurred_at, visit.id, _is_another(visit))
        .join(Member, Member.holder == Entry.holder)
        .outerjoin(visit, and_(visit.entry_id == Entry.id, visit.retracted_at.is_(None)))
        .where(Entry.kind == "scan", Entry.granted, ~Entry.leaving, ~Entry.pending, ~nobody_entered)
        # Older entries may have lost their person, and the first ones after them their predecessor.
        .where(Entry.occurred_at > named_since + SAME_VISIT)
        .order_by(Entry.holder, Entry.area_id, Entry.occurred_at, Entry.uuid)
        .execution_options(yield_per=AT_ONCE)
    )
    wrong, before = count_rows(session, _attendance_of_others()), None
    for holder, area_id, at, visit_id, is_another in session.execute(arrivals):
        continues = (
            before is not None and before[:2] == (holder, area_id) and at - before[2] <= SAME_VISIT
        )
        wrong += continues != (visit_id is None) or bool(is_another)
        before = holder, area_id, at
    return wrong


def _is_another(visit: Any) -> ColumnElement[bool]:
    """Whether a visit is not that of the entry's person, place or time; NULL without a visit."""
    return or_(
        visit.member_id != Member.id,
        visit.area_id != Entry.area_id,
        visit.occurred_at != Entry.occurred_at,
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
