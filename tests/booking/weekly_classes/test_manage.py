"""Managers create, move and change weekly classes, and preview every change."""

import re
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, an_actor
from tests.world.people import a_person
from tests.world.rendered_forms import forms_in, forms_of, text_of
from tests.world.weekly_classes import (
    NOW,
    TODAY,
    TOMORROW,
    a_class,
    an_offer,
    count,
    of_class,
    someone_books,
    the_manager,
    weekly,
)
from zone.booking.allocations.models import Hold
from zone.booking.bookings.models import Booking
from zone.booking.expansions import service as expansions
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import queries as weekly_classes_queries
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.time import to_helsinki
from zone.places.opening_hours.service import set_exception
from zone.places.spaces.models import Space
from zone.places.terms.models import SeasonWeek

pytestmark = [pytest.mark.usefixtures("manager"), pytest.mark.engines("sqlite")]


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def a_form(client: FlaskClient, rule: UUID) -> dict[str, str]:
    """What the page of a class would send if nothing was touched."""
    stored = client.get(f"/api/v1/classes/{rule}").get_json()
    names = {f"name-{code}": name for code, name in stored["name"].items()}
    unchanged = {
        name: str(stored[name] or "")
        for name in (
            "kind",
            "category",
            "space",
            "instructor",
            "minutes",
            "first_on",
            "last_on",
            "capacity",
            "version",
        )
    }
    return (
        names
        | unchanged
        | {"weekdays": str(stored["weekdays"][0])}
        | {"starts_at": stored["starts_at"][:5], "from_day": TODAY.isoformat(), "reason": "Because"}
    )


def test_a_class_is_previewed_and_created_once(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    with reading() as session:
        space = session.get_one(Space, world.studio).public_id
    form = {
        "name-fi": "Voima",
        "name-sv": "Styrka",
        "name-en": "Strength",
        "kind": "class",
        "category": "strength",
        "space": str(space),
        "weekdays": "3",
        "starts_at": "18:00",
        "minutes": "60",
        "first_on": TODAY.isoformat(),
        "last_on": (TODAY + timedelta(days=20)).isoformat(),
        "key": "one",
    }
    shown = manager.post("/manage/classes?lang=en", data=form | {"preview": "1"})
    assert (shown.status_code, count(SessionRule), count(Hold)) == (200, 0, 0)
    assert "What this does" in shown.text
    first, second = (manager.post("/manage/classes", data=form) for _ in range(2))
    assert first.location == second.location
    assert count(SessionRule) == 1
    with reading() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["class.create"]


def test_a_class_moved_far_keeps_its_sessions_and_the_places_of_its_people(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    someone_books(world, rule)
    before = {row.public_id for row in of_class(rule)}
    form = a_form(manager, rule) | {"starts_at": "18:30", "reason": "The hall is repaired"}
    shown = manager.post(f"/manage/classes/{rule}?lang=en", data=form | {"preview": "1"}).text
    assert "1 booked, first right until" in shown
    assert "1 mail goes out" in shown
    assert {row.state for row in of_class(rule)} == {"scheduled"}, "a preview changes nothing"
    response = manager.post(f"/manage/classes/{rule}", data=form)
    assert str(rule) in response.location, "it had no earlier day"
    assert {row.public_id for row in of_class(rule)} == before
    assert {to_helsinki(row.starts_at).strftime("%H:%M") for row in of_class(rule)} == {"18:30"}
    with reading() as session:
        mail = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/first_right")
        ).one()
        assert "The hall is repaired" in mail.body
        assert "18.30" in mail.subject
        assert session.scalar(select(Booking.state)) == "cancelled"
    with writing() as session:
        assert expansions.expand_classes(session, NOW).made == 0


def test_a_class_of_another_kind_is_cancelled_and_created_again(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    someone_books(world, rule)
    form = a_form(manager, rule) | {"kind": "ball_turn", "reason": "It is a game"}
    shown = manager.post(f"/manage/classes/{rule}?lang=en", data=form | {"preview": "1"}).text
    assert "1 booking falls away" in shown
    response = manager.post(f"/manage/classes/{rule}", data=form)
    new_rule = UUID(re.sub(r".*/([0-9a-f-]{36}).*", r"\1", response.location))
    assert {row.state for row in of_class(rule)} == {"cancelled"}
    assert {row.kind for row in of_class(new_rule)} == {"ball_turn"}
    with reading() as session:
        mail = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "booking/session_moved")
        ).one()
        [instead, *_] = of_class(new_rule)
        assert f"/classes/{instead.public_id}" in mail.body
        assert [str(row.public_id) for row in weekly_classes_queries.classes(session, TODAY)] == [
            str(new_rule)
        ], "the old one has ended"
    with writing() as session:
        expansions.expand_classes(session, NOW)
    assert {row.state for row in of_class(rule)} == {"cancelled"}, "and makes no session any more"


