"""JSON API by which managers set the targets."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.reporting.goals import queries, service
from zone.reporting.goals.schemas import NewTargetSchema, SetTargetsSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint

api: Final = Blueprint("reporting_goals", __name__, tag="reporting")


@api.get("/targets")
@api.response(200, SetTargetsSchema)
@may(Permission.FIGURES_READ)
def list_targets() -> dict[str, Any]:
    """The targets that were set, with all earlier ones."""
    with reading() as session:
        return {"targets": queries.set_targets(session)}


@api.post("/targets")
@api.arguments(NewTargetSchema)
@api.response(200, SetTargetsSchema)
@may(Permission.SERVICE_WRITE)
def set_target(data: dict[str, Any]) -> dict[str, Any]:
    """Set target A, B or C from a year on. Reports as of an earlier time keep the one before."""
    with writing() as session:
        service.plan_target(session, current_actor(), **data, now=utc_now())
        return {"targets": queries.set_targets(session)}
