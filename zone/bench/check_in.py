"""`check-in`: the desk lets people in, one after another, over a few connections.

Each check-in is the door's own decision, with the visit and the audit row, of a person who has used
their pass before. Measured are the answers, and the processor time of the web server for each. The
reference (`zone.bench.bare`) verifies a signature and inserts the same rows. Rounds of the two
alternate, so that other load on the machine slows both.
"""

import json
import statistics
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from zone.access.areas import service as areas
from zone.access.bridges import service as bridges
from zone.access.check_in import service as check_ins
from zone.access.check_in.context import person_at_door
from zone.access.doors import service as doors
from zone.access.visits.models import Visit
from zone.app import MIGRATIONS, create_app
from zone.bench import engines, load
from zone.bench.load import Click, Outcome
from zone.bench.measurements import Measurement, percentile
from zone.bench.serving import Served, served
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.demo import example
from zone.demo.supervisor import seed
from zone.members.people import service as people_service
from zone.members.roles import service as roles
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.places.campuses.queries import campus_by_code
from zone.places.opening_hours import service as opening_hours
from zone.web import language, session_cookie

PEOPLE: Final = 100
ROUNDS: Final = 3
CONNECTIONS: Final = 4


class NotLetInError(Exception):
    """Somebody was not let in, or the visits are not those of the answers."""


@dataclass(frozen=True, slots=True)
class DeskSetup:
    """A desk with its sign-in, a door of its campus, and (row, public id) of each visitor."""

    staff: int
    token: str
    door: uuid.UUID
    area_id: int
    people: Sequence[tuple[int, uuid.UUID]]


def run() -> Iterator[Measurement]:
    """Yield two figures for each engine: the rate, and the CPU time of a check-in.

    Raises:
        NotLetInError: see there.
    """
    for name, settings in engines.each_engine():
        yield from _case(name, settings)


def _case(name: str, settings: Settings) -> Iterator[Measurement]:
    desk = prepare(settings, utc_now())
    product, bare = [], []
    cpu, bare_cpu = [], []
    with served(settings) as (zone, bare_routes):
        _check_in_all(zone, desk, settings, desk.people[:PEOPLE])  # the first requests of a worker
        for round_ in range(1, ROUNDS + 1):
            group = desk.people[round_ * PEOPLE : (round_ + 1) * PEOPLE]
            before = zone.cpu_seconds(), bare_routes.cpu_seconds()
            product.append(_check_in_all(zone, desk, settings, group))
            bare.append(_insert_all(bare_routes, desk, group))
            cpu.append(zone.cpu_seconds() - before[0])
            bare_cpu.append(bare_routes.cpu_seconds() - before[1])
    millis = [ms for outcome in product for ms in outcome.millis]
    rate = statistics.median(outcome.rate for outcome in product)
    yardstick = statistics.median(outcome.rate for outcome in bare)
    yield Measurement(
        "check-in",
        name,
        "ms",
        len(millis),
        percentile(millis, 50),
        percentile(millis, 95),
        percentile(millis, 99),
        value=rate,
        yardstick=yardstick,
        ratio=rate / yardstick,
    )
    used, least = (statistics.median(seconds) / PEOPLE * 1000 for seconds in (cpu, bare_cpu))
    yield Measurement(
        "check-in",
        f"{name} CPU",
        "ms",
        len(millis),
        value=used,
        yardstick=least,
        ratio=used / least,
    )


def prepare(settings: Settings, now: datetime) -> DeskSetup:
    """Make a desk, a gym that is open all day, and people with a pass that they have used."""
    with create_app(settings).app_context():
        upgrade(directory=str(MIGRATIONS))
        seed(settings, now)
        with writing() as session:
            desk = _desk(session, now)
        db.engine.dispose()
    return desk


def _desk(session: Session, now: datetime) -> DeskSetup:
    campus = campus_by_code(session, "myllypuro")
    for days in range(-1, 2):
        opening_hours.set_exception(
            session,
            campus_id=campus.id,
            day=helsinki_date(now) + timedelta(days=days),
            opens=time(0, 0),
            closes=time(23, 59),
            reason="bench",
        )
    bridge, _ = bridges.create_bridge(session, campus_id=campus.id, name="Measured", now=now)
    area = areas.create_area(
        session, campus_id=campus.id, name="Measured", kinds=["gym"], proves_presence=True
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=bridge.id, name="Measured")
    people = []
    for number in range((ROUNDS + 1) * PEOPLE):
        member = people_service.create_member(
            session, email=f"comes-{number}@zone.example", name="Comes", language="en", now=now
        )
        example.prove(session, member, "metropolia", "student", now)
        example.give_pass(session, member, "sports-term", now - timedelta(days=2))
        before = now - timedelta(hours=1)
        asked = person_at_door(session.connection(), member.public_id, door.public_id, before)
        check_ins.check_in(session, asked, override=False, now=before)
        people.append((member.id, member.public_id))
    staff = people_service.create_member(
        session, email="bench-desk@zone.example", name="Desk", language="en", now=now
    )
    roles.grant_role(session, staff.id, "desk", now)
    token = sign_in_sessions.open_session(session, staff.id, now=now)
    return DeskSetup(staff.id, token, door.public_id, area.id, people)


def _check_in_all(
    zone: Served, desk: DeskSetup, settings: Settings, group: Sequence[tuple[int, uuid.UUID]]
) -> Outcome:
    host = f"localhost:{zone.port}"
    headers = (
        f"Cookie: {session_cookie.name_of(settings)}={desk.token}; {language.COOKIE}=en",
        f"Origin: http://{host}",
    )
    body = json.dumps({"door": str(desk.door)}).encode()
    requests = {
        id_: load.request_bytes(host, f"/api/v1/desk/people/{person}/check-ins", body, headers)
        for id_, person in group
    }
    outcome = _send(zone.port, requests)
    granted = sum(json.loads(answer).get("granted", False) for answer in outcome.bodies.values())
    stored = _stored(settings, [id_ for id_, _ in group])
    if not granted == stored == len(group):
        raise NotLetInError(f"{granted} granted and {stored} visits of {len(group)} people")
    return outcome


def _insert_all(bare: Served, desk: DeskSetup, group: Sequence[tuple[int, uuid.UUID]]) -> Outcome:
    key = ec.generate_private_key(ec.SECP256R1())
    signed = {
        "code": codes.sign_short(key, int(utc_now().timestamp())),
        "point": codes.compress(key.public_key()).hex(),
        "area": desk.area_id,
        "actor": desk.staff,
    }
    requests = {
        id_: load.request_bytes(
            "localhost", "/check-ins", json.dumps(signed | {"member": id_}).encode()
        )
        for id_, _ in group
    }
    return _send(bare.port, requests)


def _send(port: int, requests: dict[int, bytes]) -> Outcome:
    clicks = [Click(member, request) for member, request in requests.items()]
    return load.run_load("127.0.0.1", port, clicks, seconds=0, connections=CONNECTIONS)


def _stored(settings: Settings, members: Sequence[int]) -> int:
    """Return how many of these people have a visit after the one that was prepared."""
    came_again = (
        select(Visit.member_id)
        .where(Visit.member_id.in_(members))
        .group_by(Visit.member_id)
        .having(func.count() > 1)
    )
    with create_app(settings).app_context():
        with reading() as session:
            count = len(session.scalars(came_again).all())
        db.engine.dispose()
    return count
