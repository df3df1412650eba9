"""Prepare, issue, credit and mail invoices, as a manager. Never commits.

Lock order: draft or invoice, then the year of the series, last and shortest.
"""

import secrets
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.formats import format_cents, format_date
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.mail import service as mails
from zone.core.time import helsinki_date
from zone.passes.catalogue.queries import vat_bp_on
from zone.passes.invoices import queries
from zone.passes.invoices.bank_references import (
    grouped_iban,
    grouped_reference,
    reference_number,
)
from zone.passes.invoices.errors import (
    ACCOUNT_MISSING,
    ALREADY_MAILED,
    INVOICE_EMPTY,
    INVOICE_FULL,
    NO_ADDRESS,
    SUPPLY_DAY_UNKNOWN,
)
from zone.passes.invoices.models import (
    Invoice,
    InvoiceDraft,
    InvoiceDraftLine,
    InvoiceLine,
    InvoiceMail,
    SellerAccount,
)
from zone.passes.invoices.rules import (
    MOST_LINES,
    InvoicePrice,
    SellerDetails,
    due_date,
    rates_of,
    tax_of_lines,
)
from zone.passes.numbering.rules import INVOICE, ReceiptNumber
from zone.passes.numbering.service import next_number
from zone.passes.payers.models import Payer
from zone.passes.payers.queries import details_of, payer_by_code

IssuedLine = tuple[str, date, InvoicePrice]
"""The text of a line, its day of supply, and its price."""

PDF_OF: Final = "invoice"
"""The kind of the file that goes with the mail of an invoice; `pdf` declares it."""


