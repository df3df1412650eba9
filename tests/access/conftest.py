"""The invented site, ready in the database of each test."""

import pytest
from flask import Flask

from tests.access.site import Site, build
from zone.db import writing


@pytest.fixture
def site(app: Flask) -> Site:
    """Myllypuro with its bridges and doors, stored."""
    with writing() as session:
        return build(session)
