"""Unpaid orders expire, free what they held, and a late payment is granted while there is room."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.checkout import bought, notices, ordered, pay_again, refused, report, state_of
from tests.world.races import outcomes
from tests.world.shop import NOW, a_product, a_student, passes
from tests.world.vouchers import a_voucher, ordered_with, uses
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.passes.expiries import invariants, jobs, service
from zone.passes.expiries.models import OrderExpiry
from zone.passes.orders import queries as orders_queries
from zone.passes.orders.models import Order
from zone.passes.payments.models import Refund
from zone.passes.quotas import service as quotas
from zone.passes.quotas.models import Quota

LATER = NOW + timedelta(days=1)
SETTINGS = Settings()


@pytest.fixture(autouse=True)
def camp(shop: Flask) -> None:
    """A product with one place, which an unpaid order holds longer than it lives."""
    with writing() as session:
        a_product(session, "camp", "sports_pass", ("gym",), 30, student=1000)
        quotas.set_quota(
            session, "camp", name="Camp", places=1, hold_minutes=10080, products=["camp"]
        )


def state_at(order_id: int, at: datetime = LATER) -> str:
    with reading() as session:
        return orders_queries.order_view(session, session.get_one(Order, order_id), at).state


def taken() -> int:
    with reading() as session:
        return session.scalars(select(Quota.taken)).one()


def expired() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(OrderExpiry)) or 0


def expire(order_id: int) -> bool:
    with writing() as session:
        return service.expire_order(session, order_id, LATER)


def test_an_unpaid_order_expires_and_frees_place_and_code(student: int) -> None:
    a_voucher()
    order_id = ordered_with(student, "camp")
    assert jobs.expire_orders(SETTINGS, LATER - timedelta(seconds=1)) == 0
    assert state_at(order_id, LATER - timedelta(seconds=1)) == "open"
    assert jobs.expire_orders(SETTINGS, LATER) == 1
    assert jobs.expire_orders(SETTINGS, LATER) == 0
    assert (state_at(order_id), taken(), uses()) == ("expired", 0, 0)
    assert refused(lambda: pay_again(order_id, LATER)) == "order_expired"
    with reading() as session:
        assert invariants.count_wrong_expiries(session, LATER + timedelta(days=1)) == 0


def mails() -> list[str]:
    with reading() as session:
        expired = OutboxMail.template == "passes/order_expired"
        return list(session.scalars(select(OutboxMail.body).where(expired)))


def test_the_buyer_is_told_once_and_can_order_again(student: int) -> None:
    ordered(student, "camp")
    for minutes in (0, 1):
        jobs.expire_orders(SETTINGS, LATER + timedelta(minutes=minutes))
    (mail,) = mails()
    assert "camp" in mail
    assert "/buy/camp" in mail


def test_of_several_products_the_mail_leads_to_the_shop(student: int) -> None:
    ordered_with(student, "camp", "term", voucher=None)
    jobs.expire_orders(SETTINGS, LATER)
    (mail,) = mails()
    assert "/buy/" not in mail
    assert "/buy" in mail


def test_who_has_ordered_again_or_paid_is_not_told(student: int) -> None:
    ordered(student)
    bought(student, now=NOW + timedelta(minutes=1))
    jobs.expire_orders(SETTINGS, LATER)
    assert expired() == 1
    assert mails() == []


def test_a_late_payment_is_granted_while_there_is_room(student: int) -> None:
    a_voucher()
    order_id = ordered_with(student, "camp")
    jobs.expire_orders(SETTINGS, LATER)
    report(notices(order_id, at=LATER)[0], LATER)
    assert (state_at(order_id), passes(student), taken(), uses()) == ("paid", 1, 1, 1)


@pytest.mark.parametrize("gone", ["place", "code"])
def test_a_late_payment_is_given_back_when_place_or_code_is_gone(student: int, gone: str) -> None:
    a_voucher()
    order_id = ordered_with(student, "camp")
    jobs.expire_orders(SETTINGS, LATER)
    other = a_student("toinen@zone.example")
    if gone == "place":
        ordered(other, "camp", now=LATER)
    else:
        ordered_with(other, "term", now=LATER)
    report(notices(order_id, at=LATER)[0], LATER)
    assert passes(student) == 0
    with reading() as session:
        assert session.scalars(select(Refund.cents)).all() == [900]
    assert (taken(), uses()) == ((1, 0) if gone == "place" else (0, 1))


def test_what_is_paid_or_waits_for_a_bank_does_not_expire(student: int) -> None:
    bought(student, "camp")
    waits = ordered(a_student("toinen@zone.example"))
    report(notices(waits, "pending")[0])
    assert jobs.expire_orders(SETTINGS, LATER) == 0
    assert state_at(waits) == "pending"
    report(notices(waits, "declined", LATER)[0], LATER)
    assert jobs.expire_orders(SETTINGS, LATER) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_a_payment_and_the_expiry_of_its_order_agree(shop: Flask, student: int) -> None:
    a_voucher()
    order_id = ordered_with(student, "camp")
    (notice,) = notices(order_id, at=LATER)
    works: list[Callable[[], object]] = [partial(report, notice, LATER)]
    works += [partial(expire, order_id)] * 3
    outcomes(shop, works)
    assert (state_of(order_id), passes(student), taken(), uses()) == ("paid", 1, 1, 1)


@pytest.mark.planted_fault("an order that expires keeps its code")
def test_an_expired_order_that_keeps_its_code_fails_the_check(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_voucher()
    monkeypatch.setattr("zone.passes.vouchers.service.free_use", lambda *_: 0)
    ordered_with(student)
    jobs.expire_orders(SETTINGS, LATER)
    with reading() as session:
        assert invariants.count_wrong_expiries(session, LATER) == 1


def test_who_has_paid_or_ordered_again_before_the_mail_leaves_is_not_told_to_order_again(
    student: int,
) -> None:
    def leaving() -> list[bool]:
        with reading() as session:
            told = select(OutboxMail).where(OutboxMail.template == "passes/order_expired")
            rows = session.scalars(told.order_by(OutboxMail.id)).all()
            return [still_holds(session, row.question, row.about, LATER) for row in rows]

    paid = ordered(student, "term")
    assert (expire(paid), leaving()) == (True, [True])
    report(notices(paid, at=LATER)[0], LATER)
    assert (state_at(paid), leaving()) == ("paid", [False])
    again = a_student("b@zone.example")
    assert expire(ordered(again, "gym"))
    assert leaving() == [False, True]
    ordered(again, "gym", now=LATER)
    assert leaving() == [False, False]
