"""A buyer withdraws: what the rules pay back, once, with its credit note; the consent counts."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import choose_outcome
from tests.world.checkout import bought, notices, ordered, refused, report
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of, text_of
from tests.world.shop import NOW, a_student, passes, record_use
from tests.world.vouchers import a_voucher, ordered_with, uses
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.orders import invariants, queries
from zone.passes.orders.models import Order
from zone.passes.withdrawals.models import StartConsent
from zone.passes.withdrawals.service import record_consent, withdraw

USED = NOW + timedelta(days=9)


def use(member_id: int) -> None:
    """Use the pass on the tenth day."""
    with writing() as session:
        record_use(
            session,
            member_id,
            kinds=["gym"],
            campus="myyrmaki",
            occurred_at=USED,
            recorded_at=USED,
        )


def paid_back(order_id: int, at: datetime = NOW) -> tuple[str, int]:
    """Withdraw; the state of the order, and the cents that go back."""
    with writing() as session:
        order = session.get_one(Order, order_id)
        cents = withdraw(session, order, at).cents
        state = queries.order_view(session, order, at).state
    with reading() as session:
        assert invariants.count_disagreements(session, NOW) == 0
    return state, cents


def consent(order_id: int) -> None:
    with writing() as session:
        record_consent(session, session.get_one(Order, order_id), NOW)


def test_all_is_paid_back_unused_and_the_code_is_free_again(student: int) -> None:
    a_voucher()
    order_id = ordered_with(student, "term", "gym")
    report(notices(order_id)[0])
    assert paid_back(order_id) == ("refunded", 5400)
    assert uses() == 0
    assert refused(lambda: paid_back(order_id)) == "already_refunded"


def test_after_use_the_days_left_are_paid_back_with_consent_only(student: int) -> None:
    other = a_student("toinen@zone.example")
    with_consent, without = bought(student), bought(other)
    consent(with_consent)
    use(student)
    use(other)
    assert paid_back(with_consent, USED) == ("refunded", 4125)  # 110 of 120 days
    assert paid_back(without, USED) == ("refunded", 4500)


def test_after_14_days_it_is_over_and_an_unpaid_order_has_none(student: int) -> None:
    order_id = bought(student)
    assert refused(lambda: paid_back(order_id, NOW + timedelta(days=15))) == "withdrawal_over"
    unpaid = ordered(a_student("toinen@zone.example"))
    assert refused(lambda: paid_back(unpaid)) == "not_paid"


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_taps_one_withdraws(shop: Flask, student: int) -> None:
    order_id = bought(student)

    def tap() -> None:
        with writing() as session:
            withdraw(session, session.get_one(Order, order_id), NOW)

    assert outcomes(shop, [tap] * 4) == {"done": 1, "already_refunded": 3}


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_a_second_withdrawal(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = bought(student)
    paid_back(order_id)
    monkeypatch.setattr("zone.passes.refunds.service.withdrawn_at", lambda *_: None)
    monkeypatch.setattr("zone.passes.refunds.service._is_all_refunded", lambda *_: False)
    monkeypatch.setattr("zone.passes.withdrawals.service.can_be_withdrawn", lambda *_: True)
    with pytest.raises(DomainError):
        paid_back(order_id)


def test_the_button_withdraws_and_the_box_is_stored(browser: FlaskClient, student: int) -> None:
    form, *_others = forms_of(browser, "/buy/term")
    form.data["consent"] = ["1"]
    address = browser.get(choose_outcome(browser, form.save(browser).location)).location
    with reading() as session:
        terms = session.scalars(select(Order.terms_version)).one()
        assert session.scalars(select(StartConsent.text_version)).all() == [terms]
    button = next(one for one in forms_of(browser, address) if one.action.endswith("/withdraw"))
    assert button.save(browser).location == address
    page = text_of(browser.get(f"{address}?lang=en").text)
    assert "You have withdrawn from this order" in page
    assert "Refunded: 45,00" in page
    assert passes(student) == 1
