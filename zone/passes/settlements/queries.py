"""Payouts of payment providers, how they differ from what is paid here, and what is missing."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from zone.core.time import day_window
from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.settlements.models import SettlementRow
from zone.passes.settlements.rules import LATE, difference

MOST_SHOWN: Final = 60
MOST_MISSING: Final = 100


@dataclass(frozen=True, slots=True)
class SettlementDifference:
    """A row of a payout that is not what is paid here; `there` and `here` are in cents."""

    kind: str
    reference: str
    there: int
    here: int | None
    order_id: uuid.UUID | None


@dataclass(slots=True)
class PayoutView:
    """A payout of a provider, and the rows that differ."""

    provider: str
    payout: str
    paid_on: date
    rows: int = 0
    gross_cents: int = 0
    fee_cents: int = 0
    differences: list[SettlementDifference] = field(default_factory=list)

    @property
    def net_cents(self) -> int:
        """What came to the bank."""
        return self.gross_cents - self.fee_cents


@dataclass(frozen=True, slots=True)
class MissingPayment:
    """A payment that should have been paid out by now."""

    provider: str
    reference: str
    cents: int
    paid_at: datetime
    order_id: uuid.UUID


def payouts(session: Session, most: int = MOST_SHOWN) -> list[PayoutView]:
    """Return the newest payouts."""
    newest = session.execute(
        select(SettlementRow.provider, SettlementRow.payout, func.max(SettlementRow.paid_on))
        .group_by(SettlementRow.provider, SettlementRow.payout)
        .order_by(func.max(SettlementRow.paid_on).desc(), SettlementRow.payout)
        .limit(most)
    ).all()
    views = {(row[0], row[1]): PayoutView(*row) for row in newest}
    names = [payout for _provider, payout in views]
    rows = session.execute(
        select(SettlementRow, Payment.cents, Order.public_id)
        .outerjoin(Payment, Payment.id == SettlementRow.payment_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .where(SettlementRow.payout.in_(names))
        .order_by(SettlementRow.id)
    ).all()
    ids = [row.payment_id for row, _cents, _order in rows if row.payment_id is not None]
    back, first = _given_back(session, ids), _first_rows(session, ids)
    for row, here, order_id in rows:
        view = views.get((row.provider, row.payout))
        if view is None:  # another provider's payout of the same name
            continue
        view.rows += 1
        view.gross_cents += row.gross_cents
        view.fee_cents += row.fee_cents
        is_first = row.payment_id is None or first.get(row.payment_id) == row.id
        of_payment = back.get(row.payment_id or 0, [])
        if kind := difference(row.gross_cents, here, of_payment, is_first=is_first):
            view.differences.append(
                SettlementDifference(kind, row.reference, row.gross_cents, here, order_id)
            )
    return list(views.values())


def _given_back(session: Session, ids: Sequence[int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = select(Refund.payment_id, Refund.cents).where(Refund.payment_id.in_(ids))
    for payment_id, cents in session.execute(rows):
        found.setdefault(payment_id, []).append(cents)
    return found


def _first_rows(session: Session, ids: Sequence[int]) -> Mapping[int, int]:
    """Return the first row that pays out each payment."""
    rows = session.execute(
        select(SettlementRow.payment_id, func.min(SettlementRow.id))
        .where(SettlementRow.payment_id.in_(ids), SettlementRow.gross_cents > 0)
        .group_by(SettlementRow.payment_id)
    )
    return {int(payment_id or 0): row_id for payment_id, row_id in rows}


def not_paid_out(session: Session, now: datetime) -> list[MissingPayment]:
    """Return the payments that their provider should have paid out by now, the oldest first.

    Only those since the first payout that was stored of the provider.
    """
    found: list[MissingPayment] = []
    begun = session.execute(
        select(SettlementRow.provider, func.min(SettlementRow.paid_on)).group_by(
            SettlementRow.provider
        )
    ).all()
    for provider, since in begun:
        rows = session.execute(
            select(Payment, PaymentEvent.recorded_at, Order.public_id)
            .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
            .join(Order, Order.id == Payment.order_id)
            .where(
                Payment.provider == provider,
                PaymentEvent.outcome == "paid",
                PaymentEvent.recorded_at >= day_window(since)[0],
                PaymentEvent.recorded_at < now - LATE,
                ~exists().where(SettlementRow.payment_id == Payment.id),
            )
            .order_by(PaymentEvent.recorded_at, Payment.id)
            .limit(MOST_MISSING)
        )
        found += [
            MissingPayment(payment.provider, payment.reference, payment.cents, at, order_id)
            for payment, at, order_id in rows
        ]
    return found


def payout_sums(session: Session, first: date, last: date) -> list[PayoutView]:
    """Return the payouts of some days with their sums alone, in the order of their days."""
    rows = session.execute(
        select(
            SettlementRow.provider,
            SettlementRow.payout,
            SettlementRow.paid_on,
            func.count(),
            func.sum(SettlementRow.gross_cents),
            func.sum(SettlementRow.fee_cents),
        )
        .where(SettlementRow.paid_on >= first, SettlementRow.paid_on <= last)
        .group_by(SettlementRow.provider, SettlementRow.payout, SettlementRow.paid_on)
        .order_by(SettlementRow.paid_on, SettlementRow.provider, SettlementRow.payout)
    )
    return [PayoutView(*row) for row in rows]
