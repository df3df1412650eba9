"""Term surveys and feedback on accessibility: what this feature offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.core.personal_data import PersonalData, Retention
from zone.feedback.accessibility import jobs as accessibility_jobs
from zone.feedback.accessibility import mails as accessibility_mails
from zone.feedback.accessibility import queries as accessibility_queries
from zone.feedback.accessibility.api import api as feedback_accessibility_api
from zone.feedback.accessibility.pages import pages as feedback_accessibility_pages
from zone.feedback.answers import invariants as answers_invariants
from zone.feedback.answers.api import api as feedback_answers_api
from zone.feedback.answers.pages import pages as feedback_answers_pages
from zone.feedback.answers.queries import own_participations
from zone.feedback.results.api import api as feedback_results_api
from zone.feedback.surveys import jobs as surveys_jobs
from zone.feedback.surveys.api import api as feedback_surveys_api
from zone.feedback.surveys.pages import pages as feedback_surveys_pages
from zone.web.feature import Feature, ManageItem

FEATURE: Final = Feature(
    name="feedback",
    mails=(*accessibility_mails.MAILS,),
    apis=(
        feedback_accessibility_api,
        feedback_answers_api,
        feedback_results_api,
        feedback_surveys_api,
    ),
    pages=(
        feedback_accessibility_pages,
        feedback_answers_pages,
        feedback_surveys_pages,
    ),
    jobs=(
        Job("feedback.flush", timedelta(minutes=30), surveys_jobs.open_batches),
        Job("feedback.close", timedelta(minutes=5), surveys_jobs.close_due),
        Job(
            "feedback.forget_accessibility",
            timedelta(days=1),
            accessibility_jobs.delete_old_feedback,
        ),
    ),
    personal_data=(
        PersonalData(
            "accessibility_feedback",
            ("email", "answered_by"),
            retention=Retention(
                "a year after the answer was given or due", "feedback.forget_accessibility"
            ),
        ),
        PersonalData(
            "survey_participation",
            ("member_id",),
            "surveys_answered",
            own_participations,
            retention=Retention("until the survey closes", "feedback.close"),
        ),
        PersonalData(
            "survey_draft",
            ("changed_by",),
            reason="who changed a draft last; deleted when it is published or discarded",
        ),
    ),
    invariants=(*answers_invariants.INVARIANTS,),
    manage=(
        ManageItem(
            "/manage/surveys",
            lazy_gettext("Surveys"),
            "message-square-text",
            position=70,
            permission=Permission.SURVEYS_WRITE,
        ),
        ManageItem(
            "/manage/accessibility",
            lazy_gettext("Feedback on accessibility"),
            "mail",
            position=90,
            permission=Permission.SERVICE_WRITE,
            count=accessibility_queries.unanswered,
        ),
    ),
)
