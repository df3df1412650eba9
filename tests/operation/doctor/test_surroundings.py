"""`zone doctor` reports what is wrong around the database, and says what to do."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text, update

from tests.world import smtp
from tests.world.booking import NOW
from tests.world.doctor import AT, findings, findings_around
from zone.access.bridges.models import Bridge
from zone.cli.main import zone
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.errors import OperationError
from zone.core.ids import new_public_id
from zone.core.jobs.models import JobRun
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.queries import service_profile
from zone.demo.machine.processes import free_port
from zone.feedback.accessibility import service as accessibility
from zone.operation.doctor.findings import Finding
from zone.operation.secrets import service as secrets
from zone.scheduler import JOBS


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
