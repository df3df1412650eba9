"""Doors that are shut to everybody: one, those of a campus or all, with a reason."""

import itertools
import uuid
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.world.daytime import day_now
from tests.world.people import a_person
from tests.world.races import at_once
from tests.world.site import Site, a_bridge_at_work, a_staff_actor, door_of, fetch_changes
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.access.shutdowns import service
from zone.access.shutdowns.invariants import count_wrong_states
from zone.access.shutdowns.models import Shutdown
from zone.access.shutdowns.rules import state_of
from zone.access.shutdowns.service import ShutPlace
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor

API = "/api/v1/doors/shutdowns"
NOW = day_now()


def shut(client: FlaskClient, kind: str, reason: str = "A drill", place: object = "all") -> str:
    answer = client.post(API, json={"kind": kind, "reason": reason, "place": str(place)})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def lift(client: FlaskClient, shutdown: str) -> None:
    assert client.post(f"{API}/{shutdown}/lift").status_code == 200


def states() -> dict[uuid.UUID, str]:
    with reading() as session:
        assert count_wrong_states(session, NOW) == 0
        return {row.public_id: row.state for row in session.scalars(select(Door))}


def test_a_lockdown_goes_before_a_block_in_any_order() -> None:
    for kinds in itertools.permutations(["blocked", "lockdown", "blocked"]):
        assert state_of(kinds) == "lockdown"
    assert (state_of(["blocked"]), state_of([])) == ("blocked", "normal")


def test_the_desk_locks_a_campus_down_and_its_bridges_are_told(
    client: FlaskClient, desk: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    first = fetch_changes(client, headers)
    shutdown = shut(desk, "lockdown", "A threat", place="myllypuro")
    assert set(states().values()) == {"lockdown"}
    sent_site = fetch_changes(
        client, headers, epoch=first.epoch, after=first.version, site_digest=first.site_digest
    ).site
    assert sent_site is not None
    assert {door.state for door in sent_site.doors} == {"lockdown"}
    refused = desk.post(f"/api/v1/doors/{site.lobby_door}/open-once", json={"reason": "me"})
    assert refused.get_json()["code"] == "door_shut"
    lift(desk, shutdown)
    assert set(states().values()) == {"normal"}


def test_what_was_blocked_before_a_lockdown_is_blocked_after_it(
    desk: FlaskClient, site: Site
) -> None:
    shut(desk, "blocked", "Broken", place=site.studio_door)
    everywhere = shut(desk, "lockdown")
    assert set(states().values()) == {"lockdown"}
    here = shut(desk, "lockdown", place="myllypuro")
    lift(desk, everywhere)
    assert set(states().values()) == {"lockdown"}
    lift(desk, here)
    found = states()
    assert found.pop(site.studio_door) == "blocked"
    assert set(found.values()) == {"normal"}


def test_shutting_twice_is_once_and_lifting_twice_is_once(desk: FlaskClient, site: Site) -> None:
    first = shut(desk, "blocked", "Broken", place=site.studio_door)
    assert shut(desk, "blocked", "Broken still", place=site.studio_door) == first
    lift(desk, first)
    lift(desk, first)
    again = shut(desk, "blocked", "Broken again", place=site.studio_door)
    assert again != first
    listed = desk.get(API).get_json()["shutdowns"]
    assert [(one["id"], one["reason"]) for one in listed] == [(again, "Broken again")]
    with reading() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.reason).order_by(AuditRow.id))
        assert [tuple(row) for row in rows if row.action.startswith("door.")] == [
            ("door.shut", "Broken"),
            ("door.reopen", "Broken"),
            ("door.shut", "Broken again"),
        ]


def test_a_manager_sets_the_state_of_a_door_with_its_own_shutdown(
    manager: FlaskClient, site: Site
) -> None:
    def change(state: str) -> int:
        door = door_of(manager, site.studio_door)
        body = {"version": door["version"], "state": state}
        return manager.patch(f"/api/v1/doors/{site.studio_door}", json=body).status_code

    assert [change(state) for state in ("blocked", "lockdown")] == [200, 200]
    [one] = manager.get(API).get_json()["shutdowns"]
    assert (one["kind"], one["door"]) == ("lockdown", str(site.studio_door))
    assert change("normal") == 200
    assert states()[site.studio_door] == "normal"
    shut(manager, "blocked", place="myllypuro")
    assert change("normal") == 409, "the campus is shut"
    assert states()[site.studio_door] == "blocked"


def test_a_new_door_of_a_campus_in_lockdown_is_shut(desk: FlaskClient, site: Site) -> None:
    shut(desk, "lockdown", place="myllypuro")
    with writing() as session:
        door = doors.create_door(
            session, area_id=site.studio, bridge_id=site.bridge, name="Window"
        ).public_id
    assert states()[door] == "lockdown"


