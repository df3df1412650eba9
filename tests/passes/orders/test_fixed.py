"""What a person buys is fixed when it is ordered: fulfilled as shown, refused before money is
taken, or the money is given back and the person told.
"""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests.world.buying import pay_button
from tests.world.checkout import (
    A_SELLER,
    PROVIDER,
    line_of,
    notices,
    ordered,
    pay_again,
    refused,
    report,
    state_of,
    validity_of,
)
from tests.world.races import at_once, settled
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, TODAY, a_pass, a_product, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Price, Product, VatRate
from zone.passes.orders.models import Order
from zone.passes.pass_changes.service import replace as replace_pass
from zone.passes.passes.models import Pass
from zone.passes.payments import service as payments
from zone.passes.payments.models import Refund
from zone.places.terms.models import Season
from zone.places.terms.service import create_season


def paid_at(order_id: int, days: int = 0) -> None:
    report(notices(order_id)[0], NOW + timedelta(days=days))


def given_back() -> list[tuple[int, str]]:
    with reading() as session:
        rows = session.execute(select(Refund.cents, Refund.reason).order_by(Refund.id))
        return [(cents, reason) for cents, reason in rows]


def mails(template: str) -> list[str]:
    with reading() as session:
        query = select(OutboxMail.body).where(OutboxMail.template == template)
        return list(session.scalars(query.order_by(OutboxMail.id)))


def autumn(student: int, ends_on: date = date(2026, 12, 20)) -> None:
    """Store a season, and a product that lasts to its end."""
    with writing() as session:
        a_product(session, "autumn", "sports_pass", ("class",), None, student=4000)
        create_season(
            session,
            code="2026-autumn",
            kind="autumn",
            starts_on=date(2026, 8, 31),
            ends_on=ends_on,
            now=NOW,
        )


def check_two_tabs(student: int) -> None:
    """Check that of two orders of one thing, both paid, one is fulfilled and one given back."""
    orders = [ordered(student, "autumn"), ordered(student, "autumn")]
    for order_id in orders:
        paid_at(order_id)
    assert validity_of(orders[0]) == (TODAY, date(2026, 12, 20))
    assert (passes(student), given_back()) == (1, [(4000, "already held")])
    assert state_of(orders[1]) == "refunded"
    assert "another pass that gives the same" in mails("passes/returned")[0]


def test_of_two_tabs_that_are_both_paid_one_is_given_back(student: int) -> None:
    autumn(student)
    check_two_tabs(student)


@pytest.mark.planted_fault("nobody looks what was sold since the order")
def test_a_second_tab_that_is_fulfilled_too_fails_the_check(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    autumn(student)
    monkeypatch.setattr("zone.passes.payments.context._is_held", lambda *_args: False)
    with pytest.raises(AssertionError):
        check_two_tabs(student)


def check_simultaneous_payments_of_two_orders(app: Flask, student: int) -> None:
    """Check that of two orders of one thing that are paid at once one is given back."""
    two = [notices(ordered(student, "term"))[0] for _ in range(2)]
    at_once(app, [lambda notice=notice: report(notice) for notice in two])  # type: ignore[misc]
    assert (passes(student), given_back()) == (1, [(4500, "already held")])


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_orders_that_are_paid_at_once_one_is_given_back(shop: Flask, student: int) -> None:
    check_simultaneous_payments_of_two_orders(shop, student)


@pytest.mark.planted_fault("nobody looks what was sold since the order")
def test_simultaneous_payments_that_are_both_fulfilled_fail_the_check(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.payments.context._is_held", lambda *_args: False)
    with pytest.raises(AssertionError):
        check_simultaneous_payments_of_two_orders(shop, student)


@pytest.mark.parametrize("ahead", [timedelta(microseconds=1), timedelta(seconds=3)])
def test_of_two_orders_one_is_given_back_whatever_the_clocks_of_the_machines_say(
    student: int, ahead: timedelta
) -> None:
    first = ordered(student, "term")
    second = ordered(student, "term", now=NOW + ahead)  # on a machine whose clock is ahead
    paid_at(first)
    paid_at(second)
    assert (passes(student), given_back()) == (1, [(4500, "already held")])


def test_days_beside_a_pass_that_the_buyer_saw_are_given_though_its_seller_was_ahead(
    student: int,
) -> None:
    a_pass(student, "term", now=NOW + timedelta(seconds=3))
    paid_at(ordered(student, "term", starts_on=TODAY + timedelta(days=30)))
    assert (passes(student), given_back()) == (2, [])


@pytest.mark.engines("postgresql")
def test_an_order_waits_for_the_sale_that_is_just_being_made(shop: Flask, student: int) -> None:
    first, placed = notices(ordered(student, "term"))[0], list[int]()

    def order() -> None:
        with shop.app_context():
            placed.append(ordered(student, "term", now=NOW + timedelta(seconds=1)))

    thread = threading.Thread(target=order)
    with writing() as session:
        payments.settle(session, PROVIDER.name, first, NOW, A_SELLER)
        thread.start()
        settled(thread)
    thread.join()
    paid_at(placed[0])
    assert (validity_of(placed[0])[0] > TODAY + timedelta(days=100), given_back()) == (True, [])


def test_a_pass_of_the_desk_meanwhile_gives_the_money_back(student: int) -> None:
    order_id = ordered(student, "gym")
    a_pass(student, "term", now=NOW + timedelta(minutes=5))
    paid_at(order_id)
    assert given_back() == [(1500, "already held")]


def upgrade(session: Session, old: int, clerk: int) -> None:
    """Replace a pass by one that gives all."""
    term = catalogue_queries.product_by_code(session, "term")
    replace_pass(session, old, term, reason="upgrade", now=NOW, actor_id=clerk)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(microseconds=1), timedelta(seconds=3)])
