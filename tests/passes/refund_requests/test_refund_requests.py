"""Refunds above the limit: one person asks, another one confirms."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.world.buying import page_browser
from tests.world.checkout import bought, refused, state_of
from tests.world.people import an_actor, signed_in
from tests.world.races import outcomes
from tests.world.rendered_forms import form_with, forms_of
from tests.world.shop import NOW, TODAY, a_student
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.members.roles import service as roles
from zone.passes.orders.models import Order
from zone.passes.pass_rules.rules import FIRST_RULES
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.payments.models import Refund
from zone.passes.refund_requests import queries, service
from zone.passes.refund_requests.invariants import count_wrong_confirmations
from zone.passes.refund_requests.jobs import expire_requests
from zone.passes.refund_requests.models import RefundDecision, RefundRequest
from zone.passes.refund_requests.rules import WAITS, needs_second_person, request_state
from zone.passes.refunds import service as refunds
from zone.passes.refunds.rules import LineRefund

LIMIT = 2000


@pytest.fixture
def anna(shop: Flask) -> int:
    """Anna works at the desk; one person gives back 20 euros of an order."""
    manager = an_actor(a_student("johto@zone.example"), "manager")
    with writing() as session:
        rules = replace(FIRST_RULES, refund_alone_cents=LIMIT)
        set_pass_rules(session, manager, TODAY, rules, NOW)
    return a_student("anna@zone.example")


@pytest.fixture
def bertil(shop: Flask) -> int:
    """Bertil works at the desk too."""
    return a_student("bertil@zone.example")


def ask(order_id: int, member: int, cents: int = 4500) -> None:
    with writing() as session:
        service.refund_or_ask(
            session,
            an_actor(member, "desk"),
            order_id,
            [LineRefund(1, cents)],
            reason="moved abroad",
            now=NOW,
        )


def confirm(member: int, now: object = NOW) -> None:
    with writing() as session:
        request = session.scalars(select(RefundRequest).order_by(RefundRequest.id.desc())).first()
        assert request
        service.confirm(session, an_actor(member, "desk"), request, now)  # type: ignore[arg-type]


def decline(member: int, note: str = "used every day") -> None:
    with writing() as session:
        (request,) = session.scalars(select(RefundRequest))
        service.decline(session, an_actor(member, "desk"), request, note=note, now=NOW)


def given_back() -> int:
    with reading() as session:
        return session.scalar(select(func.coalesce(func.sum(Refund.cents), 0))) or 0


def decided() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(RefundDecision.outcome).order_by(RefundDecision.id)))


def last_mail() -> OutboxMail:
    with reading() as session:
        return session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()  # type: ignore[return-value]


def wrong() -> int:
    with reading() as session:
        return count_wrong_confirmations(session, NOW)


def test_what_was_given_back_before_counts() -> None:
    assert not needs_second_person(10_000, 0, 10_000)
    assert needs_second_person(10_001, 0, 10_000)
    assert needs_second_person(100, 9_950, 10_000)
    assert not needs_second_person(0, 20_000, 10_000)


def test_a_request_waits_until_its_time_is_over() -> None:
    assert request_state(None, NOW, NOW - timedelta(seconds=1)) == "waiting"
    assert request_state(None, NOW, NOW) == "expired"
    assert request_state("declined", NOW, NOW) == "declined"


def test_another_person_confirms_and_the_buyer_is_told(
    student: int, anna: int, bertil: int
) -> None:
    order_id = bought(student)
    ask(order_id, anna)
    assert (state_of(order_id), given_back()) == ("paid", 0)
    assert refused(lambda: confirm(anna)) == "same_person"
    confirm(bertil)
    assert (state_of(order_id), given_back(), decided()) == ("refunded", 4500, ["confirmed"])
    assert "refunded" in last_mail().body
    assert wrong() == 0
    assert refused(lambda: confirm(bertil)) == "request_closed"


def test_small_parts_do_not_go_around_the_limit(student: int, anna: int, bertil: int) -> None:
    order_id = bought(student)
    ask(order_id, anna, 1500)
    assert given_back() == 1500
    ask(order_id, bertil, 600)
    assert given_back() == 1500
    assert refused(lambda: ask(order_id, anna, 1)) == "refund_waits"
    confirm(anna)
    # What a second person has confirmed does not count: 5 euros more are within the limit.
    ask(order_id, anna, 500)
    assert given_back() == 2600


def test_the_service_of_refunds_asks_for_a_second_person_too(student: int, anna: int) -> None:
    order_id = bought(student)

    def alone() -> None:
        with writing() as session:
            desk = an_actor(anna, "desk")
            refunds.refund_in_full(session, desk, order_id, reason="ill", now=NOW)

    assert refused(alone) == "second_person_needed"


def test_a_request_is_declined_or_taken_back(student: int, anna: int, bertil: int) -> None:
    order_id = bought(student)
    ask(order_id, anna)
    decline(bertil)
    mail = last_mail()
    assert (mail.recipient, decided()) == ("anna@zone.example", ["declined"])
    assert "used every day" in mail.body
    ask(order_id, anna)
    with writing() as session:
        request = session.scalars(select(RefundRequest).order_by(RefundRequest.id.desc())).first()
        assert request
        service.decline(session, an_actor(anna, "desk"), request, note="a mistake", now=NOW)
    assert (decided(), given_back()) == (["declined", "retracted"], 0)


def test_a_request_expires(student: int, anna: int, bertil: int) -> None:
    order_id = bought(student)
    ask(order_id, anna)
    assert expire_requests(Settings(), NOW + WAITS - timedelta(seconds=1)) == 0
    late = NOW + WAITS
    assert refused(lambda: confirm(bertil, late)) == "request_closed"
    with reading() as session:
        assert count_wrong_confirmations(session, late + timedelta(days=1)) == 1
    assert [expire_requests(Settings(), late) for _ in range(2)] == [1, 0]
    assert (decided(), last_mail().recipient) == (["expired"], "anna@zone.example")
    with reading() as session:
        assert count_wrong_confirmations(session, late + timedelta(days=2)) == 0
    ask(order_id, anna)  # once more


def test_a_part_that_went_back_meanwhile_is_not_given_twice(
    student: int, anna: int, bertil: int
) -> None:
    order_id = bought(student)
    ask(order_id, anna)
    with writing() as session:
        desk = an_actor(bertil, "desk")
        part = [LineRefund(1, 500)]
        refunds.refund_lines(session, desk, order_id, part, reason="late", now=NOW)
    assert refused(lambda: confirm(bertil)) == "credit_too_high"


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_confirm_at_once_one_gives_back(
    shop: Flask, student: int, anna: int, bertil: int
) -> None:
    ask(bought(student), anna)
    other = a_student("cecilia@zone.example")
    found = outcomes(shop, [partial(confirm, bertil), partial(confirm, other)] * 2)
    assert (found["done"], given_back(), wrong()) == (1, 4500, 0)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("the same person confirms")
def test_the_database_refuses_that_the_same_person_confirms(
    student: int, anna: int, bertil: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(bought(student), anna)
    with pytest.raises(DomainError, match="same_person"), writing() as session:
        (request,) = session.scalars(select(RefundRequest))
        asked_by = request.requested_by
        refund = refunds.refund_lines(
            session,
            an_actor(anna, "desk"),
            request.order_id,
            [LineRefund(**one) for one in request.lines],
            reason="ill",
            now=NOW,
            requested_by=bertil,  # the service is told a lie
        )
        service._decide(
            session, request, "confirmed", NOW, decided_by=asked_by, refund_id=refund.id
        )
    assert given_back() == 0


@pytest.mark.thorough
@pytest.mark.planted_fault("the limit is not looked at")
def test_refunds_without_a_limit_fail_the_check(
    student: int, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refunds, "needs_second_person", lambda *_: False)
    ask(bought(student), anna)
    assert given_back() == 4500


def desk_browser(app: Flask, member: int) -> FlaskClient:
    with writing() as session:
        roles.grant_role(session, member, "desk", utc_now())
    return page_browser(app, member)


def answered(response: TestResponse) -> dict[str, Any]:
    """Return the JSON of an answer."""
    body: dict[str, Any] = response.get_json()
    return body


@pytest.mark.engines("sqlite")
def test_the_pages_ask_and_confirm(shop: Flask, student: int, anna: int, bertil: int) -> None:
    order_id = bought(student)
    with reading() as session:
        path = f"/orders/{session.get_one(Order, order_id).public_id}"
    first, second = desk_browser(shop, anna), desk_browser(shop, bertil)
    assert form_with(first, path, "amount").save(first, amount="45,00", reason="ill").status_code
    page = first.get(path + "?lang=en").text
    assert "waits until a second person" in page
    assert "Give money back" not in page
    own = first.get("/desk/refunds?lang=en").text
    assert "another person has to confirm it" in own
    assert len(forms_of(first, "/desk/refunds")) == 1
    agree, no = forms_of(second, "/desk/refunds")
    empty = no.save(second, note="")
    assert (empty.status_code, "aria-invalid" in empty.text) == (422, True)
    refusal = first.post(agree.action, data=agree.data)
    assert refusal.status_code == 409
    assert "You have asked for this refund yourself" in refusal.text
    done = agree.save(second)
    assert "told by mail" in second.get(done.location).text
    assert given_back() == 4500
    assert "No refund waits." in second.get("/desk/refunds?lang=en").text


@pytest.mark.engines("sqlite")
def test_the_api_asks_and_confirms(shop: Flask, student: int, anna: int, bertil: int) -> None:
    order_id = bought(student)
    with reading() as session:
        order = session.get_one(Order, order_id).public_id
    first, second = signed_in(shop, anna), signed_in(shop, bertil)
    with writing() as session:
        for member in (anna, bertil):
            roles.grant_role(session, member, "desk", utc_now())
    asked = answered(first.post(f"/api/v1/orders/{order}/refund", json={"reason": "ill"}))
    waiting = asked["refund_request"]
    assert (asked["state"], waiting["cents"]) == ("paid", 4500)
    (listed,) = answered(second.get("/api/v1/refund-requests"))["refund_requests"]
    assert (listed["id"], listed["order_id"], listed["state"]) == (
        waiting["id"],
        str(order),
        "waiting",
    )
    path = f"/api/v1/refund-requests/{waiting['id']}"
    same = first.post(f"{path}/confirmation")
    assert (same.status_code, answered(same)["code"]) == (409, "same_person")
    assert answered(second.post(f"{path}/confirmation"))["state"] == "confirmed"
    late = second.post(f"{path}/decline", json={"note": "no"})
    assert (late.status_code, answered(late)["code"]) == (409, "request_closed")
    with reading() as session:
        assert queries.waiting_requests(session, utc_now()) == []
