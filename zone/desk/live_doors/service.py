"""Mark refusals at doors as dealt with, audited. Never commits."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.identity import Actor, Permission
from zone.desk.live_doors import queries
from zone.desk.live_doors.models import HandledDenial


def handle_denial(session: Session, actor: Actor, entry: uuid.UUID, *, now: datetime) -> None:
    """Mark a refusal as dealt with; doing it again changes nothing.

    Raises:
        DomainError: not_found, forbidden, not_for_yourself.
    """
    denial = queries.denial(session, entry)
    actor.require(Permission.DESK_USE, campus=denial.campus_id)
    if denial.member_id is not None:
        actor.require_other(denial.member_id)
    row = {"entry_id": denial.entry_id, "actor_id": actor.id, "occurred_at": now}
    # The unique key decides between two desks at once; only the first writes an audit row.
    if insert_new(session, HandledDenial, [row], HandledDenial.id):
        record_action(
            session,
            actor_id=actor.id,
            action="denial.handle",
            object_kind="entry",
            object_id=entry,
            now=now,
        )


def handle_tries(session: Session, actor: Actor, entry: uuid.UUID, *, now: datetime) -> None:
    """Mark a refusal as dealt with, and what the same person tried in vain before it.

    Raises:
        DomainError: not_found, forbidden, not_for_yourself.
    """
    for tried in (entry, *queries.earlier_tries(session, entry, now)):
        handle_denial(session, actor, tried, now=now)
