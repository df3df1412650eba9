"""Times at which a door is open to everybody: set by staff, told to the bridge."""

from datetime import date, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.people import a_person
from tests.world.races import at_once
from tests.world.site import Site, a_bridge_at_work, a_staff_actor, fetch_changes
from zone.access.releases import service
from zone.access.releases.errors import TOO_MANY_RELEASES
from zone.access.releases.models import DoorRelease
from zone.access.releases.rules import MOST
from zone.access.releases.service import NewRelease
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.time import from_helsinki, helsinki_date
from zone.places.opening_hours.service import set_exception

EVERY_DAY = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:00", "closes": "16:00"}


def api(site: Site) -> str:
    return f"/api/v1/doors/{site.studio_door}/releases"


def told(client: FlaskClient, headers: dict[str, str], site: Site) -> list[dict[str, Any]]:
    """The releases that a bridge is told of the studio's door."""
    answer = fetch_changes(client, headers)
    assert answer.site is not None
    [door] = [door for door in answer.site.doors if door.door == str(site.studio_door)]
    return [one.to_json() for one in door.releases]


def seconds(day: date, hour: int) -> int:
    return int(from_helsinki(day, time(hour)).timestamp())


def test_a_bridge_is_told_when_its_door_is_open_to_everybody(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    manager, headers = a_person(app, "manager"), a_bridge_at_work(client, site, wire=5)
    made = manager.post(api(site), json=EVERY_DAY)
    assert made.status_code == 201, made.text
    tomorrow = helsinki_date(utc_now()) + timedelta(days=1)
    window = {"start": seconds(tomorrow, 8), "end": seconds(tomorrow, 16), "first_person": False}
    known = told(client, headers, site)
    assert window in known
    assert 8 <= len(known) <= 10, "yesterday to the eighth day"
    day = f"{api(site)}/days/{tomorrow}"
    other = {"opens": "10:00", "closes": "12:00", "reason": "Open day"}
    assert manager.put(day, json=other).status_code == 204
    shorter = {"start": seconds(tomorrow, 10), "end": seconds(tomorrow, 12), "first_person": False}
    assert shorter in told(client, headers, site)
    assert manager.put(day, json={"reason": "Exams"}).status_code == 204
    assert not {window["start"], shorter["start"]} & {
        one["start"] for one in told(client, headers, site)
    }
    assert manager.delete(day).status_code == 204
    assert window in told(client, headers, site)
    release = f"{api(site)}/{made.get_json()['id']}"
    for _ in range(2):
        assert manager.delete(release).status_code == 204
    assert told(client, headers, site) == []


def test_a_holiday_of_the_campus_keeps_the_door_shut(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    manager, headers = a_person(app, "manager"), a_bridge_at_work(client, site, wire=5)
    manager.post(api(site), json=EVERY_DAY)
    tomorrow = helsinki_date(utc_now()) + timedelta(days=1)
    with writing() as session:
        set_exception(
            session,
            campus_id=site.world.campus,
            day=tomorrow,
            opens=None,
            closes=None,
            reason="Holiday",
        )
    assert seconds(tomorrow, 8) not in {one["start"] for one in told(client, headers, site)}
    coming = manager.get(api(site)).get_json()["coming"]
    assert all(str(tomorrow) not in one["start"] for one in coming)


def test_an_older_bridge_is_told_nothing_and_keeps_its_door_shut(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    headers = a_bridge_at_work(client, site, wire=4)
    a_person(app, "manager").post(api(site), json=EVERY_DAY)
    assert told(client, headers, site) == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"weekdays": []}, 422),
        ({"weekdays": [0]}, 422),
        ({"weekdays": [8]}, 422),
        ({"opens": "24:00"}, 422),
        ({"opens": "16:00"}, 422),
        ({"closes": None}, 422),
        ({"first_person": "yes"}, 422),
    ],
)
def test_what_is_no_time_of_a_week_is_refused(
    app: Flask, site: Site, wrong: dict[str, Any], status: int
) -> None:
    answer = a_person(app, "manager").post(api(site), json=EVERY_DAY | wrong)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("day", "body", "status"),
    [
        ("2020-01-01", {"reason": "Over"}, 409),
        ("2026-13-01", {"reason": "No day"}, 404),
        ("9999-12-31", {"reason": "Never"}, 404),
        ("2099-01-01", {"opens": "10:00", "reason": "Half"}, 422),
        ("2099-01-01", {"opens": "10:00", "closes": "10:00", "reason": "None"}, 422),
        ("2099-01-01", {"reason": " "}, 422),
    ],
)
def test_what_is_no_other_day_is_refused(
    app: Flask, site: Site, day: str, body: dict[str, Any], status: int
) -> None:
    answer = a_person(app, "manager").put(f"{api(site)}/days/{day}", json=body)
    assert answer.status_code == status, answer.text


def test_the_same_time_twice_is_refused(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    assert manager.post(api(site), json=EVERY_DAY).status_code == 201
    again = manager.post(api(site), json=EVERY_DAY | {"first_person": True})
    assert (again.status_code, again.get_json()["code"]) == (409, "release_taken")


@pytest.mark.parametrize("role", ["desk", "instructor"])
def test_only_who_may_change_doors_opens_them_to_everybody(
    app: Flask, site: Site, role: str
) -> None:
    client = a_person(app, role)
    assert client.post(api(site), json=EVERY_DAY).status_code == 403
    day = f"{api(site)}/days/2099-01-01"
    assert client.put(day, json={"reason": "Exams"}).status_code == 403
    assert client.delete(day).status_code == 403


def test_all_that_is_set_and_removed_is_on_record(app: Flask, site: Site) -> None:
    manager = a_person(app, "manager")
    made = manager.post(api(site), json=EVERY_DAY).get_json()["id"]
    manager.put(f"{api(site)}/days/2099-01-01", json={"reason": "Exams"})
    manager.delete(f"{api(site)}/days/2099-01-01")
    manager.delete(f"{api(site)}/{made}")
    with reading() as session:
        actions = session.scalars(
            select(AuditRow.action).where(AuditRow.action.like("door.release%"))
        )
        assert list(actions) == [
            "door.release",
            "door.release_day",
            "door.release_day_dropped",
            "door.release_removed",
        ]


def _add(site: Site, actor: Actor, minute: int) -> str:
    new = NewRelease((1,), time(8, minute), time(9, minute))
    try:
        with writing() as session:
            service.add_release(session, site.studio_door, new, actor=actor, now=utc_now())
    except DomainError as refusal:
        return refusal.code
    return "added"


def _fill_at_once(app: Flask, site: Site) -> None:
    """Add the last times that a door may have, and six more, at once."""
    with writing() as session:
        actor = a_staff_actor(session, site, "manager")
    for minute in range(MOST - 2):
        assert _add(site, actor, minute) == "added"
    came = at_once(app, [partial(_add, site, actor, minute) for minute in range(50, 58)])
    assert sorted(came) == ["added"] * 2 + [TOO_MANY_RELEASES.code] * 6
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(DoorRelease)) == MOST


@pytest.mark.engines("sqlite", "postgresql")
def test_of_many_at_once_a_door_gets_no_more_times_than_it_may_have(app: Flask, site: Site) -> None:
    _fill_at_once(app, site)


@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("nobody waits for whoever changes doors")
def test_without_the_lock_a_door_gets_too_many_times(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "lock_doors", lambda session: None)
    with pytest.raises(AssertionError):
        _fill_at_once(app, site)
