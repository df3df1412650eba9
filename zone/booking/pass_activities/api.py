"""The API of the activities that passes are limited to."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from zone.booking.pass_activities import queries, service
from zone.booking.pass_activities.errors import ACTIVITY_UNKNOWN
from zone.booking.pass_activities.schemas import (
    PassActivitiesRequest,
    PassActivitiesSchema,
)
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.passes.catalogue.queries import product_by_code
from zone.passes.entitlements.errors import NO_PASS_TO_ENTITLE
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("booking_pass_activities", __name__, tag="catalogue")


@api.get("/catalogue/<code>/activities")
@api.response(200, PassActivitiesSchema)
@may(Permission.CATALOGUE_READ)
@refuses(NOT_FOUND)
def list_pass_activities(code: str) -> dict[str, Any]:
    """The single activities that the passes of a product are for, and those to choose from."""
    with reading() as session:
        return _json(session, code, utc_now())


@api.put("/catalogue/<code>/activities")
@api.arguments(PassActivitiesRequest)
@api.response(200, PassActivitiesSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, NO_PASS_TO_ENTITLE, ACTIVITY_UNKNOWN, EDITED_MEANWHILE)
def choose_pass_activities(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Set all of them. They hold for what is ordered from then on; passes sold stay as sold."""
    now = utc_now()
    with writing() as session:
        service.choose_activities(session, current_actor(), code, **data, now=now)
        return _json(session, code, now)


def _json(session: Session, code: str, now: datetime) -> dict[str, Any]:
    product = product_by_code(session, code)
    chosen = product.conditions.single_activities
    choices = queries.activities_to_choose(session, chosen, now)
    return {
        "version": product.version,
        "activities": chosen,
        "choices": list(choices.values()),
    }
