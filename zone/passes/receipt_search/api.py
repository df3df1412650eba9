"""JSON API of all receipts, for staff."""

from typing import Any

from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.numbering.queries import years_of_series
from zone.passes.receipt_search.queries import ReceiptFilter, find_receipts
from zone.passes.receipt_search.schemas import (
    FoundReceiptsSchema,
    ReceiptFilterSchema,
    SeriesSchema,
)
from zone.web.auth import may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look

api = Blueprint("passes_receipt_search", __name__, tag="passes")


@api.get("/receipts")
@api.arguments(ReceiptFilterSchema, location="query")
@api.response(200, FoundReceiptsSchema)
@may(Permission.ORDERS_READ_ALL)
def list_all_receipts(data: dict[str, Any]) -> dict[str, Any]:
    """All receipts, the newest first; of a series, of a year, or with a text."""
    after, most = data.pop("after"), data.pop("most")
    with reading() as session:
        found = find_receipts(session, ReceiptFilter(**data), after=after, most=most)
    note_look("receipts.view", "receipts", detail={k: v for k, v in data.items() if v} or None)
    return {"receipts": found.receipts, "next": found.next}


@api.get("/receipt-series")
@api.response(200, SeriesSchema)
@may(Permission.ORDERS_READ_ALL)
def list_series() -> dict[str, Any]:
    """The series in which receipts are numbered, with the last number of each year."""
    with reading() as session:
        return {"series": years_of_series(session)}
