"""A payment that is reported many times, in any order and among others, is granted once."""

import random
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import page_browser
from tests.world.checkout import give_back
from tests.world.pay_server import Asked
from tests.world.paying import EVERY_NAME, PayingShop
from tests.world.races import at_once
from tests.world.shop import a_student, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.passes.orders.models import Order
from zone.passes.payments import jobs
from zone.passes.payments import service as payments
from zone.passes.payments.rules import IN_PROGRESS
from zone.passes.receipts.models import Receipt

SEED = 20261130


def reports(world: PayingShop, name: str, identity: str, other: str, times: int) -> list[Asked]:
    """Every report of a payment so many times, and some of another one, in any order."""
    book, sent = world.book(name), list[Asked]()
    for outcome in ("cancelled", "declined", "paid"):
        for one in (identity, other):
            book.settle(one, "declined" if one == other else outcome)
            sent += book.callbacks(one) * (times if one == identity else 3)
    random.Random(SEED).shuffle(sent)
    return sent


def check_a_payment_is_granted_once(
    world: PayingShop, browser: FlaskClient, member_id: int, name: str, times: int
) -> None:
    """Check that among look-ups, reports of another order and a refund one grant is made."""
    other_buyer = a_student("toinen@zone.example")
    identity = world.order(browser, name)
    other = world.order(page_browser(world.app, other_buyer), name)
    sent = reports(world, name, identity, other, times)
    # Half of them arrive, then the money goes back, and the others arrive.
    for number, one in enumerate(sent):
        assert world.deliver(one).status_code == 200
        if number % 25 == 0:
            jobs.find_new_payments(world.settings, utc_now() + 2 * IN_PROGRESS)
        if number == len(sent) // 2:
            with reading() as session:
                order_id = session.scalars(select(Order.id).order_by(Order.id)).first()
            assert order_id is not None
            give_back(order_id, other_buyer, utc_now())
    assert (passes(member_id), passes(other_buyer)) == (1, 0)
    with reading() as session:
        kinds = session.scalars(select(Receipt.kind).order_by(Receipt.id)).all()
    assert kinds == ["sale", "refund"]


@pytest.mark.parametrize("name", EVERY_NAME)
@pytest.mark.parametrize("times", [6, pytest.param(100, marks=pytest.mark.thorough)])
def test_a_valid_callback_in_any_order_grants_once(
    every_provider: PayingShop, browser: FlaskClient, student: int, name: str, times: int
) -> None:
    check_a_payment_is_granted_once(every_provider, browser, student, name, times)


@pytest.mark.thorough
@pytest.mark.planted_fault("every notice is taken for a new one")
def test_notices_that_are_always_new_fail_the_check(
    every_provider: PayingShop,
    browser: FlaskClient,
    student: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = payments.record_outcome

    def always(*args: Any, **kwargs: Any) -> bool:
        record(*args, **kwargs)
        return True

    monkeypatch.setattr(payments, "record_outcome", always)
    with pytest.raises(AssertionError):
        check_a_payment_is_granted_once(every_provider, browser, student, "paytrail", 6)


@pytest.mark.engines("postgresql", "sqlite")
def test_callbacks_at_the_same_time_grant_once(
    paying_shop: PayingShop, browser: FlaskClient, student: int
) -> None:
    identity = paying_shop.order(browser, "paytrail")
    paying_shop.paytrail.settle(identity, "paid")
    (sent,) = paying_shop.paytrail.callbacks(identity)
    answers = at_once(
        paying_shop.app, [lambda: paying_shop.deliver(sent).status_code for _ in range(8)]
    )
    assert set(answers) == {200}
    assert passes(student) == 1