def test_whose_week_has_no_new_session_is_told_that_theirs_is_cancelled(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    """The campus is closed on the new day of the first week only."""
    rule = a_class(world)
    someone_books(world, rule)
    day = of_class(rule)[0].on_day + timedelta(days=1)
    with writing() as session:
        set_exception(
            session, campus_id=world.campus, day=day, opens=None, closes=None, reason="Floor"
        )
    form = a_form(manager, rule) | {"weekdays": str(day.isoweekday()), "reason": "Floor"}
    assert manager.post(f"/manage/classes/{rule}", data=form).status_code == 303
    with reading() as session:
        posted = session.scalars(select(OutboxMail.template)).all()
    assert [name for name in posted if name != "booking/booked"] == ["booking/session_cancelled"]


def test_names_and_places_change_in_place_and_bookings_stay(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    someone_books(world, rule)
    form = a_form(manager, rule) | {"name-en": "Slow yoga", "capacity": "8"}
    assert manager.post(f"/manage/classes/{rule}", data=form).status_code == 303
    assert {(row.name_en, row.capacity, row.state) for row in of_class(rule)} == {
        ("Slow yoga", 8, "scheduled")
    }
    with reading() as session:
        assert session.scalar(select(Booking.state)) == "booked"


def test_an_earlier_last_day_cancels_later_sessions(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    whole = len(of_class(rule))
    last = (TODAY + timedelta(days=10)).isoformat()
    manager.post(f"/manage/classes/{rule}", data=a_form(manager, rule) | {"last_on": last})
    states = [row.state for row in of_class(rule)]
    assert (len(states), states.count("scheduled")) == (whole, 2)


def test_a_clash_is_refused_with_alternatives(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    a_class(world)
    with reading() as session:
        space = session.get_one(Space, world.studio).public_id
    body = {
        "name": {"fi": "Voima", "sv": "Styrka", "en": "Strength"},
        "category": "strength",
        "space": str(space),
        "weekdays": [TOMORROW.isoweekday()],
        "starts_at": "17:00",
        "minutes": 60,
        "first_on": TODAY.isoformat(),
        "last_on": (TODAY + timedelta(days=27)).isoformat(),
    }
    refused = manager.post("/api/v1/classes", json=body)
    body = refused.get_json()
    assert (refused.status_code, body["code"]) == (409, "space_taken")
    assert {item["name"]["en"] for item in body["taken_by"]} == {"Yoga"}
    for free in body["alternatives"]:
        with writing() as session:
            place = session.scalar(select(Space.id).where(Space.public_id == UUID(free["space"])))
            existing = weekly_classes.plan_class(
                session,
                an_actor(the_manager(), "manager"),
                an_offer(world, space_id=place),
                weekly(starts_at=time.fromisoformat(free["starts_at"])),
                now=NOW,
            )
            assert existing.made > 0
            session.rollback()
    assert body["alternatives"]
    form = a_form(manager, a_class(world, space_id=world.hall)) | {"space": str(space)}
    page = manager.post(f"/manage/classes/{_newest()}?lang=en", data=form)
    assert (page.status_code, "What stands in the way" in page.text) == (409, True)


def _newest() -> UUID:
    with reading() as session:
        return (
            session.scalars(select(SessionRule.public_id).order_by(SessionRule.id.desc())).first()
            or uuid4()
        )


def test_a_stale_edit_is_refused_and_the_typed_text_stays(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    first, second = a_form(manager, rule), a_form(manager, rule)
    manager.post(f"/manage/classes/{rule}", data=second | {"name-en": "Theirs"})
    refused = manager.post(f"/manage/classes/{rule}?lang=en", data=first | {"name-en": "Mine"})
    assert refused.status_code == 409
    assert 'value="Mine"' in refused.text
    assert "Theirs" in refused.text
    assert {row.name_en for row in of_class(rule)} == {"Theirs"}


def test_a_second_tap_moves_a_class_once(app: Flask, manager: FlaskClient, world: World) -> None:
    rule = a_class(world)
    form = a_form(manager, rule) | {"starts_at": "18:00", "key": uuid4().hex}
    taps = [manager.post(f"/manage/classes/{rule}", data=form) for _ in range(2)]
    assert (taps[0].status_code, taps[0].location) == (303, taps[1].location)
    with reading() as session:
        assert session.scalar(select(func.count(SessionRule.id))) == 1
        assert {row.sequence for row in session.scalars(select(ClassSession))} == {1}


BAD: list[dict[str, str]] = [
    {"weekdays": "8"},
    {"weekdays": "x"},
    {"starts_at": "25:00"},
    {"minutes": "0"},
    {"last_on": "2020-01-01"},
    {"last_on": "9999-12-31"},
    {"name-sv": ""},
    {"capacity": "99999"},
    {"capacity": "many"},
    {"reason": ""},
    {"from_day": "yesterday"},
    {"space": "nowhere"},
    {"kind": "own_use"},
]


def test_invalid_input_is_refused_and_nothing_is_stored(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    before = [(row.name_en, row.starts_at, row.state) for row in of_class(rule)]
    for wrong in BAD:
        form = a_form(manager, rule) | {"name-en": "Kept text"} | wrong
        refused = manager.post(f"/manage/classes/{rule}", data=form)
        assert (refused.status_code, "Kept text" in refused.text) == (422, True), wrong
    assert [(row.name_en, row.starts_at, row.state) for row in of_class(rule)] == before


def test_an_unknown_class_or_session_is_not_found(manager: FlaskClient, world: World) -> None:
    for path in ("/manage/classes/", "/manage/sessions/", "/api/v1/classes/"):
        assert manager.get(f"{path}{uuid4()}").status_code == 404
    assert (
        manager.post(f"/manage/sessions/{uuid4()}", data={"cancel": "1", "reason": "x"}).status_code
        == 404
    )


def test_a_session_is_cancelled_or_gets_other_places(
    app: Flask, manager: FlaskClient, world: World
) -> None:
    rule = a_class(world)
    session_id = of_class(rule)[0].public_id
    assert (
        manager.post(
            f"/manage/sessions/{session_id}", data={"cancel": "1", "reason": " "}
        ).status_code
        == 422
    )
    assert (
        manager.post(
            f"/manage/sessions/{session_id}",
            data={"capacity": "6", "reason": "Repairs", "version": "1"},
        ).status_code
        == 303
    )
    assert (
        manager.post(
            f"/manage/sessions/{session_id}",
            data={"capacity": "600", "reason": "Repairs", "version": "2"},
        ).status_code
        == 422
    )
    assert (of_class(rule)[0].capacity, of_class(rule)[0].state) == (6, "scheduled")
    assert (
        manager.post(
            f"/manage/sessions/{session_id}", data={"cancel": "1", "reason": "Ill"}
        ).status_code
        == 303
    )
    again = manager.post(
        f"/manage/sessions/{session_id}?lang=en", data={"cancel": "1", "reason": "Ill"}
    )
    assert (again.status_code, "cancelled" in again.text) == (409, True)


def test_a_week_becomes_a_break_and_the_old_row_stays(manager: FlaskClient, world: World) -> None:
    def rows() -> list[bool]:
        with reading() as session:
            query = select(SeasonWeek.regular).where(
                SeasonWeek.iso_year == 2026, SeasonWeek.iso_week == 42
            )
            return list(session.scalars(query.order_by(SeasonWeek.id)))

    for _ in range(2):
        assert manager.post("/manage/terms/weeks/2026/42", data={"regular": "0"}).status_code == 303
    assert rows() == [True, False], "said twice, it is one change"
    assert manager.post("/manage/terms/weeks/2026/2", data={"regular": "0"}).status_code == 404
    assert "2026-autumn" in {
        term["code"] for term in manager.get("/api/v1/terms").get_json()["terms"]
    }


def test_a_term_that_overlaps_another_is_refused(manager: FlaskClient, world: World) -> None:
    new = {"kind": "spring", "starts_on": "2027-01-11", "ends_on": "2027-05-30"}
    assert manager.post("/api/v1/terms", json=new).status_code == 201
    for wrong in (
        new,
        new | {"ends_on": "2027-01-01"},
        {"kind": "summer", "starts_on": "2027-05-30", "ends_on": "2027-08-01"},
        new | {"kind": "winter"},
    ):
        assert manager.post("/api/v1/terms", json=wrong).status_code == 422
    assert manager.post("/manage/terms", data=new).status_code == 422


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_of_planning_opens_for_managers_only(
    app: Flask, manager: FlaskClient, world: World, language: str
) -> None:
    rule = a_class(world)
    paths = [
        "/manage/classes",
        "/manage/classes/new",
        f"/manage/classes/{rule}",
        "/manage/terms",
        f"/manage/sessions/{of_class(rule)[0].public_id}",
    ]
    student = a_person(app)
    for path in paths:
        assert manager.get(f"{path}?lang={language}").status_code == 200
        assert student.get(path).status_code == 403


def test_the_kind_of_exercise_is_chosen_by_its_words(world: World, manager: FlaskClient) -> None:
    """Typed as a code, a slip of the pen took the class out of its filter."""

    def choices(path: str) -> list[tuple[str, str]]:
        page = manager.get(path).text
        options = page.partition('name="category"')[2].partition("</select>")[0]
        return re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', options)

    kinds = [(kind, kind_name) for kind, kind_name in choices("/manage/classes/new") if kind]
    assert {"strength", "mind", "martial_arts", "other"} < {kind for kind, _ in kinds}
    assert ("mind", "Keho ja mieli") in kinds
    assert choices("/manage/classes/new")[0] == ("", "Valitse")
    own = a_class(world, category="chess")
    assert choices(f"/manage/classes/{own}") == [("chess", "chess"), *kinds]


def test_a_kind_of_exercise_that_only_one_class_has_is_saved_after_other_classes_were(
    world: World, manager: FlaskClient
) -> None:
    """The choices of one form stayed with the process, and refused those of the next one."""
    common = a_class(world)
    rare = a_class(world, category="chess", space_id=world.hall)
    for rule in (common, rare):
        answer = manager.post(f"/manage/classes/{rule}", data=a_form(manager, rule))
        assert answer.status_code == 303


def test_a_new_class_asks_for_a_space_and_has_none_only_where_that_is_chosen(
    world: World, manager: FlaskClient
) -> None:
    page = "/manage/classes/new"
    spaces = chosen_and_offered(manager.get(f"{page}?lang=en").text)
    assert spaces[0][0] == "Choose a space"
    assert spaces[-1][0] == "None, it is online", "what is rare comes last"
    assert not any(chosen for _name, chosen in spaces), "nothing is chosen beforehand"
    [form] = forms_of(manager, page)
    typed = {"name-fi": "Voima", "name-sv": "Styrka", "name-en": "Strength", "capacity": "30"}
    typed |= {"category": "strength", "kind": "online", "last_on": str(TODAY + timedelta(days=9))}
    form.action += "?lang=en"
    refused = form.submit(manager, "Show what it does", **typed)
    assert refused.status_code == 422
    error = refused.text.partition('id="e-space"')[2].partition("</p>")[0]
    assert text_of(error).endswith("Choose a space.")
    shown = form.submit(manager, "Show what it does", space="online", **typed)
    assert "What this does" in shown.text
    [form] = forms_in(shown.text, page)
    created = form.submit(manager, "Do it").location
    with reading() as session:
        assert session.scalars(select(SessionRule.space_id)).all() == [None]
    stored = chosen_and_offered(manager.get(f"{created}&lang=en").text)
    assert [name for name, chosen in stored if chosen] == ["None, it is online"]
    assert "Choose a space" not in dict(stored)


def chosen_and_offered(page: str) -> list[tuple[str, bool]]:
    """Return the spaces to choose from, and whether each is chosen."""
    options = page.partition('name="space"')[2].partition("</select>")[0]
    found = re.findall(r'<option value="[^"]*"( selected)?>([^<]*)<', options)
    return [(name, bool(chosen)) for chosen, name in found]


def test_spaces_of_a_campus_stand_together(world: World, manager: FlaskClient) -> None:
    page = manager.get("/manage/classes/new").text
    options = page.partition('name="space"')[2].partition("</select>")[0]
    names = re.findall(r'<option value="[^"]+"[^>]*>([^<]*)</option>', options)[:-1]  # online
    assert names == sorted(names)
    assert len(names) > 1
