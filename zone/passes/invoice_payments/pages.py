"""The managers' page of rows of the bank, and the form of a payment on an invoice's page."""

import uuid
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.invoice_payments import queries, service
from zone.passes.invoice_payments.bank_rows import read_rows
from zone.passes.invoice_payments.queries import BankRowView
from zone.passes.invoice_payments.schemas import InvoicePaymentFormSchema
from zone.passes.invoices.pages import invoice_page
from zone.passes.invoices.queries import invoice_by_id, invoice_view
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_invoice_payments_pages", __name__, template_folder="templates")
BANK: Final = "/manage/invoices/bank"


@pages.post("/manage/invoices/<uuid:invoice_id>/payments")
@may(Permission.INVOICES_WRITE)
@shows_again
def record_payment(invoice_id: uuid.UUID) -> Response:
    """Record by hand what has come for an invoice, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.record_payment(session, current_actor(), invoice_id, **data, now=utc_now())
        return {}

    return forms.handle(
        InvoicePaymentFormSchema(),
        work,
        page=lambda state: _invoice(invoice_id, state),
        then=lambda _result: f"/manage/invoices/{invoice_id}?done=saved",
    )


def _invoice(invoice_id: uuid.UUID, state: FormState) -> str:
    with reading() as session:
        stored = invoice_by_id(session, invoice_id)
        return invoice_page(invoice_view(session, stored, helsinki_date(utc_now())), state)


@pages.get(BANK)
@may(Permission.INVOICES_WRITE)
def bank() -> str:
    """The rows of the bank: those without an invoice, and the newest ones of invoices."""
    return _render()


@pages.post(BANK)
@may(Permission.INVOICES_WRITE)
def upload_bank_rows() -> Response:
    """Store the rows of a file of the bank; safe to repeat."""
    sent = request.files.get("file")
    try:
        rows = read_rows(sent.read() if sent else b"")
        with writing() as session:
            service.record_bank_rows(session, current_actor(), rows, utc_now())
    except DomainError as refusal:
        return forms.refused(_render, refusal, {}, key="")
    return redirect(f"{BANK}?done=saved", 303)


def _render(form: FormState | None = None) -> str:
    with reading() as session:
        unknown = queries.bank_rows(session, unknown=True)
        matched = queries.bank_rows(session, unknown=False)
    return bank_page(unknown, matched, form or FormState({}), done=one_time.done() is not None)


def bank_page(
    unknown: Sequence[BankRowView],
    matched: Sequence[BankRowView],
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of rows of the bank."""
    return render_template(
        "passes/invoice_payments/bank_rows.html",
        unknown=unknown,
        matched=matched,
        refusals=form.sentences({"file": _("Choose a CSV file.")}) or list(form.messages),
        done=done,
    )
