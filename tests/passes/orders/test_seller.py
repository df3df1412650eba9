"""Without a seller nothing is sold, and nobody is charged."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.bank import offering
from tests.world.buying import pay_button
from tests.world.checkout import A_SELLER, notices, ordered, refused
from tests.world.counter import Desk, a_person, build, call, offer
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, passes
from zone.core.db.transactions import reading, writing
from zone.passes.orders import service as orders
from zone.passes.orders.models import Order
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment
from zone.passes.receipts.rules import UNNAMED, Seller

pytestmark = pytest.mark.engines("sqlite")

PARTS = ("seller_name", "seller_address", "seller_business_id")


def stored() -> tuple[int, int]:
    with reading() as session:
        return (
            session.scalar(select(func.count()).select_from(Order)) or 0,
            session.scalar(select(func.count()).select_from(Payment)) or 0,
        )


@pytest.mark.parametrize("missing", PARTS)
@pytest.mark.parametrize("value", ["", " \t"])
def test_shop_and_api_refuse_without_a_seller(
    shop: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, missing: str, value: str
) -> None:
    form, *_others = forms_of(browser, "/buy/term")
    offering(shop, monkeypatch, "development", **{missing: value})
    assert "do not name the seller" in browser.get("/buy?lang=en").text
    assert browser.get("/buy/term").status_code == 503
    assert form.submit(browser, pay_button(form)).status_code == 503
    answer = browser.post("/api/v1/orders", json={"product": "term"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "seller_missing")
    products = browser.get("/api/v1/products").get_json()["products"]
    assert {product["refusal"]["code"] for product in products} == {"seller_missing"}
    assert stored() == (0, 0)


def test_a_basket_offers_nothing_without_a_seller(
    shop: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.post("/basket/lines", data={"product": "term", "key": "a"}).status_code == 303
    [form] = [one for one in forms_of(browser, "/basket") if one.action == "/basket/order"]
    offering(shop, monkeypatch, "development", seller_name="")
    assert "do not name the seller" in browser.get("/basket?lang=en").text
    assert "/basket/order" not in {one.action for one in forms_of(browser, "/basket")}
    assert form.save(browser).status_code == 503
    assert stored() == (0, 0)


def test_no_payment_is_started_again_without_a_seller(
    shop: Flask, browser: FlaskClient, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = browser.post("/api/v1/orders", json={"product": "term"}).get_json()
    offering(shop, monkeypatch, "development", seller_name="")
    answer = browser.post(f"/api/v1/orders/{placed['id']}/payments")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "seller_missing")
    assert stored() == (1, 1)


def test_the_desk_refuses_without_a_seller(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Desk = build(app)
    person = a_person(desk, with_pass=False)
    body = offer(desk, person, "term")
    offering(app, monkeypatch, "development", seller_business_id="")
    answer = call(desk.staff, f"/people/{person.public}/sales", body | {"method": "cash"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "seller_missing")
    assert "do not name the seller" in desk.staff.get(f"/desk/people/{person.public}?lang=en").text
    assert stored() == (0, 0)


def test_what_was_paid_before_the_seller_went_is_still_granted(student: int) -> None:
    (notice,) = notices(ordered(student))
    with writing() as session:
        payments.settle(session, "development", notice, NOW, UNNAMED)
    assert passes(student) == 1


def test_no_order_is_placed_for_an_incomplete_seller(student: int) -> None:
    def order(seller: Seller) -> None:
        with writing() as session:
            orders.place_order(
                session,
                student,
                "term",
                starts_on=None,
                now=NOW,
                seller_vat=True,
                seller=seller,
            )

    assert refused(lambda: order(UNNAMED)) == "seller_missing"
    order(A_SELLER)


@pytest.mark.parametrize("blank", ["", " ", "\n", "\u200b", "\u3164"])
@pytest.mark.parametrize("field", ["name", "address", "business_id"])
def test_a_seller_of_blanks_is_none(field: str, blank: str) -> None:
    parts: dict[str, Any] = {"name": "Liikunta ry", "address": "Katu 1", "business_id": "1234567-8"}
    assert Seller(**parts).is_complete
    assert not Seller(**parts | {field: blank}).is_complete
