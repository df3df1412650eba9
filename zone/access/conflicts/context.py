"""Load admissions that have arrived, with what they may contradict."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.access.areas.models import Area
from zone.access.conflicts.rules import CLOCK, TOLD, DoorAdmission, Passback
from zone.access.credentials.models import Credential
from zone.access.entries.models import Entry
from zone.access.entries.queries import CAME_IN
from zone.members.people.models import Member
from zone.members.suspensions.models import Suspension

# There is no index on the time of arrival, which only this job asks for: it looks so far back by
# id. A site of 2,000 visits a day sends as many in seven weeks.
NEWEST: Final = 100_000
# The longest time of anti-passback, see `Area.passback_seconds`.
REMEMBERED: Final = timedelta(days=1)
# People whose entries are compared in one statement.
TOGETHER: Final = 200


def admissions_since(session: Session, since: datetime) -> dict[int, list[int]]:
    """Return the ids of admissions that arrived at `since` or later, by their holder."""
    far = (select(func.max(Entry.id)).scalar_subquery()) - NEWEST
    rows = session.execute(
        select(Entry.holder, Entry.id).where(
            CAME_IN,
            Entry.kind == "scan",
            Entry.id > far,
            Entry.recorded_at >= since,
        )
    )
    found: dict[int, list[int]] = defaultdict(list)
    for holder, entry in rows:
        if holder is not None:
            found[holder].append(entry)
    return found


def admissions_near(
    session: Session, new: dict[int, list[int]]
) -> Iterator[tuple[Sequence[DoorAdmission], Sequence[DoorAdmission]]]:
    """Yield for each person the new admissions, and all of theirs of about that time."""
    holders = sorted(new)
    for start in range(0, len(holders), TOGETHER):
        chunk = holders[start : start + TOGETHER]
        ids = [entry for holder in chunk for entry in new[holder]]
        first, last = session.execute(
            select(func.min(Entry.occurred_at), func.max(Entry.occurred_at)).where(
                Entry.id.in_(ids)
            )
        ).one()
        rows = session.execute(
            _admissions().where(
                Entry.holder.in_(chunk),
                Entry.occurred_at.between(first - REMEMBERED, last + REMEMBERED),
            )
        )
        of_person: dict[int, list[DoorAdmission]] = defaultdict(list)
        for row in rows:
            of_person[row.holder].append(_admission(row))
        for holder, admissions in of_person.items():
            mine = set(new[holder])
            yield [one for one in admissions if one.entry in mine], admissions


def _admission(row: Row[*tuple[Any, ...]]) -> DoorAdmission:
    return DoorAdmission(
        entry=row.id,
        kid=row.kid,
        ts=row.ts,
        door=row.door_id,
        area=row.area_id,
        campus=row.campus_id,
        bridge=row.bridge_id,
        at=row.occurred_at,
        passback=Passback(row.passback, row.passback_seconds),
        left_at=row.left_at,
    )


def _admissions() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Entry.holder,
            Area.passback,
            Area.passback_seconds,
            Entry.id,
            Entry.kid,
            Entry.ts,
            Entry.door_id,
            Entry.area_id,
            Area.campus_id,
            Entry.bridge_id,
            Entry.occurred_at,
            _left_before().label("left_at"),
        )
        .join(Area, Area.id == Entry.area_id)
        .where(CAME_IN, Entry.kind == "scan", Entry.kid.is_not(None), Entry.ts.is_not(None))
    )


def _left_before() -> ScalarSelect[datetime]:
    out = aliased(Entry)
    return (
        select(func.max(out.occurred_at))
        .where(
            out.holder == Entry.holder,
            out.area_id == Entry.area_id,
            out.occurred_at <= Entry.occurred_at,
            out.kind == "scan",
            out.granted,
            out.leaving,
            out.undone_by.is_(None),
        )
        .scalar_subquery()
    )


def outdated(session: Session, entries: Sequence[int]) -> list[tuple[str, int]]:
    """Return which of these admissions contradict what was known: the kind, and the entry."""
    known: dict[str, Select[*tuple[Any, ...]]] = {
        "revoked": (
            select(Entry.id, Entry.occurred_at, Credential.revoked_at)
            .join(Credential, Credential.kid == Entry.kid)
            .where(Credential.revoked_at <= Entry.occurred_at)
        ),
        "suspended": (
            select(Entry.id, Entry.occurred_at, Suspension.recorded_at)
            .join(Member, Member.holder == Entry.holder)
            .join(Suspension, Suspension.member_id == Member.id)
            .where(
                Suspension.starts_at <= Entry.occurred_at,
                Suspension.recorded_at <= Entry.occurred_at,
                or_(Suspension.ends_at.is_(None), Suspension.ends_at > Entry.occurred_at),
                or_(Suspension.lifted_at.is_(None), Suspension.lifted_at > Entry.occurred_at),
            )
        ),
        "clock_ahead": (
            select(Entry.id, Entry.occurred_at, Entry.recorded_at).where(
                Entry.occurred_at > Entry.recorded_at
            )
        ),
    }
    leeway = {"revoked": TOLD, "suspended": TOLD, "clock_ahead": CLOCK}
    return [
        (kind, entry)
        for kind, query in known.items()
        for start in range(0, len(entries), TOGETHER)
        for entry, at, then in session.execute(
            query.where(Entry.id.in_(entries[start : start + TOGETHER]))
        )
        if abs(at - then) > leeway[kind]
    ]
