"""JSON API by which managers let many passes last longer."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.bulk_extensions import queries, schemas, service
from zone.passes.bulk_extensions.errors import EXTENSION_DIFFERS, NO_PASS_EXTENDED
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("passes_bulk_extensions", __name__, tag="catalogue")


@api.get("/pass-extensions")
@api.response(200, schemas.BulkExtensionsSchema)
@may(Permission.CATALOGUE_READ)
def list_pass_extensions() -> dict[str, Any]:
    """The extensions of many passes at once, the newest first, and how far each has come."""
    with reading() as session:
        return {"pass_extensions": queries.extensions(session)}


@api.put("/pass-extensions/<uuid:extension_id>")
@api.arguments(schemas.BulkExtensionCallSchema)
@api.response(200, schemas.BulkExtensionAnswerSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, NO_PASS_EXTENDED, EXTENSION_DIFFERS)
def extend_passes(data: dict[str, Any], extension_id: uuid.UUID) -> dict[str, Any]:
    """Let the passes that lost days last as many days longer, within minutes; each holder gets a
    mail. Choose an id: the same one again extends nothing twice.
    """
    actor, asked = current_actor(), schemas.request_of(data)
    if data["dry_run"]:
        with reading() as session:
            found = service.preview(session, actor, asked, utc_now())
            return {"extension": None, "preview": found}
    with writing() as session:
        service.order_extension(session, actor, extension_id, asked, utc_now())
        return {"extension": queries.extension(session, extension_id), "preview": None}
