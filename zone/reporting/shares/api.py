"""JSON API of cost shares."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.reporting.shares import queries, service
from zone.reporting.shares.errors import (
    NOTHING_TO_SHARE_BY,
    PERIOD_TAKEN,
    SHARES_FIXED,
    SHARES_NOT_COUNTED,
)
from zone.reporting.shares.schemas import (
    CostReportSchema,
    CostReportsSchema,
    CostSchema,
    DatedWeightsSchema,
    NewPeriodSchema,
    NewWeightsSchema,
    WeightsListSchema,
    report_json,
    weights_json,
)
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("reporting_shares", __name__, tag="reporting")


@api.get("/cost-shares")
@api.response(200, CostReportsSchema)
@may(Permission.FIGURES_READ)
def list_cost_shares() -> dict[str, Any]:
    """The periods whose cost is shared among institutions, the newest first."""
    with reading() as session:
        return {"reports": [report_json(one) for one in queries.cost_reports(session, utc_now())]}


@api.post("/cost-shares")
@api.arguments(NewPeriodSchema)
@api.response(201, CostReportSchema)
@may(Permission.SERVICE_WRITE)
@refuses(PERIOD_TAKEN)
def add_cost_period(data: dict[str, Any]) -> dict[str, Any]:
    """Name the months whose cost is shared; no month is in two periods."""
    now = utc_now()
    with writing() as session:
        service.add_period(session, current_actor(), **data, now=now)
        return report_json(queries.cost_report(session, data["first_month"], now))


@api.get("/cost-shares/<month>")
@api.response(200, CostReportSchema)
@may(Permission.FIGURES_READ)
@refuses(NOT_FOUND)
def show_cost_shares(month: str) -> dict[str, Any]:
    """The shares of the period that begins with a month, such as 2026-01.

    Fewer than five people are not told of: such institutions have one share together.
    """
    with reading() as session:
        return report_json(queries.cost_report(session, queries.month_named(month), utc_now()))


@api.put("/cost-shares/<month>/cost")
@api.arguments(CostSchema)
@api.response(200, CostReportSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, SHARES_FIXED)
def set_period_cost(data: dict[str, Any], month: str) -> dict[str, Any]:
    """Correct the cost of a period whose report is not fixed."""
    first, now = queries.month_named(month), utc_now()
    with writing() as session:
        service.set_cost(session, current_actor(), first, data["cents"], now)
        return report_json(queries.cost_report(session, first, now))


@api.post("/cost-shares/<month>/fix")
@api.response(200, CostReportSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, SHARES_NOT_COUNTED, NOTHING_TO_SHARE_BY)
def fix_cost_shares(month: str) -> dict[str, Any]:
    """Fix the report of a period with its receipt; it does not change any more."""
    first, now = queries.month_named(month), utc_now()
    with writing() as session:
        service.fix_report(session, current_actor(), first, now)
        return report_json(queries.cost_report(session, first, now))


@api.get("/cost-share-weights")
@api.response(200, WeightsListSchema)
@may(Permission.FIGURES_READ)
def list_share_weights() -> dict[str, Any]:
    """How much visits, sales and people with a pass count, in the order of recording.

    Before the first row all is shared by visits.
    """
    with reading() as session:
        return {"weights": [weights_json(row) for row in queries.dated_weights(session)]}


@api.post("/cost-share-weights")
@api.arguments(NewWeightsSchema)
@api.response(201, DatedWeightsSchema)
@may(Permission.SERVICE_WRITE)
def set_share_weights(data: dict[str, Any]) -> dict[str, Any]:
    """Set the weights from a day on: a period is shared by those of its first day."""
    with writing() as session:
        service.set_weights(session, current_actor(), **data, now=utc_now())
        return weights_json(queries.dated_weights(session)[-1])
