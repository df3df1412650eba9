"""Figures against the targets: what this feature offers to the application."""

from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.reporting.reports.api import api as reporting_reports_api
from zone.reporting.reports.pages import pages as reporting_reports_pages
from zone.web.feature import Feature, NavItem

FEATURE: Final = Feature(
    name="reporting",
    apis=(reporting_reports_api,),
    pages=(reporting_reports_pages,),
    navigation=(
        NavItem(
            "targets",
            "/targets",
            lazy_gettext("Manage"),
            "chart-line",
            position=70,
            permission=Permission.FIGURES_READ,
        ),
    ),
)
