"""The desk replaces a lost phone: its key ends and its fee is sold in one transaction."""

import uuid
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.world.counter import (
    REASON,
    Desk,
    Person,
    a_person,
    audited,
    browser,
    call,
    count,
    offer,
)
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.rendered_forms import RenderedForm, forms_of, text_of
from tests.world.site import a_phone
from zone.access.credentials import service as credentials
from zone.access.credentials.models import Credential, PhoneReplacement
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.desk.lost_phones.invariants import count_wrong_fees
from zone.passes.catalogue import service as catalogue
from zone.passes.orders.models import Order, OrderLine
from zone.passes.pass_rules.rules import PassRules
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.passes.models import Pass
from zone.passes.receipts.models import Receipt

pytestmark = pytest.mark.engines("sqlite")

FEE = "lost-card"
PAID: dict[str, Any] = REASON | {"method": "card_terminal", "reference": "1204", "cents": 500}


def rule(desk: Desk, loss_fee: str | None = FEE, free_losses: int = 0) -> None:
    now = utc_now()
    rules = PassRules(loss_fee=loss_fee, free_losses=free_losses)
    with writing() as session:
        actor = an_actor(desk.staff_id, "manager")
        set_pass_rules(session, actor, helsinki_date(now), rules, now)


def with_phone(person: Person, settings: Settings) -> Person:
    with writing() as session:
        a_phone(session, person.id, settings, utc_now())
    return person


def lose(desk: Desk, person: Person, body: dict[str, Any] = PAID, **more: Any) -> TestResponse:
    return call(desk.staff, f"/people/{person.public}/phone-replacements", body, **more)


def live_keys() -> int:
    return count(Credential, Credential.revoked_at.is_(None))


def fee_shown(desk: Desk, person: Person) -> int | None:
    shown = desk.staff.get(f"/api/v1/desk/people/{person.public}/loss-fee").get_json()
    return shown["cents"]  # type: ignore[no-any-return]


def test_the_first_losses_are_free_as_the_rule_says() -> None:
    rules = PassRules(loss_fee=FEE, free_losses=2)
    assert [rules.fee_of_loss(before) for before in range(4)] == [None, None, FEE, FEE]
    assert PassRules().fee_of_loss(9) is None


def test_the_fee_is_sold_with_its_vat_and_the_key_ends(
    desk: Desk, person: Person, settings: Settings
) -> None:
    rule(desk)
    with_phone(person, settings)
    passes = count(Pass)
    answer = lose(desk, person)
    assert answer.status_code == 201
    assert answer.get_json()["devices"] == 1
    assert live_keys() == 0
    with reading() as session:
        line = session.scalars(select(OrderLine)).one()
        receipt = session.scalars(select(Receipt)).one()
        assert (line.cents, line.kind, receipt.cents) == (500, "fee", 500)
        assert line.vat_bp > 0
    assert count(Pass) == passes, "the pass stays, with its root"
    assert (audited("counter.sell"), audited("phone.replace")) == (1, 1)


def test_without_the_fee_nothing_is_changed(desk: Desk, person: Person, settings: Settings) -> None:
    rule(desk)
    with_phone(person, settings)
    for body in (REASON, PAID | {"method": None}, PAID | {"cents": 400}):
        answer = lose(desk, person, body)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "loss_fee_due")
        assert answer.get_json()["now"] == {"cents": 500}
    refused = lose(desk, person, PAID | {"reference": "4111 1111 1111 1111"})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "card_number")
    assert (live_keys(), count(Order), count(PhoneReplacement)) == (1, 0, 0)


def test_money_is_not_taken_where_no_fee_is_due(
    desk: Desk, person: Person, settings: Settings
) -> None:
    with_phone(person, settings)
    assert lose(desk, person).get_json()["code"] == "loss_fee_due"
    assert live_keys() == 1


def test_the_first_one_is_free_and_the_second_is_paid(desk: Desk, person: Person) -> None:
    rule(desk, free_losses=1)
    assert fee_shown(desk, person) is None
    assert lose(desk, person, REASON).get_json()["receipt"] is None
    assert fee_shown(desk, person) == 500
    assert lose(desk, person, REASON).status_code == 409
    assert lose(desk, person).get_json()["receipt"]


def test_a_fee_that_cannot_be_sold_does_not_keep_a_lost_phone_alive(
    desk: Desk, settings: Settings
) -> None:
    rule(desk)
    person = with_phone(a_person(desk, proven=False), settings)
    assert lose(desk, person, REASON).status_code == 201
    assert (live_keys(), count(Order)) == (0, 0)


def wrong_fees() -> int:
    with reading() as session:
        return count_wrong_fees(session, utc_now())


