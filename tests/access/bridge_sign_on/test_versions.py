"""The server speaks the version that a bridge names at sign-on, in the agreed shape."""

import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from firmware_bridge.wire.version import WIRE
from tests.world.people import a_person
from tests.world.site import (
    Journal,
    Site,
    a_bridge_at_work,
    a_member,
    a_phone,
    a_staff_actor,
    booked,
    fetch_changes,
)
from zone.access.alarms import jobs as alarms_jobs
from zone.access.alarms import queries as alarms_queries
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.access.releases import service as releases
from zone.access.releases.service import NewRelease
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people import service as people
from zone.passes.entitlements import rules as entitlements
from zone.passes.entitlements.rules import EVERY_DAY, Conditions, UseHours
from zone.passes.passes.life import as_stored
from zone.passes.passes.models import Pass

pytestmark = pytest.mark.engines("sqlite")

GOLDEN = Path(__file__).parents[2] / "firmware_bridge" / "wire" / "golden"
BRIDGE_API = "/api/v1/bridge"


def wire_of(site: Site) -> int:
    with reading() as session:
        return session.get_one(Bridge, site.bridge).wire


@pytest.mark.parametrize(
    ("named", "stored"),
    [
        ({}, 1),
        ({"wire": 1}, 1),
        ({"wire": 2}, 2),
        ({"wire": 8}, 8),
        ({"wire": "new"}, 1),
        ({"wire": True}, 1),
        ({"wire": -1}, 1),
        ({"wire": 2**40}, 1),
        ({"colour": "blue"}, 1),
    ],
)
def test_a_bridge_of_any_version_signs_on(
    client: FlaskClient, site: Site, named: dict[str, Any], stored: int
) -> None:
    headers = a_bridge_at_work(client, site, **named)
    assert fetch_changes(client, headers).site is not None
    assert wire_of(site) == stored


