"""Pay orders: start a payment, settle it, grant what was paid for, refund. Never commits.

Grants happen once however often a payment is reported: an order is locked while its payment is
granted or refunded, and unique keys refuse what a missing lock would let through.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id, new_secret
from zone.core.time import helsinki_date
from zone.members.roster_marks.service import mark_roster
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import last_day_of
from zone.passes.catalogue.rules import FEE
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes import service as passes
from zone.passes.passes.queries import next_free_day
from zone.passes.passes.service import passes_of_order, record_event
from zone.passes.payments.errors import ALREADY_REFUNDED, NOT_PAID, ORDER_SETTLED, WRONG_AMOUNT
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.payments.providers.protocol import AmountDue, PaymentNotice, PaymentProvider
from zone.passes.receipts.models import Receipt
from zone.passes.receipts.rules import UNNAMED, Seller
from zone.passes.receipts.service import issue_receipt, send_receipt

FREE: Final = "free"
"""The provider of a payment of 0 cents."""


def start_payment(
    session: Session,
    order: Order,
    provider: PaymentProvider,
    now: datetime,
    seller: Seller = UNNAMED,
) -> str | None:
    """Start a payment of an order; return the address to pay at, or None where nothing is due.

    An order may have several payments, after one was declined, cancelled or left.

    Raises:
        DomainError: order_settled.
    """
    if _is_settled(session, order.id):
        raise DomainError(ORDER_SETTLED)
    free = order.total_cents == 0  # a provider takes no payment of 0 cents: granted at once
    payment = Payment(
        order_id=order.id,
        provider=FREE if free else provider.name,
        reference=new_secret(),
        cents=order.total_cents,
        currency=order.currency,
        started_at=now,
    )
    session.add(payment)
    session.flush()
    if not free:
        return provider.start(AmountDue(payment.reference, payment.cents, payment.currency))
    record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
    grant(session, payment, now, seller)
    return None


def settle(
    session: Session, provider: str, notice: PaymentNotice, now: datetime, seller: Seller = UNNAMED
) -> Order:
    """Store a provider's notice of a payment, grant the order when it is paid, and return it.

    Notices may be repeated, late and in any order.

    Raises:
        DomainError: not_found, wrong_amount.
    """
    payment = session.scalar(
        # Its own payments only: no notice settles one of the counter or of another provider.
        select(Payment).where(Payment.reference == notice.reference, Payment.provider == provider)
    )
    if payment is None:
        raise DomainError(NOT_FOUND)
    # A valid signature over another amount is a fault of the provider: grant nothing for it.
    if (notice.cents, notice.currency) != (payment.cents, payment.currency):
        raise DomainError(WRONG_AMOUNT)
    at = min(notice.at, now)  # the provider's clock may be ahead of ours
    new = record_outcome(session, payment.id, notice.outcome, occurred_at=at, recorded_at=now)
    # A repeated notice is no error, and grants nothing.
    if new and notice.outcome == "paid":
        grant(session, payment, now, seller)
    return session.get_one(Order, payment.order_id)


def grant(session: Session, payment: Payment, now: datetime, seller: Seller = UNNAMED) -> None:
    """Grant a paid order: its receipt, also by mail, and its passes.

    A second payment of the same order is refunded instead.
    """
    # NO KEY UPDATE: two payments of one order wait for each other, and the second one finds the
    # receipt of the first.
    order = session.execute(
        select(Order).where(Order.id == payment.order_id).with_for_update(key_share=True)
    ).scalar_one()
    if _is_settled(session, order.id):
        return _refund_second_payment(session, payment, now)
    # First the receipt: the lock on its number lets a second purchase of the same person wait here
    # and see the pass of this one, so that its own pass starts after it.
    receipt = issue_receipt(session, order.id, "sale", order.total_cents, now, seller)
    for line in session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)
    ):
        _grant_pass(session, order.member_id, line, now)
    send_receipt(session, receipt, now)
    return None


def _is_settled(session: Session, order_id: int) -> bool:
    return (
        session.scalar(
            select(Receipt.id).where(Receipt.order_id == order_id, Receipt.kind == "sale")
        )
        is not None
    )


def _refund_second_payment(session: Session, payment: Payment, now: datetime) -> None:
    session.add(
        Refund(
            public_id=new_public_id(),
            payment_id=payment.id,
            cents=payment.cents,
            # No receipt: the order's sale has its receipt, and this payment never had one.
            reason="paid twice",
            occurred_at=now,
            recorded_at=now,
        )
    )
    session.flush()


def _grant_pass(session: Session, member_id: int, line: OrderLine, now: datetime) -> None:
    # The days are decided now: the payment may arrive days after the order, or after another pass.
    product, today = session.get_one(Product, line.product_id), helsinki_date(now)
    # Such as the fee for a lost card: paid and receipted, but nothing to enter with.
    if product.kind == FEE:
        return
    # Never before today: a buyer who pays late gets as many days, unless a season ends them.
    first_day = max(line.starts_on or next_free_day(session, member_id, product, today), today)
    last_day = line.ends_on or last_day_of(session, product, first_day)
    passes.add_pass(
        session,
        member_id,
        product,
        # Paid after the season's last day: a pass of that one day.
        starts_on=min(first_day, last_day),
        ends_on=last_day,
        now=now,
        by="order",
        order_line_id=line.id,
    )


def record_outcome(
    session: Session, payment_id: int, outcome: str, *, occurred_at: datetime, recorded_at: datetime
) -> bool:
    """Append an outcome of a payment; return whether it is new, which is true for one caller."""
    row = {
        "payment_id": payment_id,
        "outcome": outcome,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
    }
    # ON CONFLICT DO NOTHING, RETURNING: of two simultaneous notices one inserts and grants.
    return bool(insert_new(session, PaymentEvent, [row], PaymentEvent.id))


def refund_in_full(
    session: Session, actor: Actor, order_id: int, *, reason: str, now: datetime
) -> Refund:
    """Refund an order, end its passes and what replaced them at once, and audit it.

    The refund has a receipt of its own. The money goes back to the payment that the refund names.

    Raises:
        DomainError: forbidden, not_for_yourself, not_paid, already_refunded.
    """
    actor.require(Permission.ORDERS_REFUND)
    # Two refunds of one order wait for each other here; the second then finds the refund receipt.
    order = session.execute(
        select(Order).where(Order.id == order_id).with_for_update()
    ).scalar_one()
    actor.require_other(order.member_id)
    refund = Refund(
        public_id=new_public_id(),
        payment_id=_payment_to_refund(session, order_id),
        cents=order.total_cents,
        reason=reason,
        occurred_at=now,
        recorded_at=now,
        recorded_by=actor.id,
    )
    session.add(refund)
    session.flush()
    # The day of the refund numbers it; the VAT is that of the order's lines, with the sign changed.
    receipt = issue_receipt(session, order_id, "refund", -order.total_cents, now)
    send_receipt(session, receipt, now)
    # Also what replaced them: otherwise an upgrade would outlive the money.
    for pass_id in passes_of_order(session, order_id):
        record_event(
            session, pass_id, "refunded", occurred_at=now, recorded_at=now, by=f"member {actor.id}"
        )
    mark_roster(session, [order.member_id], now)
    after = {"refund": receipt.cents, "receipt": f"{receipt.year}-{receipt.number}"}
    record_action(
        session,
        actor_id=actor.id,
        action="order.refund",
        object_kind="order",
        object_id=order.public_id,
        after=after,
        reason=reason,
        now=now,
    )
    return refund


def _payment_to_refund(session: Session, order_id: int) -> int:
    kinds = set(session.scalars(select(Receipt.kind).where(Receipt.order_id == order_id)))
    if "refund" in kinds:
        raise DomainError(ALREADY_REFUNDED)
    if "sale" not in kinds:
        raise DomainError(NOT_PAID)
    # Of an order paid more than once, all payments but the granted one are refunded already:
    # exactly one is left.
    paid = (
        select(Payment.id)
        .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .outerjoin(Refund, Refund.payment_id == Payment.id)
        .where(Payment.order_id == order_id, PaymentEvent.outcome == "paid", Refund.id.is_(None))
    )
    return session.execute(paid).scalar_one()
