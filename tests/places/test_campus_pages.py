"""The managers' pages of campuses: add one, rename it, give it an address."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.booking import World, a_person, build
from tests.world.rendered_forms import forms_of
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.places.campuses.queries import campus_by_code, position_of

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/campuses"
ADD, SAVE = "Add the campus", "Save the campus"


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


@pytest.fixture
def browser(app: Flask, world: World) -> FlaskClient:
    return a_person(app, world, "manager", utc_now(), "manager")


def test_a_manager_adds_a_campus_and_gives_it_a_place_on_the_map(browser: FlaskClient) -> None:
    (add,) = forms_of(browser, f"{PAGE}/new")
    assert add.submit(browser, ADD, code="Pasila!", name="Pasila").status_code == 422
    half = add.submit(browser, ADD, code="pasila", name="Pasila", street="Esimerkkikatu 1")
    assert half.status_code == 422
    assert "Give street, postal code and city together" in half.text
    added = add.submit(browser, ADD, code="pasila", name="Pasila")
    assert added.location == f"{PAGE}?code=pasila&done=added"
    assert "The campus is there." in browser.get(added.location).text
    assert "not on the map" in browser.get(f"{PAGE}?lang=en").text
    (form,) = forms_of(browser, f"{PAGE}?code=pasila")
    assert form.data["latitude"] == [""]
    place = {"name": "Böle", "latitude": "60.25", "longitude": "-0"}
    assert form.submit(browser, SAVE, **place).status_code == 303
    with reading() as session:
        campus = campus_by_code(session, "pasila")
        assert (campus.name, campus.street, campus.version) == ("Böle", None, 2)
        assert position_of(campus) == (60.25, 0.0)
    (form,) = forms_of(browser, f"{PAGE}?code=pasila")
    assert form.data["longitude"] == ["0.0"], "a zero is a place on the map"
    assert form.submit(browser, SAVE, latitude="", longitude="").status_code == 303
    with reading() as session:
        assert position_of(campus_by_code(session, "pasila")) is None


def test_a_code_that_is_taken_is_refused_at_its_field(browser: FlaskClient) -> None:
    (add,) = forms_of(browser, f"{PAGE}/new")
    refused = add.submit(browser, ADD, code="myllypuro", name="Another")
    assert refused.status_code == 409
    assert "There is already a campus with this code." in refused.text
    assert 'value="Another"' in refused.text
    assert 'id="e-code"' in refused.text


def test_who_has_an_older_page_sees_what_is_stored(browser: FlaskClient) -> None:
    (one,) = forms_of(browser, f"{PAGE}?code=myllypuro")
    (other,) = forms_of(browser, f"{PAGE}?code=myllypuro")
    assert one.submit(browser, SAVE, name="Myllypuro").status_code == 303
    late = other.submit(browser, SAVE, name="Kvarnbäcken")
    assert late.status_code == 409
    assert "What is stored now" in late.text
    assert browser.get(f"{PAGE}?code=nowhere").status_code == 404


@pytest.mark.parametrize("role", ["desk", "instructor"])
def test_only_managers_see_the_pages(app: Flask, world: World, role: str) -> None:
    person = a_person(app, world, role, utc_now(), role)
    assert [person.get(path).status_code for path in (PAGE, f"{PAGE}/new")] == [403, 403]
