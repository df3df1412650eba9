"""What must hold of discount codes, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.orders.models import OrderLine
from zone.passes.payments.models import RefundLine
from zone.passes.receipts.models import Receipt
from zone.passes.vouchers.models import Voucher, VoucherUse


def count_wrong_vouchers(session: Session, _named_since: datetime) -> int:
    """Count the codes whose counter is not that of their uses, the orders with a discount and no
    code, and the uses that are free again although their order stands.
    """
    live = (
        select(func.count())
        .where(VoucherUse.voucher_id == Voucher.id, VoucherUse.freed_at.is_(None))
        .scalar_subquery()
    )
    wrong = select(Voucher.id).where(or_(Voucher.uses != live, Voucher.uses > Voucher.most_uses))
    without = (
        select(OrderLine.order_id)
        .outerjoin(VoucherUse, VoucherUse.order_id == OrderLine.order_id)
        .where(VoucherUse.id.is_(None))
        .group_by(OrderLine.order_id)
        .having(cast(func.sum(OrderLine.discount_cents), BigInteger) > 0)
    )
    refunded = exists().where(
        RefundLine.order_line_id == OrderLine.id, OrderLine.order_id == VoucherUse.order_id
    )
    freed = select(VoucherUse.id).where(
        VoucherUse.freed_at.is_not(None),
        exists().where(Receipt.order_id == VoucherUse.order_id, Receipt.kind == "sale"),
        ~refunded,
    )
    return sum(count_rows(session, rows) for rows in (wrong, without, freed))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "vouchers",
        "no discount code was used more often than it may be, and no order without one has a "
        "discount",
        count_wrong_vouchers,
    ),
)