def test_a_pass_that_was_replaced_meanwhile_gives_the_money_back(
    student: int, ahead: timedelta
) -> None:
    gym = a_pass(student, "gym")
    order_id = ordered(student, "term", now=NOW + ahead)  # on a machine whose clock is ahead
    with writing() as session:
        upgrade(session, gym, student)
    paid_at(order_id)
    assert given_back() == [(4500, "already held")]


@pytest.mark.engines("postgresql")
def test_an_order_waits_for_the_replacement_that_is_just_being_made(
    shop: Flask, student: int
) -> None:
    gym, placed = a_pass(student, "gym"), list[int]()

    def order() -> None:
        with shop.app_context():
            placed.append(ordered(student, "term", now=NOW + timedelta(seconds=1)))

    thread = threading.Thread(target=order)
    with writing() as session:
        upgrade(session, gym, student)
        thread.start()
        settled(thread)
    thread.join()
    paid_at(placed[0])
    assert (validity_of(placed[0])[0] > TODAY + timedelta(days=100), given_back()) == (True, [])


def test_a_pass_that_gives_less_or_on_other_days_is_not_in_the_way(student: int) -> None:
    order_id = ordered(student, "term")
    a_pass(student, "gym", now=NOW + timedelta(minutes=5))
    a_pass(
        student,
        "term",
        starts_on=date(2027, 2, 1),
        ends_on=date(2027, 3, 1),
        now=NOW + timedelta(minutes=5),
    )
    paid_at(order_id)
    assert (validity_of(order_id)[0], given_back()) == (TODAY, [])


@pytest.mark.parametrize(
    ("product", "days", "fulfilled"),
    [("visit", 0, True), ("visit", 1, False), ("gym", 3, True), ("gym", 4, False)],
)
def test_a_late_payment_is_fulfilled_as_shown_or_given_back(
    student: int, product: str, days: int, fulfilled: bool
) -> None:
    order_id = ordered(student, product)
    paid_at(order_id, days)
    if fulfilled:
        assert (validity_of(order_id)[0], given_back()) == (TODAY, [])
    else:
        assert (passes(student), [reason for _, reason in given_back()]) == (0, ["paid late"])
        assert "arrived so late" in mails("passes/returned")[0]


def test_a_payment_after_the_season_has_ended_is_given_back(student: int) -> None:
    autumn(student)
    order_id = ordered(student, "autumn")
    paid_at(order_id, 120)
    assert (passes(student), given_back()) == (0, [(4000, "paid late")])


def test_a_season_that_is_moved_after_the_order_changes_no_day_of_it(student: int) -> None:
    autumn(student)
    order_id = ordered(student, "autumn")
    with writing() as session:
        session.execute(update(Season).values(ends_on=date(2026, 10, 1)))
    paid_at(order_id)
    assert validity_of(order_id) == (TODAY, date(2026, 12, 20))


def test_a_product_that_is_changed_after_the_order_gives_what_was_ordered(student: int) -> None:
    order_id = ordered(student)
    with writing() as session:
        catalogue.set_product(
            session,
            code="term",
            kind="gym_pass",
            names=("a", "b", "c"),
            entitlements=("gym",),
            length_days=1,
        )
    paid_at(order_id)
    with reading() as session:
        pass_ = session.scalars(select(Pass)).one()
    assert (pass_.kind, pass_.entitlements) == ("sports_pass", ["gym", "class", "court"])
    assert validity_of(order_id) == (TODAY, date(2026, 12, 29))


