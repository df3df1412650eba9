"""What must hold of the fees of lost phones, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from zone.access.credentials.models import PhoneReplacement
from zone.core.invariants import Invariant, count_broken_ids, count_rows
from zone.core.time import helsinki_date
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import FEE
from zone.passes.orders.models import Order, OrderLine
from zone.passes.pass_rules.queries import loss_fee_at
from zone.passes.receipts.models import Receipt
from zone.passes.retention.models import DeletedYear

_IS_FEE: Final = (OrderLine.order_id == Order.id) & (OrderLine.kind == FEE)


def count_wrong_fees(session: Session, _named_since: datetime) -> int:
    """Count the replaced phones without the fee that they name, and the fees without a phone."""
    return _replacements_without_fee(session) + _fees_without_replacement(session)


def _replacements_without_fee(session: Session) -> int:
    # Of an order that was deleted with its year nothing is known any more.
    kept_since = select(func.max(DeletedYear.ended_at)).scalar_subquery()
    sold = exists().where(Receipt.order_id == Order.id, Receipt.kind == "sale")
    wrong = (
        select(PhoneReplacement.id)
        .outerjoin(Order, Order.public_id == PhoneReplacement.order_id)
        .where(
            PhoneReplacement.order_id.is_not(None),
            or_(kept_since.is_(None), PhoneReplacement.occurred_at >= kept_since),
            or_(
                Order.id.is_(None),
                Order.member_id != PhoneReplacement.member_id,
                ~exists().where(_IS_FEE),
                ~sold,
            ),
        )
    )
    return count_rows(session, wrong)


def _fees_without_replacement(session: Session) -> int:
    # Earlier replacements do not name their order.
    first = session.scalar(
        select(func.min(PhoneReplacement.occurred_at)).where(PhoneReplacement.order_id.is_not(None))
    )
    if first is None:
        return 0
    fees = session.execute(
        select(Order.id, Order.placed_at, Product.code)
        .join(OrderLine, _IS_FEE)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            Order.placed_at >= first,
            exists().where(Receipt.order_id == Order.id, Receipt.kind == "sale"),
            ~exists().where(PhoneReplacement.order_id == Order.public_id),
        )
        .order_by(Order.id)
    )
    # Other fees are sold by hand.
    wrong = [
        order_id
        for order_id, placed_at, code in fees
        if loss_fee_at(session, helsinki_date(placed_at), placed_at) == code
    ]
    return count_broken_ids(session, "orders", wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "loss_fees",
        "each fee of a lost phone has its replaced phone, and each that was paid has its order",
        count_wrong_fees,
        "Compare the audit (phone.replace, counter.sell) with the page of the order, and give the "
        "fee back where no phone was replaced.",
    ),
)
