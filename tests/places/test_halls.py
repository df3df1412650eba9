"""A hall with its parts: added in one go by JSON and on a page, and a space out of its parts."""

from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.stored import stored
from tests.world.booking import World, a_member, a_person, an_actor, build
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.places.spaces import queries, service, views
from zone.places.spaces.models import Space
from zone.places.spaces.rules import HallDivision

pytestmark = pytest.mark.engines("sqlite")
PATH, PAGE = "/api/v1/halls", "/manage/spaces"
ADD, SAVE = "Add the space", "Save the space"
NAMES = {"fi": "Iso sali", "sv": "Stora hallen", "en": "Large hall"}
COURTS = {"fi": "Kenttä", "sv": "Bana", "en": "Court"}
HALL: dict[str, Any] = {"campus": "myllypuro", "code": "large", "name": NAMES, "capacity": 90}
DIVIDED = HALL | {"parts": 3, "part_name": COURTS, "part_capacity": 30, "part_own_use": True}
IN_FORM = {f"name-{language}": name for language, name in NAMES.items()} | {
    "campus": "myllypuro",
    "code": "large",
    "capacity": "90",
}
PARTS_IN_FORM = {f"part_name-{language}": name for language, name in COURTS.items()} | {
    "parts": "3",
    "part_capacity": "30",
}


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    return a_person(app, world, "manager", utc_now(), "manager")


def spaces_of(campus: str = "myllypuro") -> dict[str, dict[str, Any]]:
    with reading() as session:
        rows = queries.spaces_with_parts(session, campus)
        return {space.code: queries.space_values(space, code) for space, code in rows}


def count_spaces() -> int:
    with reading() as session:
        return session.scalar(select(func.count(Space.id))) or 0


def test_a_hall_and_its_parts_are_made_in_one_go(manager: FlaskClient) -> None:
    key = {"Idempotency-Key": "once"}
    made = manager.post(PATH, json=DIVIDED, headers=key)
    assert made.status_code == 201, made.json
    found = [
        (one["code"], one["name"]["sv"], one["capacity"], one["own_use"], one["parts"])
        for one in made.get_json()["spaces"]
    ]
    codes = [f"large-{number}" for number in (1, 2, 3)]
    assert found == [
        ("large", "Stora hallen", 90, False, codes),
        *((code, f"Bana {code[-1]}", 30, True, [code]) for code in codes),
    ]
    assert manager.post(PATH, json=DIVIDED, headers=key).get_json() == made.get_json()
    with reading() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["space.create"] * 4


def test_a_room_that_is_not_divided_is_one_part(manager: FlaskClient) -> None:
    (one,) = manager.post(PATH, json=HALL).get_json()["spaces"]
    assert (one["parts"], one["own_use"]) == (["large"], False)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"parts": 1}, ["parts"]),
        ({"parts": 13}, ["parts"]),
        ({"parts": 0}, ["parts"]),
        ({"code": "l" * 37}, ["code"]),
        ({"code": "-large"}, ["code"]),
        ({"part_capacity": 0}, ["part_capacity"]),
        ({"part_name": {"fi": "Kenttä"}}, ["part_name"]),
    ],
)
def test_what_is_no_hall_is_refused_with_its_fields(
    manager: FlaskClient, change: dict[str, Any], fields: list[str]
) -> None:
    refused = manager.post(PATH, json=DIVIDED | change)
    assert refused.status_code == 422
    assert list(refused.get_json()["fields"]["json"]) == fields
    assert count_spaces() == 4


def test_a_divided_hall_says_what_its_parts_are(manager: FlaskClient) -> None:
    refused = manager.post(PATH, json=HALL | {"parts": 2})
    assert set(refused.get_json()["fields"]["json"]) == {"part_name", "part_capacity"}
    assert manager.post(PATH, json=HALL | {"campus": "nowhere"}).status_code == 404


