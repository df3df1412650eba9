"""JSON of the targets and the supporting figures."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import LATEST
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.errors import AS_OF_AHEAD, NO_TARGETS
from zone.reporting.kpis.rules import FIRST_YEAR
from zone.reporting.reports.schemas import (
    AsOfSchema,
    SupportingListSchema,
    TargetsSchema,
    report_json,
    supporting_json,
)
from zone.reporting.supporting.queries import supporting
from zone.web.auth import may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("reporting_reports", __name__, tag="reporting")


@api.get("/targets/<int:year>")
@api.arguments(AsOfSchema, location="query")
@api.response(200, TargetsSchema)
@may(Permission.FIGURES_READ)
@refuses(NO_TARGETS, AS_OF_AHEAD)
def targets(query: dict[str, Any], year: int) -> dict[str, Any]:
    """Targets A, B and C of a calendar year, each with its status and its receipt.

    The same `as_of` gives the same answer whenever it is asked, once it is ten seconds old.
    """
    now = utc_now()
    with reading() as session:
        return report_json(kpis_queries.report(session, year, as_of=query["as_of"] or now, now=now))


@api.get("/targets/<int:year>/supporting")
@api.arguments(AsOfSchema, location="query")
@api.response(200, SupportingListSchema)
@may(Permission.FIGURES_READ)
@refuses(NO_TARGETS, AS_OF_AHEAD)
def supporting_figures(query: dict[str, Any], year: int) -> dict[str, Any]:
    """No-shows, filled places, capture, and people by institution: by finished months, and never
    fewer than five of them, nor fewer more than in an earlier report.
    """
    now = utc_now()
    as_of = query["as_of"] or now
    if as_of > now:
        raise DomainError(AS_OF_AHEAD)
    if not FIRST_YEAR <= year < LATEST.year:
        raise DomainError(NO_TARGETS)
    with reading() as session:
        return {"figures": [supporting_json(item) for item in supporting(session, year, as_of)]}
