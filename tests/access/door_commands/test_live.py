"""A command and a key rotation from the desk to the relay, with real processes."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.people import an_actor
from tests.world.rig import eventually
from zone.access.bridges import queries as bridges_queries
from zone.access.door_commands import queries as door_commands_queries
from zone.access.door_commands import service as door_commands
from zone.access.doors.models import Door
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo import doors, supervisor
from zone.demo.machine.processes import script
from zone.demo.supervisor import Installation
from zone.members.people.models import Member

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Installation]:
    shutil.copyfile(sqlite_template, tmp_path / "zone.sqlite")
    with supervisor.opened(tmp_path) as site:
        yield site


@pytest.fixture
def app(site: Installation) -> Iterator[Flask]:
    app = create_app(site.settings)
    with app.app_context():
        yield app
        db.engine.dispose()


def the_door() -> uuid.UUID:
    with reading() as session:
        return session.scalars(select(Door.public_id).where(Door.name == doors.DOOR)).one()


def order() -> uuid.UUID:
    with writing() as session:
        member_id = session.scalars(select(Member.id).order_by(Member.id).limit(1)).one()
        return door_commands.open_once(
            session, the_door(), actor=an_actor(member_id, "desk"), reason="A parcel", now=utc_now()
        ).id


def state(of: uuid.UUID) -> str:
    with reading() as session:
        return door_commands_queries.command_view(session, of, utc_now()).state


def strikes(site: Installation) -> int:
    return sum('"strike"' in line for line in site.simulator.output().splitlines())


def the_bridge() -> bridges_queries.BridgeView:
    with reading() as session:
        return next(
            one for one in bridges_queries.bridges(session, utc_now()) if one.name == doors.BRIDGE
        )


@pytest.mark.thorough
def test_the_desk_opens_a_door_before_and_after_a_key_rotation(
    site: Installation, app: Flask
) -> None:
    first = order()
    eventually(lambda: strikes(site) == 1)
    eventually(lambda: state(first) == "opened")
    status = the_bridge()
    assert (status.online, status.clock, status.alarms) == (True, "synced", 0)
    rotate = [
        script("zone-bridge"),
        "rotate",
        "--config",
        str(site.settings.data_dir / "bridge.toml"),
    ]
    subprocess.run(rotate, check=True, stdout=subprocess.DEVNULL)
    second = order()
    eventually(lambda: state(second) == "opened")
    assert strikes(site) == 2
