"""A killed backup or restore leaves complete files, and no data beside them."""

import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.world.backups import fill
from tests.world.booking import NOW
from zone.cli.operating import opened
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.demo.machine.processes import environment, script
from zone.operation.backups import archive
from zone.operation.backups.service import back_up
from zone.operation.backups.sqlite_copy import check as check_sound

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.own_database]
DELAYS = [0.0, 0.1]
"""Seconds from the beginning of the work until its end."""


def killed(settings: Settings, beside: Path, delay: float, *command: str) -> None:
    """Start a command, and kill it this long after its work began, unless it ended before."""
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database}
    )
    with subprocess.Popen(
        [script("zone"), *command], env=env, stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 30
        while (
            process.poll() is None
            and not list(beside.glob(f"{archive.SCRATCH}*"))
            and time.monotonic() < deadline
        ):
            time.sleep(0.002)
        time.sleep(delay)
        process.kill()


def names(path: Path) -> set[str]:
    check_sound(path)
    with closing(sqlite3.connect(path)) as database:
        return {name for (name,) in database.execute("SELECT name FROM member")}


@pytest.fixture
def backup(settings: Settings, tmp_path: Path) -> Path:
    """Back up a service, then rename everybody in it."""
    with opened(settings):
        fill(settings)
        made = back_up(db.engine, settings, tmp_path / "backup.tar.gz", with_keys=False, now=NOW)[0]
    with closing(sqlite3.connect(where(settings))) as database, database:
        database.execute("UPDATE member SET name = 'now'")
    return made


def where(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))


@pytest.mark.parametrize("delay", DELAYS)
def test_a_killed_restore_leaves_the_old_database_or_the_new_one(
    settings: Settings, backup: Path, delay: float
) -> None:
    database = where(settings)
    named = ("--target", str(database))
    killed(settings, database.parent, delay, "restore", "--replace", *named, str(backup))
    found = names(database)
    assert found == {"now"} or "now" not in found
    with archive.scratch(database.parent) as mine:
        assert list(database.parent.glob(f"{archive.SCRATCH}*")) == [mine]


@pytest.mark.parametrize("delay", DELAYS)
def test_a_killed_backup_leaves_a_whole_file_or_none(
    settings: Settings, backup: Path, delay: float
) -> None:
    folder = backup.parent / "backups"
    folder.mkdir()
    killed(settings, folder, delay, "backup", str(folder))
    for path in folder.glob("*.gz"):
        archive.verify(path)
    with archive.scratch(folder) as mine:
        assert list(folder.glob(f"{archive.SCRATCH}*")) == [mine]
