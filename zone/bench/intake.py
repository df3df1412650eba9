"""`intake`: entries a second in batches of 500, as a bridge sends them.

Measured is what the product does with a batch of granted scans: it verifies their codes, stores the
entries, and derives all visits and attendance. The reference verifies the same codes and inserts
the same rows by hand-written SQL, with one commit for each batch. Batches of the two alternate.
"""

import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from flask_migrate import upgrade
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages import entries
from firmware_bridge.wire.reasons import Reason
from zone.access.areas import service as areas
from zone.access.bridges import service as bridges
from zone.access.credentials import service as credentials
from zone.access.doors import service as doors
from zone.access.entries import service as entries_service
from zone.access.entries.context import proofs_of
from zone.access.visits import service as visits
from zone.app import MIGRATIONS, create_app
from zone.bench import engines
from zone.bench.measurements import Measurement
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.demo import example
from zone.demo.supervisor import seed
from zone.members.people import service as people
from zone.places.campuses.queries import campus_by_code

MEMBERS: Final = 500
BATCHES: Final = 20


@dataclass(frozen=True, slots=True)
class BenchPhone:
    """A phone with its key, and the number of its holder."""

    key: ec.EllipticCurvePrivateKey
    kid: bytes
    holder: int


@dataclass(frozen=True, slots=True)
class IntakeSetup:
    """The phones, the door, and the bridges of the measured and the reference."""

    phones: Sequence[BenchPhone]
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
            setup = _set_up(session, settings, now)
        measured, reference = [], []
        after, start = entries.GENESIS, now - timedelta(days=1)
        for number in range(BATCHES):
            batch, after = _batch(setup, number, start, after)
            measured.append(_timed(partial(_receive, setup, batch, now)))
            reference.append(_timed(partial(_insert, setup, batch, now)))
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


def _set_up(session: Session, settings: Settings, now: datetime) -> IntakeSetup:
    phones = []
    for number in range(MEMBERS):
        member = people.create_member(
            session, email=f"comes-{number}@zone.example", name="Comes", language="en", now=now
        )
        example.give_pass(session, member, "sports-term", now - timedelta(days=2))
        key = ec.generate_private_key(ec.SECP256R1())
        point = codes.compress(key.public_key())
        enrolled = credentials.enrol_key(
            session, member.id, point=point, label="bench", now=now, settings=settings
        )
        phones.append(BenchPhone(key, enrolled.kid, member.holder))
    campus = campus_by_code(session, "myllypuro")
    measured, reference = (
        bridges.create_bridge(session, campus_id=campus.id, name=name, now=now)[0]
        for name in ("Measured", "Reference")
    )
    area = areas.create_area(
        session, campus_id=campus.id, name="Measured", kinds=["gym"], proves_presence=True
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=measured.id, name="Measured")
    return IntakeSetup(phones, str(door.public_id), door.id, area.id, measured.id, reference.id)


def _batch(
    setup: IntakeSetup, number: int, start: datetime, after: bytes
) -> tuple[entries.Upload, bytes]:
    """Return the next 500 granted scans, two seconds apart, with their hash chain."""
    rows, head = [], after
    for seq in range(number * entries.MAX_ROWS + 1, (number + 1) * entries.MAX_ROWS + 1):
        at, phone = start + timedelta(seconds=2 * seq), setup.phones[seq % MEMBERS]
        entry = entries.Entry(
            seq=seq,
            uuid=str(uuid.uuid4()),
            door=setup.door,
            kind="scan",
            occurred_at=int(at.timestamp() * 1000),
            granted=True,
            reason=Reason.GRANTED,
            holder=phone.holder,
            kid=phone.kid,
            ts=int(at.timestamp()),
            code=codes.sign_short(phone.key, int(at.timestamp())),
        )
        head = entries.hash_entry(head, entry)
        rows.append(entry.to_json())
    return entries.Upload(tuple(rows), after, head), head


def _receive(setup: IntakeSetup, batch: entries.Upload, now: datetime) -> None:
    with reading() as session:
        proofs = proofs_of(session, setup.bridge_id, batch, dict, now)
    with writing() as session:
        acknowledgement = entries_service.receive(session, setup.bridge_id, batch, proofs, now)
    if len(acknowledgement.stored) != entries.MAX_ROWS:
        raise RuntimeError(f"{len(acknowledgement.stored)} of {entries.MAX_ROWS} stored")
    derived = entries.MAX_ROWS
    while derived:
        with writing() as session:
            derived = visits.derive(session, now)


def _insert(setup: IntakeSetup, batch: entries.Upload, now: datetime) -> None:
    """Verify the codes of a batch and insert its rows, as the reference."""
    points = {phone.kid: phone.key.public_key() for phone in setup.phones}
    sent = [entries.Entry.from_json(raw) for raw in batch.rows]
    for entry in sent:
        token = codes.parse((entry.code or "").encode())
        if not codes.verify_possession(token, points[token.kid]):
            raise RuntimeError("a code that its phone did not sign")
    rows = [_row(setup, entry, now) for entry in sent]
    columns, places = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
    statement = text(f"INSERT INTO entry ({columns}) VALUES ({places})")  # noqa: S608 -- our own column names
    types = (bindparam(name, type_=Base.metadata.tables["entry"].c[name].type) for name in rows[0])
    with writing() as session:
        session.execute(statement.bindparams(*types), rows)


def _row(setup: IntakeSetup, entry: entries.Entry, now: datetime) -> dict[str, Any]:
    return {
        "bridge_id": setup.reference_bridge_id,
        "seq": entry.seq,
        "uuid": uuid.uuid4(),
        "door_id": setup.door_id,
        "area_id": setup.area_id,
        "kind": entry.kind,
        "occurred_at": datetime.fromtimestamp(entry.occurred_at / 1000, UTC),
        "recorded_at": now,
        "granted": True,
        "reason": "granted",
        "holder": entry.holder,
        "kid": entry.kid,
        "ts": entry.ts,
        "leaving": False,
        "duress": False,
        "passback": False,
        "clock": entry.clock,
        "code": entry.code,
        "proven": True,
        "pending": False,
    }


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
