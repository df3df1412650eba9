"""What must hold of refunds with two persons, for `zone doctor`."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_broken_ids, count_rows
from zone.passes.payments.models import Payment, Refund
from zone.passes.refund_requests.models import RefundDecision, RefundRequest
from zone.passes.refund_requests.queries import overdue_requests

_LATE: Final = timedelta(days=1)


def count_wrong_confirmations(session: Session, now: datetime) -> int:
    """Count the confirmed refunds that are not what was asked for, or have one person only, and
    the requests that should have ended long ago.
    """
    wrong = (
        select(RefundDecision.id)
        .join(RefundRequest, RefundRequest.id == RefundDecision.request_id)
        .join(Refund, Refund.id == RefundDecision.refund_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(
            or_(
                Refund.cents != RefundRequest.cents,
                Payment.order_id != RefundRequest.order_id,
                Refund.recorded_by.is_distinct_from(RefundDecision.decided_by),
                Refund.recorded_by == RefundRequest.requested_by,
            )
        )
    )
    late = overdue_requests(session, now - _LATE)
    return count_rows(session, wrong) + count_broken_ids(session, "refund_request", late)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "second_persons",
        "refunds above the limit are those that one person asked for and another confirmed",
        count_wrong_confirmations,
        "Is the scheduler running? It ends requests that nobody confirms. Otherwise somebody has "
        "written past the service: compare the audit with the page of the order.",
        at_present=True,
    ),
)
