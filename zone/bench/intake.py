"""`intake`: entries a second in batches of 500, as a bridge sends them.

Visits and attendance are derived too. The reference is the same number of rows inserted by
hand-written SQL with one commit for each batch; batches of the two alternate.
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
COLUMNS: Final = (
    "bridge_id",
    "seq",
    "uuid",
    "door_id",
    "area_id",
    "kind",
    "occurred_at",
    "recorded_at",
    "granted",
    "reason",
    "holder",
    "leaving",
    "duress",
    "passback",
    "clock",
    "pending",
)


@dataclass(frozen=True, slots=True)
class IntakeSetup:
    """The holders (pseudonyms), the door, and two bridges: ours, and the one of the reference."""

    holders: Sequence[int]
    door: str
    door_id: int
    area_id: int
    bridge_id: int
    bare_bridge_id: int


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
            site = _site(session, now)
        product, bare = [], []
        after, start = entries.GENESIS, now - timedelta(days=1)
        for number in range(BATCHES):
            batch, after = _batch(site, number, start, after)
            product.append(_timed(partial(_receive, site, batch, now)))
            bare.append(_timed(partial(_insert, site, number, start, now)))
        db.engine.dispose()
    rate, yardstick = (entries.MAX_ROWS / statistics.median(times) for times in (product, bare))
    return Measurement(
        "intake",
        name,
        "entries/s",
        BATCHES * entries.MAX_ROWS,
        value=rate,
        yardstick=yardstick,
        ratio=rate / yardstick,
    )


def _site(session: Session, now: datetime) -> IntakeSetup:
    holders = []
    for number in range(MEMBERS):
        member = people.create_member(
            session, email=f"comes-{number}@zone.example", name="Comes", language="en", now=now
        )
        example.give_pass(session, member, "sports-term", now - timedelta(days=2))
        holders.append(member.holder)
    campus = campus_by_code(session, "myllypuro")
    product, bare = (
        bridges.create_bridge(session, campus_id=campus.id, name=name, now=now)[0]
        for name in ("Ours", "Bare")
    )
    area = areas.create_area(
        session, campus_id=campus.id, name="Measured", kinds=["gym"], proves_presence=True
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=product.id, name="Measured")
    return IntakeSetup(holders, str(door.public_id), door.id, area.id, product.id, bare.id)


def _batch(
    site: IntakeSetup, number: int, start: datetime, after: bytes
) -> tuple[entries.Upload, bytes]:
    """Return the next 500 granted scans, two seconds apart, with their hash chain."""
    rows, head = [], after
    for seq in range(number * entries.MAX_ROWS + 1, (number + 1) * entries.MAX_ROWS + 1):
        at = start + timedelta(seconds=2 * seq)
        entry = entries.Entry(
            seq=seq,
            uuid=str(uuid.uuid4()),
            door=site.door,
            kind="scan",
            occurred_at=int(at.timestamp() * 1000),
            granted=True,
            reason=Reason.GRANTED,
            holder=site.holders[seq % MEMBERS],
            kid=(seq % MEMBERS).to_bytes(8, "big"),
            ts=int(at.timestamp()),
        )
        head = entries.hash_entry(head, entry)
        rows.append(entry.to_json())
    return entries.Upload(tuple(rows), after, head), head


def _receive(site: IntakeSetup, batch: entries.Upload, now: datetime) -> None:
    with writing() as session:
        receipt = entries_service.receive(session, site.bridge_id, batch, now)
    if len(receipt.stored) != entries.MAX_ROWS:
        raise RuntimeError(f"{len(receipt.stored)} of {entries.MAX_ROWS} stored")
    with writing() as session:
        visits.derive(session, now)


def _insert(site: IntakeSetup, number: int, start: datetime, now: datetime) -> None:
    columns = ", ".join(COLUMNS)
    places = ", ".join(f":{name}" for name in COLUMNS)
    statement = text(f"INSERT INTO entry ({columns}) VALUES ({places})")  # noqa: S608 -- our own column names
    types = (bindparam(name, type_=Base.metadata.tables["entry"].c[name].type) for name in COLUMNS)
    with writing() as session:
        rows = [_plain(site, number, n, start, now) for n in range(entries.MAX_ROWS)]
        session.execute(statement.bindparams(*types), rows)


def _plain(
    site: IntakeSetup, number: int, n: int, start: datetime, now: datetime
) -> dict[str, Any]:
    seq = number * entries.MAX_ROWS + n + 1
    values = (
        site.bare_bridge_id,
        seq,
        uuid.uuid4(),
        site.door_id,
        site.area_id,
        "scan",
        start + timedelta(seconds=2 * seq),
        now,
        True,
        "granted",
        site.holders[seq % MEMBERS],
        False,
        False,
        False,
        "synced",
        False,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
