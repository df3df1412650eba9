"""Low-threshold groups are seen by staff, and by who is in them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world import people
from tests.world.booking import World, a_member, a_person, a_session, class_details
from tests.world.weekly_classes import a_class
from zone.booking.bookings import service as bookings
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.people.queries import member_by_email

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def group(world: World, now: datetime) -> ClassSession:
    details = class_details(world, kind="low_threshold", name="Easy start")
    with writing() as session:
        return a_session(session, world, start=now + timedelta(hours=30), offer=details, now=now)


def seen(client: FlaskClient, group: ClassSession) -> list[bool]:
    """Whether each page and each answer shows the group."""
    day = group.on_day
    listed = client.get(f"/api/v1/sessions?from={day}&to={day}").get_json()["sessions"]
    pages = (client.get(f"/classes?day={day}"), client.get(f"/classes/{group.public_id}"))
    return [bool(listed), *("Easy start" in page.text for page in pages)]


def somebody_proven(app: Flask, role: str) -> FlaskClient:
    """A person who is proven to belong to an institution."""
    now = utc_now()
    with writing() as session:
        member = people.a_member(session)
        claim = affiliations.add_affiliation(
            session, member.id, institution_code="metropolia", role=role, study_region="capital"
        )
        eligibility.add_proof(
            session,
            claim.id,
            source="term sticker",
            valid_from=helsinki_date(now),
            valid_until=helsinki_date(now + timedelta(days=100)),
            now=now,
            recorded_by=None,
        )
    return people.signed_in(app, member.id)


def check_only_staff_see_it(app: Flask, world: World, now: datetime, group: ClassSession) -> None:
    assert seen(app.test_client(), group) == [False] * 3
    assert seen(a_person(app, world, "student", now), group) == [False] * 3
    for role in ("student", "staff"):  # of an institution, which is no staff of the service
        assert seen(somebody_proven(app, role), group) == [False] * 3
    for role in ("instructor", "desk", "manager", "admin"):
        assert seen(a_person(app, world, role, now, role), group) == [True] * 3


def test_only_staff_see_it(app: Flask, world: World, now: datetime, group: ClassSession) -> None:
    check_only_staff_see_it(app, world, now, group)


@pytest.mark.planted_fault("nothing is hidden")
def test_a_timetable_that_hides_nothing_fails_the_check(
    app: Flask, world: World, now: datetime, group: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_queries, "STAFF_KINDS", frozenset())
    with pytest.raises(AssertionError):
        check_only_staff_see_it(app, world, now, group)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda client, path, id_: client.post("/api/v1/bookings", json={"session": id_}),
        lambda client, path, id_: client.post(f"/api/v1/sessions/{id_}/queue"),
        lambda client, path, id_: client.post(f"{path}/book"),
        lambda client, path, id_: client.post(f"{path}/queue"),
    ],
)
def test_nobody_else_books_or_waits(
    app: Flask,
    world: World,
    now: datetime,
    group: ClassSession,
    anna: FlaskClient,
    attempt: Callable[[FlaskClient, str, str], object],
) -> None:
    answer = attempt(anna, f"/classes/{group.public_id}", str(group.public_id))
    assert answer.status_code == 404  # type: ignore[attr-defined]
    with reading() as session:
        assert session.get_one(ClassSession, group.id).booked == 0


def test_a_public_screen_of_the_staff_shows_none(
    app: Flask, world: World, now: datetime, group: ClassSession
) -> None:
    manager = a_person(app, world, "manager", now, "manager")
    until = (now + timedelta(days=9)).isoformat()
    token = manager.post(
        "/api/v1/tokens",
        json={"name": "Screen", "scopes": ["timetable:read"], "expires_at": until},
    ).get_json()["token"]
    screen = app.test_client()
    screen.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    day = group.on_day
    assert screen.get(f"/api/v1/sessions?from={day}&to={day}").get_json()["sessions"] == []


@pytest.mark.parametrize(("scope", "shown"), [("timetable:read", False), ("timetable:write", True)])
def test_a_token_sees_its_weekly_class_only_to_plan_it(
    app: Flask, world: World, now: datetime, scope: str, shown: bool
) -> None:
    manager = a_person(app, world, "manager", now, "manager")
    rule = a_class(world, kind="low_threshold")
    until = (now + timedelta(days=9)).isoformat()
    scopes = sorted({"timetable:read", scope})
    token = manager.post(
        "/api/v1/tokens", json={"name": "Plan", "scopes": scopes, "expires_at": until}
    ).get_json()["token"]
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for client, sees in ((program, shown), (manager, True)):
        assert bool(client.get("/api/v1/classes").get_json()["classes"]) == sees
        assert client.get(f"/api/v1/classes/{rule}").status_code == (200 if sees else 404)


def test_who_is_in_it_sees_it(anna: FlaskClient, now: datetime, group: ClassSession) -> None:
    with writing() as session:
        member = member_by_email(session, "anna@zone.example")
        assert member is not None
        bookings.book(
            session, member_id=member.id, class_session=group.public_id, now=now, sees_hidden=True
        )
    assert seen(anna, group) == [True] * 3
    assert "Easy start" in anna.get("/bookings?lang=en").text


def test_who_waits_in_it_may_lose_their_right(
    app: Flask, world: World, now: datetime, group: ClassSession, anna: FlaskClient
) -> None:
    """Their waiting ends with it, and neither the desk nor the job meets a 404."""
    manager = a_person(app, world, "manager", now, "manager")
    with writing() as session:
        session.get_one(ClassSession, group.id).bookable = 1
    with writing() as session:
        first = a_member(session, world, "first", now=now)
        id_ = group.public_id
        bookings.book(session, member_id=first, class_session=id_, now=now, sees_hidden=True)
        member = member_by_email(session, "anna@zone.example")
        assert member is not None
        waitlist.join(session, member_id=member.id, class_session=id_, now=now, sees_hidden=True)
    assert anna.get("/api/v1/me/queue").get_json()["queue"]
    form = {"reason": "Rude", "key": "k" * 20}
    answer = manager.post(f"/desk/people/{member.public_id}/suspension", data=form)
    assert answer.status_code == 303
    assert anna.get("/api/v1/me/queue").get_json()["queue"] == []


def test_it_is_no_alternative_to_a_full_class(
    app: Flask, world: World, now: datetime, group: ClassSession, anna: FlaskClient
) -> None:
    with writing() as session:
        start = now + timedelta(hours=26)
        full = class_details(world, percent=10)
        yoga = a_session(session, world, start=start, offer=full, now=now).public_id
    other = a_person(app, world, "other", now)
    assert other.post("/api/v1/bookings", json={"session": str(yoga)}).status_code == 201
    refusal = anna.post("/api/v1/bookings", json={"session": str(yoga)}).get_json()
    assert refusal["code"] == "session_full"
    assert "alternatives" not in refusal
