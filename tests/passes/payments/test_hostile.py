"""Forged callbacks, and those that belong to another order, change nothing."""

from itertools import islice

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.contents import changed_tables, contents
from tests.world.forgeries import Forger
from tests.world.pay_server import Asked
from tests.world.paying import EVERY_NAME, PayingShop
from tests.world.paytrail_server import sign
from tests.world.shop import passes
from zone.core.db.transactions import reading
from zone.passes.payments.models import Refund
from zone.passes.payments.providers import development, stripe
from zone.passes.payments.providers.development import DevelopmentProvider

SEED = 20261130


def two_paid(world: PayingShop, browser: FlaskClient, name: str) -> tuple[str, str]:
    """The ids of two payments that are paid at a provider, of which nothing was reported yet."""
    first, second = (world.order(browser, name, product) for product in ("term", "gym"))
    for identity in (first, second):
        world.book(name).settle(identity, "paid")
    return first, second


def check_forged_callbacks_change_nothing(
    world: PayingShop, browser: FlaskClient, student: int, name: str, number: int
) -> None:
    """Check that no forged callback is taken, that no row of the database changes, that no
    provider is asked, and that a sound one counts afterwards.
    """
    first, second = two_paid(world, browser, name)
    asked = [len(world.server(one).asked) for one in ("paytrail", "stripe")]
    before, client = contents(), world.app.test_client()
    forger = Forger(world, name, first, second, SEED)
    answers = {world.deliver(one, client).status_code for one in islice(forger, number)}
    assert answers == {400}
    assert changed_tables(before) == []
    assert asked == [len(world.server(one).asked) for one in ("paytrail", "stripe")]
    for sound in world.book(name).callbacks(first):
        assert world.deliver(sound).status_code == 200
    assert passes(student) == 1


@pytest.mark.parametrize("name", EVERY_NAME)
@pytest.mark.parametrize("number", [50, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_forged_callbacks_change_nothing(
    every_provider: PayingShop, browser: FlaskClient, student: int, name: str, number: int
) -> None:
    check_forged_callbacks_change_nothing(every_provider, browser, student, name, number)


def test_forgeries_do_not_name_the_provider_that_signed(
    every_provider: PayingShop, browser: FlaskClient, student: int
) -> None:
    identity, _other = two_paid(every_provider, browser, "paytrail")
    (sent,) = every_provider.paytrail.callbacks(identity)
    before = contents()
    for name, status in (("development", 400), ("stripe", 400), ("nobody", 404)):
        address = sent.path.replace("/paytrail/", f"/{name}/")
        answer = every_provider.deliver(Asked("GET", address, {}, {}, b""))
        assert answer.status_code == status
    assert changed_tables(before) == []


@pytest.mark.thorough
@pytest.mark.planted_fault("the signature of the development provider is not checked")
def test_a_signature_that_nobody_checks_fails_the_check(
    every_provider: PayingShop,
    browser: FlaskClient,
    student: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DevelopmentProvider, "_verify", lambda *_: None)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        check_forged_callbacks_change_nothing(
            every_provider, browser, student, development.NAME, 50
        )


def given_back() -> list[int]:
    """The sums that go back."""
    with reading() as session:
        return list(session.scalars(select(Refund.cents).order_by(Refund.id)))


@pytest.mark.parametrize("what", ["account", "stamp", "reference", "amount"])
def test_what_belongs_to_another_order_is_refused(
    paying_shop: PayingShop, browser: FlaskClient, student: int, what: str
) -> None:
    first, second = two_paid(paying_shop, browser, "paytrail")
    ours, other = (paying_shop.paytrail.fields(one) for one in (first, second))
    name = f"checkout-{what}"
    changed = {**ours, name: "375918" if what == "account" else other[name]}
    changed.pop("signature")
    assert changed[name] != ours[name]
    signed = {**changed, "signature": sign(changed)}
    answer = paying_shop.app.test_client().get("/payments/paytrail/callback", query_string=signed)
    # Another amount that they have signed is money that came: it goes back, and nothing is granted.
    assert answer.status_code == (200 if what == "amount" else 400)
    assert given_back() == ([int(other[name])] if what == "amount" else [])
    assert passes(student) == 0


@pytest.mark.parametrize("what", ["amount", "currency", "session"])
def test_what_belongs_to_another_session_is_refused(
    paying_shop: PayingShop, browser: FlaskClient, student: int, what: str
) -> None:
    first, second = two_paid(paying_shop, browser, stripe.NAME)
    book = paying_shop.stripe.book
    (sent, _) = paying_shop.stripe.callbacks(first)
    if what == "session":  # which our way back does not sign: Stripe says whose it is
        address = paying_shop.stripe.way_back(first).replace(first, second)
        sent = Asked("GET", address, {}, {}, b"")
    else:
        changed = {"amount": {"came": book[second]["amount"]}, "currency": {"currency": "usd"}}
        book[first] |= changed[what]
    answer = paying_shop.deliver(sent)
    assert answer.status_code == {"amount": 200, "currency": 409, "session": 400}[what]
    assert given_back() == ([book[second]["amount"]] if what == "amount" else [])
    assert passes(student) == 0


@pytest.mark.parametrize("what", ["amount", "currency"])
def test_what_the_development_provider_signs_is_compared_too(
    every_provider: PayingShop, browser: FlaskClient, student: int, what: str
) -> None:
    first, _second = two_paid(every_provider, browser, development.NAME)
    book = every_provider.development
    sent = book.report(first, cents=1) if what == "amount" else book.report(first, currency="USD")
    answer = every_provider.deliver(sent)
    assert answer.status_code == (200 if what == "amount" else 409)
    assert given_back() == ([1] if what == "amount" else [])
    assert passes(student) == 0