def test_a_replaced_phone_names_the_order_that_paid_for_it(desk: Desk, person: Person) -> None:
    rule(desk, free_losses=1)
    for body in (REASON, PAID):
        assert lose(desk, person, body).status_code == 201
    with reading() as session:
        named = session.scalars(select(PhoneReplacement.order_id).order_by(PhoneReplacement.id))
        assert list(named) == [None, session.scalars(select(Order.public_id)).one()]
    assert wrong_fees() == 0


def test_the_fee_is_not_sold_without_a_lost_phone(desk: Desk, person: Person) -> None:
    """By hand it would have no phone; another fee is sold so, as is this one without the rule."""
    path = f"/people/{person.public}/sales"
    body = offer(desk, person, FEE)
    rule(desk)
    offered = desk.staff.get(f"/api/v1/desk/people/{person.public}/offers").get_json()
    assert FEE not in {one["code"] for one in offered["products"]}
    assert call(desk.staff, path, body).get_json()["code"] == "loss_fee_alone"
    rule(desk, loss_fee=None)
    assert call(desk.staff, path, body).status_code == 201
    assert wrong_fees() == 0


@pytest.mark.planted_fault("a fee without a phone, and a phone whose fee is another person's")
def test_the_doctor_finds_a_fee_without_a_phone_and_a_wrong_order(
    desk: Desk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(desk)
    assert lose(desk, person).status_code == 201
    replace = credentials.replace_phone
    with monkeypatch.context() as patched:
        without = partial(_replace_without_order, replace)
        patched.setattr(credentials, "replace_phone", without)
        assert lose(desk, person).status_code == 201
    assert wrong_fees() == 1, "a fee was paid, and no phone names it"
    order = uuid.uuid4()
    with writing() as session:
        replace(session, person.id, actor_id=desk.staff_id, now=utc_now(), order_id=order)
    assert wrong_fees() == 2, "a phone names an order that is not here"


def _replace_without_order(replace: Any, *args: Any, **named: Any) -> Any:
    return replace(*args, **named | {"order_id": None})


def test_a_repeated_request_takes_one_fee(desk: Desk, person: Person) -> None:
    rule(desk)
    first, again = (lose(desk, person, key="tap") for _ in range(2))
    assert first.get_json() == again.get_json()
    assert (count(Order), count(PhoneReplacement)) == (1, 1)


def check_two_desks_take_one_free_loss(app: Flask, desk: Desk) -> None:
    """The property: of desks at once that replace the first phone for free one does."""
    person = a_person(desk)
    rule(desk, free_losses=1)
    path = f"/people/{person.public}/phone-replacements"
    desks = [browser(desk, "desk") for _ in range(4)]
    answers = at_once(app, [partial(call, staff, path, REASON) for staff in desks])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.engines("sqlite", "postgresql")
def test_of_desks_at_once_one_gives_the_free_loss(app: Flask, desk: Desk) -> None:
    check_two_desks_take_one_free_loss(app, desk)


@pytest.mark.planted_fault("the losses of before are not counted")
def test_desks_that_do_not_count_give_it_to_everybody(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.desk.lost_phones.queries.replacements", lambda *_: 0)
    with pytest.raises(AssertionError):
        check_two_desks_take_one_free_loss(app, desk)


def phone_form(desk: Desk, person: Person) -> RenderedForm:
    forms = forms_of(desk.staff, f"/desk/people/{person.public}?do=phone")
    return next(form for form in forms if form.action.endswith("phone-replacement"))


def test_the_page_shows_the_fee_and_takes_it(
    desk: Desk, person: Person, settings: Settings
) -> None:
    rule(desk)
    with_phone(person, settings)
    form = phone_form(desk, person)
    assert form.data["cents"] == ["500"]
    done = form.submit(
        desk.staff, "Take the pass off all phones, fee paid in cash", reason="Lost on the bus"
    )
    assert done.status_code == 303
    page = text_of(desk.staff.get(done.location).text)
    assert "The pass is off every phone" in page
    assert "Receipt T-" in page
    assert live_keys() == 0


def test_a_fee_that_changed_is_shown_again(desk: Desk, person: Person) -> None:
    rule(desk)
    form = phone_form(desk, person)
    with writing() as session:
        today = helsinki_date(utc_now())
        catalogue.set_price(session, FEE, role="student", cents=700, valid_from=today)
    answer = form.submit(
        desk.staff, "Take the pass off all phones, fee paid in cash", reason="Lost on the bus"
    )
    assert answer.status_code == 409
    assert "7,00 €" in text_of(answer.text)
    assert count(Order) == 0


def test_a_rule_names_a_fee_that_there_is(desk: Desk) -> None:
    for code in ("term", "no-such"):
        with pytest.raises(DomainError, match="no_loss_fee"):
            rule(desk, loss_fee=code)
