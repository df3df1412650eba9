"""JSON API of taking over passes from another system, for managers."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.identity import FORBIDDEN, Permission
from zone.passes.takeover import flows, service
from zone.passes.takeover.errors import (
    TAKEOVER_BUSY,
    TAKEOVER_COLUMNS,
    TAKEOVER_EMPTY,
    TAKEOVER_ENCODING,
    TAKEOVER_FILE_KIND,
    TAKEOVER_FILE_SIZE,
    TAKEOVER_FILE_UNSAFE,
    TAKEOVER_REFUSED,
)
from zone.passes.takeover.schemas import TakeoverFileSchema, TakeoverPlanSchema, TakeoverSchema
from zone.passes.takeover.views import plan_json
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.refusals import refuses

api: Final = Blueprint("passes_takeover", __name__, tag="passes")
_OF_FILES: Final = (
    FORBIDDEN,
    TAKEOVER_FILE_KIND,
    TAKEOVER_FILE_SIZE,
    TAKEOVER_FILE_UNSAFE,
    TAKEOVER_ENCODING,
    TAKEOVER_COLUMNS,
    TAKEOVER_EMPTY,
)


@api.post("/takeover/preview")
@api.arguments(TakeoverFileSchema)
@api.response(200, TakeoverPlanSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(*_OF_FILES)
def preview_takeover(data: dict[str, Any]) -> dict[str, Any]:
    """Say what a file of passes would do, and what is wrong with which line. Nothing is stored."""
    service.require(current_actor())
    return plan_json(flows.preview(data["content"], utc_now(), current_actor().id), language())


@api.post("/takeover")
@api.arguments(TakeoverSchema)
@api.response(200, TakeoverPlanSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(*_OF_FILES, TAKEOVER_REFUSED, TAKEOVER_BUSY)
def take_over_passes(data: dict[str, Any]) -> dict[str, Any]:
    """Take over the passes of a file. The same file again changes nothing."""
    actor = current_actor()
    service.require(actor)
    plan = flows.take_over(
        data["content"],
        actor.id,
        good_only=data["good_only"],
        tell=data["tell"],
        now=utc_now(),
    )
    return plan_json(plan, language())
