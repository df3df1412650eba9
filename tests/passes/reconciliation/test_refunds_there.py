"""A refund that only its provider knows is found, shown, and recorded by one click."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.passes.reconciliation.test_fixes import (
    PAGE,
    differing,
    fix,
    given_back,
    newest_mail,
    state,
    wrong,
)
from tests.world.buying import page_browser
from tests.world.paying import PayingShop, paying
from tests.world.people import an_actor, signed_in
from tests.world.rendered_forms import forms_of, text_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.roles import service as roles
from zone.passes.orders.models import Order
from zone.passes.payments import jobs as payment_jobs
from zone.passes.payments.models import Refund
from zone.passes.provider_refunds import jobs
from zone.passes.provider_refunds.models import UnknownRefund
from zone.passes.refunds import service as refunds
from zone.passes.refunds.rules import LineLeft, LineRefund, lines_of_sum
from zone.passes.settlements.queries import payouts
from zone.passes.settlements.service import record_settlement


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


@pytest.fixture
def manager(shop: Flask) -> int:
    member_id = a_student("johto@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return member_id


@pytest.fixture
def identity(world: PayingShop, browser: FlaskClient) -> str:
    """The payment of an order at Stripe."""
    found = world.order(browser, "stripe")
    world.report("stripe", found, "paid")
    return found


def refunded_there(world: PayingShop, identity: str, cents: int, reference: str = "") -> None:
    """Let Stripe give back a part of a payment, as its own pages do, or as a lost service asked."""
    form = {"payment_intent": f"pi_{identity[3:]}", "amount": str(cents)}
    if reference:
        form["metadata[refund]"] = reference
    assert world.stripe._refund(form).status == 200


def found(world: PayingShop, after: timedelta = timedelta(0)) -> int:
    return jobs.compare_refunds(world.settings, utc_now() + after)


@pytest.mark.parametrize("reference", ["", "5f0c8a52-7f3e-4f0e-9a35-0d9f3f1f8b11", "of others"])
def test_a_refund_that_a_restore_forgot_is_recorded_by_one_click(
    world: PayingShop, shop: Flask, manager: int, identity: str, reference: str
) -> None:
    refunded_there(world, identity, 4500, reference)
    assert state() == "paid"
    assert [found(world), found(world)] == [1, 0]
    staff = page_browser(shop, manager)
    page = text_of(staff.get(PAGE).text)
    assert "Given back there, unknown here" in page
    assert "The refund is recorded: a credit note of 45,00 €." in page
    assert "The pass ends: term (en)." in page
    assert "the payment service has given it back already" in page
    (form,) = [one for one in forms_of(staff, PAGE) if one.action.endswith("/fix")]
    assert form.save(staff).status_code == 303
    assert (state(), differing(), wrong()) == ("refunded", [], 0)
    assert newest_mail().recipient == "opiskelija@zone.example"
    assert "45,00" in newest_mail().body
    # Nobody asks Stripe for it once more, and it is not found again.
    assert payment_jobs.make_refunds(world.settings, utc_now()) == 0
    assert (given_back(world, "stripe", identity), found(world)) == (4500, 0)


def test_a_part_is_recorded_and_the_pass_goes_on(
    world: PayingShop, shop: Flask, manager: int, identity: str
) -> None:
    refunded_there(world, identity, 1000)
    assert found(world) == 1
    client = signed_in(shop, manager)
    body: dict[str, Any] = client.get("/api/v1/payment-differences").get_json()
    (listed,) = body["payment_differences"]
    assert (listed["result"], listed["cents"]) == ("refund_unknown_here", 1000)
    assert (listed["fix"]["action"], listed["fix"]["products"]) == ("record_refund", [])
    path = f"/api/v1/payment-differences/{listed['id']}/fix"
    assert [client.post(path, json={}).status_code for _ in range(2)] == [200, 404]
    assert (wrong(), given_back(world, "stripe", identity)) == (0, 1000)
    with reading() as session:
        assert session.scalars(select(Refund.cents)).all() == [1000]


def test_a_refund_of_ours_is_not_found(world: PayingShop, manager: int, identity: str) -> None:
    with writing() as session:
        order = session.scalars(select(Order.id)).one()
        staff = an_actor(manager, "manager")
        refunds.refund_in_full(session, staff, order, reason="ill", now=utc_now())
    assert payment_jobs.make_refunds(world.settings, utc_now()) == 1
    assert (given_back(world, "stripe", identity), found(world), differing()) == (4500, 0, [])


def test_what_stripe_refused_or_did_for_others_is_not_found(
    world: PayingShop, identity: str
) -> None:
    world.stripe.refund_status = "failed"
    refunded_there(world, identity, 4500)
    world.stripe.refund_status = "succeeded"
    world.stripe.book[identity]["client_reference_id"] = "of another shop"
    refunded_there(world, identity, 0)
    assert found(world) == 0


def test_it_is_found_among_many_and_when_stripe_answers_again(
    world: PayingShop, identity: str
) -> None:
    world.stripe.page = 2
    for cents in (100, 200, 300, 400, 500):
        refunded_there(world, identity, cents)
    world.stripe.fails_with = 502
    assert found(world) == 0
    world.stripe.fails_with = 0
    assert [found(world), found(world)] == [5, 0]
    with reading() as session:
        assert session.scalar(select(func.sum(UnknownRefund.cents))) == 1500


def test_paytrail_says_it_with_its_payout(
    world: PayingShop, shop: Flask, browser: FlaskClient, manager: int
) -> None:
    identity = world.order(browser, "paytrail")
    world.report("paytrail", identity, "paid")
    world.paytrail._refund(identity, {"amount": 4500, "refundStamp": "of a lost service"})
    assert found(world) == 0, "it lists no refunds"
    reference = world.paytrail.book[identity]["reference"]
    rows = "".join(f"s1;2026-12-01;{reference};{cents};0;\n" for cents in (4500, -4500))
    heading = "settlementId;settlementDate;reference;amount;paymentMethodCommission;archiveNumber"
    actor = an_actor(manager, "manager")
    for _upload in range(2):
        with writing() as session:
            content = f"{heading}\n{rows}".encode()
            record_settlement(session, actor, content, good_only=False, now=utc_now())
    (difference,) = differing()
    assert (difference.result, difference.provider) == ("refund_unknown_here", "paytrail")
    fix(manager, difference)
    assert (state(), differing(), wrong()) == ("refunded", [], 0)
    assert payment_jobs.make_refunds(world.settings, utc_now()) == 0
    assert given_back(world, "paytrail", identity) == 4500
    with reading() as session:
        assert [one.differences for one in payouts(session)] == [[]]


@pytest.mark.thorough
@pytest.mark.planted_fault("a refund that was made is left for the provider to make")
def test_a_refund_that_is_not_recorded_as_made_is_asked_for_again(
    world: PayingShop, manager: int, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refunded_there(world, identity, 1000)
    found(world)
    monkeypatch.setattr(refunds, "record_refund", lambda *_: True)
    fix(manager, differing()[0])
    payment_jobs.make_refunds(world.settings, utc_now())
    with pytest.raises(AssertionError):
        assert given_back(world, "stripe", identity) == 1000


def test_who_bought_it_does_not_settle_it(world: PayingShop, student: int, identity: str) -> None:
    refunded_there(world, identity, 4500)
    found(world)
    with pytest.raises(DomainError, match="not_for_yourself"):
        fix(student, differing()[0])


@pytest.mark.engines("sqlite")
def test_a_sum_is_that_of_lines_or_people_say_of_which() -> None:
    two = [LineLeft(1, 1, 1, 4500, 4500), LineLeft(2, 2, 2, 1500, 1500)]
    assert lines_of_sum(two, 6000) == [LineRefund(1, 4500, True), LineRefund(2, 1500, True)]
    assert lines_of_sum(two, 1500) == [LineRefund(2, 1500, True)]
    assert lines_of_sum(two, 1000) is None
    assert lines_of_sum(two[:1], 1000) == [LineRefund(1, 1000)]
    assert lines_of_sum(two[:1], 5000) is None
    same = [two[1], LineLeft(3, 3, 3, 1500, 1500)]
    assert lines_of_sum(same, 1500) is None
