"""Buying by the pages: choose, pay, get the pass; a form submitted twice buys once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from io import BytesIO
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.world.actors import a_token
from tests.world.buying import buy, choose_outcome, form_key, page_browser, place_order
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_product, a_student, passes
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.places.terms.service import create_season

pytestmark = pytest.mark.engines("sqlite")


def test_a_student_buys_a_pass_by_plain_pages(browser: FlaskClient, student: int) -> None:
    shown = browser.get("/buy").text
    assert "term (en)" in shown
    assert "45,00\u00a0€" in shown
    payment_page = place_order(browser)
    assert "45,00\u00a0€" in browser.get(payment_page).text
    result = browser.get(choose_outcome(browser, payment_page), follow_redirects=True).text
    assert "Paid. Your pass works now." in result
    assert 'href="/pass"' in result
    assert passes(student) == 1


def test_every_page_of_buying_opens_in_every_language(browser: FlaskClient) -> None:
    order, payment_page = buy(browser), place_order(browser, "gym")
    (receipt,) = set(re.findall(r"/receipts/[0-9-]+", browser.get(order).text))
    for language in ("fi", "sv", "en"):
        assert browser.get(f"{payment_page}&lang={language}").status_code == 200
        for address in ("/buy", "/buy/term", order, receipt):
            assert f"({language})" in browser.get(f"{address}?lang={language}").text, address


def test_without_eligibility_the_shop_says_why_and_what_to_do(shop: Flask) -> None:
    stranger = page_browser(
        shop, a_student("entinen@zone.example", until=helsinki_date(utc_now()) - timedelta(days=1))
    )
    page = stranger.get("/buy").text
    assert "Your proof ended on" in page
    assert "Show your student card of Metropolia at the desk" in page
    assert "Choose" not in page
    refused = stranger.post("/buy/term", data={"key": "k"})
    assert refused.status_code == 403
    assert "Prove that you study or work" in refused.text


def test_a_double_tap_buys_once(browser: FlaskClient) -> None:
    key = form_key(browser.get("/buy/term"))
    assert place_order(browser, key=key) == place_order(browser, key=key)


def check_simultaneous_taps_order_once(app: Flask, browser: FlaskClient) -> None:
    """Check that one form submitted four times at once leads to one payment."""
    (form, *_others), cookie = forms_of(browser, "/buy/term"), browser.get_cookie("zone")
    assert cookie

    def tap(_: int) -> str:
        client = app.test_client()
        client.set_cookie("zone", cookie.value)
        answer = client.post("/buy/term", data=form.data, headers={"Sec-Fetch-Site": "same-origin"})
        return f"{answer.status_code} {answer.location}"

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(tap, range(4)))) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_simultaneous_taps_order_once(shop: Flask, browser: FlaskClient) -> None:
    check_simultaneous_taps_order_once(shop, browser)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("no idempotency key")
def test_without_the_key_simultaneous_taps_would_order_more(
    shop: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "zone.core.idempotency.service.run_once", lambda *_args, work, **_named: work()
    )
    with pytest.raises(AssertionError):
        check_simultaneous_taps_order_once(shop, browser)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("declined", "The payment was declined"), ("cancelled", "The payment was cancelled")],
)
def test_after_a_failed_payment_the_page_says_so_and_offers_another_try(
    browser: FlaskClient, student: int, outcome: str, words: str
) -> None:
    order = browser.get(choose_outcome(browser, place_order(browser), outcome)).location
    page = browser.get(order).text
    assert words in page
    assert passes(student) == 0
    again = browser.post(f"{order}/pay").location
    assert browser.get(choose_outcome(browser, again)).location == order
    assert passes(student) == 1


def test_going_back_and_paying_or_declining_again_changes_nothing(
    browser: FlaskClient, student: int
) -> None:
    payment_page = place_order(browser)
    for outcome in ("paid", "paid", "declined", "cancelled"):
        order = browser.get(choose_outcome(browser, payment_page, outcome)).location
    assert passes(student) == 1
    assert "Paid. Your pass works now." in browser.get(order).text


def test_a_forged_callback_gives_nothing(browser: FlaskClient, student: int) -> None:
    callback = choose_outcome(browser, place_order(browser), "declined")
    forged = browser.get(callback.replace("outcome=declined", "outcome=paid"))
    assert forged.status_code == 400
    assert "signature" in forged.text
    assert passes(student) == 0


def test_the_providers_server_may_call_back_without_the_person(
    shop: Flask, browser: FlaskClient, student: int
) -> None:
    callback = choose_outcome(browser, place_order(browser))
    path, query = callback.split("?")
    answer = shop.test_client().post(
        path, data=query, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert passes(student) == 1
    assert browser.get(callback).status_code == 303
    assert passes(student) == 1


def test_a_payment_page_with_a_changed_sum_is_refused(browser: FlaskClient) -> None:
    payment_page = place_order(browser).replace("cents=4500", "cents=1")
    assert browser.get(payment_page).status_code == 400
    assert browser.post(payment_page, data={"outcome": "paid"}).status_code == 400


def test_without_the_development_provider_its_page_does_not_exist(settings: Settings) -> None:
    closed = create_app(
        Settings(database_url=settings.database_url, data_dir=settings.data_dir)
    ).test_client()
    assert closed.get("/dev-pay/x?cents=1&currency=EUR&signature=x").status_code == 404
    # What was paid before it was closed still counts, so its callback is there.
    assert closed.get("/payments/development/callback").status_code in (400, 404)
    assert closed.get("/payments/unknown/callback").status_code == 404


def test_another_persons_order_and_receipt_look_unknown_but_the_desk_reads_them(
    shop: Flask, browser: FlaskClient, desk: FlaskClient
) -> None:
    order = buy(browser)
    (receipt,) = set(re.findall(r"/receipts/[0-9-]+", browser.get(order).text))
    other_person = page_browser(shop, a_student("toinen@zone.example"))
    for address in (
        order,
        receipt,
        f"{receipt}/code.png",
        "/orders/" + str(uuid4()),
        "/receipts/1-1",
        "/receipts/x",
    ):
        assert other_person.get(address).status_code == 404, address
    assert desk.get(order).status_code == 200
    assert desk.get(receipt).status_code == 200


def test_a_token_for_ones_own_passes_opens_no_other_persons_order(
    shop: Flask, browser: FlaskClient
) -> None:
    order = f"/api/v1{buy(browser)}"
    manager = a_student("manager@zone.example")
    with writing() as session:
        roles.grant_role(session, manager, "manager", utc_now())
    statuses = []
    for scopes in (("passes:read",), ("passes:read", "people:read")):
        bearer = {"Authorization": f"Bearer {a_token(manager, *scopes)}"}
        statuses.append(shop.test_client().get(order, headers=bearer).status_code)
    assert statuses == [404, 200]


def test_a_receipt_shows_vat_and_a_code_for_the_desk(browser: FlaskClient) -> None:
    order = buy(browser)
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
    order = buy(browser)
    assert "Give money back" not in browser.get(order).text
    assert browser.post(f"{order}/refund", data={"reason": "I want"}).status_code == 403
    assert "Give money back" in desk.get(order).text
    taps = [desk.post(f"{order}/refund", data={"reason": "moved abroad"}) for _ in range(2)]
    assert [answer.headers["Location"] for answer in taps] == [order, order]
    assert "Refunded" in browser.get(order).text


def test_a_refund_without_a_reason_is_refused(browser: FlaskClient, desk: FlaskClient) -> None:
    order = buy(browser)
    assert desk.post(f"{order}/refund", data={"reason": "  "}).status_code == 422


def test_a_pass_is_taken_into_use_from_the_orders_page(browser: FlaskClient) -> None:
    order = buy(browser)
    (activate,) = re.findall(r'action="(/passes/[^"]+/activate)"', browser.get(order).text)
    assert browser.post(activate).location == "/pass"
    assert "/activate" not in browser.get(order).text


def test_a_first_day_after_the_last_season_is_refused_at_its_field(browser: FlaskClient) -> None:
    today = helsinki_date(utc_now())
    with writing() as session:
        a_product(session, "season", "sports_pass", ("class",), None, student=4000)
        ends_on = today + timedelta(days=30)
        create_season(
            session, code="now", kind="autumn", starts_on=today, ends_on=ends_on, now=utc_now()
        )
    page = browser.get(f"/buy/season?starts_on={ends_on + timedelta(days=1)}")
    assert (page.status_code, 'name="starts_on"' in page.text) == (409, True)
    assert "The dates of the term are not published yet" in page.text


def test_an_impossible_first_day_is_refused(browser: FlaskClient) -> None:
    for day, status in (
        ("soon", 400),
        ("2026-02-30", 400),
        ("9999-12-31", 400),
        ("2000-01-01", 422),
    ):
        assert browser.get(f"/buy/term?starts_on={day}").status_code == status, day
