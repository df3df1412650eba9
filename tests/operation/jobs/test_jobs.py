"""Jobs and mails by API and on their page: permissions, and what is shown."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.world.jobs import NAMED, Failing
from tests.world.people import a_browser, a_person
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.jobs.rules import Job
from zone.core.jobs.runner import run_due
from zone.core.mail import service as mail_service
from zone.core.mail.models import OutboxMail
from zone.operation.jobs import jobs
from zone.web import context

pytestmark = pytest.mark.engines("sqlite")

SECRET = "248163"


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return a_person(app, "admin")


def test_a_mail_that_nobody_could_send_names_its_person_for_two_months_at_most(
    app: Flask, settings: Settings
) -> None:
    def left(days: int) -> list[tuple[str, str]]:
        jobs.delete_old_rows(settings, utc_now() + timedelta(days=days))
        with reading() as session:
            return [
                (mail.state, mail.body)
                for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))
            ]

    a_mail(body="You missed Yoga")
    assert left(29) == [("waiting", "You missed Yoga")]
    assert left(31) == [("late", "")]
    assert left(62) == []


def fail(app: Flask, name: str = "access.settle") -> None:
    """Store a failed run of a job."""
    every = next(job.every for job in context.jobs_of(app) if job.name == name)
    run_due(app, Job(name, every, Failing()), utc_now())


def a_mail(*, state: str = "waiting", body: str | None = None) -> uuid.UUID:
    """Store a mail with a sign-in code."""
    now = utc_now()
    with writing() as session:
        mail_service.post(
            session,
            to="liisa@example.org",
            template="members/sign_in_code",
            language="fi",
            now=now,
            params={"code": SECRET, "minutes": 10},
        )
        values: dict[str, object] = {"state": state, "last_error": "SMTPRecipientsRefused 550"}
        if body is not None:
            values["body"] = body
        latest = session.scalars(select(OutboxMail.id).order_by(OutboxMail.id.desc())).first()
        chosen = update(OutboxMail).where(OutboxMail.id == latest).values(**values)
        return session.scalars(chosen.returning(OutboxMail.public_id)).one()


def audited(action: str) -> int:
    with reading() as session:
        return len(session.scalars(select(AuditRow.id).where(AuditRow.action == action)).all())


def test_every_job_is_listed_and_errors_name_nobody(app: Flask, manager: FlaskClient) -> None:
    fail(app)
    answer = manager.get("/api/v1/jobs")
    assert answer.status_code == 200
    jobs = {job["name"]: job for job in answer.get_json()["jobs"]}
    assert list(jobs) == [job.name for job in context.jobs_of(app)]
    failing = jobs["access.settle"]
    assert (failing["state"], failing["attempts"], failing["error"]) == ("failed", 1, "KeyError")
    assert failing["next_due"] > failing["failing_since"]
    assert jobs["outbox.deliver"]["state"] == "never"
    assert NAMED not in answer.text


def test_a_jobs_history_is_listed(app: Flask, manager: FlaskClient) -> None:
    fail(app)
    runs = manager.get("/api/v1/jobs/access.settle/runs").get_json()["runs"]
    assert [(run["state"], run["error"]) for run in runs] == [("failed", "KeyError")]
    assert manager.get("/api/v1/jobs/no.such/runs").status_code == 404
    assert manager.get("/api/v1/jobs/access.settle/runs?most=0").status_code == 422


def test_an_admin_has_a_job_run_and_that_is_audited(app: Flask, admin: FlaskClient) -> None:
    answer = admin.post("/api/v1/jobs/access.tidy/run")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "waiting")
    assert audited("job.run") == 1
    job = next(job for job in context.jobs_of(app) if job.name == "access.tidy")
    done = run_due(app, job, utc_now())
    assert done is not None
    assert done.state == "done"
    assert admin.post("/api/v1/jobs/no.such/run").status_code == 404


@pytest.mark.parametrize("role", ["instructor", "desk"])
def test_others_see_neither_jobs_nor_mail(app: Flask, role: str) -> None:
    client = a_person(app, role)
    for path in ("/api/v1/jobs", "/api/v1/jobs/access.tidy/runs", "/api/v1/mails", "/jobs"):
        assert client.get(path).status_code == 403
        assert a_browser(app).get(path).status_code == 401


def test_a_manager_may_look_but_not_run(manager: FlaskClient) -> None:
    assert manager.post("/api/v1/jobs/access.tidy/run").status_code == 403
    assert "/jobs/access.tidy/run" not in manager.get("/jobs").text


def test_mails_are_listed_without_their_text(manager: FlaskClient) -> None:
    a_mail(), a_mail(state="refused")
    answer = manager.get("/api/v1/mails?state=refused")
    assert answer.get_json()["counts"] == {"waiting": 1, "sent": 0, "refused": 1, "late": 0}
    [mail] = answer.get_json()["mails"]
    assert (mail["recipient"], mail["error"], mail["resendable"]) == (
        "liisa@example.org",
        "SMTPRecipientsRefused 550",
        True,
    )
    assert SECRET not in answer.text
    assert SECRET not in manager.get("/jobs").text


def test_a_refused_mail_is_sent_again_and_that_is_audited(manager: FlaskClient) -> None:
    mail_id = a_mail(state="refused")
    answer = manager.post(f"/api/v1/mails/{mail_id}/resend")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "waiting")
    assert audited("mail.resend") == 1


def test_what_was_sent_or_erased_cannot_be_sent_again(manager: FlaskClient) -> None:
    for mail_id in (a_mail(state="sent"), a_mail(state="refused", body="")):
        answer = manager.post(f"/api/v1/mails/{mail_id}/resend")
        assert (answer.status_code, answer.get_json()["code"]) == (409, "mail_gone")
    assert manager.post(f"/api/v1/mails/{uuid.uuid4()}/resend").status_code == 404
    assert audited("mail.resend") == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "Tehtävät ja sähköposti"), ("sv", "Jobb och e-post"), ("en", "Jobs and mail")],
)
def test_the_page_shows_failing_jobs_with_a_button_to_run_them(
    app: Flask, admin: FlaskClient, language: str, words: str
) -> None:
    fail(app)
    mail_id = a_mail(state="refused")
    page = admin.get(f"/jobs?lang={language}")
    assert page.status_code == 200
    assert f"<h1>{words}</h1>" in page.text
    assert 'class="tag bad"' in page.text
    assert "KeyError" in page.text
    assert NAMED not in page.text
    assert f'action="/jobs/mails/{mail_id}/resend"' in page.text


def test_the_buttons_of_the_page_run_a_job_and_send_a_mail(app: Flask, admin: FlaskClient) -> None:
    mail_id = a_mail(state="refused")
    assert admin.post(f"/jobs/mails/{mail_id}/resend").status_code == 303
    assert admin.post("/jobs/access.tidy/run").status_code == 303
    assert (audited("mail.resend"), audited("job.run")) == (1, 1)
    assert admin.post("/jobs/no.such/run").status_code == 404
