"""What a product costs a member, and orders as their owner or the desk sees them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.orders.models import Order, OrderLine
from zone.passes.orders.rules import is_expired
from zone.passes.passes import queries as passes_queries
from zone.passes.passes.models import Pass
from zone.passes.payments import rules as payments_rules
from zone.passes.payments.context import reason_against_payment
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.payments.queries import (
    ReturnedPayment,
    refund_by_staff,
    refunded_cents,
    returned_payments,
)
from zone.passes.receipts.queries import (
    BuyerName,
    OrderItem,
    OrderLineView,
    ReceiptView,
    items_of,
    order_lines,
    receipts_of_order,
)
from zone.passes.refund_requests.queries import RefundRequestView, requests_of
from zone.passes.vouchers.queries import code_of_order
from zone.passes.withdrawals.models import Withdrawal

UNPAID: Final = frozenset({"open", "declined", "cancelled"})
EXPIRED: Final = "expired"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with receipts and passes.

    `state`: open, pending, paid, declined, cancelled, refunded or expired.
    `returned_payments` were given back without being asked for; `refund` is what became of the
    money that staff gave back, as `refund_by_staff` returns it, and `refunded_cents` how much. An
    `outdated` order cannot be paid any more: a day of it is over, or the person got meanwhile what
    it gives. `refund_request`: a refund that waits for a second person.
    """

    id: uuid.UUID
    state: str
    lines: list[OrderLineView]
    total_cents: int
    currency: str
    placed_at: datetime
    receipts: list[ReceiptView]
    passes: list[passes_queries.PassView]
    returned_payments: list[ReturnedPayment]
    refund: str | None
    outdated: bool
    refunded_cents: int = 0
    pay_until: datetime | None = None
    voucher: str | None = None
    withdrawn_at: datetime | None = None
    terms_version: int | None = None
    refund_request: RefundRequestView | None = None

    @property
    def discount_cents(self) -> int:
        """What the discount code has taken off."""
        return sum(line.discount_cents for line in self.lines)

    @property
    def items(self) -> list[OrderItem]:
        """What was ordered, a bundle as one."""
        return items_of(self.lines)

    @property
    def payable(self) -> bool:
        """Whether a payment of it may be started."""
        return self.state in UNPAID and not self.outdated


def order_row(session: Session, public_id: uuid.UUID, *, member_id: int | None) -> Order:
    """Return the order with that public id; of `member_id` only, unless None (the desk).

    Raises:
        DomainError: not_found, also for another person's order.
    """
    order = session.scalar(select(Order).where(Order.public_id == public_id))
    if order is None or member_id not in (None, order.member_id):
        raise DomainError(NOT_FOUND)
    return order


def buyer_of(session: Session, order: Order) -> BuyerName:
    """Return the person who ordered."""
    query = select(Member.public_id, Member.name, Member.email).where(Member.id == order.member_id)
    public_id, name, email = session.execute(query).one()
    return BuyerName(public_id, name or email)


def order_view(session: Session, order: Order, now: datetime) -> OrderView:
    """Return an order with its lines, receipts and passes."""
    receipts = receipts_of_order(session, order.id)
    withdrawn = session.scalar(
        select(Withdrawal.withdrawn_at).where(Withdrawal.order_id == order.id)
    )
    state = "refunded" if withdrawn else _state(session, order.id, receipts)
    if state in UNPAID and is_expired(order.pay_until, now):
        state = EXPIRED
    return OrderView(
        id=order.public_id,
        state=state,
        lines=order_lines(session, order.id),
        total_cents=order.total_cents,
        currency=order.currency,
        placed_at=order.placed_at,
        receipts=receipts,
        passes=_passes(session, order, now),
        returned_payments=returned_payments(session, order.id),
        refund=refund_by_staff(session, order.id),
        refunded_cents=refunded_cents(session, order.id),
        outdated=state in UNPAID and reason_against_payment(session, order, now) is not None,
        pay_until=order.pay_until,
        voucher=code_of_order(session, order.id),
        withdrawn_at=withdrawn,
        terms_version=order.terms_version,
        refund_request=next(
            (one for one in requests_of(session, order.id, now) if one.state == "waiting"), None
        ),
    )


def _state(session: Session, order_id: int, receipts: Sequence[ReceiptView]) -> str:
    kinds = {receipt.kind for receipt in receipts}
    # Derived from receipts, not stored: an order that is granted has its receipt in the same
    # transaction, so the two cannot differ.
    if kinds:
        # A credit alone: what was paid could not be fulfilled and was given back.
        # A refund of a part leaves it paid.
        left = sum(receipt.cents for receipt in receipts if receipt.kind != "credit")
        whole = "refund" in kinds and left <= 0
        return "paid" if "sale" in kinds and not whole else "refunded"
    # Only the newest attempt: an earlier one that was declined says nothing about it.
    latest = (
        select(Payment.id).where(Payment.order_id == order_id).order_by(Payment.id.desc()).limit(1)
    )
    outcomes = session.scalars(
        select(PaymentEvent.outcome)
        .where(PaymentEvent.payment_id.in_(latest))
        .order_by(PaymentEvent.id)
    )
    return payments_rules.payment_state(outcomes)


def _passes(session: Session, order: Order, now: datetime) -> list[passes_queries.PassView]:
    bought = select(Pass.public_id).join(OrderLine, OrderLine.id == Pass.order_line_id)
    ids = set(session.scalars(bought.where(OrderLine.order_id == order.id)))
    return [
        view for view in passes_queries.passes_of(session, order.member_id, now) if view.id in ids
    ]


def own_orders(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's orders, for the export of one's own data."""
    return (
        select(
            Order.public_id,
            Product.name_en.label("product"),
            OrderLine.cents,
            Order.placed_at,
            Order.terms_version,
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.member_id == member_id)
    )
