"""The page of a bundle's parts, and a bundle as people see and buy it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.bundles import a_bundle
from tests.world.buying import buy, page_browser, pay_button
from tests.world.people import a_browser
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.passes.bundles.queries import parts_of
from zone.passes.bundles.rules import NewPart
from zone.passes.catalogue.queries import product_by_code

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/products/parts?code=both"


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    a_bundle()
    return page_browser(shop, member_id)


def parts() -> list[NewPart]:
    with reading() as session:
        return parts_of(session, product_by_code(session, "both").id)


def test_a_manager_sets_the_parts(manager: FlaskClient) -> None:
    (form,) = forms_of(manager, PAGE)
    form.data |= {
        "part": ["term", "gym", "", "", "", ""],
        "share": ["3", "1", "", "", "", ""],
        "counts": ["1"],
    }
    assert form.submit(manager, "Save the parts").status_code == 303
    assert parts() == [NewPart("term", 3), NewPart("gym", 1, counts=False)]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"part": ["gym"], "share": ["1"]}, "at least two products"),
        ({"part": ["gym", "term"], "share": ["1", ""]}, "Give each part its share"),
        ({"part": ["gym", "term"], "share": ["1", "1,5"]}, "Give each part its share"),
        ({"part": ["gym", "gym"], "share": ["1", "1"], "counts": ["1", "2"]}, "at most one part"),
    ],
)
def test_what_is_no_bundle_is_refused(
    manager: FlaskClient, rows: dict[str, list[str]], says: str
) -> None:
    before = parts()
    (form,) = forms_of(manager, PAGE)
    form.data |= {"counts": [], **rows}
    refused = form.submit(manager, "Save the parts")
    assert refused.status_code == 422
    assert says in refused.text
    assert parts() == before


def test_people_see_one_price_and_buy_it_as_one(shop: Flask, browser: FlaskClient) -> None:
    a_bundle()
    for page in (a_browser(shop).get("/prices?lang=en").text, browser.get("/buy?lang=en").text):
        assert "both (en)" in page
        assert "gym (en) + term (en) + visit (en)" in page
        assert "50,00" in page
    review = browser.get("/buy/both").text
    assert all(f"{part} (en)" in review for part in ("gym", "term", "visit"))
    paid = browser.get(buy(browser, "both")).text
    assert re.search(r"both \(en\)<br>.*gym \(en\).*</dt><dd>50,00", paid)


def test_the_json_names_parts_prices_and_rates(browser: FlaskClient) -> None:
    a_bundle()
    offers = browser.get("/api/v1/products").get_json()["products"]
    both = next(one for one in offers if one["code"] == "both")
    assert both["price"]["cents"] == sum(part["cents"] for part in both["parts"]) == 5000
    assert both["price"]["vat_percent"] == "13.5"
    assert sorted(both["entitlements"]) == ["class", "court", "gym"]


def test_a_basket_with_a_bundle_is_ordered_whole(browser: FlaskClient) -> None:
    a_bundle()
    _order, basket = forms_of(browser, "/buy/both")[-2:]
    assert basket.submit(browser, "Put it in the basket").status_code == 303
    page = browser.get("/basket?lang=en").text
    assert "both (en)" in page
    order = next(form for form in forms_of(browser, "/basket") if form.action == "/basket/order")
    assert order.submit(browser, pay_button(order)).status_code == 303
