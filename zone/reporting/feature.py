"""Figures against the targets: what this feature offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission, Role
from zone.core.jobs.rules import Job
from zone.reporting.daily_counts import invariants as daily_counts_invariants
from zone.reporting.daily_counts import jobs as daily_counts_jobs
from zone.reporting.reports.api import api as reporting_reports_api
from zone.reporting.reports.pages import pages as reporting_reports_pages
from zone.reporting.reports.states import STATES as REPORTS_STATES
from zone.reporting.shares import invariants as shares_invariants
from zone.reporting.shares import personal_data as shares_data
from zone.reporting.shares.api import api as reporting_shares_api
from zone.reporting.shares.pages import pages as reporting_shares_pages
from zone.reporting.shares.states import STATES as SHARES_STATES
from zone.reporting.week.pages import pages as reporting_week_pages
from zone.reporting.week.states import STATES as WEEK_STATES
from zone.web.feature import Feature, ManageItem, NavItem

FEATURE: Final = Feature(
    name="reporting",
    jobs=(Job("reporting.count_days", timedelta(hours=1), daily_counts_jobs.count_days),),
    invariants=(*daily_counts_invariants.INVARIANTS, *shares_invariants.INVARIANTS),
    personal_data=(*shares_data.PERSONAL_DATA,),
    apis=(reporting_reports_api, reporting_shares_api),
    pages=(reporting_reports_pages, reporting_shares_pages, reporting_week_pages),
    states=(*REPORTS_STATES, *SHARES_STATES, *WEEK_STATES),
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
