"""Forged, repeated and misplaced callbacks; a provider that is away while others book."""

import random
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.buying import page_browser
from tests.world.paying import NAMES, PayingShop
from tests.world.paytrail_server import sign
from tests.world.races import at_once
from tests.world.shop import a_student, passes
from zone.core.db.transactions import reading
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.payments.providers import http_client
from zone.passes.receipts.models import Receipt

pytestmark = pytest.mark.engines_in_turn
SEED = 20261130


def money() -> list[int]:
    """How many rows of money there are."""
    with reading() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (PaymentEvent, Receipt, Refund)
        ]


def forged(world: PayingShop, identity: str, name: str, number: int) -> int:
    """Send callbacks with something wrong; return how many were not refused."""
    draw, client = random.Random(SEED), world.app.test_client()
    server = world.server(name)
    taken = 0
    for _ in range(number):
        sound = server.callbacks(identity)[0]
        query = dict(pair.split("=", 1) for pair in sound.path.partition("?")[2].split("&") if pair)
        headers = dict(sound.headers)
        body = sound.body
        if query:
            spoilt = draw.choice(sorted(query))
            query[spoilt] = draw.choice(["", "0", query[spoilt] + "0", query[spoilt][::-1] + "1"])
        else:
            at = draw.randrange(len(body))
            kind = draw.choice(["body", "signature", "time"])
            if kind == "body":
                body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            elif kind == "signature":
                headers["stripe-signature"] = headers["stripe-signature"].replace("v1=", "v1=0")
            else:
                headers["stripe-signature"] = headers["stripe-signature"].replace("t=", "t=1")
        answer = client.open(
            f"/payments/{name}/callback",
            method=sound.method,
            query_string=query,
            data=body,
            headers=headers,
        )
        taken += answer.status_code < 400
    return taken


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [100, pytest.param(5000, marks=pytest.mark.thorough)])
def test_forged_callbacks_change_nothing(
    paying_shop: PayingShop, browser: FlaskClient, name: str, number: int
) -> None:
    identity = paying_shop.order(browser, name)
    paying_shop.server(name).settle(identity, "paid")
    before, asked = money(), len(paying_shop.server(name).asked)
    assert forged(paying_shop, identity, name, number) == 0
    assert money() == before
    assert len(paying_shop.server(name).asked) == asked, "a stranger makes us call nobody"


def repeated(world: PayingShop, identity: str, name: str, times: int) -> set[int]:
    """Let everything that a payment was reported with arrive many times, in any order."""
    server, sent = world.server(name), []
    for outcome in ("pending", "declined", "paid"):
        server.settle(identity, outcome)
        sent += server.callbacks(identity) * (times // 3 + 1)
    random.Random(SEED).shuffle(sent)
    return {world.deliver(one).status_code for one in islice(sent, None)}


def check_a_payment_is_granted_once(
    world: PayingShop, browser: FlaskClient, member_id: int, name: str, times: int
) -> None:
    """Check that a payment that is reported many times, in any order, is granted once."""
    identity = world.order(browser, name)
    assert repeated(world, identity, name, times) == {200}
    assert passes(member_id) == 1
    with reading() as session:
        assert session.scalars(select(Receipt.kind)).all() == ["sale"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("times", [15, pytest.param(100, marks=pytest.mark.thorough)])
def test_a_valid_callback_in_any_order_grants_once(
    paying_shop: PayingShop, browser: FlaskClient, student: int, name: str, times: int
) -> None:
    check_a_payment_is_granted_once(paying_shop, browser, student, name, times)


@pytest.mark.planted_fault("every notice is taken for a new one")
def test_notices_that_are_always_new_fail_the_check(
    paying_shop: PayingShop, browser: FlaskClient, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = payments.record_outcome

    def always(*args: Any, **kwargs: Any) -> bool:
        record(*args, **kwargs)
        return True

    monkeypatch.setattr(payments, "record_outcome", always)
    with pytest.raises(AssertionError):
        check_a_payment_is_granted_once(paying_shop, browser, student, "paytrail", 6)


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


@pytest.mark.parametrize("what", ["account", "stamp", "reference", "amount"])
def test_what_belongs_to_another_order_is_refused(
    paying_shop: PayingShop, browser: FlaskClient, student: int, what: str
) -> None:
    first = paying_shop.order(browser, "paytrail", "term")
    second = paying_shop.order(browser, "paytrail", "gym")
    server = paying_shop.paytrail
    server.settle(first, "paid")
    server.settle(second, "paid")
    ours, other = server.fields(first), server.fields(second)
    name = f"checkout-{what}"
    changed = {**ours, name: "375918" if what == "account" else other[name]}
    changed.pop("signature")
    if what == "amount":  # signed by them, so money came: it goes back, and nothing is granted
        assert other[name] != ours[name]
    signed = {**changed, "signature": sign(changed)}
    answer = paying_shop.app.test_client().get("/payments/paytrail/callback", query_string=signed)
    assert answer.status_code == (200 if what == "amount" else 400)
    assert passes(student) == 0


def test_another_currency_is_refused(
    paying_shop: PayingShop, browser: FlaskClient, student: int
) -> None:
    identity = paying_shop.order(browser, "stripe")
    paying_shop.stripe.book[identity]["currency"] = "usd"
    answers = paying_shop.report("stripe", identity, "paid")
    assert answers[0].get_json()["code"] == "wrong_amount"
    assert passes(student) == 0


def check_others_do_not_wait(world: PayingShop, number: int) -> None:
    """Check that a worker of `zone serve` answers everybody else while a provider answers nobody.

    It has 4 threads. Nobody is let go before all the others are served, so no time is measured.
    """
    world.paytrail.gate.clear()
    buyers = [page_browser(world.app, a_student(f"b{n}@zone.example")) for n in range(6)]
    other = page_browser(world.app, a_student("o@zone.example"))
    body = {"product": "term", "provider": "paytrail"}
    with ThreadPoolExecutor(4) as threads:
        try:
            asked = [threads.submit(buyer.post, "/api/v1/orders", json=body) for buyer in buyers]
            elsewhere = {**body, "provider": "stripe"}
            served = [
                threads.submit(other.post, "/api/v1/orders", json=elsewhere) for _ in range(number)
            ]
            assert {one.result(60).status_code for one in served} == {201}
            refused = list(islice(as_completed(asked, 60), 6 - http_client.MOST_CALLS))
            assert {one.result().status_code for one in refused} == {503}
            assert sum(not one.done() for one in asked) == http_client.MOST_CALLS
        finally:
            world.paytrail.gate.set()
        statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [201] * http_client.MOST_CALLS + [503] * (6 - http_client.MOST_CALLS)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 6 + number


@pytest.mark.slow
@pytest.mark.parametrize("number", [10, pytest.param(40, marks=pytest.mark.thorough)])
def test_while_a_provider_is_away_others_do_not_wait(
    paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(http_client, "READ_SECONDS", 120)
    monkeypatch.setattr(http_client, "CALL_SECONDS", 120)
    check_others_do_not_wait(paying_shop, number)


@pytest.mark.slow
@pytest.mark.planted_fault("as many calls as wanted")
def test_without_a_limit_of_calls_everybody_waits(
    paying_shop: PayingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "MOST_CALLS", 6)
    monkeypatch.setattr(http_client, "READ_SECONDS", 3)
    with pytest.raises(AssertionError):
        check_others_do_not_wait(paying_shop, 2)
