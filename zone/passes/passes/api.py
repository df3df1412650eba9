"""JSON API of one's passes."""

import uuid
from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.passes import queries, service
from zone.passes.passes.errors import PASS_ENDED, PASS_EXPIRED, PASS_NOT_YET
from zone.passes.passes.schemas import HeldPassesSchema, HeldPassSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_passes", __name__, tag="passes")


@api.get("/me/passes")
@api.response(200, HeldPassesSchema)
@may(Permission.PASSES_READ)
def list_passes() -> dict[str, Any]:
    """One's passes, the newest first."""
    with reading() as session:
        return {"passes": queries.passes_of(session, current_actor().id, utc_now())}


@api.post("/me/passes/<uuid:pass_id>/activate")
@api.response(200, HeldPassSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND, PASS_ENDED, PASS_NOT_YET, PASS_EXPIRED)
def activate_pass(pass_id: uuid.UUID) -> queries.PassView:
    """Take a pass into use by hand; the first visit does it too. Doing it again changes nothing."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.activate_own(session, actor.id, pass_id, now)
        return next(
            view for view in queries.passes_of(session, actor.id, now) if view.id == pass_id
        )
