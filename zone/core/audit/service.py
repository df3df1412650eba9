"""Recording of staff actions, and of staff who look at people."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.core.audit.models import AuditRow
from zone.core.audit.rules import Look
from zone.core.db.prepared_select import PreparedInsert
from zone.core.ids import new_public_id

# The values of an object before or after an action: named values, one text, or nothing.
AuditValues = Mapping[str, Any] | str | None
_audit = AuditRow.__table__
_INSERT: Final = PreparedInsert(
    AuditRow, [column.name for column in _audit.c if column.name != "id"], _audit.c.id
)


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
    """Record a staff action, in the transaction of the action itself."""
    _INSERT.fetch(
        session.connection(),
        public_id=new_public_id(),
        actor_id=actor_id,
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        before=format_values(before),
        after=format_values(after),
        reason=reason,
        occurred_at=now,
    )


def record_look(session: Session, actor_id: int, look: Look, now: datetime) -> None:
    """Record that somebody looks at people."""
    record_action(
        session,
        actor_id=actor_id,
        action=look.action,
        object_kind=look.object_kind,
        object_id=look.object_id,
        after=look.detail,
        now=now,
    )


def format_values(values: AuditValues) -> str | None:
    """The text by which the audit stores values."""
    if values is None or isinstance(values, str):
        return values
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
