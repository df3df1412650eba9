"""The invented campus, ready in the database of each test."""

import pytest
from flask import Flask

from tests.booking.world import World, build
from zone.db import writing


@pytest.fixture
def world(app: Flask) -> World:
    """Myllypuro with its spaces, stored."""
    with writing() as session:
        return build(session)
