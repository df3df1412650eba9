"""A model of baskets, orders, codes, payments, callbacks, expiry, refunds and withdrawals.

Whatever happens in whatever order: the doctor's checks hold, and receipts, payments and refunds add
up to the same money.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from tests.world.checkout import A_SELLER, PROVIDER, give_back, notices, report
from tests.world.shop import NOW, a_product, a_student
from tests.world.vouchers import a_voucher, ordered_with
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.expiries import invariants as expiries
from zone.passes.expiries import jobs
from zone.passes.orders import invariants as orders
from zone.passes.orders.models import Order
from zone.passes.payments import invariants as payments
from zone.passes.payments import service as payment_service
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.quotas import invariants as quotas
from zone.passes.quotas.service import set_quota
from zone.passes.receipts import invariants as receipts
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.vouchers import invariants as vouchers
from zone.passes.withdrawals.service import withdraw

pytestmark = pytest.mark.engines("sqlite")
CHECKS = (
    orders.count_disagreements,
    receipts.count_wrong_sums,
    receipts.count_years_with_gaps,
    payments.count_granted_twice,
    payments.count_without_receipt,
    payments.count_returns_without_credit,
    quotas.count_wrong_quotas,
    vouchers.count_wrong_vouchers,
    expiries.count_wrong_expiries,
)
STEPS = st.tuples(
    st.sampled_from(["order", "pay", "pay", "again", "decline", "wait", "refund", "withdraw"]),
    st.integers(0, 3),
)
_run = iter(range(10**6))


class Trade:
    """A shop with one place of `camp` and a code of two uses, at a time that goes on."""

    def __init__(self) -> None:
        number = next(_run)
        self.now, self.code, self.orders = NOW, f"CODE-{number}", list[int]()
        a_voucher(self.code, most_uses=2)
        self.camp = f"camp-{number}"
        with writing() as session:
            a_product(session, self.camp, "sports_pass", ("gym",), 30, student=1000)
            set_quota(
                session,
                self.camp,
                name="Camp",
                places=1,
                hold_minutes=10080,
                products=[self.camp],
            )
        self.buyers = [a_student(f"ostaja-{number}-{n}@zone.example") for n in range(2)]
        self.desk = a_student(f"tiski-{number}@zone.example")

    def take(self, kind: str, number: int) -> None:
        """Do one step; what the shop refuses changes nothing."""
        try:
            getattr(self, kind)(number)
        except DomainError:
            return

    def order(self, number: int) -> None:
        products = ((self.camp, "visit"), ("term",), (self.camp,), ("gym", "visit"))[number]
        code = self.code if number != 1 else None
        buyer = self.buyers[number % 2]
        self.orders.append(ordered_with(buyer, *products, voucher=code, now=self.now))

    def pay(self, number: int) -> None:
        for notice in self._notices(number, "paid"):
            report(notice, self.now)

    def decline(self, number: int) -> None:
        for notice in self._notices(number, "declined"):
            report(notice, self.now)

    def again(self, number: int) -> None:
        with writing() as session:
            order = session.get_one(Order, self._one(number))
            payment_service.create_payment(session, order, PROVIDER.name, self.now, A_SELLER)

    def wait(self, number: int) -> None:
        self.now += timedelta(hours=9 * (number + 1))
        jobs.expire_orders(Settings(), self.now)

    def refund(self, number: int) -> None:
        give_back(self._one(number), self.desk, self.now)

    def withdraw(self, number: int) -> None:
        with writing() as session:
            withdraw(session, session.get_one(Order, self._one(number)), self.now)

    def _one(self, number: int) -> int:
        if not self.orders:
            raise DomainError(NOT_FOUND)
        return self.orders[number % len(self.orders)]

    def _notices(self, number: int, outcome: str) -> Iterator[PaymentNotice]:
        yield from notices(self._one(number), outcome, self.now)


def check_books(trade: Trade) -> None:
    """Check that the doctor finds nothing, and that the money of receipts is that of payments."""
    with reading() as session:
        for check in CHECKS:
            assert check(session, trade.now) == 0, check.__name__
        paid = total(
            session,
            select(func.sum(Payment.cents))
            .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
            .where(PaymentEvent.outcome == "paid"),
        )
        back = total(session, select(func.sum(Refund.cents)))
        alone = total(session, select(func.sum(Refund.cents)).where(Refund.recorded_by.is_(None)))
        of_sales = total(session, select(func.sum(Receipt.cents)).where(Receipt.kind != "credit"))
        returned = total(session, select(func.sum(Receipt.cents)).where(Receipt.kind == "credit"))
        lines = total(session, select(func.sum(ReceiptLine.cents)))
    assert (of_sales, returned) == (paid - back, -alone)
    assert lines == of_sales


def total(session: Session, rows: Select[int]) -> int:
    """Return a sum, as a whole number."""
    return int(session.scalar(rows) or 0)


def trade(steps: list[tuple[str, int]]) -> None:
    """Trade as the steps say, and check the books after each of them."""
    shop = Trade()
    for kind, number in steps:
        shop.take(kind, number)
        check_books(shop)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=10))
def test_whatever_happens_the_books_balance(shop: Flask, steps: list[tuple[str, int]]) -> None:
    trade(steps)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=30))
def test_whatever_happens_for_long_the_books_balance(
    shop: Flask, steps: list[tuple[str, int]]
) -> None:
    trade(steps)


BOUGHT_AND_BACK = [("order", 0), ("pay", 0), ("withdraw", 0), ("order", 0), ("wait", 3), ("pay", 1)]


def test_a_course_of_trade_that_touches_all_of_it(shop: Flask) -> None:
    # Withdrawn, paid too late for a visit of one day, refunded.
    trade([*BOUGHT_AND_BACK, ("order", 1), ("pay", 2), ("refund", 2), ("again", 1)])
    with reading() as session:
        assert (
            total(session, select(func.count()).select_from(Refund)) == 3
        )  # withdrawn, too late, refunded


@pytest.mark.planted_fault("a withdrawal keeps the use of its code")
def test_a_use_that_is_not_freed_fails_the_model(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.vouchers.service._FREE", text("SELECT :voucher"))
    with pytest.raises(AssertionError, match="count_wrong_vouchers"):
        trade(BOUGHT_AND_BACK)