def test_who_is_no_staff_shuts_nothing(app: Flask, desk: FlaskClient, site: Site) -> None:
    shutdown = shut(desk, "blocked", place=site.studio_door)
    for role in (None, "instructor"):
        client = a_person(app, role) if role else a_person(app)
        body = {"kind": "lockdown", "place": "all", "reason": "Because"}
        assert client.post(API, json=body).status_code == 403
        assert client.post(f"{API}/{shutdown}/lift").status_code == 403
    assert states()[site.studio_door] == "blocked"


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"reason": "x" * 501},
        {"reason": None},
        {"kind": "released"},
        {"kind": "normal"},
        {"place": None},
        {"place": 7},
    ],
    ids=str,
)
def test_wrong_input_shuts_nothing(desk: FlaskClient, site: Site, wrong: dict[str, object]) -> None:
    answer = desk.post(API, json={"kind": "lockdown", "place": "all", "reason": "A drill", **wrong})
    assert answer.status_code == 422, answer.text
    assert set(states().values()) == {"normal"}


def test_what_does_not_exist_is_not_found(desk: FlaskClient, site: Site) -> None:
    for place in ("atlantis", "", str(uuid.uuid4())):
        answer = desk.post(API, json={"kind": "lockdown", "reason": "A drill", "place": place})
        assert answer.status_code == 404
    assert desk.post(f"{API}/{uuid.uuid4()}/lift").status_code == 404


def test_the_doctor_finds_a_door_that_was_opened_by_hand(desk: FlaskClient, site: Site) -> None:
    shut(desk, "lockdown", place="myllypuro")
    with writing() as session:
        session.execute(
            update(Door).where(Door.public_id == site.lobby_door).values(state="normal")
        )
    with reading() as session:
        assert count_wrong_states(session, NOW) == 1


def _race(app: Flask, site: Site) -> None:
    """Shut and lift overlapping places at once while a door is added; three times."""
    with writing() as session:
        actor = a_staff_actor(session, site, "manager")
        door = session.scalars(select(Door.id).where(Door.public_id == site.studio_door)).one()
    places = (ShutPlace(door=door), ShutPlace(campus=site.world.campus), ShutPlace())
    for turn in range(3):
        made = partial(_add_door, site, f"Door {turn}")
        at_once(app, [*(partial(_shut, place, actor) for place in places * 2), made])
        assert set(states().values()) == {"lockdown"}
        with reading() as session:
            open_ones = session.scalars(select(Shutdown).where(Shutdown.lifted_at.is_(None))).all()
        assert len(open_ones) == len(places)
        first, *rest = [one.public_id for one in open_ones]
        at_once(
            app, [*(partial(_lift, one, actor) for one in rest * 2), partial(_lift, first, actor)]
        )
        assert set(states().values()) == {"normal"}


def _shut(place: ShutPlace, actor: Actor) -> None:
    with writing() as session:
        service.shut(session, place, "lockdown", reason="A drill", actor=actor, now=NOW)


def _lift(shutdown: uuid.UUID, actor: Actor) -> None:
    with writing() as session:
        service.lift(session, shutdown, actor=actor, now=NOW)


def _add_door(site: Site, name: str) -> None:
    with writing() as session:
        doors.create_door(session, area_id=site.studio, bridge_id=site.bridge, name=name)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_at_once_each_door_ends_in_the_state_of_the_shutdowns(
    app: Flask, site: Site
) -> None:
    _race(app, site)


@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("nobody waits for whoever shuts doors")
def test_without_the_lock_the_race_is_seen(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "lock_campuses", lambda session: None)
    with pytest.raises(IntegrityError):
        _race(app, site)


def test_a_door_that_is_blocked_with_its_campus_can_be_blocked_for_itself(
    manager: FlaskClient, site: Site
) -> None:
    here = shut(manager, "blocked", "Holiday", place="myllypuro")
    for _ in range(2):
        body = {"version": door_of(manager, site.studio_door)["version"], "state": "blocked"}
        answer = manager.patch(f"/api/v1/doors/{site.studio_door}", json=body)
        assert (answer.status_code, answer.get_json()["state"]) == (200, "blocked")
    assert len(manager.get(API).get_json()["shutdowns"]) == 2
    lift(manager, here)
    found = states()
    assert found.pop(site.studio_door) == "blocked"
    assert set(found.values()) == {"normal"}


@pytest.mark.engines("postgresql")
def test_who_waits_for_the_lock_does_not_say_that_a_door_is_shut_which_has_been_opened(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        actor = a_staff_actor(session, site, "manager")
        door = session.scalars(select(Door).where(Door.public_id == site.studio_door)).one()
    _shut(ShutPlace(door=door.id), actor)
    with reading() as session:
        version, first = session.execute(
            select(Door.version, Shutdown.public_id).join(Shutdown, Shutdown.door_id == Door.id)
        ).one()

    def wait(session: Session) -> None:
        _lift(first, actor)
        service.lock_doors(session)

    monkeypatch.setattr(doors, "lock_doors", wait)
    changes = {"state": "lockdown"}
    with pytest.raises(DomainError) as refused, writing() as session:
        doors.change_door(
            session, site.studio_door, version=version, changes=changes, actor=actor, now=NOW
        )
    assert refused.value.code == "edited_meanwhile"
    assert states()[site.studio_door] == "normal"
