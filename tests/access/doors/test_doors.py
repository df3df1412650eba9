"""Areas and doors over the API: permissions, edits of an older version, and door states."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.version import WIRE
from tests.world.daytime import day_now
from tests.world.people import a_person
from tests.world.races import at_once
from tests.world.site import (
    Site,
    a_bridge_at_work,
    a_member,
    a_phone,
    a_staff_actor,
    door_of,
    fetch_changes,
)
from zone.access.areas.models import Area
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.roster_marks.models import RosterMark

NOW = day_now()


def actions() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def test_the_desk_reads_doors_and_areas_and_changes_none(desk: FlaskClient, site: Site) -> None:
    for what in ("areas", "doors", "bridges", "alarms"):
        assert desk.get(f"/api/v1/{what}").status_code == 200
    door = desk.get("/api/v1/doors").get_json()["doors"][0]
    change = {"version": door["version"], "state": "blocked"}
    assert desk.patch(f"/api/v1/doors/{door['id']}", json=change).status_code == 403
    area = desk.get("/api/v1/areas").get_json()["areas"][0]
    assert (
        desk.patch(
            f"/api/v1/areas/{area['id']}", json={"version": 1, "sensitive": True}
        ).status_code
        == 403
    )
    assert desk.post(f"/api/v1/alarms/{uuid.uuid4()}/acknowledge").status_code == 403


def test_members_without_a_role_read_no_doors(app: Flask, site: Site) -> None:
    student = a_person(app)
    for what in ("areas", "doors", "bridges", "alarms", f"doors/{site.studio_door}"):
        assert student.get(f"/api/v1/{what}").status_code == 403
    assert (
        student.post(
            f"/api/v1/doors/{site.studio_door}/open-once", json={"reason": "me"}
        ).status_code
        == 403
    )


def test_a_changed_door_reaches_its_bridge(
    client: FlaskClient, manager: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    first = fetch_changes(client, headers)
    door = door_of(manager, site.studio_door)
    change = {"version": door["version"], "state": "blocked", "strike_ms": 15000}
    changed = manager.patch(f"/api/v1/doors/{door['id']}", json=change).get_json()
    assert (changed["state"], changed["strike_ms"], changed["version"]) == (
        "blocked",
        15000,
        door["version"] + 1,
    )
    site_now = fetch_changes(
        client, headers, epoch=first.epoch, after=first.version, site_digest=first.site_digest
    ).site
    assert site_now is not None
    sent = next(sent for sent in site_now.doors if sent.door == door["id"])
    assert (sent.state, sent.strike_ms) == ("blocked", 15000)
    assert actions()[-1] == "door.change"


def test_an_area_is_changed_with_the_spaces_that_it_holds(manager: FlaskClient, site: Site) -> None:
    area = next(
        area
        for area in manager.get("/api/v1/areas").get_json()["areas"]
        if area["name"] == "Studio"
    )
    change = {
        "version": 1,
        "spaces": [],
        "passback": "hard",
        "sensitive": True,
        "proves_presence": False,
    }
    changed = manager.patch(f"/api/v1/areas/{area['id']}", json=change).get_json()
    assert {name: changed[name] for name in change if name != "version"} == {
        name: value for name, value in change.items() if name != "version"
    }
    assert len(area["spaces"]) == 1
    assert changed["version"] == 2
    assert actions()[-1] == "area.change"


def test_members_with_a_phone_are_marked_when_bookings_open_other_areas(
    manager: FlaskClient, site: Site, settings: Settings
) -> None:
    with writing() as session:
        phone = a_phone(session, a_member(session, site, "student")[0], settings)
    with reading() as session:
        newest = session.scalars(select(func.max(RosterMark.id))).one()
    area = next(
        area
        for area in manager.get("/api/v1/areas").get_json()["areas"]
        if area["name"] == "Studio"
    )
    manager.patch(f"/api/v1/areas/{area['id']}", json={"version": 1, "sensitive": True})
    manager.patch(f"/api/v1/areas/{area['id']}", json={"version": 2, "needs_booking": True})
    with reading() as session:
        assert session.scalars(
            select(RosterMark.member_id).where(RosterMark.id > newest)
        ).all() == [phone.member]


def test_a_stale_edit_is_a_409_that_says_what_differs(manager: FlaskClient, site: Site) -> None:
    path = f"/api/v1/doors/{site.studio_door}"
    assert manager.patch(path, json={"version": 1, "name": "New name"}).status_code == 200
    answer = manager.patch(path, json={"version": 1, "name": "Other name", "strike_ms": 5000})
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (409, "edited_meanwhile")
    assert (body["version"], body["changed"]) == (2, ["name"])
    assert door_of(manager, site.studio_door)["name"] == "New name"


def check_one_of_several_edits_is_stored(app: Flask, site: Site) -> None:
    def attempt(number: int) -> str:
        with writing() as session:
            actor = a_staff_actor(session, site, "manager")
        try:
            with writing() as session:
                doors.change_door(
                    session,
                    site.studio_door,
                    version=1,
                    changes={"strike_ms": 1000 + number},
                    actor=actor,
                    now=NOW,
                )
        except DomainError as error:
            return error.code
        return "won"

    answers = at_once(app, [lambda number=number: attempt(number) for number in range(4)])  # type: ignore[misc]  # a loop's own
    assert sorted(answers) == ["edited_meanwhile"] * 3 + ["won"]


@pytest.mark.engines("sqlite", "postgresql")
def test_one_of_several_concurrent_edits_is_stored(app: Flask, site: Site) -> None:
    check_one_of_several_edits_is_stored(app, site)


@pytest.mark.planted_fault("an edit does not check the version")
def test_an_edit_without_a_version_check_fails_the_check(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ignore_version(
        _session: Session, row: Door | Area, _version: int, values: Mapping[str, Any]
    ) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    monkeypatch.setattr(doors, "update_if_version", ignore_version)
    with pytest.raises(AssertionError):
        check_one_of_several_edits_is_stored(app, site)


def test_no_door_can_be_held_open(manager: FlaskClient, site: Site) -> None:
    answer = manager.patch(
        f"/api/v1/doors/{site.studio_door}", json={"version": 1, "state": "released"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "door_never_held_open")
    assert door_of(manager, site.studio_door)["state"] == "normal"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"version": "1"},
        {"version": 0},
        {"version": 1, "strike_ms": 99},
        {"version": 1, "strike_ms": 60001},
        {"version": 1, "state": "open"},
        {"version": 1, "name": ""},
        {"version": 1, "area": "x"},
        {"version": 1, "unknown": 1},
        {"version": 1, "name": None},
        {"version": 10**30},
    ],
)
def test_a_malformed_change_is_a_422_and_changes_nothing(
    manager: FlaskClient, site: Site, bad: dict[str, object]
) -> None:
    answer = manager.patch(f"/api/v1/doors/{site.studio_door}", json=bad)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")
    assert door_of(manager, site.studio_door)["version"] == 1


@pytest.mark.engines("sqlite")
def test_unknown_objects_are_a_404(manager: FlaskClient, site: Site) -> None:
    unknown = uuid.uuid4()
    for path in (
        f"areas/{unknown}",
        f"doors/{unknown}",
        f"bridges/{unknown}",
        f"doors/{unknown}/orders",
        f"doors/orders/{unknown}",
    ):
        assert manager.get(f"/api/v1/{path}").status_code == 404
    assert manager.patch(f"/api/v1/doors/{unknown}", json={"version": 1}).status_code == 404
    assert manager.patch(f"/api/v1/areas/{unknown}", json={"version": 1}).status_code == 404
    assert (
        manager.post(f"/api/v1/doors/{unknown}/open-once", json={"reason": "x"}).status_code == 404
    )
    assert manager.post(f"/api/v1/alarms/{unknown}/acknowledge").status_code == 404
    door = f"/api/v1/doors/{site.studio_door}"
    for change in ({"area": str(unknown)}, {"bridge": str(unknown)}):
        assert manager.patch(door, json={"version": 1, **change}).status_code == 404
    area = door_of(manager, site.studio_door)["area"]
    assert (
        manager.patch(
            f"/api/v1/areas/{area}", json={"version": 1, "spaces": [str(unknown)]}
        ).status_code
        == 404
    )


def test_a_name_that_is_taken_is_a_409(manager: FlaskClient, site: Site) -> None:
    taken = door_of(manager, site.other_door)["name"]
    answer = manager.patch(f"/api/v1/doors/{site.studio_door}", json={"version": 1, "name": taken})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "name_taken")


def test_a_door_has_its_own_times_of_being_held_open(
    manager: FlaskClient, client: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site, wire=WIRE)
    path = f"/api/v1/doors/{site.studio_door}"
    change = {"version": 1, "held_warning_seconds": 45, "held_alarm_seconds": 60}
    assert manager.patch(path, json=change).status_code == 200
    told = fetch_changes(client, headers).site
    assert told is not None
    times = {door.door: door.held_alarm_seconds for door in told.doors}
    assert (times[str(site.studio_door)], times[str(site.court_door)]) == (60, 30)
    refused = manager.patch(path, json={"version": 2, "held_warning_seconds": 90})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "held_times_reversed")
