"""Looks of staff at people: on record before the answer is sent."""

from zone.core.audit import queries, service
from zone.core.audit.rules import LOOK_PERIOD, Look
from zone.core.audit.service import AuditValues, format_values
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.web.auth import current_actor


def note_look(
    action: str, object_kind: str, object_id: object = "", *, detail: AuditValues = None
) -> None:
    """Record that the actor of this request looks at people; once in LOOK_PERIOD.

    Call it before the answer is made: where it fails, nobody is shown. `detail` says what was asked
    for, such as the filter of a list.
    """
    look = Look(action, object_kind, str(object_id), format_values(detail))
    actor, now = current_actor(), utc_now()
    with reading() as session:
        # Asked without the write lock: most loads of a page that reloads itself end here.
        if queries.was_recorded(session, actor.id, look, now - LOOK_PERIOD):
            return
    with writing() as session:
        service.record_look(session, actor.id, look, now)
