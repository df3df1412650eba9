"""An invented site, a class and a student, ready in the database of each test."""

import pytest
from flask import Flask

from tests.world.booking import a_session
from tests.world.site import START, Site, a_member, build
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import writing


@pytest.fixture
def site(app: Flask) -> Site:
    """Myllypuro with its bridges and doors, stored."""
    with writing() as session:
        return build(session)


@pytest.fixture
def yoga(site: Site) -> ClassSession:
    with writing() as session:
        return a_session(session, site.world, start=START)


@pytest.fixture
def student(site: Site) -> tuple[int, int]:
    with writing() as session:
        return a_member(session, site, "student")
