"""The desk sells several products in one order, with a discount code, and at the price shown."""

import re
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.counter import Desk, Person, a_person, audited, browser, call, count, offer
from tests.world.races import at_once
from tests.world.rendered_forms import RenderedForm, form_with, forms_in, text_of
from tests.world.vouchers import CODE, a_voucher, uses
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.passes.catalogue import service as catalogue
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass
from zone.passes.receipts.models import Receipt

pytestmark = pytest.mark.engines("sqlite")

IN_CASH = "Sell, paid in cash"
PRICE = "Show the price"


@pytest.fixture
def buyer(desk: Desk) -> Person:
    return a_person(desk, with_pass=False)


def page_of(person: Person) -> str:
    return f"/desk/people/{person.public}/sales"


def chosen(desk: Desk, person: Person, *products: str) -> RenderedForm:
    """The form of the page with some products ticked."""
    form = form_with(desk.staff, page_of(person), "lines")
    values = re.findall(r'name="lines" value="([^"]+)"', desk.staff.get(page_of(person)).text)
    form.data["lines"] = [one for one in values if one.split(":")[0] in products]
    assert len(form.data["lines"]) == len(products)
    return form


def priced(desk: Desk, form: RenderedForm, **typed: str) -> tuple[str, RenderedForm]:
    """The page after the price was asked for, and its form."""
    answer = form.submit(desk.staff, PRICE, **typed)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text), next(
        one for one in forms_in(answer.text, form.action) if "lines" in one.data
    )


def lines_of(desk: Desk, person: Person, *products: str) -> list[dict[str, Any]]:
    """The lines of a sale through the API at the prices that are shown."""
    offered = [offer(desk, person, product) for product in products]
    return [{key: one[key] for key in ("product", "cents", "starts_on")} for one in offered]


def sale_of(desk: Desk, person: Person, *products: str, **more: Any) -> dict[str, Any]:
    return {"lines": lines_of(desk, person, *products), "method": "cash", **more}


def path_of(person: Person) -> str:
    return f"/people/{person.public}/sales"


def test_several_products_are_one_order_with_one_receipt(desk: Desk, buyer: Person) -> None:
    page, form = priced(desk, chosen(desk, buyer, "term", "lost-card"))
    assert "50,00 €" in page
    sold = form.submit(desk.staff, IN_CASH)
    assert sold.status_code == 303
    assert "Sold." in desk.staff.get(sold.location).text
    assert (count(Order), count(OrderLine), count(Receipt), count(Pass)) == (1, 2, 1, 1)
    assert audited("counter.sell") == 1


def test_the_price_alone_sells_nothing(desk: Desk, buyer: Person) -> None:
    priced(desk, chosen(desk, buyer, "term"))
    assert count(Order) == 0


def test_a_code_takes_its_discount_off_all_that_is_sold(desk: Desk, buyer: Person) -> None:
    a_voucher()
    page, form = priced(desk, chosen(desk, buyer, "term", "visit"), voucher=CODE)
    assert "45,00 €" in page  # 10 % of 50,00
    assert form.submit(desk.staff, IN_CASH).status_code == 303
    with reading() as session:
        assert session.scalars(select(Order.total_cents)).one() == 4500
    assert uses() == 1


def test_a_code_that_does_not_exist_is_said_beside_its_field(desk: Desk, buyer: Person) -> None:
    answer = chosen(desk, buyer, "term").submit(desk.staff, PRICE, voucher="NOTHING")
    assert answer.status_code == 422
    assert "There is no such discount code" in answer.text
    assert count(Order) == 0


def test_who_tries_many_codes_at_the_desk_has_to_wait(desk: Desk, buyer: Person) -> None:
    form = chosen(desk, buyer, "term")
    statuses = [
        form.submit(desk.staff, PRICE, voucher=f"WRONG-{number}").status_code
        for number in range(12)
    ]
    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_a_price_that_changed_after_it_was_shown_is_shown_again(desk: Desk, buyer: Person) -> None:
    _, form = priced(desk, chosen(desk, buyer, "term", "lost-card"))
    with writing() as session:
        today = helsinki_date(utc_now())
        catalogue.set_price(session, "term", role="student", cents=3000, valid_from=today)
    answer = form.submit(desk.staff, IN_CASH)
    assert answer.status_code == 409
    assert "30,00 €" in text_of(answer.text)
    assert IN_CASH not in answer.text, "the sum is shown before it is paid"
    assert count(Order) == 0


