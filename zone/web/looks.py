"""Looks of staff at people: on record before the answer is sent."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta

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
    _note([Look(action, object_kind, str(object_id), format_values(detail))], LOOK_PERIOD)


def note_looks(
    action: str,
    object_kind: str,
    shown: Iterable[tuple[uuid.UUID, uuid.UUID | None]],
    *,
    period: timedelta = LOOK_PERIOD,
) -> None:
    """Record that the actor of this request is shown objects with their persons; each once in
    `period`.

    `shown` has (object, person): one object of each person is recorded, and none of the actor's
    own. Not the person: the object loses them after their retention, and the audit keeps its rows.
    """
    own = current_actor().public_id
    first = {
        person: str(named) for named, person in reversed([*shown]) if person not in (None, own)
    }
    _note([Look(action, object_kind, named) for named in dict.fromkeys(first.values())], period)


def _note(looks: Sequence[Look], period: timedelta) -> None:
    """Record looks that differ in their objects alone."""
    if not looks:
        return
    actor, now = current_actor(), utc_now()
    with reading() as session:
        # Asked without the write lock: most loads of a page that reloads itself end here.
        new = queries.unrecorded(session, actor.id, looks, now - period)
    if new:
        with writing() as session:
            for look in new:
                service.record_look(session, actor.id, look, now)
