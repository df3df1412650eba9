"""`zone doctor` reports what is wrong around the database, and says what to do."""

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text, update

from tests.world import smtp
from tests.world.booking import NOW
from tests.world.doctor import AT, findings
from zone.access.bridges.models import Bridge
from zone.cli.main import zone
from zone.cli.operating import opened
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.jobs.models import JobRun
from zone.demo.machine.processes import free_port
from zone.operation.doctor.findings import Finding
from zone.operation.secrets import service as secrets
from zone.scheduler import JOBS


def problems(found: Iterable[Finding], check: str) -> list[tuple[str, str]]:
    return [(item.level, item.todo) for item in found if item.check == check and item.level != "ok"]


def test_a_service_without_scheduler_and_mail_server_is_reported(service: Settings) -> None:
    found = findings(replace(service, demo=True))
    assert ("fail", "Unset ZONE_DEMO on a real service.") in problems(found, "settings")
    assert problems(found, "mail") == [("warn", "Set ZONE_SMTP_URL.")]
    assert problems(found, "jobs")[0][0] == "warn"
    assert "Start `zone scheduler`" in problems(found, "jobs")[0][1]


def test_a_new_service_has_five_minutes_to_start_its_scheduler(
    service: Settings,
) -> None:
    levels = [
        problems(findings(service, NOW + timedelta(minutes=late)), "jobs")[0][0] for late in (4, 6)
    ]
    assert levels == ["warn", "fail"]


def test_a_stopped_scheduler_is_reported(service: Settings) -> None:
    with writing() as session:
        session.add(
            JobRun(
                job=JOBS[0].name, slot=NOW, state="done", started_at=NOW, finished_at=NOW, done=0
            )
        )
    assert problems(findings(service, NOW + timedelta(minutes=4)), "jobs") == []
    assert problems(findings(service, NOW + timedelta(minutes=6)), "jobs")[0][0] == "fail"


def test_waiting_mail_and_an_unreachable_mail_server_are_reported(service: Settings) -> None:
    away = replace(service, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    assert [level for level, _ in problems(findings(away, AT + timedelta(hours=3)), "mail")] == [
        "fail",
        "fail",
    ]


@pytest.mark.engines("sqlite")
def test_a_mail_server_elsewhere_without_tls_is_reported(service: Settings) -> None:
    with smtp.server(smtp.Mailbox(), host=smtp.own_address()) as address:
        found = findings(replace(service, smtp_url=f"smtp://{address}"))
    assert [item.level for item in found if "offers no STARTTLS" in item.what] == ["fail"]


@pytest.mark.engines("postgresql")
def test_a_service_whose_role_owns_no_table_is_well(service: Settings) -> None:
    assert [item.level for item in findings(service) if item.check == "owner"] == ["ok"]


@pytest.mark.own_database
@pytest.mark.engines("postgresql")
def test_a_service_whose_role_owns_the_tables_is_warned(service: Settings) -> None:
    ((level, todo),) = problems(findings(service), "owner")
    assert (level, "docs/install.md" in todo) == ("warn", True)


def test_only_offline_bridges_are_reported(service: Settings) -> None:
    with writing() as session:
        session.execute(update(Bridge).values(public_key=None, enrolled_at=NOW))
        session.execute(
            update(Bridge).where(Bridge.name == "Myllypuro").values(seen_at=AT, online_since=AT)
        )
    (finding,) = [
        item for item in findings(service) if item.check == "bridges" and item.level == "fail"
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
        item.what for item in findings(service) if item.check == "jobs" and item.level == "fail"
    ]
    assert "OSError: gone" in finding


def test_readable_and_missing_keys_are_reported(service: Settings) -> None:
    (service.keys / "issuer-1.pem").chmod(0o644)
    for path in service.keys.glob("survey-*"):
        path.unlink()
    told = [todo for level, todo in problems(findings(service), "keys") if level == "fail"]
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
        todo for _, todo in problems(findings(service), "keys")
    ]
    later = findings(service, done.drop_from)
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
        assert [(item.check, item.level) for item in findings(away)] == [("database", "fail")]


@pytest.mark.engines("postgresql")
def test_a_database_without_fsync_is_reported(service: Settings) -> None:
    todo = {todo for _, todo in problems(findings(service), "database")}
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
