"""Managers move a class in the week: they see what it changes for people, then publish it."""

import re
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.stored import stored
from tests.world.booking import World, a_member, a_person, an_activity, build
from tests.world.rendered_forms import RenderedForm, forms_in, forms_of, text_of
from tests.world.reporting import set_targets
from tests.world.weekly_classes import (
    NOW,
    TODAY,
    TOMORROW,
    a_class,
    count,
    of_class,
    someone_books,
)
from zone.booking.bookings.models import Booking
from zone.booking.weekly_classes.models import SessionRule
from zone.core.db.transactions import reading, writing
from zone.core.time import to_helsinki
from zone.members.roles.service import grant_role
from zone.places.terms.models import Season
from zone.places.terms.service import create_season

pytestmark = pytest.mark.engines("sqlite")

LOOK = "Show what it does"
PUBLISH = "Publish the change"
TERM_ENDS, TERM_LASTS = date(2026, 12, 20), timedelta(days=50)


@pytest.fixture
def world(app: Flask) -> World:
    made = stored(build)
    with writing() as session:
        # The classes are of the coming weeks, whenever that is: their term must not end before.
        session.execute(update(Season).values(ends_on=max(TERM_ENDS, TODAY + TERM_LASTS)))
    return made


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    return a_person(app, world, "manager", NOW, "manager")


@pytest.fixture
def rule(manager: FlaskClient, world: World) -> UUID:
    rule = a_class(world)
    someone_books(world, rule)
    return rule


def the_form(client: FlaskClient, rule: UUID) -> RenderedForm:
    [form] = forms_of(client, f"/manage/week?class={rule}")
    return form


def form_in(html: str) -> RenderedForm:
    [form] = forms_in(html, "/manage/week")
    return form


def starts(rule: UUID) -> set[str]:
    return {f"{to_helsinki(row.starts_at):%H:%M}" for row in of_class(rule)}


def test_a_class_is_moved_after_a_look_at_what_it_changes(manager: FlaskClient, rule: UUID) -> None:
    shown = the_form(manager, rule).submit(manager, LOOK, starts_at="18.30", minutes="75")
    assert shown.status_code == 200
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown.text))
    assert "17.00–18.00" in words
    assert "18.30–19.45" in words
    assert "1 booked, first right until" in words
    assert "No target is set" in words
    assert starts(rule) == {"17:00"}
    assert {row.state for row in of_class(rule)} == {"scheduled"}, "a draft changes nothing"
    published = form_in(shown.text).submit(manager, PUBLISH, reason="The hall is repaired")
    assert published.status_code == 303
    new = UUID(re.findall(r"class=([0-9a-f-]{36})", published.location)[0])
    assert (starts(new), starts(rule)) == ({"18:30"}, set())
    page = manager.get(published.location).text
    assert "18.30–19.45" in page
    with reading() as session:
        assert session.scalar(select(Booking.state)) == "cancelled"


def test_a_class_submitted_as_rendered_changes_nothing(manager: FlaskClient, rule: UUID) -> None:
    shown = the_form(manager, rule).submit(manager, LOOK)
    assert shown.status_code == 200
    assert PUBLISH not in form_in(shown.text).buttons
    assert count(SessionRule) == 1


def test_what_is_taken_is_named_with_what_is_free(
    manager: FlaskClient, world: World, rule: UUID
) -> None:
    other = a_class(world, space_id=world.hall, name_en="Futsal")
    space = the_form(manager, rule).data["space"][0]
    form = the_form(manager, other)
    assert form.data["space"][0] != space
    shown = form.submit(manager, LOOK, space=space)
    assert shown.status_code == 409
    assert "Yoga, 17.00–18.00 (4 days)" in shown.text
    assert "Clashes with Futsal" in shown.text
    clash = form_in(shown.text)
    assert 'aria-disabled="true"' in shown.text
    free = next(text for text in clash.buttons if text.startswith("Start at"))
    solved = clash.submit(manager, free)
    assert (solved.status_code, PUBLISH in form_in(solved.text).buttons) == (200, True)


def test_an_instructor_who_leads_something_else_is_named(
    manager: FlaskClient, world: World
) -> None:
    with writing() as session:
        leads = a_member(session, world, "leader", now=NOW)
        grant_role(session, leads, "instructor", NOW)
    a_class(world, instructor_id=leads, name_en="Pilates")
    other = a_class(world, instructor_id=leads, space_id=world.hall)
    shown = the_form(manager, other).submit(manager, LOOK, minutes="75")
    assert "teaches something else then" in shown.text
    assert "Pilates, " in shown.text
    assert PUBLISH in form_in(shown.text).buttons, "a person may be in two places on paper"


