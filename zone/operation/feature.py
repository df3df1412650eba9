"""Running the service: what this feature offers to the application."""

from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from flask_babel import lazy_gettext

from zone.core.config import Settings
from zone.core.identity import Permission
from zone.core.jobs.queries import failing_jobs
from zone.core.jobs.rules import Job
from zone.core.mail_words.queries import count_unfit_words
from zone.core.personal_data import PersonalData, Retention
from zone.operation.about.pages import pages as operation_about_pages
from zone.operation.api_docs.pages import pages as operation_api_docs_pages
from zone.operation.audit.api import api as operation_audit_api
from zone.operation.audit.pages import pages as operation_audit_pages
from zone.operation.demo_door.pages import demo_pages as operation_demo_door_pages
from zone.operation.demo_mails.pages import demo_pages as operation_demo_mails_pages
from zone.operation.doctor import invariants as doctor_invariants
from zone.operation.integrity import jobs as integrity_jobs
from zone.operation.integrity.api import api as operation_integrity_api
from zone.operation.integrity.pages import pages as operation_integrity_pages
from zone.operation.integrity.queries import broken_invariants
from zone.operation.integrity.service import JOB as CHECK_INTEGRITY
from zone.operation.integrity.states import STATES as INTEGRITY_STATES
from zone.operation.jobs import jobs as jobs_jobs
from zone.operation.jobs.api import api as operation_jobs_api
from zone.operation.jobs.pages import pages as operation_jobs_pages
from zone.operation.mail import jobs as mail_jobs
from zone.operation.mail.api import api as operation_mail_api
from zone.operation.mail.metrics import mail_gauges
from zone.operation.mail_words import invariants as mail_words_invariants
from zone.operation.mail_words.api import api as operation_mail_words_api
from zone.operation.mail_words.pages import pages as operation_mail_words_pages
from zone.operation.mail_words.states import STATES as MAIL_WORDS_STATES
from zone.operation.monitoring.pages import pages as operation_monitoring_pages
from zone.operation.service_profile.api import api as operation_service_profile_api
from zone.operation.service_profile.pages import pages as operation_service_profile_pages
from zone.operation.states.pages import demo_pages as operation_states_pages
from zone.operation.states.states import STATES
from zone.web.context import invariants_of
from zone.web.feature import Feature, ManageItem


def _check_integrity(settings: Settings, now: datetime) -> int:
    # Of all features: only the application knows them.
    return integrity_jobs.check(invariants_of(current_app), settings, now)


FEATURE: Final = Feature(
    name="operation",
    apis=(
        operation_audit_api,
        operation_integrity_api,
        operation_jobs_api,
        operation_mail_api,
        operation_mail_words_api,
        operation_service_profile_api,
    ),
    pages=(
        operation_about_pages,
        operation_api_docs_pages,
        operation_audit_pages,
        operation_integrity_pages,
        operation_jobs_pages,
        operation_mail_words_pages,
        operation_monitoring_pages,
        operation_service_profile_pages,
    ),
    demo_pages=(operation_demo_door_pages, operation_demo_mails_pages, operation_states_pages),
    jobs=(
        Job("outbox.deliver", timedelta(seconds=10), mail_jobs.deliver),
        Job("jobs.forget_runs", timedelta(days=1), jobs_jobs.delete_old_runs),
        Job("operation.sweep", timedelta(hours=1), jobs_jobs.delete_old_rows),
        Job(CHECK_INTEGRITY, timedelta(days=1), _check_integrity, lease=timedelta(minutes=30)),
    ),
    gauges=(mail_gauges,),
    personal_data=(
        PersonalData(
            "audit",
            ("actor_id", "object_id"),
            reason="who did what to whom: the evidence of staff actions",
        ),
        PersonalData(
            "service_profile",
            ("email",),
            reason="the contact that the service publishes",
        ),
        PersonalData(
            "kept_answer", ("actor_id",), retention=Retention("7 days", "operation.sweep")
        ),
        PersonalData(
            "outbox",
            ("recipient",),
            retention=Retention("30 days after a mail was sent or given up", "operation.sweep"),
        ),
    ),
    invariants=(*doctor_invariants.INVARIANTS, *mail_words_invariants.INVARIANTS),
    states=(*INTEGRITY_STATES, *MAIL_WORDS_STATES, *STATES),
    manage=(
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
