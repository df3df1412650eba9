"""A shop, a student who may buy, and browsers of them and of the desk."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.buying import page_browser
from tests.world.shop import a_student, open_shop
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.members.roles import service as roles


@pytest.fixture
def shop(app: Flask) -> Flask:
    stored(open_shop)
    return app


@pytest.fixture
def student(shop: Flask) -> int:
    return a_student()


@pytest.fixture
def browser(shop: Flask, student: int) -> FlaskClient:
    return page_browser(shop, student)


@pytest.fixture
def desk(shop: Flask) -> FlaskClient:
    member_id = a_student("tiski@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "desk", utc_now())
    return page_browser(shop, member_id)
