"""The price list: for everybody today, for managers on any day, by customer group."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.world.people import a_browser
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.passes.catalogue import service as catalogue

pytestmark = pytest.mark.engines("sqlite")


def test_guests_read_what_each_group_pays(shop: Flask) -> None:
    with writing() as session:
        catalogue.set_price_group(session, "metropolia", "owners")
        day = helsinki_date(utc_now())
        catalogue.set_price(
            session, "term", role="student", cents=3900, valid_from=day, group="owners"
        )
        catalogue.set_price(
            session, "term", role="staff", cents=9900, valid_from=day + timedelta(days=1)
        )
    guest = a_browser(shop)
    page = guest.get("/prices?lang=en").text
    assert all(f"{euros}\u00a0€" in page for euros in ("39,00", "45,00", "90,00"))
    listed = guest.get("/api/v1/prices").get_json()
    of_term = {
        (one["role"], tuple(one["institutions"])): one["cents"]
        for one in listed["prices"]
        if one["code"] == "term"
    }
    assert of_term == {
        ("student", ("Metropolia",)): 3900,
        ("student", ()): 4500,
        ("staff", ()): 9000,
    }
    tomorrow = guest.get(f"/api/v1/prices?day={day + timedelta(days=1)}").get_json()
    assert 9900 in {one["cents"] for one in tomorrow["prices"]}


def test_nothing_is_sold_before_the_first_price(shop: Flask) -> None:
    assert a_browser(shop).get("/api/v1/prices?day=2019-12-31").get_json()["prices"] == []
