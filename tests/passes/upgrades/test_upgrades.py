"""An upgrade: the price difference by its own order; the old pass ends as the new one begins."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import choose_outcome, pay_button
from tests.world.checkout import A_SELLER, PROVIDER, notices, report
from tests.world.people import an_actor
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, TODAY, a_pass, a_product, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date, year_window
from zone.passes.activations.queries import activations
from zone.passes.entitlements.rules import Rights
from zone.passes.orders import invariants
from zone.passes.orders.models import Order
from zone.passes.passes import queries
from zone.passes.passes import service as passes
from zone.passes.passes.invariants import count_passes_with_other_days
from zone.passes.passes.models import Pass
from zone.passes.payments import service as payments
from zone.passes.payments.models import Refund
from zone.passes.refunds import service as refunds
from zone.passes.upgrades.queries import upgrades_of
from zone.passes.upgrades.rules import PricedDays, is_upgrade, upgrade_cents
from zone.passes.upgrades.service import order_upgrade

GYM_DAYS = TODAY, TODAY + timedelta(29)


@pytest.fixture
def gym(student: int) -> int:
    """The id of a gym pass of 30 days; a sports pass of 30 days costs three times as much."""
    with writing() as session:
        gives = ("gym", "class", "court")
        a_product(session, "month", "sports_pass", gives, 30, student=4500)
    return a_pass(student, "gym", starts_on=GYM_DAYS[0], ends_on=GYM_DAYS[1])


def ordered_upgrade(member_id: int, pass_id: int, now: datetime = NOW) -> int:
    with writing() as session:
        public_id = session.get_one(Pass, pass_id).public_id
        order = order_upgrade(
            session, member_id, public_id, "month", shown=None, now=now, seller=A_SELLER
        )
        payments.create_payment(session, order, PROVIDER.name, now, A_SELLER)
        return order.id


def states(member_id: int, now: datetime = NOW) -> dict[str, str]:
    with reading() as session:
        views = queries.passes_of(session, member_id, now)
    return {view.kind: view.state for view in views}


def are_sound() -> bool:
    with reading() as session:
        books = invariants.count_disagreements(session, NOW)
        return books + count_passes_with_other_days(session, NOW) == 0


def test_the_difference_is_paid_for_the_days_that_are_left(student: int, gym: int) -> None:
    with reading() as session:
        public_id = session.get_one(Pass, gym).public_id
        prices = [
            {
                offer.quote.product.code: offer.quote.cents
                for offer in upgrades_of(session, student, public_id, at, seller_vat=True)
            }["month"]
            for at in (NOW, NOW + timedelta(days=15))
        ]
    assert prices == [3000, 1500]
    assert upgrade_cents(PricedDays(4500, 30), PricedDays(1500, 30), 30, by_days=True) == 0
    assert upgrade_cents(PricedDays(1500, 30), PricedDays(4500, 30), 3, by_days=False) == 3000


def test_a_pass_of_which_a_day_costs_less_is_no_upgrade_for_nothing(student: int, gym: int) -> None:
    with reading() as session:
        public_id = session.get_one(Pass, gym).public_id
        offers = upgrades_of(session, student, public_id, NOW, seller_vat=True)
    assert [offer.quote.product.code for offer in offers] == ["month"]  # not the 120 days for 45 €


def test_only_what_gives_more_is_an_upgrade() -> None:
    gym, all_of_it = Rights(("gym",)), Rights(("gym", "class"))
    assert is_upgrade("gym_pass", gym, "sports_pass", all_of_it)
    assert is_upgrade("gym_pass", Rights(("gym",), ("pasila",)), "gym_pass", gym)
    assert not is_upgrade("gym_pass", gym, "gym_pass", gym)
    assert not is_upgrade("sports_pass", all_of_it, "gym_pass", gym)
    assert not is_upgrade("complimentary", gym, "sports_pass", all_of_it)


def test_the_old_pass_ends_as_the_new_one_begins_and_the_chain_counts_once(
    student: int, gym: int
) -> None:
    with writing() as session:
        passes.activate(session, gym, occurred_at=NOW, recorded_at=NOW, by="holder")
    order = ordered_upgrade(student, gym)
    assert states(student) == {"gym_pass": "valid"}
    later = NOW + timedelta(hours=1)
    for notice in notices(order, at=later) * 2:
        report(notice, later)
    assert states(student) == {"gym_pass": "upgraded", "sports_pass": "valid"}
    with reading() as session:
        new = session.scalars(select(Pass).where(Pass.root_id == gym)).one()
        assert (new.starts_on, new.ends_on) == GYM_DAYS
        (counted,) = activations(session, year_window(2026), later + timedelta(days=1))
        assert (counted.kind, counted.activated_at) == ("gym_pass", NOW)
    assert are_sound()


def test_of_two_paid_upgrades_of_one_pass_the_second_is_given_back(student: int, gym: int) -> None:
    for order in [ordered_upgrade(student, gym) for _ in range(2)]:
        for notice in notices(order):
            report(notice)
    with reading() as session:
        assert list(session.scalars(select(Refund.reason))) == ["upgrade gone"]
    assert states(student) == {"gym_pass": "upgraded", "sports_pass": "valid"}
    assert are_sound()


def test_who_gets_the_difference_back_has_the_first_pass_again(student: int, gym: int) -> None:
    order = ordered_upgrade(student, gym)
    for notice in notices(order):
        report(notice)
    desk = an_actor(a_student("tiski@zone.example"), "manager")
    with writing() as session:
        refunds.refund_in_full(session, desk, order, reason="Changed mind", now=NOW)
    with reading() as session:
        views = queries.passes_of(session, student, NOW)
    assert sorted((view.kind, view.state) for view in views) == [
        ("gym_pass", "upgraded"),
        ("gym_pass", "valid"),
        ("sports_pass", "refunded"),
    ]
    assert are_sound()


def test_nobody_upgrades_the_pass_of_another(student: int, gym: int) -> None:
    with pytest.raises(DomainError, match="not_found"):
        ordered_upgrade(a_student("b@zone.example"), gym)


def test_the_shop_offers_and_sells_it(shop: Flask, student: int, browser: FlaskClient) -> None:
    today = helsinki_date(utc_now())
    with writing() as session:
        gives = ("gym", "class", "court")
        a_product(session, "month", "sports_pass", gives, 30, student=4500)
    a_pass(student, "gym", starts_on=today, ends_on=today + timedelta(29), now=utc_now())
    with reading() as session:
        public_id = session.scalars(select(Pass.public_id)).one()
    page = browser.get("/buy").text
    assert "Upgrade to: month (en)" in page
    form, *_others = forms_of(browser, f"/buy/month?upgrades={public_id}")
    assert "30,00" in pay_button(form)
    answer = form.submit(browser, pay_button(form))
    assert answer.status_code == 303, answer.text
    browser.get(choose_outcome(browser, answer.location))
    assert states(student, utc_now()) == {"gym_pass": "upgraded", "sports_pass": "valid"}
    with reading() as session:
        assert [order.total_cents for order in session.scalars(select(Order))] == [3000]


def test_what_is_paid_a_day_late_is_still_worth_it(student: int, gym: int) -> None:
    order = ordered_upgrade(student, gym)
    late = NOW + timedelta(days=2)
    for notice in notices(order, at=late):
        report(notice, late)
    assert states(student, late)["sports_pass"] == "valid"
    assert date(2026, 9, 30) == GYM_DAYS[1]


def test_an_upgrade_is_ordered_after_what_its_buyer_has_seen(student: int, gym: int) -> None:
    """Another machine sold them a pass by a clock that is ahead: the order came before it."""
    a_pass(student, "month", starts_on=GYM_DAYS[0], ends_on=GYM_DAYS[1], now=NOW + timedelta(1))
    order = ordered_upgrade(student, gym)
    report(notices(order)[0], NOW)
    with reading() as session:
        placed = session.get_one(Order, order)
        assert placed.placed_at > NOW + timedelta(1)
        assert placed.pay_until
        assert placed.pay_until > placed.placed_at
        assert session.scalar(select(Refund.reason)) is None, "the buyer saw that pass"
