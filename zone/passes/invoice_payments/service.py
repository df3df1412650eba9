"""Record payments of invoices, by hand or from rows of the bank. Never commits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.passes.invoice_payments.bank_rows import BankRow
from zone.passes.invoice_payments.models import InvoicePayment
from zone.passes.invoices.models import Invoice
from zone.passes.invoices.queries import invoice_by_id


@dataclass(frozen=True, slots=True)
class BankResult:
    """What came of a file: rows that were new, known before, and new without an invoice."""

    stored: int
    known: int
    unknown: int


def record_payment(
    session: Session,
    actor: Actor,
    public_id: uuid.UUID,
    *,
    cents: int,
    paid_on: date,
    note: str,
    now: datetime,
) -> InvoicePayment:
    """Record by hand what has come for an invoice, and audit it; less than zero corrects it.

    Raises:
        DomainError: forbidden; not_found.
    """
    actor.require(Permission.INVOICES_WRITE)
    invoice = invoice_by_id(session, public_id)
    payment = InvoicePayment(
        public_id=new_public_id(),
        invoice_id=invoice.id,
        reference=invoice.reference,
        cents=cents,
        paid_on=paid_on,
        source="hand",
        note=note,
        recorded_at=now,
        recorded_by=actor.id,
    )
    session.add(payment)
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="invoice.payment",
        object_kind="invoice",
        object_id=public_id,
        after={"cents": cents, "paid_on": paid_on.isoformat(), "note": note},
        now=now,
    )
    return payment


def record_bank_rows(
    session: Session, actor: Actor, rows: Sequence[BankRow], now: datetime
) -> BankResult:
    """Record rows of the bank for the invoices of their references, and audit it.

    A row that is known is left alone; one whose reference no invoice has is kept without one.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.INVOICES_WRITE)
    invoices = _invoices_by_reference(session, {row.reference for row in rows})
    # One statement a row: a file names a row once, and two uploads at once wait for each other.
    new = [
        row
        for row in sorted(rows, key=lambda row: row.key)
        if _store(session, actor, row, invoices, now)
    ]
    result = BankResult(
        stored=len(new),
        known=len(rows) - len(new),
        unknown=sum(row.reference not in invoices for row in new),
    )
    record_action(
        session,
        actor_id=actor.id,
        action="invoice.bank_rows",
        object_kind="invoice",
        object_id="bank",
        after={"stored": result.stored, "known": result.known, "unknown": result.unknown},
        now=now,
    )
    return result


def _invoices_by_reference(session: Session, references: set[str]) -> dict[str, int]:
    found = session.execute(
        select(Invoice.reference, Invoice.id).where(
            Invoice.kind == "invoice", Invoice.reference.in_(references)
        )
    )
    return {row[0]: row[1] for row in found}


def _store(
    session: Session, actor: Actor, row: BankRow, invoices: dict[str, int], now: datetime
) -> bool:
    values = {
        "public_id": new_public_id(),
        "invoice_id": invoices.get(row.reference),
        "reference": row.reference,
        "cents": row.cents,
        "paid_on": row.paid_on,
        "source": "bank",
        "bank_key": row.key,
        "note": "",
        "recorded_at": now,
        "recorded_by": actor.id,
    }
    return bool(insert_new(session, InvoicePayment, [values], InvoicePayment.id))
