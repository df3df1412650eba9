"""The managers' pages of invoices: the list, a draft, an issued invoice with its files."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, render_template
from flask import Response as FlaskResponse
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.invoice_credits import service as invoice_credits
from zone.passes.invoice_credits.schemas import InvoiceCreditFormSchema
from zone.passes.invoices import pdf, queries, service
from zone.passes.invoices.bank_references import grouped_iban, grouped_reference
from zone.passes.invoices.finvoice import finvoice
from zone.passes.invoices.queries import DraftView, InvoiceRow, InvoiceView
from zone.passes.invoices.rules import text_of_quantity
from zone.passes.invoices.schemas import (
    InvoiceDraftFormSchema,
    LineFormSchema,
    NothingFormSchema,
    RemoveLineFormSchema,
    SellerAccountSchema,
)
from zone.passes.payers.queries import payers
from zone.passes.receipts.pdf import is_available
from zone.passes.receipts.queries import seller_of
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_invoices_pages", __name__, template_folder="templates")
LIST: Final = "/manage/invoices"


@pages.get(LIST)
@may(Permission.INVOICES_WRITE)
def invoices() -> str:
    """The invoices and drafts, and the form that begins one."""
    return _render_list()


@pages.post(LIST)
@may(Permission.INVOICES_WRITE)
@shows_again
def create_draft() -> Response:
    """Begin an invoice, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        draft = service.create_draft(
            session, current_actor(), data["payer"], data["buyer_reference"], utc_now()
        )
        return {"id": str(draft.public_id)}

    return forms.handle(
        InvoiceDraftFormSchema(),
        work,
        page=_render_list,
        then=_to_invoice,
        choices=lambda session: {"payer": [one.code for one in payers(session)]},
    )


@pages.get(f"{LIST}/account")
@may(Permission.INVOICES_WRITE)
def account() -> str:
    """Where invoices are to be paid."""
    return _render_account()


@pages.post(f"{LIST}/account")
@may(Permission.INVOICES_WRITE)
@shows_again
def save_account() -> Response:
    """Set where invoices are to be paid, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_account(session, current_actor(), utc_now(), **data)
        return {}

    return forms.handle(
        SellerAccountSchema(),
        work,
        page=_render_account,
        then=lambda _result: f"{LIST}/account?done=saved",
    )


@pages.get(f"{LIST}/<uuid:invoice_id>")
@may(Permission.INVOICES_WRITE)
def invoice(invoice_id: uuid.UUID) -> str:
    """A draft to be edited, or an issued invoice to be read, sent and followed."""
    return _render(invoice_id)


@pages.post(f"{LIST}/<uuid:invoice_id>/lines")
@may(Permission.INVOICES_WRITE)
@shows_again
def add_line(invoice_id: uuid.UUID) -> Response:
    """Add a line to a draft, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.add_line(session, current_actor(), invoice_id, **data, now=utc_now())
        return {"id": str(invoice_id)}

    return forms.handle(
        LineFormSchema(), work, page=lambda state: _render(invoice_id, state), then=_to_invoice
    )


@pages.post(f"{LIST}/<uuid:invoice_id>/lines/remove")
@may(Permission.INVOICES_WRITE)
@shows_again
def remove_line(invoice_id: uuid.UUID) -> Response:
    """Remove a line of a draft."""

    def work(session: Session, data: Data) -> Data:
        service.remove_line(session, current_actor(), invoice_id, data["line"], utc_now())
        return {"id": str(invoice_id)}

    return forms.handle(
        RemoveLineFormSchema(),
        work,
        page=lambda state: _render(invoice_id, state),
        then=_to_invoice,
    )


@pages.post(f"{LIST}/<uuid:invoice_id>/discard")
@may(Permission.INVOICES_WRITE)
@shows_again
def discard(invoice_id: uuid.UUID) -> Response:
    """Delete a draft."""

    def work(session: Session, _data: Data) -> Data:
        service.discard_draft(session, current_actor(), invoice_id, utc_now())
        return {}

    return _button(invoice_id, work, lambda _result: LIST)


