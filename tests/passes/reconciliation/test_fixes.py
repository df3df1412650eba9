"""A difference with a provider is mended by one click, as the page says beforehand."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.buying import page_browser
from tests.world.paying import NAMES, PayingShop, paying
from tests.world.people import an_actor, signed_in
from tests.world.rendered_forms import forms_of, text_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.members.roles import service as roles
from zone.passes.books.invariants import count_wrong_days
from zone.passes.orders import queries as orders
from zone.passes.orders.models import Order
from zone.passes.payments import jobs as payment_jobs
from zone.passes.payments.invariants import count_refunds_not_made
from zone.passes.reconciliation import jobs, service
from zone.passes.reconciliation.models import DifferenceFixEvent
from zone.passes.reconciliation.queries import PaymentDifference, open_differences
from zone.passes.reconciliation.rules import Fix, fix_of

PAGE = "/manage/payments?lang=en"
LATER = timedelta(minutes=11)


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


def differing() -> list[PaymentDifference]:
    with reading() as session:
        return open_differences(session, utc_now())


def a_difference(world: PayingShop, browser: FlaskClient, name: str, there: int | None) -> str:
    """Pay an order, and let the provider say another sum afterwards, or nothing."""
    identity = world.order(browser, name)
    world.report(name, identity, "paid")
    if there is None:
        world.server(name).settle(identity, "declined")
    else:
        world.server(name).book[identity]["came"] = there
    assert jobs.compare_payments(world.settings, utc_now() + LATER) == 1
    return identity


def state() -> str:
    with reading() as session:
        order = session.scalars(select(Order)).one()
        return orders.order_view(session, order, utc_now()).state


def wrong() -> int:
    now = utc_now()
    with reading() as session:
        return count_wrong_days(session, now) + count_refunds_not_made(
            session, now + timedelta(days=9)
        )


def given_back(world: PayingShop, name: str, identity: str) -> int:
    """Return what the provider has given back."""
    if name == "paytrail":
        return sum(world.paytrail.book[identity]["refunds"].values())
    return sum(one["amount"] for one in world.stripe.refunds if one["of"] == identity)


def newest_mail() -> OutboxMail:
    with reading() as session:
        return session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).one()


@pytest.mark.parametrize(
    ("result", "there", "here", "expected"),
    [
        ("not_paid", None, 4500, Fix("cancel_sale", 0)),
        ("unknown_there", None, 4500, Fix("cancel_sale", 0)),
        ("other_sum", 9900, 4500, Fix("give_back", 5400)),
        ("other_sum", 4400, 4500, Fix("cancel_sale", 4400)),
        ("other_sum", 4500, 4500, None),  # in another currency
        ("unknown_here", 4500, None, Fix("give_back", 4500)),
    ],
)
def test_each_kind_has_its_fix(
    result: str, there: int | None, here: int | None, expected: Fix | None
) -> None:
    assert fix_of(result, there, here, is_known=True) == expected


def test_a_provider_that_gave_no_reference_gives_nothing_back() -> None:
    assert fix_of("unknown_here", 4500, None, is_known=False) is None
    assert fix_of("other_sum", 9900, 4500, is_known=False) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_sale_without_its_money_is_cancelled(
    world: PayingShop, shop: Flask, browser: FlaskClient, manager: int, name: str
) -> None:
    identity = a_difference(world, browser, name, None)
    staff = page_browser(shop, manager)
    page = text_of(staff.get(PAGE).text)
    assert "The sale is cancelled: a credit note of 45,00 €." in page
    assert "The pass ends: term (en)." in page
    assert "No money goes back, because none came." in page
    (form,) = [one for one in forms_of(staff, PAGE) if "fix" in one.action]
    done = form.save(staff)
    assert "It is mended" in staff.get(done.location).text
    assert (state(), differing(), wrong()) == ("refunded", [], 0)
    assert "has not received this sum" in newest_mail().body
    assert payment_jobs.make_refunds(world.settings, utc_now()) == 0
    assert given_back(world, name, identity) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("there", "back", "after"), [(9900, 5400, "paid"), (4400, 4400, "refunded")]
)
def test_another_sum_goes_back_through_the_provider(
    world: PayingShop,
    shop: Flask,
    browser: FlaskClient,
    manager: int,
    name: str,
    there: int,
    back: int,
    after: str,
) -> None:
    identity = a_difference(world, browser, name, there)
    client = signed_in(shop, manager)
    body: dict[str, Any] = client.get("/api/v1/payment-differences").get_json()
    (listed,) = body["payment_differences"]
    assert listed["fix"]["cents_back"] == back
    path = f"/api/v1/payment-differences/{listed['id']}/fix"
    assert client.post(path, json={}).status_code == 200
    assert client.post(path, json={}).status_code == 404
    assert [jobs.make_returns(world.settings, utc_now()) for _ in range(2)] == [1, 0]
    assert (given_back(world, name, identity), state(), differing(), wrong()) == (
        back,
        after,
        [],
        0,
    )
    assert newest_mail().recipient == "opiskelija@zone.example"


@pytest.mark.parametrize("name", NAMES)
def test_a_payment_that_is_unknown_here_goes_back(
    world: PayingShop, shop: Flask, browser: FlaskClient, manager: int, name: str
) -> None:
    identity = world.order(browser, name)
    known = world.server(name).book[identity]
    if name == "paytrail":
        known.update(reference="restored", stamp="restored.1")
    else:
        known.update(client_reference_id="restored")
    world.report(name, identity, "paid")
    staff = page_browser(shop, manager)
    (form,) = [one for one in forms_of(staff, PAGE) if "fix" in one.action]
    assert form.save(staff, email="no address").status_code == 422
    assert form.save(staff, email="buyer@zone.example").status_code == 303
    mail = newest_mail()
    assert (mail.recipient, "45,00" in mail.body) == ("buyer@zone.example", True)
    assert jobs.make_returns(world.settings, utc_now()) == 1
    assert (given_back(world, name, identity), differing()) == (4500, [])


def test_what_the_provider_refuses_is_shown_again(
    world: PayingShop, shop: Flask, browser: FlaskClient, manager: int
) -> None:
    a_difference(world, browser, "paytrail", 9900)
    (found,) = differing()
    fix(manager, found)
    assert differing() == []
    world.paytrail.fails_with = 502
    assert jobs.make_returns(world.settings, utc_now()) == 0
    world.paytrail.fails_with, world.paytrail.refunds_with = 0, 422
    assert jobs.make_returns(world.settings, utc_now()) == 1
    (again,) = differing()
    assert (again.fix, again.is_refused) == (None, True)
    assert "refused to give the money back" in page_browser(shop, manager).get(PAGE).text
    with pytest.raises(DomainError, match="no_fix"):
        fix(manager, again)


def fix(member: int, found: PaymentDifference) -> Any:
    with writing() as session:
        actor = an_actor(member, "manager")
        return service.fix_difference(session, actor, found.id, now=utc_now())


def test_who_may_not_refund_mends_nothing(
    world: PayingShop, browser: FlaskClient, manager: int
) -> None:
    a_difference(world, browser, "paytrail", None)
    (found,) = differing()
    with pytest.raises(DomainError, match="forbidden"), writing() as session:
        service.fix_difference(session, an_actor(manager, "admin"), found.id, now=utc_now())


@pytest.mark.thorough
@pytest.mark.planted_fault("a fix is recorded twice")
def test_a_fix_that_is_asked_twice_gives_back_once(
    world: PayingShop, browser: FlaskClient, manager: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = a_difference(world, browser, "paytrail", 9900)
    (found,) = differing()
    fix(manager, found)
    # As if the list had not been read again: the database refuses the second one.
    monkeypatch.setattr(service, "open_difference", lambda *_: found)
    with pytest.raises(DomainError, match="not_found"):
        fix(manager, found)
    jobs.make_returns(world.settings, utc_now())
    assert given_back(world, "paytrail", identity) == 5400
    with reading() as session:
        assert session.scalar(select(func.count(DifferenceFixEvent.id))) == 1
