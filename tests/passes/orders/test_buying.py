"""Buying as a person does it, by plain pages and by JSON: choose, pay, get the pass; twice tapped is bought once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from tests.world.actors import a_token
from tests.world.shop import a_pass, a_student, passes
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.passes.catalogue import service as catalogue

pytestmark = pytest.mark.engines("sqlite")


def signed_in(app: Flask, member_id: int) -> FlaskClient:
    """A browser with the session of a person, that asks for pages and comes from our own."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    client = app.test_client()
    client.set_cookie("zone", token)
    client.environ_base |= {"HTTP_ACCEPT": "text/html", "HTTP_SEC_FETCH_SITE": "same-origin"}
    return client


@pytest.fixture
def browser(shop: Flask, student: int) -> FlaskClient:
    return signed_in(shop, student)


@pytest.fixture
def desk(shop: Flask) -> FlaskClient:
    member_id = a_student("tiski@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "desk", utc_now())
    return signed_in(shop, member_id)


def key_in(page: TestResponse) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found
    return found[1]


def tapped(browser: FlaskClient, product: str = "term", key: str | None = None) -> str:
    """The address of the payment page after Go to payment."""
    key = key or key_in(browser.get(f"/buy/{product}"))
    answer = browser.post(f"/buy/{product}", data={"key": key})
    assert answer.status_code == 303
    return answer.location


def chosen(browser: FlaskClient, payment_page: str, outcome: str = "paid") -> str:
    """The address of the signed callback after a choice on the payment page."""
    answer = browser.post(payment_page, data={"outcome": outcome})
    assert answer.status_code == 303
    return answer.location


def paid(browser: FlaskClient, product: str = "term") -> str:
    """The address of the order's page, paid."""
    return browser.get(chosen(browser, tapped(browser, product))).location


# ---------------------------------------------------------------------------------------------------------- pages


def test_a_student_buys_a_pass_by_plain_pages(browser: FlaskClient, student: int) -> None:
    shown = browser.get("/buy").text
    assert "term (en)" in shown
    assert "45,00\u00a0€" in shown
    payment_page = tapped(browser)
    assert "45,00\u00a0€" in browser.get(payment_page).text
    result = browser.get(chosen(browser, payment_page), follow_redirects=True).text
    assert "Thank you, it is paid" in result
    assert 'href="/pass"' in result
    assert passes(student) == 1


def test_every_page_of_buying_opens_in_every_language(browser: FlaskClient) -> None:
    order, payment_page = paid(browser), tapped(browser, "gym")
    (receipt,) = set(re.findall(r"/receipts/[0-9-]+", browser.get(order).text))
    for language in ("fi", "sv", "en"):
        assert browser.get(f"{payment_page}&lang={language}").status_code == 200
        for address in ("/buy", "/buy/term", order, receipt):
            assert f"({language})" in browser.get(f"{address}?lang={language}").text, address


def test_who_may_not_buy_reads_why_and_what_to_do(shop: Flask) -> None:
    stranger = signed_in(
        shop, a_student("entinen@zone.example", until=helsinki_date(utc_now()) - timedelta(days=1))
    )
    page = stranger.get("/buy").text
    assert "Prove that you study or work" in page
    assert "Choose" not in page
    refused = stranger.post("/buy/term", data={"key": "k"})
    assert refused.status_code == 403
    assert "Prove that you study or work" in refused.text


def test_a_double_tap_buys_once(browser: FlaskClient) -> None:
    key = key_in(browser.get("/buy/term"))
    assert tapped(browser, key=key) == tapped(browser, key=key)


def check_simultaneous_taps_order_once(app: Flask, browser: FlaskClient) -> None:
    """The property: the same form sent by four taps at once leads to one payment."""
    key, cookie = key_in(browser.get("/buy/term")), browser.get_cookie("zone")
    assert cookie

    def tap(_: int) -> str:
        one = app.test_client()
        one.set_cookie("zone", cookie.value)
        answer = one.post("/buy/term", data={"key": key}, headers={"Sec-Fetch-Site": "same-origin"})
        return f"{answer.status_code} {answer.location}"

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(tap, range(4)))) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_simultaneous_taps_order_once(shop: Flask, browser: FlaskClient) -> None:
    check_simultaneous_taps_order_once(shop, browser)


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("no idempotency key")
def test_without_the_key_simultaneous_taps_would_order_more(
    shop: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.core.idempotency.service.run", lambda *_args, work, **_named: work())
    with pytest.raises(AssertionError):
        check_simultaneous_taps_order_once(shop, browser)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("declined", "The payment was declined"), ("cancelled", "The payment was cancelled")],
)
def test_after_a_failed_payment_the_person_is_told_and_tries_again(
    browser: FlaskClient, student: int, outcome: str, words: str
) -> None:
    order = browser.get(chosen(browser, tapped(browser), outcome)).location
    page = browser.get(order).text
    assert words in page
    assert passes(student) == 0
    again = browser.post(f"{order}/pay").location
    assert browser.get(chosen(browser, again)).location == order
    assert passes(student) == 1


