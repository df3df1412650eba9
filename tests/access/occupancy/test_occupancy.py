"""How many people are inside areas and campuses, on the server."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from firmware_bridge.wire.reasons import Reason
from tests.world.people import a_person
from tests.world.site import START, Journal, Site, a_member, check_in, let_in_at_desk, receive
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.occupancy import queries
from zone.access.occupancy.queries import AreaOccupancy, areas_now, people_by_campus
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing

MINUTE = timedelta(minutes=1)
NOW = START + 60 * MINUTE


@pytest.fixture
def people(site: Site) -> list[tuple[int, int]]:
    """Six people: member and holder."""
    with writing() as session:
        return [a_member(session, site, f"p{n}") for n in range(6)]


def set_area(site: Site, **values: object) -> None:
    with writing() as session:
        session.execute(update(Area).where(Area.id == site.studio).values(**values))


def studio(site: Site, now: object = NOW) -> AreaOccupancy:
    with reading() as session:
        return next(one for one in areas_now(session, now) if one.name == "Studio")  # type: ignore[arg-type]  # a datetime


def test_each_person_inside_is_counted_once(site: Site, people: list[tuple[int, int]]) -> None:
    holders = [holder for _, holder in people]
    journal = Journal(site.studio_door)
    for minutes in (0, 5, 10):
        journal.scan(holders[0], START + minutes * MINUTE)
    journal.scan(holders[0], START + 12 * MINUTE, door=site.lobby_door)
    journal.scan(holders[1], START + 13 * MINUTE)
    journal.scan(holders[2], START + 14 * MINUTE, granted=False)
    journal.not_opened(journal.scan(holders[3], START + 15 * MINUTE))
    journal.scan(holders[4], START + 16 * MINUTE)
    journal.scan(holders[4], START + 30 * MINUTE, leaving=True)
    receive(site.bridge, journal.upload(), NOW)
    assert studio(site).people == 2, "not the refused one, who did not go in, and who left"
    with reading() as session:
        assert people_by_campus(session, NOW) == {site.world.campus: 2}
        assert people_by_campus(session, START + 29 * MINUTE) == {site.world.campus: 3}


def test_who_comes_back_is_inside_again(site: Site, people: list[tuple[int, int]]) -> None:
    journal, holder = Journal(site.studio_door), people[0][1]
    journal.scan(holder, START)
    journal.scan(holder, START + MINUTE, leaving=True)
    journal.not_opened(journal.scan(holder, START + 2 * MINUTE))
    receive(site.bridge, journal.upload(), NOW)
    assert studio(site).people == 0
    journal.scan(holder, START + 3 * MINUTE)
    receive(site.bridge, journal.upload(), NOW)
    assert studio(site).people == 1


def test_who_is_not_seen_to_leave_counts_for_the_stay_of_the_area(
    site: Site, people: list[tuple[int, int]]
) -> None:
    journal = Journal(site.studio_door)
    journal.scan(people[0][1], START)
    receive(site.bridge, journal.upload(), NOW)
    assert studio(site, START + 89 * MINUTE).people == 1
    assert studio(site, START + 90 * MINUTE).people == 0
    set_area(site, stay_minutes=1440)
    assert studio(site, START + 1439 * MINUTE).people == 1


def test_who_checked_in_at_the_desk_is_inside(site: Site, people: list[tuple[int, int]]) -> None:
    journal = Journal(site.studio_door)
    journal.scan(people[0][1], START)
    receive(site.bridge, journal.upload(), NOW)
    with writing() as session:
        let_in_at_desk(session, people[1][0], site.studio, START)
    assert studio(site).people == 2


def test_a_door_that_nobody_uses_counts_nobody(site: Site) -> None:
    with reading() as session:
        assert areas_now(session, NOW) == []


def check_nothing_is_said_while_a_bridge_is_offline(
    site: Site, people: list[tuple[int, int]]
) -> None:
    journal, last = Journal(site.studio_door), NOW - 10 * MINUTE
    journal.scan(people[0][1], START)
    receive(site.bridge, journal.upload(), NOW)
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at, bridge.seen_at = START - timedelta(days=9), last
    lost = studio(site)
    assert (lost.people, lost.lost_at) == (None, last)
    with writing() as session:
        session.get_one(Bridge, site.bridge).seen_at = NOW - MINUTE
    assert (studio(site).people, studio(site).lost_at) == (1, None)


def test_nothing_is_said_while_a_bridge_is_offline(
    site: Site, people: list[tuple[int, int]]
) -> None:
    check_nothing_is_said_while_a_bridge_is_offline(site, people)


@pytest.mark.planted_fault("offline bridges are not noticed")
def test_a_number_without_the_offline_doors_fails_the_check(
    site: Site, people: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "is_online", lambda _seen_at, _now: True)
    with pytest.raises(AssertionError):
        check_nothing_is_said_while_a_bridge_is_offline(site, people)


def test_the_desk_is_told_that_it_is_full_and_may_let_in_all_the_same(
    site: Site, people: list[tuple[int, int]]
) -> None:
    set_area(site, occupancy_limit=1)
    journal = Journal(site.studio_door)
    journal.scan(people[0][1], START)
    receive(site.bridge, journal.upload(), START)
    soon = START + 5 * MINUTE
    with writing() as session:
        door = site.studio_door
        refused = check_in(session, door, people[1][0], override=False, now=soon)
        assert (refused.granted, refused.reason) == (False, Reason.AREA_FULL)
        inside = check_in(session, door, people[0][0], override=False, now=soon)
        assert inside.granted, "who is inside takes no place anew"
        let_in = check_in(session, door, people[1][0], override=True, now=soon)
        assert (let_in.granted, let_in.overridden) == (True, True)


def test_the_desk_lets_in_again_who_has_left(site: Site, people: list[tuple[int, int]]) -> None:
    set_area(site, passback="hard", passback_seconds=3600)
    member, holder = people[0]
    journal = Journal(site.studio_door)
    journal.scan(holder, START)
    receive(site.bridge, journal.upload(), START)
    soon = START + 5 * MINUTE
    with writing() as session:
        refused = check_in(session, site.studio_door, member, override=False, now=soon)
    assert refused.reason is Reason.ANTI_PASSBACK
    journal.scan(holder, START + 2 * MINUTE, leaving=True)
    receive(site.bridge, journal.upload(), soon)
    with writing() as session:
        assert check_in(session, site.studio_door, member, override=False, now=soon).granted


def test_staff_set_a_limit_and_see_how_many_are_inside(
    app: Flask, site: Site, people: list[tuple[int, int]]
) -> None:
    manager, desk = a_person(app, "manager"), a_person(app, "desk")
    areas = manager.get("/api/v1/areas").get_json()["areas"]
    area = next(one for one in areas if one["name"] == "Studio")
    assert (area["occupancy_limit"], area["stay_minutes"]) == (None, 90)
    path = f"/api/v1/areas/{area['id']}"
    change = {"version": 1, "occupancy_limit": 1, "stay_minutes": 60, "passback": "timed"}
    assert manager.patch(path, json=change).get_json()["occupancy_limit"] == 1
    for wrong in ({"occupancy_limit": 0}, {"stay_minutes": 0}, {"stay_minutes": 1441}):
        assert manager.patch(path, json={"version": 2, **wrong}).status_code == 422
    journal = Journal(site.studio_door)
    journal.scan(people[0][1], utc_now() - MINUTE)
    receive(site.bridge, journal.upload(), utc_now())
    [shown] = desk.get("/api/v1/occupancy").get_json()["areas"]
    assert (shown["name"], shown["people"], shown["occupancy_limit"]) == ("Studio", 1, 1)
    page = desk.get("/status?lang=en").text
    assert "1 of 1 inside" in page
    assert "Full" in page
    cleared = manager.patch(path, json={"version": 2, "occupancy_limit": None}).get_json()
    assert cleared["occupancy_limit"] is None
    assert "1 inside" in desk.get("/status?lang=en").text
