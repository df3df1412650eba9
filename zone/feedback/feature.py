"""Term surveys and feedback on accessibility: what this feature offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.feedback.accessibility import jobs as accessibility_jobs
from zone.feedback.accessibility import queries as accessibility_queries
from zone.feedback.surveys import jobs as surveys_jobs
from zone.web.feature import Feature, ManageItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="feedback",
    leaves=leaves_of("feedback"),
    jobs=(
        Job("feedback.flush", timedelta(minutes=30), surveys_jobs.open_batches),
        Job("feedback.close", timedelta(minutes=5), surveys_jobs.close_due),
        Job(
            "feedback.forget_accessibility",
            timedelta(days=1),
            accessibility_jobs.delete_old_feedback,
        ),
    ),
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
