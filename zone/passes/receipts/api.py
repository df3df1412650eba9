"""JSON API of one's receipts."""

from typing import Any

from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.receipts import queries
from zone.passes.receipts.schemas import OwnReceiptsSchema, SalesReceiptPageSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_receipts", __name__, tag="passes")


@api.get("/me/receipts")
@api.response(200, OwnReceiptsSchema)
@may(Permission.PASSES_READ)
def list_receipts() -> dict[str, Any]:
    """One's receipts, the newest first."""
    with reading() as session:
        return {"receipts": queries.receipts_of(session, current_actor().id)}


@api.get("/me/receipts/<number>")
@api.response(200, SalesReceiptPageSchema)
@may(Permission.PASSES_READ)
@refuses(NOT_FOUND)
def show_receipt(number: str) -> queries.ReceiptPage:
    """One's receipt by its number, such as 2026-17."""
    with reading() as session:
        return queries.receipt_page(session, number, member_id=current_actor().id)
