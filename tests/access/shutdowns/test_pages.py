"""The page that shuts doors, as the desk uses it: its rendered forms."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import a_browser, a_person
from tests.world.rendered_forms import RenderedForm, forms_of
from tests.world.site import Site
from zone.access.doors.models import Door
from zone.core.db.transactions import reading, writing
from zone.places.campuses.service import create_campus

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/desk/doors"


def form_of(client: FlaskClient, button: str) -> tuple[RenderedForm, str]:
    """The form with a button whose words begin so, and the whole of them."""
    return next(
        (form, words)
        for form in forms_of(client, PAGE)
        for words in form.buttons
        if words.startswith(button)
    )


def press(client: FlaskClient, button: str, **typed: str) -> int:
    form, words = form_of(client, button)
    return form.submit(client, words, **typed).status_code


def states() -> set[str]:
    with reading() as session:
        return set(session.scalars(select(Door.state)))


def test_two_clicks_of_the_desk_lock_a_campus_down_and_one_lifts_it(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    assert f'href="{PAGE}"' in desk.get("/desk?lang=en").text
    assert press(desk, "Lock down ") == 303
    assert states() == {"lockdown"}
    live = desk.get("/desk?lang=en").text
    assert "Lockdown: Metropolia Myllypuro." in live
    assert "Danger in the building" in live, "a reason stands there already"
    assert "Danger in the building" in desk.get("/status?lang=en").text
    assert press(desk, "Lift") == 303
    assert states() == {"normal"}
    assert "Lockdown: " not in desk.get("/desk?lang=en").text


def test_guests_read_which_doors_are_shut_but_neither_why_nor_by_whom(
    app: Flask, site: Site
) -> None:
    desk = a_person(app, "desk")
    press(desk, "Take out of use", place=str(site.lobby_door), reason="Paint is wet")
    press(desk, "Lock down ", reason="A bomb threat")
    for path in ("/?lang=en", "/campuses?lang=en"):
        page = a_browser(app).get(path).text
        assert "Metropolia Myllypuro: the doors are shut because of a danger." in page
        assert "Metropolia Myllypuro, Lobby: the door is out of use." in page
        assert "bomb" not in page
        assert "Paint" not in page


def test_campuses_without_doors_are_not_offered(app: Flask, site: Site) -> None:
    with writing() as session:
        create_campus(session, code="atlantis", name="Atlantis")
    assert "Atlantis" not in a_person(app, "desk").get(PAGE).text


def test_the_live_part_of_the_desk_follows_a_shutdown(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    tags = [desk.get("/desk/live").headers["ETag"]]
    for button in ("Lock down ", "Lift"):
        press(desk, button)
        tags.append(desk.get("/desk/live").headers["ETag"])
    assert len(set(tags)) == len(tags)


def test_one_door_is_taken_out_of_use(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    place = str(site.lobby_door)
    assert press(desk, "Take out of use", place=place, reason="Broken") == 303
    with reading() as session:
        shut = session.scalars(select(Door.public_id).where(Door.state == "blocked")).all()
    assert shut == [site.lobby_door]


def test_a_form_without_a_reason_shows_again_what_was_chosen(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    form, words = form_of(desk, "Take out of use")
    refused = form.submit(desk, words, place=str(site.court_door), reason=" ")
    assert refused.status_code == 422
    assert f'value="{site.court_door}" selected' in refused.text
    assert 'id="refusal"' in refused.text
    assert states() == {"normal"}


def test_without_a_place_nothing_is_shut(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    for kind in ("lockdown", "block"):
        answer = desk.post(f"{PAGE}/{kind}", data={"reason": "A drill", "key": "k"})
        assert answer.status_code == 422
    assert states() == {"normal"}
