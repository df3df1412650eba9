"""A site, a class and a student, stored before each test."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.booking import a_session
from tests.world.people import a_person
from tests.world.site import START, Site, a_member, build
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import writing


@pytest.fixture
def site(app: Flask) -> Site:
    """Myllypuro with two bridges and four doors."""
    return stored(build)


@pytest.fixture
def yoga(site: Site) -> ClassSession:
    with writing() as session:
        return a_session(session, site.world, start=START)


@pytest.fixture
def student(site: Site) -> tuple[int, int]:
    with writing() as session:
        return a_member(session, site, "student")


@pytest.fixture
def manager(app: Flask, site: Site) -> FlaskClient:
    return a_person(app, "manager")


@pytest.fixture
def desk(app: Flask, site: Site) -> FlaskClient:
    return a_person(app, "desk")
