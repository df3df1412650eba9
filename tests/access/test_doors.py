"""Areas and doors by API: who may, stale edits, door states, and a door opened once from the desk."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.messages.roster import Changes
from firmware_bridge.wire.reasons import Reason
from tests.world.people import a_person
from tests.world.races import at_once
from tests.world.site import Journal, Site, a_member, a_phone, a_staff_actor, receive, sign_on
from zone.access.areas.models import Area
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges.models import Bridge
from zone.access.door_commands import queries as door_commands_queries
from zone.access.door_commands import rules as door_commands_rules
from zone.access.door_commands import service as door_commands
from zone.access.door_commands.models import DoorCommand
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.roster_marks.models import RosterMark

NOW = utc_now()


@pytest.fixture
def manager(app: Flask, site: Site) -> FlaskClient:
    return a_person(app, "manager")


@pytest.fixture
def desk(app: Flask, site: Site) -> FlaskClient:
    return a_person(app, "desk")


def door_of(browser: FlaskClient, door: uuid.UUID) -> dict[str, Any]:
    answer = browser.get(f"/api/v1/doors/{door}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def actions() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def a_bridge_at_work(client: FlaskClient, site: Site) -> dict[str, str]:
    with writing() as session:
        token = bridge_sign_on.enrolment_token(
            session, session.get_one(Bridge, site.bridge), utc_now()
        )
    return sign_on(client, token)[1]


def fetched(client: FlaskClient, headers: dict[str, str], **told: object) -> Changes:
    answer = client.get("/api/v1/bridge/changes", query_string=told, headers=headers)
    assert answer.status_code == 200, answer.get_json()
    return Changes.from_json(answer.get_json())


# Reading and changing.


def test_the_desk_sees_doors_and_areas_and_changes_none(desk: FlaskClient, site: Site) -> None:
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


def test_people_without_a_role_see_nothing_of_the_doors(app: Flask, site: Site) -> None:
    student = a_person(app)
    for what in ("areas", "doors", "bridges", "alarms", f"doors/{site.studio_door}"):
        assert student.get(f"/api/v1/{what}").status_code == 403
    assert (
        student.post(
            f"/api/v1/doors/{site.studio_door}/open-once", json={"reason": "me"}
        ).status_code
        == 403
    )


def test_a_door_is_changed_and_its_bridge_hears_of_it(
    client: FlaskClient, manager: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    first = fetched(client, headers)
    door = door_of(manager, site.studio_door)
    change = {"version": door["version"], "state": "blocked", "strike_ms": 15000}
    changed = manager.patch(f"/api/v1/doors/{door['id']}", json=change).get_json()
    assert (changed["state"], changed["strike_ms"], changed["version"]) == (
        "blocked",
        15000,
        door["version"] + 1,
    )
    site_now = fetched(
        client, headers, epoch=first.epoch, after=first.version, site_digest=first.site_digest
    ).site
    assert site_now is not None
    told = next(one for one in site_now.doors if one.door == door["id"])
    assert (told.state, told.strike_ms) == ("blocked", 15000)
    assert actions()[-1] == "door.change"


def test_an_area_is_changed_with_the_spaces_that_it_holds(manager: FlaskClient, site: Site) -> None:
    area = next(
        one for one in manager.get("/api/v1/areas").get_json()["areas"] if one["name"] == "Studio"
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


def test_who_has_a_phone_is_told_anew_when_bookings_open_other_areas(
    manager: FlaskClient, site: Site, settings: Settings
) -> None:
    with writing() as session:
        phone = a_phone(session, a_member(session, site, "student")[0], settings)
    with reading() as session:
        newest = session.scalars(select(func.max(RosterMark.id))).one()
    area = next(
        one for one in manager.get("/api/v1/areas").get_json()["areas"] if one["name"] == "Studio"
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


def check_one_of_the_editors_wins(app: Flask, site: Site) -> None:
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


def test_of_editors_at_once_one_wins(app: Flask, site: Site) -> None:
    check_one_of_the_editors_wins(app, site)


@pytest.mark.planted_fault("an edit that asks for no version")
def test_an_edit_that_asks_for_no_version_fails_the_check(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whoever_comes_last(
        _session: Session, row: Door | Area, _version: int, values: Mapping[str, Any]
    ) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    monkeypatch.setattr(doors, "update_version", whoever_comes_last)
    with pytest.raises(AssertionError):
        check_one_of_the_editors_wins(app, site)


def test_no_door_is_held_open_from_afar(manager: FlaskClient, site: Site) -> None:
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
def test_a_change_of_another_shape_is_a_422_and_changes_nothing(
    manager: FlaskClient, site: Site, bad: dict[str, object]
) -> None:
    answer = manager.patch(f"/api/v1/doors/{site.studio_door}", json=bad)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")
    assert door_of(manager, site.studio_door)["version"] == 1


@pytest.mark.engines("sqlite")
def test_what_is_not_there_is_a_404(manager: FlaskClient, site: Site) -> None:
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


# Opened once.


def order_by_http(browser: FlaskClient, door: uuid.UUID, **headers: str) -> dict[str, Any]:
    answer = browser.post(
        f"/api/v1/doors/{door}/open-once", json={"reason": "A parcel"}, headers=headers
    )
    assert answer.status_code == 202, answer.get_json()
    made: dict[str, Any] = answer.get_json()
    return made


def told_of(
    door: uuid.UUID, order: str, *kinds: str, reason: Reason | None = None
) -> messages_entries.Upload:
    journal = Journal(door)
    for kind in kinds:
        seq, at = len(journal.rows) + 1, int(utc_now().timestamp() * 1000)
        granted = kind == "opened_by_desk"
        journal.append(
            messages_entries.Entry(
                seq, str(uuid.uuid4()), str(door), kind, at, granted, reason=reason, ref=order
            )
        )
    return journal.upload()


def test_an_order_reaches_the_bridge_and_its_entry_settles_it(
    client: FlaskClient, desk: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    fetched(client, headers)
    order = order_by_http(desk, site.studio_door)
    assert (order["state"], order["online"]) == ("waiting", True)
    (sent,) = fetched(client, headers).orders
    assert isinstance(sent, dict)
    assert (sent["order"], sent["door"], sent["kind"]) == (
        order["id"],
        str(site.studio_door),
        "open_once",
    )
    upload = told_of(
        site.studio_door, order["id"], "opened_by_desk", reason=Reason.GRANTED
    ).to_json()
    assert client.post("/api/v1/bridge/entries", json=upload, headers=headers).status_code == 200
    assert desk.get(f"/api/v1/doors/orders/{order['id']}").get_json()["state"] == "opened"
    assert fetched(client, headers).orders == ()
    door = door_of(desk, site.studio_door)
    assert (door["last_entry"]["kind"], door["last_entry"]["granted"]) == ("opened_by_desk", True)


def test_who_had_a_door_opened_and_why_stays_on_record(desk: FlaskClient, site: Site) -> None:
    order_by_http(desk, site.studio_door)
    with reading() as session:
        row = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (row.action, row.object_id, row.reason) == (
        "door.open_once",
        str(site.studio_door),
        "A parcel",
    )
    assert row.actor_id is not None


def test_sent_twice_with_one_key_it_is_one_order(desk: FlaskClient, site: Site) -> None:
    first = order_by_http(desk, site.studio_door, **{"Idempotency-Key": "a"})
    assert order_by_http(desk, site.studio_door, **{"Idempotency-Key": "a"})["id"] == first["id"]
    assert len(desk.get(f"/api/v1/doors/{site.studio_door}/orders").get_json()["orders"]) == 1


def test_an_order_to_a_bridge_that_is_offline_expires_and_says_so(site: Site) -> None:
    with writing() as session:
        actor = a_staff_actor(session, site, "desk")
        order = door_commands.open_once(
            session, site.studio_door, actor=actor, reason="A parcel", now=NOW
        )
    later = NOW + door_commands_rules.COMMAND_LIFETIME
    with reading() as session:
        just_before = door_commands_queries.command_view(
            session, order.id, later - timedelta(seconds=1)
        )
        after = door_commands_queries.command_view(session, order.id, later)
        assert (just_before.state, after.state, after.online) == ("waiting", "expired", False)
        assert (
            len(
                door_commands_queries.waiting_commands(
                    session, site.bridge, later - timedelta(seconds=1)
                )
            )
            == 1
        )
        assert door_commands_queries.waiting_commands(session, site.bridge, later) == []


@pytest.mark.parametrize(
    ("kinds", "reason", "state"),
    [
        (("opened_by_desk", "relay_fault"), None, "relay_fault"),
        (("order_refused",), Reason.LOCKDOWN, "refused"),
        (("order_refused",), Reason.EXPIRED, "expired"),
    ],
)
def test_the_desk_hears_why_a_door_did_not_open(
    site: Site, kinds: tuple[str, ...], reason: Reason | None, state: str
) -> None:
    order = an_order(site)
    receive(site.bridge, told_of(site.studio_door, order, *kinds, reason=reason), utc_now())
    with reading() as session:
        assert (
            door_commands_queries.command_view(session, uuid.UUID(order), utc_now()).state == state
        )


def an_order(site: Site) -> str:
    with writing() as session:
        actor = a_staff_actor(session, site, "desk")
        return str(
            door_commands.open_once(
                session, site.studio_door, actor=actor, reason="A parcel", now=utc_now()
            ).id
        )


def check_no_other_box_settles_an_order(site: Site) -> None:
    """The property: an order to a door is answered by that door's own bridge and by no other."""
    order = an_order(site)
    receive(site.other_bridge, told_of(site.other_door, order, "opened_by_desk"), utc_now())
    with reading() as session:
        assert session.scalars(select(DoorCommand.outcome)).one() is None


