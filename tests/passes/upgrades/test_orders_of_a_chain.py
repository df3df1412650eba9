"""Orders of one chain of passes: each is paid back by itself, and no visit is given twice."""

import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import A_SELLER, PROVIDER, bought, notices, refused, report
from tests.world.people import an_actor
from tests.world.races import settled
from tests.world.shop import NOW, TODAY, a_product, a_student, record_use
from zone.core.db.transactions import reading, writing
from zone.members.people.service import lock_members
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Product
from zone.passes.orders import invariants
from zone.passes.orders.models import Order
from zone.passes.pass_changes.service import lock_pass, replace
from zone.passes.passes import queries
from zone.passes.passes.models import Pass
from zone.passes.passes.queries import PassView
from zone.passes.payments import service as payments
from zone.passes.payments.models import Refund
from zone.passes.refund_rules.queries import refundable_lines
from zone.passes.refunds import service as refunds
from zone.passes.upgrades.queries import upgrades_of
from zone.passes.upgrades.service import order_upgrade
from zone.passes.withdrawals.service import record_consent, withdraw

ALL: Sequence[str] = ("gym", "class", "court")
DAY = timedelta(days=1)


def visits_of(
    code: str, visits: int | None, gives: Sequence[str] = ("gym",), cents: int = 0
) -> None:
    """Store a product of so many visits in 90 days, or change it."""
    with writing() as session:
        catalogue.set_product(
            session,
            code=code,
            kind="sports_pass",
            names=(code, code, code),
            entitlements=gives,
            length_days=90,
            visits=visits,
        )
        if cents:
            catalogue.set_price(
                session, code, role="student", cents=cents, valid_from=date(2020, 1, 1)
            )


@pytest.fixture
def month(student: int) -> None:
    """A sports pass of 30 days that costs three times as much as the gym pass."""
    with writing() as session:
        a_product(session, "month", "sports_pass", ("gym", "class", "court"), 30, student=4500)


def held(member_id: int, now: datetime = NOW) -> list[PassView]:
    """Return the passes that are valid."""
    with reading() as session:
        views = queries.passes_of(session, member_id, now)
    return [view for view in views if view.state == "valid"]


def upgraded(member_id: int, code: str, at: datetime = NOW, *, paid: bool = True) -> int:
    """The id of an order that upgrades the only valid pass."""
    [view] = held(member_id, at)
    with writing() as session:
        order = order_upgrade(
            session, member_id, view.id, code, shown=None, now=at, seller=A_SELLER
        )
        record_consent(session, order, at)
        payments.create_payment(session, order, PROVIDER.name, at, A_SELLER)
        order_id = order.id
    if paid:
        report(notices(order_id, at=at)[0], at)
    return order_id


def withdrawn(order_id: int, at: datetime = NOW) -> int:
    """Withdraw from an order; return the cents that go back."""
    with writing() as session:
        return withdraw(session, session.get_one(Order, order_id), at).cents


def come(member_id: int, times: int, since: datetime = NOW) -> None:
    """Use the pass so many times, once a day."""
    for n in range(times):
        at = since + n * DAY
        with writing() as session:
            record_use(
                session,
                member_id,
                kinds=["gym"],
                campus="myllypuro",
                occurred_at=at,
                recorded_at=at,
            )


def back_of(order_id: int, at: datetime) -> tuple[int, str]:
    """What the rules pay back of an order, and why."""
    with reading() as session:
        [line] = refundable_lines(session, order_id, at)
    return line.back.cents, line.back.reasons[0]


def are_sound() -> bool:
    with reading() as session:
        return invariants.count_disagreements(session, NOW) == 0


@pytest.mark.usefixtures("month")
def test_the_first_order_is_not_paid_back_before_its_upgrade(student: int) -> None:
    first = bought(student, "gym")
    second = upgraded(student, "month")
    assert refused(lambda: withdrawn(first)) == "pass_upgraded"
    desk = an_actor(a_student("tiski@zone.example"), "manager")
    with pytest.raises(Exception, match="pass_upgraded"), writing() as session:
        refunds.refund_in_full(session, desk, first, reason="Changed mind", now=NOW)
    assert [withdrawn(second), withdrawn(first)] == [3000, 1500]
    assert (held(student), are_sound()) == ([], True)


@pytest.mark.usefixtures("month")
def test_an_upgrade_is_paid_back_by_the_days_that_it_was_paid_for(student: int) -> None:
    bought(student, "gym")
    come(student, 1)
    at = NOW + 15 * DAY
    order = upgraded(student, "month", at)
    assert back_of(order, at) == (1500, "withdrawn")
    come(student, 1, at)
    # 14 of the 15 days are left, not of the 30 of the first pass.
    assert back_of(order, at) == (1400, "used_in_part")
    assert back_of(order, at + 14 * DAY) == (0, "used_in_part")


def test_an_upgrade_that_is_paid_back_ends_all_that_came_after_it(student: int) -> None:
    with writing() as session:
        a_product(session, "month", "sports_pass", ("gym", "class"), 30, student=4500)
        a_product(session, "best", "sports_pass", ("gym", "class", "court"), 30, student=6000)
    bought(student, "gym")
    second, third = upgraded(student, "month"), upgraded(student, "best")
    assert [withdrawn(third), withdrawn(second)] == [1500, 3000]
    assert [view.product["en"] for view in held(student)] == ["gym (en)"]
    assert are_sound()


def test_an_upgrade_gives_the_visits_that_were_ordered(student: int) -> None:
    visits_of("ten", 10, cents=5000)
    visits_of("more", 20, ALL, cents=12000)
    bought(student, "ten")
    come(student, 3)
    at = NOW + 3 * DAY
    order = upgraded(student, "more", at, paid=False)
    visits_of("more", 5, ALL)
    report(notices(order, at=at)[0], at)
    [view] = held(student, at)
    assert (view.product["en"], view.visits) == ("more", 17)


