"""Managers set how long the books are kept, and read the certificates of deleted years."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.buying import page_browser
from tests.world.people import signed_in
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import day_window, helsinki_date
from zone.members.roles import service as roles
from zone.passes.retention.models import DeletedNumbers, DeletedYear
from zone.passes.retention.queries import dated_rules
from zone.passes.retention.rules import BookkeepingRules, rules_on

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/books/retention"
ENDED = date(2015, 12, 31)


@pytest.fixture
def manager(shop: Flask) -> int:
    member = a_student("johto@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    return member


@pytest.fixture
def a_certificate(shop: Flask) -> None:
    with writing() as session:
        year = DeletedYear(
            ended_on=ENDED,
            ended_at=day_window(ENDED)[1],
            years_kept=6,
            counts={"receipt": 12, "payment": 13, "orders": 0},
            digest=bytes(range(32)),
            deleted_at=datetime(2022, 1, 1, 9, tzinfo=UTC),
        )
        session.add(year)
        session.flush()
        session.add(
            DeletedNumbers(
                deleted_year_id=year.id, series="", year=2015, first=1, last=12, count=12
            )
        )


def answered(client: FlaskClient, path: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/api/v1{path}").get_json()
    return body


def rules_now() -> BookkeepingRules:
    with reading() as session:
        return rules_on(dated_rules(session), helsinki_date(utc_now()))


def test_the_page_sets_the_rules(shop: Flask, manager: int) -> None:
    browser = page_browser(shop, manager)
    (form,) = forms_of(browser, PAGE)
    yesterday = str(helsinki_date(utc_now()) - timedelta(days=1))
    for wrong in ({"years_kept": "5"}, {"last_month": "13"}, {"valid_from": yesterday}):
        refused = form.save(browser, **wrong, key=f"k{wrong}")
        assert refused.status_code in (409, 422)
        assert 'aria-invalid="true"' in refused.text
    assert rules_now() == BookkeepingRules()
    saved = form.save(browser, years_kept="10", last_month="7", key="another")
    assert "Saved." in browser.get(saved.location).text
    assert rules_now() == BookkeepingRules(7, 10)


def test_the_api_sets_and_lists_the_rules(shop: Flask, manager: int) -> None:
    client = signed_in(shop, manager)
    today = str(helsinki_date(utc_now()))
    rules = {"last_month": 6, "years_kept": 8}
    answer = client.post("/api/v1/books/retention", json={"valid_from": today, **rules})
    assert answer.status_code == 201
    listed = answered(client, "/books/retention")["bookkeeping_rules"]
    assert listed == [{"valid_from": today, "rules": rules}]


def test_certificates_are_listed_and_linked(shop: Flask, manager: int, a_certificate: None) -> None:
    browser = page_browser(shop, manager)
    assert f'href="{PAGE}/2015-12-31"' in browser.get(PAGE).text
    page = browser.get(f"{PAGE}/2015-12-31?lang=en").text
    assert bytes(range(32)).hex() in page
    assert "Web, without a code" in page
    assert "orders" not in page, "a table of which nothing was deleted"
    assert browser.get(f"{PAGE}/2016-12-31").status_code == 404
    (one,) = answered(signed_in(shop, manager), "/books/certificates")["certificates"]
    assert (one["ended_on"], one["counts"]["receipt"], one["numbers"][0]["last"]) == (
        "2015-12-31",
        12,
        12,
    )
