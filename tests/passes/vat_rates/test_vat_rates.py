"""VAT rates: set by managers from a day on, on their page and by API."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from tests.world.buying import page_browser
from tests.world.checkout import refused
from tests.world.people import an_actor
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, TODAY, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.operation.reference_data import service as reference_data
from zone.passes.catalogue.models import VatRate
from zone.passes.catalogue.queries import vat_bp_on
from zone.passes.catalogue.service import set_vat_rate
from zone.passes.vat_rates import service

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/vat-rates"
TO_COME = TODAY + timedelta(days=30)


@pytest.fixture
def manager(shop: Flask) -> Actor:
    return an_actor(a_student("johtaja@zone.example"), "manager")


@pytest.fixture
def browser(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


def plan(actor: Actor, percent: str, day: date) -> None:
    with writing() as session:
        service.plan_vat_rate(
            session, actor, "exercise", percent=Decimal(percent), valid_from=day, now=NOW
        )


def rate_on(day: date) -> int:
    with reading() as session:
        return vat_bp_on(session, "exercise", day, seller_vat=True)


def test_a_rate_holds_from_its_day_on_and_is_corrected_until_then(manager: Actor) -> None:
    plan(manager, "14.5", TO_COME)
    plan(manager, "15", TO_COME)
    assert [rate_on(day) for day in (TO_COME - timedelta(1), TO_COME)] == [1350, 1500]


def test_what_is_past_stays_and_only_a_first_rate_begins_earlier(manager: Actor) -> None:
    yesterday = TODAY - timedelta(days=1)
    assert refused(lambda: plan(manager, "15", yesterday)) == "start_too_soon"
    with writing() as session:
        session.execute(delete(VatRate))
    plan(manager, "10", yesterday)
    assert rate_on(TODAY) == 1000


def test_seeding_again_keeps_a_rate_that_a_manager_has_corrected(manager: Actor) -> None:
    with writing() as session:
        session.execute(delete(VatRate).where(VatRate.valid_from > date(2024, 12, 31)))
    with writing() as session:
        set_vat_rate(session, "exercise", percent=Decimal(12), valid_from=date(2026, 1, 1))
        reference_data.load(session, NOW)
    assert rate_on(TODAY) == 1200


def test_on_the_page_a_rate_is_typed_in_per_cent(browser: FlaskClient) -> None:
    later = helsinki_date(utc_now()) + timedelta(days=30)
    (form,) = forms_of(browser, f"{PAGE}?lang=en")
    for wrong in ("", "101", "13,555", "-1", "14 %"):
        answer = form.submit(browser, "Set the rate", percent=wrong, valid_from=f"{later}")
        assert answer.status_code == 422, wrong
    given = {"category": "exercise", "percent": "25,5", "valid_from": f"{later}"}
    assert form.submit(browser, "Set the rate", **given).status_code == 303
    shown = browser.get(f"{PAGE}?lang=en").text
    assert "25,5 %" in shown.replace("\xa0", " ")
    assert "to come" in shown


def test_the_api_sets_a_rate_in_hundredths_of_a_percent(browser: FlaskClient) -> None:
    later = helsinki_date(utc_now()) + timedelta(days=30)
    body = {"category": "coaching", "rate_bp": 2550, "valid_from": f"{later}"}
    told = browser.post("/api/v1/vat-rates", json=body).get_json()
    coaching = next(one for one in told["categories"] if one["category"] == "coaching")
    assert coaching["rates"][0] == {"rate_bp": 2550, "valid_from": f"{later}"}
    assert browser.get("/api/v1/vat-rates").get_json() == told
    early = browser.post("/api/v1/vat-rates", json=body | {"valid_from": "2020-01-01"})
    assert (early.status_code, early.get_json()["code"]) == (422, "start_too_soon")
    fine = browser.post("/api/v1/vat-rates", json=body | {"rate_bp": 10_001})
    assert fine.status_code == 422