def save_account(session: Session, actor: Actor, now: datetime, **values: str) -> SellerAccount:
    """Set the account that invoices are to be paid to from now on, and audit it.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.INVOICES_WRITE)
    before = queries.account(session)
    stored = None
    if before is not None:
        stored = {name: getattr(before, name) for name in queries.ACCOUNT_FIELDS}
    if before is not None and stored == values:
        return before
    row = set_account(session, now, recorded_by=actor.id, **values)
    audit(session, actor, "invoice_account.change", "invoices", now, before=stored, after=values)
    return row


def set_account(
    session: Session, now: datetime, *, recorded_by: int | None, **values: str
) -> SellerAccount:
    """Set the account, without an audit row."""
    row = SellerAccount(recorded_at=now, recorded_by=recorded_by, **values)
    session.add(row)
    session.flush()
    return row


def create_draft(
    session: Session, actor: Actor, payer_code: str, buyer_reference: str, now: datetime
) -> InvoiceDraft:
    """Begin an invoice to a payer, and audit it.

    Raises:
        DomainError: forbidden; not_found: no such payer.
    """
    actor.require(Permission.INVOICES_WRITE)
    payer = payer_by_code(session, payer_code)
    draft = InvoiceDraft(
        public_id=new_public_id(),
        payer_id=payer.id,
        buyer_reference=buyer_reference,
        created_at=now,
    )
    session.add(draft)
    session.flush()
    after = {"payer": payer_code, "buyer_reference": buyer_reference}
    audit(session, actor, "invoice.draft", draft.public_id, now, after=after)
    return draft


def add_line(
    session: Session,
    actor: Actor,
    public_id: uuid.UUID,
    *,
    text: str,
    quantity: int,
    unit_cents: int,
    vat_category: str,
    supplied_on: date,
    now: datetime,
) -> InvoiceDraftLine:
    """Add a line to a draft, and audit it.

    Raises:
        DomainError: forbidden; not_found: no such draft; invoice_full; supply_day_unknown.
    """
    actor.require(Permission.INVOICES_WRITE)
    draft = _locked_draft(session, public_id)
    _check_day(session, vat_category, supplied_on)
    if len(queries.draft_lines(session, draft.id)) >= MOST_LINES:
        raise DomainError(INVOICE_FULL)
    values = {
        "text": text,
        "quantity": quantity,
        "unit_cents": unit_cents,
        "vat_category": vat_category,
    }
    line = InvoiceDraftLine(draft_id=draft.id, supplied_on=supplied_on, **values)
    session.add(line)
    session.flush()
    after = {**values, "supplied_on": supplied_on.isoformat()}
    audit(session, actor, "invoice.line", public_id, now, after=after)
    return line


def remove_line(
    session: Session, actor: Actor, public_id: uuid.UUID, line_id: int, now: datetime
) -> None:
    """Remove a line of a draft, and audit it; one that is gone already is no error.

    Raises:
        DomainError: forbidden; not_found: no such draft.
    """
    actor.require(Permission.INVOICES_WRITE)
    draft = _locked_draft(session, public_id)
    removed = session.scalar(
        delete(InvoiceDraftLine)
        .where(InvoiceDraftLine.draft_id == draft.id, InvoiceDraftLine.id == line_id)
        .returning(InvoiceDraftLine.text)
    )
    if removed is not None:
        before = {"text": removed}
        audit(session, actor, "invoice.line", public_id, now, before=before, after={})


def discard_draft(session: Session, actor: Actor, public_id: uuid.UUID, now: datetime) -> None:
    """Delete a draft, and audit it.

    Raises:
        DomainError: forbidden; not_found: no such draft.
    """
    actor.require(Permission.INVOICES_WRITE)
    draft = _locked_draft(session, public_id)
    _delete_draft(session, draft)
    audit(session, actor, "invoice.discard", public_id, now, after={"discarded": True})


def issue_invoice(
    session: Session, actor: Actor, public_id: uuid.UUID, settings: Settings, now: datetime
) -> Invoice:
    """Number a draft and freeze it; issued again, it is the same invoice.

    Raises:
        DomainError: forbidden; not_found; account_missing; invoice_empty; vat_unknown.
    """
    actor.require(Permission.INVOICES_WRITE)
    found = select(InvoiceDraft).where(InvoiceDraft.public_id == public_id).with_for_update()
    draft = session.scalar(found)
    if draft is None:  # issued by the tap before this one, or unknown
        return queries.invoice_by_id(session, public_id)
    seller = queries.seller_details(session, settings)
    if seller is None:
        raise DomainError(ACCOUNT_MISSING)
    payer = session.get_one(Payer, draft.payer_id)
    stored = queries.draft_lines(session, draft.id)
    lines = [
        (
            line.text,
            line.supplied_on,
            queries.price_of(session, line, seller_vat=seller.charges_vat),
        )
        for line in stored
    ]
    if sum(price.net_cents for _text, _day, price in lines) <= 0:
        raise DomainError(INVOICE_EMPTY)
    _delete_draft(session, draft)
    invoice = write_invoice(
        session, payer, seller, lines, now, draft.public_id, draft.buyer_reference
    )
    after = {"number": invoice.printed_number, "cents": invoice.cents}
    audit(session, actor, "invoice.issue", public_id, now, after=after)
    return invoice


def write_invoice(
    session: Session,
    payer: Payer,
    seller: SellerDetails,
    lines: Sequence[IssuedLine],
    now: datetime,
    public_id: uuid.UUID,
    buyer_reference: str = "",
) -> Invoice:
    """Number and store an invoice, with copies of what it says; without an audit row."""
    invoice = Invoice(
        public_id=public_id,
        kind="invoice",
        payer_id=payer.id,
        payer_details=queries.copy_of(details_of(payer)),
        seller_details=queries.copy_of(seller),
        buyer_reference=buyer_reference,
        due_on=due_date(helsinki_date(now), payer.payment_days),
    )
    write_numbered(session, invoice, lines, now)
    return invoice


def write_numbered(
    session: Session,
    invoice: Invoice,
    lines: Sequence[IssuedLine],
    now: datetime,
) -> None:
    """Number an invoice or credit note, and store it with its lines."""
    prices = [price for _text, _day, price in lines]
    rates, taxes = rates_of(prices), tax_of_lines(prices)
    invoice.issued_at, invoice.issued_on = now, helsinki_date(now)
    invoice.net_cents = sum(rate.net for rate in rates)
    invoice.tax_cents = sum(rate.tax for rate in rates)
    invoice.cents = invoice.net_cents + invoice.tax_cents
    # Last, because others wait for the number.
    taken = next_number(session, INVOICE, now)
    invoice.series, invoice.year, invoice.number = taken.series, taken.year, taken.number
    if invoice.kind == "invoice":
        invoice.reference = _new_reference(taken)
    session.add(invoice)
    session.flush()
    session.add_all(
        InvoiceLine(
            invoice_id=invoice.id,
            text=text,
            quantity=price.quantity,
            unit_cents=price.unit_cents,
            vat_bp=price.vat_bp,
            supplied_on=day,
            net_cents=price.net_cents,
            tax_cents=tax,
        )
        for (text, day, price), tax in zip(lines, taxes, strict=True)
    )
    session.flush()


def _new_reference(taken: ReceiptNumber) -> str:
    # Six random digits: the invoices that a restored backup does not know are with their payers,
    # and a payment of one of them must not be taken for that of another.
    return reference_number(f"{taken.year}{taken.number:06d}{secrets.randbelow(10**6):06d}")


def mail_invoice(session: Session, actor: Actor, public_id: uuid.UUID, now: datetime) -> None:
    """Mail an invoice or credit note to its payer, with the PDF; once.

    Raises:
        DomainError: forbidden; not_found; no_address; already_mailed.
    """
    actor.require(Permission.INVOICES_WRITE)
    view = queries.invoice_view(
        session, queries.invoice_by_id(session, public_id), helsinki_date(now)
    )
    if view.mailed_to:
        raise DomainError(ALREADY_MAILED)
    if not view.payer.email:
        raise DomainError(NO_ADDRESS)
    invoice = queries.invoice_by_id(session, public_id)
    session.add(InvoiceMail(invoice_id=invoice.id, recipient=view.payer.email, recorded_at=now))
    session.flush()
    language = view.payer.language
    mails.post(
        session,
        to=view.payer.email,
        template="passes/invoice" if view.kind == "invoice" else "passes/invoice_credit",
        language=language,
        now=now,
        dedupe=f"invoice {view.number}",
        attachment=f"{PDF_OF} {view.number}",
        params={
            "number": view.number,
            "total": format_cents(view.cents),
            "seller": view.seller.name,
            **(
                {
                    "due": format_date(view.due_on, language),
                    "iban": grouped_iban(view.seller.iban),
                    "reference": grouped_reference(view.reference),
                    "bar_code": view.bar_code,
                }
                if view.kind == "invoice"
                else {"credits": view.credits}
            ),
        },
    )
    audit(session, actor, "invoice.mail", public_id, now, after={"to": view.payer.email})


def _check_day(session: Session, vat_category: str, supplied_on: date) -> None:
    try:
        vat_bp_on(session, vat_category, supplied_on, seller_vat=True)
    except DomainError as unknown:  # before the first rate: said now, not when it is issued
        raise DomainError(SUPPLY_DAY_UNKNOWN) from unknown


def _locked_draft(session: Session, public_id: uuid.UUID) -> InvoiceDraft:
    found = select(InvoiceDraft).where(InvoiceDraft.public_id == public_id).with_for_update()
    draft = session.scalar(found)
    if draft is None:
        raise DomainError(NOT_FOUND)
    return draft


def _delete_draft(session: Session, draft: InvoiceDraft) -> None:
    session.execute(delete(InvoiceDraftLine).where(InvoiceDraftLine.draft_id == draft.id))
    session.execute(delete(InvoiceDraft).where(InvoiceDraft.id == draft.id))


def audit(
    session: Session,
    actor: Actor,
    action: str,
    object_id: object,
    now: datetime,
    *,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="invoice",
        object_id=object_id,
        before=before,
        after=after,
        now=now,
    )
