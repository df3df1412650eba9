"""`zone doctor` reports what is wrong around the database, and says what to do."""

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from tests.world import smtp
from tests.world.booking import NOW
from tests.world.doctor import AT, findings, findings_around
from zone.access.bridges.models import Bridge
from zone.cli.main import zone
from zone.cli.operating import opened
from zone.core.config import Settings
from zone.core.db.append_only import APPEND_ONLY, KEPT_ROWS
from zone.core.db.transactions import writing
from zone.core.errors import OperationError
from zone.core.ids import new_public_id
from zone.core.jobs.models import JobRun
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.queries import service_profile
from zone.demo.machine.processes import free_port
from zone.feedback.accessibility import service as accessibility
from zone.operation.doctor.findings import CheckContext, Finding
from zone.operation.doctor.surroundings import check_folders
from zone.operation.secrets import service as secrets
from zone.scheduler import JOBS

pytestmark = pytest.mark.engines_in_turn


def problems(found: Iterable[Finding], check: str) -> list[tuple[str, str]]:
    return [(item.level, item.todo) for item in found if item.check == check and item.level != "ok"]


def test_a_service_without_scheduler_and_mail_server_is_reported(service: Settings) -> None:
    found = findings_around(replace(service, demo=True))
    assert ("fail", "Unset ZONE_DEMO on a real service.") in problems(found, "settings")
    assert problems(found, "mail") == [("warn", "Set ZONE_SMTP_URL.")]
    assert problems(found, "jobs")[0][0] == "warn"
    assert "Start `zone scheduler`" in problems(found, "jobs")[0][1]


@pytest.mark.engines("sqlite")
def test_a_setting_that_contradicts_the_services_own_data_is_reported(service: Settings) -> None:
    """Also a missing seller, by what was saved and not by the settings."""
    with writing() as session:
        profile = replace(
            service_profile(session, service),
            email="a@zone.example",
            seller_name="Uusi ry",
            version=1,
        )
        session.merge(ServiceProfileRow(id=1, **asdict(profile)))
    [(level, todo)] = problems(findings_around(service), "service")
    assert (level, todo) == ("warn", "Unset it, or change the page /manage/service.")
    assert problems(findings_around(replace(service, seller_name="")), "service") == []
    with writing() as session:
        session.get_one(ServiceProfileRow, 1).seller_address = " "
    assert problems(findings_around(service), "service")[0][0] == "fail"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("base_url", "proxies", "is_told"),
    [
        ("https://zone.example", 0, True),
        ("https://zone.example", 1, False),
        ("http://localhost:8000", 0, False),
    ],
)
def test_a_proxy_that_is_not_believed_is_reported(
    service: Settings, base_url: str, proxies: int, is_told: bool
) -> None:
    """Limits count clients: without their addresses one who guesses locks everybody out."""
    found = problems(
        findings_around(replace(service, base_url=base_url, trusted_proxies=proxies)), "settings"
    )
    assert any("ZONE_TRUSTED_PROXIES" in todo for _, todo in found) is is_told


@pytest.mark.engines("sqlite")
def test_late_answers_about_accessibility_are_reported(service: Settings) -> None:
    with writing() as session:
        accessibility.receive(
            session,
            public_id=new_public_id(),
            message="The queue is hard to find.",
            email="",
            language="en",
            settings=service,
            now=NOW,
        )
    todo = "Answer it on the page /manage/accessibility."
    late = [
        todo
        in [
            said
            for _, said in problems(findings_around(service, NOW + timedelta(days=days)), "service")
        ]
        for days in (14, 15)
    ]
    assert late == [False, True]


def test_a_new_service_has_five_minutes_to_start_its_scheduler(
    service: Settings,
) -> None:
    levels = [
        problems(findings_around(service, NOW + timedelta(minutes=late)), "jobs")[0][0]
        for late in (4, 6)
    ]
    assert levels == ["warn", "fail"]


def test_a_stopped_scheduler_is_reported(service: Settings) -> None:
    with writing() as session:
        session.add(
            JobRun(
                job=JOBS[0].name, slot=NOW, state="done", started_at=NOW, finished_at=NOW, done=0
            )
        )
    assert problems(findings_around(service, NOW + timedelta(minutes=4)), "jobs") == []
    assert problems(findings_around(service, NOW + timedelta(minutes=6)), "jobs")[0][0] == "fail"


