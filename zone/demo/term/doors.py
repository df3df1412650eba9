"""The entries of one door: people on their way to a session, and people who train alone."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries
from firmware_bridge.wire.reasons import Reason
from zone.access.areas import service as areas
from zone.access.attendance.models import Attendance
from zone.access.bridges import service as bridges
from zone.access.doors import service as doors
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.demo.term.bulk import ROWS, Row, ids, random_id, write
from zone.demo.term.classes import Attended, Planned
from zone.demo.term.people import TermMember
from zone.places.campuses.queries import campus_by_code

GRANTED: Final = 0.95
"""The share of entries that were granted."""
EARLY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TermDoor:
    """The door of all entries."""

    id: int
    public_id: str
    area_id: int
    bridge_id: int


@dataclass(frozen=True, slots=True)
class TermArrival:
    """A person at the door, on the way to a session or not."""

    at: datetime
    person: TermMember
    session: Planned | None
    granted: bool


def load(
    session: Session,
    studios: Sequence[int],
    people: Sequence[TermMember],
    attended: Sequence[Attended],
    count: int,
    since: datetime,
    now: datetime,
    chance: random.Random,
) -> None:
    """Make `count` entries in one hash chain, with their visits and attendance."""
    door = _door(session, studios, since)
    came = [
        TermArrival(item.session.starts_at - EARLY, item.person, item.session, granted=True)
        for item in attended[:count]
    ]
    alone = [_alone(people, since, now, chance) for _ in range(count - len(came))]
    _write(
        session, door, _refuse_repeats(sorted(came + alone, key=lambda arrival: arrival.at)), chance
    )


def _alone(
    people: Sequence[TermMember], since: datetime, now: datetime, chance: random.Random
) -> TermArrival:
    at = since + timedelta(seconds=chance.randrange(int((now - since).total_seconds())))
    return TermArrival(at, chance.choice(people), None, granted=chance.random() < GRANTED)


def _refuse_repeats(arrivals: Sequence[TermArrival]) -> list[TermArrival]:
    """Refuse one of two arrivals of a person within SAME_VISIT: they would be one visit."""
    kept: list[TermArrival] = []
    last: dict[int, int] = {}
    for arrival in arrivals:
        before = last.get(arrival.person.id)
        if arrival.granted and before is not None and arrival.at - kept[before].at <= SAME_VISIT:
            if arrival.session is not None:
                kept[before] = replace(kept[before], granted=False)
            else:
                arrival = replace(arrival, granted=False)  # noqa: PLW2901 -- the same one, refused
        if arrival.granted:
            last[arrival.person.id] = len(kept)
        kept.append(arrival)
    return kept


def _door(session: Session, studios: Sequence[int], since: datetime) -> TermDoor:
    campus = campus_by_code(session, "myllypuro")
    box, _ = bridges.create_bridge(session, campus_id=campus.id, name="Term bridge", now=since)
    area = areas.create_area(
        session,
        campus_id=campus.id,
        name="Studios",
        kinds=["class", "gym"],
        space_ids=list(studios),
        proves_presence=True,
    )
    door = doors.create_door(
        session, area_id=area.id, bridge_id=box.id, name="Studios' door", strike_ms=5000
    )
    return TermDoor(door.id, str(door.public_id), area.id, box.id)


def _write(
    session: Session, door: TermDoor, arrivals: Sequence[TermArrival], chance: random.Random
) -> None:
    entry_ids, visit_ids, rows = (
        ids(session, Entry),
        ids(session, Visit),
        _chained(door, arrivals, chance),
    )
    for first in range(0, len(arrivals), ROWS):
        batch = arrivals[first : first + ROWS]
        numbered = [(next(entry_ids), arrival, next(rows)) for arrival in batch]
        write(session, Entry, [row | {"id": number} for number, _, row in numbered])
        visits = [
            (next(visit_ids), number, arrival) for number, arrival, _ in numbered if arrival.granted
        ]
        write(session, Visit, [_visit(*visit, door) for visit in visits])
        attendance = [
            _attendance(visit, arrival.session, arrival)
            for visit, _, arrival in visits
            if arrival.session
        ]
        write(session, Attendance, attendance)


def _chained(
    door: TermDoor, arrivals: Sequence[TermArrival], chance: random.Random
) -> Iterator[Row]:
    """Return rows as intake stores them, each with the hash before and after it."""
    after = entries.GENESIS
    for seq, arrival in enumerate(arrivals, start=1):
        entry = _scan(seq, door, arrival, chance)
        before, after = after, entries.hash_entry(after, entry)
        yield _row(entry, door, arrival) | {"before": before, "after": after}


def _scan(seq: int, door: TermDoor, arrival: TermArrival, chance: random.Random) -> entries.Entry:
    return entries.Entry(
        seq=seq,
        uuid=str(random_id(chance)),
        door=door.public_id,
        kind="scan",
        occurred_at=int(arrival.at.timestamp() * 1000),
        granted=arrival.granted,
        reason=Reason.GRANTED if arrival.granted else Reason.CLOSED,
        holder=arrival.person.holder,
    )


def _row(entry: entries.Entry, door: TermDoor, arrival: TermArrival) -> Row:
    return {
        "bridge_id": door.bridge_id,
        "seq": entry.seq,
        "uuid": uuid.UUID(entry.uuid),
        "door_id": door.id,
        "area_id": door.area_id,
        "kind": entry.kind,
        "occurred_at": arrival.at,
        "recorded_at": arrival.at,
        "granted": entry.granted,
        "reason": entry.reason,
        "holder": entry.holder,
        "leaving": entry.leaving,
        "duress": entry.duress,
        "passback": entry.passback,
        "clock": entry.clock,
        "pending": False,
    }


def _visit(number: int, entry: int, arrival: TermArrival, door: TermDoor) -> Row:
    return {
        "id": number,
        "entry_id": entry,
        "member_id": arrival.person.id,
        "area_id": door.area_id,
        "institution_code": arrival.person.institution,
        "occurred_at": arrival.at,
        "recorded_at": arrival.at,
    }


def _attendance(visit: int, session: Planned, arrival: TermArrival) -> Row:
    return {
        "session_id": session.id,
        "member_id": arrival.person.id,
        "visit_id": visit,
        "booked": True,
        "occurred_at": arrival.at,
        "recorded_at": arrival.at,
    }
