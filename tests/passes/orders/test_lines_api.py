"""Orders of several lines by JSON: a discount code, the consent, and the withdrawal."""

import pytest
from flask.testing import FlaskClient

from tests.world.buying import choose_outcome
from tests.world.vouchers import CODE, a_voucher

pytestmark = pytest.mark.engines("sqlite")
LINES = [{"product": "term"}, {"product": "visit"}]


def test_two_lines_with_a_code_are_paid_and_withdrawn_from(browser: FlaskClient) -> None:
    a_voucher()
    body = {"lines": LINES, "voucher": CODE, "discount": 500, "consent": True}
    placed = browser.post("/api/v1/orders", json=body).get_json()
    assert (placed["total_cents"], placed["voucher"], placed["state"]) == (4500, CODE, "open")
    assert [line["discount_cents"] for line in placed["lines"]] == [450, 50]
    browser.get(choose_outcome(browser, placed["payment_url"]))
    address = f"/api/v1/orders/{placed['id']}"
    assert len(browser.get(address).get_json()["passes"]) == 2
    withdrawn = browser.post(f"{address}/withdrawal").get_json()
    assert (withdrawn["state"], withdrawn["receipts"][-1]["cents"]) == ("refunded", -4500)
    assert browser.post(f"{address}/withdrawal").get_json()["code"] == "already_refunded"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_input"),
        ({"product": "term", "lines": LINES}, "invalid_input"),
        ({"lines": [*LINES, {"product": "term"}]}, "invalid_input"),
        ({"lines": LINES, "voucher": "NO-SUCH"}, "voucher_unknown"),
        ({"lines": LINES, "voucher": CODE, "discount": 1}, "quote_changed"),
    ],
)
def test_what_cannot_be_ordered_says_why(
    browser: FlaskClient, body: dict[str, object], code: str
) -> None:
    a_voucher()
    assert browser.post("/api/v1/orders", json=body).get_json()["code"] == code
