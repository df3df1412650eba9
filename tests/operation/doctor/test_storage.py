"""`zone doctor` reports what is wrong with folders, disks, backups and the database."""

import gzip
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.operation.doctor.test_surroundings import problems
from tests.world.doctor import AT, findings, findings_around
from zone.cli.operating import opened
from zone.core.config import Settings
from zone.core.db.append_only import APPEND_ONLY, KEPT_ROWS
from zone.core.db.transactions import writing
from zone.demo.machine.processes import free_port
from zone.operation.doctor.findings import CheckContext
from zone.operation.doctor.storage import check_folders


@pytest.mark.engines("postgresql")
def test_a_service_whose_role_may_delete_facts_is_warned(service: Settings) -> None:
    """The role of the tests may, because they try the triggers; `test_owner_role` is well."""
    (found,) = [item for item in findings_around(service) if item.check == "owner"]
    # Every table whose rows stay, the first five by name: the others are only counted.
    stays = sorted(APPEND_ONLY | KEPT_ROWS)
    named = f"{', '.join(stays[:5])} and {len(stays) - 5} more tables"
    assert found.level == "warn"
    assert found.what == f"the service's role may delete or change what stays: {named}"


@pytest.mark.own_database
@pytest.mark.engines("postgresql")
def test_a_service_whose_role_owns_the_tables_is_warned(service: Settings) -> None:
    ((level, todo),) = problems(findings_around(service), "owner")
    assert (level, "docs/install.md" in todo) == ("warn", True)


def test_an_old_schema_is_reported_and_no_other_check_of_it_runs(
    service: Settings,
) -> None:
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = findings(service)
    assert problems(found, "migrations") == [("fail", "Run `zone migrate`.")]
    assert "places" not in {item.check for item in found}


@pytest.mark.engines("postgresql")
def test_an_unreachable_database_is_one_finding(settings: Settings) -> None:
    away = replace(settings, database_url=f"postgresql+psycopg://zone@127.0.0.1:{free_port()}/zone")
    with opened(away):
        found = findings_around(away)
    # Settings and folders are looked at first: a full disk may be the reason.
    assert {item.check for item in found} == {"settings", "folders", "database"}
    assert [(item.check, item.level) for item in found][-1] == ("database", "fail")


@pytest.mark.engines("postgresql")
def test_a_database_without_fsync_is_reported(service: Settings) -> None:
    todo = {todo for _, todo in problems(findings_around(service), "database")}
    assert (
        "Set fsync to on: a power cut loses bookings." in todo
    )  # the tests' own server runs so, for speed


def backup_levels(service: Settings, folder: Path, now: datetime) -> list[str]:
    seen = findings_around(replace(service, backup_dir=folder), now)
    return [finding.level for finding in seen if finding.check == "backups"]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("hours", "level"), [(1, "ok"), (25, "ok"), (30, "warn"), (60, "fail")])
def test_the_age_of_the_newest_backup_is_reported(
    service: Settings, tmp_path: Path, hours: int, level: str
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for made_at in (AT - timedelta(days=9), AT - timedelta(hours=hours)):
        a_backup(folder, made_at)
    (folder / "zone-before-upgrade.tar.gz").touch()
    assert backup_levels(service, folder, AT) == [level]


def a_backup(folder: Path, made_at: datetime, content: bytes = gzip.compress(b"")) -> None:
    (folder / f"zone-{made_at:%Y%m%dT%H%M%SZ}.tar.gz").write_bytes(content)


@pytest.mark.engines("sqlite")
def test_what_is_no_backup_or_dated_in_the_future_is_not_a_new_one(
    service: Settings, tmp_path: Path
) -> None:
    a_backup(tmp_path, AT - timedelta(hours=60))
    for hour, content in enumerate((b"", b"\x1f", b"a page of an error")):
        a_backup(tmp_path, AT - timedelta(hours=hour), content)
    assert backup_levels(service, tmp_path, AT) == ["fail"]
    a_backup(tmp_path, AT + timedelta(days=900))
    assert backup_levels(service, tmp_path, AT) == ["warn", "fail"], "nor does it hide the age"
    a_backup(tmp_path, AT - timedelta(hours=1))
    assert backup_levels(service, tmp_path, AT) == ["warn", "ok"]


@pytest.mark.engines("sqlite")
def test_a_service_without_backups_is_reported(service: Settings, tmp_path: Path) -> None:
    assert problems(findings_around(service), "backups")[0][0] == "warn"
    assert backup_levels(service, tmp_path / "gone", AT) == ["fail"]
    folder = tmp_path / "backups"
    folder.mkdir()
    assert backup_levels(service, folder, AT) == ["warn"], "a new service has made none yet"
    assert backup_levels(service, folder, AT + timedelta(days=3)) == ["fail"]


@pytest.mark.engines("sqlite")
def test_each_disk_that_is_full_is_reported(
    service: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    (todo,) = {
        todo for level, todo in problems(findings_around(service), "folders") if level == "fail"
    }
    assert "people are told so" in todo


def levels_of_folders(service: Settings, database: Path) -> list[str]:
    settings = replace(service, database_url=f"sqlite:///{database}")
    return [item.level for item in check_folders(CheckContext(Session(), settings, "", (), (), AT))]


@pytest.mark.engines("sqlite")
def test_the_disk_on_which_a_linked_database_lies_is_looked_at(
    service: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage, link = shutil.disk_usage("/"), tmp_path / "linked.sqlite"
    mine = service.data_dir.stat().st_dev
    disks = ("/dev/shm", "/var/tmp")  # noqa: S108 -- a folder of its own on one of them
    elsewhere = next(disk for disk in disks if Path(disk).stat().st_dev != mine)
    with TemporaryDirectory(dir=elsewhere) as other:
        full = {Path(other).resolve(): usage._replace(free=1000)}
        monkeypatch.setattr(shutil, "disk_usage", lambda path: full.get(path, usage))
        assert "fail" not in levels_of_folders(service, link)
        link.symlink_to(Path(other) / "zone.sqlite")
        assert "fail" in levels_of_folders(service, link)


@pytest.mark.engines("sqlite")
def test_a_database_that_is_a_link_to_itself_ends_no_doctor(
    service: Settings, tmp_path: Path
) -> None:
    link = tmp_path / "linked.sqlite"
    link.symlink_to(link)
    assert levels_of_folders(service, link)


@pytest.mark.engines("sqlite")
def test_a_database_that_cannot_be_opened_hides_no_full_disk(settings: Settings) -> None:
    away = replace(settings, database_url="sqlite:////proc/nothing/zone.sqlite")
    with opened(away):
        checks = [item.check for item in findings_around(away)]
    assert "folders" in checks
    assert checks[-1] == "database"
