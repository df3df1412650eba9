"""Marking a refusal as handled, with its audit row. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.desk.live_doors import queries
from zone.desk.live_doors.models import HandledDenial


def handle(session: Session, entry: uuid.UUID, *, actor_id: int, now: datetime) -> None:
    """Mark a refusal as dealt with. The first who does it has done it; again changes nothing.

    Raises:
        DomainError: not_found.
    """
    row = {"entry_id": queries.denial_id(session, entry), "actor_id": actor_id, "occurred_at": now}
    if insert_new(session, HandledDenial, [row], HandledDenial.id):
        record_action(
            session,
            actor_id=actor_id,
            action="denial.handle",
            object_kind="entry",
            object_id=entry,
            now=now,
        )
