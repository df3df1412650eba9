"""`upload`: 50,000 entries of days without a network, while people scan at the same door.

From the start of the bridge until the server has stored them all, with their codes verified and
the visits derived; one upload after another, of one bridge. Measured are the seconds, and the scans
at the door meanwhile beside a bare commit of the same row. Server, database, bridge and phones
share this machine: at a site the box has its own.
"""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from zone.access.areas import service as areas
from zone.access.bridges import service as bridges
from zone.access.credentials import service as credentials
from zone.access.doors import service as doors
from zone.app import MIGRATIONS, create_app
from zone.bench import engines
from zone.bench.measurements import Measurement, percentile
from zone.bench.serving import served
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.demo import example
from zone.demo.machine.processes import python
from zone.demo.supervisor import seed
from zone.members.people import service as people
from zone.places.campuses.queries import campus_by_code

ENTRIES: Final = 50_000
PHONES: Final = 200
PHONES_FILE: Final = "phones.json"


def run() -> Iterator[Measurement]:
    """Yield three figures for each engine: the seconds, the scans meanwhile, and the memory."""
    for name, settings in engines.each_engine():
        arguments = prepare(settings, utc_now())
        with served(settings) as (zone, _bare):
            measured = _measure(zone.port, arguments)
        door, bare = measured["door_ms"], measured["commit_ms"]
        yield Measurement("upload", name, "s", measured["entries"], value=measured["seconds"])
        yield Measurement(
            "upload",
            f"{name} scans",
            "ms",
            len(door),
            percentile(door, 50),
            percentile(door, 95),
            percentile(door, 99),
            value=percentile(door, 99),
            yardstick=percentile(bare, 99),
            ratio=percentile(door, 99) / percentile(bare, 99),
        )
        yield Measurement("upload", f"{name} memory", "MB", 1, value=measured["rss_mb"])


def prepare(settings: Settings, now: datetime) -> list[str]:
    """Make a door with its bridge, and phones that may enter; return what the bridge is told."""
    with create_app(settings).app_context():
        upgrade(directory=str(MIGRATIONS))
        seed(settings, now)
        with writing() as session:
            arguments = _set_up(session, settings, now)
        db.engine.dispose()
    return arguments


def _set_up(session: Session, settings: Settings, now: datetime) -> list[str]:
    campus = campus_by_code(session, "myllypuro")
    bridge, token = bridges.create_bridge(session, campus_id=campus.id, name="Upload", now=now)
    area = areas.create_area(
        session,
        campus_id=campus.id,
        name="Upload",
        kinds=["gym"],
        proves_presence=True,
        always_open=True,
        passback="off",
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=bridge.id, name="Upload")
    phones = [_phone(session, settings, number, now) for number in range(PHONES)]
    path = Path(settings.data_dir) / PHONES_FILE
    path.write_text(json.dumps(phones), encoding="utf-8")
    told = {"token": token, "door": door.public_id, "area": area.public_id, "phones": path}
    return [part for name, value in told.items() for part in (f"--{name}", str(value))]


def _phone(session: Session, settings: Settings, number: int, now: datetime) -> dict[str, Any]:
    member = people.create_member(
        session, email=f"comes-{number}@zone.example", name="Comes", language="en", now=now
    )
    example.give_pass(session, member, "sports-term", now - timedelta(days=2))
    key = ec.generate_private_key(ec.SECP256R1())
    point = codes.compress(key.public_key())
    credentials.enrol_key(
        session, member.id, point=point, label="bench", now=now, settings=settings
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"key": pem.decode(), "holder": member.holder}


def _measure(port: int, arguments: list[str]) -> dict[str, Any]:
    command = python(
        "-m",
        "firmware_bridge.sim.measure_upload",
        "--server",
        f"http://localhost:{port}",
        "--entries",
        str(ENTRIES),
        *arguments,
    )
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(finished.stdout))
