"""What must hold of discount codes, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, cast, func, or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.orders.models import OrderLine
from zone.passes.vouchers.models import Voucher, VoucherUse


def count_wrong_vouchers(session: Session, _named_since: datetime) -> int:
    """Count the codes whose counter is not that of their uses, and the orders with a discount and
    no code.
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
    return count_rows(session, wrong) + count_rows(session, without)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "vouchers",
        "no discount code was used more often than it may be, and no order without one has a "
        "discount",
        count_wrong_vouchers,
    ),
)