@pages.post(f"{LIST}/<uuid:invoice_id>/issue")
@may(Permission.INVOICES_WRITE)
@shows_again
def issue(invoice_id: uuid.UUID) -> Response:
    """Number a draft and freeze it; safe to repeat."""

    def work(session: Session, _data: Data) -> Data:
        service.issue_invoice(session, current_actor(), invoice_id, current_settings(), utc_now())
        return {"id": str(invoice_id)}

    return _button(invoice_id, work, _to_invoice)


@pages.post(f"{LIST}/<uuid:invoice_id>/credit")
@may(Permission.INVOICES_WRITE)
@shows_again
def credit(invoice_id: uuid.UUID) -> Response:
    """Issue a credit note of an invoice, in parts of its lines or of all that is left."""

    def work(session: Session, data: Data) -> Data:
        note = invoice_credits.credit_invoice(
            session, current_actor(), invoice_id, utc_now(), data["chosen"]
        )
        return {"id": str(note.public_id)}

    return forms.handle(
        InvoiceCreditFormSchema(),
        work,
        page=lambda state: _render(invoice_id, state),
        then=_to_invoice,
    )


@pages.post(f"{LIST}/<uuid:invoice_id>/mail")
@may(Permission.INVOICES_WRITE)
@shows_again
def mail(invoice_id: uuid.UUID) -> Response:
    """Mail an invoice or credit note to its payer; once."""

    def work(session: Session, _data: Data) -> Data:
        service.mail_invoice(session, current_actor(), invoice_id, utc_now())
        return {"id": str(invoice_id)}

    return _button(invoice_id, work, _to_invoice)


@pages.get(f"{LIST}/<uuid:invoice_id>/finvoice.xml")
@may(Permission.INVOICES_WRITE)
def finvoice_file(invoice_id: uuid.UUID) -> FlaskResponse:
    """Return an invoice as a Finvoice 3.0 file, to be handed to the e-invoice operator."""
    with reading() as session:
        stored = queries.invoice_by_id(session, invoice_id)
        view = queries.invoice_view(session, stored, helsinki_date(utc_now()))
        issued_at = stored.issued_at
    name = f'attachment; filename="{view.number}.xml"'
    content = finvoice(view, issued_at)
    return FlaskResponse(content, mimetype="application/xml", headers={"Content-Disposition": name})


@pages.get(f"{LIST}/<uuid:invoice_id>.pdf")
@may(Permission.INVOICES_WRITE)
def invoice_pdf(invoice_id: uuid.UUID) -> FlaskResponse:
    """Return an invoice as PDF, in the language of its payer."""
    if not is_available():  # the page is there to be printed
        raise DomainError(NOT_FOUND)
    with reading() as session:
        stored = queries.invoice_by_id(session, invoice_id)
        view = queries.invoice_view(session, stored, helsinki_date(utc_now()))
    name = f'inline; filename="{view.number}.pdf"'
    return FlaskResponse(
        pdf.invoice_pdf(view), mimetype="application/pdf", headers={"Content-Disposition": name}
    )


def _button(invoice_id: uuid.UUID, work: forms.Work, then: Any) -> Response:
    return forms.handle(
        NothingFormSchema(), work, page=lambda state: _render(invoice_id, state), then=then
    )


def _to_invoice(result: Data) -> str:
    return f"{LIST}/{result['id']}?done=saved"


def _render_list(form: FormState | None = None) -> str:
    with reading() as session:
        today = helsinki_date(utc_now())
        rows = queries.invoice_rows(session, today)
        overdue = queries.overdue_rows(session, today)
        drafts = queries.drafts(session)
        named = [(one.code, one.name) for one in payers(session)]
        ready = queries.seller_details(session, current_settings()) is not None
    return list_page(rows, overdue, drafts, named, form or FormState({}), ready=ready)


