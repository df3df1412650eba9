"""The entries of the doors: people on their way to a session, and people who train alone."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries
from firmware_bridge.wire.reasons import Reason
from zone.access.attendance.models import Attendance
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.core.time import to_helsinki
from zone.demo.term.bulk import ROWS, Row, ids, random_id, write
from zone.demo.term.classes import Attended, Planned
from zone.demo.term.people import TermMember
from zone.demo.term.places import TermDoor

GRANTED: Final = 0.98
"""The share of entries that were granted."""
REFUSALS: Final = (Reason.CODE_EXPIRED, Reason.CODE_EXPIRED, Reason.REPLAYED, Reason.NOT_BOOKED)
EARLY: Final = timedelta(minutes=5)
SATURDAY: Final = 6
LATELY: Final = timedelta(minutes=59)
BUSY: Final = (
    *(0.0,) * 7,
    *(0.35, 0.3, 0.3, 0.35, 0.55, 0.6, 0.45, 0.4, 0.55, 0.85, 1.0, 0.95, 0.75, 0.45, 0.2),
    *(0.0,) * 2,
)
"""How many people come alone in each Helsinki hour, as a share of the busiest."""


@dataclass(frozen=True, slots=True)
class TermArrival:
    """A person at the door, on the way to a session or not."""

    at: datetime
    person: TermMember
    session: Planned | None
    granted: bool
    door: int


def load(
    session: Session,
    doors: Sequence[TermDoor],
    people: Sequence[TermMember],
    attended: Sequence[Attended],
    late: Sequence[TermArrival],
    count: int,
    since: datetime,
    now: datetime,
    chance: random.Random,
) -> None:
    """Make `count` entries and the `late` ones, in one hash chain for each door, with their visits
    and attendance.
    """
    came = [
        TermArrival(
            item.session.starts_at - EARLY,
            item.person,
            item.session,
            granted=True,
            door=item.session.door,
        )
        for item in attended[:count]
    ]
    alone = [_alone(people, len(doors), since, now, chance) for _ in range(count - len(came))]
    arrivals = _refuse_repeats(sorted([*came, *alone, *late], key=lambda arrival: arrival.at))
    for number, door in enumerate(doors):
        _write(session, door, [one for one in arrivals if one.door == number], chance)


def rush(
    people: Sequence[TermMember], counts: Sequence[int], now: datetime, chance: random.Random
) -> list[TermArrival]:
    """Return the arrivals of the last hour, `counts` for each door at the busiest time of a day."""
    busy = BUSY[to_helsinki(now).hour]
    here = [person for person in people if person.since < now - LATELY]
    wanted = [door for door, most in enumerate(counts) for _ in range(round(most * busy))]
    came = chance.sample(here, min(len(here), len(wanted)))
    seconds = int(LATELY.total_seconds())
    return [
        TermArrival(
            now - timedelta(seconds=chance.randrange(60, seconds)), person, None, True, door
        )
        for person, door in zip(came, wanted, strict=False)
    ]


def _alone(
    people: Sequence[TermMember], doors: int, since: datetime, now: datetime, chance: random.Random
) -> TermArrival:
    person = chance.choice(people)
    begun = max(since, person.since)
    while True:  # most come at lunch and after work; nobody at night
        at = begun + timedelta(seconds=chance.randrange(1 + int((now - begun).total_seconds())))
        wall = to_helsinki(at)
        if chance.random() < BUSY[wall.hour] * open_share(wall):
            break
    granted = chance.random() < GRANTED
    return TermArrival(at, person, None, granted=granted, door=_usual_door(person, doors))


def open_share(wall: datetime) -> float:
    """Return how many come on this weekday, as a share: closed on Sundays, and Saturdays 9–18."""
    if wall.isoweekday() == SATURDAY:
        return 0.6 if 9 <= wall.hour < 18 else 0.0
    return float(wall.isoweekday() < SATURDAY)


def _usual_door(person: TermMember, doors: int) -> int:
    """Return the campus where a person trains: most at the larger ones, the first in the list."""
    return min(person.holder % doors, person.holder // doors % doors)


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


def _write(
    session: Session, door: TermDoor, arrivals: Sequence[TermArrival], chance: random.Random
) -> None:
    entry_ids, visit_ids, attendance_ids = (
        ids(session, Entry),
        ids(session, Visit),
        ids(session, Attendance),
    )
    rows = _chained(door, arrivals, chance)
    for first in range(0, len(arrivals), ROWS):
        batch = arrivals[first : first + ROWS]
        numbered = [(next(entry_ids), arrival, next(rows)) for arrival in batch]
        write(session, Entry, [row | {"id": number} for number, _, row in numbered])
        visits = [
            (next(visit_ids), number, arrival) for number, arrival, _ in numbered if arrival.granted
        ]
        write(session, Visit, [_visit(*visit, door) for visit in visits])
        attendance = [
            _attendance(visit, arrival.session, arrival) | {"id": next(attendance_ids)}
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
        reason=Reason.GRANTED if arrival.granted else chance.choice(REFUSALS),
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
