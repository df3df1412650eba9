"""The job that removes the person from door events after the retention time."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, select, update

from zone.access.attendance.models import Attendance
from zone.access.entries.models import Entry, Quarantine, UsedCode
from zone.access.visits.models import Visit
from zone.core.config import Settings
from zone.core.db.transactions import writing

BATCH_SIZE: Final = 1000  # rows in one transaction: keeps the writers' lock short


def remove_people(settings: Settings, now: datetime) -> int:
    """Remove the person from door events older than the retention time; return how many rows.

    The events stay, and so do all counts.
    """
    before = now - settings.person_kept
    columns: tuple[tuple[Any, dict[str, None], Any], ...] = (
        (
            Entry,
            {"holder": None, "kid": None},
            or_(Entry.holder.is_not(None), Entry.kid.is_not(None)),
        ),
        (Visit, {"member_id": None}, Visit.member_id.is_not(None)),
        (Attendance, {"member_id": None}, Attendance.member_id.is_not(None)),
    )
    done = sum(_empty(model, values, named, before) for model, values, named in columns)
    with writing() as session:
        # Deleted, not emptied: `kid` names the phone, and it is part of the key.
        session.execute(delete(UsedCode).where(UsedCode.occurred_at < before))
        # A quarantined row may name a person anywhere in its text, so all of the text goes.
        session.execute(update(Quarantine).where(Quarantine.recorded_at < before).values(raw=""))
    return done


def _empty(model: Any, values: dict[str, None], named: Any, before: datetime) -> int:
    done = 0
    while True:
        with writing() as session:
            batch = select(model.id).where(named, model.occurred_at < before).limit(BATCH_SIZE)
            step = session.scalars(
                update(model).where(model.id.in_(batch)).values(values).returning(model.id)
            ).all()
        done += len(step)
        if len(step) < BATCH_SIZE:
            return done
