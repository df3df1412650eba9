"""Providers are called outside of transactions; what dies in between is found again."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.bank import SIGNATURE, Bank, offering, opened
from tests.world.buying import choose_outcome, pay_button, place_order
from tests.world.checkout import notices, ordered, state_of
from tests.world.rendered_forms import forms_of
from tests.world.shop import passes
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.metrics import WRITERS
from zone.core.time import helsinki_date
from zone.demo.machine.processes import environment
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.passes.orders.models import Order
from zone.passes.payments import jobs
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment, PaymentEvent, ProviderPayment

LATER = timedelta(minutes=6)


@pytest.fixture
def bank(shop: Flask, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return opened(Bank(data_dir), monkeypatch)


def started() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(ProviderPayment.address).order_by(ProviderPayment.id)))


def check_no_transaction_is_open(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that somebody else can write while the provider is asked."""
    writers: list[float] = []
    bank.before_answer = lambda: writers.append(WRITERS._value.get())
    offering(shop, monkeypatch, "bank")
    before = WRITERS._value.get()
    assert place_order(browser).startswith("https://bank.example/")
    order = browser.post("/api/v1/orders", json={"product": "gym"}).get_json()
    browser.post(f"/api/v1/orders/{order['id']}/payments")
    browser.post(f"/orders/{order['id']}/pay")
    assert writers == [before] * 4


