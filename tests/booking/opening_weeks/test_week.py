"""The manager sets the ordinary hours of a campus on a page, and sees first what they leave out."""

from datetime import date, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient

from tests.world.booking import World, a_member
from tests.world.courts import book
from tests.world.rendered_forms import forms_in, forms_of
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.places.opening_hours.queries import week_on

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/opening-hours"


def hours_on(world: World, day: date) -> list[tuple[time, time]]:
    with reading() as session:
        return dict(week_on(session, world.campus, day))[day.isoweekday()]


def test_weekdays_get_their_hours_from_a_day_on(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    day = helsinki_date(now) + timedelta(days=30)
    before = hours_on(world, day - timedelta(days=7))
    *_, form = forms_of(manager, f"{PAGE}?lang=en")
    weekday = str(day.isoweekday())
    given = {"opens": "06:00", "closes": "23:30", "valid_from": f"{day}"}
    for wrong in (
        given,
        given | {"weekdays": "8"},
        given | {"weekdays": weekday, "opens": "25:00"},
        given | {"weekdays": weekday, "valid_until": f"{day - timedelta(days=1)}"},
    ):
        assert form.submit(manager, "Set the hours", **wrong).status_code == 422, wrong
    answer = form.submit(manager, "Set the hours", **(given | {"weekdays": weekday}))
    assert answer.status_code == 303
    assert hours_on(world, day) == [(time(6), time(23, 30))]
    assert hours_on(world, day - timedelta(days=7)) == before


def test_what_falls_outside_is_shown_before_the_hours_are_set(
    manager: FlaskClient, world: World, now: datetime
) -> None:
    day = helsinki_date(now) + timedelta(days=2)
    with writing() as session:
        anna = a_member(session, world, "anna", now=now)
    book(anna, world.court_1, from_helsinki(day, time(12)), now=now)
    before = hours_on(world, day)
    *_, form = forms_of(manager, f"{PAGE}?lang=en")
    given = {"weekdays": str(day.isoweekday()), "valid_from": f"{day}"}
    asked = form.submit(manager, "Set the hours", opens="16:00", closes="20:00", **given)
    assert (asked.status_code, hours_on(world, day)) == (200, before)
    assert "1 session or booking falls outside" in asked.text
    question = next(
        one for one in forms_in(asked.text, PAGE) if "Set the hours, keep these" in one.buttons
    )
    assert question.submit(manager, "Set the hours, keep these").status_code == 303
    assert hours_on(world, day) == [(time(16), time(20))]
