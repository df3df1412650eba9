"""The manager's page of an area: who may come in, how often and how many; and a new area."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import a_person
from tests.world.rendered_forms import RenderedForm, form_with
from tests.world.site import Site
from zone.access.areas.models import Area, AreaSpace
from zone.core.db.transactions import reading, writing
from zone.places.campuses.service import create_campus
from zone.places.spaces.service import create_space

pytestmark = pytest.mark.engines("sqlite")


def the_area(area: uuid.UUID) -> tuple[Area, int]:
    """Return an area, and how many spaces it holds."""
    with reading() as session:
        row = session.scalars(select(Area).where(Area.public_id == area)).one()
        held = session.scalars(select(AreaSpace).where(AreaSpace.area_id == row.id)).all()
        return row, len(held)


def area_of(site: Site) -> uuid.UUID:
    with reading() as session:
        return session.get_one(Area, site.studio).public_id


def the_form(manager: FlaskClient, area: uuid.UUID) -> RenderedForm:
    return form_with(manager, f"/manage/areas/{area}", "passback")


def test_a_manager_sets_a_limit_and_takes_it_away(app: Flask, site: Site) -> None:
    manager, area = a_person(app, "manager"), area_of(site)
    limited = the_form(manager, area).save(manager, occupancy_limit="40", passback="timed")
    assert limited.location == f"/manage/areas/{area}?done=saved"
    row, _ = the_area(area)
    assert (row.occupancy_limit, row.passback) == (40, "timed")
    assert the_form(manager, area).save(manager, occupancy_limit="").status_code == 303
    assert the_area(area)[0].occupancy_limit is None


def test_saving_the_form_as_it_is_changes_nothing(app: Flask, site: Site) -> None:
    manager, area = a_person(app, "manager"), area_of(site)
    before, spaces = the_area(area)
    assert spaces > 0
    assert the_form(manager, area).save(manager).status_code == 303
    after, kept = the_area(area)
    assert (after.version, kept) == (before.version, spaces)


def test_an_area_opens_to_some_kind_of_pass(app: Flask, site: Site) -> None:
    manager, area = a_person(app, "manager"), area_of(site)
    form = the_form(manager, area)
    form.data["kinds"] = []
    refused = form.save(manager)
    assert refused.status_code == 422
    assert 'id="e-kinds"' in refused.text


def test_of_two_who_change_an_area_the_slower_one_sees_what_is_stored(
    app: Flask, site: Site
) -> None:
    manager, area = a_person(app, "manager"), area_of(site)
    first, late = (the_form(manager, area) for _ in range(2))
    assert first.save(manager, passback="hard").status_code == 303
    refused = late.save(manager, stay_minutes="30")
    assert (refused.status_code, 'id="stored"' in refused.text) == (409, True)
    assert the_area(area)[0].stay_minutes == 90


def test_a_new_area_gets_its_spaces_on_its_own_page(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    form = form_with(manager, "/manage/areas/new", "passback")
    made = form.save(manager, campus="myllypuro", name="Weights")
    assert made.status_code == 303
    area = uuid.UUID(made.location.split("/")[-1].split("?")[0])
    row, spaces = the_area(area)
    assert (row.name, row.kinds, spaces) == ("Weights", ["gym"], 0)
    held = the_form(manager, area)
    held.data["spaces"] = [str(site.world.court_1)]
    assert held.save(manager).status_code == 303
    assert the_area(area)[1] == 1


def test_the_desk_changes_no_area(app: Flask, site: Site) -> None:
    desk, area = a_person(app, "desk"), area_of(site)
    assert desk.get(f"/manage/areas/{area}").status_code == 403
    assert desk.post(f"/manage/areas/{area}", data={"version": "1"}).status_code == 403


def test_an_area_holds_no_space_of_another_campus(app: Flask, site: Site) -> None:
    manager, area = a_person(app, "manager"), area_of(site)
    with writing() as session:
        campus = create_campus(session, code="arabia", name="Arcada Arabia")
        names = ("Sali", "Salen", "Hall")
        far = create_space(
            session, campus_id=campus.id, code="far", names=names, capacity=9, parts=["far"]
        ).public_id
    form = the_form(manager, area)
    form.data["spaces"] = [str(far)]
    assert form.save(manager).status_code == 404
    before, spaces = the_area(area)
    path, change = f"/api/v1/areas/{area}", {"version": before.version, "spaces": [str(far)]}
    assert manager.patch(path, json=change).status_code == 404
    new = {"campus": "myllypuro", "name": "Weights", "kinds": ["gym"], "spaces": [str(far)]}
    assert manager.post("/api/v1/areas", json=new).status_code == 404
    after, kept = the_area(area)
    assert (after.version, kept) == (before.version, spaces)
