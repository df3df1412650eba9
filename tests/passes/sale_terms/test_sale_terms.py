"""The terms of sale are dated words; each order stores which of them were agreed to."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.buying import page_browser
from tests.world.checkout import ordered
from tests.world.people import an_actor
from tests.world.rendered_forms import RenderedForm, form_with, forms_of, text_of
from tests.world.shop import NOW, TODAY, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.passes.orders.models import Order
from zone.passes.sale_terms.queries import sale_terms
from zone.passes.sale_terms.rules import TermsVersion, terms_on
from zone.passes.sale_terms.service import set_sale_terms
from zone.passes.withdrawals.models import StartConsent

pytestmark = pytest.mark.engines("sqlite")
WORDS = {"fi": "Uudet ehdot", "sv": "Nya villkor", "en": "New terms: {days} days\n\nOf sale"}
CONSENT = {"fi": "Heti", "sv": "Genast", "en": "At once, I have {days} days"}


@pytest.fixture
def manager() -> int:
    member = a_student("m@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    return member


def set_words(manager: int, *, days_ahead: int = 0, now: Any = None) -> int:
    at = now or utc_now()
    with writing() as session:
        row = set_sale_terms(
            session,
            an_actor(manager, "manager"),
            valid_from=helsinki_date(at) + timedelta(days=days_ahead),
            terms=WORDS,
            consent=CONSENT,
            now=at,
        )
        return row.id


def terms_of(order_id: int) -> int | None:
    with reading() as session:
        return session.get_one(Order, order_id).terms_version


def orders() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Order)) or 0


def test_the_newest_version_of_the_latest_day_holds() -> None:
    def version(number: int, days: int) -> TermsVersion:
        return TermsVersion(number, TODAY + timedelta(days=days), WORDS, CONSENT)

    versions = [version(1, 0), version(2, 5), version(3, 0)]
    found = [terms_on(versions, TODAY + timedelta(days=day)) for day in (-1, 0, 5)]
    assert [one and one.number for one in found] == [None, 3, 2]


def test_a_first_version_comes_with_the_database(shop: Flask) -> None:
    with reading() as session:
        first = sale_terms(session, TODAY)
    assert first is not None
    for language in ("fi", "sv", "en"):
        assert "14" in " ".join(first.terms_in(language, 14))
        assert "14" in first.consent_in(language, 14)


def test_an_order_stores_the_version_of_its_day(student: int, manager: int) -> None:
    before = ordered(student)
    new = set_words(manager, days_ahead=1, now=NOW)
    same_day = ordered(student, "gym")
    later = ordered(student, "gym", now=NOW + timedelta(days=1))
    assert terms_of(before) == terms_of(same_day) != new
    assert terms_of(later) == new


def test_terms_are_not_changed_in_the_past(student: int, manager: int) -> None:
    with pytest.raises(DomainError, match="terms_in_the_past"):
        set_words(manager, days_ahead=-1)


def test_the_page_of_the_order_shows_what_was_agreed_to(
    browser: FlaskClient, student: int, manager: int
) -> None:
    new = set_words(manager)
    form, *_others = forms_of(browser, "/buy/term")
    assert form.data["terms"] == [str(new)]
    assert "At once, I have 14 days" in browser.get("/buy/term").text
    form.data["consent"] = ["1"]
    assert form.save(browser).status_code == 303
    with reading() as session:
        order = session.scalars(select(Order)).one()
        assert (order.terms_version, session.scalars(select(StartConsent.text_version)).one()) == (
            new,
            new,
        )
    assert f'href="/terms/{new}"' in browser.get(f"/orders/{order.public_id}").text
    shown = browser.get(f"/api/v1/orders/{order.public_id}").get_json()
    assert shown["terms_version"] == new
    own = browser.get("/api/v1/me/export").get_json()
    assert new in [row["terms_version"] for row in own["orders"]]


@pytest.mark.parametrize("page", ["/buy/term", "/basket"])
def test_terms_that_changed_after_they_were_shown_are_shown_again(
    browser: FlaskClient, student: int, manager: int, page: str
) -> None:
    if page == "/basket":
        browser.post("/basket/lines", data={"product": "term"})
    form = form_with(browser, page, "terms")
    new = set_words(manager)
    answer = form.save(browser)
    assert answer.status_code == 409
    assert f'name="terms" value="{new}"' in answer.text
    assert orders() == 0


def test_the_api_compares_the_version_that_was_shown(
    browser: FlaskClient, student: int, manager: int
) -> None:
    new = set_words(manager)
    body = {"product": "term", "terms": new + 1}
    refused = browser.post("/api/v1/orders", json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "terms_changed")
    assert browser.post("/api/v1/orders", json=body | {"terms": new}).status_code == 201


def test_everybody_reads_the_terms_and_each_version(shop: Flask, manager: int) -> None:
    guest = shop.test_client()
    first = guest.get("/api/v1/sale-terms").get_json()["sale_terms"][0]["number"]
    set_words(manager)
    assert "New terms: 14 days" in guest.get("/terms?lang=en").text
    assert "New terms" not in guest.get(f"/terms/{first}?lang=en").text
    assert guest.get("/terms/4711").status_code == 404


def manage_form(browser: FlaskClient) -> RenderedForm:
    return form_with(browser, "/manage/sale-terms", "terms-en")


def test_a_manager_changes_one_language_and_the_others_stay(shop: Flask, manager: int) -> None:
    browser = page_browser(shop, manager)
    form = manage_form(browser)
    saved = form.save(browser, **{"consent-en": "Please start"})
    assert saved.status_code == 303
    assert "Saved." in text_of(browser.get(saved.location).text)
    with reading() as session:
        version = sale_terms(session, helsinki_date(utc_now()))
    assert version is not None
    assert version.consent["en"] == "Please start"
    assert version.terms["fi"].split() == form.data["terms-fi"][0].split()


def test_words_that_are_missing_or_too_early_are_said(shop: Flask, manager: int) -> None:
    browser = page_browser(shop, manager)
    for typed, said in (
        ({"terms-sv": ""}, "in all three languages"),
        ({"valid_from": "2020-01-01"}, "today or later"),
    ):
        answer = manage_form(browser).save(browser, **typed)
        assert answer.status_code in (409, 422)
        assert said in text_of(answer.text)


def test_only_a_manager_changes_them(browser: FlaskClient, student: int) -> None:
    assert browser.get("/manage/sale-terms").status_code == 403
    body = {"valid_from": "2030-01-01", "terms": WORDS, "consent": CONSENT}
    assert browser.post("/api/v1/sale-terms", json=body).status_code == 403
