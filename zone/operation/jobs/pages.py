"""The page of jobs and mails, with buttons to run a job or send a mail again at once."""

import uuid
from typing import Final

from flask import Blueprint, current_app, redirect, render_template
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.core.jobs import queries as jobs_queries
from zone.operation.jobs import service
from zone.operation.mail import queries as mail_queries
from zone.operation.mail import service as mail
from zone.web.auth import current_actor, may
from zone.web.context import jobs_of
from zone.web.looks import note_look

pages: Final = Blueprint("operation_jobs_pages", __name__, template_folder="templates")
SHOWN: Final = 50
PAGE: Final = "/jobs"


@pages.get(PAGE)
@may(Permission.OPERATION_READ)
def overview() -> str:
    """Every job with its state; the mails that wait or were refused, without their text."""
    now = utc_now()
    with reading() as session:
        jobs = jobs_queries.job_statuses(session, jobs_of(current_app), now)
        counts = mail_queries.mail_counts(session)
        waiting = mail_queries.mails(session, "waiting", SHOWN)
        refused = mail_queries.mails(session, "refused", SHOWN)
    if waiting or refused:
        note_look("mails.view", "mail", detail={"states": ["waiting", "refused"]})
    return render_template(
        "operation/jobs/jobs.html",
        jobs=jobs,
        counts=counts,
        waiting=waiting,
        refused=refused,
        may_run=current_actor().may(Permission.JOBS_RUN),
        now=now,
    )


@pages.post("/jobs/<name>/run")
@may(Permission.JOBS_RUN)
def run_job(name: str) -> Response:
    """Have a job run as soon as a scheduler looks."""
    job = service.job_named(jobs_of(current_app), name)
    with writing() as session:
        service.request_run(session, current_actor(), job, utc_now())
    return redirect(PAGE, 303)


@pages.post("/jobs/mails/<uuid:mail_id>/resend")
@may(Permission.MAIL_RESEND)
def resend_mail(mail_id: uuid.UUID) -> Response:
    """Make a mail due now, so that the next delivery sends it."""
    with writing() as session:
        mail.send_again(session, current_actor(), mail_id, utc_now())
    return redirect(PAGE, 303)