def test_what_was_used_after_an_upgrade_is_not_given_again_without_it(student: int) -> None:
    visits_of("ten", 10, cents=5000)
    visits_of("more", 10, ALL, cents=12000)
    bought(student, "ten")
    come(student, 3)
    order = upgraded(student, "more", NOW + 3 * DAY)
    come(student, 4, NOW + 3 * DAY)
    withdrawn(order, NOW + 7 * DAY)
    [view] = held(student, NOW + 7 * DAY)
    assert (view.product["en"], view.visits_left) == ("ten", 3)


def test_a_pass_whose_last_visit_was_used_meanwhile_is_not_upgraded(student: int) -> None:
    visits_of("one", 1, cents=500)
    visits_of("better", 1, ALL, cents=1500)
    bought(student, "one")
    order = upgraded(student, "better", paid=False)
    come(student, 1)
    report(notices(order)[0])
    with reading() as session:
        assert list(session.scalars(select(Refund.reason))) == ["upgrade gone"]


def test_visits_are_no_upgrade_of_a_pass_without_a_count(student: int) -> None:
    visits_of("few", 2, ALL, cents=9000)
    bought(student, "gym")
    [view] = held(student)
    with reading() as session:
        assert upgrades_of(session, student, view.id, NOW, seller_vat=True) == []


def test_a_pass_of_visits_is_paid_back_by_its_visits(student: int) -> None:
    visits_of("ten", 10, cents=5000)
    order = bought(student, "ten")
    with writing() as session:
        record_consent(session, session.get_one(Order, order), NOW)
    assert back_of(order, NOW + 20 * DAY) == (5000, "visits_left")
    come(student, 9)
    assert back_of(order, NOW + 9 * DAY) == (500, "used_visits")
    assert back_of(order, NOW + 20 * DAY) == (500, "visits_left")
    come(student, 1, NOW + 21 * DAY)
    assert back_of(order, NOW + 22 * DAY) == (0, "no_visit_left")


@pytest.mark.engines("postgresql")
@pytest.mark.usefixtures("month")
def test_an_upgrade_is_paid_back_while_its_holder_pauses_it(shop: Flask, student: int) -> None:
    bought(student, "gym")
    order, back = upgraded(student, "month"), list[int]()
    [view] = held(student)

    def pay_back() -> None:
        with shop.app_context():
            back.append(withdrawn(order))

    thread = threading.Thread(target=pay_back)
    with writing() as session:
        lock_members(session, [student])
        thread.start()
        settled(thread)
        lock_pass(session, student, view.id)
    thread.join()
    assert back == [3000]


def no_longer_sold(code: str) -> None:
    with writing() as session:
        catalogue.set_price(session, code, role="student", cents=None, valid_from=TODAY)


def price_of_month(member_id: int, at: datetime) -> int:
    """What it costs to upgrade the valid pass to the month."""
    [view] = held(member_id, at)
    with reading() as session:
        offers = upgrades_of(session, member_id, view.id, at, seller_vat=True)
    return {offer.quote.product.code: offer.quote.cents for offer in offers}["month"]


@pytest.fixture
def classes(month: None) -> None:
    """A pass between the two: a euro a day. The gym pass costs half of it, the month 1.50."""
    with writing() as session:
        a_product(session, "classes", "sports_pass", ("gym", "class"), 30, student=3000)


@pytest.mark.usefixtures("classes")
@pytest.mark.parametrize("day", [0, 10])
def test_an_upgraded_pass_is_worth_all_that_was_paid_for_it(student: int, day: int) -> None:
    """Its own line is the difference only: the next upgrade charged for the first pass again."""
    bought(student, "gym")
    upgraded(student, "classes", NOW + day * DAY)
    late = NOW + 15 * DAY
    while_sold = price_of_month(student, late)
    no_longer_sold("classes")
    assert (while_sold, price_of_month(student, late)) == (750, 750)


@pytest.mark.usefixtures("classes")
def test_an_upgrade_that_was_paid_back_adds_nothing_to_the_first_pass(student: int) -> None:
    bought(student, "gym")
    assert withdrawn(upgraded(student, "classes")) == 1500
    while_sold = price_of_month(student, NOW)
    no_longer_sold("gym")
    assert (while_sold, price_of_month(student, NOW)) == (3000, 3000)


@pytest.mark.usefixtures("classes")
def test_a_replacement_is_worth_what_was_paid_for_the_first_pass(student: int) -> None:
    bought(student, "gym")
    with writing() as session:
        gym = session.scalars(select(Pass)).one()
        product = session.get_one(Product, gym.product_id)
        replace(session, gym.id, product, reason="lost", now=NOW, actor_id=student)
    no_longer_sold("gym")
    assert price_of_month(student, NOW) == 3000


@pytest.mark.usefixtures("month")
def test_a_pass_that_waited_for_its_activation_is_priced_by_the_days_it_lasts(student: int) -> None:
    """It was divided by the year in which it could be activated, and was worth almost nothing."""
    with writing() as session:
        catalogue.set_product(
            session,
            code="gym30",
            kind="gym_pass",
            names=("gym30",) * 3,
            entitlements=("gym",),
            length_days=30,
            duration="from_activation",
            activation_days=365,
        )
        catalogue.set_price(
            session, "gym30", role="student", cents=1500, valid_from=date(2020, 1, 1)
        )
    bought(student, "gym30")
    come(student, 1)
    while_sold = price_of_month(student, NOW)
    no_longer_sold("gym30")
    assert (while_sold, price_of_month(student, NOW)) == (3000, 3000)
