"""Orders keep their price, and a payment is granted once however often it is reported."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.world.checkout import (
    A_SELLER,
    PROVIDER,
    bought,
    line_of,
    notices,
    ordered,
    pay_again,
    receipts,
    refused,
    report,
    state_of,
    validity_of,
)
from tests.world.races import at_once, outcomes
from tests.world.shop import NOW, TODAY, a_product, a_student, in_group, marks, passes
from zone.core.db.transactions import reading, writing
from zone.passes.catalogue import service as catalogue
from zone.passes.orders import queries as orders_queries
from zone.passes.orders import service as orders
from zone.passes.orders.models import Order
from zone.passes.payments import service as payments
from zone.passes.payments.models import Refund
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.receipts.models import Receipt
from zone.places.terms.service import create_season


def test_a_paid_order_gives_one_pass_and_one_receipt(student: int) -> None:
    order_id = bought(student)
    assert state_of(order_id) == "paid"
    assert passes(student) == 1
    assert marks(student) == 1
    assert validity_of(order_id) == (TODAY, date(2026, 12, 29))


def test_an_unpaid_order_gives_nothing(student: int) -> None:
    assert state_of(ordered(student)) == "open"
    assert passes(student) == 0


def test_the_price_is_that_of_the_role(shop: Flask) -> None:
    assert line_of(ordered(a_student("henkilosto@zone.example", role="staff"))).cents == 9000
    assert line_of(ordered(a_student())).cents == 4500


def test_a_price_group_has_its_own_price(student: int) -> None:
    with writing() as session:
        in_group(session, "metropolia", "owners")
        catalogue.set_price(
            session, "term", role="student", cents=4000, valid_from=TODAY, group="owners"
        )
    assert line_of(ordered(student)).cents == 4000
    assert line_of(ordered(student, now=NOW - timedelta(days=1))).cents == 4500


def test_a_dated_price_begins_on_its_day_and_ends_where_the_next_begins(student: int) -> None:
    with writing() as session:
        catalogue.set_price(session, "term", role="student", cents=5000, valid_from=TODAY)
        catalogue.set_price(
            session, "term", role="student", cents=None, valid_from=TODAY + timedelta(days=2)
        )
    assert line_of(ordered(student, now=NOW - timedelta(days=1))).cents == 4500
    assert line_of(ordered(student)).cents == 5000
    assert line_of(ordered(student, now=NOW + timedelta(days=1))).cents == 5000
    assert refused(lambda: ordered(student, now=NOW + timedelta(days=2))) == "not_sold"


def test_the_price_stays_and_the_vat_rate_is_that_of_the_payment(student: int) -> None:
    order_id = ordered(student)
    with writing() as session:
        catalogue.set_price(session, "term", role="student", cents=9900, valid_from=TODAY)
        catalogue.set_vat_rate(session, "exercise", percent=Decimal(20), valid_from=TODAY)
    report(notices(order_id)[0])
    with reading() as session:
        view = orders_queries.order_view(session, session.get_one(Order, order_id), NOW)
    assert (view.total_cents, view.receipts[0].cents) == (4500, 4500)
    assert (view.lines[0].vat_percent, view.lines[0].vat_cents) == (Decimal(20), 750)


def test_without_a_proof_nothing_is_sold_and_the_reason_says_what_to_do(shop: Flask) -> None:
    stranger = a_student("entinen@zone.example", until=date(2026, 8, 31))
    assert refused(lambda: ordered(stranger)) == "not_eligible"


def test_a_pass_does_not_start_after_the_proof_has_ended(shop: Flask) -> None:
    leaving = a_student("lahteva@zone.example", until=date(2026, 9, 30))
    assert (
        refused(lambda: ordered(leaving, starts_on=date(2026, 10, 1))) == "eligibility_ends_first"
    )
    ordered(leaving, starts_on=date(2026, 9, 30))


def test_a_second_pass_starts_when_the_first_ends(student: int) -> None:
    bought(student)
    assert validity_of(bought(student))[0] == date(2026, 12, 30)


def test_a_pass_that_gives_more_starts_at_once(student: int) -> None:
    bought(student, "gym")
    assert validity_of(bought(student))[0] == TODAY


def test_the_buyer_may_choose_another_first_day(student: int) -> None:
    bought(student)
    later = bought(student, starts_on=date(2026, 9, 15), now=NOW + timedelta(minutes=1))
    assert validity_of(later)[0] == date(2026, 9, 15)
    assert refused(lambda: ordered(student, starts_on=date(2026, 8, 31))) == "start_too_soon"
    assert refused(lambda: ordered(student, starts_on=date(2027, 9, 3))) == "start_too_far"


def test_a_payment_that_arrives_late_gives_the_days_that_were_ordered(student: int) -> None:
    order_id = ordered(student, "gym")
    report(notices(order_id)[0], NOW + timedelta(days=3))
    assert validity_of(order_id) == (TODAY, date(2026, 9, 30))


def test_a_season_product_ends_with_the_season(student: int) -> None:
    with writing() as session:
        a_product(session, "autumn", "sports_pass", ("class",), None, student=4000)
    assert refused(lambda: ordered(student, "autumn")) == "no_season"
    with writing() as session:
        create_season(
            session,
            code="2026-autumn",
            kind="autumn",
            starts_on=date(2026, 8, 31),
            ends_on=date(2026, 12, 20),
            now=NOW,
        )
    assert validity_of(bought(student, "autumn")) == (TODAY, date(2026, 12, 20))


def test_an_order_of_0_cents_is_paid_at_once(student: int) -> None:
    with writing() as session:
        catalogue.set_price(session, "gym", role="student", cents=0, valid_from=TODAY)
        order = orders.place_order(
            session,
            student,
            "gym",
            starts_on=None,
            now=NOW,
            seller_vat=True,
            seller=A_SELLER,
        )
        payments.create_payment(session, order, None, NOW, A_SELLER)
    assert state_of(order.id) == "paid"
    assert passes(student) == 1


def test_a_repeated_notice_changes_nothing(student: int) -> None:
    order_id = bought(student)
    for hours in range(3):
        report(notices(order_id)[0], NOW + timedelta(hours=hours))
    assert passes(student) == 1
    assert receipts() == ["2026-1"]


@pytest.mark.parametrize("other", ["declined", "cancelled"])
def test_paid_counts_whatever_came_before_or_comes_after(student: int, other: str) -> None:
    for order in (("paid", other), (other, "paid")):
        order_id = ordered(student, "gym")
        for outcome in order:
            report(notices(order_id, outcome)[0])
        assert state_of(order_id) == "paid"
    assert passes(student) == 2


@pytest.mark.parametrize("outcome", ["declined", "cancelled"])
def test_a_payment_that_failed_can_be_tried_again(student: int, outcome: str) -> None:
    order_id = ordered(student)
    report(notices(order_id, outcome)[0])
    assert state_of(order_id) == outcome
    pay_again(order_id)
    report(notices(order_id)[1])
    assert state_of(order_id) == "paid"


def test_a_paid_order_is_not_paid_again(student: int) -> None:
    order_id = bought(student)
    assert refused(lambda: pay_again(order_id)) == "order_settled"


def test_an_order_paid_through_two_open_payments_gives_one_pass_and_one_payment_back(
    student: int,
) -> None:
    order_id = ordered(student)
    pay_again(order_id)
    for notice in notices(order_id):
        report(notice)
    assert passes(student) == 1
    with reading() as session:
        assert session.execute(select(Refund.cents, Refund.reason)).all() == [(4500, "paid twice")]
        rows = session.execute(select(Receipt.kind, Receipt.cents).order_by(Receipt.id)).all()
    assert rows == [("sale", 4500), ("credit", -4500)]


def test_a_notice_of_another_sum_or_an_unknown_payment_gives_nothing(student: int) -> None:
    (notice,) = notices(ordered(student))
    for outcome, cents, currency in (
        ("declined", 1, "EUR"),
        ("paid", 0, "EUR"),
        ("paid", -4500, "EUR"),
        ("paid", 4500, "SEK"),
    ):
        cheap = PaymentNotice(notice.reference, outcome, cents, currency, NOW)
        assert refused(lambda cheap=cheap: report(cheap)) == "wrong_amount"  # type: ignore[misc]
    unknown = PaymentNotice("unknown", "paid", notice.cents, notice.currency, NOW)
    assert refused(lambda: report(unknown)) == "not_found"
    assert passes(student) == 0


def check_a_payment_is_granted_once(app: Flask, member_id: int) -> Counter[str]:
    """Check that two simultaneous callbacks give one pass and one receipt."""
    (notice,) = notices(ordered(member_id))
    answers = outcomes(app, [lambda: report(notice)] * 2)
    assert passes(member_id) == 1
    assert len(receipts()) == 1
    return answers


@pytest.mark.engines("sqlite", "postgresql")
def test_two_callbacks_at_once_give_one_pass(shop: Flask, student: int) -> None:
    assert check_a_payment_is_granted_once(shop, student) == {"done": 2}


def plant_a_blind_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant the fault: every notice counts as new, and every order as unsettled."""
    monkeypatch.setattr(payments, "record_outcome", lambda *_args, **_moments: True)
    monkeypatch.setattr(payments, "is_settled", lambda *_args: False)
    monkeypatch.setattr("zone.passes.payments.context.reason_against_grant", lambda *_args: None)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_what_a_blind_checkout_would_grant_twice(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_a_blind_checkout(monkeypatch)
    assert check_a_payment_is_granted_once(shop, student) == {"done": 1, "order_settled": 1}


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("no unique keys of grants")
def test_without_the_unique_keys_a_blind_checkout_grants_twice(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_a_blind_checkout(monkeypatch)
    with writing() as session:
        for key in ("uq_pass_order_line_id", "uq_receipt_order_id_kind"):
            session.execute(text(f"DROP INDEX {key}"))
    with pytest.raises(AssertionError):
        check_a_payment_is_granted_once(shop, student)


def test_receipts_are_numbered_without_a_gap_though_purchases_fail(student: int) -> None:
    bought(student)
    order_id = ordered(student)
    with pytest.raises(RuntimeError), writing() as session:
        payments.settle(session, PROVIDER.name, notices(order_id)[0], NOW, A_SELLER)
        raise RuntimeError("the power went before the commit")
    bought(student)
    report(notices(order_id)[0])
    assert receipts() == ["2026-1", "2026-2", "C-2026-1"]


def test_receipts_are_numbered_by_the_helsinki_year(student: int) -> None:
    bought(student, now=datetime(2026, 12, 31, 21, 30, tzinfo=UTC))
    bought(student, now=datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    assert receipts() == ["2026-1", "2027-1"]


@pytest.mark.engines("sqlite", "postgresql")
def test_simultaneous_purchases_take_consecutive_numbers(shop: Flask) -> None:
    buyers = [a_student(f"ostaja{n}@zone.example") for n in range(6)]
    waiting = [notices(ordered(buyer))[0] for buyer in buyers]

    at_once(shop, [partial(report, notice) for notice in waiting])
    assert receipts() == [f"2026-{n}" for n in range(1, 7)]