def test_no_other_box_settles_an_order(site: Site) -> None:
    check_no_other_box_settles_an_order(site)


@pytest.mark.planted_fault("a server that believes every box")
def test_a_server_that_believes_every_box_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = door_commands.settle
    monkeypatch.setattr(
        door_commands,
        "settle",
        lambda session, bridge, entries, now: settle(
            session,
            site.bridge,
            [
                messages_entries.Entry(
                    **{**{n: getattr(e, n) for n in e.__slots__}, "door": str(site.studio_door)}
                )
                for e in entries
            ],
            now,
        ),
    )
    with pytest.raises(AssertionError):
        check_no_other_box_settles_an_order(site)


def test_a_door_that_is_shut_or_has_no_bridge_is_not_opened(
    manager: FlaskClient, site: Site
) -> None:
    path = f"/api/v1/doors/{site.studio_door}"
    assert manager.patch(path, json={"version": 1, "state": "lockdown"}).status_code == 200
    shut = manager.post(f"{path}/open-once", json={"reason": "x"})
    assert (shut.status_code, shut.get_json()["code"]) == (409, "door_shut")
    assert (
        manager.patch(path, json={"version": 2, "state": "normal", "bridge": None}).status_code
        == 200
    )
    alone = manager.post(f"{path}/open-once", json={"reason": "x"})
    assert (alone.status_code, alone.get_json()["code"]) == (409, "door_without_bridge")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"reason": ""},
        {"reason": "   "},
        {"reason": 5},
        {"reason": "x" * 501},
        {"reason": "x", "door": "y"},
    ],
)
def test_without_a_reason_nothing_opens(
    desk: FlaskClient, site: Site, bad: dict[str, object]
) -> None:
    assert desk.post(f"/api/v1/doors/{site.studio_door}/open-once", json=bad).status_code == 422
    assert desk.get(f"/api/v1/doors/{site.studio_door}/orders").get_json()["orders"] == []