def test_going_back_and_paying_or_declining_again_changes_nothing(
    browser: FlaskClient, student: int
) -> None:
    payment_page = tapped(browser)
    for outcome in ("paid", "paid", "declined", "cancelled"):
        order = browser.get(chosen(browser, payment_page, outcome)).location
    assert passes(student) == 1
    assert "Thank you, it is paid" in browser.get(order).text


def test_a_forged_callback_gives_nothing(browser: FlaskClient, student: int) -> None:
    callback = chosen(browser, tapped(browser), "declined")
    forged = browser.get(callback.replace("outcome=declined", "outcome=paid"))
    assert forged.status_code == 400
    assert "forged_notice" in forged.text
    assert passes(student) == 0


def test_the_providers_server_may_call_back_without_the_person(
    shop: Flask, browser: FlaskClient, student: int
) -> None:
    callback = chosen(browser, tapped(browser))
    path, query = callback.split("?")
    answer = shop.test_client().post(
        path, data=query, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert passes(student) == 1
    assert browser.get(callback).status_code == 303
    assert passes(student) == 1


def test_a_payment_page_with_a_changed_sum_is_refused(browser: FlaskClient) -> None:
    payment_page = tapped(browser).replace("cents=4500", "cents=1")
    assert browser.get(payment_page).status_code == 400
    assert browser.post(payment_page, data={"outcome": "paid"}).status_code == 400


def test_without_the_development_provider_its_page_does_not_exist(settings: Settings) -> None:
    closed = create_app(
        Settings(database_url=settings.database_url, data_dir=settings.data_dir)
    ).test_client()
    assert closed.get("/dev-pay/x?cents=1&currency=EUR&signature=x").status_code == 404
    assert closed.get("/payments/callback").status_code == 503


def test_another_persons_order_and_receipt_look_unknown_but_the_desk_reads_them(
    shop: Flask, browser: FlaskClient, desk: FlaskClient
) -> None:
    order = paid(browser)
    (receipt,) = set(re.findall(r"/receipts/[0-9-]+", browser.get(order).text))
    other = signed_in(shop, a_student("toinen@zone.example"))
    for address in (
        order,
        receipt,
        f"{receipt}/code.png",
        "/orders/" + str(uuid4()),
        "/receipts/1-1",
        "/receipts/x",
    ):
        assert other.get(address).status_code == 404, address
    assert desk.get(order).status_code == 200
    assert desk.get(receipt).status_code == 200


def test_a_token_for_ones_own_passes_opens_no_other_persons_order(
    shop: Flask, browser: FlaskClient
) -> None:
    order = f"/api/v1{paid(browser)}"
    manager = a_student("manager@zone.example")
    with writing() as session:
        roles.grant_role(session, manager, "manager", utc_now())
    statuses = []
    for scopes in (("passes:read",), ("passes:read", "people:read")):
        bearer = {"Authorization": f"Bearer {a_token(manager, *scopes)}"}
        statuses.append(shop.test_client().get(order, headers=bearer).status_code)
    assert statuses == [404, 200]


def test_a_receipt_shows_vat_and_a_code_for_the_desk(browser: FlaskClient) -> None:
    order = paid(browser)
    (receipt,) = set(re.findall(r"/receipts/[0-9-]+", browser.get(order).text))
    page = unescape(browser.get(receipt).text)
    assert "13,5" in page
    assert "5,35\u00a0€" in page
    picture = browser.get(f"{receipt}/code.png")
    assert picture.mimetype == "image/png"
    assert Image.open(BytesIO(picture.get_data())).width > 100


def test_the_desk_refunds_an_order_and_a_student_cannot(
    browser: FlaskClient, desk: FlaskClient
) -> None:
    order = paid(browser)
    assert "Refund in full" not in browser.get(order).text
    assert browser.post(f"{order}/refund", data={"reason": "I want"}).status_code == 403
    assert "Refund in full" in desk.get(order).text
    taps = [desk.post(f"{order}/refund", data={"reason": "moved abroad"}) for _ in range(2)]
    assert [answer.headers["Location"] for answer in taps] == [order, order]
    assert "Refunded" in browser.get(order).text


def test_a_refund_without_a_reason_is_refused(browser: FlaskClient, desk: FlaskClient) -> None:
    order = paid(browser)
    assert desk.post(f"{order}/refund", data={"reason": "  "}).status_code == 422


def test_a_pass_is_taken_into_use_from_the_orders_page(browser: FlaskClient) -> None:
    order = paid(browser)
    (activate,) = re.findall(r'action="(/passes/[^"]+/activate)"', browser.get(order).text)
    assert browser.post(activate).location == "/pass"
    assert "/activate" not in browser.get(order).text


def test_an_impossible_first_day_is_refused(browser: FlaskClient) -> None:
    for day, status in (
        ("soon", 400),
        ("2026-02-30", 400),
        ("9999-12-31", 422),
        ("2000-01-01", 422),
    ):
        assert browser.get(f"/buy/term?starts_on={day}").status_code == status, day


# ----------------------------------------------------------------------------------------------------------- JSON


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


def test_who_may_not_buy_gets_a_reason_with_each_product(shop: Flask) -> None:
    stranger = signed_in(
        shop, a_student("entinen@zone.example", until=helsinki_date(utc_now()) - timedelta(days=1))
    )
    for offer in stranger.get("/api/v1/products?lang=fi").get_json()["products"]:
        assert offer["price"] is None
        assert offer["refusal"]["code"] == "not_eligible"
        assert "Todista" in offer["refusal"]["detail"]


def test_an_order_by_json_is_paid_and_shows_its_pass_and_receipt(browser: FlaskClient) -> None:
    placed = order_json(browser)
    assert placed.status_code == 201
    body = placed.get_json()
    assert (body["state"], body["total_cents"], body["passes"]) == ("open", 4500, [])
    browser.get(chosen(browser, body["payment_url"]))
    order = browser.get(f"/api/v1/orders/{body['id']}").get_json()
    assert order["state"] == "paid"
    assert [held["state"] for held in order["passes"]] == ["valid"]
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
    browser.get(chosen(browser, again.get_json()["payment_url"]))
    assert (
        browser.post(f"/api/v1/orders/{body['id']}/payments").get_json()["code"] == "order_settled"
    )


def test_a_pass_is_activated_once_by_json(browser: FlaskClient, student: int) -> None:
    today = helsinki_date(utc_now())
    a_pass(student, starts_on=today, ends_on=today + timedelta(days=9))
    (held,) = browser.get("/api/v1/me/passes").get_json()["passes"]
    assert held["activated_at"] is None
    first = browser.post(f"/api/v1/me/passes/{held['id']}/activate").get_json()["activated_at"]
    assert first is not None
    assert (
        browser.post(f"/api/v1/me/passes/{held['id']}/activate").get_json()["activated_at"] == first
    )


def test_the_desk_refunds_by_json_and_a_student_cannot(
    browser: FlaskClient, desk: FlaskClient
) -> None:
    order_id = paid(browser).rsplit("/", 1)[1]
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
