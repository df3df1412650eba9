"""A sound service in the database of each test."""

import pytest
from flask import Flask

from tests.stored import stored_by
from tests.world.doctor import build_service
from zone.core.config import Settings


@pytest.fixture
def service(app: Flask, settings: Settings) -> Settings:
    """A service in which every invariant holds."""
    stored_by(build_service, settings)
    return settings
