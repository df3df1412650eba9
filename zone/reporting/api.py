"""The figures as JSON."""

from typing import Any

from zone.core.clock import utc_now
from zone.db import reading
from zone.http.auth import require, scope
from zone.http.blueprint import Blueprint
from zone.reporting import queries
from zone.reporting.schemas import AsOfSchema, TargetsSchema, report_json

api = Blueprint("reporting", __name__, description="Figures against the targets")


@api.get("/targets/<int:year>")
@api.arguments(AsOfSchema, location="query")
@api.response(200, TargetsSchema)
@require("manager", "admin")
@scope("figures:read")
def targets(asked: dict[str, Any], year: int) -> dict[str, Any]:
    """Targets A, B and C of a calendar year, each with its status and its receipt.

    The same `as_of` gives the same answer whenever it is asked, once it is ten seconds old.
    Errors: no_targets, as_of_ahead.
    """
    now = utc_now()
    with reading() as session:
        return report_json(queries.report(session, year, as_of=asked["as_of"] or now, now=now))