def test_no_payment_is_started_for_days_that_are_over_or_held(student: int) -> None:
    late, doubled = ordered(student, "gym"), ordered(student, "gym")
    assert refused(lambda: pay_again(late, NOW + timedelta(hours=15))) == "order_outdated"
    a_pass(student, "gym", ends_on=date(2026, 9, 30))
    assert refused(lambda: pay_again(doubled)) == "order_outdated"


NEW_YEARS_EVE = datetime(2025, 12, 31, 20, tzinfo=UTC)
"""22.00 in Helsinki, two hours before exercise goes from 14 % to 13.5 %."""
NEW_YEAR = NEW_YEARS_EVE + timedelta(hours=3)


def test_a_category_without_rates_changes_no_order(student: int) -> None:
    order_id = ordered(student)
    with writing() as session:
        session.execute(delete(VatRate).where(VatRate.category == "coaching"))
        session.execute(update(Product).values(vat_category="coaching"))
    assert state_of(order_id) == "open"
    paid_at(order_id)
    assert (passes(student), line_of(order_id).vat_bp) == (1, 1350)


def test_a_payment_is_started_after_the_rate_has_changed(student: int) -> None:
    order_id = ordered(student, now=NEW_YEARS_EVE, starts_on=date(2026, 1, 15))
    pay_again(order_id, NEW_YEAR)
    report(notices(order_id, at=NEW_YEAR)[1], NEW_YEAR)
    assert (passes(student), given_back()) == (1, [])


def check_the_form_charges_what_it_showed(browser: FlaskClient) -> None:
    """Check that a form whose price or days have changed is shown again, and orders nothing."""
    today = helsinki_date(utc_now())
    form, *_others = forms_of(browser, "/buy/term")
    with writing() as session:
        catalogue.set_price(session, "term", role="student", cents=4900, valid_from=today)
    again = form.submit(browser, pay_button(form))
    assert again.status_code == 409
    assert "You were not charged" in again.text
    assert "49,00\u00a0€" in again.text
    with reading() as session:
        assert session.scalars(select(Order.id)).all() == []
    form, *_others = forms_of(browser, "/buy/term")
    with reading() as session:
        member_id = session.scalars(select(Order.member_id)).first()
    assert member_id is None
    assert form.submit(browser, pay_button(form)).status_code == 303


@pytest.mark.engines("sqlite")
def test_a_form_whose_price_has_changed_is_shown_again(browser: FlaskClient) -> None:
    check_the_form_charges_what_it_showed(browser)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("what was shown is not compared")
def test_a_form_that_charges_the_price_of_now_fails_the_check(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.orders.rules.ShownQuote.__eq__", lambda *_: True)
    with pytest.raises(AssertionError):
        check_the_form_charges_what_it_showed(browser)


@pytest.mark.engines("sqlite")
def test_a_form_whose_days_have_changed_is_shown_again(browser: FlaskClient, student: int) -> None:
    today = helsinki_date(utc_now())
    form, *_others = forms_of(browser, "/buy/term")
    a_pass(student, starts_on=today, ends_on=today + timedelta(days=9), now=utc_now())
    again = form.submit(browser, pay_button(form))
    assert (again.status_code, passes(student)) == (409, 1)
    assert f'name="first_day" value="{today + timedelta(days=10)}"' in again.text


@pytest.mark.engines("sqlite")
def test_a_chosen_day_stays_chosen_when_the_price_has_changed(browser: FlaskClient) -> None:
    day = helsinki_date(utc_now()) + timedelta(days=3)
    form, *_others = forms_of(browser, f"/buy/term?starts_on={day}")
    with writing() as session:
        session.execute(update(Price).values(cents=1))
    assert f'name="starts_on" value="{day}"' in form.submit(browser, pay_button(form)).text


@pytest.mark.engines("sqlite")
def test_a_form_without_what_was_shown_orders_nothing(browser: FlaskClient) -> None:
    assert browser.post("/buy/term", data={"key": "old page"}).status_code == 409


@pytest.mark.engines("sqlite")
def test_the_api_compares_what_was_shown_when_it_is_told(browser: FlaskClient) -> None:
    today = helsinki_date(utc_now())
    shown = {
        "cents": 4500,
        "starts_on": f"{today}",
        "ends_on": f"{today + timedelta(days=119)}",
    }
    for wrong in ({"cents": 4400}, {"ends_on": f"{today}"}):
        answer = browser.post("/api/v1/orders", json={"product": "term", "shown": shown | wrong})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "quote_changed")
        assert answer.get_json()["now"] == shown
    placed = browser.post("/api/v1/orders", json={"product": "term", "shown": shown})
    assert placed.status_code == 201
