"""What a form has done is said once, to the browser that sent it, never by the address."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from tests.stored import stored
from tests.world.booking import World, a_person, a_session, build
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.web import one_time

pytestmark = pytest.mark.engines("sqlite")
SAID = "Booked: Yoga, "


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


@pytest.fixture
def anna(app: Flask, world: World) -> FlaskClient:
    return a_person(app, world, "anna", utc_now())


@pytest.fixture
def path(world: World) -> str:
    with writing() as session:
        start = utc_now() + timedelta(days=1)
        return f"/classes/{a_session(session, world, start=start, now=utc_now()).public_id}"


def test_the_address_alone_says_nothing(app: Flask, world: World, path: str) -> None:
    somebody = a_person(app, world, "somebody", utc_now())
    for client in (app.test_client(), somebody):
        page = client.get(f"{path}?done=booked")
        assert page.status_code == 200
        assert SAID not in page.text


def test_it_is_said_once(anna: FlaskClient, path: str) -> None:
    location = anna.post(f"{path}/book").location
    assert location == f"{path}?done=booked"
    assert SAID in anna.get(location).text
    assert SAID not in anna.get(location).text, "loaded again"


def test_it_is_said_by_the_page_that_was_meant(anna: FlaskClient, path: str) -> None:
    location = anna.post(f"{path}/book").location
    assert "You are in the queue" not in anna.get(f"{path}?done=queued").text
    assert SAID in anna.get(location).text


def test_it_is_not_said_to_the_next_person_at_this_browser(
    app: Flask, world: World, anna: FlaskClient, path: str
) -> None:
    location = anna.post(f"{path}/book").location
    other = a_person(app, world, "other", utc_now())
    token = other.get_cookie("zone")
    assert token is not None
    anna.set_cookie("zone", token.value)
    assert SAID not in anna.get(location).text


def test_the_confirmation_of_a_court_is_said_once(anna: FlaskClient, world: World) -> None:
    start = (utc_now() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    form = {"start": start.isoformat(), "minutes": "60"}
    location = anna.post(f"/courts/{world.court_1}/book", data=form).location
    assert "Just bring your pass" in anna.get(location).text
    assert "Just bring your pass" not in anna.get(location).text
    assert "Just bring your pass" not in anna.get(location.partition("?")[0]).text


def test_no_page_takes_a_message_from_its_address() -> None:
    from_address = re.compile(r'" in request\.args|request\.args(\.get\(|\[)"done"')
    pages = Path("zone").rglob("pages.py")
    assert [str(page) for page in pages if from_address.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/me?done=email", "Your e-mail address is changed"),
        ("/me/password?done=1", "The password is changed"),
        ("/sign-in?done=phones", "your pass is off every phone"),
        ("/sign-in?signed_out=phones", "your pass is off every phone"),
        ("/manage/terms?done=saved", 'role="status"'),
    ],
)
def test_no_address_says_what_was_not_done(
    app: Flask, world: World, address: str, said: str
) -> None:
    staff = a_person(app, world, "staff", utc_now(), "manager")
    client = app.test_client() if "sign-in" in address else staff
    page = client.get(address, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert said not in page.text


def test_who_signs_out_is_told_so_once(anna: FlaskClient) -> None:
    location = anna.post("/sign-out", data={"everywhere": "1"}).location
    assert "You are signed out everywhere" in anna.get(location).text
    assert "You are signed out everywhere" not in anna.get(location).text


@pytest.mark.planted_fault("the message belongs to the address")
def test_a_message_of_the_address_fails_the_check(
    app: Flask, world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_time, "done", lambda: request.args.get("done"))
    with pytest.raises(AssertionError):
        test_the_address_alone_says_nothing(app, world, path)
