"""Find conflicts among entries that have arrived, and see to them. Never commits."""

import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas.queries import campus_of_area
from zone.access.conflicts.context import REMEMBERED, admissions_near, admissions_since, outdated
from zone.access.conflicts.models import DoorConflict
from zone.access.conflicts.queries import area_and_member
from zone.access.conflicts.rules import DoorAdmission, contradiction
from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id

Found = tuple[str, int, int | None]
"""The kind of a conflict, its entry, and the entry that this contradicts, if any."""


def conflicts_since(session: Session, since: datetime) -> list[Found]:
    """Return the conflicts of what arrived at `since` or later, one of each kind for each entry."""
    new = admissions_since(session, since)
    found: list[Found] = [
        (kind, entry, None)
        for kind, entry in outdated(session, [entry for ids in new.values() for entry in ids])
    ]
    for mine, all_of_person in admissions_near(session, new):
        found += _contradictions(mine, all_of_person)
    return _first_of_each(sorted(set(found), key=lambda one: (one[1], one[0], one[2] or 0)))


def store_conflicts(session: Session, found: Sequence[Found], now: datetime) -> int:
    """Store conflicts; return how many are new."""
    rows = [
        {
            "public_id": new_public_id(),
            "kind": kind,
            "entry_id": entry,
            "other_id": other,
            "found_at": now,
        }
        for kind, entry, other in found
    ]
    # `uq_door_conflict_entry_id_kind`: what was found before is found again.
    return len(insert_new(session, DoorConflict, rows, DoorConflict.id))


def _contradictions(
    mine: Sequence[DoorAdmission], all_of_person: Sequence[DoorAdmission]
) -> Iterator[tuple[str, int, int]]:
    # By time: somebody may have come in a thousand times in the days that are looked at.
    in_order = sorted(all_of_person, key=lambda one: one.at)
    times = [one.at for one in in_order]
    for one in mine:
        start = bisect_left(times, one.at - REMEMBERED)
        for other in in_order[start : bisect_right(times, one.at + REMEMBERED)]:
            # The later entry is the one that should not have been; of two that came at once one.
            if other.entry < one.entry and (kind := contradiction(one, other)):
                yield kind, one.entry, other.entry


def _first_of_each(found: Sequence[Found]) -> list[Found]:
    """Return one conflict of each kind for each entry."""
    first: dict[tuple[int, str], Found] = {}
    for kind, entry, other in found:
        first.setdefault((entry, kind), (kind, entry, other))
    return list(first.values())


def see_to(session: Session, conflict_id: uuid.UUID, *, actor: Actor, now: datetime) -> None:
    """Record that a member of staff has seen to a conflict; the first one stays on record.

    Raises:
        DomainError: not_found, forbidden, not_for_yourself.
    """
    row = session.scalar(
        select(DoorConflict).where(DoorConflict.public_id == conflict_id).with_for_update()
    )
    if row is None:
        raise DomainError(NOT_FOUND)
    area_id, member_id = area_and_member(session, row.entry_id)
    actor.require(Permission.DOORS_WRITE, campus=campus_of_area(session, area_id))
    if member_id is not None:
        actor.require_other(member_id)
    if row.seen_at is not None:
        return
    row.seen_at, row.seen_by = now, actor.id
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="conflict.see_to",
        object_kind="conflict",
        object_id=conflict_id,
        after=row.kind,
        now=now,
    )
