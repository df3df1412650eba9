"""A door is opened once from the desk: the command, its outcome, and who may settle it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.version import WIRE
from tests.world.daytime import day_now
from tests.world.site import (
    Journal,
    Site,
    a_bridge_at_work,
    a_staff_actor,
    door_of,
    fetch_changes,
    receive,
)
from zone.access.door_commands import queries as door_commands_queries
from zone.access.door_commands import rules as door_commands_rules
from zone.access.door_commands import service as door_commands
from zone.access.door_commands.models import DoorCommand
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing

NOW = day_now()


def command_over_http(browser: FlaskClient, door: uuid.UUID, **headers: str) -> dict[str, Any]:
    answer = browser.post(
        f"/api/v1/doors/{door}/open-once", json={"reason": "A parcel"}, headers=headers
    )
    assert answer.status_code == 202, answer.get_json()
    made: dict[str, Any] = answer.get_json()
    return made


def upload_about(
    door: uuid.UUID, command: str, *kinds: str, reason: Reason | None = None
) -> messages_entries.Upload:
    journal = Journal(door)
    for kind in kinds:
        seq, at = len(journal.rows) + 1, int(utc_now().timestamp() * 1000)
        granted = kind == "opened_by_desk"
        journal.append(
            messages_entries.Entry(
                seq, str(uuid.uuid4()), str(door), kind, at, granted, reason=reason, ref=command
            )
        )
    return journal.upload()


def test_a_command_reaches_the_bridge_and_its_entry_settles_it(
    client: FlaskClient, desk: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    fetch_changes(client, headers)
    command = command_over_http(desk, site.studio_door)
    assert (command["state"], command["online"]) == ("waiting", True)
    (sent,) = fetch_changes(client, headers).orders
    assert isinstance(sent, dict)
    assert (sent["order"], sent["door"], sent["kind"]) == (
        command["id"],
        str(site.studio_door),
        "open_once",
    )
    upload = upload_about(
        site.studio_door, command["id"], "opened_by_desk", reason=Reason.GRANTED
    ).to_json()
    assert client.post("/api/v1/bridge/entries", json=upload, headers=headers).status_code == 200
    assert desk.get(f"/api/v1/doors/orders/{command['id']}").get_json()["state"] == "opened"
    assert fetch_changes(client, headers).orders == ()
    door = door_of(desk, site.studio_door)
    assert (door["last_entry"]["kind"], door["last_entry"]["granted"]) == ("opened_by_desk", True)


def test_the_audit_log_has_the_actor_and_the_reason(desk: FlaskClient, site: Site) -> None:
    command_over_http(desk, site.studio_door)
    with reading() as session:
        row = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (row.action, row.object_id, row.reason) == (
        "door.open_once",
        str(site.studio_door),
        "A parcel",
    )
    assert row.actor_id is not None


def test_a_repeated_request_with_one_key_is_one_command(desk: FlaskClient, site: Site) -> None:
    first = command_over_http(desk, site.studio_door, **{"Idempotency-Key": "a"})
    assert (
        command_over_http(desk, site.studio_door, **{"Idempotency-Key": "a"})["id"] == first["id"]
    )
    assert len(desk.get(f"/api/v1/doors/{site.studio_door}/orders").get_json()["orders"]) == 1


def test_a_command_to_an_offline_bridge_expires(site: Site) -> None:
    with writing() as session:
        actor = a_staff_actor(session, site, "desk")
        command = door_commands.open_once(
            session, site.studio_door, actor=actor, reason="A parcel", now=NOW
        )
    later = NOW + door_commands_rules.COMMAND_LIFETIME
    with reading() as session:
        just_before = door_commands_queries.command_view(
            session, command.id, later - timedelta(seconds=1)
        )
        after = door_commands_queries.command_view(session, command.id, later)
        assert (just_before.state, after.state, after.online) == ("waiting", "expired", False)
        assert (
            len(
                door_commands_queries.waiting_commands(
                    session, site.bridge, WIRE, later - timedelta(seconds=1)
                )
            )
            == 1
        )
        assert door_commands_queries.waiting_commands(session, site.bridge, WIRE, later) == []


@pytest.mark.parametrize(
    ("kinds", "reason", "state"),
    [
        (("opened_by_desk", "relay_fault"), None, "relay_fault"),
        (("order_refused",), Reason.LOCKDOWN, "refused"),
        (("order_refused",), Reason.EXPIRED, "expired"),
    ],
)
def test_the_outcome_says_why_a_door_did_not_open(
    site: Site, kinds: tuple[str, ...], reason: Reason | None, state: str
) -> None:
    command = a_command(site)
    receive(site.bridge, upload_about(site.studio_door, command, *kinds, reason=reason), utc_now())
    with reading() as session:
        assert (
            door_commands_queries.command_view(session, uuid.UUID(command), utc_now()).state
            == state
        )


def a_command(site: Site) -> str:
    with writing() as session:
        actor = a_staff_actor(session, site, "desk")
        return str(
            door_commands.open_once(
                session, site.studio_door, actor=actor, reason="A parcel", now=utc_now()
            ).id
        )


def check_no_other_bridge_settles_a_command(site: Site) -> None:
    """Only the bridge of a door can settle a command to it."""
    command = a_command(site)
    receive(site.other_bridge, upload_about(site.other_door, command, "opened_by_desk"), utc_now())
    with reading() as session:
        assert session.scalars(select(DoorCommand.outcome)).one() is None


def test_no_other_bridge_settles_a_command(site: Site) -> None:
    check_no_other_bridge_settles_a_command(site)


@pytest.mark.planted_fault("commands are settled for any bridge")
def test_settling_for_every_bridge_fails_the_check(
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
        check_no_other_bridge_settles_a_command(site)


def test_a_blocked_door_or_one_without_a_bridge_is_not_opened(
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
def test_a_command_needs_a_reason(desk: FlaskClient, site: Site, bad: dict[str, object]) -> None:
    assert desk.post(f"/api/v1/doors/{site.studio_door}/open-once", json=bad).status_code == 422
    assert desk.get(f"/api/v1/doors/{site.studio_door}/orders").get_json()["orders"] == []
