"""JSON API of invoices for managers."""

import uuid
from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.invoice_credits import service as invoice_credits
from zone.passes.invoice_credits.errors import INVOICE_CREDIT_TOO_HIGH, NOTHING_TO_CREDIT
from zone.passes.invoice_credits.schemas import InvoiceCreditSchema, chosen_quantities
from zone.passes.invoices import queries, service
from zone.passes.invoices.errors import (
    ACCOUNT_MISSING,
    ALREADY_CREDITED,
    ALREADY_MAILED,
    INVOICE_EMPTY,
    INVOICE_FULL,
    NO_ADDRESS,
    SUPPLY_DAY_UNKNOWN,
)
from zone.passes.invoices.queries import DraftView, InvoiceView
from zone.passes.invoices.schemas import (
    InvoiceDraftSchema,
    InvoiceSchema,
    InvoicesSchema,
    NewDraftSchema,
    SellerAccountSchema,
)
from zone.passes.receipts.queries import seller_of
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("passes_invoices", __name__, tag="invoices")


@api.get("/invoices")
@api.response(200, InvoicesSchema)
@may(Permission.INVOICES_WRITE)
def list_invoices() -> dict[str, Any]:
    """Invoices to institutions and their credit notes, the newest first."""
    with reading() as session:
        return {"invoices": queries.invoice_rows(session, helsinki_date(utc_now()))}


@api.put("/invoice-account")
@api.arguments(SellerAccountSchema)
@api.response(200, SellerAccountSchema)
@may(Permission.INVOICES_WRITE)
def set_invoice_account(data: dict[str, Any]) -> dict[str, Any]:
    """Set where invoices are to be paid from now on. Issued invoices keep what they say."""
    with writing() as session:
        service.save_account(session, current_actor(), utc_now(), **data)
    return data


@api.post("/invoices")
@api.arguments(NewDraftSchema)
@api.response(201, InvoiceDraftSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND, INVOICE_FULL, SUPPLY_DAY_UNKNOWN)
def draft_invoice(data: dict[str, Any]) -> DraftView:
    """Prepare an invoice to a payer. Nothing is numbered or sent before it is issued."""
    actor, now = current_actor(), utc_now()
    with writing() as session:
        draft = service.create_draft(session, actor, data["payer"], data["buyer_reference"], now)
        for line in data["lines"]:
            service.add_line(session, actor, draft.public_id, **line, now=now)
        seller = seller_of(session, current_settings())
        return queries.draft_view(session, draft.public_id, seller_vat=seller.charges_vat)


@api.get("/invoices/<uuid:invoice_id>")
@api.response(200, InvoiceSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND)
def show_invoice(invoice_id: uuid.UUID) -> InvoiceView:
    """An issued invoice or credit note, with what was paid."""
    with reading() as session:
        invoice = queries.invoice_by_id(session, invoice_id)
        return queries.invoice_view(session, invoice, helsinki_date(utc_now()))


@api.post("/invoices/<uuid:invoice_id>/issue")
@api.response(200, InvoiceSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND, ACCOUNT_MISSING, INVOICE_EMPTY)
def issue_invoice(invoice_id: uuid.UUID) -> InvoiceView:
    """Number a draft and freeze it. Issued again, it is the same invoice."""
    now = utc_now()
    with writing() as session:
        invoice = service.issue_invoice(
            session, current_actor(), invoice_id, current_settings(), now
        )
        return queries.invoice_view(session, invoice, helsinki_date(now))


@api.post("/invoices/<uuid:invoice_id>/credit")
@api.arguments(InvoiceCreditSchema)
@api.response(201, InvoiceSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND, ALREADY_CREDITED, NOTHING_TO_CREDIT, INVOICE_CREDIT_TOO_HIGH)
def credit_invoice(data: dict[str, Any], invoice_id: uuid.UUID) -> InvoiceView:
    """Issue a credit note of an invoice, in parts of its lines or of all that is left."""
    now, chosen = utc_now(), chosen_quantities(data)
    with writing() as session:
        note = invoice_credits.credit_invoice(session, current_actor(), invoice_id, now, chosen)
        return queries.invoice_view(session, note, helsinki_date(now))


@api.post("/invoices/<uuid:invoice_id>/mail")
@api.response(200, InvoiceSchema)
@may(Permission.INVOICES_WRITE)
@refuses(NOT_FOUND, NO_ADDRESS, ALREADY_MAILED)
def mail_invoice(invoice_id: uuid.UUID) -> InvoiceView:
    """Mail an invoice or credit note to its payer, with the PDF; once."""
    now = utc_now()
    with writing() as session:
        service.mail_invoice(session, current_actor(), invoice_id, now)
        invoice = queries.invoice_by_id(session, invoice_id)
        return queries.invoice_view(session, invoice, helsinki_date(now))
