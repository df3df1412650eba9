"""Every test of passes has a shop that is open, and a student who may buy."""

import pytest
from flask import Flask

from tests.world.shop import a_student, open_shop
from zone.core.db.transactions import writing


@pytest.fixture
def shop(app: Flask) -> Flask:
    with writing() as session:
        open_shop(session)
    return app


@pytest.fixture
def student(shop: Flask) -> int:
    return a_student()
