"""The API of one's own basket: the same rules as its page."""

import pytest
from flask.testing import FlaskClient

from tests.world.shop import TODAY
from tests.world.vouchers import CODE, a_voucher, uses
from zone.core.db.transactions import writing
from zone.passes.catalogue import service as catalogue

pytestmark = pytest.mark.engines("sqlite")
BASKET = "/api/v1/basket"


def test_a_basket_is_filled_and_ordered_with_a_code(browser: FlaskClient, student: int) -> None:
    a_voucher()
    for product in ("term", "gym"):
        assert browser.post(f"{BASKET}/lines", json={"product": product}).status_code == 200
    assert browser.delete(f"{BASKET}/lines/gym").status_code == 200
    assert browser.put(f"{BASKET}/voucher", json={"voucher": CODE}).status_code == 200
    basket = browser.get(BASKET).get_json()
    assert [line["product"] for line in basket["lines"]] == ["term"]
    assert (basket["total_cents"], basket["discount_cents"]) == (4050, 450)
    shown = {"lines": [line["shown"] for line in basket["lines"]], "discount": 450}
    headers = {"Idempotency-Key": "once"}
    answers = [browser.post(f"{BASKET}/order", json=shown, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json()["id"] == answers[1].get_json()["id"]
    assert (uses(), browser.get(BASKET).get_json()["lines"]) == (1, [])


def test_an_empty_or_a_changed_basket_is_not_ordered(browser: FlaskClient, student: int) -> None:
    order = f"{BASKET}/order"
    assert browser.post(order, json={"discount": 0}).get_json()["code"] == "basket_empty"
    (line,) = browser.post(f"{BASKET}/lines", json={"product": "term"}).get_json()["lines"]
    with writing() as session:
        catalogue.set_price(session, "term", role="student", cents=3000, valid_from=TODAY)
    for shown in ([line["shown"]], [], ["nonsense"]):
        answer = browser.post(order, json={"lines": shown, "discount": 0})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "quote_changed")


def test_a_code_that_does_not_exist_is_refused_and_none_is_taken_out(
    browser: FlaskClient, student: int
) -> None:
    a_voucher()
    refused = browser.put(f"{BASKET}/voucher", json={"voucher": "NOTHING"})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "voucher_unknown")
    assert browser.put(f"{BASKET}/voucher", json={"voucher": CODE}).get_json()["voucher"] == CODE
    assert browser.put(f"{BASKET}/voucher", json={}).get_json()["voucher"] is None


def test_what_is_not_sold_does_not_get_into_a_basket(browser: FlaskClient, student: int) -> None:
    answer = browser.post(f"{BASKET}/lines", json={"product": "no-such"})
    assert answer.status_code == 404
