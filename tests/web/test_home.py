"""Where people land after signing in, by role, and what their navigation holds."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.people import a_browser, a_member, a_person
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.identity import PERMISSIONS_OF, Role
from zone.members.roles import service as roles_service
from zone.web.auth import access_of
from zone.web.home import ORDER, home_of

pytestmark = pytest.mark.engines("sqlite")
LANDING = (
    ((), "/pass"),
    (("instructor",), "/today"),
    (("desk",), "/desk"),
    (("manager",), "/targets"),
    (("admin",), "/manage/setup"),  # as long as the service is not set up
    (("instructor", "desk"), "/desk"),
    (("instructor", "desk", "manager"), "/targets"),
)


@pytest.mark.parametrize(("roles", "path"), LANDING)
def test_the_start_page_leads_to_ones_work(app: Flask, roles: tuple[str, ...], path: str) -> None:
    browser = a_person(app, *roles)
    for address in ("/", "/sign-in", "/sign-in?next=https://evil.example/"):
        answer = browser.get(address)
        assert (answer.status_code, answer.location) == (303, path)
    assert browser.get("/sign-in?next=/bookings").location == "/bookings"
    assert browser.get(path).status_code in {200, 404}, "404: no targets are set yet"


def test_a_guest_is_shown_the_front_page(client: FlaskClient) -> None:
    assert client.get("/").status_code == 200


@pytest.mark.own_database
def test_signing_in_lands_on_ones_work(settings: Settings) -> None:
    app = create_app(replace(settings, demo=True))
    with app.app_context():
        for number, (roles, path) in enumerate(LANDING):
            email = f"person{number}@example.org"
            with writing() as session:
                member_id = a_member(session, email=email).id
                for role in roles:
                    roles_service.grant_role(session, member_id, role, utc_now())
            entered = a_browser(app).post("/demo/sign-in", data={"email": email})
            assert entered.location == path
            onward = {"email": email, "next": "/bookings?past=1"}
            entered = a_browser(app).post("/demo/sign-in", data=onward)
            assert entered.location == "/bookings?past=1"
        db.engine.dispose()


def test_every_home_is_open_to_its_role(app: Flask) -> None:
    with app.test_request_context():
        for role in ORDER:
            path = home_of({role})
            endpoint, _ = app.url_map.bind("").match(path)
            held = PERMISSIONS_OF[role] | PERMISSIONS_OF[Role.MEMBER]
            assert access_of(app, endpoint) in held, f"{role} lands on {path}"


@pytest.mark.parametrize(
    ("roles", "first"),
    [((), "/pass"), (("instructor",), "/today"), (("desk",), "/desk"), (("manager",), "/targets")],
)
def test_the_navigation_begins_with_ones_work(
    app: Flask, roles: tuple[str, ...], first: str
) -> None:
    page = a_person(app, *roles).get("/me", headers={"Accept": "text/html"}).text
    bar = page[page.index('class="tabbar"') :]
    paths = re.findall(r'<a href="([^"]+)"', bar)
    assert paths[0] == first
    assert ("/today" in paths) is ("instructor" in roles)
