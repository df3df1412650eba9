"""The page of an instructor: their own classes, today's first, and nobody else's."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import a_session
from tests.world.people import a_person, signed_in
from tests.world.site import Site, a_member
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import day_window, helsinki_date
from zone.members.roles.service import grant_role

pytestmark = pytest.mark.engines("sqlite")
HTML = {"Accept": "text/html"}


def an_instructor(app: Flask, site: Site, name: str = "instructor") -> tuple[int, FlaskClient]:
    """Return an instructor's id and browser."""
    with writing() as session:
        member_id, _ = a_member(session, site, name)
        grant_role(session, member_id, "instructor", utc_now())
    return member_id, signed_in(app, member_id)


def give(site: Site, instructor_id: int | None, days: int, state: str = "scheduled") -> str:
    """Store a session at noon in `days` days from today; return its public id."""
    noon = day_window(helsinki_date(utc_now()))[0] + timedelta(days=days, hours=12)
    with writing() as session:
        made = a_session(session, site.world, start=noon)
        row = session.get_one(ClassSession, made.id)
        row.instructor_id, row.state = instructor_id, state
        return str(row.public_id)


def test_an_instructor_sees_their_own_classes_of_two_weeks(app: Flask, site: Site) -> None:
    instructor_id, browser = an_instructor(app, site)
    other_id, _ = an_instructor(app, site, "another")
    today, coming, cancelled = (
        give(site, instructor_id, *when) for when in ((0,), (14,), (3, "cancelled"))
    )
    hidden = [
        give(site, whose, days)
        for whose, days in (
            (instructor_id, -1),
            (instructor_id, 15),
            (other_id, 2),
            (None, 1),
        )
    ]
    page = browser.get("/today?lang=en", headers=HTML).text
    assert page.index(today) < page.index(cancelled) < page.index(coming)
    assert page.count("The class is cancelled") == 1
    assert [one for one in hidden if one in page] == []


def test_without_classes_it_says_whom_to_ask(app: Flask, site: Site) -> None:
    _, browser = an_instructor(app, site)
    page = browser.get("/today?lang=en", headers=HTML).text
    assert "You have no class today." in page
    assert "ask the service manager" in page


def test_students_have_no_such_page(app: Flask) -> None:
    assert a_person(app).get("/today").status_code == 403


def test_the_list_of_each_class_opens(app: Flask, site: Site) -> None:
    instructor_id, browser = an_instructor(app, site)
    public_id = give(site, instructor_id, 0)
    path = f"/sessions/{public_id}/attendance"
    assert f'href="{path}"' in browser.get("/today").text
    assert browser.get(path).status_code == 200
