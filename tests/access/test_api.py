"""Staff create areas, doors and bridges over HTTP, with an audit row each."""

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from firmware_bridge.wire.messages import entries
from firmware_bridge.wire.messages import site as wire_site
from firmware_bridge.wire.messages.changes import Changes, StoredEnd
from firmware_bridge.wire.messages.holders import BookingWindow, Holder, Key, Right
from firmware_bridge.wire.reasons import Reason
from tests.world.people import signed_in
from tests.world.site import Site, a_member, sign_on
from zone.access.alarms.models import BridgeAlarm
from zone.access.areas.models import Area, AreaSpace
from zone.access.entries import schemas as entries_schemas
from zone.access.roster import schemas as roster_schemas
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.people.queries import member_by_id
from zone.members.roles.service import grant_role
from zone.places.spaces.models import Space

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def admin(app: Flask, site: Site) -> FlaskClient:
    with writing() as session:
        member, _ = a_member(session, site, "admin", with_pass=False)
        grant_role(session, member, "admin", utc_now())
    return signed_in(app, member)


def audited() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def test_an_area_a_bridge_and_a_door_are_created_and_the_bridge_signs_on(
    admin: FlaskClient, client: FlaskClient, site: Site
) -> None:
    with reading() as session:
        space = session.get_one(Space, site.world.studio).public_id
    area = {
        "campus": "myllypuro",
        "name": "Sauna",
        "kinds": ["gym"],
        "spaces": [str(space)],
        "proves_presence": True,
    }
    made_area = admin.post("/api/v1/areas", json=area)
    made_bridge = admin.post("/api/v1/bridges", json={"campus": "myllypuro", "name": "Sauna"})
    door = {
        "area": made_area.get_json()["id"],
        "bridge": made_bridge.get_json()["id"],
        "name": "Sauna door",
    }
    made_door = admin.post("/api/v1/doors", json=door)
    assert [made.status_code for made in (made_area, made_bridge, made_door)] == [201, 201, 201]
    bridge, headers = sign_on(client, made_bridge.get_json()["token"])
    sent_site = client.get("/api/v1/bridge/changes", headers=headers).get_json()["site"]
    doors = sent_site["doors"]
    # The first issuer exists before any phone enrols.
    assert sent_site["issuers"]
    assert bridge == made_bridge.get_json()["id"]
    assert [(sent["door"], sent["area"]["area"]) for sent in doors] == [
        (made_door.get_json()["id"], door["area"])
    ]
    assert audited() == ["area.create", "bridge.create", "door.create"]
    with reading() as session:
        held = session.scalars(
            select(AreaSpace.space_id).join(Area).where(Area.name == "Sauna")
        ).all()
    assert held == [site.world.studio]


def test_a_revoked_bridge_is_refused_at_once(
    admin: FlaskClient, client: FlaskClient, site: Site
) -> None:
    made = admin.post("/api/v1/bridges", json={"campus": "myllypuro", "name": "Gym"}).get_json()
    _, headers = sign_on(client, made["token"])
    assert client.get("/api/v1/bridge/changes", headers=headers).status_code == 200
    assert admin.post(f"/api/v1/bridges/{made['id']}/revoke").status_code == 204
    assert client.get("/api/v1/bridge/changes", headers=headers).status_code == 401
    assert (
        admin.post(f"/api/v1/bridges/{made['id']}/enrolment-token").get_json()["code"]
        == "bridge_enrolled"
    )


def test_a_lost_token_is_replaced(admin: FlaskClient, client: FlaskClient, site: Site) -> None:
    made = admin.post("/api/v1/bridges", json={"campus": "myllypuro", "name": "Gym"}).get_json()
    renewed = admin.post(f"/api/v1/bridges/{made['id']}/enrolment-token").get_json()
    body = {"token": made["token"], "public_key": "11" * 32}
    assert client.post("/api/v1/bridge/enrol", json=body).get_json()["code"] == "enrolment_invalid"
    assert (
        client.post("/api/v1/bridge/enrol", json=body | {"token": renewed["token"]}).status_code
        == 201
    )


