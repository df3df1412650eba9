"""Doors that are the way out, at the server."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from firmware_bridge.wire.reasons import Reason
from tests.world.people import a_person
from tests.world.site import (
    START,
    Journal,
    Site,
    a_bridge_at_work,
    a_member,
    a_phone,
    check_in,
    door_of,
    fetch_changes,
    judged_at_desk,
    receive,
)
from zone.access.alarms.models import BridgeAlarm
from zone.access.alarms.service import update_word_alarms
from zone.access.doors.models import Door
from zone.access.entries.models import Entry, UsedCode
from zone.access.visits.models import Visit
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.passes.passes.models import PassEvent

MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(site: Site) -> tuple[int, int]:
    with writing() as session:
        return a_member(session, site, "student")


def make_way_out(site: Site) -> None:
    """Make the door of the other bridge the way out of the studio."""
    with writing() as session:
        session.scalars(
            select(Door).where(Door.public_id == site.other_door)
        ).one().direction = "out"


def test_staff_make_a_door_the_way_out(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    path, door = f"/api/v1/doors/{site.other_door}", door_of(manager, site.other_door)
    assert door["direction"] == "in"
    changed = manager.patch(path, json={"version": 1, "direction": "out"}).get_json()
    assert (changed["direction"], changed["version"]) == ("out", 2)
    assert manager.patch(path, json={"version": 2, "direction": "up"}).status_code == 422
    made = manager.post(
        "/api/v1/doors", json={"area": door["area"], "name": "Back", "direction": "out"}
    ).get_json()
    assert manager.get(f"/api/v1/doors/{made['id']}").get_json()["direction"] == "out"


def test_a_bridge_hears_which_way_a_door_leads_and_an_older_one_shuts_it(
    client: FlaskClient, site: Site
) -> None:
    with writing() as session:
        session.execute(update(Door).values(direction="out"))
    older = a_bridge_at_work(client, site, wire=4)
    sent = fetch_changes(client, older).site
    assert sent is not None
    assert {(door.state, door.direction) for door in sent.doors} == {("blocked", "in")}
    with writing() as session:
        update_word_alarms(session, utc_now())
    with reading() as session:
        kinds = session.scalars(select(BridgeAlarm.kind).distinct()).all()
    assert kinds == ["unknown_word"], "staff see why the doors are shut"


def test_a_newer_bridge_hears_which_way_a_door_leads(client: FlaskClient, site: Site) -> None:
    with writing() as session:
        session.execute(update(Door).values(direction="out"))
    sent = fetch_changes(client, a_bridge_at_work(client, site, wire=5)).site
    assert sent is not None
    assert {(door.state, door.direction) for door in sent.doors} == {("normal", "out")}
    with reading() as session:
        assert session.scalars(select(BridgeAlarm.kind)).all() == []


def test_leaving_makes_no_visit_and_activates_no_pass(site: Site, person: tuple[int, int]) -> None:
    make_way_out(site)
    journal = Journal(site.other_door)
    journal.scan(person[1], START, leaving=True)
    receive(site.other_bridge, journal.upload(), START)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Visit)) == 0
        assert session.scalar(select(PassEvent.id).where(PassEvent.kind == "activated")) is None
        assert session.scalars(select(Entry.pending)).all() == [False]


def test_a_code_comes_in_and_leaves_once_each(site: Site, person: tuple[int, int]) -> None:
    inside, out = Journal(site.studio_door), Journal(site.other_door)
    inside.scan(person[1], START)
    for _ in range(2):
        out.scan(person[1], START, leaving=True)
    receive(site.bridge, inside.upload(), START)
    receive(site.other_bridge, out.upload(), START)
    with reading() as session:
        ways = session.scalars(select(UsedCode.leaving).order_by(UsedCode.id)).all()
        alarms = session.execute(select(BridgeAlarm.kind, BridgeAlarm.seq)).all()
    assert ways == [False, True]
    assert [tuple(row) for row in alarms] == [("code_used_twice", 2)]


def test_the_boxes_of_an_area_hear_of_who_has_left(
    client: FlaskClient, site: Site, person: tuple[int, int]
) -> None:
    headers = a_bridge_at_work(client, site, wire=5)
    out = Journal(site.other_door)
    out.scan(person[1], utc_now(), leaving=True)
    receive(site.other_bridge, out.upload(), utc_now())
    changes = fetch_changes(client, headers, grants_after=0)
    assert [grant.leaving for grant in changes.grants] == [True]


def test_the_desk_does_not_take_a_way_out_for_a_right(site: Site) -> None:
    make_way_out(site)
    with writing() as session:
        member, _ = a_member(session, site, "guest", with_pass=False)
    with writing() as session:
        judged = judged_at_desk(session, member, site.other_door, START)
        assert judged.reason is Reason.NO_RIGHT
        done = check_in(session, site.other_door, member, override=False, now=START)
    assert (done.granted, done.visit_id) == (False, None)


def test_the_page_shows_a_way_out_and_who_was_let_out(
    app: Flask, site: Site, person: tuple[int, int], settings: Settings
) -> None:
    make_way_out(site)
    with writing() as session:
        a_phone(session, person[0], settings)
    out = Journal(site.other_door)
    out.scan(person[1], utc_now(), leaving=True)
    receive(site.other_bridge, out.upload(), utc_now())
    page = a_person(app, "manager").get("/status?lang=en").text
    assert "Way out" in page
    assert "Let out" in page
    desk = a_person(app, "desk").get("/desk?lang=en").text
    assert "has left" in desk
    assert "0 let in within the hour" in desk
