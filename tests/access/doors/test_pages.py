"""The manager's page of a door: what is set of it, and a new door."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.people import a_person
from tests.world.rendered_forms import form_with, forms_in
from tests.world.site import Site
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing

pytestmark = pytest.mark.engines("sqlite")


def the_door(door: uuid.UUID) -> Door:
    with reading() as session:
        return session.scalars(select(Door).where(Door.public_id == door)).one()


def bridge_of(number: int) -> uuid.UUID:
    with reading() as session:
        return session.get_one(Bridge, number).public_id


def page_of(site: Site) -> str:
    return f"/manage/doors/{site.studio_door}"


def test_a_manager_sets_the_lock_and_the_times_of_a_door(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    form = form_with(manager, page_of(site), "strike_ms")
    saved = form.save(
        manager, strike_ms="15000", held_warning_seconds="45", held_alarm_seconds="60"
    )
    assert saved.location == f"{page_of(site)}?done=saved"
    door = the_door(site.studio_door)
    assert (door.strike_ms, door.held_warning_seconds, door.held_alarm_seconds) == (15000, 45, 60)
    refused = form_with(manager, page_of(site), "strike_ms").save(manager, held_alarm_seconds="10")
    assert refused.status_code == 422
    assert 'value="10"' in refused.text, "as it was typed"


def test_of_two_who_change_a_door_the_slower_one_sees_what_is_stored(
    app: Flask, site: Site
) -> None:
    manager = a_person(app, "manager")
    form, late = (form_with(manager, page_of(site), "bridge") for _ in range(2))
    assert form.save(manager, bridge=str(bridge_of(site.other_bridge))).status_code == 303
    refused = late.save(manager, bridge="")
    assert refused.status_code == 409, "somebody else was faster"
    shown = next(one for one in forms_in(refused.text, page_of(site)) if "bridge" in one.data)
    assert shown.data["bridge"] == [""], "as it was typed"
    assert the_door(site.studio_door).bridge_id == site.other_bridge
    with reading() as session:
        actions = list(session.scalars(select(AuditRow.action)))
    assert actions.count("door.change") == 1


def test_a_door_without_a_bridge_is_named_and_gets_one(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    with writing() as session:
        session.scalars(
            select(Door).where(Door.public_id == site.studio_door)
        ).one().bridge_id = None
    assert f'href="{page_of(site)}"' in manager.get("/status?lang=en").text
    form = form_with(manager, page_of(site), "bridge")
    assert form.save(manager, bridge=str(bridge_of(site.bridge))).status_code == 303
    assert the_door(site.studio_door).bridge_id == site.bridge


def test_saving_a_door_keeps_its_revoked_bridge(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    with writing() as session:
        session.get_one(Bridge, site.bridge).revoked_at = utc_now()
    form = form_with(manager, page_of(site), "bridge")
    assert form.save(manager, name="Studio, street").status_code == 303
    door = the_door(site.studio_door)
    assert (door.name, door.bridge_id) == ("Studio, street", site.bridge)


def test_a_new_door_leads_into_the_area_whose_page_asked_for_it(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    area = manager.get(f"/api/v1/doors/{site.studio_door}").get_json()["area"]
    form = form_with(manager, f"/manage/doors/new?area={area}", "strike_ms")
    assert form.data["area"] == [area]
    made = form.save(manager, name="Side door", bridge=str(bridge_of(site.bridge)))
    assert made.status_code == 303
    door = the_door(uuid.UUID(made.location.split("/")[-1].split("?")[0]))
    assert (door.name, door.bridge_id, door.direction) == ("Side door", site.bridge, "in")
    taken = form_with(manager, f"/manage/doors/new?area={area}", "strike_ms")
    assert taken.save(manager, name="Side door").status_code == 409


def test_the_only_bridge_is_proposed_for_a_new_door(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")

    def proposed() -> list[str]:
        return form_with(manager, "/manage/doors/new", "strike_ms").data["bridge"]

    assert proposed() == [""], "there are two"
    with writing() as session:
        session.get_one(Bridge, site.other_bridge).revoked_at = utc_now()
    assert proposed() == [str(bridge_of(site.bridge))]
    with writing() as session:
        session.get_one(Bridge, site.bridge).revoked_at = utc_now()
    assert proposed() == [""]
    assert "There is no bridge yet" in manager.get("/manage/doors/new?lang=en").text


def test_the_desk_neither_sees_nor_changes_what_is_set_of_a_door(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    assert desk.get(page_of(site)).status_code == 403
    assert desk.post(page_of(site), data={"version": "1"}).status_code == 403
    assert page_of(site) not in desk.get("/status").text
