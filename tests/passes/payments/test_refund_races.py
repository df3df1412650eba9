"""Refunds, replacements, visits and other payments at the same time: no refunded pass stays valid,
and all is recorded.
"""

import threading
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import bought, give_back, notices, ordered, pay_again, report
from tests.world.races import settled
from tests.world.shop import NOW, a_pass, a_student, record_use
from zone.core.db.transactions import reading, writing
from zone.members.people.service import lock_members
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.credit_notes.service import issue_credit_note
from zone.passes.pass_changes import service as pass_changes
from zone.passes.pass_rights.queries import rights_of
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.receipts.models import Receipt
from zone.passes.refunds import service as refunds


def check_a_refund_ends_a_simultaneous_replacement(
    app: Flask, member_id: int, times: int = 1
) -> None:
    """Check that no pass of the order is left, whether refund or replacement is first."""
    order_id, clerk = bought(member_id), a_student("tiski@zone.example")

    def refund() -> None:
        with app.app_context():
            give_back(order_id, clerk)

    thread = threading.Thread(target=refund)
    for round_ in range(times):
        with writing() as session:
            newest = session.scalars(select(Pass.id).order_by(Pass.id.desc())).first()
            assert newest is not None
            gym = catalogue_queries.product_by_code(session, "gym")
            pass_changes.replace(
                session, newest, gym, reason="correction", now=NOW, actor_id=member_id
            )
            if round_ == times - 1:
                thread.start()
                settled(thread)
    thread.join()
    with reading() as session:
        assert rights_of(session, [member_id], NOW)[member_id] == []


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("times", [1, 2])
def test_a_refund_ends_a_simultaneous_replacement(shop: Flask, student: int, times: int) -> None:
    check_a_refund_ends_a_simultaneous_replacement(shop, student, times)


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("no lock on the pass, nor on its holder")
def test_without_the_lock_a_refunded_pass_stays_valid(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "_lock_chains", lambda _session, _roots: None)
    monkeypatch.setattr(refunds, "lock_members", lambda _session, _members: None)
    with pytest.raises(AssertionError):
        check_a_refund_ends_a_simultaneous_replacement(shop, student)


@pytest.mark.engines("postgresql")
def test_a_visit_and_a_simultaneous_replacement_wait_for_each_other(
    shop: Flask, student: int
) -> None:
    used = a_pass(student, "gym")

    def replace() -> None:
        with shop.app_context(), writing() as session:
            term = catalogue_queries.product_by_code(session, "term")
            pass_changes.replace(session, used, term, reason="upgrade", now=NOW, actor_id=student)

    thread = threading.Thread(target=replace)
    with writing() as session:
        lock_members(session, [student])  # as who derives visits from entries
        thread.start()
        settled(thread)
        record_use(
            session,
            student,
            kinds=["gym"],
            campus="myllypuro",
            occurred_at=NOW,
            recorded_at=NOW,
        )
    thread.join()
    with reading() as session:
        kinds = session.scalars(select(PassEvent.kind).where(PassEvent.pass_id == used))
        assert set(kinds) == {"sold", "first_used", "activated", "replaced"}


@pytest.mark.engines("postgresql")
def test_a_refund_and_a_simultaneous_payment_of_another_sum_wait_for_each_other(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, clerk = ordered(student), a_student("tiski@zone.example")
    pay_again(order_id)
    first, second = notices(order_id)
    report(first)

    def pay() -> None:
        with shop.app_context():
            report(replace(second, cents=second.cents + 5))

    thread = threading.Thread(target=pay)

    def overtaken(*args: Any, **named: Any) -> Receipt:
        if not thread.ident:  # the refund holds the order: now comes the other payment
            thread.start()
            settled(thread)
        return issue_credit_note(*args, **named)

    monkeypatch.setattr(refunds, "issue_credit_note", overtaken)
    give_back(order_id, clerk)
    thread.join()
    with reading() as session:
        kinds = session.scalars(select(Receipt.kind)).all()
    assert sorted(kinds) == ["credit", "refund", "sale"]