def test_what_somebody_else_saved_meanwhile_stays(manager: FlaskClient, rule: UUID) -> None:
    shown = the_form(manager, rule).submit(manager, LOOK, starts_at="18")
    [theirs] = forms_of(manager, f"/manage/classes/{rule}")
    looked = theirs.submit(manager, LOOK, reason="New", **{"name-en": "Slow yoga", "minutes": "60"})
    [theirs] = forms_in(looked.text, f"/manage/classes/{rule}")
    assert theirs.submit(manager, "Do it").status_code == 303
    refused = form_in(shown.text).submit(manager, PUBLISH, reason="Why")
    assert refused.status_code == 409
    again = form_in(refused.text).submit(manager, LOOK)
    done = form_in(again.text).submit(manager, PUBLISH, reason="Why")
    new = UUID(re.findall(r"class=([0-9a-f-]{36})", done.location)[0])
    assert {row.name_en for row in of_class(new)} == {"Slow yoga"}
    assert starts(new) == {"18:00"}


def test_a_second_tap_publishes_once(manager: FlaskClient, rule: UUID) -> None:
    form = form_in(the_form(manager, rule).submit(manager, LOOK, starts_at="18.30").text)
    taps = [form.submit(manager, PUBLISH, reason="Why") for _ in range(2)]
    assert (taps[0].status_code, taps[0].location) == (303, taps[1].location)
    assert count(SessionRule) == 2


def test_what_is_no_time_is_refused_and_stays(manager: FlaskClient, rule: UUID) -> None:
    form = the_form(manager, rule)
    for name, value in (("starts_at", "25.00"), ("minutes", "0"), ("from_day", "x")):
        shown = form.submit(manager, LOOK, **{name: value})
        assert shown.status_code == 422
        assert form_in(shown.text).data[name] == [value]
        assert 'id="refusal"' in shown.text


def test_the_page_of_another_term_shows_its_classes(
    manager: FlaskClient, world: World, rule: UUID
) -> None:
    with writing() as session:
        first, last = TODAY + timedelta(days=60), TODAY + timedelta(days=120)
        create_season(session, code="next", kind="spring", starts_on=first, ends_on=last, now=NOW)
    page = manager.get("/manage/week?term=next").text
    assert str(rule) not in page
    assert str(rule) in manager.get(f"/manage/week?class={rule}").text


def test_the_page_opens_without_classes(manager: FlaskClient) -> None:
    for query in ("", "?campus=online", "?campus=nowhere", "?term=nowhere"):
        page = manager.get(f"/manage/week{query}")
        assert (page.status_code, 'id="side"' in page.text) == (200, True)
    for query in ("?class=x", f"?class={UUID(int=1)}"):
        page = manager.get(f"/manage/week{query}", headers={"Accept": "text/html"})
        assert page.status_code == 404


def test_a_day_full_of_long_classes_is_shown(manager: FlaskClient, world: World) -> None:
    name = "Erittäin pitkäniminen lempeä aamujumppa aloittelijoille ja kokeneille"
    with writing() as session:
        for hour in (0, 5, 23):
            session.add(
                SessionRule(
                    public_id=UUID(int=hour + 1),
                    kind="event",
                    activity=an_activity(session, name, kind="event", category="chess"),
                    space_id=world.studio,
                    weekdays=(TOMORROW.isoweekday(),),
                    starts_at=time(hour, 7),
                    minutes=1440,
                    first_on=TODAY,
                    last_on=TODAY + timedelta(days=27),
                    capacity=1,
                )
            )
    page = manager.get("/manage/week").text
    assert re.findall(r'class="wk ([^"]*)"', page) == ["q0 d96", "q20 d76 n2", "q92 d4 n3"]


def test_hours_just_below_the_target_do_not_read_as_the_target(
    manager: FlaskClient, world: World
) -> None:
    """2998 minutes were "50 hours a week, target 50", and "0 h a week short"."""
    with writing() as session:
        set_targets(session)
        for number, minutes in enumerate((1440, 1440, 118), 1):
            session.add(
                SessionRule(
                    public_id=UUID(int=number),
                    kind="class",
                    activity=an_activity(session, "Long"),
                    space_id=world.studio,
                    weekdays=(number,),
                    starts_at=time(0, 7),
                    minutes=minutes,
                    first_on=TODAY,
                    last_on=TODAY + timedelta(days=27),
                    capacity=1,
                )
            )
    page = text_of(manager.get("/manage/week?lang=en").text)
    assert "This timetable is 0,03 h a week short of target B." in page
    assert "49,97" in page
