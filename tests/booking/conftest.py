"""The invented campus, ready in the database of each test, and who comes to it."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.booking import World, a_person, a_session, build, class_details
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date


@pytest.fixture
def world(app: Flask) -> World:
    """Myllypuro with its spaces, stored."""
    return stored(build)


@pytest.fixture
def now(request: pytest.FixtureRequest) -> datetime:
    """The moment of the test, for whatever asks the clock itself."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")  # which sets the clock
    return utc_now()


@pytest.fixture
def tomorrow(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=1)


@pytest.fixture
def yoga(world: World, now: datetime) -> ClassSession:
    """Tomorrow, with one place that can be booked."""
    with writing() as session:
        return a_session(
            session,
            world,
            start=now + timedelta(days=1),
            offer=class_details(world, percent=10),
            now=now,
        )


@pytest.fixture
def anna(app: Flask, world: World, now: datetime) -> FlaskClient:
    return a_person(app, world, "anna", now)


@pytest.fixture
def manager(app: Flask, world: World, now: datetime) -> FlaskClient:
    return a_person(app, world, "manager", now, "manager")