@pytest.mark.parametrize(
    "query", ["new=1&new=2", "alarms=a_b&alarms=c_d", "after=0&after=0", "clock=atomic", "lang=x"]
)
def test_no_name_or_word_of_a_newer_bridge_refuses_its_changes(
    client: FlaskClient, site: Site, query: str
) -> None:
    headers = a_bridge_at_work(client, site)
    for path in ("changes", "chain"):
        answer = client.get(f"{BRIDGE_API}/{path}?{query}", headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize("odd", ["", "7b", "-1", "1.5", "9" * 30, "%00", "[]", "x" * 300])
@pytest.mark.parametrize("name", ["after", "epoch", "site_digest", "waiting"])
def test_what_a_newer_bridge_says_of_itself_in_another_form_refuses_no_changes(
    client: FlaskClient, site: Site, name: str, odd: str
) -> None:
    headers = a_bridge_at_work(client, site)
    answer = client.get(f"{BRIDGE_API}/changes?{name}={odd}", headers=headers)
    assert answer.status_code == 200
    assert answer.get_json()["site"] is not None
    if name == "waiting":
        with reading() as session:  # while anything waits, nobody is marked absent
            assert session.get_one(Bridge, site.bridge).backlog == 1


def test_staff_see_which_version_a_bridge_speaks(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    a_bridge_at_work(client, site, wire=WIRE)
    bridges = a_person(app, "desk").get("/api/v1/bridges").get_json()["bridges"]
    assert {bridge["name"]: bridge["wire"] for bridge in bridges} == {
        "Myllypuro": WIRE,
        "Myllypuro, back": 1,
    }


# The alarm of a bridge that is too old.


def set_state(site: Site, state: str) -> None:
    """Store a door's state that a newer server would allow."""
    with writing() as session:
        session.execute(text("PRAGMA ignore_check_constraints=ON"))
        door = session.scalars(select(Door).where(Door.public_id == site.studio_door)).one()
        door.state = state
        session.flush()
        session.execute(text("PRAGMA ignore_check_constraints=OFF"))


def open_alarms() -> list[tuple[str, str | None]]:
    with reading() as session:
        return [(one.kind, one.door) for one in alarms_queries.alarms(session, every=False)]


def test_a_door_with_a_word_too_new_for_its_bridge_has_an_alarm(
    client: FlaskClient, site: Site, settings: Settings
) -> None:
    headers = a_bridge_at_work(client, site)
    fetch_changes(client, headers, alarms="disk_full")
    set_state(site, "night")
    alarms_jobs.watch_bridges(settings, utc_now())
    assert {kind for kind, _ in open_alarms()} == {"disk_full", "unknown_word"}
    # Polls neither end it nor open it again.
    for reported in ("", "disk_full", ""):
        page = fetch_changes(client, headers, alarms=reported)
        assert page.site is not None
        assert page.site.doors[0].state == "blocked"
    assert [kind for kind, _ in open_alarms()] == ["unknown_word"]
    set_state(site, "normal")
    alarms_jobs.watch_bridges(settings, utc_now())
    assert open_alarms() == []


# The shape of what the server answers.


def golden(wire: int, name: str) -> Any:
    message = json.loads((GOLDEN / f"v{wire}" / f"{name}.json").read_text(encoding="utf-8"))
    return message["answer"]


def shape(value: Any) -> Any:
    """The names and types of a JSON value; of a list, those of all its items together."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return ["list", *sorted({json.dumps(shape(item)) for item in value if item is not None})]
    return type(value).__name__


def without(page: dict[str, Any]) -> dict[str, Any]:
    """A page whose doors all have opening hours: null or a list is both right."""
    for door in page["site"]["doors"]:
        door["area"]["windows"] = [[1, 2]]
    page["site"]["issuers"] = {"1": "ab"}
    return page


@pytest.mark.parametrize("wire", range(1, WIRE + 1))
def test_the_server_answers_in_the_shape_of_each_version(
    client: FlaskClient,
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    wire: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = {} if wire == 1 else {"wire": wire}
    answers = remember(client, monkeypatch)
    headers = a_bridge_at_work(client, site, **named)
    with writing() as session:
        full, _ = a_member(session, site, "full", with_pass=True)
        phone = a_phone(session, full, settings)
        session.execute(text("UPDATE area SET needs_booking = :yes"), {"yes": True})
        # A field of version 4, which a row has only where it says something.
        people.update_member(session, full, more_time=wire >= 4, now=utc_now())
        # Of version 5, which older bridges are not told.
        actor = a_staff_actor(session, site, "manager")
        for door in session.scalars(select(Door.public_id)).all():
            every_day = NewRelease(range(1, 8), time(8), time(16))
            releases.add_release(session, door, every_day, actor=actor, now=utc_now())
        limited = session.scalars(select(Door).where(Door.public_id == site.court_door)).one()
        limited.direction = "out"
        # Of version 6.
        limited.held_alarm_seconds = 60
        session.get_one(Area, limited.area_id).occupancy_limit = 40
        # Of version 7.
        held = session.scalars(select(Pass).where(Pass.member_id == full)).one()
        held.pauses = as_stored([(held.ends_on, held.ends_on)])
        # Of version 8: gym and courts at some hours, classes by booking.
        limits = Conditions((UseHours(EVERY_DAY),), activities=("class",))
        held.conditions = entitlements.as_stored(limits)
    booked(full, yoga)
    journal = Journal(site.studio_door)
    journal.scan(5, utc_now())
    client.post(f"{BRIDGE_API}/entries", json=journal.upload().to_json(), headers=headers)
    fetch_changes(client, headers, **({"grants_after": 0} if wire >= 5 else {}))
    ask = {"kid": phone.kid.hex(), "holder": None, "door": str(site.studio_door)}
    client.post(f"{BRIDGE_API}/ask", json=ask, headers=headers)
    for name in ("enrol", "challenge", "sign_on"):
        assert shape(answers[name]) == shape(golden(wire, name)), name
    changes, expected = without(answers["changes"]), without(golden(wire, "changes"))
    assert changes.keys() == expected.keys()
    assert shape(changes["site"]) == shape(expected["site"])
    assert shape(answers["ask"]["rows"][0]["keys"]) == shape(expected["rows"][0]["keys"])
    assert answers["ask"]["rows"][0].keys() == expected["rows"][0].keys()
    assert answers["entries"].keys() == golden(wire, "entries").keys()


def remember(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Record the client's answers of the bridge's API, by the name of their golden file."""
    answers: dict[str, Any] = {}
    genuine = client.open

    def recording(*args: Any, **options: Any) -> Any:
        answer = genuine(*args, **options)
        name = answer.request.path.removeprefix(f"{BRIDGE_API}/").replace("-", "_")
        answers[name] = answer.get_json()
        return answer

    monkeypatch.setattr(client, "open", recording)
    return answers


def test_of_a_bridge_that_has_not_signed_on_nobody_says_that_it_is_too_old(
    site: Site, settings: Settings
) -> None:
    with writing() as session:
        session.execute(text("UPDATE area SET occupancy_limit = 100"))
        session.execute(update(Bridge).values(enrolled_at=utc_now()))
    alarms_jobs.watch_bridges(settings, utc_now())
    with reading() as session:
        assert alarms_queries.alarms(session, every=True) == []
