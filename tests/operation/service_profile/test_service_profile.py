"""The page and the API of the service's own data, and where they show."""

import re
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import a_person
from tests.world.rendered_forms import RenderedForm, forms_in
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail import service as mail
from zone.core.mail.models import OutboxMail
from zone.web import service_profile

pytestmark = pytest.mark.engines("sqlite")

PAGE: Final = "/manage/service?lang=en"


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def form_of(html: str) -> RenderedForm:
    return next(form for form in forms_in(html, PAGE) if "seller_name" in form.data)


def save(manager: FlaskClient, **typed: str) -> Any:
    form = form_of(manager.get(PAGE).text)
    return manager.post(f"{form.action}?lang=en", data=form.data | typed)


def test_another_service_puts_its_name_everywhere(app: Flask, manager: FlaskClient) -> None:
    answer = save(manager, name="Liikunta & Ilo", short_name="L&I", accent="#6a3fb0")
    assert answer.status_code == 303
    guest = app.test_client()
    page = guest.get("/sign-in?lang=en").text
    assert "· Liikunta &amp; Ilo</title>" in page
    assert re.search(r'class="logo"[^>]*>.*L&amp;I</a>', page)
    assert "Zone" not in re.sub(r"<[^>]*>", "", page)
    manifest = guest.get("/pass/manifest.webmanifest").get_json()
    assert (manifest["name"], manifest["short_name"]) == ("Liikunta & Ilo", "L&I")
    [style] = re.findall(r'href="(/colours/[^"]+)"', page)
    sheet = guest.get(style)
    assert "--brand: #6a3fb0" in sheet.text
    assert "immutable" in sheet.headers["Cache-Control"]
    with writing() as session:
        params = {"code": "123456", "minutes": 10}
        mail.post(
            session,
            to="aino@example.org",
            template="members/sign_in_code",
            language="en",
            params=params,
            now=utc_now(),
        )
        body = session.scalars(select(OutboxMail.body)).one()
    assert "Liikunta & Ilo" in body
    assert "Zone" not in body


def test_without_an_own_colour_no_page_loads_another_sheet(app: Flask) -> None:
    assert "/colours/" not in app.test_client().get("/sign-in").text


@pytest.mark.parametrize("accent", ["ffd000", "FFFFFF", "xyz", "6a3fb"])
def test_a_colour_that_cannot_be_read_has_no_sheet(app: Flask, accent: str) -> None:
    assert app.test_client().get(f"/colours/{accent}.css").status_code == 404


def test_an_unreadable_colour_is_refused_at_its_field(manager: FlaskClient) -> None:
    answer = save(manager, accent="#ffd000", name="Kept as typed")
    assert answer.status_code == 422
    assert "cannot be read on white" in answer.text
    assert 'value="Kept as typed"' in answer.text


def test_of_two_managers_the_later_sees_what_the_first_saved(manager: FlaskClient) -> None:
    late = form_of(manager.get(PAGE).text)
    save(manager, phone="040 123")
    answer = manager.post(f"{late.action}?lang=en", data=late.data | {"phone": "050 9"})
    assert answer.status_code == 409
    assert "040 123" in answer.text
    again = form_of(answer.text)
    assert manager.post(again.action, data=again.data).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("phone", "call me"),
        ("name", ""),
        ("name", "x" * 61),
        ("short_name", "x" * 21),
        ("accent", "green"),
    ],
)
def test_what_is_wrong_is_refused(manager: FlaskClient, field: str, value: str) -> None:
    assert save(manager, **{field: value}).status_code == 422


def test_lines_and_controls_become_spaces(manager: FlaskClient) -> None:
    assert save(manager, name="A\r\nBcc: x@example.org").status_code == 303
    assert manager.get("/api/v1/service").get_json()["name"] == "A Bcc: x@example.org"


def test_the_api_reads_and_replaces_it(app: Flask, manager: FlaskClient) -> None:
    guest = app.test_client()
    read = guest.get("/api/v1/service").get_json()
    assert (read["name"], read["version"]) == ("Zone", 0)
    changed = manager.put("/api/v1/service", json=read | {"name": "Ilo"})
    assert (changed.status_code, changed.get_json()["version"]) == (200, 1)
    stale = manager.put("/api/v1/service", json=read | {"name": "Toinen"})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "edited_meanwhile")
    assert guest.put("/api/v1/service", json=read).status_code == 401
    assert a_person(app).put("/api/v1/service", json=read).status_code == 403


def test_a_page_about_a_failed_database_does_not_ask_it(
    app: Flask, manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(manager, name="Ilo")
    guest = app.test_client()
    guest.get("/sign-in")

    def ask_again() -> None:
        raise AssertionError("the database was asked for its own failure's page")

    monkeypatch.setattr(service_profile, "read_connection", ask_again)
    with app.test_request_context("/", headers={"Accept": "text/html"}):
        from zone.web.problems import BUSY, answer

        assert "· Ilo</title>" in answer((BUSY,), {}, {}).get_data(as_text=True)


def test_a_new_seller_sells_at_once(app: Flask, manager: FlaskClient) -> None:
    assert save(manager, seller_name="Uusi ry", seller_vat="1").status_code == 303
    from zone.passes.receipts.queries import seller_of
    from zone.web.context import settings_of

    with reading() as session:
        seller = seller_of(session, settings_of(app))
    assert (seller.name, seller.is_complete, seller.charges_vat) == ("Uusi ry", True, True)
    assert save(manager, seller_business_id="").status_code == 303
    with reading() as session:
        assert not seller_of(session, settings_of(app)).is_complete
