"""Refunds: they end the pass at once, are issued once, and have a receipt."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.checkout import (
    bought,
    give_back,
    ordered,
    receipts,
    refused,
    state_of,
    validity_of,
)
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.shop import NOW, TODAY, a_pass, a_student, marks
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.orders.models import Order
from zone.passes.pass_changes import service as pass_changes
from zone.passes.pass_rights.queries import rights_of
from zone.passes.passes import queries as passes_queries
from zone.passes.passes.models import Pass
from zone.passes.payments import service as payments
from zone.passes.payments.models import Refund
from zone.passes.receipts import queries as receipts_queries


def test_a_refund_ends_the_rights_at_once_and_is_on_record(student: int) -> None:
    order_id = bought(student)
    give_back(order_id, a_student("tiski@zone.example"))
    assert state_of(order_id) == "refunded"
    assert marks(student) == 2
    with reading() as session:
        assert rights_of(session, [student], NOW)[student] == []
        assert passes_queries.current_pass(session, student, NOW) is None
        assert session.scalars(select(AuditRow.action)).all() == ["order.refund"]
        assert session.scalars(select(Refund.cents)).all() == [4500]
    assert receipts() == ["2026-1", "C-2026-1"]


def test_a_refund_uses_the_vat_rate_of_its_line(student: int) -> None:
    order_id = bought(student, now=datetime(2025, 12, 31, 12, tzinfo=UTC))
    give_back(order_id, a_student("tiski@zone.example"), datetime(2026, 1, 2, 12, tzinfo=UTC))
    with reading() as session:
        page = receipts_queries.receipt_page(session, "C-2026-1", member_id=student)
    assert page.receipt.cents == -4500
    assert (page.lines[0].vat_percent, page.lines[0].vat_cents) == (Decimal(14), -553)


def test_an_order_is_refunded_once_and_only_when_paid(student: int) -> None:
    open_order, paid_order = ordered(student), bought(student)
    clerk = a_student("tiski@zone.example")
    assert refused(lambda: give_back(open_order, clerk)) == "not_paid"
    assert refused(lambda: give_back(paid_order, student)) == "not_for_yourself"
    give_back(paid_order, clerk)
    assert refused(lambda: give_back(paid_order, clerk)) == "already_refunded"


@pytest.mark.engines("sqlite", "postgresql")
def test_two_refunds_at_once_are_one(shop: Flask, student: int) -> None:
    order_id, clerk = bought(student), a_student("tiski@zone.example")
    assert outcomes(shop, [lambda: give_back(order_id, clerk)] * 2) == {
        "done": 1,
        "already_refunded": 1,
    }
    assert receipts() == ["2026-1", "C-2026-1"]


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_give_the_money_back_by_hand_at_once_one_does(shop: Flask, student: int) -> None:
    order_id = bought(student)
    clerks = [a_student(f"tiski{number}@zone.example") for number in range(3)]
    give_back(order_id, clerks[0])
    with writing() as session:
        refund_id = session.scalars(select(Refund.id)).one()
        payments.record_refund(session, refund_id, "refused", NOW)

    def hand_over(clerk: int) -> None:
        with writing() as session:
            order = session.get_one(Order, order_id)
            actor = an_actor(clerk, "desk")
            payments.record_by_hand(session, actor, order, reason="cash", now=NOW)

    works = [partial(hand_over, clerk) for clerk in clerks]
    assert outcomes(shop, works) == {"done": 1, "already_refunded": 2}
    with reading() as session:
        by_hand = select(func.count()).where(AuditRow.action == "refund.by_hand")
        assert session.scalar(by_hand) == 1


def test_a_refund_ends_the_replacement_too(student: int) -> None:
    order_id = bought(student, "gym")
    with writing() as session:
        old = session.scalars(select(Pass.id)).one()
        term = catalogue_queries.product_by_code(session, "term")
        pass_changes.replace(session, old, term, reason="upgrade", now=NOW, actor_id=student)
    give_back(order_id, a_student("tiski@zone.example"))
    with reading() as session:
        assert rights_of(session, [student], NOW)[student] == []


def test_a_pass_without_an_order_does_not_delay_a_purchase(student: int) -> None:
    a_pass(student, "visit", ends_on=TODAY)
    assert validity_of(bought(student))[0] == TODAY
