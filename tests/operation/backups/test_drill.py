"""The drill: a running service with a real bridge loses its database and gets a backup back.

Doors open throughout. Afterwards every entry is stored once, also those after the backup, and the
figures as of the time of the backup are the same.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.databases import with_schema
from tests.demo import test_outage
from tests.demo.test_outage import database, eventually, phones, walk_in
from tests.world.backups import destroy
from tests.world.rig import read_entries
from zone.access.alarms.models import BridgeAlarm
from zone.access.entries.models import Entry
from zone.access.roster.models import Feed
from zone.access.visits.models import Visit
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import OperationError
from zone.core.time import helsinki_date
from zone.demo import supervisor
from zone.demo.machine.processes import environment, python
from zone.demo.phone import Phone
from zone.demo.supervisor import Installation
from zone.reporting.kpis.queries import report

pytestmark = [pytest.mark.slow, pytest.mark.own_database]


@pytest.fixture
def running(
    engine_name: str, database_url: str, sqlite_template: Path, tmp_path: Path
) -> Iterator[Installation]:
    url = "" if engine_name == "sqlite" else database_url
    data = with_schema(tmp_path / "demo", sqlite_template)
    with supervisor.opened(data, database_url=url) as opened:
        yield opened


def command(running: Installation, *arguments: str) -> str:
    """Run `zone …` and return its output."""
    settings = {
        "ZONE_DATA_DIR": str(running.settings.data_dir),
        "ZONE_DATABASE_URL": running.settings.database_url,
    }
    done = subprocess.run(
        python("-m", "zone", *arguments),
        env=environment(settings),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(running: Installation, as_of: datetime) -> str:
    with database(running), reading() as session:
        return repr(report(session, helsinki_date(as_of).year, as_of=as_of, now=utc_now()))


def stored(running: Installation) -> list[str]:
    with database(running), reading() as session:
        return sorted(map(str, session.scalars(select(Entry.uuid))))


def told(running: Installation) -> list[str]:
    """Return all entries of the bridge's journal."""
    return sorted(entry.uuid for entry in read_entries(running.settings.data_dir / "bridge"))


def visits(running: Installation) -> int:
    with database(running), reading() as session:
        return len(session.scalars(select(Visit.id).where(Visit.retracted_at.is_(None))).all())


def book(running: Installation, phone: Phone) -> None:
    phone.ask("POST", "/api/v1/bookings", {"session": running.class_id})


def check_the_drill(running: Installation, folder: Path) -> None:
    people = phones(running)
    for phone in people[:3]:
        walk_in(running, phone)
    eventually(lambda: visits(running) == 3)
    path, as_of = folder / "backup.tar.gz", utc_now()
    before = figures(running, as_of)
    command(running, "backup", str(path))
    for phone in people[3:6]:
        walk_in(running, phone)
        book(running, phone)
    eventually(lambda: visits(running) == 6)
    lose_everything(running)
    walk_in(running, people[6])
    command(running, "restore", str(path))
    walk_in(running, people[7])
    start_again(running)
    walk_in(running, people[8])
    eventually(lambda: stored(running) == told(running))
    eventually(lambda: visits(running) == 9)
    walk_in(running, people[9])
    eventually(lambda: (stored(running), visits(running)) == (told(running), 10))
    assert figures(running, as_of) == before
    assert alarms(running) == []


def alarms(running: Installation) -> list[str]:
    with database(running), reading() as session:
        return list(session.scalars(select(BridgeAlarm.kind).order_by(BridgeAlarm.id)))


def lose_everything(running: Installation) -> None:
    assert running.scheduler is not None
    running.scheduler.kill()
    running.web.kill()
    eventually_gone(running)


def eventually_gone(running: Installation) -> None:
    """Wait until the server has noticed that the killed clients are gone."""

    def gone() -> bool:
        try:
            destroy(running.settings)
        except OperationError:
            return False
        return True

    eventually(gone)


def start_again(running: Installation) -> None:
    assert running.scheduler is not None
    running.web.start_again()
    supervisor.await_web(running.web, running.port)
    running.scheduler.start_again()


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_a_lost_database_comes_back_and_no_entry_is_lost_or_doubled(
    running: Installation, tmp_path: Path
) -> None:
    check_the_drill(running, tmp_path)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a restore without a new epoch")
def test_a_restore_without_a_new_epoch_fails_the_check(
    running: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs: list[str] = []

    def keep(running: Installation, *arguments: str) -> str:
        """Restore as the command does, and then set the old epoch."""
        said = run(running, *arguments)
        if arguments[0] == "restore":
            monkeypatch.setattr(test_outage, "WAIT_SECONDS", 5.0)  # what is awaited never comes
        with database(running), writing() as session:
            epochs.append(session.scalars(select(Feed.epoch)).one())
            session.execute(update(Feed).values(epoch=epochs[0]))
        return said

    run = command
    monkeypatch.setattr(sys.modules[__name__], "command", keep)
    with pytest.raises(AssertionError, match="never happened"):
        check_the_drill(running, tmp_path)
