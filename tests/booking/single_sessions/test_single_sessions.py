"""A session that is held once: its space, its refusals, and its page."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World
from tests.world.rendered_forms import forms_of
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading
from zone.places.spaces.models import Space


def a_body(world: World, tomorrow: date, **changed: Any) -> dict[str, Any]:
    with reading() as session:
        space = session.get_one(Space, world.studio).public_id
    names = {"fi": "Koe", "sv": "Prov", "en": "Trial"}
    body = {
        "kind": "event",
        "name": names,
        "category": "mind",
        "space": str(space),
        "day": tomorrow.isoformat(),
        "starts_at": "17:00",
        "minutes": 60,
    }
    return body | changed


def test_a_session_is_made_once_and_holds_its_space(
    manager: FlaskClient, world: World, tomorrow: date
) -> None:
    body = a_body(world, tomorrow)
    made = manager.post("/api/v1/sessions", json=body, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.get_json()
    again = manager.post("/api/v1/sessions", json=body, headers={"Idempotency-Key": "one"})
    assert again.get_json()["id"] == made.get_json()["id"]
    clash = manager.post("/api/v1/sessions", json=body | {"starts_at": "17:30"})
    assert (clash.status_code, clash.get_json()["code"]) == (409, "space_taken")
    assert [one["name"]["en"] for one in clash.get_json()["taken_by"]] == ["Trial"]
    assert clash.get_json()["alternatives"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"day": "2026-01-05"}, "session_in_past"),
        ({"starts_at": "23:00"}, "place_closed"),
        ({"capacity": 11}, "class_invalid"),
        ({"day": "9999-12-31"}, "invalid_input"),
        ({"minutes": 0}, "invalid_input"),
        ({"space": None}, "invalid_input"),
    ],
)
def test_what_cannot_be_held_is_refused(
    manager: FlaskClient, world: World, tomorrow: date, changed: dict[str, Any], code: str
) -> None:
    refused = manager.post("/api/v1/sessions", json=a_body(world, tomorrow, **changed))
    assert refused.get_json()["code"] == code
    with reading() as session:
        assert session.scalar(select(func.count(ClassSession.id))) == 0


def test_only_planners_may(anna: FlaskClient, world: World, tomorrow: date) -> None:
    assert anna.post("/api/v1/sessions", json=a_body(world, tomorrow)).status_code == 403


def test_the_form_as_rendered_plans_a_session(
    manager: FlaskClient, world: World, tomorrow: date
) -> None:
    [form] = forms_of(manager, "/manage/sessions/new")
    texts = {f"name-{code}": "Trial" for code in ("fi", "sv", "en")}
    space = a_body(world, tomorrow)["space"]
    later = tomorrow + timedelta(days=1)
    done = form.submit(
        manager, "Plan the session", **texts, space=space, category="mind", day=later.isoformat()
    )
    assert done.status_code == 303
    assert "Trial" in manager.get(done.location).text
