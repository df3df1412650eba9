"""The feature of people: accounts, sign-in, affiliations, roles, suspensions, tokens."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.members.people import jobs as people_jobs
from zone.members.push import jobs as push_jobs
from zone.members.push.metrics import push_gauges
from zone.members.push.pages import PARTS, PARTS_NAME
from zone.members.sign_in_sessions import jobs as sign_in_sessions_jobs
from zone.members.suspensions import jobs as suspensions_jobs
from zone.web.feature import Feature, ManageItem, NavItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="members",
    leaves=leaves_of("members"),
    jobs=(
        Job(
            suspensions_jobs.MARK_ENDED,
            timedelta(minutes=1),
            suspensions_jobs.mark_ended_suspensions,
        ),
        Job("members.index_names", timedelta(hours=1), people_jobs.index_names),
        Job("members.push", timedelta(seconds=10), push_jobs.deliver),
        Job("members.sweep", timedelta(hours=1), sign_in_sessions_jobs.delete_expired),
    ),
    gauges=(push_gauges,),
    static=((PARTS_NAME, PARTS),),
    navigation=(NavItem("me", "/me", lazy_gettext("My data"), "user-round", position=50),),
    manage=(
        ManageItem(
            "/manage/institutions",
            lazy_gettext("Institutions"),
            "graduation-cap",
            position=61,
            permission=Permission.SERVICE_WRITE,
            also=("/manage/study-regions",),
        ),
        ManageItem(
            "/manage/people",
            lazy_gettext("People and roles"),
            "users-round",
            position=60,
            permission=Permission.STAFF_READ,
        ),
    ),
)
