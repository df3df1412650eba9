"""From a product to a pass: quote, order, payment, and the pass that a paid order gives, once. Never commits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id, new_secret
from zone.core.money import EUR
from zone.core.time import helsinki_date
from zone.members.queries import Eligible, eligibility
from zone.passes import catalogue, queries, rules, service
from zone.passes.errors import ENDS_BEFORE_START, NO_SEASON, NOT_ELIGIBLE, NOT_SOLD, ORDER_SETTLED, WRONG_AMOUNT
from zone.passes.ledger import UNNAMED, Seller, issue_receipt, record_outcome
from zone.passes.letters import send_receipt
from zone.passes.models import FEE, Order, OrderLine, Payment, Product, Receipt, Refund
from zone.passes.providers.protocol import Due, Notice, PaymentProvider
from zone.places.models import Season

FREE: Final = "free"
"""The provider of a payment of nothing."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a product costs a member today, in what role, and which days it would cover; both days included."""

    product: Product
    institution_code: str
    role: str
    cents: int
    currency: str
    vat_bp: int
    starts_on: date
    ends_on: date


def quote(
    session: Session, member_id: int, product: Product, *, starts_on: date | None, today: date, seller_vat: bool
) -> Quote:
    """What the product would cost this member. Without `starts_on` it starts when a pass that gives the same ends.

    Raises:
        DomainError: not_eligible, eligibility_ends_first, not_sold, no_season, start_too_soon, start_too_far.
    """
    if starts_on is not None:
        rules.check_start(starts_on, today)
    first = starts_on or _next_free_day(session, member_id, product, today)
    proofs = _proofs_on(session, member_id, first, today)
    prices = [
        (cents, proof)
        for proof in proofs
        if (cents := catalogue.price_on(session, product.id, proof.institution_code, proof.role, today)) is not None
    ]
    if not prices:
        raise DomainError(NOT_SOLD)
    cents, proof = min(prices, key=lambda price: price[0])
    vat_bp = catalogue.vat_bp_on(session, product.vat_category, today, seller_vat=seller_vat)
    last = _last_day(session, product, first)
    return Quote(product, proof.institution_code, proof.role, cents, EUR, vat_bp, first, last)


def _proofs_on(session: Session, member_id: int, first_day: date, today: date) -> list[Eligible]:
    """The proofs that hold today and still do on the first day of what is bought."""
    proofs = eligibility(session, member_id, today)
    if not proofs:
        raise DomainError(NOT_ELIGIBLE)
    lasting = [proof for proof in proofs if proof.valid_until >= first_day]
    if not lasting:
        until = max(proof.valid_until for proof in proofs)
        raise DomainError(ENDS_BEFORE_START, params={"until": f"{until.day}.{until.month}.{until.year}"})
    return lasting


def _next_free_day(session: Session, member_id: int, product: Product, today: date) -> date:
    """The day after the last pass that already gives everything the product does; else today."""
    if product.kind == FEE:
        return today
    held = queries.live_passes(session, member_id, today)
    covering = [
        item.ends_on + timedelta(days=1)
        for item in held
        if rules.covers(item.entitlements, item.campuses, product.entitlements, product.campuses)
    ]
    return max(covering, default=today)


def _last_day(session: Session, product: Product, first: date) -> date:
    if product.length_days is not None:
        return rules.last_day(first, product.length_days)
    ends_on = session.scalar(select(Season.ends_on).where(Season.ends_on >= first).order_by(Season.ends_on).limit(1))
    if ends_on is None:
        raise DomainError(NO_SEASON)
    return ends_on


