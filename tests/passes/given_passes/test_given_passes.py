"""Staff give passes without payment: on record, within a limit, and never counted in target A."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.counter import Desk, Person, a_person, audited, browser, build, call, count
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.rendered_forms import form_with
from tests.world.shop import a_product
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.passes.activations.queries import activations
from zone.passes.given_passes.rules import GIVEN_KINDS
from zone.passes.given_passes.service import give_pass
from zone.passes.orders.models import Order
from zone.passes.pass_rules.rules import PassRules
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payments.models import Payment
from zone.passes.receipts.models import Receipt


@pytest.fixture
def desk(app: Flask) -> Desk:
    """A desk that has a product of each kind to give."""
    desk = build(app)
    with writing() as session:
        for kind in GIVEN_KINDS:
            a_product(session, f"{kind}-day", kind, ("gym",), 30)
    return desk


@pytest.fixture
def person(desk: Desk) -> Person:
    return a_person(desk, with_pass=False)


def gift(product: str = "guest-day") -> dict[str, Any]:
    today = helsinki_date(utc_now())
    return {"product": product, "starts_on": f"{today}", "reason": "Visits with a class"}


def limit(desk: Desk, most: int) -> None:
    with writing() as session:
        rules, now = PassRules(given_a_day=most), utc_now()
        set_pass_rules(session, an_actor(desk.staff_id, "manager"), helsinki_date(now), rules, now)


def test_a_given_pass_has_its_reason_and_no_receipt(desk: Desk, person: Person) -> None:
    answer = call(desk.staff, f"/people/{person.public}/given-passes", gift())
    assert (answer.status_code, answer.get_json()["kind"]) == (201, "guest")
    assert answer.get_json()["state"] == "valid"
    assert count(Order) == count(Payment) == count(Receipt) == 0
    assert audited("pass.give") == 1
    with reading() as session:
        event = session.scalars(select(PassEvent)).one()
        mail = session.scalars(select(OutboxMail)).one()
    assert (event.kind, event.reason) == ("sold", "Visits with a class")
    assert event.by == f"member {desk.staff_id}"
    assert (mail.template, mail.recipient) == ("passes/pass_given", "matti@zone.example")
    assert "Visits with a class" in mail.body


@pytest.mark.parametrize("kind", GIVEN_KINDS)
def test_a_given_pass_that_is_used_does_not_count_in_target_a(
    desk: Desk, person: Person, kind: str
) -> None:
    call(desk.staff, f"/people/{person.public}/given-passes", gift(f"{kind}-day"))
    now = utc_now()
    with writing() as session:
        pass_id = session.scalars(select(Pass.id)).one()
        passes.activate(session, pass_id, occurred_at=now, recorded_at=now, by="desk")
    window = (now - timedelta(days=1), now + timedelta(days=1))
    with reading() as session:
        assert passes.has_event(session, pass_id, "activated")
        assert activations(session, window, window[1]) == []


def test_what_is_sold_is_not_given_and_a_reason_is_needed(desk: Desk, person: Person) -> None:
    address = f"/people/{person.public}/given-passes"
    refused = call(desk.staff, address, gift("term"))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "not_to_give")
    assert call(desk.staff, address, gift() | {"reason": " "}).status_code == 422
    assert call(browser(desk, "instructor"), address, gift()).status_code == 403
    assert call(browser(desk, "admin"), address, gift()).status_code == 403
    assert count(Pass) == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_nobody_gives_more_in_a_day_than_the_rules_allow(desk: Desk, person: Person) -> None:
    limit(desk, 2)
    giver, now = an_actor(desk.staff_id, "desk"), utc_now()

    def give() -> None:
        with writing() as session:
            give_pass(
                session,
                giver,
                person.public,
                product="guest-day",
                starts_on=helsinki_date(now),
                reason="Open day",
                now=now,
            )

    assert outcomes(desk.app, [partial(give)] * 4) == {"done": 2, "given_enough": 2}
    assert count(Pass) == 2


def test_the_page_of_the_person_gives_it(desk: Desk, person: Person) -> None:
    page = f"/desk/people/{person.public}"
    form = form_with(desk.staff, page, "starts_on")
    given = form.submit(desk.staff, "Give the pass", product="test-day", reason="Tries the doors")
    assert given.status_code == 303
    assert "The pass is given" in desk.staff.get(given.location).text
    with reading() as session:
        assert session.scalars(select(Pass.kind)).all() == ["test"]
    limit(desk, 0)
    refused = form_with(desk.staff, page, "starts_on").submit(
        desk.staff, "Give the pass", product="test-day", reason="Once more"
    )
    assert refused.status_code == 409
    assert "may give no more" in refused.text
    assert "Once more" in refused.text
