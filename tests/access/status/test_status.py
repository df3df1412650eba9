"""Bridges as staff see them: reported status, alarms, and the status page."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from firmware_bridge.wire.messages.alarms import parse_alarms
from tests.world.daytime import day_now
from tests.world.people import a_person
from tests.world.site import (
    Journal,
    Site,
    a_bridge_at_work,
    a_member,
    a_staff_actor,
    fetch_changes,
    receive,
)
from zone.access.alarms import jobs as alarms_jobs
from zone.access.alarms import queries as alarms_queries
from zone.access.alarms import service as alarms
from zone.access.alarms.models import BridgeAlarm
from zone.access.bridges import queries as bridges_queries
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.doors import queries as doors_queries
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import READER, db
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.desk.live_doors import queries as live_doors

NOW = day_now()


def report(site: Site, status: bridges.BridgeStatus, minutes: float = 0) -> None:
    """Store one poll of the bridge, as the route does."""
    now = NOW + timedelta(minutes=minutes)
    with writing() as session:
        if bridges.store_status(session, site.bridge, status, now):
            alarms.update_alarms(session, site.bridge, status.alarms, now)


def open_alarms() -> list[tuple[str, str | None]]:
    with reading() as session:
        return sorted(
            (alarm.kind, alarm.door) for alarm in alarms_queries.alarms(session, every=False)
        )


def the_bridge(browser: FlaskClient) -> dict[str, Any]:
    listed = browser.get("/api/v1/bridges").get_json()["bridges"]
    return next(bridge for bridge in listed if bridge["name"] == "Myllypuro")


def enrol_bridge(site: Site, minutes: float = 0) -> None:
    """Set the time at which the bridge enrolled."""
    with writing() as session:
        session.get_one(Bridge, site.bridge).enrolled_at = NOW + timedelta(minutes=minutes)


def test_a_bridge_reports_its_status_with_each_poll(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    first = fetch_changes(client, headers, clock="synced", software="0.1.0", waiting=7)
    with writing() as session:
        a_member(session, site, "student")
    desk = a_person(app, "desk")
    bridge = the_bridge(desk)
    assert {
        name: bridge[name] for name in ("state", "online", "backlog", "clock", "software", "alarms")
    } == {
        "state": "enrolled",
        "online": True,
        "backlog": 7,
        "clock": "synced",
        "software": "0.1.0",
        "alarms": 0,
    }
    fetch_changes(
        client, headers, after=first.version, epoch=first.epoch, clock="holdover", software="0.1.0"
    )
    bridge = the_bridge(desk)
    assert (bridge["clock"], bridge["roster_version"], bridge["backlog"]) == (
        "holdover",
        first.version,
        0,
    )


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("odd", "opened"),
    [
        ({"clock": "gps"}, ["unknown_word"]),
        ({"alarms": "tamper"}, ["unknown_word"]),
        ({"alarms": "disk_full,tamper:1"}, ["disk_full"]),
        ({"software": "a b"}, []),
        ({"alarms": "Disk!"}, []),
        ({"alarms": "a" * 20001}, ["unknown_word"]),
        ({"battery": "low"}, []),
    ],
)
def test_a_status_of_a_newer_bridge_is_answered(
    client: FlaskClient, site: Site, odd: dict[str, str], opened: list[str]
) -> None:
    headers = a_bridge_at_work(client, site)
    assert fetch_changes(client, headers, **odd).site is not None
    assert [kind for kind, _ in open_alarms()] == opened


def check_an_alarm_lasts_while_it_is_reported(site: Site) -> None:
    """An alarm has one row from its beginning to its end, however often it is reported."""
    broken = f"disk_full,reader_lost:{site.studio_door}"
    for minute in range(3):
        report(site, bridges.BridgeStatus(alarms=broken), minute)
    assert [kind for kind, _ in open_alarms()] == ["disk_full", "reader_lost"]
    report(site, bridges.BridgeStatus(alarms="disk_full"), 4)
    report(site, bridges.BridgeStatus(), 5)
    assert open_alarms() == []
    report(site, bridges.BridgeStatus(alarms="disk_full"), 6)
    with reading() as session:
        rows = session.execute(
            select(BridgeAlarm.kind, BridgeAlarm.cleared_at).order_by(BridgeAlarm.id)
        ).all()
    ends = sorted(
        (kind, None if at is None else (at - NOW).total_seconds() / 60) for kind, at in rows[:2]
    )
    assert ends == [("disk_full", 5), ("reader_lost", 4)]
    assert rows[2:] == [("disk_full", None)]


def test_an_alarm_lasts_while_it_is_reported(site: Site) -> None:
    check_an_alarm_lasts_while_it_is_reported(site)


@pytest.mark.planted_fault("alarms are never cleared")
def test_never_clearing_alarms_fails_the_check(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_begin(session: Any, bridge: int, reported: str, now: Any) -> None:
        alarms.open_alarms(
            session, [(bridge, kind, None) for kind, _ in parse_alarms(reported)], now
        )

    monkeypatch.setattr(alarms, "update_alarms", only_begin)
    with pytest.raises(AssertionError):
        check_an_alarm_lasts_while_it_is_reported(site)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_keeps_one_lasting_alarm_of_a_kind(site: Site) -> None:
    with writing() as session:
        assert alarms.open_alarms(session, [(site.bridge, "disk_full", None)], NOW) == [site.bridge]
        assert alarms.open_alarms(session, [(site.bridge, "disk_full", None)], NOW) == []
        assert alarms.open_alarms(session, [(site.other_bridge, "disk_full", None)], NOW) == [
            site.other_bridge
        ]


def test_an_unknown_alarm_is_an_unknown_word_and_one_of_a_foreign_door_is_ignored(
    site: Site,
) -> None:
    report(
        site,
        bridges.BridgeStatus(
            alarms=f"of_tomorrow,reader_lost:{site.other_door},reader_lost:nonsense,clock_unset"
        ),
    )
    assert open_alarms() == [("clock_unset", None), ("unknown_word", None)]


def test_an_alarm_is_acknowledged_once_and_stays_on_record(app: Flask, site: Site) -> None:
    report(site, bridges.BridgeStatus(alarms="disk_full"))
    manager = a_person(app, "manager")
    (alarm,) = manager.get("/api/v1/alarms").get_json()["alarms"]
    for _ in range(2):
        assert manager.post(f"/api/v1/alarms/{alarm['id']}/acknowledge").status_code == 204
    assert manager.get("/api/v1/alarms").get_json()["alarms"] == []
    (kept,) = manager.get("/api/v1/alarms?every=true").get_json()["alarms"]
    assert kept["acknowledged_at"] is not None
    with reading() as session:
        acknowledged = select(func.count()).where(AuditRow.action == "alarm.acknowledge")
        assert session.scalars(acknowledged).one() == 1


def test_a_bridge_that_was_heard_at_a_time_to_come_only_is_silent(
    site: Site, settings: Settings
) -> None:
    enrol_bridge(site)
    with writing() as session:
        status = bridges.BridgeStatus()
        bridges.store_status(session, site.bridge, status, NOW + timedelta(hours=2))
    assert alarms_jobs.watch_bridges(settings, NOW) == 1
    with reading() as session:
        assert len(live_doors.offline_bridges(session, NOW)) == 1


def test_a_bridge_not_enrolled_or_revoked_is_not_offline(site: Site, settings: Settings) -> None:
    assert alarms_jobs.watch_bridges(settings, NOW + timedelta(hours=1)) == 0
    enrol_bridge(site)
    assert alarms_jobs.watch_bridges(settings, NOW + timedelta(minutes=4)) == 0
    assert alarms_jobs.watch_bridges(settings, NOW + timedelta(minutes=6)) == 1
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        actor = a_staff_actor(session, site, "admin")
        bridges.revoke_bridge(session, bridge.public_id, actor=actor, now=NOW)
    assert alarms_jobs.watch_bridges(settings, NOW + timedelta(minutes=7)) == 0
    assert open_alarms() == [("revoked", None)], "its doors let nobody in"


# The page.


def test_the_page_shows_bridges_doors_and_alarms(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site)
    fetch_changes(client, headers, clock="unset", software="0.1.0", waiting=3, alarms="clock_unset")
    journal = Journal(site.studio_door)
    journal.scan(5, utc_now(), granted=False)
    receive(site.bridge, journal.upload(), utc_now())
    page = a_person(app, "desk").get("/status?lang=en").get_data(as_text=True)
    for words in (
        "Connected since",
        "Not set",
        "The clock is not set: no code is accepted",
        "Refused",
        "0.1.0",
        "Studio",
        "Not enrolled yet",
    ):
        assert words in page, words
    assert "I’ll see to it" not in page


def test_a_manager_acknowledges_an_alarm_on_the_page(app: Flask, site: Site) -> None:
    report(site, bridges.BridgeStatus(alarms="disk_full"))
    manager = a_person(app, "manager")
    with reading() as session:
        alarm = alarms_queries.alarms(session, every=False)[0].id
    assert f"/status/alarms/{alarm}/acknowledge" in manager.get("/status").get_data(as_text=True)
    assert manager.post(f"/status/alarms/{alarm}/acknowledge").status_code == 303
    assert open_alarms() == []
    assert manager.post(f"/status/alarms/{uuid.uuid4()}/acknowledge").status_code == 404


@pytest.mark.engines("sqlite")
def test_only_staff_see_the_page(app: Flask, site: Site) -> None:
    assert a_person(app).get("/status").status_code == 403
    assert a_person(app, "instructor").get("/status").status_code == 403
    alarm = uuid.uuid4()
    assert a_person(app, "desk").post(f"/status/alarms/{alarm}/acknowledge").status_code == 403


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_an_empty_service_has_a_page_in_each_language(app: Flask, language: str) -> None:
    answer = a_person(app, "admin").get(f"/status?lang={language}")
    assert answer.status_code == 200


def statements(app: Flask) -> int:
    browser, seen = a_person(app, "manager"), []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "SELECT" in statement:
            seen.append(statement)

    browser.get("/status")
    event.listen(db.engines[READER], "before_cursor_execute", note)
    try:
        assert browser.get("/status").status_code == 200
    finally:
        event.remove(db.engines[READER], "before_cursor_execute", note)
    return len(seen)


def test_the_page_takes_as_many_queries_for_many_doors_as_for_few(app: Flask, site: Site) -> None:
    few = statements(app)
    with writing() as session:
        area, bridge = session.scalars(select(Door.area_id)).first(), site.bridge
        assert area is not None
        for number in range(20):
            doors.create_door(session, area_id=area, bridge_id=bridge, name=f"Door {number}")
            alarms.open_alarms(session, [(bridge, "reader_lost", None)], NOW)
    assert statements(app) == few


def test_an_unknown_bridge_or_door_is_not_found(site: Site) -> None:
    with reading() as session:
        for look in (bridges_queries.bridge, doors_queries.door):
            with pytest.raises(DomainError):
                look(session, uuid.uuid4(), NOW)
