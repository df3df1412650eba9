"""JSON API by which bridges upload entries. A refusal at a door is data, not an error."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from marshmallow import EXCLUDE

from firmware_bridge.wire.messages import entries
from zone.access.bridge_sign_on.api import read_body, sign_answer
from zone.access.bridge_sign_on.errors import MESSAGE_INVALID
from zone.access.entries import flows, queries, schemas
from zone.access.issuer_keys.queries import issuers
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("access_entries", __name__, tag="bridge")

# A newer bridge may say more; see `ChangesQuerySchema`.
CHAIN_QUERY: Final = schemas.ChainQuerySchema(unknown=EXCLUDE)


@api.get("/bridge/chain")
@api.arguments(CHAIN_QUERY, location="query")
@api.response(200, schemas.ChainSchema)
@may(Permission.BRIDGE_CALL)
def chain(query: dict[str, int]) -> Mapping[str, Any]:
    """What the server has of the bridge's journal, so that `zone-bridge doctor` can compare it."""
    sign_answer(current_actor().public_id, utc_now())
    with reading() as session:
        links = queries.stored_links(session, current_actor().id, query["after"])
    rows = [
        {"seq": one.seq, "uuid": str(one.uuid), "head": one.head and one.head.hex()}
        for one in links
    ]
    return {"rows": rows}


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
