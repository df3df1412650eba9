"""JSON API by which bridges upload entries. A refusal at a door is data, not an error."""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from firmware_bridge.wire.messages import entries
from zone.access.bridge_sign_on.api import read_body
from zone.access.bridge_sign_on.errors import MESSAGE_INVALID
from zone.access.entries import schemas, service
from zone.access.issuer_keys.queries import issuers
from zone.access.visits import service as visits
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.safe_error import describe_with_traceback
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("access_entries", __name__, tag="bridge")

log = logging.getLogger(__name__)


@api.post("/bridge/entries")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.UploadSchema}}})
@api.response(200, schemas.ReceiptSchema)
@may(Permission.BRIDGE_CALL)
@refuses(MESSAGE_INVALID)
def upload() -> Mapping[str, Any]:
    """Store entries: each once, however often it is sent. A bad row is set aside and told."""
    batch, now = entries.Upload.from_json(read_body()), utc_now()
    keys = partial(issuers, current_settings().keys)
    with writing() as session:
        ack = service.receive(session, current_actor().id, batch, now, keys)
    _derive(now)
    return ack.to_json()


def _derive(now: datetime) -> None:
    """Derive visits from the stored entries; after an error the job derives them later."""
    # The entries are committed already. An error here must not refuse the upload, or the bridge
    # would send it again and again.
    try:
        with writing() as session:
            visits.derive(session, now)
    except (SQLAlchemyError, DomainError) as error:
        log.warning("visits will be derived by the job: %s", describe_with_traceback(error))
