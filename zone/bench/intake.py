"""`intake`: entries a second in batches of 500, as a bridge sends them.

Measured is what the product does with a batch: it stores the entries and derives visits and
attendance. The reference is the same number of rows inserted by hand-written SQL with one commit
for each batch. Batches of the two alternate.
"""

import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from flask_migrate import upgrade
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries
from firmware_bridge.wire.reasons import Reason
from zone.access.areas import service as areas
from zone.access.bridges import service as bridges
from zone.access.doors import service as doors
from zone.access.entries import service as entries_service
from zone.access.visits import service as visits
from zone.app import MIGRATIONS, create_app
from zone.bench import engines
from zone.bench.measurements import Measurement
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.db.types import Base
from zone.demo import example
from zone.demo.supervisor import seed
from zone.members.people import service as people
from zone.places.campuses.queries import campus_by_code

MEMBERS: Final = 500
BATCHES: Final = 20


@dataclass(frozen=True, slots=True)
class IntakeSetup:
    """The holders (random numbers), the door, and the bridges of the measured and the reference."""

    holders: Sequence[int]
    door: str
    door_id: int
    area_id: int
    bridge_id: int
    reference_bridge_id: int


def run() -> Iterator[Measurement]:
    """Yield one figure for each engine; value and reference in entries a second."""
    for name, settings in engines.each_engine():
        yield _case(name, settings)


def _case(name: str, settings: Settings) -> Measurement:
    with create_app(settings).app_context():
        upgrade(directory=str(MIGRATIONS))
        now = utc_now()
        seed(settings, now)
        with writing() as session:
            setup = _set_up(session, now)
        measured, reference = [], []
        after, start = entries.GENESIS, now - timedelta(days=1)
        for number in range(BATCHES):
            batch, after = _batch(setup, number, start, after)
            measured.append(_timed(partial(_receive, setup, batch, now)))
            reference.append(_timed(partial(_insert, setup, number, start, now)))
        db.engine.dispose()
    rate, yardstick = (
        entries.MAX_ROWS / statistics.median(times) for times in (measured, reference)
    )
    return Measurement(
        "intake",
        name,
        "entries/s",
        BATCHES * entries.MAX_ROWS,
        value=rate,
        yardstick=yardstick,
        ratio=rate / yardstick,
    )


def _set_up(session: Session, now: datetime) -> IntakeSetup:
    holders = []
    for number in range(MEMBERS):
        member = people.create_member(
            session, email=f"comes-{number}@zone.example", name="Comes", language="en", now=now
        )
        example.give_pass(session, member, "sports-term", now - timedelta(days=2))
        holders.append(member.holder)
    campus = campus_by_code(session, "myllypuro")
    measured, reference = (
        bridges.create_bridge(session, campus_id=campus.id, name=name, now=now)[0]
        for name in ("Measured", "Reference")
    )
    area = areas.create_area(
        session, campus_id=campus.id, name="Measured", kinds=["gym"], proves_presence=True
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=measured.id, name="Measured")
    return IntakeSetup(holders, str(door.public_id), door.id, area.id, measured.id, reference.id)


def _batch(
    setup: IntakeSetup, number: int, start: datetime, after: bytes
) -> tuple[entries.Upload, bytes]:
    """Return the next 500 granted scans, two seconds apart, with their hash chain."""
    rows, head = [], after
    for seq in range(number * entries.MAX_ROWS + 1, (number + 1) * entries.MAX_ROWS + 1):
        at = start + timedelta(seconds=2 * seq)
        entry = entries.Entry(
            seq=seq,
            uuid=str(uuid.uuid4()),
            door=setup.door,
            kind="scan",
            occurred_at=int(at.timestamp() * 1000),
            granted=True,
            reason=Reason.GRANTED,
            holder=setup.holders[seq % MEMBERS],
            kid=(seq % MEMBERS).to_bytes(8, "big"),
            ts=int(at.timestamp()),
        )
        head = entries.hash_entry(head, entry)
        rows.append(entry.to_json())
    return entries.Upload(tuple(rows), after, head), head


def _receive(setup: IntakeSetup, batch: entries.Upload, now: datetime) -> None:
    with writing() as session:
        acknowledgement = entries_service.receive(session, setup.bridge_id, batch, now)
    if len(acknowledgement.stored) != entries.MAX_ROWS:
        raise RuntimeError(f"{len(acknowledgement.stored)} of {entries.MAX_ROWS} stored")
    with writing() as session:
        visits.derive(session, now)


def _insert(setup: IntakeSetup, number: int, start: datetime, now: datetime) -> None:
    """Insert a batch of the reference: the same values as those of `_batch`."""
    first = number * entries.MAX_ROWS + 1
    rows = [_row(setup, seq, start, now) for seq in range(first, first + entries.MAX_ROWS)]
    columns, places = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
    statement = text(f"INSERT INTO entry ({columns}) VALUES ({places})")  # noqa: S608 -- our own column names
    types = (bindparam(name, type_=Base.metadata.tables["entry"].c[name].type) for name in rows[0])
    with writing() as session:
        session.execute(statement.bindparams(*types), rows)


def _row(setup: IntakeSetup, seq: int, start: datetime, now: datetime) -> dict[str, Any]:
    return {
        "bridge_id": setup.reference_bridge_id,
        "seq": seq,
        "uuid": uuid.uuid4(),
        "door_id": setup.door_id,
        "area_id": setup.area_id,
        "kind": "scan",
        "occurred_at": start + timedelta(seconds=2 * seq),
        "recorded_at": now,
        "granted": True,
        "reason": "granted",
        "holder": setup.holders[seq % MEMBERS],
        "leaving": False,
        "duress": False,
        "passback": False,
        "clock": "synced",
        "pending": False,
    }


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
