"""The form that activates a pass."""

import uuid

from flask import Blueprint, redirect
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Permission
from zone.passes.passes import service
from zone.web.auth import current_actor, may

pages = Blueprint("passes_passes_pages", __name__)


@pages.post("/passes/<uuid:pass_id>/activate")
@may(Permission.OWN_ACCOUNT)
def activate(pass_id: uuid.UUID) -> BaseResponse:
    """Activate one's pass now."""
    with writing() as session:
        service.activate_own(session, current_actor().id, pass_id, utc_now())
    return redirect("/pass", 303)
