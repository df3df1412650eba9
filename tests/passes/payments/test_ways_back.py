"""A refund says how the money goes back: by how it was paid, and how far it has come."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.bank import SIGNATURE, Bank, offering, opened
from tests.world.buying import buy, page_browser, pay_button
from tests.world.checkout import give_back
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_product, a_student
from zone.core.clock import utc_now
from zone.core.config import SETTINGS_KEY
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.orders.models import Order
from zone.passes.orders.rules import CounterLine
from zone.passes.orders.service import sell_at_counter
from zone.passes.payments import jobs

pytestmark = pytest.mark.engines("sqlite")


def sold_for(
    app: Flask, student: int, method: str, product: str = "term", cents: int = 4500
) -> str:
    """The page of an order that was paid at the counter, and is refunded."""
    now = utc_now()
    with writing() as session:
        order = sell_at_counter(
            session,
            session.get_one(Member, student).public_id,
            [CounterLine(product, cents, helsinki_date(now))],
            method=method,
            now=now,
            settings=app.extensions[SETTINGS_KEY],
        )
        page, order_id = f"/orders/{order.public_id}", order.id
    give_back(order_id, a_student("tiski@zone.example"), now)
    return page


def mail(template: str) -> str:
    with reading() as session:
        return session.scalars(
            select(OutboxMail.body).where(OutboxMail.template == f"passes/{template}")
        ).one()


@pytest.mark.parametrize(
    ("method", "way"),
    [
        ("cash", "It was paid in cash: the desk gives the money back."),
        ("card_terminal", "the desk gives the money back to the card."),
    ],
)
def test_money_of_the_counter_is_given_back_by_the_desk(
    shop: Flask, student: int, method: str, way: str
) -> None:
    order = sold_for(shop, student, method)
    browser = page_browser(shop, student)
    assert way in browser.get(f"{order}?lang=en").text
    assert way in mail("refund")
    assert "account" not in mail("refund")
    assert browser.get(f"/api/v1{order}").get_json()["refund"] == method


def test_of_nothing_nothing_is_given_back(shop: Flask, browser: FlaskClient) -> None:
    with writing() as session:
        a_product(session, "trial", "test", ("gym",), 7, student=0)
    form, *_others = forms_of(browser, "/buy/trial")
    order = form.submit(browser, pay_button(form)).location
    with reading() as session:
        order_id = session.scalars(select(Order.id)).one()
    give_back(order_id, a_student("tiski@zone.example"), utc_now())
    assert "no money is given back" in browser.get(f"{order}?lang=en").text
    assert "no money is given back" in mail("refund")


def test_what_a_fee_gave_is_no_pass(shop: Flask, student: int) -> None:
    with writing() as session:
        a_product(session, "lost-card", "fee", (), 1, student=500)
    order = sold_for(shop, student, "cash", "lost-card", 500)
    page = page_browser(shop, student).get(f"{order}?lang=en").text
    assert "refunded in full." in page
    for text in (page, mail("receipt"), mail("refund")):
        assert "pass has ended" not in text
        assert "Your pass" not in text


def test_a_refund_is_not_called_done_before_the_provider_has_done_it(
    shop: Flask,
    browser: FlaskClient,
    desk: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    data_dir: Path,
) -> None:
    bank = opened(Bank(data_dir, refuses="refused"), monkeypatch)
    settings = offering(shop, monkeypatch, "bank")
    order = "/orders/" + browser.post("/api/v1/orders", json={"product": "term"}).get_json()["id"]
    notice = {"reference": next(iter(bank.book)), "outcome": "paid", "cents": 4500}
    browser.post("/payments/bank/callback", json=notice, headers=SIGNATURE)
    desk.post(f"{order}/refund", data={"reason": "moved abroad"})
    assert "on its way back" in browser.get(f"{order}?lang=en").text
    for _run in range(2):
        jobs.make_refunds(settings, utc_now())
    assert "could not send the money back" in browser.get(f"{order}?lang=en").text
    assert "The desk gives it back to you another way" in mail("refund_refused")  # one mail
    assert order in mail("refund_refused")
    (by_hand,), (again,) = forms_of(desk, order), forms_of(desk, order)
    assert by_hand.submit(desk, "It is given back", reason="bank transfer").status_code == 303
    assert "The desk has given the money back." in browser.get(f"{order}?lang=en").text
    late = again.submit(desk, "It is given back", reason="another transfer")
    assert (late.status_code, "already been refunded" in late.text) == (409, True)


def test_an_order_that_cannot_be_paid_any_more_says_why(
    browser: FlaskClient, desk: FlaskClient
) -> None:
    order = buy(browser)
    assert browser.post(f"{order}/pay").location == order, "an old tab"
    desk.post(f"{order}/refund", data={"reason": "moved abroad"})
    assert browser.post(f"{order}/pay").location == order
    refused = browser.post(f"/api/v1{order}/payments").get_json()
    assert (refused["code"], "already paid" in refused["detail"]) == ("order_refunded", False)
