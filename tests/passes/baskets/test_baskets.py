"""The basket: several products in one order, at what was shown, with a discount code."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from tests.world.buying import choose_outcome
from tests.world.rendered_forms import RenderedForm, forms_of, text_of
from tests.world.shop import a_product, a_student, passes
from tests.world.vouchers import CODE, a_voucher
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.passes.baskets import queries, service
from zone.passes.baskets.rules import KEPT
from zone.passes.catalogue import service as catalogue


def put_in(browser: FlaskClient, *products: str) -> None:
    for product in products:
        form = next(one for one in forms_of(browser, f"/buy/{product}") if "/basket" in one.action)
        assert form.save(browser).location == "/basket"


def form_to(browser: FlaskClient, action: str) -> RenderedForm:
    return next(one for one in forms_of(browser, "/basket") if one.action == action)


def use_code(browser: FlaskClient, code: str) -> int:
    return form_to(browser, "/basket/code").save(browser, voucher=code).status_code


def test_two_products_with_a_code_become_one_order(browser: FlaskClient, student: int) -> None:
    a_voucher()
    put_in(browser, "term", "visit")
    assert "2 products in your basket" in browser.get("/buy?lang=en").text
    assert use_code(browser, "spring 26") == 303
    form = form_to(browser, "/basket/order")
    assert list(form.buttons) == ["Order and pay 45,00 €"]
    order = browser.get(choose_outcome(browser, form.save(browser).location)).location
    page = text_of(browser.get(f"{order}?lang=en").text)
    assert "Paid. Your pass" in page
    assert f"Discount code {CODE}" in page
    assert passes(student) == 2
    assert "Your basket is empty" in browser.get("/basket").text


def test_what_has_changed_is_shown_before_it_is_ordered(browser: FlaskClient, student: int) -> None:
    put_in(browser, "term")
    form = form_to(browser, "/basket/order")
    with writing() as session:
        catalogue.set_price(
            session, "term", role="student", cents=4900, valid_from=helsinki_date(utc_now())
        )
        a_product(session, "term", "sports_pass", ("gym", "class"), 120)
    again = form.save(browser)
    assert again.status_code == 409
    page = text_of(again.text)
    assert "45,00 € before, 49,00 € now" in page.replace("\u00a0", " ")
    assert "What it gives" in page
    assert passes(student) == 0
    assert form_to(browser, "/basket/order").save(browser).status_code == 303


def test_a_wrong_code_is_refused_and_many_have_to_wait(browser: FlaskClient) -> None:
    a_voucher()
    put_in(browser, "term")
    assert [use_code(browser, f"guess-{n}") for n in range(11)] == [422] * 10 + [429]


def test_a_product_is_taken_out(browser: FlaskClient, student: int) -> None:
    put_in(browser, "term", "visit")
    out = [one for one in forms_of(browser, "/basket") if one.action == "/basket/lines/remove"]
    assert out[0].save(browser).status_code == 303
    with reading() as session:
        assert queries.basket_size(session, student) == 1


def test_an_old_basket_is_deleted(browser: FlaskClient, student: int) -> None:
    put_in(browser, "term")
    with writing() as session:
        assert service.delete_old(session, utc_now() + KEPT - timedelta(hours=1)) == 0
        assert service.delete_old(session, utc_now() + KEPT) == 1


def test_a_basket_is_of_its_person_only(shop: Flask, browser: FlaskClient) -> None:
    put_in(browser, "term")
    with reading() as session:
        assert queries.basket_size(session, a_student("toinen@zone.example")) == 0
