"""Orders, payments, callbacks, refunds, withdrawals, expiry and restores in any order.

Whatever happens: the doctor's checks hold, receipts, payments and refunds add up to the same money,
whoever has paid is known, and no number of a receipt is given out twice.
"""

import hypothesis
import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from tests.stored import put_back, saved_rows
from tests.world.trade_model import total, trade
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.passes.payments.models import Refund
from zone.passes.reconciliation.models import UnknownPayment

pytestmark = pytest.mark.engines("sqlite", thorough="postgresql")
STEPS = st.tuples(
    st.sampled_from(
        [
            "order",
            "order",
            "pay",
            "pay",
            "again",
            "decline",
            "wait",
            "refund",
            "refund_part",
            "withdraw",
            "repeat",
            "backup",
            "restore",
        ]
    ),
    st.integers(0, 3),
)
BOUGHT_AND_BACK = [("order", 0), ("pay", 0), ("withdraw", 0), ("order", 0), ("wait", 3), ("pay", 1)]
PAID_AND_RESTORED = [
    *[("order", 1), ("backup", 0), ("pay", 0), ("order", 3), ("pay", 1)],
    *[("restore", 0), ("order", 3), ("pay", 1), ("refund_part", 1), ("repeat", 0)],
]


@pytest.fixture
def start(shop: Flask) -> bytes:
    """The rows with which each example begins."""
    return saved_rows()


@hypothesis.settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=10))
def test_whatever_happens_the_books_balance(
    start: bytes, settings: Settings, steps: list[tuple[str, int]]
) -> None:
    put_back(start)
    trade(settings, steps)


@pytest.mark.thorough
@pytest.mark.timeout(1200)
@hypothesis.settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=30))
def test_whatever_happens_for_long_the_books_balance(
    start: bytes, settings: Settings, steps: list[tuple[str, int]]
) -> None:
    put_back(start)
    trade(settings, steps)


def test_a_course_of_trade_that_touches_all_of_it(shop: Flask, settings: Settings) -> None:
    # Withdrawn, paid too late for a visit of one day, refunded.
    steps = [*BOUGHT_AND_BACK, ("order", 1), ("pay", 2), ("refund", 2), ("again", 1)]
    trade(settings, steps)
    with reading() as session:
        assert (
            total(session, select(func.count()).select_from(Refund)) == 3
        )  # withdrawn, too late, refunded


def test_what_was_paid_between_a_backup_and_its_restore_is_known(
    shop: Flask, settings: Settings
) -> None:
    trade(settings, PAID_AND_RESTORED)
    with reading() as session:
        # Of the order that the backup had the payment counts; the other one staff give back.
        assert total(session, select(func.count()).select_from(UnknownPayment)) == 1
        assert total(session, select(func.count()).select_from(Refund)) == 1


@pytest.mark.thorough
@pytest.mark.planted_fault("a withdrawal keeps the use of its code")
def test_a_use_that_is_not_freed_fails_the_model(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.vouchers.service._FREE", text("SELECT :voucher"))
    with pytest.raises(AssertionError, match="vouchers"):
        trade(settings, BOUGHT_AND_BACK)


@pytest.mark.thorough
@pytest.mark.planted_fault("a restore begins no series of receipts")
def test_numbers_that_are_given_out_again_fail_the_model(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.operation.backups.flows.begin_after_restore", lambda *_: 0)
    with pytest.raises(AssertionError, match="two meanings"):
        trade(settings, PAID_AND_RESTORED)


@pytest.mark.thorough
@pytest.mark.planted_fault("a report of a payment that is not here is dropped")
def test_payments_that_a_restore_forgets_fail_the_model(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.reconciliation.service.record_unknown", lambda *_: False)
    with pytest.raises(AssertionError, match="nothing here says so"):
        trade(settings, PAID_AND_RESTORED)
