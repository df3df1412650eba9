"""The page of jobs and mail: what the service does by itself, what failed, and a way to try it again at once."""

import uuid
from typing import Final

from flask import Blueprint, current_app, redirect, render_template
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.db import reading, writing
from zone.http.auth import current_actor, require
from zone.jobs import by_staff, queries
from zone.jobs.service import jobs_of

pages: Final = Blueprint("jobs_pages", __name__, template_folder="templates")
SHOWN: Final = 50
PAGE: Final = "/jobs"


@pages.get(PAGE)
@require("manager", "admin")
def overview() -> str:
    """Every job and how it is doing; mail that waits or was refused, without its words."""
    now = utc_now()
    with reading() as session:
        return render_template(
            "jobs/jobs.html",
            jobs=queries.standings(session, jobs_of(current_app), now),
            counts=by_staff.mail_counts(session),
            waiting=by_staff.mails(session, "waiting", SHOWN),
            refused=by_staff.mails(session, "refused", SHOWN),
            may_run="admin" in current_actor().roles,
            now=now,
        )


@pages.post("/jobs/<name>/run")
@require("admin")
def run_job(name: str) -> Response:
    """Have a job run as soon as a scheduler looks. Errors: not_found."""
    job = by_staff.job_named(jobs_of(current_app), name)
    with writing() as session:
        by_staff.run_now(session, current_actor().id, job, utc_now())
    return redirect(PAGE, 303)


@pages.post("/jobs/mails/<uuid:mail_id>/resend")
@require("manager", "admin")
def resend_mail(mail_id: uuid.UUID) -> Response:
    """Let a mail go with the next delivery. Errors: not_found, mail_gone."""
    with writing() as session:
        by_staff.send_again(session, current_actor().id, mail_id, utc_now())
    return redirect(PAGE, 303)
