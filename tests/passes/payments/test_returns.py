"""A second payment of an order shows wherever somebody looks for it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests.world.bank import SIGNATURE, Bank, offering, opened
from tests.world.buying import choose_outcome, page_browser, place_order
from tests.world.checkout import bought, give_back, notices, ordered, pay_again, receipts, report
from tests.world.doctor import INVARIANTS
from tests.world.races import at_once
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.passes.orders.models import Order
from zone.passes.payments import jobs
from zone.passes.payments.models import Refund, RefundEvent


def paid_twice(browser: FlaskClient) -> str:
    """The page of an order that was paid twice."""
    first = place_order(browser)
    order = str(browser.get(choose_outcome(browser, first, "cancelled")).location)
    second = browser.post(f"{order}/pay").location
    for page in (first, second):
        assert browser.get(choose_outcome(browser, page)).location == order
    return order


def check_a_second_payment_shows(shop: Flask, browser: FlaskClient, student: int) -> None:
    """Check page, desk, receipt, mail, API and export of an order that was paid twice."""
    order = paid_twice(browser)
    page = browser.get(f"{order}?lang=en").text
    assert "A payment of 45,00\u00a0€ is given back" in page
    assert "The order was already paid" in page
    number = receipts()[-1]
    assert f"/receipts/{number}" in page
    receipt = browser.get(f"/receipts/{number}?lang=en").text
    assert "Credit receipt" in receipt
    assert "-45,00\u00a0€" in receipt or "−45,00\u00a0€" in receipt
    assert number in browser.get("/receipts").text
    with reading() as session:
        mail = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "passes/returned")
        ).one()
        public = session.get_one(Member, student).public_id
    assert number in mail.body
    assert "The order was already paid" in mail.body
    body = browser.get(f"/api/v1{order}").get_json()
    assert (body["state"], len(body["passes"])) == ("paid", 1)
    (back,) = body["returned_payments"]
    assert (back["order_id"], back["cents"], back["receipt"]) == (body["id"], 4500, number)
    exported = browser.get("/api/v1/me/export").get_json()
    assert [(row["cents"], row["reason"]) for row in exported["refunds"]] == [(4500, "paid twice")]
    assert [row["outcome"] for row in exported["payments"]].count("paid") == 2
    clerk = a_student("tiski@zone.example")
    with writing() as session:
        roles.grant_role(session, clerk, "desk", utc_now())
    record = page_browser(shop, clerk).get(f"/desk/people/{public}?lang=en").text
    assert f"/receipts/{number}" in record
    assert "Payments given back" in record
    assert f'href="{order}"' in record


@pytest.mark.engines("sqlite")
def test_a_second_payment_shows_everywhere(shop: Flask, browser: FlaskClient, student: int) -> None:
    check_a_second_payment_shows(shop, browser, student)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a second payment becomes a silent row")
def test_a_silent_refund_fails_the_check(
    shop: Flask, browser: FlaskClient, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.payments.queries._returned", lambda *_: [])
    with pytest.raises(AssertionError):
        check_a_second_payment_shows(shop, browser, student)


def broken() -> set[str]:
    """Return the names of the invariants of money that do not hold."""
    names = {"payments", "sales", "returns", "refunds", "receipts"}
    with reading() as session:
        return {
            invariant.name
            for invariant in INVARIANTS
            if invariant.name in names and invariant.count_broken(session, NOW)
        }


@pytest.mark.own_database
def test_the_doctor_finds_a_payment_that_was_given_back_without_a_receipt(student: int) -> None:
    order_id = ordered(student)
    pay_again(order_id)
    for notice in notices(order_id):
        report(notice)
    assert broken() == set()
    with writing() as session:
        on_sqlite = session.get_bind().dialect.name == "sqlite"
        name = "receipt_no_delete" if on_sqlite else "receipt_append_only ON receipt"
        session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("DELETE FROM receipt WHERE kind = 'credit'"))
    assert "returns" in broken()


def test_three_payments_of_one_order_leave_two_credits(student: int) -> None:
    order_id = ordered(student)
    pay_again(order_id)
    pay_again(order_id)
    for notice in notices(order_id):
        report(notice)
        report(notice)
    assert receipts() == ["2026-1", "C-2026-1", "C-2026-2"]
    assert broken() == set()


@pytest.mark.engines("sqlite", "postgresql")
def test_two_payments_at_once_leave_one_sale_and_one_credit(shop: Flask, student: int) -> None:
    order_id = ordered(student)
    pay_again(order_id)
    at_once(shop, [lambda n=n: report(n) for n in notices(order_id)])  # type: ignore[misc]
    assert (receipts(), broken()) == (["2026-1", "C-2026-1"], set())


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("cents", [450, 9000])
def test_another_sum_than_that_of_the_order_is_given_back(
    shop: Flask,
    browser: FlaskClient,
    desk: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    data_dir: Path,
    cents: int,
) -> None:
    bank = opened(Bank(data_dir), monkeypatch)
    settings = offering(shop, monkeypatch, "bank")
    order = "/orders/" + browser.post("/api/v1/orders", json={"product": "term"}).get_json()["id"]
    (reference,) = bank.book
    notice = {"reference": reference, "outcome": "paid", "cents": cents}
    for _ in range(2):
        answer = browser.post("/payments/bank/callback", json=notice, headers=SIGNATURE)
        assert answer.location == order
    (back,) = browser.get(f"/api/v1{order}").get_json()["returned_payments"]
    assert (back["cents"], back["outcome"]) == (cents, "waiting")
    for page in (browser.get(f"{order}?lang=en"), desk.get(f"{order}?lang=en")):
        assert "The amount paid was not that of the order" in page.text
    assert jobs.make_refunds(settings, utc_now()) == 1
    assert bank.book[reference]["refunded"] == cents
    assert broken() == set()


@pytest.mark.engines("sqlite")
def test_who_has_the_pass_does_not_read_that_another_sum_gave_none(
    shop: Flask, browser: FlaskClient, student: int
) -> None:
    order_id = ordered(student)
    pay_again(order_id)
    first, second = notices(order_id)
    report(first)
    report(replace(second, cents=450))
    with reading() as session:
        reason = session.scalars(select(Refund.reason)).one()
        order = session.get_one(Order, order_id).public_id
    page = browser.get(f"/orders/{order}?lang=en").text
    assert "no pass was given" not in page
    assert (reason, broken()) == ("paid twice", set())


def outcomes() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(RefundEvent.outcome).order_by(RefundEvent.id)))


def test_the_job_gives_the_money_back_once(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = offering(shop, monkeypatch, "development")
    order_id = bought(student)
    give_back(order_id, a_student("tiski@zone.example"))
    assert [jobs.make_refunds(settings, NOW) for _ in range(2)] == [1, 0]
    assert outcomes() == ["done"]


@pytest.mark.engines("sqlite")
def test_a_refund_that_the_provider_never_makes_is_given_back_by_hand(
    shop: Flask, desk: FlaskClient, student: int
) -> None:
    order_id = bought(student, now=utc_now() - timedelta(days=4))
    give_back(order_id, a_student("tiski2@zone.example"), utc_now() - timedelta(days=3))
    with reading() as session:
        order = f"/orders/{session.get_one(Order, order_id).public_id}"
        (refunds,) = [one for one in INVARIANTS if one.name == "refunds"]
        at = utc_now()
        assert [refunds.count_broken(session, at - timedelta(hours=n)) for n in (1, 0)] == [0, 1]
    by_hand = forms_of(desk, order)[0]
    with writing() as session:
        roles.grant_role(session, student, "desk", utc_now())
    buyer = page_browser(shop, student)
    assert [form for form in forms_of(buyer, order) if "by-hand" in form.action] == []
    assert by_hand.submit(buyer, "It is given back", reason="to myself").status_code == 403
    assert by_hand.submit(desk, "It is given back", reason="bank transfer").location == order
    assert (outcomes(), broken()) == (["by_hand"], set())


@pytest.mark.engines("sqlite")
def test_a_refund_that_the_provider_refuses_is_given_back_by_hand(
    shop: Flask,
    browser: FlaskClient,
    desk: FlaskClient,
    student: int,
    monkeypatch: pytest.MonkeyPatch,
    data_dir: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bank = opened(Bank(data_dir, refuses="refused"), monkeypatch)
    settings = offering(shop, monkeypatch, "bank")
    placed = browser.post("/api/v1/orders", json={"product": "term"}).get_json()
    (reference,) = bank.book
    bank.write(reference, outcome="paid")
    assert jobs.find_payments(settings, utc_now() + timedelta(minutes=6)) == 1
    order = f"/orders/{placed['id']}"
    desk.post(f"{order}/refund", data={"reason": "moved abroad"})
    assert jobs.make_refunds(settings, utc_now()) == 1
    assert "refunds" in broken()
    assert f"bank refused a refund of order {placed['id']}" in caplog.text, "which one"
    page = desk.get(f"{order}?lang=en").text
    assert "The payment service has not given the money back" in page
    with writing() as session:  # the buyer comes to work here
        roles.grant_role(session, student, "manager", utc_now())
    assert "refund-by-hand" not in browser.get(order).text
    assert browser.post(f"{order}/refund-by-hand", data={"reason": "got it"}).status_code == 403
    assert outcomes() == ["refused"]
    answer = desk.post(f"{order}/refund-by-hand", data={"reason": "bank transfer of 1.12."})
    assert answer.status_code == 303
    assert (outcomes(), broken()) == (["refused", "by_hand"], set())
    assert (
        "The payment service has not given the money back" not in desk.get(f"{order}?lang=en").text
    )