def test_bridges_are_listed_with_their_open_alarms(admin: FlaskClient, site: Site) -> None:
    with writing() as session:
        session.add(
            BridgeAlarm(
                public_id=uuid.uuid4(),
                bridge_id=site.bridge,
                kind="chain_break",
                seq=4,
                recorded_at=utc_now(),
            )
        )
    listed = {
        bridge["name"]: bridge for bridge in admin.get("/api/v1/bridges").get_json()["bridges"]
    }
    assert listed["Myllypuro"]["alarms"] == 1
    assert listed["Myllypuro"]["state"] == "waiting"
    assert listed["Myllypuro, back"]["alarms"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("areas", {"campus": "myllypuro", "name": "Studio", "kinds": ["gym"]}),
        ("bridges", {"campus": "myllypuro", "name": "Myllypuro"}),
    ],
)
def test_a_name_that_is_taken_is_refused(
    admin: FlaskClient, path: str, body: dict[str, Any]
) -> None:
    answered = admin.post(f"/api/v1/{path}", json=body)
    assert (answered.status_code, answered.get_json()["code"]) == (409, "name_taken")


def test_unknown_objects_are_not_found(admin: FlaskClient, site: Site) -> None:
    unknown = str(uuid.uuid4())
    assert (
        admin.post("/api/v1/bridges", json={"campus": "atlantis", "name": "x"}).status_code == 404
    )
    assert admin.post("/api/v1/doors", json={"area": unknown, "name": "x"}).status_code == 404
    assert admin.post(f"/api/v1/bridges/{unknown}/revoke").status_code == 404
    assert admin.get(f"/api/v1/sessions/{unknown}/attendance").status_code == 403


@pytest.mark.parametrize(
    "ends_at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2200-01-01T00:00:00Z"]
)
def test_the_end_of_a_suspension_is_bounded(admin: FlaskClient, site: Site, ends_at: str) -> None:
    with writing() as session:
        member = member_by_id(session, a_member(session, site, "student")[0]).public_id
    answer = admin.post(
        f"/api/v1/members/{member}/suspensions", json={"reason": "a test", "ends_at": ends_at}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_input")


def test_students_may_not_create_doors(app: Flask, site: Site) -> None:
    with writing() as session:
        student, _ = a_member(session, site, "student")
    browser = signed_in(app, student)
    for path in ("areas", "doors", "bridges"):
        assert browser.post(f"/api/v1/{path}", json={}).status_code == 403


def fields_of(schema: type) -> set[str]:
    return set(schema().fields)


def test_the_documented_messages_are_those_of_the_wire() -> None:
    """The wire parses the messages; the schemas only document them."""
    area = wire_site.Area("a", "c", ("gym",), occupancy_limit=40)
    key = Key(bytes(8), bytes(33))
    pairs: list[tuple[type, dict[str, Any]]] = [
        (
            entries_schemas.EntrySchema,
            entries.Entry(1, "u", "d", "scan", 0, True, Reason.GRANTED).to_json(),
        ),
        (entries_schemas.UploadSchema, entries.Upload((), bytes(32), bytes(32)).to_json()),
        (entries_schemas.ReceiptSchema, entries.UploadAck((), (), ()).to_json()),
        (roster_schemas.KeySchema, key.to_json()),
        (roster_schemas.RightSchema, Right("gym", (), 0, 1).to_json()),
        (roster_schemas.SlotSchema, BookingWindow("a", 0, 1).to_json()),
        (
            roster_schemas.HolderSchema,
            Holder(1, (), (), (), False, True, *[(Right("gym", (), 0, 1),)] * 3).to_json(),
        ),
        (roster_schemas.AreaSchema, area.to_json()),
        (
            roster_schemas.DoorSchema,
            wire_site.Door(
                "d",
                "n",
                area,
                releases=(wire_site.Release(0, 1),),
                direction="out",
                held_alarm_seconds=60,
            ).to_json(),
        ),
        (roster_schemas.SiteSchema, wire_site.Site((), {}).to_json()),
        (
            roster_schemas.ChangesSchema,
            Changes(
                "e",
                0,
                False,
                False,
                (),
                None,
                "d",
                grants_seen=1,
                stored=StoredEnd(1, bytes(32)),
            ).to_json(),
        ),
    ]
    for schema, message in pairs:
        assert fields_of(schema) == set(message), schema.__name__


def test_the_schema_leaves_out_nothing_of_the_changes(
    client: FlaskClient, admin: FlaskClient, site: Site
) -> None:
    made = admin.post("/api/v1/bridges", json={"campus": "myllypuro", "name": "Gym"}).get_json()
    _, headers = sign_on(client, made["token"])
    changes = client.get("/api/v1/bridge/changes", headers=headers).get_json()
    assert Changes.from_json(changes).to_json() == changes