def place_order(
    session: Session, member_id: int, product_code: str, *, starts_on: date | None, now: datetime, seller_vat: bool
) -> Order:
    """Order one product at today's price and VAT rate, which stay on the line whatever changes later.

    Raises:
        DomainError: not_found, or as `quote`.
    """
    today = helsinki_date(now)
    product = catalogue.product_by_code(session, product_code)
    quoted = quote(session, member_id, product, starts_on=starts_on, today=today, seller_vat=seller_vat)
    order = Order(
        public_id=new_public_id(),
        member_id=member_id,
        total_cents=quoted.cents,
        currency=quoted.currency,
        placed_at=now,
    )
    session.add(order)
    session.flush()
    line = OrderLine(
        order_id=order.id,
        product_id=product.id,
        institution_code=quoted.institution_code,
        role=quoted.role,
        cents=quoted.cents,
        currency=quoted.currency,
        vat_bp=quoted.vat_bp,
        supplied_on=today,
        starts_on=starts_on,
        ends_on=None if product.length_days else quoted.ends_on,
    )
    session.add(line)
    session.flush()
    return order


def start_payment(
    session: Session, order: Order, provider: PaymentProvider, now: datetime, seller: Seller = UNNAMED
) -> str | None:
    """Begin to pay an order; the address to which the person is sent, or None where nothing is to be paid.

    An order may be tried again after a payment was declined or cancelled.

    Raises:
        DomainError: order_settled.
    """
    if _is_settled(session, order.id):
        raise DomainError(ORDER_SETTLED)
    free = order.total_cents == 0
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
        return provider.start(Due(payment.reference, payment.cents, payment.currency))
    record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
    grant(session, payment, now, seller)
    return None


def settle(session: Session, provider: str, notice: Notice, now: datetime, seller: Seller = UNNAMED) -> Order:
    """Take in what a provider says of a payment: repeated, late or in the wrong order, a payment is granted once.

    Paid beats declined and cancelled, whichever comes first: the money was taken.

    Raises:
        DomainError: not_found, wrong_amount.
    """
    payment = session.scalar(select(Payment).where(Payment.reference == notice.reference, Payment.provider == provider))
    if payment is None:
        raise DomainError(NOT_FOUND)
    if (notice.cents, notice.currency) != (payment.cents, payment.currency):
        raise DomainError(WRONG_AMOUNT)
    at = min(notice.at, now)
    news = record_outcome(session, payment.id, notice.outcome, occurred_at=at, recorded_at=now)
    if news and notice.outcome == "paid":
        grant(session, payment, now, seller)
    return session.get_one(Order, payment.order_id)


def grant(session: Session, payment: Payment, now: datetime, seller: Seller = UNNAMED) -> None:
    """Give what was paid for: a receipt, also by mail, and the passes.

    A second payment of the same order is given back instead.
    """
    order = session.execute(
        select(Order).where(Order.id == payment.order_id).with_for_update(key_share=True)
    ).scalar_one()
    if _is_settled(session, order.id):
        return _give_back(session, payment, now)
    # The receipt's number is claimed first: its lock lets a second purchase of the same person see this one's pass.
    receipt = issue_receipt(session, order.id, "sale", order.total_cents, now, seller)
    for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)):
        _give_pass(session, order.member_id, line, now)
    send_receipt(session, receipt, now)
    return None


def _is_settled(session: Session, order_id: int) -> bool:
    return session.scalar(select(Receipt.id).where(Receipt.order_id == order_id, Receipt.kind == "sale")) is not None


def _give_back(session: Session, payment: Payment, now: datetime) -> None:
    session.add(
        Refund(
            public_id=new_public_id(),
            payment_id=payment.id,
            cents=payment.cents,
            reason="paid twice",
            occurred_at=now,
            recorded_at=now,
        )
    )
    session.flush()


def _give_pass(session: Session, member_id: int, line: OrderLine, now: datetime) -> None:
    """The days are settled now: a payment may arrive a day late, or after another one's pass."""
    product, today = session.get_one(Product, line.product_id), helsinki_date(now)
    if product.kind == FEE:
        return
    first = max(line.starts_on or _next_free_day(session, member_id, product, today), today)
    last = line.ends_on or _last_day(session, product, first)
    service.sell(
        session,
        member_id,
        product,
        starts_on=min(first, last),
        ends_on=last,
        now=now,
        by="order",
        order_line_id=line.id,
    )
