"""A desk, ready in the database of each test."""

import pytest
from flask import Flask

from tests.world.counter import Desk, Person, a_person, build


@pytest.fixture
def desk(app: Flask) -> Desk:
    return build(app)


@pytest.fixture
def person(desk: Desk) -> Person:
    return a_person(desk)
