"""JSON API of how long the books are kept, and of deleted accounting years."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.retention import queries, service
from zone.passes.retention.errors import BOOKKEEPING_IN_THE_PAST
from zone.passes.retention.rules import BookkeepingRules
from zone.passes.retention.schemas import (
    BookkeepingRulesListSchema,
    CertificatesSchema,
    DatedBookkeepingRulesSchema,
)
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("passes_retention", __name__, tag="passes")


@api.get("/books/retention")
@api.response(200, BookkeepingRulesListSchema)
@may(Permission.FIGURES_READ)
def list_bookkeeping_rules() -> dict[str, Any]:
    """When the accounting year ends and how long the books are kept, each from its day on."""
    with reading() as session:
        return {"bookkeeping_rules": queries.dated_rules(session)}


@api.post("/books/retention")
@api.arguments(DatedBookkeepingRulesSchema)
@api.response(201, BookkeepingRulesListSchema)
@may(Permission.SERVICE_WRITE)
@refuses(BOOKKEEPING_IN_THE_PAST)
@idempotent
def set_bookkeeping_rules(data: dict[str, Any]) -> Response:
    """Set how long the books are kept from a day on, today at the earliest."""
    actor, valid_from = current_actor(), data.pop("valid_from")

    def work(session: Session) -> dict[str, Any]:
        service.set_rules(session, actor, valid_from, BookkeepingRules(**data), utc_now())
        rules = {"bookkeeping_rules": queries.dated_rules(session)}
        return dump_json(BookkeepingRulesListSchema(), rules)

    return idempotency_key.answer_once(201, work)


@api.get("/books/certificates")
@api.response(200, CertificatesSchema)
@may(Permission.FIGURES_READ)
def list_certificates() -> dict[str, Any]:
    """What remains of the accounting years whose books were deleted, the newest first."""
    with reading() as session:
        return {"certificates": queries.certificates(session)}