def list_page(
    rows: Sequence[InvoiceRow],
    overdue: Sequence[InvoiceRow],
    drafts: Sequence[tuple[uuid.UUID, str]],
    payers: Sequence[tuple[str, str]],
    form: FormState,
    *,
    ready: bool = True,
) -> str:
    """Return the page of invoices; not `ready`: seller or account are missing."""
    return render_template(
        "passes/invoices/manage_invoices.html",
        rows=rows,
        overdue=overdue,
        drafts=drafts,
        payers=payers,
        form=form,
        ready=ready,
        states=state_names(),
        refusals=form.sentences({"payer": _("Choose a payer.")}),
    )


def state_names() -> dict[str, str]:
    """Return what people read for each state of an invoice."""
    return {
        "open": _("open"),
        "overdue": _("overdue"),
        "partly_paid": _("partly paid"),
        "paid": _("paid"),
        "overpaid": _("paid too much"),
        "credited": _("credited"),
        "credit": _("credit note"),
    }


def _render_account(form: FormState | None = None) -> str:
    with reading() as session:
        stored = queries.account(session)
    values = {name: getattr(stored, name) for name in queries.ACCOUNT_FIELDS} if stored else {}
    return account_page(form or FormState(values), done=one_time.done() is not None)


def account_page(form: FormState, *, done: bool = False) -> str:
    """Return the page of the account that invoices are to be paid to."""
    both = _("Give both the e-invoice address and its operator, in capital letters and digits.")
    sentences = {
        "iban": _("Give an IBAN whose check digits are right."),
        "bic": _("Give the BIC of the bank, 8 or 11 characters in capital letters."),
        "vat_id": _("Give a VAT number, such as FI01120389."),
        "street": _("Give a street address of at most 35 characters."),
        "post_code": _("Give a postal code."),
        "town": _("Give a town of at most 35 characters."),
        "country": _("Give a country code of two capital letters, such as FI."),
        "einvoice_address": both,
        "einvoice_operator": both,
    }
    return render_template(
        "passes/invoices/invoice_account.html",
        form=form,
        values=form.values if form.values or form.errors else {"country": "FI"},
        refusals=form.sentences(sentences),
        done=done,
    )


def _render(invoice_id: uuid.UUID, form: FormState | None = None) -> str:
    state, done = form or FormState({}), one_time.done() is not None
    with reading() as session:
        if queries.is_draft(session, invoice_id):
            seller = seller_of(session, current_settings())
            draft = queries.draft_view(session, invoice_id, seller_vat=seller.charges_vat)
            return draft_page(draft, state, today=str(helsinki_date(utc_now())), done=done)
        stored = queries.invoice_by_id(session, invoice_id)
        view = queries.invoice_view(session, stored, helsinki_date(utc_now()))
    return invoice_page(view, state, done=done)


def draft_page(draft: DraftView, form: FormState, *, today: str, done: bool = False) -> str:
    """Return the page of a draft."""
    sentences = {
        "text": _("Give a text of at most 100 characters."),
        "quantity": _("Give how many, such as 2,5; at most 10 000."),
        "euros": _("Give a price in euros, such as 1250,00; at most 100 000."),
        "supplied_on": _("Choose the day of supply."),
    }
    return render_template(
        "passes/invoices/invoice_draft.html",
        draft=draft,
        form=form,
        values={"quantity": "1", "supplied_on": today} | dict(form.values),
        categories=[
            ("other", _("Other")),
            ("exercise", _("Exercise")),
            ("coaching", _("Coaching")),
        ],
        quantity=text_of_quantity,
        refusals=form.sentences(sentences),
        done=done,
    )


def invoice_page(page: InvoiceView, form: FormState, *, done: bool = False) -> str:
    """Return the page of an issued invoice, which is also printed."""
    return render_template(
        "passes/invoices/invoice.html",
        page=page,
        form=form,
        states=state_names(),
        quantity=text_of_quantity,
        iban=grouped_iban(page.seller.iban),
        reference=grouped_reference(page.reference),
        has_pdf=is_available(),
        refusals=form.sentences(
            {
                "amount": _("Give an amount in euros, such as 1250,00."),
                "paid_on": _("Choose the day of payment."),
            }
        ),
        done=done,
    )
