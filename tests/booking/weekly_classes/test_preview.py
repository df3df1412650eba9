"""The preview of a change of a weekly class counts what the change then does."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any, Final
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.booking.weekly_classes.test_manage import a_form
from tests.world.booking import World
from tests.world.people import a_person
from tests.world.weekly_classes import TODAY, a_class, count, of_class, someone_books
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import service as weekly_classes
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading

pytestmark = [pytest.mark.usefixtures("manager"), pytest.mark.engines("sqlite")]

IN_EN: Final = "?lang=en"
ALL: Final = 4
"""The sessions of the class, one a week."""

FAR: Final = (
    "4 sessions move further: bookings end, and their people have the first right to the new time"
)
CHANGES: Final[dict[str, tuple[dict[str, str], list[str]]]] = {
    "nothing": ({}, ["Nothing changes."]),
    "the reason": ({"reason": "Another one"}, ["Nothing changes."]),
    "a name": ({"name-en": "Stretching"}, ["4 sessions are changed"]),
    "a name from the last week on": (
        {"name-en": "Stretching", "from_day": str(TODAY + timedelta(days=21))},
        ["1 session is changed"],
    ),
    "fewer places": ({"capacity": "8"}, ["4 sessions are changed"]),
    "an earlier last day": (
        {"last_on": str(TODAY + timedelta(days=20))},
        ["1 session is cancelled: …"],
    ),
    "an earlier last day and a name": (
        {"last_on": str(TODAY + timedelta(days=13)), "name-en": "Stretching"},
        ["2 sessions are cancelled: …", "2 sessions are changed"],
    ),
    "a later last day": (
        {"last_on": str(TODAY + timedelta(days=34))},
        ["1 session is made"],
    ),
    "another time": (
        {"starts_at": "18:30"},
        [
            FAR,
            "1 mail goes out",
        ],
    ),
    "another kind": (
        {"kind": "ball_turn"},
        [
            "4 sessions are cancelled: …",
            "1 booking falls away; that person gets a mail",
            "4 sessions are made",
            "From that day on it is another class in the list: earlier days stay as they were.",
        ],
    ),
}
"""What is changed in the form, and the sentences of its preview."""


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def sentences(html: str) -> list[str]:
    """Return the effects on the page; the days of sessions are left out."""
    [effects] = re.findall(r'aria-labelledby="preview".*?<ul>(.*?)</ul>', html, re.DOTALL)
    found = re.findall(r"<li>(.*?)</li>", effects, re.DOTALL)
    said = [unescape(one).strip() for one in found if "→" not in one]
    return [re.sub(r"^(\d.*? cancelled): .*", r"\1: …", one) for one in said]


def rows() -> dict[UUID, dict[str, Any]]:
    """Return every session: its state, and what a change in place may change of it."""
    with reading() as session:
        names = ("state", "name_en", "category", "instructor_id", "capacity")
        return {
            row.public_id: {name: getattr(row, name) for name in names}
            for row in session.scalars(select(ClassSession))
        }


def counted(said: list[str], verb: str) -> int:
    return sum(
        int(one.split()[0]) for one in said if re.match(rf"\d+ sessions? (is|are) {verb}", one)
    )


def check_preview(client: FlaskClient, world: World, change: dict[str, str]) -> list[str]:
    """Check that a preview counts what the change does; return its sentences."""
    rule = a_class(world)
    someone_books(world, rule)
    assert len(of_class(rule)) == ALL
    form, before = a_form(client, rule) | {"live": "1", "key": "one"} | change, rows()
    shown = client.post(f"/manage/classes/{rule}{IN_EN}", data=form | {"preview": "1"})
    said = sentences(shown.text)
    assert rows() == before, "a preview changes nothing"
    assert client.post(f"/manage/classes/{rule}", data=form).status_code == 303
    after = rows()
    ended = [key for key, row in before.items() if row["state"] != after[key]["state"]]
    changed = [key for key, row in before.items() if key not in ended and row != after[key]]
    assert (counted(said, "cancelled"), counted(said, "changed"), counted(said, "made")) == (
        len(ended),
        len(changed),
        len(after) - len(before),
    )
    return said


@pytest.mark.parametrize("name", CHANGES)
def test_a_preview_counts_what_the_change_does(
    manager: FlaskClient, world: World, name: str
) -> None:
    change, says = CHANGES[name]
    assert check_preview(manager, world, change) == says


def test_a_session_that_has_the_new_number_of_places_is_not_counted(
    manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    first = of_class(rule)[0].public_id
    own = {"capacity": 8, "reason": "Why", "version": 1}
    assert manager.put(f"/api/v1/sessions/{first}/capacity", json=own).status_code == 200
    form = a_form(manager, rule) | {"live": "1", "capacity": "8"}
    shown = manager.post(f"/manage/classes/{rule}{IN_EN}", data=form | {"preview": "1"})
    assert sentences(shown.text) == ["3 sessions are changed"]


def test_a_class_that_is_saved_as_it_was_is_not_recorded(
    manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    form, recorded = a_form(manager, rule) | {"live": "1"}, count(AuditRow)
    for key in ("one", "two"):  # with the version that was read: it is still the same
        saved = manager.post(f"/manage/classes/{rule}", data=form | {"key": key})
        assert saved.status_code == 303
    assert count(AuditRow) == recorded


@pytest.mark.parametrize(
    ("language", "one", "several", "none"),
    [
        ("en", "1 session is changed", "4 sessions are changed", "Nothing changes."),
        ("fi", "1 tunti muuttuu", "4 tuntia muuttuu", "Mikään ei muutu."),
        ("sv", "1 pass ändras", "4 pass ändras", "Ingenting ändras."),
    ],
)
def test_one_several_and_none_in_each_language(
    manager: FlaskClient, world: World, language: str, one: str, several: str, none: str
) -> None:
    rule = a_class(world)
    form = a_form(manager, rule) | {"live": "1", "preview": "1"}
    later = str(TODAY + timedelta(days=21))
    for change, says in (
        ({"name-en": "New", "from_day": later}, one),
        ({"name-en": "New"}, several),
        ({}, none),
    ):
        with manager.application.app_context():  # the language stays that of its first request
            shown = manager.post(f"/manage/classes/{rule}?lang={language}", data=form | change)
        assert sentences(shown.text) == [says]


@pytest.mark.thorough
@pytest.mark.planted_fault("every coming session is counted as changed")
def test_a_preview_that_counts_what_stays_fails_the_check(
    manager: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    adjust: Any = weekly_classes._adjust
    monkeypatch.setattr(
        weekly_classes, "_adjust", lambda *plan: replace(adjust(*plan), changed=ALL)
    )
    with pytest.raises(AssertionError):
        check_preview(manager, world, CHANGES["an earlier last day"][0])


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            ["Nobody has booked.", "1 person has booked and gets", "2 people have booked and get"],
        ),
        ("fi", ["Kukaan ei ole varannut.", "1 henkilö on varannut", "2 henkilöä on varannut"]),
        ("sv", ["Ingen har bokat.", "1 person har bokat", "2 personer har bokat"]),
    ],
)
def test_whoever_gets_a_mail_about_a_cancelled_session_is_counted(
    manager: FlaskClient, world: World, language: str, says: list[str]
) -> None:
    rule = a_class(world)
    path = f"/manage/sessions/{of_class(rule)[0].public_id}?lang={language}"
    for booked, sentence in enumerate(says):
        assert sentence in manager.get(path).text, booked
        someone_books(world, rule)
