"""Discount codes: what they take off, never used more often than they may be, freed and kept."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from tests.world.buying import page_browser
from tests.world.checkout import give_back, notices, refused, report, state_of
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.rendered_forms import form_with, forms_of
from tests.world.shop import NOW, TODAY, a_student, passes
from tests.world.vouchers import CODE, a_voucher, ordered_with, uses
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.passes.orders.models import Order, OrderLine
from zone.passes.vouchers import flows, queries, service
from zone.passes.vouchers.invariants import count_wrong_vouchers
from zone.passes.vouchers.models import VoucherUse
from zone.passes.vouchers.rules import PricedLine, VoucherTerms, discounts, is_same_code


def lines_of(order_id: int) -> list[tuple[int, int]]:
    with reading() as session:
        rows = session.scalars(
            select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id)
        )
        return [(line.cents, line.discount_cents) for line in rows]


def terms(percent_bp: int | None, cents: int | None, *products: int) -> VoucherTerms:
    return VoucherTerms(percent_bp, cents, products, TODAY, None, 0, 1, None)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=6), st.integers(1, 200_000))
def test_the_parts_of_a_sum_add_up_and_none_is_above_its_price(
    prices: list[int], cents: int
) -> None:
    lines = [PricedLine(1, price) for price in prices]
    off = discounts(terms(None, cents), lines)
    assert sum(off) == min(cents, sum(prices))
    assert all(0 <= part <= price for part, price in zip(off, prices, strict=True))


def test_a_part_is_rounded_half_up_on_each_line() -> None:
    assert discounts(terms(1500, None), [PricedLine(1, 1510), PricedLine(2, 333)]) == [227, 50]
    assert discounts(terms(10_000, None), [PricedLine(1, 1510)]) == [1510]


def test_only_the_products_of_a_code_get_cheaper() -> None:
    assert discounts(terms(None, 900, 2), [PricedLine(1, 500), PricedLine(2, 700)]) == [0, 700]
    assert refused(lambda: discounts(terms(1000, None, 3), [PricedLine(1, 5)])) == (
        "voucher_of_others"
    )


def test_a_code_is_read_as_people_write_it() -> None:
    assert is_same_code(" spring 26", "SPRING-26")
    assert is_same_code("\uff33PRING26", "SPRING-26")  # full-width S
    assert not is_same_code("SPRING-27", "SPRING-26")


def test_the_discount_is_frozen_on_each_line(student: int) -> None:
    a_voucher()
    order_id = ordered_with(student, "term", "visit")
    assert lines_of(order_id) == [(4050, 450), (450, 50)]
    with reading() as session:
        assert session.get_one(Order, order_id).total_cents == 4500
    report(notices(order_id)[0])
    assert (state_of(order_id), passes(student), uses()) == ("paid", 2, 1)


def test_a_code_is_refused_outside_of_its_days_and_once_it_is_ended(student: int) -> None:
    a_voucher(until=TODAY, most_uses=5)
    order = partial(ordered_with, student)
    assert refused(lambda: order(now=NOW + timedelta(days=1))) == "voucher_closed"
    assert refused(lambda: order(voucher="NO-SUCH")) == "voucher_unknown"
    assert refused(lambda: order(discount=449)) == "quote_changed"
    manager = an_actor(a_student("johtaja@zone.example"), "manager")
    with writing() as session:
        service.end_voucher(session, manager, CODE.lower(), NOW)
    assert refused(order) == "voucher_closed"
    assert uses() == 0


def test_a_use_that_is_freed_by_hand_is_found(student: int) -> None:
    a_voucher()
    report(notices(ordered_with(student))[0])
    assert uses() == 1
    with writing() as session:
        session.execute(update(VoucherUse).values(freed_at=NOW))
        session.execute(text("UPDATE voucher SET uses = 0"))
    with reading() as session:
        assert count_wrong_vouchers(session, NOW) == 1


def test_a_refund_frees_the_use(student: int) -> None:
    a_voucher()
    order_id = ordered_with(student)
    report(notices(order_id)[0])
    other = a_student("toinen@zone.example")
    assert refused(lambda: ordered_with(other)) == "voucher_used_up"
    give_back(order_id, other)
    assert uses() == 0
    ordered_with(other)
    assert uses() == 1


def race(shop: Flask, number: int) -> None:
    """Check that of so many who use a one-use code at once one does."""
    a_voucher()
    people = [a_student(f"ostaja-{n}@zone.example") for n in range(number)]
    came = outcomes(shop, [partial(ordered_with, one) for one in people])
    assert came == {"done": 1, "voucher_used_up": number - 1}
    assert uses() == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_who_use_a_one_use_code_one_does(shop: Flask) -> None:
    race(shop, 20)


@pytest.mark.planted_fault("a use is not counted")
@pytest.mark.engines("sqlite", "postgresql")
def test_uses_that_nobody_counts_fail_the_race(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_take", lambda _session, _voucher_id: True)
    with pytest.raises(AssertionError):
        race(shop, 4)


def test_who_guesses_codes_has_to_wait(student: int) -> None:
    a_voucher()
    for n in range(10):
        guess = partial(flows.check_code, student, f"guess-{n}", NOW)
        assert refused(guess) == "voucher_unknown"
    assert refused(lambda: flows.check_code(student, CODE, NOW)) == "too_many_requests"
    flows.check_code(student, CODE, NOW + timedelta(hours=1))


def test_codes_that_are_right_are_not_counted(student: int) -> None:
    a_voucher()
    for _ in range(12):
        flows.check_code(student, CODE, NOW)


def test_a_manager_makes_and_ends_a_code_by_the_page(shop: Flask) -> None:
    member = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    browser: FlaskClient = page_browser(shop, member)
    form = form_with(browser, "/manage/vouchers", "percent")
    wrong = form.save(browser, name="Freshers", percent="15", euros="5,00")
    assert "Give either a part of the price" in wrong.text
    assert form.save(browser, name="Freshers", percent="12,5", most_uses="40").status_code == 303
    with reading() as session:
        (made,) = queries.vouchers(session)
    assert (made.percent_bp, made.most_uses, len(made.code)) == (1250, 40, 10)
    end = next(one for one in forms_of(browser, "/manage/vouchers") if one.action.endswith("/end"))
    assert end.save(browser).status_code == 303
    with reading() as session:
        assert queries.vouchers(session)[0].ended_at
