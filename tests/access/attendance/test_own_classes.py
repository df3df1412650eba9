"""The page of an instructor: their own classes, today's first, and nobody else's."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import NOW, a_session
from tests.world.people import a_person, signed_in
from tests.world.site import Site, a_member
from zone.access.attendance.models import HeadCount
from zone.access.attendance.views import hours_until, phase_of, session_in_hand
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.views import SessionView
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import day_window, helsinki_date
from zone.members.people.queries import member_by_id
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


def at(site: Site, instructor_id: int, minutes: int) -> ClassSession:
    """Store a session of an hour that begins in `minutes` from now."""
    with writing() as session:
        start = utc_now() + timedelta(minutes=minutes)
        made = a_session(session, site.world, start=start, now=start - timedelta(days=1))
        row = session.get_one(ClassSession, made.id)
        row.instructor_id = instructor_id
        return row


def view_of(phase: str, minutes: int) -> SessionView:
    """Return a session of an hour that begins in `minutes`, called by its phase."""
    names = dict.fromkeys(("fi", "sv", "en"), phase)
    start = NOW + timedelta(minutes=minutes)
    return SessionView(
        id=uuid.uuid4(),
        kind="class",
        name=names,
        category="mind",
        campus="myllypuro",
        campus_name="Metropolia Myllypuro",
        space=names,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        capacity=10,
        bookable=7,
        booked=0,
        state="cancelled" if phase == "cancelled" else "scheduled",
        booking=None,
    )


def test_the_session_in_hand_is_the_present_one_then_the_uncounted_then_the_next() -> None:
    by_start = {"cancelled": -5, "ended": -120, "now": -30, "soon": 20, "later": 125}
    views = {phase: view_of(phase, minutes) for phase, minutes in by_start.items()}
    assert {phase: phase_of(view, NOW) for phase, view in views.items()} == {
        phase: phase for phase in views
    }
    left = ["cancelled", "later", "ended", "soon", "now"]
    for expected in ("now", "soon", "ended", "later"):
        found = session_in_hand([views[phase] for phase in left], [], NOW)
        assert found is views[expected]
        left.remove(expected)
    assert session_in_hand([views["cancelled"]], [], NOW) is None
    assert session_in_hand([views["ended"]], [views["ended"].id], NOW) is None
    assert [hours_until(views[phase], NOW) for phase in ("soon", "later")] == [None, 2]


def test_the_instructor_counts_heads_and_marks_whom_the_door_missed(app: Flask, site: Site) -> None:
    instructor_id, browser = an_instructor(app, site)
    running = at(site, instructor_id, 0)
    with writing() as session:
        member_id, _ = a_member(session, site, "aino")
        row = Booking(
            public_id=uuid.uuid4(),
            session_id=running.id,
            member_id=member_id,
            state="booked",
            created_at=utc_now(),
        )
        session.add(row)
        person = member_by_id(session, member_id).public_id
    page = browser.get("/today?lang=en").text
    assert "Not here yet" in page
    seen = f"/sessions/{running.public_id}/attendance/{person}"
    assert browser.post(seen, data={"from": "today"}).location == "/today"
    assert "Not here yet" not in browser.get("/today?lang=en").text
    address = f"/sessions/{running.public_id}/head-count"
    for count in ("18", "19"):
        form = {"count": count, "from": "today", "key": uuid.uuid4().hex}
        page = browser.post(address, data=form, follow_redirects=True).text
        assert "The count is stored." in page
    assert 'name="count"' in page
    assert 'value="19"' in page
    with reading() as session:
        assert [
            one.people for one in session.scalars(select(HeadCount).order_by(HeadCount.id))
        ] == [18, 19]
    for wrong in ("1000", "-1", "many", ""):
        assert browser.post(address, data={"count": wrong}).status_code == 422
    _, other = an_instructor(app, site, "another")
    assert other.post(address, data={"count": "1"}).status_code == 403
    tomorrow = at(site, instructor_id, 60 * 30)
    early = f"/sessions/{tomorrow.public_id}/head-count"
    assert browser.post(early, data={"count": "1"}).status_code == 409


def test_students_have_no_such_page(app: Flask) -> None:
    assert a_person(app).get("/today").status_code == 403


def test_the_list_of_each_class_opens(app: Flask, site: Site) -> None:
    instructor_id, browser = an_instructor(app, site)
    public_id = give(site, instructor_id, 0)
    path = f"/sessions/{public_id}/attendance"
    assert f'href="{path}"' in browser.get("/today").text
    assert browser.get(path).status_code == 200
