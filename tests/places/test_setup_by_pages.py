"""An empty service gets its first campus, hours, hall with courts, term and class by forms."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.world.people import a_person
from tests.world.rendered_forms import form_with, forms_in
from zone.core.clock import utc_now
from zone.core.time import helsinki_date

pytestmark = pytest.mark.engines("sqlite")


def test_a_manager_sets_up_the_first_campus_without_a_shell(app: Flask) -> None:
    manager = a_person(app, "manager")
    today = helsinki_date(utc_now())
    assert "There is no campus yet." in manager.get("/manage/spaces?lang=en").text
    assert "There is no campus yet." in manager.get("/manage/hours?lang=en").text

    campus = form_with(manager, "/manage/campuses/new", "code")
    assert campus.save(manager, code="pasila", name="Pasila").status_code == 303

    week = form_with(manager, "/manage/hours?campus=pasila", "valid_from")
    hours = {"weekdays": [str(n) for n in range(1, 8)], "opens": "06:00", "closes": "23:00"}
    assert manager.post(week.action, data=week.data | hours).status_code == 303

    names = {f"{part}name-{code}": "Court" for part in ("", "part_") for code in ("fi", "sv", "en")}
    hall = form_with(manager, "/manage/spaces/new?campus=pasila", "parts")
    made = hall.save(
        manager,
        **names,
        code="hall",
        capacity="60",
        parts="2",
        part_capacity="4",
        part_own_use="1",
    )
    assert made.status_code == 303
    assert "Court 2" in manager.get(f"/courts?day={today + timedelta(days=1)}&lang=en").text

    term = form_with(manager, "/manage/terms", "kind")
    days = {"starts_on": f"{today}", "ends_on": f"{today + timedelta(days=60)}"}
    assert term.save(manager, **days).status_code == 303
    spaces = manager.get("/api/v1/spaces").get_json()["spaces"]
    assert [one["code"] for one in spaces] == ["hall", "hall-1", "hall-2"]
    new_class = form_with(manager, "/manage/classes/new", "starts_at")
    yoga = {f"name-{language}": "Yoga" for language in ("fi", "sv", "en")}
    yoga |= {"category": "mind", "space": spaces[0]["id"], "capacity": "20"}
    # Of today the hour may be over.
    yoga["weekdays"] = str((today + timedelta(days=1)).isoweekday())
    shown = new_class.submit(manager, "Show what it does", **yoga)
    (again,) = [form for form in forms_in(shown.text, new_class.action) if "space" in form.data]
    unnamed = next(button for button, pressed in again.buttons.items() if pressed is None)
    assert again.submit(manager, unnamed).status_code == 303
    classes = manager.get("/api/v1/sessions")
    assert [one["name"]["en"] for one in classes.get_json()["sessions"]] == ["Yoga"]
