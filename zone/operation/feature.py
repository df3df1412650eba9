"""Running the service: what this feature offers to the application."""

from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.identity import Permission, Role
from zone.core.jobs.queries import failing_jobs
from zone.core.jobs.rules import Job
from zone.core.mail_words.queries import count_unfit_words
from zone.operation.integrity import jobs as integrity_jobs
from zone.operation.integrity.queries import broken_invariants
from zone.operation.integrity.service import JOB as CHECK_INTEGRITY
from zone.operation.jobs import jobs as jobs_jobs
from zone.operation.mail import jobs as mail_jobs
from zone.operation.mail.metrics import mail_gauges
from zone.operation.setup.queries import count_left_steps, is_being_set_up
from zone.web.context import current_settings, invariants_of
from zone.web.feature import Feature, ManageItem
from zone.web.home import FirstHome
from zone.web.leaves import leaves_of
from zone.web.service_profile import current_profile


def _check_integrity(settings: Settings, now: datetime) -> int:
    # Of all features: only the application knows them.
    return integrity_jobs.check(invariants_of(current_app), settings, now)


def _count_left_steps(session: Session, now: datetime) -> int:
    return count_left_steps(session, current_settings(), current_profile(), now)


FEATURE: Final = Feature(
    name="operation",
    leaves=leaves_of("operation"),
    jobs=(
        Job("outbox.deliver", timedelta(seconds=10), mail_jobs.deliver),
        Job("jobs.forget_runs", timedelta(days=1), jobs_jobs.delete_old_runs),
        Job("operation.sweep", timedelta(hours=1), jobs_jobs.delete_old_rows),
        Job(CHECK_INTEGRITY, timedelta(days=1), _check_integrity, lease=timedelta(minutes=30)),
    ),
    gauges=(mail_gauges,),
    first_homes=(FirstHome(Role.ADMIN, "/manage/setup", is_being_set_up),),
    manage=(
        ManageItem(
            "/manage/setup",
            lazy_gettext("First steps"),
            "check",
            position=5,
            permission=Permission.SERVICE_WRITE,
            counter=_count_left_steps,
            while_counted=True,
        ),
        ManageItem(
            "/jobs",
            lazy_gettext("Jobs and mail"),
            "refresh-cw",
            position=100,
            permission=Permission.OPERATION_READ,
            count=failing_jobs,
        ),
        ManageItem(
            "/manage/integrity",
            lazy_gettext("Integrity"),
            "shield-check",
            position=105,
            permission=Permission.OPERATION_READ,
            count=broken_invariants,
        ),
        ManageItem(
            "/manage/service",
            lazy_gettext("Service"),
            "settings",
            position=110,
            permission=Permission.SERVICE_WRITE,
        ),
        ManageItem(
            "/manage/mails",
            lazy_gettext("Mails"),
            "mail",
            position=115,
            permission=Permission.SERVICE_WRITE,
            counter=count_unfit_words,
        ),
        ManageItem(
            "/manage/audit",
            lazy_gettext("Who did what"),
            "history",
            position=120,
            permission=Permission.AUDIT_READ,
        ),
    ),
)
