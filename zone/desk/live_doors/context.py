"""The refusals that nobody marked as dealt with, and what is true now of the people in them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.check_in.rules import is_open, may_enter
from zone.access.credentials.models import Credential
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.entries.queries import CAME_IN, REASON, REFUSED
from zone.access.roster import queries as roster_queries
from zone.access.visits.models import Visit
from zone.desk.live_doors.models import HandledDenial
from zone.desk.live_doors.rules import Cause, DenialContext, cause_of, is_settled
from zone.members.people.models import Member
from zone.members.suspensions.queries import suspended_among
from zone.places.campuses.models import Campus

SHOWN_FOR: Final = timedelta(hours=12)
"""How long a refusal that nobody deals with is shown: the longest day of a desk."""
MOST_DENIALS: Final = 200
"""Refusals that are looked at; a day of a large campus has fewer."""


@dataclass(frozen=True, slots=True)
class OpenDenial:
    """A refusal at a door. `member_id`, `person`, `name` and `email` are None where the door could
    not tell who it was.
    """

    entry_id: int
    id: uuid.UUID
    at: datetime
    reason: str | None
    door_id: int
    door: uuid.UUID
    door_name: str
    area_id: int
    area: str
    kinds: Sequence[str]
    campus: str
    member_id: int | None
    person: uuid.UUID | None
    name: str | None
    email: str | None

    @property
    def who(self) -> object:
        """Who was refused; of unknown people those at one door for one reason are one."""
        return self.member_id or (self.door_id, self.reason)


def open_denials(session: Session, now: datetime) -> list[OpenDenial]:
    """Return the refusals that still need somebody, the newest first.

    One that was marked as dealt with does not, nor one whose cause is gone.
    """
    found = _unmarked(session, now)
    return [
        refusal
        for refusal, context in zip(found, _contexts(session, found, now), strict=True)
        if not is_settled(refusal.reason, context)
    ]


def _unmarked(session: Session, now: datetime) -> list[OpenDenial]:
    query = (
        select(
            Entry.id,
            Entry.uuid,
            Entry.occurred_at,
            REASON,
            Door.id,
            Door.public_id,
            Door.name,
            Area.id,
            Area.name,
            Area.kinds,
            Campus.name,
            Member.id,
            Member.public_id,
            Member.name,
            Member.email,
        )
        .join(Door, Door.id == Entry.door_id)
        .join(Area, Area.id == Entry.area_id)
        .join(Campus, Campus.id == Area.campus_id)
        .outerjoin(Member, Member.holder == Entry.holder)
        .outerjoin(HandledDenial, HandledDenial.entry_id == Entry.id)
        .where(
            Entry.kind == "scan",
            REFUSED,
            HandledDenial.id.is_(None),
            Entry.occurred_at > now - SHOWN_FOR,
        )
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(MOST_DENIALS)
    )
    rows: Any = session.execute(query)
    return [OpenDenial(*row) for row in rows]


def _contexts(
    session: Session, refusals: Sequence[OpenDenial], now: datetime
) -> list[DenialContext]:
    """Return what is true now of each refusal, in few statements for any number of them."""
    if not refusals:
        return []
    since = min(refusal.at for refusal in refusals)
    members = sorted({one.member_id for one in refusals if one.member_id is not None})
    by_right = _of_cause(refusals, Cause.RIGHT)
    by_door = _of_cause(refusals, Cause.DOOR)
    doors = _doors(session, by_door, now, with_hours=True)
    entitled = _entitled(session, by_right, since, now)
    let_in = _let_in(session, members, since)
    phones = _phones(session, _of_cause(refusals, Cause.PHONE), since)
    opened = {one.door for one in by_door if is_open(doors[one.door], now)}
    return [
        DenialContext(
            one.at,
            let_in.get((one.member_id, one.area_id)),
            phones.get(one.member_id),
            (one.member_id, one.door) in entitled,
            one.door in opened,
        )
        for one in refusals
    ]


def _of_cause(refusals: Sequence[OpenDenial], cause: Cause) -> list[OpenDenial]:
    return [one for one in refusals if cause_of(one.reason) is cause]


def _doors(
    session: Session, refusals: Sequence[OpenDenial], now: datetime, *, with_hours: bool
) -> Mapping[uuid.UUID, Any]:
    """Return the doors as bridges know them, by public id."""
    if not refusals:
        return {}
    wanted = Door.id.in_({one.door_id for one in refusals})
    found = roster_queries.doors(session, wanted, now, with_hours=with_hours)
    return {uuid.UUID(door.door): door for door in found}


def _entitled(
    session: Session,
    refusals: Sequence[OpenDenial],
    since: datetime,
    now: datetime,
) -> Collection[tuple[int | None, uuid.UUID]]:
    """Return the (member, door) of those who have now what the door asked them for."""
    newest = {
        (one.member_id, one.door): one for one in reversed(refusals) if one.member_id is not None
    }
    if not newest:
        return set()
    ids = sorted({member_id for member_id, _ in newest})
    doors = _doors(session, refusals, now, with_hours=False)
    # Bookings from the first refusal on: one that was made for the person and has ended since has
    # helped them all the same, and must not bring the refusal back.
    rows = dict(zip(ids, roster_queries.holders(session, ids, since), strict=True))
    suspended = suspended_among(session, ids, now)
    return {
        (member_id, door)
        for (member_id, door), one in newest.items()
        if any(
            may_enter(
                doors[door], replace(rows[member_id], suspended=member_id in suspended), moment
            )
            for moment in (now, one.at)
        )
    }


def _let_in(
    session: Session, members: Sequence[int], since: datetime
) -> Mapping[tuple[int | None, int], datetime]:
    """Return when each member last came into each area, through a door or by the desk."""
    # Entries too: their visits are derived a moment later.
    by_door = (
        select(Member.id, Entry.area_id, func.max(Entry.occurred_at))
        .join(Entry, Entry.holder == Member.holder)
        .where(Member.id.in_(members), Entry.kind == "scan", CAME_IN)
        .where(Entry.occurred_at >= since)
        .group_by(Member.id, Entry.area_id)
    )
    by_desk = (
        select(Visit.member_id, Visit.area_id, func.max(Visit.occurred_at))
        .where(Visit.member_id.in_(members), Visit.source == "desk", Visit.occurred_at >= since)
        .group_by(Visit.member_id, Visit.area_id)
    )
    last: dict[tuple[int | None, int], datetime] = {}
    rows: Any = session.execute(union_all(by_door, by_desk)) if members else ()
    for member_id, area_id, at in rows:
        last[(member_id, area_id)] = max(at, last.get((member_id, area_id), at))
    return last


def _phones(
    session: Session, refusals: Sequence[OpenDenial], since: datetime
) -> Mapping[int | None, datetime]:
    """Return when each member last set up a phone that still holds the pass."""
    ids = {one.member_id for one in refusals if one.member_id is not None}
    query = (
        select(Credential.member_id, func.max(Credential.created_at))
        .where(Credential.member_id.in_(ids), Credential.revoked_at.is_(None))
        .where(Credential.created_at >= since)
        .group_by(Credential.member_id)
    )
    return {row[0]: row[1] for row in session.execute(query)} if ids else {}
