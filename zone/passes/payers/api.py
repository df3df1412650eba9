"""JSON API of payers for managers."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import CODE
from zone.passes.payers import queries, service
from zone.passes.payers.errors import PAYER_EXISTS
from zone.passes.payers.schemas import PayerChangeSchema, PayerSchema, PayersSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_payers", __name__, tag="invoices")


@api.get("/payers")
@api.response(200, PayersSchema)
@may(Permission.INVOICES_WRITE)
def list_payers() -> dict[str, Any]:
    """Every institution that is sent invoices, with its billing details."""
    with reading() as session:
        return {"payers": queries.payers(session)}


@api.put("/payers/<code>")
@api.arguments(PayerChangeSchema)
@api.response(200, PayerSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND, PAYER_EXISTS, EDITED_MEANWHILE)
def keep_payer(data: dict[str, Any], code: str) -> queries.PayerView:
    """Add a payer, or change the one with that code. Issued invoices keep what they say."""
    if not CODE.fullmatch(code):
        raise DomainError(NOT_FOUND)
    with writing() as session:
        payer = service.save_payer(session, current_actor(), code, **data, now=utc_now())
        return queries.payer_view(payer)
