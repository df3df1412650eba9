"""Drafts and invoices, for managers, for the PDF and for the Finvoice file."""

import uuid
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.catalogue.queries import vat_bp_on
from zone.passes.invoice_credits.queries import has_something_left, left_to_credit
from zone.passes.invoice_payments.models import InvoicePayment
from zone.passes.invoices.bank_references import bank_bar_code, creditor_reference
from zone.passes.invoices.models import (
    Invoice,
    InvoiceDraft,
    InvoiceDraftLine,
    InvoiceLine,
    InvoiceMail,
    SellerAccount,
)
from zone.passes.invoices.rules import (
    InvoicePrice,
    InvoiceRate,
    SellerDetails,
    rates_of,
    state_of,
    tax_of_lines,
)
from zone.passes.payers.models import Payer
from zone.passes.payers.rules import BillingDetails
from zone.passes.receipts.queries import seller_of

ACCOUNT_FIELDS: Final = (
    "iban",
    "bic",
    "vat_id",
    "street",
    "post_code",
    "town",
    "country",
    "einvoice_address",
    "einvoice_operator",
)
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class InvoiceLineView:
    """A line as it is shown; of a draft without its VAT, which is decided when it is issued."""

    id: int
    text: str
    quantity: int
    unit_cents: int
    vat_bp: int
    supplied_on: date
    net_cents: int
    tax_cents: int


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft with its lines, priced as if it were issued now."""

    id: uuid.UUID
    payer_code: str
    payer: str
    buyer_reference: str
    lines: list[InvoiceLineView]
    rates: list[InvoiceRate]

    @property
    def cents(self) -> int:
        """The sum with VAT."""
        return sum(rate.gross for rate in self.rates)


@dataclass(frozen=True, slots=True)
class InvoicePaymentView:
    """A sum that has come for an invoice."""

    cents: int
    paid_on: date
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An issued invoice or credit note with all that is printed, and what has come of it.

    `credited_cents` is what credit notes took off, below zero; `left` is how much of each line was
    not credited yet.
    """

    id: uuid.UUID
    number: str
    kind: str
    credits: str
    credited_by: str
    payer_code: str
    payer: BillingDetails
    seller: SellerDetails
    buyer_reference: str
    reference: str
    issued_on: date
    due_on: date
    lines: list[InvoiceLineView]
    net_cents: int
    tax_cents: int
    cents: int
    payments: list[InvoicePaymentView]
    mailed_to: str
    state: str
    credited_cents: int = 0
    left: tuple[int, ...] = ()

    @property
    def rates(self) -> list[InvoiceRate]:
        """The sums of each VAT rate."""
        priced = [InvoicePrice(one.quantity, one.unit_cents, one.vat_bp) for one in self.lines]
        return rates_of(priced)

    @property
    def paid_cents(self) -> int:
        """What has come."""
        return sum(one.cents for one in self.payments)

    @property
    def creditor_reference(self) -> str:
        """The reference for payers abroad."""
        return creditor_reference(self.reference)

    @property
    def bar_code(self) -> str:
        """The digits of the bank bar code; none on a credit note."""
        if self.kind == "credit":
            return ""
        return bank_bar_code(self.seller.iban, self.cents, self.reference, self.due_on)


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice or credit note in a list."""

    id: uuid.UUID
    number: str
    kind: str
    payer: str
    issued_on: date
    due_on: date
    cents: int
    paid_cents: int
    state: str


def account(session: Session) -> SellerAccount | None:
    """Return the account that invoices are to be paid to now; None: it is not set yet."""
    return session.scalar(select(SellerAccount).order_by(SellerAccount.id.desc()).limit(1))


def seller_details(session: Session, settings: Settings) -> SellerDetails | None:
    """Return who sends invoices now; None: seller or account are not known yet."""
    stored, seller = account(session), seller_of(session, settings)
    if stored is None or not seller.is_complete:
        return None
    return SellerDetails(
        name=seller.name,
        business_id=seller.business_id,
        charges_vat=seller.charges_vat,
        **{name: getattr(stored, name) for name in ACCOUNT_FIELDS},
    )


def draft_lines(session: Session, draft_id: int) -> list[InvoiceDraftLine]:
    """Return the lines of a draft in their order."""
    rows = select(InvoiceDraftLine).where(InvoiceDraftLine.draft_id == draft_id)
    return list(session.scalars(rows.order_by(InvoiceDraftLine.id)))


def drafts(session: Session) -> list[tuple[uuid.UUID, str]]:
    """Return the drafts with the names of their payers, the newest first."""
    rows = session.execute(
        select(InvoiceDraft.public_id, Payer.name)
        .join(Payer, Payer.id == InvoiceDraft.payer_id)
        .order_by(InvoiceDraft.id.desc())
    )
    return [(public_id, name) for public_id, name in rows]


def is_draft(session: Session, public_id: uuid.UUID) -> bool:
    """Return whether an id is that of a draft, which has not been issued yet."""
    found = select(InvoiceDraft.id).where(InvoiceDraft.public_id == public_id)
    return session.scalar(found) is not None


def invoice_by_id(session: Session, public_id: uuid.UUID) -> Invoice:
    """Return an issued invoice or credit note.

    Raises:
        DomainError: not_found.
    """
    found = session.scalar(select(Invoice).where(Invoice.public_id == public_id))
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def invoice_by_number(session: Session, number: str) -> Invoice | None:
    """Return the invoice that is printed with a number."""
    series, _, rest = number.partition("-")
    year, _, count = rest.partition("-")
    if not (year.isdecimal() and count.isdecimal()):
        return None
    return session.scalar(
        select(Invoice).where(
            Invoice.series == series, Invoice.year == int(year), Invoice.number == int(count)
        )
    )


def lines_of(session: Session, invoice_id: int) -> list[InvoiceLine]:
    """Return the lines of an invoice in their order."""
    rows = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)
    return list(session.scalars(rows.order_by(InvoiceLine.id)))


def invoice_view(session: Session, invoice: Invoice, today: date) -> InvoiceView:
    """Return an invoice as it is shown and printed."""
    payments = session.scalars(
        select(InvoicePayment)
        .where(InvoicePayment.invoice_id == invoice.id)
        .order_by(InvoicePayment.id)
    ).all()
    notes = session.scalars(
        select(Invoice).where(Invoice.credits_id == invoice.id).order_by(Invoice.id)
    ).all()
    left, taken_off = left_to_credit(session, invoice.id), sum(note.cents for note in notes)
    credited = invoice.credits_id and session.get_one(Invoice, invoice.credits_id)
    mailed = select(InvoiceMail.recipient).where(InvoiceMail.invoice_id == invoice.id)
    return InvoiceView(
        id=invoice.public_id,
        number=invoice.printed_number,
        kind=invoice.kind,
        credits=credited.printed_number if credited else "",
        credited_by=", ".join(note.printed_number for note in notes),
        payer_code=session.get_one(Payer, invoice.payer_id).code,
        payer=BillingDetails(**invoice.payer_details),
        seller=SellerDetails(**invoice.seller_details),
        buyer_reference=invoice.buyer_reference,
        reference=invoice.reference,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        lines=[_line_view(line) for line in lines_of(session, invoice.id)],
        net_cents=invoice.net_cents,
        tax_cents=invoice.tax_cents,
        cents=invoice.cents,
        payments=[
            InvoicePaymentView(one.cents, one.paid_on, one.source, one.note) for one in payments
        ],
        mailed_to=session.scalar(mailed) or "",
        state="credit"
        if invoice.kind == "credit"
        else state_of(
            cents=invoice.cents,
            paid_cents=sum(one.cents for one in payments),
            is_credited=bool(notes) and not any(left),
            due_on=invoice.due_on,
            today=today,
            credited_cents=taken_off,
        ),
        credited_cents=taken_off,
        left=tuple(left) if invoice.kind == "invoice" else (),
    )


def _line_view(line: InvoiceLine) -> InvoiceLineView:
    return InvoiceLineView(**{one.name: getattr(line, one.name) for one in fields(InvoiceLineView)})


def invoice_rows(session: Session, today: date, *, most: int = MOST) -> list[InvoiceRow]:
    """Return invoices and credit notes, the newest first."""
    return [_row(*found, today=today) for found in session.execute(_rows().limit(most))]


def overdue_rows(session: Session, today: date) -> list[InvoiceRow]:
    """Return the invoices that are overdue, the longest overdue first."""
    due = _rows().where(Invoice.kind == "invoice", Invoice.due_on < today)
    rows = [_row(*found, today=today) for found in session.execute(due)]
    return sorted((one for one in rows if one.state == "overdue"), key=lambda one: one.due_on)


def _rows() -> Select[Invoice, int, int, bool]:
    credit = aliased(Invoice)
    paid = (
        select(func.coalesce(func.sum(InvoicePayment.cents), 0))
        .where(InvoicePayment.invoice_id == Invoice.id)
        .scalar_subquery()
    )
    credited = (
        select(func.coalesce(func.sum(credit.cents), 0))
        .where(credit.credits_id == Invoice.id)
        .scalar_subquery()
    )
    return select(Invoice, paid, credited, has_something_left()).order_by(Invoice.id.desc())


def _row(
    invoice: Invoice, paid: int, credited: int, is_something_left: bool, *, today: date
) -> InvoiceRow:
    # int: PostgreSQL adds up to a Decimal.
    paid, credited = int(paid), int(credited)
    return InvoiceRow(
        id=invoice.public_id,
        number=invoice.printed_number,
        kind=invoice.kind,
        payer=str(invoice.payer_details["name"]),
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        cents=invoice.cents,
        paid_cents=paid,
        state="credit"
        if invoice.kind == "credit"
        else state_of(
            cents=invoice.cents,
            paid_cents=paid,
            is_credited=credited < 0 and not is_something_left,
            due_on=invoice.due_on,
            today=today,
            credited_cents=credited,
        ),
    )


def copy_of(details: BillingDetails | SellerDetails) -> dict[str, object]:
    """Return details as an invoice stores them."""
    return asdict(details)


def draft_view(session: Session, public_id: uuid.UUID, *, seller_vat: bool) -> DraftView:
    """Return a draft at the prices and rates that it would be issued with now.

    Raises:
        DomainError: not_found; vat_unknown: a line has a day before the first known rate.
    """
    found = session.execute(
        select(InvoiceDraft, Payer)
        .join(Payer, Payer.id == InvoiceDraft.payer_id)
        .where(InvoiceDraft.public_id == public_id)
    ).one_or_none()
    if found is None:
        raise DomainError(NOT_FOUND)
    draft, payer = found
    stored = draft_lines(session, draft.id)
    priced = [price_of(session, line, seller_vat=seller_vat) for line in stored]
    taxes = tax_of_lines(priced)
    lines = [
        InvoiceLineView(
            line.id,
            line.text,
            line.quantity,
            line.unit_cents,
            price.vat_bp,
            line.supplied_on,
            price.net_cents,
            tax,
        )
        for line, price, tax in zip(stored, priced, taxes, strict=True)
    ]
    return DraftView(
        draft.public_id, payer.code, payer.name, draft.buyer_reference, lines, rates_of(priced)
    )


def price_of(session: Session, line: InvoiceDraftLine, *, seller_vat: bool) -> InvoicePrice:
    """Return what a line of a draft is computed from, with the VAT rate of its day of supply."""
    rate = vat_bp_on(session, line.vat_category, line.supplied_on, seller_vat=seller_vat)
    return InvoicePrice(line.quantity, line.unit_cents, rate)
