"""Record staff actions in the transaction that does them. Never commits."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zone.core.audit.models import AuditRow
from zone.core.ids import new_public_id

# What an audited object was or became: a few named values, a word, or nothing.
AuditValues = Mapping[str, Any] | str | None


def record_action(
    session: Session,
    *,
    actor_id: int | None,
    action: str,
    object_kind: str,
    object_id: object,
    before: AuditValues = None,
    after: AuditValues = None,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Write down a staff action, in the transaction that does it. The database refuses to change or delete the row."""
    session.execute(
        insert(AuditRow).values(
            public_id=new_public_id(),
            actor_id=actor_id,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            before=_written(before),
            after=_written(after),
            reason=reason,
            occurred_at=now,
        )
    )


def _written(facts: AuditValues) -> str | None:
    if facts is None or isinstance(facts, str):
        return facts
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)
