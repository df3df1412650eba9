"""What strangers send keeps no owner out of their account, as pages and API see it."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import a_browser
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.members.roles import service as roles

pytestmark = pytest.mark.engines("sqlite")

BOSS = "boss@example.org"
GOOD = "correct horse battery"


@pytest.fixture(autouse=True)
def boss(app: Flask) -> None:
    with writing() as session:
        roles.create_admin(session, email=BOSS, name="Boss", password=GOOD, now=utc_now())


def at(app: Flask, address: str) -> FlaskClient:
    """Return a browser at a network address."""
    browser = a_browser(app)
    browser.environ_base["REMOTE_ADDR"] = address
    return browser


def send(client: FlaskClient, base: str, path: str, **data: str) -> Any:
    return client.post(base + path, **{"json" if base else "data": data})


def mailed_code() -> str:
    with reading() as session:
        body = session.scalars(select(OutboxMail.body).order_by(OutboxMail.id.desc())).first()
    match = re.search(r"\b\d{6}\b", body or "")
    assert match is not None
    return match[0]


@pytest.mark.parametrize("base", ["", "/api/v1"])
def test_sixteen_requests_lock_nobody_out(app: Flask, base: str) -> None:
    attacker, owner = at(app, "198.51.100.1"), at(app, "192.0.2.1")
    for number in range(11):
        send(attacker, base, "/sign-in/password", email=BOSS, password=f"wrong number {number}")
    for _ in range(5):
        send(attacker, base, "/sign-in/code", email=BOSS)
    entered = send(owner, base, "/sign-in/password", email=BOSS, password=GOOD)
    assert entered.status_code < 400, entered.text
    other = at(app, "192.0.2.2")
    assert send(other, base, "/sign-in/code", email=BOSS).status_code < 400
    assert send(other, base, "/sign-in", email=BOSS, code=mailed_code()).status_code < 400


@pytest.mark.parametrize("base", ["", "/api/v1"])
def test_five_wrong_codes_spoil_nobodys_code(app: Flask, base: str) -> None:
    attacker, owner = at(app, "198.51.100.1"), at(app, "192.0.2.1")
    send(owner, base, "/sign-in/code", email=BOSS)
    code = mailed_code()
    for number in range(5):
        typed = f"{(int(code) + 1 + number) % 10**6:06}"
        send(attacker, base, "/sign-in", email=BOSS, code=typed)
    send(attacker, base, "/sign-in/code", email=BOSS)
    assert send(attacker, base, "/sign-in", email=BOSS, code=code).status_code == 401
    assert send(owner, base, "/sign-in", email=BOSS, code=code).status_code < 400
