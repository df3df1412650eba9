"""Orders paid through running fakes of Paytrail and Stripe: what arrives, how often and when."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.world.paying import NAMES, PayingShop
from tests.world.shop import passes
from zone.core.clock import utc_now
from zone.passes.payments import jobs

LATER = timedelta(minutes=6)


@pytest.mark.parametrize("name", NAMES)
def test_a_pass_is_bought(
    paying_shop: PayingShop, browser: FlaskClient, student: int, name: str
) -> None:
    identity = paying_shop.order(browser, name)
    answers = paying_shop.report(name, identity, "paid")
    assert {answer.status_code for answer in answers} == {200}
    assert passes(student) == 1
    back = browser.get(paying_shop.server(name).way_back(identity))
    assert back.status_code == 303
    assert "Paid. Your pass works" in browser.get(f"{back.location}?lang=en").text


@pytest.mark.parametrize("name", NAMES)
def test_only_the_browser_comes_back(
    paying_shop: PayingShop, browser: FlaskClient, student: int, name: str
) -> None:
    identity = paying_shop.order(browser, name)
    paying_shop.server(name).settle(identity, "paid")
    browser.get(paying_shop.server(name).way_back(identity))
    assert passes(student) == 1


@pytest.mark.parametrize("name", NAMES)
def test_nothing_comes_back(
    paying_shop: PayingShop, browser: FlaskClient, student: int, name: str
) -> None:
    identity = paying_shop.order(browser, name)
    paying_shop.server(name).settle(identity, "paid")
    assert jobs.find_payments(paying_shop.settings, utc_now() + LATER) == 1
    assert passes(student) == 1


@pytest.mark.parametrize("name", NAMES)
def test_another_amount_is_given_back(
    paying_shop: PayingShop, browser: FlaskClient, student: int, name: str
) -> None:
    identity = paying_shop.order(browser, name)
    paying_shop.server(name).book[identity]["came"] = 4400
    paying_shop.report(name, identity, "paid")
    assert passes(student) == 0
    assert jobs.make_refunds(paying_shop.settings, utc_now()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_page_with_a_form_that_pays_allows_the_providers_page(
    paying_shop: PayingShop, browser: FlaskClient, name: str
) -> None:
    url = paying_shop.server(name).url
    policy = browser.get("/buy/term").headers["Content-Security-Policy"]
    assert policy.partition("form-action 'self'")[2].split().count(url) == 1
    assert url not in browser.get("/buy").headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_that_is_away_keeps_the_order(
    paying_shop: PayingShop, browser: FlaskClient, name: str
) -> None:
    paying_shop.server(name).fails_with = 502
    body = {"product": "term", "provider": name}
    answer = browser.post("/api/v1/orders", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "payments_closed")


@pytest.mark.engines("sqlite")
def test_a_provider_without_its_keys_is_not_offered(
    paying_shop: PayingShop, browser: FlaskClient
) -> None:
    (paying_shop.settings.keys / "stripe-webhook.key").unlink()
    body = {"product": "term", "provider": "stripe"}
    assert browser.post("/api/v1/orders", json=body).get_json()["code"] == "payments_closed"
    assert "paytrail" not in browser.get("/buy/term").text, "there is no choice"