def test_no_transaction_is_open_while_the_provider_is_asked(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_no_transaction_is_open(shop, browser, bank, monkeypatch)


@pytest.mark.thorough
@pytest.mark.planted_fault("the provider is asked inside the transaction")
def test_a_call_inside_the_transaction_fails_the_check(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = payments.create_payment

    def inside(*args: object) -> Payment:
        payment = create(*args)  # type: ignore[arg-type]
        bank.before_answer()
        return payment

    monkeypatch.setattr(payments, "create_payment", inside)
    with pytest.raises(AssertionError):
        check_no_transaction_is_open(shop, browser, bank, monkeypatch)


def killed_in_the_call(settings: Settings, member_id: int, *, inside: bool = False) -> None:
    """Let another process order a pass and die by kill -9 inside the call to the bank."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database_url}
    )
    command = [sys.executable, "-m", "tests.world.dying_shop", token, "inside" if inside else ""]
    process = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert process.returncode == -9, process.stderr


def check_a_killed_payment_is_found(
    app: Flask,
    bank: Bank,
    member_id: int,
    monkeypatch: pytest.MonkeyPatch,
    *,
    inside: bool = False,
) -> None:
    """Check that a payment whose process died in the call is found, and granted when paid."""
    settings = offering(app, monkeypatch, "bank")
    killed_in_the_call(settings, member_id, inside=inside)
    (reference,) = bank.book
    with reading() as session:
        assert list(session.scalars(select(Payment.reference))) == [reference]
    assert started() == []
    assert jobs.find_payments(settings, utc_now()) == 0, "the call may still be going on"
    assert jobs.find_payments(settings, utc_now() + LATER) == 1
    assert started() == [f"https://bank.example/{reference}"]
    bank.write(reference, outcome="paid")
    assert [jobs.find_payments(settings, utc_now() + LATER) for _ in range(2)] == [1, 0]
    assert passes(member_id) == 1


@pytest.mark.slow
@pytest.mark.own_database
@pytest.mark.engines("sqlite", thorough="postgresql")
def test_a_payment_whose_process_was_killed_in_the_call_is_found(
    shop: Flask, bank: Bank, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_killed_payment_is_found(shop, bank, student, monkeypatch)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.own_database
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("the provider is asked before the payment is committed")
def test_a_payment_that_is_not_committed_before_the_call_fails_the_check(
    shop: Flask, bank: Bank, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssertionError):
        check_a_killed_payment_is_found(shop, bank, student, monkeypatch, inside=True)


def test_a_payment_that_never_reached_the_provider_is_cancelled(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    bank.down = True
    answer = browser.post("/api/v1/orders", json={"product": "term"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "payments_closed")
    assert jobs.find_payments(settings, utc_now() + LATER) == 0, "it does not answer"
    bank.down = False
    assert jobs.find_payments(settings, utc_now() + LATER) == 1
    with reading() as session:
        assert session.scalars(select(PaymentEvent.outcome)).all() == ["cancelled"]


def test_a_request_is_repeated_with_its_key_after_the_provider_was_down(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(shop, monkeypatch, "bank")
    bank.down = True
    keyed = {"Idempotency-Key": "once"}
    body = {"product": "term"}
    assert browser.post("/api/v1/orders", json=body, headers=keyed).status_code == 503
    bank.down = False
    answers = [browser.post("/api/v1/orders", json=body, headers=keyed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    with reading() as session:
        assert len(session.scalars(select(Order.id)).all()) == 1
    assert len(started()) == 1


@pytest.mark.engines("sqlite")
def test_while_the_provider_is_down_the_order_is_kept_and_its_page_says_so(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(shop, monkeypatch, "bank")
    bank.down = True
    order = place_order(browser)
    assert "does not answer at the moment" in browser.get(order).text
    assert "does not answer at the moment" not in browser.get(order).text, "loaded again"
    bank.down = False
    assert browser.post(f"{order.partition('?')[0]}/pay").location.startswith("https://bank")


@pytest.mark.engines("sqlite")
def test_buyers_choose_among_several_providers(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(shop, monkeypatch, "development", "bank")
    form, *_others = forms_of(browser, "/buy/term")
    assert form.submit(browser, pay_button(form), provider="bank").location.startswith(
        "https://bank.example/"
    )
    form, *_others = forms_of(browser, "/buy/gym")
    assert form.submit(browser, pay_button(form), provider="development").location.startswith(
        "/dev-pay/"
    )
    body = {"product": "visit", "provider": "bank"}
    placed = browser.post("/api/v1/orders", json=body).get_json()
    assert placed["payment_url"].startswith("https://bank.example/")
    again = browser.post(f"/api/v1/orders/{placed['id']}/payments?provider=development")
    assert again.get_json()["payment_url"].startswith("/dev-pay/")
    for unknown in ("cheque", "none"):
        refused = browser.post("/api/v1/orders", json=body | {"provider": unknown})
        assert refused.get_json()["code"] == "payments_closed"


def test_a_late_callback_of_a_provider_that_is_not_offered_any_more_counts(
    shop: Flask,
    browser: FlaskClient,
    bank: Bank,
    student: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offering(shop, monkeypatch, "bank", "development")
    browser.post("/api/v1/orders", json={"product": "term"})
    callback = choose_outcome(browser, form_of_development(browser))
    offering(shop, monkeypatch)
    (reference,) = bank.book
    notice = {"reference": reference, "outcome": "paid", "cents": 4500}
    server = shop.test_client()
    answer = server.post("/payments/bank/callback", json=notice, headers=SIGNATURE)
    assert answer.status_code == 200
    assert passes(student) == 1
    assert server.get(callback).status_code == 200
    assert passes(student) == 2
    assert browser.get(callback.replace("/callback", "/callbacks")).status_code == 404


def form_of_development(browser: FlaskClient) -> str:
    # After the pass that the bank sells, or it would give the same.
    day = helsinki_date(utc_now()) + timedelta(days=200)
    form, *_others = forms_of(browser, f"/buy/visit?starts_on={day}")
    return str(form.submit(browser, pay_button(form), provider="development").location)


@pytest.mark.engines("sqlite")
def test_a_pending_payment_is_shown_and_not_paid_again(
    shop: Flask, browser: FlaskClient, student: int, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    browser.post("/api/v1/orders", json={"product": "term"})
    (reference,) = bank.book
    notice = {"reference": reference, "outcome": "pending", "cents": 4500}
    answer = shop.test_client().post("/payments/bank/callback", json=notice, headers=SIGNATURE)
    assert answer.status_code == 200
    with reading() as session:
        assert session.scalars(select(PaymentEvent.outcome)).all() == ["pending"]
        (order,) = session.scalars(select(Order.public_id))
    page = browser.get(f"/orders/{order}?lang=en").text
    assert "Your bank is confirming the payment" in page
    assert f"/orders/{order}/pay" not in page
    assert passes(student) == 0
    bank.write(reference, outcome="declined")
    assert jobs.find_new_payments(settings, utc_now() + LATER) == 1
    assert f"/orders/{order}/pay" in browser.get(f"/orders/{order}").text


@pytest.mark.engines("sqlite")
def test_a_browser_that_a_bank_sends_back_by_post_ends_on_the_order(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(shop, monkeypatch, "bank", "development")
    payment_page = form_of_development(browser)
    path, _, query = choose_outcome(browser, payment_page).partition("?")
    # As a browser does: the session cookie is SameSite=Lax, so a POST of another site has none.
    from_bank = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Origin": "https://b.fi"}
    stranger = shop.test_client()
    form = "application/x-www-form-urlencoded"
    answer = stranger.post(path, data=query, headers=from_bank, content_type=form)
    assert answer.status_code == 303
    assert "Paid. Your pass works" in browser.get(f"{answer.location}?lang=en").text
    # Only there: another view refuses what comes from another site.
    assert browser.post("/buy/term", headers=from_bank).status_code == 403


@pytest.mark.engines("sqlite")
def test_a_forged_callback_is_refused_by_post_too(
    shop: Flask, bank: Bank, monkeypatch: pytest.MonkeyPatch, student: int
) -> None:
    offering(shop, monkeypatch, "bank")
    order_id = ordered(student)
    (due,) = notices(order_id)
    notice = {"reference": due.reference, "outcome": "paid", "cents": 4500}
    client = shop.test_client()
    assert client.post("/payments/bank/callback", json=notice).status_code == 400
    # Signed by the bank, and a payment of another provider: no notice settles that.
    signed = client.post("/payments/bank/callback", json=notice, headers=SIGNATURE)
    assert (signed.status_code, signed.get_json()) == (200, {"order": None})
    assert state_of(order_id) == "open"
    assert json.dumps(bank.book) == "{}"
