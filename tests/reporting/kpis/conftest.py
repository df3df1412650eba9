"""The world that figures are counted in."""

import pytest
from flask import Flask

from tests.stored import stored_by
from tests.world.booking import World
from tests.world.reporting import build
from zone.core.config import Settings


@pytest.fixture
def world(app: Flask, settings: Settings) -> World:
    return stored_by(build, settings)
