"""Credit an invoice in whole or in part. Never commits.

Lock order: the invoice, its credited lines, then the year of the series, last and shortest.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date
from zone.passes.invoice_credits.errors import NOTHING_TO_CREDIT
from zone.passes.invoice_credits.models import CreditedInvoiceLine
from zone.passes.invoice_credits.queries import left_to_credit
from zone.passes.invoice_credits.rules import quantities_to_credit
from zone.passes.invoices import queries
from zone.passes.invoices.errors import ALREADY_CREDITED
from zone.passes.invoices.models import Invoice, InvoiceLine
from zone.passes.invoices.rules import InvoicePrice, rates_of
from zone.passes.invoices.service import audit, write_numbered


def credit_invoice(
    session: Session,
    actor: Actor,
    public_id: uuid.UUID,
    now: datetime,
    chosen: Mapping[int, int] | None = None,
) -> Invoice:
    """Issue a credit note of an invoice, at its own rates and with its own seller, and audit it.

    `chosen`: hundredths by the number of the line, from 1; None: all that is left.

    Raises:
        DomainError: forbidden; not_found; already_credited; nothing_to_credit;
            invoice_credit_too_high.
    """
    actor.require(Permission.INVOICES_WRITE)
    sale = queries.invoice_by_id(session, public_id)
    # Two credit notes of one invoice wait for each other; the second sees what the first has left.
    session.execute(select(Invoice.id).where(Invoice.id == sale.id).with_for_update(key_share=True))
    left = left_to_credit(session, sale.id)
    if sale.kind == "credit" or not any(left):
        raise DomainError(ALREADY_CREDITED)
    quantities = quantities_to_credit(left, chosen)
    stored = queries.lines_of(session, sale.id)
    credited = [(line, part) for line, part in zip(stored, quantities, strict=True) if part]
    lines = [
        (line.text, line.supplied_on, InvoicePrice(-part, line.unit_cents, line.vat_bp))
        for line, part in credited
    ]
    if sum(rate.gross for rate in rates_of([price for *_, price in lines])) >= 0:
        raise DomainError(NOTHING_TO_CREDIT)  # such as a hundredth of a cent
    for line, part in credited:
        _count(session, line, part)
    note = Invoice(
        public_id=new_public_id(),
        kind="credit",
        credits_id=sale.id,
        payer_id=sale.payer_id,
        payer_details=sale.payer_details,
        seller_details=sale.seller_details,
        buyer_reference=sale.buyer_reference,
        reference=sale.reference,
        due_on=helsinki_date(now),
    )
    write_numbered(session, note, lines, now)
    after = {
        "number": note.printed_number,
        "credits": sale.printed_number,
        "cents": note.cents,
    }
    audit(session, actor, "invoice.credit", public_id, now, after=after)
    return note


def _count(session: Session, line: InvoiceLine, part: int) -> None:
    first = {"invoice_line_id": line.id, "quantity": line.quantity, "credited_quantity": 0}
    insert_new(session, CreditedInvoiceLine, [first], CreditedInvoiceLine.invoice_line_id)
    session.execute(
        update(CreditedInvoiceLine)
        .where(CreditedInvoiceLine.invoice_line_id == line.id)
        .values(credited_quantity=CreditedInvoiceLine.credited_quantity + part)
        .execution_options(synchronize_session=False)
    )
