"""JSON API by which bridges upload entries. A refusal at a door is data, not an error."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from firmware_bridge.wire.messages import entries
from zone.access.bridge_sign_on.api import read_body, sign_answer
from zone.access.bridge_sign_on.errors import MESSAGE_INVALID
from zone.access.entries import flows, schemas
from zone.access.issuer_keys.queries import issuers
from zone.core.clock import utc_now
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("access_entries", __name__, tag="bridge")


@api.post("/bridge/entries")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.UploadSchema}}})
@api.response(200, schemas.ReceiptSchema)
@may(Permission.BRIDGE_CALL)
@refuses(MESSAGE_INVALID)
def upload() -> Mapping[str, Any]:
    """Store entries: each once, however often it is sent. A bad row is set aside and told."""
    batch, keys = entries.Upload.from_json(read_body()), partial(issuers, current_settings().keys)
    now = utc_now()
    sign_answer(current_actor().public_id, now)
    return flows.take_in(current_actor().id, batch, keys, now).to_json()