def test_products_that_were_ticked_after_the_price_are_not_sold(desk: Desk, buyer: Person) -> None:
    _, form = priced(desk, chosen(desk, buyer, "term"))
    form.data["lines"] += chosen(desk, buyer, "lost-card").data["lines"]
    assert form.submit(desk.staff, IN_CASH).status_code == 409
    assert count(Order) == 0


def test_a_form_without_a_price_sells_nothing(desk: Desk, buyer: Person) -> None:
    fields = chosen(desk, buyer, "term").data | {"method": ["cash"]}
    assert desk.staff.post(page_of(buyer), data=fields).status_code == 409
    assert count(Order) == 0


def test_a_form_that_makes_no_sense_is_refused(desk: Desk, buyer: Person) -> None:
    (term,) = chosen(desk, buyer, "term").data["lines"]
    for lines in ([], ["term"], ["term:1:2026-13-45"], [term, term]):
        answer = desk.staff.post(f"{page_of(buyer)}?lang=en", data={"lines": lines})
        assert answer.status_code == 422, lines
        assert "from one to ten products" in answer.text, lines
    assert count(Order) == 0


def test_the_api_says_what_several_products_cost_and_sells_them(desk: Desk, buyer: Person) -> None:
    a_voucher()
    wish = {"products": ["term", "lost-card"], "voucher": CODE}
    price = call(desk.staff, f"/people/{buyer.public}/sale-prices", wish).get_json()
    assert (price["total_cents"], price["discount_cents"]) == (4500, 500)
    body = sale_of(desk, buyer, "term", "lost-card", voucher=CODE, discount=500)
    sold = call(desk.staff, path_of(buyer), body)
    assert (sold.status_code, sold.get_json()["total_cents"]) == (201, 4500)
    assert [line["discount_cents"] for line in sold.get_json()["lines"]] == [450, 50]


def test_the_api_says_why_there_is_no_price(desk: Desk, buyer: Person) -> None:
    path = f"/people/{buyer.public}/sale-prices"
    for wish, status, code in (
        ({"products": ["no-such"]}, 409, "offer_changed"),
        ({"products": ["term"], "voucher": "NOTHING"}, 422, "voucher_unknown"),
        ({"products": []}, 422, "invalid_input"),
        ({"products": ["term", "term"]}, 422, "invalid_input"),
    ):
        answer = call(desk.staff, path, wish)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_a_sale_is_of_one_product_or_of_lines(desk: Desk, buyer: Person) -> None:
    body = sale_of(desk, buyer, "term")
    (line,) = body["lines"]
    for wrong in (
        body | line,
        {"method": "cash"},
        {"method": "cash", "product": "term"},
        body | {"lines": [line, line]},
        body | {"cents": 4500},
    ):
        answer = call(desk.staff, path_of(buyer), wrong)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")
    assert count(Order) == 0


def test_one_line_with_another_price_sells_none_of_them(desk: Desk, buyer: Person) -> None:
    body = sale_of(desk, buyer, "term", "lost-card")
    body["lines"][1]["cents"] = 1
    answer = call(desk.staff, path_of(buyer), body)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "offer_changed")
    assert (count(Order), count(Receipt)) == (0, 0)


@pytest.mark.engines("sqlite", "postgresql")
def test_desks_that_sell_the_same_lines_at_once_sell_them_once(app: Flask, desk: Desk) -> None:
    buyer = a_person(desk, with_pass=False)
    body = sale_of(desk, buyer, "term", "gym")
    desks = [browser(desk, "desk") for _ in range(4)]
    answers = at_once(app, [partial(call, staff, path_of(buyer), body) for staff in desks])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert (count(Receipt), count(Pass)) == (1, 2)
