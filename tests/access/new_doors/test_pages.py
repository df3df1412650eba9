"""The page of a new door, as a manager uses it: its rendered form."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.world.people import a_person
from tests.world.rendered_forms import forms_of, text_of
from tests.world.site import Site
from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.core.db.transactions import reading

pytestmark = pytest.mark.engines("sqlite")

PAGE = "/manage/doors/new?lang=en"


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def make(client: FlaskClient, **typed: str) -> TestResponse:
    form = next(form for form in forms_of(client, PAGE) if "Make the door" in form.buttons)
    return form.submit(client, "Make the door", **typed)


def last_door() -> Door:
    with reading() as session:
        return session.scalars(select(Door).order_by(Door.id.desc())).first() or Door()


def count_rows() -> tuple[int, int]:
    with reading() as session:
        doors = session.scalar(select(func.count()).select_from(Door)) or 0
        return doors, session.scalar(select(func.count()).select_from(Area)) or 0


def options(client: FlaskClient, select_name: str) -> dict[str, str]:
    page = client.get(PAGE).text
    part = page.split(f'name="{select_name}"')[1].split("</select>")[0]
    rows = [row.split('"', 2) for row in part.split("<option value=")[1:]]
    return {row[2].split(">")[1].split("<")[0]: row[1] for row in rows}


def test_a_manager_makes_a_door_with_a_place_and_reads_its_line_for_the_settings(
    manager: FlaskClient, site: Site
) -> None:
    assert "/manage/doors/new" in manager.get("/status?lang=en").text
    bridge = next(value for value in options(manager, "bridge").values() if value)
    campus = next(iter(options(manager, "campus").values()))
    before = count_rows()
    done = make(
        manager, name="Yard door", area_name="Yard", campus=campus, kinds="gym", bridge=bridge
    )
    assert done.status_code == 303
    assert count_rows() == (before[0] + 1, before[1] + 1)
    door = last_door()
    assert done.location == f"/status?done=door_added#door-{door.public_id}"
    assert f'door = "{door.public_id}"' in text_of(manager.get("/status?lang=en").text)
    assert (door.name, door.bridge_id is not None, door.direction) == ("Yard door", True, "in")
    # A second door to the same place.
    places = options(manager, "area")
    yard = next(value for name, value in places.items() if name.endswith(": Yard"))
    assert make(manager, name="Yard gate", area=yard, direction="out").status_code == 303
    assert count_rows() == (before[0] + 2, before[1] + 1)
    assert (last_door().area_id, last_door().direction) == (door.area_id, "out")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Valitse, minne ovi johtaa, tai anna uudelle paikalle nimi."),
        ({"area_name": "Yard"}, "Valitse, mitkä passit avaavat sen."),
        ({"name": "x" * 121}, "Anna nimi, enintään 120 merkkiä."),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_made(
    manager: FlaskClient, site: Site, typed: dict[str, str], said: str
) -> None:
    before = count_rows()
    answer = make(manager, **{"name": "Yard door"} | typed)
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert count_rows() == before


def test_a_name_that_is_taken_makes_neither_door_nor_place(
    manager: FlaskClient, site: Site
) -> None:
    before = count_rows()
    with reading() as session:
        studio = session.get_one(Area, site.studio)
        door = session.scalars(select(Door).where(Door.area_id == studio.id)).first()
        assert door is not None
        area, name = str(studio.public_id), door.name
    assert make(manager, name=name, area=area).status_code == 409
    assert count_rows() == before


def test_the_desk_makes_no_doors(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    assert desk.get(PAGE).status_code == 403
    assert "/manage/doors/new" not in desk.get("/status?lang=en").text
