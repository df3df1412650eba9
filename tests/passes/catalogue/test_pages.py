"""The managers' page of products and prices, and its forms."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.passes.catalogue.test_catalogue import make_product, manager, on_record, priced, today
from tests.world.buying import form_key
from tests.world.rendered_forms import forms_in
from zone.core.db.transactions import reading
from zone.passes.catalogue import queries as catalogue_queries

__all__ = ["manager", "today"]
pytestmark = pytest.mark.engines("sqlite")

HTML = {"Accept": "text/html"}
FORM: dict[str, Any] = {
    "code": "swim",
    "name-fi": "Uintipassi",
    "name-sv": "Simpass",
    "name-en": "Swimming pass",
    "kind": "sports_pass",
    "entitlements": ["gym", "court"],
    "length_days": "30",
    "vat_category": "exercise",
}


def test_the_form_of_a_product_that_changed_meanwhile_comes_back_with_what_was_typed(
    manager: FlaskClient,
) -> None:
    make_product(manager)
    answer = manager.post("/manage/products", data=FORM | {"name-sv": "Simkort", "key": "late"})
    assert answer.status_code == 409
    assert 'value="Simkort"' in answer.text
    again = next(
        form
        for form in forms_in(answer.text, "/manage/products")
        if form.action == "/manage/products"
    )
    # Whoever has seen what is stored now, and saves again, means it.
    assert manager.post(again.action, data=again.data).status_code == 303


def test_a_form_that_was_saved_and_gone_back_to_says_so_and_can_be_saved(
    manager: FlaskClient,
) -> None:
    make_product(manager)
    first = manager.get("/manage/products?code=swim&lang=en")
    form = next(form for form in forms_in(first.text, "/manage/products") if "code" in form.data)
    assert manager.post(form.action, data=form.data | {"name-sv": "Ett"}).status_code == 303
    back = manager.post(f"{form.action}?lang=en", data=form.data | {"name-sv": "Andra"})
    assert "You have saved this form before." in back.text
    assert 'value="Andra"' in back.text
    again = next(form for form in forms_in(back.text, "/manage/products") if "code" in form.data)
    assert manager.post(again.action, data=again.data).status_code == 303


def test_a_price_is_proposed_from_today_on(manager: FlaskClient, today: date) -> None:
    make_product(manager)
    page = manager.get("/manage/products?code=swim").text
    price = next(form for form in forms_in(page, "/manage/products") if "euros" in form.data)
    assert price.data["valid_from"] == [f"{today}"]


def test_a_form_submitted_twice_saves_once(manager: FlaskClient, today: date) -> None:
    keyed = {"key": form_key(manager.get("/manage/products/new"))}
    assert [manager.post("/manage/products", data=FORM | keyed).status_code for _ in range(2)] == [
        303,
        303,
    ]
    price = {
        "product": "swim",
        "role": "student",
        "valid_from": f"{today}",
        "euros": "19,90",
        "key": "p",
    }
    assert [manager.post("/manage/products/prices", data=price).status_code for _ in range(2)] == [
        303,
        303,
    ]
    assert len(on_record()) == 2
    page = manager.get("/manage/products?lang=en&code=swim").text
    assert "19,90" in page
    assert 'value="Simpass"' in page


def test_the_page_shows_prices_in_force_and_to_come_but_not_those_that_ended(
    manager: FlaskClient, today: date
) -> None:
    for ahead, cents in ((0, 7777), (5, 8888)):
        assert priced(manager, today + timedelta(days=ahead), cents, "term") == 201
    for path in ("/manage/products?lang=en", "/manage/products?lang=en&code=term"):
        page = manager.get(path).text
        assert "77,77" in page
        assert "88,88" in page
        assert "45,00" not in page


def test_each_product_has_a_page_of_its_own(manager: FlaskClient) -> None:
    listed = manager.get("/manage/products").text
    assert "<form class=" in listed  # of the language
    assert 'href="/manage/products?code=term"' in listed
    assert 'action="/manage/products' not in listed
    [price, product] = forms_in(manager.get("/manage/products?code=term").text, "")
    assert (price.data["product"], product.data["code"]) == (["term"], ["term"])
    [new] = forms_in(manager.get("/manage/products/new").text, "")
    assert new.data["code"] == [""]
    assert manager.get("/manage/products?code=none", headers=HTML).status_code == 404


def test_what_is_saved_is_shown_on_its_page(manager: FlaskClient) -> None:
    saved = manager.post("/manage/products", data=FORM)
    assert 'value="Simpass"' in manager.get(saved.location).text


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("", {"code": "Swim!"}),
        ("", {"name-sv": " "}),
        ("", {"length_days": "x"}),
        ("", {"entitlements": []}),
        ("/prices", {"euros": "x"}),
        ("/prices", {"euros": "1", "stop": "1"}),
        ("/prices", {"euros": ""}),
        ("/prices", {"euros": "99999"}),
        ("/prices", {"valid_from": ""}),
    ],
)
def test_an_invalid_form_is_shown_again_with_its_values(
    manager: FlaskClient, today: date, path: str, wrong: dict[str, Any]
) -> None:
    price = {"product": "term", "role": "student", "valid_from": f"{today}", "euros": "20"}
    answer = manager.post(f"/manage/products{path}", data=(price if path else FORM) | wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert on_record() == []


def test_a_product_of_the_season_keeps_no_length(manager: FlaskClient) -> None:
    assert manager.post("/manage/products", data=FORM | {"length_days": ""}).status_code == 303
    with reading() as session:
        assert catalogue_queries.product_by_code(session, "swim").length_days is None
