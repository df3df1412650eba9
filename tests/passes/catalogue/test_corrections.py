"""A price of today is corrected until somebody orders at it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.passes.catalogue.test_catalogue import (
    check_a_price_in_force_is_never_changed,
    make_product,
    manager,
    priced,
    prices,
    today,
)
from tests.world.bundles import a_bundle
from tests.world.checkout import order_today
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.shop import a_student, in_group
from tests.world.vouchers import a_voucher, ordered_with
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.passes.bundles.rules import NewPart
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import service as catalogue

__all__ = ["manager", "today"]
pytestmark = pytest.mark.engines("sqlite", "postgresql")


def test_a_price_of_today_is_corrected_until_somebody_orders_at_it(
    manager: FlaskClient, today: date
) -> None:
    make_product(manager)
    assert [priced(manager, today, cents) for cents in (20, 2000)] == [201, 201]
    assert prices() == [(today, 2000)]
    order_today(a_student("staff@zone.example", role="staff"), "term")
    assert priced(manager, today, 2100) == 201
    assert order_today(a_student("buyer@zone.example"), "swim") == 2100
    refused = manager.post(
        "/api/v1/catalogue/swim/prices",
        json={"role": "student", "valid_from": f"{today}", "cents": 2200},
    )
    assert (refused.status_code, refused.get_json()["code"]) == (409, "price_in_force")
    assert prices() == [(today, 2100)]


def test_orders_at_the_price_before_do_not_keep_a_wrong_one(
    manager: FlaskClient, today: date
) -> None:
    with writing() as session:
        in_group(session, "metropolia", "owners")
    assert order_today(a_student("early@zone.example"), "term") == 4500
    for cents in (49, 4900):
        assert priced(manager, today, cents, "term") == 201
    assert order_today(a_student("late@zone.example"), "term") == 4900
    assert priced(manager, today, 5000, "term") == 409
    # The price of every institution is not that at which somebody of a group has ordered.
    for cents in (99, 9900):
        assert priced(manager, today, cents, "gym", "owners") == 201
    assert order_today(a_student("owner@zone.example"), "gym") == 9900
    for cents in (17, 1700):
        assert priced(manager, today, cents, "gym") == 201


def test_who_ordered_with_a_code_or_in_a_bundle_paid_the_price_that_they_were_shown(
    manager: FlaskClient, today: date
) -> None:
    a_voucher()
    make_product(manager)
    assert priced(manager, today, 2000) == 201
    ordered_with(a_student("code@zone.example"), "swim", now=utc_now())
    assert priced(manager, today, 2100) == 409
    # The part of a bundle costs as much by chance: nobody has ordered at the price of the product.
    a_bundle("pair", NewPart("gym", 100), NewPart("term", 100), cents=2400)
    assert priced(manager, today, 1200, "gym") == 201
    order_today(a_student("pair@zone.example"), "pair")
    assert priced(manager, today, 1500, "gym") == 201


def test_a_price_for_a_group_that_does_not_exist_is_refused(
    manager: FlaskClient, today: date
) -> None:
    make_product(manager)
    assert priced(manager, today, 2000, group="onwers") == 404
    assert prices() == []


def check_orders_and_corrections_at_once(
    app: Flask, manager: FlaskClient, today: date, buyers: list[int]
) -> None:
    """Check that whoever orders while a price is corrected pays a price that is stored."""
    make_product(manager)
    priced(manager, today, 2000)
    paid: list[int] = []

    def order(buyer: int) -> None:
        paid.append(order_today(buyer, "swim"))

    def correct() -> None:
        with writing() as session:
            actor = an_actor(buyers[0], "manager")
            new = catalogue.NewPrice("student", "", today, 2100)
            with suppress(DomainError):
                catalogue.plan_price(session, actor, "swim", new, utc_now())

    works: list[Callable[[], None]] = [partial(order, buyer) for buyer in buyers]
    at_once(app, [*works, correct])
    ((_, stored),) = prices()
    assert set(paid) == {stored}


@pytest.mark.parametrize("round_", range(3))
def test_whoever_orders_during_a_correction_pays_the_stored_price(
    app: Flask, manager: FlaskClient, today: date, round_: int
) -> None:
    buyers = [a_student(f"buyer{n}-{round_}@zone.example") for n in range(4)]
    check_orders_and_corrections_at_once(app, manager, today, buyers)


@pytest.mark.planted_fault("a price that has been ordered at is corrected")
def test_a_correction_that_does_not_look_for_orders_fails_the_check(
    manager: FlaskClient, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_queries, "is_ordered_at", lambda *_: False)
    with pytest.raises(AssertionError):
        check_a_price_in_force_is_never_changed(manager, today)
