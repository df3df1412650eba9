"""The page of the booking rules: for which classes rules may be set, in few statements."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, a_session, class_details
from tests.world.people import a_person
from tests.world.statements import statements
from tests.world.weekly_classes import an_offer, weekly
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import service as weekly_classes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.formats import format_moment
from zone.core.time import helsinki_date

PATH = "/api/v1/booking-policies"
PAGE = "/manage/rules?lang=en"


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def activity_of(class_session: ClassSession) -> str:
    with reading() as session:
        return str(session.get_one(ClassSession, class_session.id).activity.public_id)


def test_the_rules_are_read_in_as_many_statements_however_many_classes_have_their_own(
    world: World, manager: FlaskClient
) -> None:
    def read() -> int:
        with statements() as sent:
            assert manager.get(PATH).status_code == 200
        return len(sent)

    def add(name: str, days: int) -> None:
        now = utc_now()
        with writing() as session:
            start, offer = now + timedelta(days=days), class_details(world, name=name)
            made = a_session(session, world, start=start, offer=offer, now=now)
        own = {"activity": activity_of(made), "opens_days": 9, "version": 1}
        assert manager.put(PATH, json=own).status_code == 200

    add("Chess", 1)
    one = read()
    for days, name in enumerate(("Yoga", "Go", "Boxing"), 2):
        add(name, days)
    assert read() == one


def offered(manager: FlaskClient) -> list[str]:
    """Return the activities for which a manager may choose to set rules."""
    page = manager.get(PAGE).get_data(as_text=True)
    return re.findall(r'<option value="([0-9a-f-]{36})"', page)


def test_rules_are_set_for_what_is_still_to_come(world: World, manager: FlaskClient) -> None:
    """A class has another activity with each text that it had; a rule of an old one did nothing."""
    now = utc_now()
    with writing() as session:
        past, later = (
            a_session(
                session,
                world,
                start=now + timedelta(days=days),
                offer=class_details(world, name=name),
                now=now - timedelta(days=20),
            )
            for days, name in ((-9, "Past"), (9, "Later"))
        )
    first_on = helsinki_date(now) + timedelta(days=90)
    made = an_offer(world, name_en="Of the next term")
    when = weekly(first_on=first_on, last_on=first_on + timedelta(days=90))
    with writing() as session:
        rule, _ = weekly_classes.create_class(session, made, when, now=now)
        planned = str(rule.activity.public_id)
    assert activity_of(past) not in offered(manager)
    assert set(offered(manager)) == {activity_of(later), planned}


def test_of_two_classes_of_one_name_the_page_says_when_each_is_held(
    world: World, manager: FlaskClient
) -> None:
    now = utc_now()
    with writing() as session:
        rows = [
            a_session(session, world, start=now + timedelta(days=days), offer=offer, now=now)
            for days, offer in (
                (1, class_details(world, name="Yoga")),
                (2, replace(class_details(world, name="Yoga"), level="experienced")),
                (3, class_details(world, name="Chess")),
            )
        ]
        starts = [row.starts_at for row in rows]
    page = manager.get(PAGE).get_data(as_text=True)
    options = re.findall(r'<option value="[0-9a-f-]{36}">([^<]*)', page)
    yoga = [f"Yoga · {format_moment(at, 'en')}" for at in starts[:2]]
    assert options == ["Chess", *yoga]
