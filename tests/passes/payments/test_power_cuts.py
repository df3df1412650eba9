"""`kill -9` between any two steps of a payment: within five minutes nobody is charged in vain."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
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
from tests.world.paying import NAMES, PayingShop, paying
from tests.world.shop import a_student, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.passes.orders.models import Order
from zone.passes.payments import queries
from zone.passes.payments.models import Payment, RefundEvent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.own_database,
    pytest.mark.engines("sqlite", thorough="postgresql"),
]
FLOWS = "zone.passes.payments.flows"
SERVICE = "zone.passes.payments.service"
CALL = "zone.passes.payments.providers.http_client.call"
STARTING = [(CALL, "before"), (CALL, "after"), (f"{SERVICE}.record_created", "after")]
STARTED = (f"{FLOWS}.start_payment", "after")
SETTLING = [
    (f"{FLOWS}.check_notice", "after"),
    (f"{SERVICE}.record_outcome", "after"),
    (f"{SERVICE}.grant", "after"),
    (f"{FLOWS}.take_callback", "after"),
]
REFUNDING = [(CALL, "before"), (CALL, "after"), (f"{SERVICE}.record_refund", "after")]


def thorough(points: list[tuple[str, str]]) -> list[Any]:
    """Return all points; the first in the default tier, the others in the thorough one."""
    return [points[0], *(pytest.param(*one, marks=pytest.mark.thorough) for one in points[1:])]


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


def killed(world: PayingShop, member_id: int, point: tuple[str, str], *what: str) -> None:
    """Let another process work until it dies at a point."""
    assert dies(world, member_id, point, *what)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("function", "when"), thorough(STARTING))
def test_a_process_dies_while_it_starts_a_payment(
    world: PayingShop, student: int, name: str, function: str, when: str
) -> None:
    killed(world, student, (function, when), "order", name)
    five_minutes(world)
    # Nobody has the address to pay at, so the payment is over or can still be paid.
    with reading() as session:
        assert len(session.scalars(select(Order.id)).all()) == 1
        assert len(session.scalars(select(Payment.id)).all()) == 1
    check_nobody_is_charged_in_vain(world)


@pytest.mark.parametrize("name", [NAMES[0], pytest.param(NAMES[1], marks=pytest.mark.thorough)])
@pytest.mark.parametrize(("function", "when"), thorough([STARTED, *SETTLING]))
def test_a_process_dies_while_a_payment_arrives(
    world: PayingShop, student: int, name: str, function: str, when: str
) -> None:
    server = world.server(name)
    if (function, when) == STARTED:
        killed(world, student, STARTED, "order", name)
        server.settle(server.newest, "paid")
    else:
        start_payment_of(world, student, name)
        server.settle(server.newest, "paid")
        parts = urlsplit(server.way_back(server.newest))
        killed(world, student, (function, when), "callback", f"{parts.path}?{parts.query}")
    five_minutes(world)
    assert passes(student) == 1
    check_nobody_is_charged_in_vain(world)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("function", "when"), REFUNDING)
def test_a_process_dies_while_money_goes_back(
    world: PayingShop, student: int, name: str, function: str, when: str
) -> None:
    server = world.server(name)
    order = start_payment_of(world, student, name)
    world.report(name, server.newest, "paid")
    give_back(order, a_student("tiski@zone.example"), utc_now())
    killed(world, student, (function, when), "refund")
    five_minutes(world)
    known = server.book[server.newest]
    given = list(known["refunds"].values()) if name == "paytrail" else world.stripe.refunds
    assert len(given) == 1, "once"
    with reading() as session:
        said = session.scalars(select(RefundEvent.outcome)).all()
    # Paytrail does not say whether it has made a refund, so staff look there.
    assert said in (["done"], ["refused"] if name == "paytrail" else ["done"])


@pytest.mark.thorough
@pytest.mark.planted_fault("payments are looked up after ten minutes")
def test_a_look_up_after_ten_minutes_fails_the_check(
    world: PayingShop, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = queries.payments_to_find
    monkeypatch.setattr(
        queries,
        "payments_to_find",
        lambda session, names, since, until: sound(
            session, names, since, until - timedelta(minutes=8)
        ),
    )
    with pytest.raises(AssertionError):
        test_a_process_dies_while_a_payment_arrives(world, student, "paytrail", *SETTLING[0])
