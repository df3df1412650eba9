"""A class says whom it suits, what it is about and what to bring, and so do its sessions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.booking.weekly_classes.test_refused import a_class
from tests.world.booking import World
from tests.world.weekly_classes import TODAY, of_class

pytestmark = pytest.mark.engines("sqlite")
ABOUT = {
    "level": "beginners",
    "description": {"fi": "Rauhallista", "sv": "Lugnt", "en": "Calm & slow"},
    "bring": {"fi": "Matto", "sv": "En matta", "en": "A mat"},
}


def made(manager: FlaskClient, world: World, **about: Any) -> dict[str, Any]:
    answer = manager.post("/api/v1/classes", json=a_class(world, **about))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = manager.get(f"/api/v1/classes/{answer.get_json()['id']}").get_json()
    return shown


def changed(manager: FlaskClient, world: World, shown: dict[str, Any], **values: Any) -> Any:
    body = a_class(world) | {
        "version": shown["version"],
        "from_day": str(TODAY),
        "reason": "new words",
        "capacity": shown["capacity"],
    }
    answer = manager.put(f"/api/v1/classes/{shown['id']}", json=body | values)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_class_and_its_sessions_have_what_was_written(manager: FlaskClient, world: World) -> None:
    shown = made(manager, world, **ABOUT)
    assert {name: shown[name] for name in ABOUT} == ABOUT
    listed = manager.get(
        f"/api/v1/sessions?from={TODAY}&to={TODAY + timedelta(days=13)}"
    ).get_json()["sessions"]
    assert {session["level"] for session in listed} == {"beginners"}
    page = manager.get(f"/classes/{listed[0]['id']}", headers={"Accept-Language": "en"}).text
    for text in ("Calm &amp; slow", "A mat", "Beginners"):
        assert text in page
    assert "Lugnt" in manager.get(f"/classes/{listed[0]['id']}?lang=sv").text


def test_a_class_of_which_nothing_is_said_suits_everybody(
    manager: FlaskClient, world: World
) -> None:
    shown = made(manager, world)
    assert (shown["level"], set(shown["description"].values())) == ("everybody", {""})
    (session, *_) = of_class(UUID(shown["id"]))
    page = manager.get(f"/classes/{session.public_id}?lang=en").text
    assert "Everybody" in page
    assert "What to bring" not in page


def test_a_change_reaches_the_coming_sessions(manager: FlaskClient, world: World) -> None:
    shown = made(manager, world, **ABOUT)
    bring = {"fi": "Pyyhe", "sv": "Handduk", "en": "A towel"}
    result = changed(manager, world, shown, level="experienced", bring=bring)
    sessions = of_class(UUID(shown["id"]))
    assert result["changed"] == len(sessions)
    assert {session.level for session in sessions} == {"experienced"}
    page = manager.get(f"/classes/{sessions[0].public_id}?lang=fi").text
    assert "Pyyhe" in page
    assert "Rauhallista" in page, "what was not sent is kept"


def test_a_program_that_does_not_know_the_texts_changes_none(
    manager: FlaskClient, world: World
) -> None:
    shown = made(manager, world, **ABOUT)
    names = {"fi": "Jooga 2", "sv": "Yoga 2", "en": "Yoga 2"}
    changed(manager, world, shown, name=names)
    again = manager.get(f"/api/v1/classes/{shown['id']}").get_json()
    assert again["name"]["en"] == "Yoga 2"
    assert {name: again[name] for name in ABOUT} == ABOUT


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "gurus"},
        {"description": {"fi": "x" * 1001}},
        {"bring": {"en": "x" * 201}},
        {"description": "text"},
    ],
)
def test_other_levels_and_long_texts_are_refused(
    manager: FlaskClient, world: World, wrong: dict[str, Any]
) -> None:
    answer = manager.post("/api/v1/classes", json=a_class(world, **wrong))
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.get_json()["fields"]["json"]


@pytest.mark.parametrize(("language", "name"), [("fi", "Jooga"), ("sv", "Yoga"), ("en", "Yoga")])
def test_the_list_names_each_class(
    manager: FlaskClient, world: World, language: str, name: str
) -> None:
    rule = manager.post("/api/v1/classes", json=a_class(world)).get_json()["id"]
    shown = manager.get(f"/manage/classes?lang={language}").text
    assert f'<a href="/manage/classes/{rule}">{name}</a>' in shown
