"""JSON API by which people download their own data."""

import json

from flask import Response, current_app

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.members.privacy.queries import export
from zone.members.privacy.schemas import OwnDataSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import personal_data_of

api = Blueprint("members_privacy", __name__, tag="reporting")


@api.get("/me/export")
@api.response(200, OwnDataSchema)
@may(Permission.OWN_ACCOUNT)
def export_own_data() -> Response:
    """Everything that the service keeps of oneself, as a file."""
    with reading() as session:
        body = export(session, current_actor().id, personal_data_of(current_app), utc_now())
    text = json.dumps(body, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="zone-my-data.json"'}
    return Response(text, mimetype="application/json", headers=headers)
