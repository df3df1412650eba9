"""Figures against the targets: what this feature offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission, Role
from zone.core.jobs.rules import Job
from zone.reporting.daily_counts import jobs as daily_counts_jobs
from zone.web.feature import Feature, ManageItem, NavItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="reporting",
    leaves=leaves_of("reporting"),
    jobs=(Job("reporting.count_days", timedelta(hours=1), daily_counts_jobs.count_days),),
    navigation=(
        NavItem(
            "targets",
            "/targets",
            lazy_gettext("Manage"),
            "chart-line",
            position=1,
            permission=Permission.FIGURES_READ,
        ),
    ),
    homes=((Role.MANAGER, "/targets"), (Role.ADMIN, "/targets")),
    manage=(
        ManageItem(
            "/targets",
            lazy_gettext("Targets"),
            "chart-line",
            position=10,
            permission=Permission.FIGURES_READ,
            also=("/manage/targets",),
        ),
        ManageItem(
            "/manage/shares",
            lazy_gettext("Cost shares"),
            "receipt",
            position=58,
            permission=Permission.FIGURES_READ,
        ),
        ManageItem(
            "/manage/week",
            lazy_gettext("Timetable"),
            "calendar-days",
            position=20,
            permission=Permission.PLANNING_READ,
            also=("/manage/classes", "/manage/sessions"),
        ),
    ),
)
