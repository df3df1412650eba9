"""A difference that gives back more than the limit is mended by two persons."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.passes.reconciliation.test_fixes import PAGE, a_difference, differing, given_back
from tests.world.buying import page_browser
from tests.world.paying import PayingShop, paying
from tests.world.people import an_actor, signed_in
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of, text_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.passes.pass_rules.rules import FIRST_RULES
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.payments.models import Payment
from zone.passes.reconciliation import invariants, jobs, service
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixDecision,
    DifferenceFixRequest,
)
from zone.passes.refund_requests import queries as refund_queries
from zone.passes.refund_requests.rules import WAITS

LIMIT = 5000
THERE = 9900
"""The provider got 99 euros for an order of 45: 54 go back, which is above the limit."""


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


@pytest.fixture
def anna(shop: Flask) -> int:
    """Anna is a manager; one person gives back 50 euros."""
    now = utc_now()
    member = a_student("anna@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", now)
        rules = replace(FIRST_RULES, refund_alone_cents=LIMIT)
        set_pass_rules(session, an_actor(member, "manager"), helsinki_date(now), rules, now)
    return member


@pytest.fixture
def bertil(shop: Flask) -> int:
    """Bertil is a manager too."""
    member = a_student("bertil@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    return member


@pytest.fixture
def identity(world: PayingShop, browser: FlaskClient, anna: int) -> str:
    return a_difference(world, browser, "paytrail", THERE)


def press(member: int, work: Any = service.fix_difference, **more: Any) -> Any:
    now = more.pop("now", None) or utc_now()
    (found,) = differing()
    with writing() as session:
        return work(session, an_actor(member, "manager"), found.id, now=now, **more)


def refused(work: Any) -> str:
    with pytest.raises(DomainError) as error:
        work()
    return error.value.code


def mails(template: str) -> list[OutboxMail]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail).where(OutboxMail.template == template)))


def counts() -> tuple[int, int, int]:
    tables = (DifferenceFixRequest, DifferenceFixDecision, DifferenceFix)
    with reading() as session:
        found = [session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]
        assert invariants.count_wrong_fixes(session, utc_now()) == 0
    return found[0], found[1], found[2]


def test_above_the_limit_nothing_goes_back_until_another_person_confirms(
    world: PayingShop, shop: Flask, identity: str, anna: int, bertil: int
) -> None:
    first, second = page_browser(shop, anna), page_browser(shop, bertil)
    assert "It is above the limit" in text_of(first.get(PAGE).text)
    (ask,) = [one for one in forms_of(first, PAGE) if one.action.endswith("/fix")]
    assert "another person confirms it" in first.get(ask.save(first).location).text
    assert jobs.make_returns(world.settings, utc_now()) == 0
    own = first.get(PAGE).text
    assert "You have asked for it yourself" in text_of(own)
    assert "/fix/confirmation" not in own
    (confirm,) = [one for one in forms_of(second, PAGE) if one.action.endswith("/confirmation")]
    assert "It is mended" in second.get(confirm.save(second).location).text
    assert jobs.make_returns(world.settings, utc_now()) == 1
    assert (given_back(world, "paytrail", identity), differing(), counts()) == (5400, [], (1, 1, 1))


def test_nobody_confirms_what_they_have_asked_for(identity: str, anna: int) -> None:
    press(anna)
    assert refused(lambda: press(anna, service.confirm_fix)) == "same_person"
    assert refused(lambda: press(anna)) == "fix_waits"
    assert counts() == (1, 0, 0)


@pytest.mark.thorough
@pytest.mark.planted_fault("the service lets one person confirm")
def test_the_database_refuses_one_person(identity: str, anna: int) -> None:
    press(anna)
    with pytest.raises(DomainError, match="same_person"), writing() as session:
        request = session.scalars(select(DifferenceFixRequest)).one()
        fix = DifferenceFix(
            public_id=request.public_id,
            difference=request.difference,
            action="give_back",
            cents_back=5400,
            recorded_at=utc_now(),
            recorded_by=anna,
        )
        session.add(fix)
        session.flush()
        session.add(
            DifferenceFixDecision(
                request_id=request.id,
                requested_by=anna,
                outcome="confirmed",
                decided_by=anna,
                fix_id=fix.id,
                decided_at=utc_now(),
            )
        )


def test_what_is_declined_is_said_and_can_be_asked_for_again(
    shop: Flask, identity: str, anna: int, bertil: int
) -> None:
    press(anna)
    second = page_browser(shop, bertil)
    (decline,) = [one for one in forms_of(second, PAGE) if one.action.endswith("/decline")]
    refused_form = decline.save(second, note="")
    assert (refused_form.status_code, refused_form.text.count('aria-invalid="true"')) == (422, 1)
    done = decline.save(second, note="Ask the bank first.")
    assert "No money goes back." in second.get(done.location).text
    assert "Ask the bank first." in page_browser(shop, anna).get(PAGE).text
    assert refused(lambda: press(bertil, service.confirm_fix)) == "not_found"
    press(anna)
    assert [one.recipient for one in mails("passes/fix_declined")] == ["anna@zone.example"]
    press(anna, service.decline_fix, note="a mistake")
    assert len(mails("passes/fix_declined")) == 1, "who takes it back knows it"
    press(bertil)
    press(anna, service.confirm_fix)
    assert counts() == (3, 3, 1)


def test_a_request_of_two_weeks_ago_is_confirmed_by_nobody(
    identity: str, anna: int, bertil: int
) -> None:
    press(anna)
    later = utc_now() + WAITS + timedelta(seconds=1)
    assert refused(lambda: press(bertil, service.confirm_fix, now=later)) == "not_found"
    press(bertil, now=later)
    assert counts() == (2, 0, 0)


def test_what_was_given_back_of_the_order_counts(
    world: PayingShop, browser: FlaskClient, anna: int
) -> None:
    """45 of the sale and 40 too much are 85, above 50; each alone is not."""
    a_difference(world, browser, "paytrail", 8500)
    assert press(anna).needs_second is False
    with reading() as session:
        order_id = session.scalars(select(Payment.order_id)).one()
        assert refund_queries.given_back_alone(session, order_id) == 4000


def test_a_sale_without_its_money_needs_one_person(
    world: PayingShop, browser: FlaskClient, anna: int
) -> None:
    a_difference(world, browser, "paytrail", None)
    assert press(anna).needs_second is False
    assert counts() == (0, 0, 1)


def test_of_two_who_confirm_at_once_one_gives_back(
    shop: Flask, world: PayingShop, identity: str, anna: int, bertil: int
) -> None:
    press(anna)
    (found,) = differing()

    def confirm(_number: int) -> None:
        with writing() as session:
            actor = an_actor(bertil, "manager")
            service.confirm_fix(session, actor, found.id, now=utc_now())

    done = outcomes(shop, [partial(confirm, number) for number in range(3)])
    assert done == {"done": 1, "not_found": 2}
    assert counts() == (1, 1, 1)


def test_the_api_asks_declines_and_confirms(
    shop: Flask, identity: str, anna: int, bertil: int
) -> None:
    first, second = signed_in(shop, anna), signed_in(shop, bertil)
    (found,) = differing()
    path = f"/api/v1/payment-differences/{found.id}/fix"
    assert first.post(path, json={}).get_json()["needs_second"] is True
    (listed,) = second.get("/api/v1/payment-differences").get_json()["payment_differences"]
    assert listed["request"]["state"] == "waiting"
    assert first.post(f"{path}/confirmation", json={}).get_json()["code"] == "same_person"
    assert second.post(f"{path}/decline", json={"note": "no"}).status_code == 204
    assert second.post(path, json={}).status_code == 200
    assert first.post(f"{path}/confirmation", json={}).status_code == 200
    assert counts() == (2, 2, 1)
