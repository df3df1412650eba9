"""`kill -9` before and after each commit and each call of a payment, one boundary after another."""

from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import give_back
from tests.world.dead_payments import (
    check_nobody_is_charged_in_vain,
    dies,
    five_minutes,
    start_payment_of,
)
from tests.world.dying_payment import STEP
from tests.world.paying import NAMES, PayingShop, paying
from tests.world.shop import a_student, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment, ProviderPayment, Refund, RefundEvent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.thorough,
    pytest.mark.own_database,
    pytest.mark.engines("sqlite", "postgresql"),
    pytest.mark.timeout(500),
]


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


def each_step(begin: Callable[[int, tuple[str, str]], bool], check: Callable[[int], None]) -> int:
    """Let a process die at one boundary after another, each time for another person, and check
    what became of it; return how many boundaries there are.
    """
    for number in count(1):
        member_id = a_student(f"ostaja-{number}@zone.example")
        if not begin(member_id, (STEP, str(number))):
            return number - 1
        check(member_id)
    raise AssertionError


def payments_of(member_id: int) -> list[tuple[str, str | None]]:
    """Our references of a person's payments, and those at the provider."""
    rows = (
        select(Payment.reference, ProviderPayment.reference)
        .join(Order, Order.id == Payment.order_id)
        .outerjoin(ProviderPayment, ProviderPayment.payment_id == Payment.id)
        .where(Order.member_id == member_id)
    )
    with reading() as session:
        return [(ours, theirs) for ours, theirs in session.execute(rows)]


@pytest.mark.parametrize("name", NAMES)
def test_a_process_dies_at_each_step_of_an_order(world: PayingShop, name: str) -> None:
    def check(member_id: int) -> None:
        five_minutes(world)
        check_nobody_is_charged_in_vain(world)
        found = payments_of(member_id)
        assert len(found) <= 1
        # Whoever has the address to pay at may pay, and gets what was ordered.
        for theirs in (theirs for _ours, theirs in found if theirs is not None):
            world.server(name).settle(theirs, "paid")
            five_minutes(world)
            assert passes(member_id) == 1
            check_nobody_is_charged_in_vain(world)

    # Before and after: the order, the call to the provider, and what it answered.
    assert each_step(lambda who, step: dies(world, who, step, "order", name), check) >= 6


@pytest.mark.parametrize("name", NAMES)
def test_a_process_dies_at_each_step_of_a_callback(world: PayingShop, name: str) -> None:
    def begin(member_id: int, step: tuple[str, str]) -> bool:
        start_payment_of(world, member_id, name)
        server = world.server(name)
        server.settle(server.newest, "paid")
        way_back = urlsplit(server.way_back(server.newest))
        return dies(world, member_id, step, "callback", f"{way_back.path}?{way_back.query}")

    def check(member_id: int) -> None:
        five_minutes(world)
        assert passes(member_id) == 1
        check_nobody_is_charged_in_vain(world)

    assert each_step(begin, check) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_a_process_dies_at_each_step_of_a_refund(world: PayingShop, name: str) -> None:
    clerk = a_student("tiski@zone.example")

    def begin(member_id: int, step: tuple[str, str]) -> bool:
        order = start_payment_of(world, member_id, name)
        world.report(name, world.server(name).newest, "paid")
        give_back(order, clerk, utc_now())
        return dies(world, member_id, step, "refund")

    def check(member_id: int) -> None:
        five_minutes(world)
        ((_ours, theirs),) = payments_of(member_id)
        given = (
            list(world.paytrail.book[str(theirs)]["refunds"].values())
            if name == "paytrail"
            else [one for one in world.stripe.refunds if one["of"] == theirs]
        )
        assert len(given) == 1, "once"
        rows = select(RefundEvent.outcome).join(Refund).join(Payment).join(Order)
        with reading() as session:
            said = session.scalars(rows.where(Order.member_id == member_id)).all()
        # Paytrail does not say whether it has made a refund, so staff look there.
        assert said in (["done"], ["refused"] if name == "paytrail" else ["done"])
        check_nobody_is_charged_in_vain(world)

    # Before and after: that it is still to be made, the call to the provider, what it answered.
    assert each_step(begin, check) >= 6
