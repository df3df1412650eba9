"""Every test of passes has a shop that is open, and a student who may buy."""

import pytest
from flask import Flask

from tests.passes.shop import a_student, open_shop
from zone.db import writing


@pytest.fixture
def shop(app: Flask) -> Flask:
    with writing() as session:
        open_shop(session)
    return app


@pytest.fixture
def student(shop: Flask) -> int:
    return a_student()
