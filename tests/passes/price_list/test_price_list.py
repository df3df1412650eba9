"""The price list: for everybody today, for managers on any day, by customer group."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.world.people import a_browser
from tests.world.shop import a_product, in_group
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.views import ListedPrice
from zone.passes.shop.views import ComingPrice, PriceLine, with_coming

pytestmark = pytest.mark.engines("sqlite")
JANUARY, MARCH, APRIL, MAY = (date(2027, month, 1) for month in (1, 3, 4, 5))


def test_guests_read_what_each_group_pays(shop: Flask) -> None:
    with writing() as session:
        in_group(session, "metropolia", "owners")
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


def line(code: str, cents: int, group: str = "") -> PriceLine:
    names = {"fi": code, "sv": code, "en": code}
    institutions = ["Metropolia"] if group else []
    return PriceLine(ListedPrice(code, names, ["gym"], [], cents, group), institutions, [])


def test_a_line_says_what_changes_and_what_is_not_sold_yet_comes_last() -> None:
    term, dearer, owners, summer = (
        line("term", 4500),
        line("term", 4900),
        line("term", 3900, "owners"),
        line("summer", 2500),
    )
    lines = with_coming(
        [owners, term],
        [
            (JANUARY, [owners, dearer]),
            (MARCH, [dearer]),
            (APRIL, [dearer, summer]),
            (MAY, [dearer]),
        ],
    )
    assert lines == [
        replace(owners, coming=[ComingPrice(MARCH, None)]),
        replace(term, coming=[ComingPrice(JANUARY, 4900, [])]),
        replace(summer, sold_from=APRIL, coming=[ComingPrice(MAY, None)]),
    ]


def test_guests_read_the_prices_to_come_with_those_of_today(shop: Flask) -> None:
    day = helsinki_date(utc_now())
    later, last = day + timedelta(days=10), day + timedelta(days=20)
    with writing() as session:
        catalogue.set_price(session, "term", role="student", cents=4900, valid_from=later)
        a_product(session, "summer", "sports_pass", ("gym",), 60)
        catalogue.set_price(session, "summer", role="student", cents=2500, valid_from=later)
        catalogue.set_price(session, "summer", role="student", cents=None, valid_from=last)
    guest = a_browser(shop)
    for language, words in (
        ("fi", "alkaen 49,00\u00a0€"),
        ("sv", ": 49,00\u00a0€"),
        ("en", ": 49,00\u00a0€"),
    ):
        page = guest.get(f"/prices?lang={language}").text
        assert words in page
        assert "25,00\u00a0€" in page
    listed = guest.get("/api/v1/prices").get_json()["prices"]
    of_students = {one["code"]: one for one in listed if one["role"] == "student"}
    assert of_students["term"]["coming"] == [
        {"valid_from": f"{later}", "cents": 4900, "institutions": []}
    ]
    summer = of_students["summer"]
    assert (summer["cents"], [one["cents"] for one in summer["coming"]]) == (None, [2500, None])
    assert "summer" not in guest.get("/buy").text


def test_a_group_without_an_institution_is_not_everybody(shop: Flask) -> None:
    day = helsinki_date(utc_now())
    with writing() as session:
        catalogue.set_price(session, "term", role="student", cents=1, valid_from=day, group="gone")
    listed = a_browser(shop).get("/api/v1/prices").get_json()["prices"]
    assert 1 not in {one["cents"] for one in listed}


def test_nothing_is_sold_before_the_first_price(shop: Flask) -> None:
    listed = a_browser(shop).get("/api/v1/prices?day=2019-12-31").get_json()["prices"]
    assert {one["cents"] for one in listed} == {None}
    assert {one["coming"][0]["valid_from"] for one in listed} == {"2020-01-01"}
