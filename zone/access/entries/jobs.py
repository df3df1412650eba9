"""The job that removes the person from door events after the retention time."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from zone.access.attendance.models import Attendance, Sighting
from zone.access.entries.models import Entry, Quarantine, UsedCode
from zone.access.entries.rules import without_person
from zone.access.visits.models import Visit
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.row_records.service import write_recorded

BATCH_SIZE: Final = 1000  # rows in one transaction: keeps the writers' lock short


def remove_people(settings: Settings, now: datetime) -> int:
    """Remove the person from door events older than the retention time; return how many rows.

    The events stay, and so do all counts.
    """
    before = now - settings.person_kept
    columns: tuple[tuple[Any, dict[str, None], Any], ...] = (
        (
            Entry,
            {"holder": None, "kid": None, "code": None},
            or_(Entry.holder.is_not(None), Entry.kid.is_not(None), Entry.code.is_not(None)),
        ),
        (Visit, {"member_id": None}, Visit.member_id.is_not(None)),
        (Attendance, {"member_id": None}, Attendance.member_id.is_not(None)),
        (Sighting, {"member_id": None}, Sighting.member_id.is_not(None)),
    )
    _drop_double_sightings(before)
    done = sum(_empty(model, values, named, before) for model, values, named in columns)
    with writing() as session:
        # Deleted, not emptied: `kid` names the phone, and it is part of the key.
        session.execute(delete(UsedCode).where(UsedCode.occurred_at < before))
        _empty_quarantine(session, before)
    return done


def _empty_quarantine(session: Session, before: datetime) -> None:
    # A quarantined row may name a person anywhere in its text. Its seq stays: it says that no entry
    # was taken out of the chain there.
    query = select(Quarantine).where(Quarantine.recorded_at < before, Quarantine.raw != "")
    for row in session.scalars(query):
        row.raw = without_person(row.raw)


def _drop_double_sightings(before: datetime) -> None:
    # Without its person a sighting could not be told apart from that of somebody else, and who was
    # seen by a door as well would be counted twice.
    seen_by_door = exists().where(
        Attendance.session_id == Sighting.session_id,
        Attendance.member_id == Sighting.member_id,
        Attendance.retracted_at.is_(None),
    )
    with writing() as session:
        write_recorded(
            session,
            delete(Sighting)
            .where(Sighting.occurred_at < before, seen_by_door)
            .execution_options(synchronize_session=False),
        )


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
