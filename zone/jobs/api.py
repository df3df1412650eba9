"""Jobs and mail as JSON, for those who watch over the service."""

import uuid
from typing import Any, Final

from flask import current_app

from zone.core.clock import utc_now
from zone.db import reading, writing
from zone.http.auth import current_actor, require, scope
from zone.http.blueprint import Blueprint
from zone.jobs import by_staff, queries
from zone.jobs.schemas import (
    JobRunSchema,
    JobRunsSchema,
    JobsSchema,
    MailSchema,
    MailsQuerySchema,
    MailsSchema,
    MostSchema,
)
from zone.jobs.service import jobs_of
from zone.outbox import OutboxMail

api: Final = Blueprint("jobs", __name__, tag="jobs")


@api.get("/jobs")
@api.response(200, JobsSchema)
@require("manager", "admin")
@scope("operation:read")
def list_jobs() -> dict[str, Any]:
    """Every job: when it last ran and went well, when it is next due, since when it fails and how."""
    with reading() as session:
        return {"jobs": queries.standings(session, jobs_of(current_app), utc_now())}


@api.get("/jobs/<name>/runs")
@api.arguments(MostSchema, location="query")
@api.response(200, JobRunsSchema)
@require("manager", "admin")
@scope("operation:read")
def list_runs(asked: dict[str, Any], name: str) -> dict[str, Any]:
    """The last runs of a job, the newest first; they are kept for 30 days. Errors: not_found."""
    job = by_staff.job_named(jobs_of(current_app), name)
    with reading() as session:
        return {"runs": queries.runs_of(session, job.name, asked["most"])}


@api.post("/jobs/<name>/run")
@api.response(202, JobRunSchema)
@require("admin")
def run_job(name: str) -> Any:
    """Have a job run as soon as a scheduler looks, within seconds, also when it would wait after a failure.

    Asked again before it has begun, it is the same run. Errors: not_found.
    """
    job = by_staff.job_named(jobs_of(current_app), name)
    with writing() as session:
        return by_staff.run_now(session, current_actor().id, job, utc_now())


@api.get("/mails")
@api.arguments(MailsQuerySchema, location="query")
@api.response(200, MailsSchema)
@require("manager", "admin")
@scope("operation:read")
def list_mails(asked: dict[str, Any]) -> dict[str, Any]:
    """Mails in a state, the newest first, without their words, and how many there are of each state."""
    with reading() as session:
        found = by_staff.mails(session, asked["state"], asked["most"])
        return {"mails": [_mail(mail) for mail in found], "counts": by_staff.mail_counts(session)}


@api.post("/mails/<uuid:mail_id>/resend")
@api.response(202, MailSchema)
@require("manager", "admin")
def resend_mail(mail_id: uuid.UUID) -> dict[str, Any]:
    """Let a mail that waits or was refused go with the next delivery; doing it again changes nothing more.

    Errors: not_found, mail_gone.
    """
    with writing() as session:
        return _mail(by_staff.send_again(session, current_actor().id, mail_id, utc_now()))


def _mail(mail: OutboxMail) -> dict[str, Any]:
    return {
        "id": mail.public_id,
        "template": mail.template,
        "recipient": mail.recipient,
        "state": mail.state,
        "attempts": mail.attempts,
        "created_at": mail.created_at,
        "due_at": mail.due_at,
        "error": mail.last_error,
        "resendable": mail.state in ("waiting", "refused") and mail.body != "",
    }
