"""Payments on which a provider and our books differ are found, shown and settled by staff."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import page_browser
from tests.world.paying import NAMES, PayingShop, paying
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_student, passes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.passes.payments.providers.protocol import CreatedPayment, FoundPayment, PaymentNotice
from zone.passes.reconciliation import jobs
from zone.passes.reconciliation.models import PaymentComparison
from zone.passes.reconciliation.queries import open_differences
from zone.passes.reconciliation.rules import compared

PAGE = "/manage/payments?lang=en"
LATER = timedelta(minutes=11)


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    member_id = a_student("johto@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


def compare(world: PayingShop) -> int:
    return jobs.compare_payments(world.settings, utc_now() + LATER)


def results() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(PaymentComparison.result)))


def differing() -> list[str]:
    with reading() as session:
        return [one.result for one in open_differences(session, utc_now())]


@pytest.mark.parametrize("name", NAMES)
def test_what_agrees_is_asked_once(world: PayingShop, browser: FlaskClient, name: str) -> None:
    identity = world.order(browser, name)
    world.report(name, identity, "paid")
    assert jobs.compare_payments(world.settings, utc_now()) == 0, "too early to ask"
    assert results() == []
    assert compare(world) == 0
    assert results() == ["agrees"]
    asked = len(world.server(name).asked)
    assert compare(world) == 0
    assert len(world.server(name).asked) == asked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("there", "expected"),
    [("declined", "not_paid"), ("gone", "unknown_there"), ("more", "other_sum")],
)
def test_a_difference_is_found_and_settled_by_staff(
    world: PayingShop,
    browser: FlaskClient,
    manager: FlaskClient,
    name: str,
    there: str,
    expected: str,
) -> None:
    identity = world.order(browser, name)
    world.report(name, identity, "paid")
    if there == "gone":
        del world.server(name).book[identity]
    elif there == "more":
        world.server(name).book[identity]["came"] = 9900
    else:
        world.server(name).settle(identity, there)
    assert compare(world) == 1
    assert differing() == [expected]
    (form,) = [one for one in forms_of(manager, PAGE) if "It is settled" in one.buttons]
    refused = form.submit(manager, "It is settled", note="")
    assert refused.status_code == 422
    assert form.submit(manager, "It is settled", note="Asked the bank").status_code == 303
    assert differing() == []


def test_nobody_settles_a_difference_of_their_own(
    world: PayingShop, browser: FlaskClient, student: int, manager: FlaskClient
) -> None:
    identity = world.order(browser, "paytrail")
    world.report("paytrail", identity, "paid")
    world.server("paytrail").settle(identity, "declined")
    assert compare(world) == 1
    with writing() as session:
        roles.grant_role(session, student, "manager", utc_now())
    for settles, code in ((browser, 403), (manager, 303)):
        (form,) = [one for one in forms_of(manager, PAGE) if "It is settled" in one.buttons]
        assert form.submit(settles, "It is settled", note="It was fine").status_code == code
    assert differing() == []


def test_a_provider_that_is_away_is_asked_again(world: PayingShop, browser: FlaskClient) -> None:
    identity = world.order(browser, "paytrail")
    world.report("paytrail", identity, "paid")
    world.paytrail.fails_with = 502
    assert compare(world) == 0
    assert results() == []
    world.paytrail.fails_with = 0
    assert compare(world) == 0
    assert results() == ["agrees"]


@pytest.mark.parametrize("name", NAMES)
def test_a_payment_that_is_unknown_here_is_taken_and_shown(
    world: PayingShop, browser: FlaskClient, student: int, name: str
) -> None:
    identity = world.order(browser, name)
    known = world.server(name).book[identity]
    # As after a restore of an older backup: signed by them, and not in this database.
    if name == "paytrail":
        known.update(reference="restored", stamp="restored.1")
    else:
        known.update(client_reference_id="restored")
    for _ in range(3):
        answers = world.report(name, identity, "paid")
        assert {one.status_code for one in answers} == {200}, "else it is repeated for days"
    assert differing() == ["unknown_here"]
    assert passes(student) == 0


def test_another_sum_that_went_back_agrees() -> None:
    notice = PaymentNotice("r", "paid", 4400, "EUR", utc_now())
    found = FoundPayment(CreatedPayment("t", "-"), notice)
    assert compared(found, 4500, "EUR", {4400}) == ("agrees", 4400)
    assert compared(found, 4500, "EUR", set()) == ("other_sum", 4400)
    assert compared(found, 4400, "SEK", set()) == ("other_sum", 4400)
