"""Each form that managers get works when it is submitted as it was rendered."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import World, a_member, a_rule, a_session, class_details
from tests.world.courts import book
from tests.world.rendered_forms import forms_in, forms_of
from zone.booking.allocations.models import Allocation
from zone.booking.sessions.models import ClassSession
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.places.holidays.rules import holidays_between
from zone.places.opening_hours.models import OpeningException
from zone.places.spaces.queries import space_by_id

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def rule(world: World, now: datetime) -> UUID:
    """A weekly class that has its own share of bookable places."""
    # From tomorrow on: what was held earlier today stays as it was.
    tomorrow = helsinki_date(now) + timedelta(days=1)
    with writing() as session:
        when = a_rule(first=tomorrow, last=tomorrow + timedelta(days=27))
        row, _ = weekly_classes.create_class(
            session, class_details(world, percent=50), when, now=now
        )
        return row.public_id


def count(model: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def sessions() -> list[tuple[str, int, str]]:
    with reading() as session:
        rows = session.scalars(select(Allocation).order_by(Allocation.starts_at))
        return [(row.name_en, row.capacity, row.state) for row in rows]


def test_a_new_weekly_class_is_previewed_and_created(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    [form] = forms_of(manager, "/manage/classes/new")
    with reading() as session:
        space = str(space_by_id(session, world.studio).public_id)
    typed = {"name-fi": "Voima", "name-sv": "Styrka", "name-en": "Strength"}
    typed |= {"category": "strength", "space": space}
    typed["last_on"] = str(helsinki_date(now) + timedelta(days=20))
    shown = form.submit(manager, "Show what it does", **typed)
    assert (shown.status_code, count(SessionRule)) == (200, 0)
    [form] = forms_in(shown.text, "/manage/classes")
    created = form.submit(manager, "Do it")
    assert (created.status_code, count(SessionRule)) == (303, 1)
    assert manager.get(created.location).status_code == 200


def test_a_weekly_class_submitted_as_rendered_changes_nothing(
    manager: FlaskClient, rule: UUID
) -> None:
    before = sessions()
    [form] = forms_of(manager, f"/manage/classes/{rule}")
    shown = form.submit(manager, "Show what it does", reason="A check")
    [form] = forms_in(shown.text, f"/manage/classes/{rule}")
    assert form.submit(manager, "Do it").status_code == 303
    assert (sessions(), count(SessionRule)) == (before, 1)


def test_what_two_managers_save_is_shown_to_the_later_one_who_may_save_again(
    manager: FlaskClient, rule: UUID
) -> None:
    path = f"/manage/classes/{rule}"
    [first], [second] = forms_of(manager, path), forms_of(manager, path)
    for form, name, status in ((first, "One", 303), (second, "Two", 409)):
        shown = form.submit(manager, "Show what it does", reason="Why", **{"name-en": name})
        if status == 303:
            [again] = forms_in(shown.text, path)
            assert again.submit(manager, "Do it").status_code == 303
    assert shown.status_code == 409
    [again] = forms_in(shown.text, path)
    previewed = again.submit(manager, "Show what it does")
    [last] = forms_in(previewed.text, path)
    assert last.submit(manager, "Do it").status_code == 303
    assert {name for name, _, _ in sessions()} == {"Two"}


def test_a_session_gets_other_places_and_is_cancelled(manager: FlaskClient, rule: UUID) -> None:
    with reading() as session:
        class_session = session.scalars(
            select(ClassSession.public_id).order_by(ClassSession.starts_at.desc())
        ).first()
    path = f"/manage/sessions/{class_session}"
    places, _ = forms_of(manager, path)
    assert places.submit(manager, "Change the places", reason="Repairs").status_code == 303
    places, cancel = forms_of(manager, path)
    refused = places.submit(manager, "Change the places", reason="Repairs", capacity="many")
    assert (refused.status_code, 'value="many"' in refused.text) == (422, True)
    shown = cancel.submit(manager, "Show what it does", reason="Ill")
    _, cancel = forms_in(shown.text, path)
    assert cancel.submit(manager, "Cancel the session").status_code == 303
    assert sessions()[-1][2] == "cancelled"
    [back] = forms_of(manager, path)
    assert back.submit(manager, "Hold the session after all", reason="Well").status_code == 303
    assert sessions()[-1][2] == "scheduled"


def test_a_day_is_closed_after_a_question_and_opened_again(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    day: date = helsinki_date(now) + timedelta(days=2)
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    book(anna, world.court_1, from_helsinki(day, time(12)), now=now)
    [form] = forms_of(manager, "/manage/days")
    shown = form.submit(manager, "Go on", day=str(day), reason="Floor")
    assert (shown.status_code, count(OpeningException)) == (200, 0)
    question = forms_in(shown.text, "/manage/days")[0]
    taps = [question.submit(manager, "Set the hours and call these off") for _ in range(2)]
    assert [tap.status_code for tap in taps] == [303, 303]
    assert [state for _, _, state in sessions()] == ["cancelled"]
    ordinary = forms_of(manager, "/manage/days")[0]
    [button] = ordinary.buttons
    assert ordinary.submit(manager, button).status_code == 303
    assert count(OpeningException) == 0


def test_a_holiday_is_closed_after_a_question_and_as_usual_again(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    today = helsinki_date(now)
    day = holidays_between(today + timedelta(days=2), today + timedelta(days=300))[0].day
    with writing() as session:
        a_session(session, world, start=from_helsinki(day, time(17)), now=now)
    path = f"/manage/holidays/{day}"
    [form] = forms_of(manager, path)
    shown = form.submit(manager, "Go on")
    assert (shown.status_code, count(OpeningException)) == (200, 0)
    question = forms_in(shown.text, path)[0]
    taps = [question.submit(manager, "Plan it and call these off") for _ in range(2)]
    assert [tap.status_code for tap in taps] == [303, 303]
    assert [state for _, _, state in sessions()] == ["cancelled"]
    [form] = forms_of(manager, path)
    assert form.submit(manager, "Go on", plan="normal").status_code == 303
    assert count(OpeningException) == 0


def test_the_later_of_two_changes_of_a_capacity_is_refused_and_may_be_saved_again(
    manager: FlaskClient, rule: UUID
) -> None:
    with reading() as session:
        class_session = session.scalars(
            select(ClassSession.public_id).order_by(ClassSession.starts_at.desc())
        ).first()
    path = f"/manage/sessions/{class_session}"
    first, second = forms_of(manager, path)[0], forms_of(manager, path)[0]
    assert first.submit(manager, "Change the places", reason="A", capacity="8").status_code == 303
    refused = second.submit(manager, "Change the places", reason="B", capacity="6")
    assert (refused.status_code, sessions()[-1][1]) == (409, 8)
    again = forms_in(refused.text, path)[0]
    assert again.submit(manager, "Change the places").status_code == 303
    assert sessions()[-1][1] == 6
