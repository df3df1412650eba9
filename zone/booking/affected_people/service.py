"""Undo what a preview has done, and add the people whom it would concern. Never commits."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.booking.affected_people.queries import with_people
from zone.booking.affected_people.rules import CancelledSession
from zone.booking.moves.queries import placement_from
from zone.booking.moves.rules import MovedSession
from zone.booking.moves.service import move_session
from zone.booking.seats.service import session_id_of
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.service import refuse_past
from zone.booking.weekly_classes.rules import ClassChange
from zone.core.errors import DomainError
from zone.core.identity import FORBIDDEN, Actor, Permission


def move_as_asked(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    data: Mapping[str, Any],
    now: datetime,
    *,
    preview: bool,
) -> MovedSession:
    """Move a session as the data of `MoveRequest` say; a preview is rolled back and names people.

    Raises:
        DomainError: not_found: there is no such space; and those of `move_session`.
    """
    to = placement_from(session, data)
    said = {"reason": data["reason"], "version": data["version"]}
    moved = move_session(session, actor, class_session, to, **said, now=now)
    if not preview:
        return moved
    session.rollback()
    [found], _ = with_people(session, actor, [moved], [], now)
    return found


def preview_change(
    session: Session, actor: Actor, change: ClassChange, now: datetime
) -> ClassChange:
    """Roll the change of a class back; return it with the people of its sessions."""
    session.rollback()
    moved, ended = with_people(session, actor, change.sessions, change.ended, now)
    return replace(change, sessions=moved, ended=ended)


def preview_cancellation(
    session: Session, actor: Actor, public_id: uuid.UUID, now: datetime
) -> CancelledSession:
    """Return whom the cancellation of a session would concern; nothing is changed.

    Raises:
        DomainError: not_found; forbidden; session_cancelled; session_held.
    """
    row = session.get_one(ClassSession, session_id_of(session, public_id))
    _require_to_preview(session, actor, row)
    if row.state == "cancelled":
        raise DomainError(SESSION_CANCELLED)
    refuse_past(row, now)
    cancelled = CancelledSession(row.public_id, row.starts_at, row.booked)
    _, [found] = with_people(session, actor, [], [cancelled], now)
    return found


def _require_to_preview(session: Session, actor: Actor, row: ClassSession) -> None:
    """Refuse who could not cancel the session; a token that only reads the timetable is enough."""
    actor.require(Permission.CANCELLATIONS_PREVIEW)
    campus = campus_of(session, row.space_id)
    if not actor.may(Permission.PLANNING_READ, campus=campus) and row.instructor_id != actor.id:
        raise DomainError(FORBIDDEN)