def test_waiting_mail_and_an_unreachable_mail_server_are_reported(service: Settings) -> None:
    away = replace(service, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    assert [
        level for level, _ in problems(findings_around(away, AT + timedelta(hours=3)), "mail")
    ] == [
        "fail",
        "fail",
    ]


@pytest.mark.engines("sqlite")
def test_a_mail_server_elsewhere_without_tls_is_reported(service: Settings) -> None:
    with smtp.server(smtp.Mailbox(), host=smtp.own_address()) as address:
        found = findings_around(replace(service, smtp_url=f"smtp://{address}"))
    assert [item.level for item in found if "offers no STARTTLS" in item.what] == ["fail"]


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


def test_only_offline_bridges_are_reported(service: Settings) -> None:
    with writing() as session:
        session.execute(update(Bridge).values(public_key=None, enrolled_at=NOW))
        session.execute(
            update(Bridge).where(Bridge.name == "Myllypuro").values(seen_at=AT, online_since=AT)
        )
    (finding,) = [
        item
        for item in findings_around(service)
        if item.check == "bridges" and item.level == "fail"
    ]
    assert "Myllypuro, back" in finding.what


def test_a_failing_job_is_reported_with_its_error(service: Settings) -> None:
    with writing() as session:
        run = JobRun(
            job=JOBS[0].name,
            slot=NOW,
            state="failed",
            attempts=3,
            due_at=AT,
            failing_since=NOW,
            started_at=NOW,
            finished_at=NOW,
            error="OSError: gone",
        )
        session.add(run)
    (finding,) = [
        item.what
        for item in findings_around(service)
        if item.check == "jobs" and item.level == "fail"
    ]
    assert "OSError: gone" in finding


def test_readable_and_missing_keys_are_reported(service: Settings) -> None:
    (service.keys / "issuer-1.pem").chmod(0o644)
    for path in service.keys.glob("survey-*"):
        path.unlink()
    told = [todo for level, todo in problems(findings_around(service), "keys") if level == "fail"]
    assert [("chmod 600" in todo, "without it no answer" in todo) for todo in told] == [
        (True, False),
        (False, True),
    ]


def test_unreadable_keys_are_reported_and_all_other_checks_run(
    service: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {service.keys / "issuer-1.pem"}
    access = os.access  # root, as who tests may run, is refused nothing
    monkeypatch.setattr(os, "access", lambda path, mode: path not in closed and access(path, mode))
    for _ in range(2):
        found = findings(service)
        assert any(level == "fail" and "chown" in todo for level, todo in problems(found, "keys"))
        assert "record" in {item.check for item in found}
        closed.add(service.keys)


def test_an_old_issuer_that_is_not_needed_is_reported(service: Settings) -> None:
    done = secrets.rotate_issuer(service.keys, NOW)
    assert "Run `zone rotate issuer --drop-old`." not in [
        todo for _, todo in problems(findings_around(service), "keys")
    ]
    later = findings_around(service, done.drop_from)
    assert "Run `zone rotate issuer --drop-old`." in [todo for _, todo in problems(later, "keys")]


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


def test_the_exit_code_of_the_command_follows_the_findings(
    service: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONE_DATA_DIR", str(service.data_dir))
    monkeypatch.setenv("ZONE_DATABASE_URL", service.database_url)
    done = CliRunner().invoke(zone, ["doctor", "--json"])
    rows = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1  # no scheduler runs here
    assert {row["level"] for row in rows} <= {"ok", "warn", "fail"}
    assert all(row["todo"] for row in rows if row["level"] != "ok")


# Backups, disks, and the mails to the operator.


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


def doctor(settings: Settings, address: str, *arguments: str) -> Result:
    env = {
        "ZONE_DATA_DIR": str(settings.data_dir),
        "ZONE_DATABASE_URL": settings.database_url,
        "ZONE_SMTP_URL": f"smtp://{address}",
        "ZONE_OPERATOR_MAIL": "Ylläpito, Zone <operator@example.org>",
        "ZONE_MAIL_FROM": "Zone, liikunta <zone@x.example>",
    }
    return CliRunner().invoke(zone, arguments, env=env)


def test_the_doctor_mails_what_is_wrong(service: Settings) -> None:
    mailbox = smtp.Mailbox()
    with writing() as session:
        session.execute(text("UPDATE allocation SET booked = booked - 1 WHERE booked > 0"))
    with smtp.server(mailbox) as address:
        assert doctor(service, address, "doctor", "--quick", "--mail").exit_code == 1
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["operator@example.org"]
    assert "checks fail" in mail["Subject"]
    assert "fail  places" in smtp.body_of(mail)
    assert "ok    " not in smtp.body_of(mail)


@pytest.mark.engines("sqlite")
def test_a_failed_unit_is_mailed(service: Settings) -> None:
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert doctor(service, address, "alert", "zone-backup.service").exit_code == 0
    assert "zone-backup.service has failed" in mailbox.mails[0]["Subject"]
    refused = doctor(service, f"127.0.0.1:{free_port()}", "alert", "zone-backup.service")
    assert isinstance(refused.exception, OperationError)


@pytest.mark.engines("sqlite")
def test_the_doctor_tries_the_mail_server(service: Settings) -> None:
    mailbox = smtp.Mailbox()
    mailbox.refuse["nobody@example.org"] = "550 5.1.1 unknown"
    with smtp.server(mailbox) as address:
        sent = doctor(service, address, "doctor", "--send-mail", "you@example.org")
        refused = doctor(service, address, "doctor", "--send-mail", "nobody@example.org")
        wrong = doctor(service, address, "doctor", "--send-mail", "no address")
    assert (sent.exit_code, sent.output[:10]) == (0, "ok    mail")
    assert mailbox.mails[0]["From"].addresses[0].display_name == "Zone, liikunta"
    assert (refused.exit_code, wrong.exit_code) == (1, 1)
    assert "550" in refused.output
