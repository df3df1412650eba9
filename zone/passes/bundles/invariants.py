"""What must hold of the bundles in orders, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, cast, func, or_, select, true
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.passes.bundles.models import OrderBundle, OrderBundleLine
from zone.passes.orders.models import OrderLine
from zone.passes.passes.models import Pass


def count_wrong_prices(session: Session, _named_since: datetime) -> int:
    """Count the bundles whose lines are of another order, or do not add up to the price."""
    gross = cast(func.sum(OrderLine.cents + OrderLine.discount_cents), BigInteger)
    wrong = (
        select(OrderBundle.id)
        .outerjoin(OrderBundleLine, OrderBundleLine.order_bundle_id == OrderBundle.id)
        .outerjoin(OrderLine, OrderLine.id == OrderBundleLine.order_line_id)
        .group_by(OrderBundle.id, OrderBundle.cents, OrderBundle.order_id)
        .having(
            or_(
                func.coalesce(gross, -1) != OrderBundle.cents,
                func.min(OrderLine.order_id) != OrderBundle.order_id,
                func.max(OrderLine.order_id) != OrderBundle.order_id,
            )
        )
    )
    return count_rows(session, wrong)


def count_wrong_passes(session: Session, _named_since: datetime) -> int:
    """Count the passes of orders that count otherwise than their bundle said."""
    wrong = (
        select(Pass.id)
        .outerjoin(OrderBundleLine, OrderBundleLine.order_line_id == Pass.order_line_id)
        .where(
            Pass.order_line_id.is_not(None),
            Pass.counts != func.coalesce(OrderBundleLine.counts, true()),
        )
    )
    return count_rows(session, wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("bundle_prices", "the parts of each bundle add up to its price", count_wrong_prices),
    Invariant(
        "bundle_passes",
        "a pass of a bundle counts in target A where the bundle says so",
        count_wrong_passes,
    ),
)