def test_no_hall_takes_a_part_of_another(manager: FlaskClient) -> None:
    """The hall of the world has the parts third-1 to third-3."""
    refused = manager.post(PATH, json=DIVIDED | {"code": "third"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "space_exists")
    assert count_spaces() == 4


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_add_the_same_hall_at_once_one_is_told(app: Flask, world: World) -> None:
    """Nothing of the second one stays: neither its hall nor one of its parts."""
    actor = an_actor(stored(partial(a_member, world=world, name="manager")), "manager")

    def add(count: int) -> None:
        division = HallDivision(count=count, name=COURTS, capacity=9)
        with writing() as session:
            hall = {key: HALL[key] for key in ("campus", "code", "name", "capacity")}
            service.add_hall(
                session, actor, **hall, own_use=False, division=division, now=utc_now()
            )

    assert outcomes(app, [partial(add, 2), partial(add, 3)]) == {"done": 1, "space_exists": 1}
    made = spaces_of()
    parts = made["large"]["parts"]
    assert [made[part]["parts"] for part in parts] == [[part] for part in parts]
    assert len(made) == 4 + 1 + len(parts)


def test_a_manager_adds_a_hall_and_a_court_across_its_parts(manager: FlaskClient) -> None:
    (form,) = forms_of(manager, f"{PAGE}/new?campus=myllypuro")
    assert form.data["campus"] == ["myllypuro"]
    half = form.submit(manager, ADD, **IN_FORM, parts="3")
    assert half.status_code == 422
    assert {"e-part_name-fi", "e-part_capacity"} <= set(errors_in(half.text))
    unsaid = form.submit(manager, ADD, **IN_FORM | PARTS_IN_FORM | {"parts": ""})
    assert errors_in(unsaid.text) == ["e-parts"]
    added = form.submit(manager, ADD, **IN_FORM, **PARTS_IN_FORM, part_own_use="1")
    assert added.location == f"{PAGE}?campus=myllypuro&done=added"
    page = manager.get(added.location).text
    assert "Added." in page
    assert "Court 3" in page
    assert spaces_of()["large-2"]["own_use"]

    (wide,) = forms_of(manager, f"{PAGE}/of-parts?campus=myllypuro")
    court = {f"name-{language}": "Wide" for language in ("fi", "sv", "en")}
    court |= {"code": "wide", "capacity": "12"}
    assert errors_in(wide.submit(manager, ADD, **court).text) == ["e-parts"]
    typed = wide.data | court | {"parts": ["large-1", "large-2", "other"]}
    assert manager.post(wide.action, data=typed).status_code == 422
    typed |= {"parts": ["large-1", "large-2"]}
    assert manager.post(wide.action, data=typed).status_code == 303
    assert spaces_of()["wide"]["parts"] == ["large-1", "large-2"]
    page = manager.get(f"{PAGE}/{spaces_of()['wide']['id']}").text
    assert "Court 1" in page
    assert "Court 3" not in page
    assert manager.get(f"{PAGE}/of-parts?campus=nowhere").status_code == 404


def errors_in(page: str) -> list[str]:
    """Return the ids of what a page says at its fields."""
    return [part.partition('"')[0] for part in page.split('<p class="error" id="')[1:]]


def test_a_space_is_renamed_and_gets_rules_of_its_own(manager: FlaskClient, world: World) -> None:
    path = f"{PAGE}/{world.court_1}"
    (form,) = forms_of(manager, path)
    (older,) = forms_of(manager, path)
    assert form.data["own_use"] == ["1"]
    own = {"name-en": "Blue court", "step_minutes": "30", "least_minutes": "60"}
    assert form.submit(manager, SAVE, **own, most_minutes="30").status_code == 422
    assert form.submit(manager, SAVE, **own, before_minutes="3").status_code == 422
    assert form.submit(manager, SAVE, **own, before_minutes="0").status_code == 303
    stored_now = spaces_of()["court-1"]
    assert stored_now["name"]["en"] == "Blue court"
    assert (stored_now["step_minutes"], stored_now["least_minutes"]) == (30, 60)
    assert (stored_now["before_minutes"], stored_now["most_minutes"]) == (0, None)
    late = older.submit(manager, SAVE, companions="2")
    assert late.status_code == 409
    assert "What is stored now" in late.text
    assert "Blue court" in late.text
    (form,) = forms_of(manager, path)
    assert form.data["before_minutes"] == ["0"], "no minutes are not those of the policy"
    form.data["own_use"] = []
    assert form.submit(manager, SAVE, step_minutes="").status_code == 303
    assert spaces_of()["court-1"]["step_minutes"] is None
    listed = manager.get(f"{PAGE}?own_use=1&lang=en").text
    assert "Court 2" in listed
    assert "Blue court" not in listed


def test_a_part_is_called_as_the_space_that_it_is_alone() -> None:
    space = {"name": {"en": "Court 1"}, "parts": ["large-1"]}
    assert views.named_parts(["large-1", "x"], [space], "en") == {
        "large-1": "Court 1 (large-1)",
        "x": "x",
    }


def test_only_managers_see_the_pages(app: Flask, world: World) -> None:
    desk = a_person(app, world, "desk", utc_now(), "desk")
    paths = (PAGE, f"{PAGE}/new", f"{PAGE}/of-parts?campus=myllypuro", f"{PAGE}/{world.court_1}")
    assert [desk.get(path).status_code for path in paths] == [403] * 4
    assert desk.post(PATH, json=HALL).status_code == 403
