"""What a product costs a member, and orders as their owner or the desk sees them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, exists, literal, or_, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.money import EUR
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import Eligibility, eligibility
from zone.members.people.models import Member
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.queries import first_day_of, last_day_of
from zone.passes.catalogue.rules import FEE, FROM_ACTIVATION
from zone.passes.orders import rules
from zone.passes.orders.errors import ELIGIBILITY_ENDS_FIRST, NOT_ELIGIBLE, NOT_SOLD
from zone.passes.orders.models import Order, OrderLine
from zone.passes.orders.rules import ShownQuote, is_expired
from zone.passes.passes import queries as passes_queries
from zone.passes.passes.models import Pass
from zone.passes.passes.queries import next_free_day
from zone.passes.payments import rules as payments_rules
from zone.passes.payments.context import reason_against_payment
from zone.passes.payments.models import Payment, PaymentEvent
from zone.passes.payments.queries import (
    ReturnedPayment,
    refund_by_staff,
    refunded_cents,
    returned_payments,
)
from zone.passes.quotas.errors import SOLD_OUT
from zone.passes.quotas.queries import is_sold_out
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.queries import (
    BuyerName,
    OrderLineView,
    ReceiptView,
    order_lines,
    receipts_of_order,
)
from zone.passes.receipts.rules import Seller
from zone.passes.refund_requests.queries import RefundRequestView, requests_of
from zone.passes.sale_windows.queries import windows_of
from zone.passes.sale_windows.rules import check_open
from zone.passes.vouchers.queries import code_of_order
from zone.passes.withdrawals.models import Withdrawal

UNPAID: Final = frozenset({"open", "declined", "cancelled"})
EXPIRED: Final = "expired"


@dataclass(frozen=True, slots=True)
class Quote:
    """What a product costs a member today, in which role, and its days; both days included.

    Of a product that lasts from its activation `ends_on` is the last day to activate it.
    """

    product: Product
    institution_code: str
    role: str
    cents: int
    currency: str
    vat_bp: int
    starts_on: date
    ends_on: date

    @property
    def days_from_activation(self) -> int | None:
        """How many days it lasts from its activation; None: its days are known."""
        is_open = self.product.duration == FROM_ACTIVATION
        return self.product.length_days if is_open else None

    @property
    def rights(self) -> str:
        """What it gives, in a form to be compared."""
        gives, campuses = sorted(self.product.entitlements), sorted(self.product.campuses)
        return f"{','.join(gives)}@{','.join(campuses)}"

    @property
    def shown(self) -> ShownQuote:
        """What the buyer has to see before they order."""
        return ShownQuote(self.cents, self.starts_on, self.ends_on)


def quote_price(
    session: Session,
    member_id: int,
    product: Product,
    *,
    starts_on: date | None,
    now: datetime,
    seller_vat: bool,
    with_fees: bool = False,
) -> Quote:
    """Return what the product costs this member.

    Without `starts_on` it starts when the pass that gives the same ends, else today. Fees are sold
    by the desk only, which says `with_fees`.

    Raises:
        DomainError: not_eligible, eligibility_ends_first, not_sold, no_season, start_too_soon,
            start_too_far; sale_not_open, sale_closed: outside of its windows; sold_out.
    """
    today = helsinki_date(now)
    if product.kind == FEE and not with_fees:
        raise DomainError(NOT_SOLD)
    if starts_on is not None:
        rules.check_start(starts_on, today)
    first_day = first_day_of(
        session, product, starts_on or next_free_day(session, member_id, product, today)
    )
    proofs = _proofs_on(session, member_id, first_day, today)
    cents, proof = _lowest_price(session, product, proofs, today)
    check_open(windows_of(session, product.id), now)
    if is_sold_out(session, product.id):
        raise DomainError(SOLD_OUT)
    # As if it were paid today; a payment on another day may have another rate. The price stays.
    vat_bp = catalogue_queries.vat_bp_on(
        session, product.vat_category, today, seller_vat=seller_vat
    )
    last_day = last_day_of(session, product, first_day)
    return Quote(
        product, proof.institution_code, proof.role, cents, EUR, vat_bp, first_day, last_day
    )


def _lowest_price(
    session: Session, product: Product, proofs: Sequence[Eligibility], today: date
) -> tuple[int, Eligibility]:
    prices = [
        (cents, proof)
        for proof in proofs
        if (
            cents := catalogue_queries.price_on(
                session, product.id, proof.institution_code, proof.role, today
            )
        )
        is not None
    ]
    if not prices:
        raise DomainError(NOT_SOLD)
    # A person may be a student and staff: the cheaper of their prices, and its institution goes on
    # the order line.
    return min(prices, key=lambda price: price[0])


def _proofs_on(session: Session, member_id: int, first_day: date, today: date) -> list[Eligibility]:
    # Valid today and still on the first day of what is bought.
    proofs = eligibility(session, member_id, today)
    if not proofs:
        raise DomainError(NOT_ELIGIBLE)
    lasting = [proof for proof in proofs if proof.valid_until >= first_day]
    if not lasting:
        until = max(proof.valid_until for proof in proofs)
        raise DomainError(ELIGIBILITY_ENDS_FIRST, params={"until": until})
    return lasting


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """A product with its quote for a member, or the refusal."""

    product: Product
    quote: Quote | None
    refusal: DomainError | None


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
    refund_request: RefundRequestView | None = None

    @property
    def discount_cents(self) -> int:
        """What the discount code has taken off."""
        return sum(line.discount_cents for line in self.lines)

    @property
    def payable(self) -> bool:
        """Whether a payment of it may be started."""
        return self.state in UNPAID and not self.outdated


def offers(
    session: Session,
    member_id: int,
    *,
    now: datetime,
    seller_vat: bool,
    seller: Seller,
    with_fees: bool = False,
) -> list[PriceQuote]:
    """Return every product that has a price, with its quote or refusal for this member.

    A product that is not sold to their group is left out; so are fees, which only the desk sells,
    without `with_fees`. Without a complete seller everything is refused.
    """
    sold = (
        exists().where(Price.product_id == Product.id),
        or_(literal(with_fees), Product.kind != FEE),
    )
    products = session.scalars(select(Product).where(*sold).order_by(Product.id)).all()
    if not seller.is_complete:
        return [PriceQuote(product, None, DomainError(SELLER_MISSING)) for product in products]
    quotes = [
        _price_quote(session, member_id, product, now, seller_vat, with_fees)
        for product in products
    ]
    return [
        offer for offer in quotes if offer.refusal is None or offer.refusal.code != NOT_SOLD.code
    ]


def _price_quote(
    session: Session,
    member_id: int,
    product: Product,
    now: datetime,
    seller_vat: bool,
    with_fees: bool,
) -> PriceQuote:
    try:
        quote = quote_price(
            session,
            member_id,
            product,
            starts_on=None,
            now=now,
            seller_vat=seller_vat,
            with_fees=with_fees,
        )
    except DomainError as refusal:
        return PriceQuote(product, None, refusal)
    return PriceQuote(product, quote, None)


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
        select(Order.public_id, Product.name_en.label("product"), OrderLine.cents, Order.placed_at)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.member_id == member_id)
    )
