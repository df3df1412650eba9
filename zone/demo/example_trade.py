"""What staff see to in the books of the invented service.

A refund that waits for a second person and one that was declined, a payment that only its provider
knows, a payout, and an invoice of which a part was credited.
"""

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.identity import Actor
from zone.core.ids import new_secret
from zone.core.time import helsinki_date
from zone.demo import example
from zone.desk.sales.queries import offers_to
from zone.desk.sales.service import sell
from zone.members.people import queries as people_queries
from zone.members.people import service as people
from zone.members.people.models import Member
from zone.members.roles.queries import service_roles
from zone.passes.invoice_credits.service import credit_invoice
from zone.passes.invoices.models import Invoice
from zone.passes.orders.models import Order
from zone.passes.orders.rules import CounterLine, WantedLine
from zone.passes.orders.service import place_lines
from zone.passes.payments.models import Payment
from zone.passes.payments.providers import development, paytrail
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.payments.service import grant, record_outcome
from zone.passes.receipts.queries import seller_of
from zone.passes.reconciliation.rules import AGREES
from zone.passes.reconciliation.service import record_comparison, record_unknown
from zone.passes.refund_requests import service as refund_requests
from zone.passes.refund_requests.models import RefundRequest
from zone.passes.settlements.service import record_settlement

BUYERS: Final = {
    "moving@zone.example": "Neljäs Opiskelija",
    "ill@zone.example": "Femte Studerande",
    "online@zone.example": "Sixth Student",
}
DESK: Final = "desk@zone.example"
MANAGER: Final = "manager@zone.example"
PRODUCT: Final = "sports-year"
CREDITED: Final = 20
"""Hundredths of the term on the invoice that are credited."""
UNKNOWN: Final = "7d1e0c55-restored"


def load(session: Session, settings: Settings, now: datetime) -> None:
    """Load it once; nothing without a seller, who sells nothing."""
    seller = seller_of(session, settings)
    if not seller.is_complete or session.scalar(select(RefundRequest.id).limit(1)):
        return
    desk, manager = _staff(session, DESK), _staff(session, MANAGER)
    moving, ill, online = (_buyer(session, email, now) for email in BUYERS)
    _refund_requests(session, (moving, ill), desk, manager, settings, now)
    payment = _paid_by_provider(session, online, settings, now)
    _payout(session, payment, manager, now)
    unknown = PaymentNotice(UNKNOWN, "paid", 4500, "EUR", now - timedelta(hours=3), "tx-51c0")
    record_unknown(session, development.NAME, unknown, now)
    invoice = session.scalar(select(Invoice).where(Invoice.kind == "invoice").order_by(Invoice.id))
    if invoice is not None:
        credit_invoice(session, manager, invoice.public_id, now, {1: CREDITED})


def _staff(session: Session, email: str) -> Actor:
    member = people_queries.member_by_email(session, email)
    if member is None:
        raise LookupError(email)
    roles = frozenset(service_roles(session, member.id))
    return Actor("person", member.id, member.public_id, roles, member.language)


def _buyer(session: Session, email: str, now: datetime) -> Member:
    member = people.create_member(session, email=email, name=BUYERS[email], language="en", now=now)
    example.prove(session, member, "metropolia", "student", now)
    return member


def _refund_requests(
    session: Session,
    buyers: Sequence[Member],
    desk: Actor,
    manager: Actor,
    settings: Settings,
    now: datetime,
) -> None:
    """Sell two passes at the desk, which asks to give the money back; the manager declines one."""
    for buyer, reason in zip(buyers, ("Moved to another town", "Changed their mind"), strict=True):
        offered = offers_to(session, buyer.public_id, settings=settings, now=now)
        quote = next(one.quote for one in offered if one.product.code == PRODUCT and one.quote)
        line = CounterLine(PRODUCT, quote.cents, quote.starts_on, quote.ends_on)
        sold = sell(
            session,
            desk,
            buyer.public_id,
            [line],
            method="card_terminal",
            reference="1204",
            now=now,
            settings=settings,
        )
        order = session.scalars(select(Order.id).where(Order.public_id == sold.id)).one()
        asked = refund_requests.refund_or_ask(session, desk, order, None, reason=reason, now=now)
    if isinstance(asked, RefundRequest):
        note = "The pass was used on twelve days."
        refund_requests.decline(session, manager, asked, note=note, now=now)


def _paid_by_provider(
    session: Session, buyer: Member, settings: Settings, now: datetime
) -> Payment:
    """Sell a pass on the web that Paytrail was paid for, and agrees about."""
    seller = seller_of(session, settings)
    order = place_lines(session, buyer.id, [WantedLine(PRODUCT)], now=now, seller=seller)
    payment = Payment(
        order_id=order.id,
        provider=paytrail.NAME,
        reference=new_secret(),
        cents=order.total_cents,
        currency=order.currency,
        started_at=now,
    )
    session.add(payment)
    session.flush()
    record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
    grant(session, payment, now, seller, paid_at=now)
    # The demo has no account there, so nobody asks Paytrail.
    record_comparison(session, payment.id, AGREES, payment.cents, now)
    return payment


def _payout(session: Session, payment: Payment, manager: Actor, now: datetime) -> None:
    """Store a payout of Paytrail: the payment, and one that is unknown here."""
    day = helsinki_date(now).isoformat()
    rows = [
        ("settlementId", "settlementDate", "amount", "paymentMethodCommission", "reference"),
        ("4051", day, payment.cents, 35, payment.reference),
        ("4051", day, 4500, 35, "before-this-system"),
    ]
    text = StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    record_settlement(session, manager, text.getvalue().encode(), good_only=False, now=now)
