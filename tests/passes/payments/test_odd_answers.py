"""What a provider answers oddly, or after long, costs nobody else their pass or their money."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.bank import SIGNATURE, Bank, offering, opened
from tests.world.buying import page_browser, place_order
from tests.world.checkout import give_back, refused
from tests.world.people import an_actor
from tests.world.shop import a_student, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.jobs.runner import run_due
from zone.passes.orders.models import Order
from zone.passes.payments import flows, jobs
from zone.passes.payments import service as payments
from zone.passes.payments.models import PaymentEvent, RefundEvent
from zone.passes.payments.providers.protocol import (
    AmountDue,
    CreatedPayment,
    FoundPayment,
    PaymentNotice,
    ProviderUnavailableError,
    RefundDue,
)
from zone.passes.payments.rules import MAKE_REFUNDS, MOST_ASKING, is_look_up_due
from zone.web.context import jobs_of

LATER = timedelta(minutes=6)
DAY = timedelta(days=1)


def four_days_after(now: datetime, minute: int = 0) -> datetime:
    """A time when staff may give back by hand; in minute 0 of an hour the provider is asked too."""
    return (now + 4 * DAY).replace(minute=minute)


@pytest.fixture
def bank(shop: Flask, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return opened(Bank(data_dir), monkeypatch)


def run_refunds(shop: Flask, now: datetime) -> None:
    (job,) = [job for job in jobs_of(shop) if job.name == MAKE_REFUNDS]
    run_due(shop, job, now)


def outcomes() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(PaymentEvent.outcome).order_by(PaymentEvent.id)))


def fails(*_: object) -> Any:
    raise KeyError("a fault of the provider's module")


def answers(value: object) -> Callable[..., Any]:
    return lambda *_: value


def of_first(bank: Bank, monkeypatch: pytest.MonkeyPatch, method: str, odd: Any) -> None:
    """Let a method of the bank go wrong for the first payment in its book."""
    first, sound = next(iter(bank.book)), getattr(bank, method)

    def either(asked: Any, *rest: Any) -> Any:
        due = getattr(asked, "payment", asked)
        return (odd if due.reference == first else sound)(asked, *rest)

    monkeypatch.setattr(bank, method, either)


def two_payments(shop: Flask, browser: FlaskClient, bank: Bank, outcome: str = "paid") -> int:
    """Let two people pay; return the id of the second. `outcome` is that of the first."""
    second = a_student("toinen@zone.example")
    for buyer in (browser, page_browser(shop, second)):
        place_order(buyer)
    for reference, said in zip(bank.book, (outcome, "paid"), strict=True):
        bank.write(reference, outcome=said)
    return second


@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.parametrize("outcome", ["chargeback", "PAID", "refunded"])
def test_an_outcome_that_nobody_knows_does_not_keep_other_payments_waiting(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    second = two_payments(shop, browser, bank, outcome)
    assert jobs.find_payments(settings, utc_now() + LATER) == 1
    assert (passes(second), outcomes()) == (1, ["paid"])


@pytest.mark.engines("sqlite")
def test_a_look_up_that_fails_does_not_keep_other_payments_waiting(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    second = two_payments(shop, browser, bank)
    of_first(bank, monkeypatch, "find", fails)
    assert jobs.find_payments(settings, utc_now() + LATER) == 1
    assert (passes(second), outcomes()) == (1, ["paid"])


def created(reference: Any = "bank-1", address: Any = "https://bank.example/1") -> CreatedPayment:
    return CreatedPayment(reference, address)


def said(**odd: Any) -> Callable[[AmountDue], FoundPayment]:
    """Answer a look-up with a notice that has something odd in it."""

    def find(due: AmountDue, *_: Any) -> FoundPayment:
        sound = PaymentNotice(due.reference, "paid", due.cents, due.currency, utc_now())
        return FoundPayment(created(), replace(sound, **odd))

    return find


ODD_CREATIONS: tuple[Any, ...] = (
    *(None, "bank-1", {}, created(address=None), created(reference=None)),
    *(created(reference=5), created("a\0b"), created("a\ud800"), created(address="")),
)
ODD_FINDS: tuple[Callable[..., Any], ...] = (
    *map(answers, ("paid", 1, (), False)),
    *(answers(FoundPayment(odd, None)) for odd in ODD_CREATIONS),
    answers(FoundPayment(created(), {"outcome": "paid"})),  # type: ignore[arg-type]  # a fault
    *(said(cents=odd) for odd in ("4500", None, 4500.5, Decimal(4501), True, float("nan"))),
    *(said(at=odd) for odd in (None, "2026-09-01", datetime(2026, 9, 1))),  # noqa: DTZ001 -- a fault
    *(said(outcome=odd) for odd in (None, ["paid"])),
    *(said(reference=odd) for odd in (None, b"bytes", "a\0b")),
    said(currency=None),
)


@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.parametrize("odd", ODD_FINDS)
def test_a_look_up_with_an_odd_answer_does_not_keep_other_payments_waiting(
    shop: Flask,
    browser: FlaskClient,
    bank: Bank,
    monkeypatch: pytest.MonkeyPatch,
    odd: Callable[..., Any],
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    second = two_payments(shop, browser, bank)
    of_first(bank, monkeypatch, "find", odd)
    assert jobs.find_payments(settings, utc_now() + LATER) == 1
    assert (passes(second), outcomes()) == (1, ["paid"])


@pytest.mark.engines("sqlite")
def test_a_look_up_of_one_payment_settles_no_other(
    shop: Flask, browser: FlaskClient, student: int, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    second = two_payments(shop, browser, bank, "")
    last = list(bank.book)[1]
    bank.write(last, outcome=None)
    of_first(bank, monkeypatch, "find", said(reference=last))
    assert jobs.find_payments(settings, utc_now() + LATER) == 0
    assert (passes(student), passes(second)) == (0, 0)


@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.parametrize("odd", ODD_CREATIONS)
def test_an_order_is_kept_when_the_provider_creates_its_payment_oddly(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch, odd: Any
) -> None:
    offering(shop, monkeypatch, "bank")
    sound = bank.create
    monkeypatch.setattr(bank, "create", answers(odd))
    order = place_order(browser)
    assert "does not answer at the moment" in browser.get(order).text
    monkeypatch.setattr(bank, "create", sound)
    assert browser.post(f"{order.partition('?')[0]}/pay").location.startswith("https://bank")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("odd", [fails, *map(answers, ("unknown", "", "DONE", None))])
def test_a_refund_with_an_odd_answer_does_not_keep_other_refunds_waiting(
    shop: Flask,
    browser: FlaskClient,
    student: int,
    bank: Bank,
    monkeypatch: pytest.MonkeyPatch,
    odd: Callable[..., Any],
) -> None:
    settings, now = offering(shop, monkeypatch, "bank"), utc_now() + LATER
    two_payments(shop, browser, bank)
    assert jobs.find_payments(settings, now) == 2
    clerk = a_student("tiski@zone.example")
    with reading() as session:
        orders = list(session.scalars(select(Order.id)))
    for order in orders:
        give_back(order, clerk, now)
    of_first(bank, monkeypatch, "refund", odd)
    assert jobs.make_refunds(settings, now) == 1
    with reading() as session:
        assert session.scalars(select(RefundEvent.outcome)).all() == ["done"]


@pytest.mark.engines("sqlite")
def test_no_refund_is_made_that_staff_gave_back_by_hand_meanwhile(
    shop: Flask, browser: FlaskClient, student: int, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, now = offering(shop, monkeypatch, "bank"), utc_now() + LATER
    two_payments(shop, browser, bank)
    jobs.find_payments(settings, now)
    clerk = a_student("tiski@zone.example")
    with reading() as session:
        orders = list(session.scalars(select(Order.id).order_by(Order.id)))
    for order in orders:
        give_back(order, clerk, now)
    sound, later, made = bank.refund, four_days_after(now), list[str]()

    def slow(due: RefundDue) -> str:
        made.append(due.payment.reference)
        if len(made) == 1:  # it takes its time, and somebody waits at the desk for the other refund
            other = orders[1 - list(bank.book).index(made[0])]
            with writing() as session:
                order, actor = session.get_one(Order, other), an_actor(clerk, "desk")
                payments.record_by_hand(session, actor, order, reason="cash", now=later)
        return sound(due)

    monkeypatch.setattr(bank, "refund", slow)
    assert jobs.make_refunds(settings, later) == 1
    assert len(made) == 1
    with reading() as session:
        query = select(RefundEvent.outcome).order_by(RefundEvent.id)
        assert session.scalars(query).all() == ["by_hand", "done"]


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_nobody_gives_back_by_hand_what_the_provider_is_just_asked_to(
    shop: Flask, browser: FlaskClient, student: int, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, now = offering(shop, monkeypatch, "bank"), utc_now() + LATER
    place_order(browser)
    bank.write(next(iter(bank.book)), outcome="paid")
    jobs.find_payments(settings, now)
    with reading() as session:
        order = session.scalars(select(Order)).one()
    clerk = a_student("tiski@zone.example")
    give_back(order.id, clerk, now)
    sound, later, answers = bank.refund, four_days_after(now), list[str]()

    def give_by_hand() -> None:
        with writing() as session:
            payments.record_by_hand(session, an_actor(clerk, "desk"), order, reason="x", now=later)

    def slow(due: RefundDue) -> str:
        answers.append(refused(give_by_hand))
        return sound(due)

    monkeypatch.setattr(bank, "refund", slow)
    run_refunds(shop, later)
    with reading() as session:
        assert session.scalars(select(RefundEvent.outcome)).all() == ["done"]
    assert answers == ["refund_being_made"]


@pytest.mark.engines("sqlite")
def test_a_provider_that_keeps_the_job_busy_keeps_nobody_from_giving_back_by_hand(
    shop: Flask, browser: FlaskClient, student: int, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, now = offering(shop, monkeypatch, "bank"), utc_now() + LATER
    two_payments(shop, browser, bank)
    jobs.find_payments(settings, now)
    clerk, later, asked = a_student("tiski@zone.example"), four_days_after(now, 30), list[str]()
    with reading() as session:
        first, second = session.scalars(select(Order).order_by(Order.id))
    give_back(first.id, clerk, now)
    give_back(second.id, clerk, later - DAY)  # the one for which the job waits

    def give_by_hand() -> None:
        with writing() as session:
            actor = an_actor(clerk, "desk")
            payments.record_by_hand(session, actor, first, reason="cash", now=later)

    def hangs(due: RefundDue) -> str:
        asked.append(due.payment.reference)
        give_by_hand()
        raise ProviderUnavailableError

    monkeypatch.setattr(bank, "refund", hangs)
    run_refunds(shop, later)
    assert asked == [list(bank.book)[1]]
    with reading() as session:
        assert session.scalars(select(RefundEvent.outcome)).all() == ["by_hand"]


@pytest.mark.engines("sqlite")
def test_slow_refunds_end_within_the_lease_of_their_job_and_each_has_its_turn(
    shop: Flask, browser: FlaskClient, student: int, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, now = offering(shop, monkeypatch, "bank"), utc_now() + LATER
    two_payments(shop, browser, bank)
    jobs.find_payments(settings, now)
    clerk, clock, asked = a_student("tiski@zone.example"), [0.0], list[str]()
    with reading() as session:
        orders = list(session.scalars(select(Order.id)))
    for order in orders:
        give_back(order, clerk, now)

    def hangs(due: RefundDue) -> str:
        asked.append(due.payment.reference)
        clock[0] += MOST_ASKING.total_seconds()
        raise ProviderUnavailableError

    monkeypatch.setattr(bank, "refund", hangs)
    monkeypatch.setattr(flows, "monotonic", lambda: clock[0])
    for minutes in (1, 2):
        jobs.make_refunds(settings, now + timedelta(minutes=minutes))
        assert len(asked) == minutes
    assert set(asked) == set(bank.book)


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "chargeback"},
        {"outcome": ""},
        {"cents": 2**31},
        {"cents": 2**63},
        {"cents": -(2**63)},
    ],
)
def test_a_callback_that_cannot_be_stored_is_to_be_sent_again(
    shop: Flask,
    browser: FlaskClient,
    bank: Bank,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, object],
) -> None:
    offering(shop, monkeypatch, "bank")
    place_order(browser)
    (reference,) = bank.book
    notice = {"reference": reference, "outcome": "paid", "cents": 4500} | said
    answer = shop.test_client().post(
        "/payments/bank/callback", data=json.dumps(notice), headers=SIGNATURE
    )
    assert (answer.status_code, answer.get_json()["code"]) == (503, "payments_closed")
    assert outcomes() == []


@pytest.mark.engines("sqlite")
def test_an_order_is_kept_when_the_provider_fails_to_create_its_payment(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(shop, monkeypatch, "bank")
    sound = bank.create
    monkeypatch.setattr(bank, "create", fails)
    order = place_order(browser)
    assert "does not answer at the moment" in browser.get(order).text
    monkeypatch.setattr(bank, "create", sound)
    assert browser.post(f"{order.partition('?')[0]}/pay").location.startswith("https://bank")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "away", [3 * DAY + LATER, 7 * DAY + LATER, 29 * DAY + timedelta(minutes=11)]
)
def test_a_payment_is_found_after_the_service_was_away_for_days(
    shop: Flask,
    browser: FlaskClient,
    student: int,
    bank: Bank,
    monkeypatch: pytest.MonkeyPatch,
    away: timedelta,
) -> None:
    settings, started = offering(shop, monkeypatch, "bank"), utc_now()
    place_order(browser)
    bank.write(next(iter(bank.book)), outcome="paid")
    runs = [
        jobs.find_payments(settings, started + away + n * timedelta(minutes=10)) for n in (0, 1)
    ]
    assert runs == [1, 0]
    assert outcomes() == ["paid"]


@pytest.mark.engines("sqlite")
def test_a_payment_that_was_left_is_looked_up_once_or_twice_a_day_for_a_month(
    shop: Flask, browser: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, started = offering(shop, monkeypatch, "bank"), utc_now()
    place_order(browser)
    asked: list[int] = []
    find = bank.find

    def counted(*due: Any) -> Any:
        asked.append(1)
        return find(*due)

    monkeypatch.setattr(bank, "find", counted)
    for day, most in ((5, 2), (20, 2), (31, 0)):
        asked.clear()
        for minutes in range(0, 24 * 60, 10):
            jobs.find_payments(settings, started + day * DAY + timedelta(minutes=minutes))
        assert min(most, 1) <= len(asked) <= most, day


def test_a_payment_that_was_declined_is_looked_up_more_rarely() -> None:
    started = utc_now()
    for has_outcome, most in ((False, 144), (True, 48)):
        runs = [started + timedelta(minutes=10 * number) for number in range(1, 145)]
        asked = [at for at in runs if is_look_up_due(started, at, has_outcome=has_outcome)]
        assert most - 2 <= len(asked) <= most


@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.parametrize("before", ["declined", "cancelled"])
def test_who_pays_after_all_gets_the_pass_though_the_callback_is_lost(
    shop: Flask,
    browser: FlaskClient,
    student: int,
    bank: Bank,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
) -> None:
    settings = offering(shop, monkeypatch, "bank")
    place_order(browser)
    (reference,) = bank.book
    notice = {"reference": reference, "outcome": before, "cents": 4500}
    shop.test_client().post("/payments/bank/callback", data=json.dumps(notice), headers=SIGNATURE)
    bank.write(reference, outcome=before)
    assert jobs.find_payments(settings, utc_now() + LATER) == 0, "nothing new"
    bank.write(reference, outcome="paid")
    assert [jobs.find_payments(settings, utc_now() + LATER) for _ in range(2)] == [1, 0]
    assert (passes(student), outcomes()) == (1, [before, "paid"])
