"""Campuses by JSON: everybody reads where they are, managers change it."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.stored import stored
from tests.world.booking import World, a_member, a_person, an_actor, build
from tests.world.people import a_browser
from tests.world.races import outcomes
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.places.campuses import service
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campus_by_code, map_of
from zone.places.campuses.views import map_address

PATH = "/api/v1/campuses"
STREET = {"street": "Esimerkkikatu 1", "postal_code": "00920", "city": "Helsinki"}
PASILA = {"code": "pasila", "name": "Haaga-Helia Pasila"}
POSITION = {"latitude": 60.22, "longitude": 25.08}


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    now: datetime = utc_now()
    return a_person(app, world, "manager", now, "manager")


def change(manager: FlaskClient, **values: Any) -> Any:
    return manager.patch(f"{PATH}/myllypuro", json={"version": 1, **values})


@pytest.mark.engines("sqlite")
def test_a_manager_changes_an_address_and_a_guest_reads_it(manager: FlaskClient) -> None:
    changed = change(manager, **STREET, **POSITION)
    assert changed.status_code == 200, changed.json
    (campus,) = a_browser(manager.application).get(PATH).get_json()["campuses"]
    assert campus == changed.get_json()
    assert {name: campus[name] for name in (*STREET, *POSITION)} == STREET | POSITION
    assert campus["map_url"] == (
        "https://www.openstreetmap.org/?mlat=60.22&mlon=25.08#map=17/60.22/25.08"
    )
    assert campus["version"] == 2
    with reading() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.action, row.object_id) == ("campus.address", "myllypuro")
    again = manager.patch(
        f"{PATH}/myllypuro", json={"version": 2, **dict.fromkeys((*STREET, *POSITION))}
    )
    assert again.get_json()["map_url"] is None


@pytest.mark.engines("sqlite")
def test_a_manager_adds_a_campus_and_renames_it(manager: FlaskClient) -> None:
    key = {"Idempotency-Key": "once"}
    made = manager.post(PATH, json=PASILA | STREET, headers=key)
    assert made.status_code == 201, made.json
    assert made.get_json() == {
        **PASILA,
        **STREET,
        "latitude": None,
        "longitude": None,
        "map_url": "https://www.openstreetmap.org/search?query=Esimerkkikatu+1%2C+00920+Helsinki",
        "version": 1,
    }
    assert manager.post(PATH, json=PASILA | STREET, headers=key).get_json() == made.get_json()
    renamed = manager.patch(f"{PATH}/pasila", json={"version": 1, "name": "Pasila"})
    assert (renamed.get_json()["name"], renamed.get_json()["version"]) == ("Pasila", 2)
    stale = manager.patch(f"{PATH}/pasila", json={"version": 1, "name": "Böle"})
    assert (stale.status_code, stale.get_json()["changed"]) == (409, ["name"])
    with reading() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.action, row.object_id) for row in rows] == [
        ("campus.create", "pasila"),
        ("campus.change", "pasila"),
    ]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "values", [{"code": "Pasila"}, {"code": "-"}, {"code": "a" * 41}, {"name": ""}, {"name": " "}]
)
def test_what_is_no_campus_is_refused(manager: FlaskClient, values: dict[str, Any]) -> None:
    refused = manager.post(PATH, json=PASILA | values)
    assert refused.status_code == 422
    assert list(refused.get_json()["fields"]["json"]) == list(values)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_add_the_same_code_at_once_one_is_told(app: Flask, world: World) -> None:
    actor = an_actor(stored(partial(a_member, world=world, name="manager")), "manager")

    def add(name: str) -> None:
        with writing() as session:
            service.add_campus(session, actor, code="pasila", name=name, now=utc_now())

    found = outcomes(app, [partial(add, "Pasila"), partial(add, "Böle")])
    assert found == {"done": 1, "campus_exists": 1}
    with reading() as session:
        assert campus_by_code(session, "pasila").version == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"street": "Esimerkkikatu 1"}, "address_incomplete"),
        (STREET | {"city": None}, "address_incomplete"),
        ({"latitude": 60.22}, "position_incomplete"),
    ],
)
def test_half_an_address_is_refused(
    manager: FlaskClient, values: dict[str, Any], code: str
) -> None:
    """On both engines: the constraint of the table says so."""
    refused = change(manager, **values)
    assert (refused.status_code, refused.get_json()["code"]) == (422, code)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "values", [{}, {"latitude": 90.5}, {"longitude": -181}, {"postal_code": "920"}, {"street": ""}]
)
def test_what_is_no_address_is_refused(manager: FlaskClient, values: dict[str, Any]) -> None:
    assert change(manager, **values).status_code == 422


@pytest.mark.engines("sqlite")
def test_an_older_edit_is_refused_and_so_is_who_may_not(
    app: Flask, world: World, manager: FlaskClient
) -> None:
    assert change(manager, **STREET).status_code == 200
    other = STREET | {"street": "Another 2"}
    assert change(manager, **other).get_json()["code"] == "edited_meanwhile"
    assert manager.patch(f"{PATH}/nowhere", json={"version": 1, **STREET}).status_code == 404
    student = a_person(app, world, "student", utc_now())
    assert student.patch(f"{PATH}/myllypuro", json={"version": 2, **STREET}).status_code == 403


@pytest.mark.engines("sqlite")
def test_loading_reference_data_again_leaves_what_a_manager_has_typed(manager: FlaskClient) -> None:
    change(manager, **STREET)
    with writing() as session:
        service.ensure_campus(
            session, code="myllypuro", name="Myllypuro", **STREET | {"street": "Another 2"}
        )
        service.ensure_campus(session, code="malmi", name="Malmi", **STREET)
    with reading() as session:
        assert campus_by_code(session, "myllypuro").street == STREET["street"]
        assert campus_by_code(session, "malmi").city == "Helsinki"


def test_a_map_is_searched_by_the_street_where_no_position_is_known() -> None:
    assert map_of(Campus(code="x", name="X")) is None
    found = map_address("Ääkkösiä & 1", "00920 Helsinki", None, None)
    assert found == (
        "https://www.openstreetmap.org/search"
        "?query=%C3%84%C3%A4kk%C3%B6si%C3%A4+%26+1%2C+00920+Helsinki"
    )
    assert map_address(None, "", 60.0, 25.0) is not None
