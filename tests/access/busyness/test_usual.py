"""Each hour is counted while it runs, and the weeks together say what is usual."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.site import START, Journal, Site, a_member, build, receive
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.busyness import service
from zone.access.busyness.models import BusyHour
from zone.access.busyness.queries import usual_weeks
from zone.access.busyness.rules import KEPT
from zone.access.front_page.queries import front_page
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date, to_helsinki

MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)


@pytest.fixture
def site(app: Flask) -> Site:
    with writing() as session:
        return build(session)


def come(site: Site, people: int, at: datetime = START) -> None:
    """Let so many people in."""
    with writing() as session:
        holders = [a_member(session, site, f"p{n}")[1] for n in range(people)]
    journal = Journal(site.studio_door)
    for holder in holders:
        journal.scan(holder, at)
    receive(site.bridge, journal.upload(), at)


def count(now: datetime) -> int:
    with writing() as session:
        return service.count_hour(session, now)


def rows() -> list[tuple[int, int]]:
    with reading() as session:
        found = session.execute(select(BusyHour.hour, BusyHour.people).order_by(BusyHour.hour))
        return [(hour, people) for hour, people in found]


def test_an_hour_holds_the_most_who_were_inside_at_once(site: Site) -> None:
    come(site, 6)
    hour = to_helsinki(START).hour
    assert count(START + MINUTE) == 1
    assert count(START + 20 * MINUTE) == 1
    assert rows() == [(hour, 6)]
    # Two hours later all count as gone; the campus is open, so that it is known that it is empty.
    assert count(START + 120 * MINUTE) == 1
    assert rows() == [(hour, 6), (hour + 2, 0)]
    assert count(START + 59 * MINUTE) == 1
    assert rows()[0] == (hour, 6)


def check_unknown_hours_are_not_counted(site: Site) -> None:
    come(site, 6)
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at, bridge.seen_at = START - WEEK, START - 30 * MINUTE
    assert count(START + MINUTE) == 0
    assert rows() == []


def test_nothing_is_counted_while_a_bridge_is_not_heard(site: Site) -> None:
    check_unknown_hours_are_not_counted(site)


@pytest.mark.planted_fault("lost bridges are not looked at")
def test_a_count_without_the_lost_doors_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "lost_bridges", lambda _bridges, _now: [])
    with pytest.raises(AssertionError):
        check_unknown_hours_are_not_counted(site)


def check_who_is_inside_a_closed_campus_leaves_no_trace(site: Site) -> None:
    night = START + timedelta(hours=12)
    come(site, 1, night)
    assert count(night + MINUTE) == 0
    assert rows() == []


def test_a_closed_campus_has_no_hour_whoever_is_inside(site: Site) -> None:
    check_who_is_inside_a_closed_campus_leaves_no_trace(site)


@pytest.mark.planted_fault("a closed campus is counted")
def test_a_count_of_a_closed_campus_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_is_open", lambda _bridges, _hours, _now: True)
    with pytest.raises(AssertionError):
        check_who_is_inside_a_closed_campus_leaves_no_trace(site)


@pytest.mark.parametrize("people", [0, 1])
def test_a_campus_with_an_area_that_is_always_open_is_counted_at_night(
    site: Site, people: int
) -> None:
    with writing() as session:
        session.get_one(Area, site.studio).always_open = True
    night = START + timedelta(hours=12)
    come(site, 1, night - timedelta(hours=(1 - people) * 3))  # one who came long before is gone
    assert count(night + MINUTE) == 1
    assert [counted for _, counted in rows()] == [people]


def weeks_of(site: Site, people: list[int], now: datetime) -> None:
    """Count the same hour of the last weeks, the newest first."""
    with writing() as session:
        for back, number in enumerate(people, 1):
            wall = to_helsinki(now - back * WEEK)
            day, weekday = wall.date(), wall.isoweekday()
            row = BusyHour(
                campus_id=site.world.campus, day=day, hour=17, weekday=weekday, people=number
            )
            session.add(row)


def test_the_usual_week_is_that_of_the_last_eight_weeks(site: Site) -> None:
    weeks_of(site, [70, 70, 64, 0, 0, 0, 0, 0, 9000], START)
    with reading() as session:
        week = usual_weeks(session, START)[site.world.campus]
    weekday = to_helsinki(START).isoweekday()
    assert week.levels == {(weekday, 17): "some"}, "of 70 who fit in, 204 in eight weeks are 36 %"
    assert week.until == helsinki_date(START - WEEK)


def test_hours_of_long_ago_are_deleted(site: Site) -> None:
    come(site, 6)
    weeks_of(site, [1] * 10, START)
    count(START + MINUTE)
    with reading() as session:
        oldest = session.scalars(select(BusyHour.day).order_by(BusyHour.day)).first()
    assert oldest == helsinki_date(START) - KEPT


def test_everybody_reads_how_busy_a_campus_is_now_and_usually(
    client: FlaskClient, site: Site, settings: Settings
) -> None:
    now = utc_now()
    with writing() as session:
        holders = [a_member(session, site, f"p{n}")[1] for n in range(3)]
    journal = Journal(site.studio_door)
    for holder in holders:
        journal.scan(holder, now)
    receive(site.bridge, journal.upload(), now)
    weeks_of(site, [60, 60, 60], now)
    (campus,) = client.get("/api/v1/busyness").get_json()["campuses"]
    assert (campus["campus"], campus["level"]) == ("myllypuro", "quiet")
    weekday = to_helsinki(now).isoweekday()
    assert campus["usual"] == [{"weekday": weekday, "hour": 17, "level": "busy"}]
    page = client.get("/campuses?lang=en").text
    assert "When it is usually quiet" in page
    with reading() as session:
        shown = front_page(session, now).usually
    assert [one.usual.levels for one in shown] == [{(weekday, 17): "busy"}]
