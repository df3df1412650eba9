"""The world that figures are counted in."""

import pytest
from flask import Flask

from tests.world.booking import World
from tests.world.reporting import build
from zone.core.config import Settings


@pytest.fixture
def world(app: Flask, settings: Settings) -> World:
    return build(settings)
