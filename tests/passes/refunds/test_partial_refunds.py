"""Refunds by line and in parts: never more than was paid, and each with its credit note."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from tests.world.buying import page_browser
from tests.world.checkout import bought, give_back, receipts, refused, state_of
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.members.roles import service as roles
from zone.passes.orders.invariants import count_disagreements
from zone.passes.orders.models import Order
from zone.passes.pass_rights.queries import rights_of
from zone.passes.payments.invariants import count_granted_twice, count_returns_without_credit
from zone.passes.payments.models import Refund, RefundedPayment, RefundLine
from zone.passes.refunds import service
from zone.passes.refunds.rules import LineLeft, LineRefund, all_of, checked

LINES = (LineLeft(1, 11, 21, 3000, 3000), LineLeft(2, 12, 22, 1500, 500))


@pytest.fixture
def clerk(shop: Flask) -> int:
    return a_student("tiski@zone.example")


def refund(order_id: int, clerk: int, cents: int, *, ends: bool = False) -> None:
    with writing() as session:
        service.refund_lines(
            session,
            an_actor(clerk, "desk"),
            order_id,
            [LineRefund(1, cents, ends)],
            reason="moved abroad",
            now=NOW,
        )


def wrong() -> int:
    checks = (count_disagreements, count_granted_twice, count_returns_without_credit)
    with reading() as session:
        return sum(check(session, NOW) for check in checks)


def has_rights(student: int) -> bool:
    with reading() as session:
        return bool(rights_of(session, [student], NOW)[student])


def test_all_that_is_left_is_each_line_with_something_left() -> None:
    assert all_of(LINES) == [LineRefund(1, 3000, True), LineRefund(2, 500, True)]
    assert all_of([LineLeft(1, 11, 21, 0, 0)]) == [LineRefund(1, 0, True)]


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ([], "nothing_to_refund"),
        ([LineRefund(1, 0)], "nothing_to_refund"),
        ([LineRefund(2, 501)], "credit_too_high"),
        ([LineRefund(3, 1)], "credit_too_high"),
        ([LineRefund(1, 1), LineRefund(1, 1)], "credit_too_high"),
    ],
)
def test_a_choice_that_cannot_be_given_back(chosen: list[LineRefund], code: str) -> None:
    assert refused(lambda: checked(chosen, LINES)) == code


def test_the_pass_of_a_whole_line_ends_and_that_of_a_part_as_chosen() -> None:
    chosen = [LineRefund(1, 100), LineRefund(2, 500)]
    assert checked(chosen, LINES) == [LineRefund(1, 100), LineRefund(2, 500, True)]
    assert checked([LineRefund(1, 100, True)], LINES) == [LineRefund(1, 100, True)]


def test_an_order_is_refunded_in_parts_until_nothing_is_left(student: int, clerk: int) -> None:
    order_id = bought(student)
    refund(order_id, clerk, 1000)
    assert (state_of(order_id), has_rights(student), wrong()) == ("paid", True, 0)
    with reading() as session:
        bodies = session.scalars(select(OutboxMail.body).order_by(OutboxMail.id)).all()
    assert "A part of your order is refunded" in bodies[-1]
    assert refused(lambda: refund(order_id, clerk, 3501)) == "credit_too_high"
    refund(order_id, clerk, 3500)
    assert (state_of(order_id), has_rights(student), wrong()) == ("refunded", False, 0)
    assert receipts() == ["2026-1", "C-2026-1", "C-2026-2"]
    assert refused(lambda: refund(order_id, clerk, 1)) == "already_refunded"


@pytest.mark.engines("sqlite")
def test_the_page_of_an_order_says_that_a_part_was_refunded(
    shop: Flask, student: int, clerk: int
) -> None:
    order_id = bought(student)
    refund(order_id, clerk, 1000)
    with writing() as session:
        roles.grant_role(session, clerk, "desk", utc_now())
        path = f"/orders/{session.get_one(Order, order_id).public_id}?lang=en"
    for reader in (clerk, student):
        page = page_browser(shop, reader).get(path).text
        assert "A part of it, 10,00" in page
        assert "refunded in full" not in page


def test_a_part_may_end_the_pass_once(student: int, clerk: int) -> None:
    order_id = bought(student)
    refund(order_id, clerk, 1000, ends=True)
    assert (state_of(order_id), has_rights(student), wrong()) == ("paid", False, 0)
    give_back(order_id, clerk)
    assert (state_of(order_id), wrong()) == ("refunded", 0)


def check_parallel_refunds(app: Flask, order_id: int, clerk: int) -> None:
    """Check that of four refunds at once no more goes back than was paid."""
    found = outcomes(app, [partial(refund, order_id, clerk, 2000)] * 4)
    assert found["done"] == 2
    assert sum(found.values()) == 4
    with reading() as session:
        assert session.scalar(select(func.sum(Refund.cents))) == 4000
        assert session.scalar(select(RefundedPayment.refunded_cents)) == 4000
    assert wrong() == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_refunds_at_once_give_back_no_more_than_was_paid(
    shop: Flask, student: int, clerk: int
) -> None:
    check_parallel_refunds(shop, bought(student), clerk)


@pytest.mark.thorough
@pytest.mark.planted_fault("nobody looks what is left of a line")
def test_the_database_refuses_more_than_was_paid(
    shop: Flask, student: int, clerk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.passes.refunds.service.checked", lambda chosen, _: chosen)
    check_parallel_refunds(shop, bought(student), clerk)


@pytest.mark.thorough
@pytest.mark.planted_fault("what was given back is not counted, nor looked at")
def test_refunds_that_are_not_counted_fail_the_check(
    shop: Flask, student: int, clerk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = bought(student)
    monkeypatch.setattr("zone.passes.refunds.service.add_refund", an_uncounted_refund)
    with pytest.raises(AssertionError):
        check_parallel_refunds(shop, order_id, clerk)


def an_uncounted_refund(session: object, refund: Refund, *, paid_cents: int) -> Refund:
    refund.public_id = new_public_id()
    session.add(refund)  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    return refund


def _another_sum() -> None:
    with writing() as session:
        session.execute(text("UPDATE refunded_payment SET refunded_cents = 1"))


def _a_line_more() -> None:
    with writing() as session:
        line = session.execute(select(RefundLine)).scalar_one()
        session.execute(
            text(
                "INSERT INTO refund (public_id, payment_id, cents, reason, occurred_at, "
                "recorded_at, recorded_by) SELECT :new, payment_id, 100, 'x', occurred_at, "
                "recorded_at, recorded_by FROM refund"
            ),
            {"new": "0" * 32},
        )
        newest = session.scalars(select(func.max(Refund.id))).one()
        session.add(
            RefundLine(
                refund_id=newest, order_line_id=line.order_line_id, cents=100, ends_pass=False
            )
        )


@pytest.mark.thorough
@pytest.mark.planted_fault("somebody has written past the service")
@pytest.mark.parametrize("fault", [_another_sum, _a_line_more])
def test_the_doctor_finds_refunds_that_do_not_add_up(
    student: int, clerk: int, fault: Callable[[], None]
) -> None:
    refund(bought(student), clerk, 1000)
    fault()
    assert wrong() > 0


def a_manager(shop: Flask) -> FlaskClient:
    member_id = a_student("johto@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


def test_the_page_suggests_what_the_rules_give_back(shop: Flask, student: int) -> None:
    order_id, staff = bought(student), a_manager(shop)
    with reading() as session:
        page = f"/orders/{session.get_one(Order, order_id).public_id}?lang=en"
    (form,) = [one for one in forms_of(staff, page) if "Give back" in one.buttons]
    wrong_amount = form.submit(staff, "Give back", amount="ten", reason="moved")
    assert wrong_amount.status_code == 422
    assert form.submit(staff, "Give back", amount="10,50", reason="moved").status_code == 303
    shown = staff.get(page).text
    assert "10,50" in shown
    assert "34,50" in shown
    assert state_of(order_id) == "paid"
    assert wrong() == 0
