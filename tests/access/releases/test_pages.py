"""The page of when a door is open to everybody, as a manager uses it: its rendered forms."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from firmware_bridge.wire.messages.entries import Entry
from tests.world.people import a_person
from tests.world.rendered_forms import forms_of, text_of
from tests.world.site import Journal, Site, receive
from zone.access.areas.models import Area
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date

pytestmark = pytest.mark.engines("sqlite")


def page_of(site: Site) -> str:
    return f"/manage/doors/{site.studio_door}/open?lang=en"


def press(client: FlaskClient, site: Site, button: str, **typed: str) -> TestResponse:
    form, words = next(
        (form, words)
        for form in forms_of(client, page_of(site))
        for words in form.buttons
        if words.startswith(button)
    )
    return form.submit(client, words, **typed)


def shown(client: FlaskClient, site: Site) -> str:
    return text_of(client.get(page_of(site)).text)


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def test_a_manager_opens_a_door_every_week_and_takes_that_back(
    manager: FlaskClient, site: Site
) -> None:
    assert "When it is open to everybody" in manager.get("/status?lang=en").text
    assert "The door opens to codes only." in shown(manager, site)
    for weekdays in "17":
        times = {"weekdays": weekdays, "opens": "08:00", "closes": "16:00"}
        assert press(manager, site, "Add the time", **times, first_person="1").status_code == 303
    text = shown(manager, site)
    assert "Mon 8.00–16.00" in text
    assert "after the first person" in text
    for _ in range(2):
        assert press(manager, site, "Remove").status_code == 303
    assert "Mon 8.00–16.00" not in shown(manager, site)


def test_a_day_has_another_time_or_none(manager: FlaskClient, site: Site) -> None:
    day = {"day": str(helsinki_date(utc_now()) + timedelta(days=1))}
    set_to = press(
        manager, site, "Set the day", **day, opens="10:00", closes="12:00", reason="Open day"
    )
    assert set_to.status_code == 303
    assert "10.00–12.00" in shown(manager, site)
    assert press(manager, site, "Set the day", **day, reason="Exams").status_code == 303
    assert "Codes only" in shown(manager, site)
    assert press(manager, site, "As every week").status_code == 303
    assert "Exams" not in shown(manager, site)


def test_what_was_typed_comes_back_with_what_is_wrong(manager: FlaskClient, site: Site) -> None:
    for _ in range(2):
        answer = press(manager, site, "Add the time", weekdays="3", opens="08:00", closes="16:00")
    assert answer.status_code == 409
    assert "Ovella on jo tämä aika näinä päivinä." in answer.text
    assert 'value="3" checked' in answer.text
    without = press(manager, site, "Add the time", opens="08:00", closes="16:00")
    assert without.status_code == 422
    assert "Valitse vähintään yksi päivä." in without.text
    half = press(manager, site, "Set the day", day="2099-01-01", opens="10:00", reason="Half")
    assert half.status_code == 422
    assert "Anna molemmat kellonajat tai ei kumpaakaan." in half.text
    assert 'value="Half"' in half.text


def test_the_desk_reads_no_page_that_it_may_not_use(app: Flask, site: Site) -> None:
    assert a_person(app, "desk").get(page_of(site)).status_code == 403


def test_a_door_is_shown_as_open_while_its_bridge_says_so(manager: FlaskClient, site: Site) -> None:
    journal, now = Journal(site.studio_door), utc_now()

    def said(kind: str, minutes: int) -> bool:
        at = int((now - timedelta(minutes=minutes)).timestamp() * 1000)
        seq, door = len(journal.rows) + 1, str(site.studio_door)
        journal.append(Entry(seq, str(uuid.uuid4()), door, kind, at, granted=False))
        receive(site.bridge, journal.upload(), now)
        return "Open to everybody" in text_of(manager.get("/status?lang=en").text)

    assert said("released", 30)
    assert not said("release_ended", 20)
    assert said("released", 10)
    assert not said("started", 5)


@pytest.mark.parametrize("always_open", [False, True])
def test_the_page_says_whether_the_hours_of_the_campus_matter(
    manager: FlaskClient, site: Site, always_open: bool
) -> None:
    with writing() as session:
        session.execute(update(Area).values(always_open=always_open))
    text = shown(manager, site)
    assert ("while the campus is open" in text) is not always_open
    assert ("also on a day when the campus is closed" in text) is always_open
    assert ("whatever is set here" in text) is not always_open
