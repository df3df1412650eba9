"""The feeds of places and instructors: what is public, the same for everybody who asks."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from ical.event import Event
from sqlalchemy import select, update

from tests.world.booking import (
    World,
    a_member,
    a_person,
    a_reservation,
    a_session,
    an_actor,
    class_details,
)
from tests.world.calendars import events_of, lines_of, sequence_of
from tests.world.rendered_forms import text_of
from zone.booking.allocations.models import Allocation
from zone.booking.calendar_feeds import flows, rules
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import shift_days
from zone.members.people.models import Member
from zone.places.spaces.models import Space

YEAR = timedelta(days=365)
CAMPUS = "/calendar/campuses/myllypuro.ics"


def events(app: Flask, path: str) -> dict[str, Event]:
    """Return the events of a feed by the id of their session, as a program without cookies reads
    it.
    """
    answer = app.test_client(use_cookies=False).get(path)
    assert answer.status_code == 200, answer.text
    return {uid.partition("@")[0]: event for uid, event in events_of(answer.data).items()}


def studio() -> uuid.UUID:
    with reading() as session:
        return session.scalars(select(Space.public_id).where(Space.code == "studio")).one()


@pytest.fixture
def leader(app: Flask, world: World, yoga: ClassSession, now: datetime) -> uuid.UUID:
    """Who leads the class of tomorrow."""
    a_person(app, world, "sanna", now, "instructor")
    with writing() as session:
        member = session.scalars(select(Member).where(Member.name == "sanna")).one()
        session.get_one(ClassSession, yoga.id).instructor_id = member.id
        return member.public_id


def test_campus_space_and_instructor_have_the_class(
    app: Flask, yoga: ClassSession, leader: uuid.UUID
) -> None:
    page = app.test_client().get(f"/classes/{yoga.public_id}.ics")
    [(uid, of_page)] = events_of(page.data).items()
    for path in (CAMPUS, f"/calendar/spaces/{studio()}.ics", f"/calendar/instructors/{leader}.ics"):
        [event] = events(app, path).values()
        assert (event.uid, event.sequence) == (uid, of_page.sequence), "as on its page"
        assert (event.summary, event.status) == ("Yoga", "CONFIRMED")
        assert event.dtstart == of_page.dtstart
        assert str(event.url).endswith(f"/classes/{yoga.public_id}")
        finnish = events(app, f"{path}?lang=fi")
        assert [one.summary for one in finnish.values()] == ["Jooga"]


def test_the_classes_of_a_place_make_nobody_busy(app: Flask, yoga: ClassSession) -> None:
    assert "TRANSP:TRANSPARENT" in lines_of(app.test_client().get(CAMPUS).data)
    page = app.test_client().get(f"/classes/{yoga.public_id}.ics")
    assert "TRANSP:OPAQUE" in lines_of(page.data), "who takes one class into a calendar comes to it"


def test_what_is_not_public_is_in_no_feed(
    app: Flask, world: World, anna: FlaskClient, yoga: ClassSession, now: datetime
) -> None:
    anna.post(f"/classes/{yoga.public_id}/book")
    start = yoga.starts_at + timedelta(hours=3)
    with writing() as session:
        hidden = class_details(world, kind="low_threshold", name="Small group")
        a_session(session, world, start=start, offer=hidden, now=now)
        a_reservation(session, world, start=start, now=now)
    answer = app.test_client().get(CAMPUS)
    assert [event.summary for event in events_of(answer.data).values()] == ["Yoga"]
    assert "anna" not in answer.text


def test_a_cancelled_class_stays_and_says_so(
    app: Flask, world: World, yoga: ClassSession, now: datetime
) -> None:
    [before] = events(app, CAMPUS).values()
    with writing() as session:
        boss = a_member(session, world, "boss")
        sessions.cancel_session(
            session, an_actor(boss, "manager"), yoga.public_id, reason="Ill", now=now
        )
    [after] = events(app, CAMPUS).values()
    assert (after.uid, after.status, after.summary) == (before.uid, "CANCELLED", "Cancelled: Yoga")
    assert sequence_of(after) > sequence_of(before)
    assert "Ill" not in app.test_client().get(CAMPUS).text, "the reason is for who had booked"


def test_a_feed_has_thirty_days_back_and_everything_planned(
    app: Flask, world: World, now: datetime
) -> None:
    with writing() as session:
        rows = {
            days: a_session(session, world, start=shift_days(now, days), now=now - YEAR)
            for days in (-32, -29, 5, 300)
        }
    found = events(app, CAMPUS)
    assert set(found) == {str(rows[days].public_id) for days in (-29, 5, 300)}


@pytest.mark.parametrize("signed_in", [True, False])
def test_any_cache_may_keep_it_and_it_depends_on_nobody(
    app: Flask, anna: FlaskClient, yoga: ClassSession, signed_in: bool
) -> None:
    anna.post(f"/classes/{yoga.public_id}/book")
    plain = app.test_client(use_cookies=False).get(CAMPUS)
    client = anna if signed_in else app.test_client()
    client.set_cookie("lang", "sv")
    answer = client.get(CAMPUS, headers={"Accept-Language": "fi"})
    assert answer.data == plain.data
    assert answer.headers["Cache-Control"] == "public, max-age=900"
    assert "Set-Cookie" not in answer.headers
    known = client.get(CAMPUS, headers={"If-None-Match": plain.headers["ETag"]})
    assert (known.status_code, known.headers["Cache-Control"]) == (304, "public, max-age=900")
    assert client.head(CAMPUS).headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "campuses/nowhere",
        "campuses/%F0%9F%92%A9",
        f"spaces/{uuid.UUID(int=7)}",
        f"instructors/{uuid.UUID(int=7)}",
    ],
)
def test_an_unknown_place_or_person_has_no_feed(app: Flask, world: World, path: str) -> None:
    assert app.test_client().get(f"/calendar/{path}.ics").status_code == 404


def test_nobody_but_who_leads_a_public_class_has_a_feed(
    app: Flask,
    world: World,
    anna: FlaskClient,
    yoga: ClassSession,
    leader: uuid.UUID,
    now: datetime,
) -> None:
    with writing() as session:
        other = session.scalars(select(Member.public_id).where(Member.name == "anna")).one()
    assert app.test_client().get(f"/calendar/instructors/{other}.ics").status_code == 404
    with writing() as session:
        session.execute(update(Allocation).values(kind="low_threshold"))
    assert app.test_client().get(f"/calendar/instructors/{leader}.ics").status_code == 404
    with writing() as session:
        session.execute(
            update(Allocation).values(
                kind="class",
                starts_at=yoga.starts_at - YEAR,
                ends_at=yoga.ends_at - YEAR,
            )
        )
    assert events(app, f"/calendar/instructors/{leader}.ics") == {}, "a summer without classes"


def test_the_page_and_the_api_list_what_has_classes(
    app: Flask, world: World, leader: uuid.UUID
) -> None:
    page = app.test_client().get("/calendar?lang=en").text
    shown = text_of(page)
    assert "Sign in, and you get an address of your own" in shown
    assert "Classes of an instructor" in shown
    paths = [CAMPUS, f"/calendar/spaces/{studio()}.ics", f"/calendar/instructors/{leader}.ics"]
    for path in paths:
        assert f'href="webcal://localhost:8000{path}?lang=en"' in page
    assert f"/calendar/spaces/{world.court_1}.ics" not in page, "nothing is planned there"
    listed = app.test_client().get("/api/v1/calendar-feeds?lang=sv").get_json()
    [campus], [instructor] = listed["campuses"], listed["instructors"]
    assert campus["campus"]["name"]["sv"] == "Metropolia Myllypuro"
    addresses = [one["address"] for one in (campus["campus"], *campus["spaces"], instructor)]
    assert addresses == [f"http://localhost:8000{path}?lang=sv" for path in paths]
    assert all(events(app, address.partition("8000")[2]) for address in addresses)


def test_one_client_can_ask_so_often_and_others_go_on(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "OF_PUBLIC", replace(rules.OF_PUBLIC, most=3))
    for _ in range(3):
        flows.count_public("192.0.2.1", now)
    with pytest.raises(DomainError, match="too_many_requests"):
        flows.count_public("192.0.2.1", now)
    flows.count_public("198.51.100.7", now)


def test_a_name_of_a_campus_is_the_name_of_its_calendar(app: Flask, yoga: ClassSession) -> None:
    content = app.test_client().get(CAMPUS).data
    assert "X-WR-CALNAME:Metropolia Myllypuro" in lines_of(content)
    content = app.test_client().get(f"/calendar/spaces/{studio()}.ics?lang=sv").data
    assert "X-WR-CALNAME:Metropolia Myllypuro\\, Studion" in lines_of(content)
