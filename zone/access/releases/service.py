"""Set when doors are open to everybody. Never commits. The bridges are told at their next poll."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.areas.queries import campus_of_area
from zone.access.doors.models import Door
from zone.access.doors.queries import door_by_public_id
from zone.access.releases.errors import TIMES_EQUAL, TOO_MANY_RELEASES
from zone.access.releases.models import DoorRelease, DoorReleaseDay
from zone.access.releases.rules import LONGEST_REASON, MOST, mask_of
from zone.access.shutdowns.service import lock_doors
from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.places.opening_hours.errors import DAY_PAST
from zone.places.opening_hours.rules import DayHours


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A time of the week (1 Monday … 7 Sunday), Helsinki wall-clock time."""

    weekdays: Collection[int]
    opens: time
    closes: time
    first_person: bool = False


def add_release(
    session: Session, door_id: uuid.UUID, new: NewRelease, *, actor: Actor, now: datetime
) -> uuid.UUID:
    """Open a door to everybody at a time of the week; return the id of that.

    Raises:
        DomainError: not_found, forbidden, times_equal, too_many_releases, release_taken.
    """
    door = _door_to_change(session, door_id, actor)
    _check_times((new.opens, new.closes))
    _check_room(session, DoorRelease, DoorRelease.door_id == door.id)
    row = DoorRelease(
        public_id=new_public_id(),
        door_id=door.id,
        weekdays=mask_of(new.weekdays),
        opens=new.opens,
        closes=new.closes,
        first_person=new.first_person,
    )
    session.add(row)
    session.flush()
    after = {
        "weekdays": sorted(new.weekdays),
        "opens": str(new.opens),
        "closes": str(new.closes),
        "first_person": new.first_person,
    }
    _audit(session, "door.release", door, actor, now, after=after)
    return row.public_id


def remove_release(
    session: Session,
    door_id: uuid.UUID,
    release_id: uuid.UUID,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Open a door to everybody no longer at a time of the week. Once more changes nothing.

    Raises:
        DomainError: not_found (the door), forbidden.
    """
    door = _door_to_change(session, door_id, actor)
    row = session.scalar(
        select(DoorRelease).where(
            DoorRelease.door_id == door.id, DoorRelease.public_id == release_id
        )
    )
    if row is not None:
        before = {"weekdays": row.weekdays, "opens": str(row.opens), "closes": str(row.closes)}
        session.delete(row)
        session.flush()
        _audit(session, "door.release_removed", door, actor, now, before=before)


def set_day(
    session: Session,
    door_id: uuid.UUID,
    day: date,
    hours: DayHours | None,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Open a door to everybody at another time on a day; None: not at all.

    Raises:
        DomainError: not_found, forbidden, day_past, times_equal, too_many_releases.
    """
    door = _door_to_change(session, door_id, actor)
    _refuse_past(day, now)
    _check_times(hours)
    row = _day(session, door, day)
    if row is None:
        _check_room(
            session,
            DoorReleaseDay,
            DoorReleaseDay.door_id == door.id,
            DoorReleaseDay.day >= helsinki_date(now),
        )
        row = DoorReleaseDay(door_id=door.id, day=day)
        session.add(row)
    row.opens, row.closes = hours or (None, None)
    row.reason = clean_text(reason)[:LONGEST_REASON]
    session.flush()
    after = {"day": str(day), "opens": _text(row.opens), "closes": _text(row.closes)}
    _audit(session, "door.release_day", door, actor, now, after=after, reason=row.reason)


def drop_day(
    session: Session, door_id: uuid.UUID, day: date, *, actor: Actor, now: datetime
) -> None:
    """Let the times of the week hold again on a day. Once more changes nothing.

    Raises:
        DomainError: not_found (the door), forbidden, day_past.
    """
    door = _door_to_change(session, door_id, actor)
    _refuse_past(day, now)
    row = _day(session, door, day)
    if row is not None:
        before = {"day": str(day), "opens": _text(row.opens), "closes": _text(row.closes)}
        session.delete(row)
        session.flush()
        _audit(session, "door.release_day_dropped", door, actor, now, before=before)


def _door_to_change(session: Session, door_id: uuid.UUID, actor: Actor) -> Door:
    """Return the door, locked, so that of two at once the second sees what the first has set."""
    lock_doors(session)
    door = door_by_public_id(session, door_id)
    actor.require(Permission.DOORS_WRITE, campus=campus_of_area(session, door.area_id))
    return door


def _refuse_past(day: date, now: datetime) -> None:
    # What is over says whether an absence counts.
    if day < helsinki_date(now):
        raise DomainError(DAY_PAST)


def _check_times(hours: DayHours | None) -> None:
    if hours is not None and hours[0] == hours[1]:
        raise DomainError(TIMES_EQUAL)


def _check_room(session: Session, rows: Any, *conditions: Any) -> None:
    if session.scalar(select(func.count()).select_from(rows).where(*conditions)) >= MOST:  # type: ignore[operator]  # a count is never None
        raise DomainError(TOO_MANY_RELEASES)


def _day(session: Session, door: Door, day: date) -> DoorReleaseDay | None:
    return session.scalar(
        select(DoorReleaseDay).where(DoorReleaseDay.door_id == door.id, DoorReleaseDay.day == day)
    )


def _text(at: time | None) -> str | None:
    return None if at is None else str(at)


def _audit(
    session: Session, action: str, door: Door, actor: Actor, now: datetime, **told: Any
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="door",
        object_id=door.public_id,
        now=now,
        **told,
    )
