"""JSON API of payments of invoices."""

import uuid
from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.invoice_payments import queries, service
from zone.passes.invoice_payments.schemas import InvoicePaymentSchema, UnknownPaymentsSchema
from zone.passes.invoices.queries import InvoiceView, invoice_by_id, invoice_view
from zone.passes.invoices.schemas import InvoiceSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_invoice_payments", __name__, tag="invoices")


@api.post("/invoices/<uuid:invoice_id>/payments")
@api.arguments(InvoicePaymentSchema)
@api.response(201, InvoiceSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND)
def record_payment(data: dict[str, Any], invoice_id: uuid.UUID) -> InvoiceView:
    """Record by hand what has come for an invoice."""
    now = utc_now()
    with writing() as session:
        service.record_payment(session, current_actor(), invoice_id, **data, now=now)
        return invoice_view(session, invoice_by_id(session, invoice_id), helsinki_date(now))


@api.get("/invoices/unknown-payments")
@api.response(200, UnknownPaymentsSchema)
@may(Permission.INVOICES_WRITE)
def list_unknown_payments() -> dict[str, Any]:
    """Money from the bank whose reference no invoice has."""
    with reading() as session:
        return {"payments": queries.bank_rows(session, unknown=True)}
