"""Keep a space free for something else: an examination, cleaning, repairs. Never commits."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.allocations.service import allocate, mark_cancelled
from zone.booking.blocks import queries
from zone.booking.blocks.errors import BLOCK_INVALID
from zone.booking.reservations.models import Reservation
from zone.booking.seats.service import lock_session
from zone.booking.space_conflicts.queries import conflict_json, space_conflicts
from zone.core.audit.service import record_action
from zone.core.db.constraints import constraint_name
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.time import Window, helsinki_date
from zone.places.spaces.queries import space_by_id, space_by_public_id
from zone.places.spaces.service import lock_space

LONGEST: Final = timedelta(days=14)
"""A row is held for each part and five minutes: two weeks of a hall of three parts are 12,096."""


def block_space(
    session: Session, actor: Actor, space: uuid.UUID, span: Window, note: str, *, now: datetime
) -> Reservation:
    """Keep a whole space free during [start, end); `note` says for what, and staff see it.

    Raises:
        DomainError: forbidden; not_found; block_invalid; space_taken with what holds the space
            (`taken_by`): whoever has it is never put out.
    """
    row = space_by_public_id(session, space)
    actor.require(Permission.TIMETABLE_WRITE, campus=row.campus_id)
    start, end = span
    if not (now < end and start < end and end - start <= LONGEST):
        raise DomainError(BLOCK_INVALID)
    lock_space(session, space)
    block = Reservation(
        public_id=new_public_id(),
        kind="block",
        name_fi=note,
        name_sv=note,
        name_en=note,
        space_id=row.id,
        on_day=helsinki_date(start),
        starts_at=start,
        ends_at=end,
        capacity=1,
        bookable=0,
        made_by=actor.id,
        note=note,
    )
    try:
        with session.begin_nested():
            allocate(session, block, now=now)
    except IntegrityError as error:
        if constraint_name(error) != "uq_hold_part_slice":
            raise
        taken = space_conflicts(session, row.id, [span])
        raise DomainError(SPACE_TAKEN, **conflict_json(taken, [])) from error
    _record(session, "space.block", block, actor, now, after=_values(block))
    return block


def end_block(session: Session, actor: Actor, block: uuid.UUID, *, now: datetime) -> Reservation:
    """Give a space that was kept free back; once more changes nothing.

    Raises:
        DomainError: forbidden; not_found; session_held: its time is over.
    """
    row = queries.block_row(session, block)
    lock_session(session, row.id)
    session.refresh(row)
    campus = space_by_id(session, row.space_id).campus_id if row.space_id else None
    actor.require(Permission.TIMETABLE_WRITE, campus=campus)
    if row.state == "cancelled":
        return row
    mark_cancelled(session, row, now=now, actor_id=actor.id)
    session.refresh(row)
    _record(session, "space.unblock", row, actor, now, before=_values(row))
    return row


def _values(row: Reservation) -> dict[str, object]:
    return {"starts_at": row.starts_at, "ends_at": row.ends_at, "note": row.note}


def _record(
    session: Session,
    action: str,
    row: Reservation,
    actor: Actor,
    now: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="session",
        object_id=row.public_id,
        before=before,
        after=after,
        now=now,
    )
