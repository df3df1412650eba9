"""Buying by JSON: products, orders, payments, activation and refunds."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world.buying import buy, choose_outcome, page_browser
from tests.world.shop import a_pass, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.passes.catalogue import service as catalogue

pytestmark = pytest.mark.engines("sqlite")


def order_json(client: FlaskClient, key: str | None = None, **body: Any) -> TestResponse:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/orders", json={"product": "term"} | body, headers=headers)


def test_products_come_with_ones_own_price(browser: FlaskClient) -> None:
    offers = {
        offer["code"]: offer for offer in browser.get("/api/v1/products").get_json()["products"]
    }
    assert offers["term"]["price"] == {
        "cents": 4500,
        "currency": "EUR",
        "vat_percent": "13.5",
        "vat_cents": 535,
        "role": "student",
        "institution": "metropolia",
    }
    assert offers["term"]["refusal"] is None


def test_without_eligibility_each_product_has_its_refusal(shop: Flask) -> None:
    stranger = page_browser(
        shop, a_student("entinen@zone.example", until=helsinki_date(utc_now()) - timedelta(days=1))
    )
    for offer in stranger.get("/api/v1/products?lang=fi").get_json()["products"]:
        assert offer["price"] is None
        assert offer["refusal"]["code"] == "not_eligible"
        assert "Vahvista" in offer["refusal"]["detail"]


def test_an_order_by_json_is_paid_and_shows_its_pass_and_receipt(browser: FlaskClient) -> None:
    placed = order_json(browser)
    assert placed.status_code == 201
    body = placed.get_json()
    assert (body["state"], body["total_cents"], body["passes"]) == ("open", 4500, [])
    browser.get(choose_outcome(browser, body["payment_url"]))
    order = browser.get(f"/api/v1/orders/{body['id']}").get_json()
    assert order["state"] == "paid"
    assert [pass_["state"] for pass_ in order["passes"]] == ["valid"]
    number = order["receipts"][0]["number"]
    receipt = browser.get(f"/api/v1/me/receipts/{number}").get_json()
    assert (receipt["receipt"]["cents"], receipt["lines"][0]["vat_percent"]) == (4500, "13.5")


def test_a_repeated_key_gets_the_same_order_and_another_body_is_refused(
    browser: FlaskClient,
) -> None:
    first, again = order_json(browser, "k1"), order_json(browser, "k1")
    assert first.get_json() == again.get_json()
    assert first.status_code == again.status_code == 201
    assert order_json(browser, "k1", product="gym").get_json()["code"] == "idempotency_mismatch"


def test_a_payment_is_started_again_by_json_until_it_is_paid(browser: FlaskClient) -> None:
    body = order_json(browser).get_json()
    again = browser.post(f"/api/v1/orders/{body['id']}/payments")
    assert again.status_code == 201
    browser.get(choose_outcome(browser, again.get_json()["payment_url"]))
    assert (
        browser.post(f"/api/v1/orders/{body['id']}/payments").get_json()["code"] == "order_settled"
    )


def test_a_pass_is_activated_once_by_json(browser: FlaskClient, student: int) -> None:
    today = helsinki_date(utc_now())
    a_pass(student, starts_on=today, ends_on=today + timedelta(days=9))
    (pass_,) = browser.get("/api/v1/me/passes").get_json()["passes"]
    assert pass_["activated_at"] is None
    first = browser.post(f"/api/v1/me/passes/{pass_['id']}/activate").get_json()["activated_at"]
    assert first is not None
    assert (
        browser.post(f"/api/v1/me/passes/{pass_['id']}/activate").get_json()["activated_at"]
        == first
    )


def test_the_desk_refunds_by_json_and_a_student_cannot(
    browser: FlaskClient, desk: FlaskClient
) -> None:
    order_id = buy(browser).rsplit("/", 1)[1]
    url = f"/api/v1/orders/{order_id}/refund"
    assert browser.post(url, json={"reason": "I want"}).status_code == 403
    assert desk.post(url, json={}).status_code == 422
    assert desk.post(url, json={"reason": "moved abroad"}).get_json()["state"] == "refunded"
    assert desk.post(url, json={"reason": "again"}).get_json()["code"] == "already_refunded"


def test_a_bad_order_is_a_typed_refusal(browser: FlaskClient) -> None:
    bodies: list[tuple[dict[str, Any], int]] = [
        ({"product": "unknown"}, 404),
        ({"product": ""}, 422),
        ({"product": 7}, 422),
        ({"starts_on": "2026-02-30"}, 422),
        ({"starts_on": "9999-12-31"}, 422),
        ({"cents": 1}, 422),
    ]
    for body, status in bodies:
        answer = order_json(browser, **body)
        assert answer.status_code == status, body
        assert answer.get_json()["code"]


def test_a_product_that_is_not_sold_to_a_group_is_not_shown_to_it(browser: FlaskClient) -> None:
    with writing() as session:
        catalogue.set_price(
            session, "gym", role="student", cents=None, valid_from=helsinki_date(utc_now())
        )
    assert "gym" not in {
        offer["code"] for offer in browser.get("/api/v1/products").get_json()["products"]
    }
