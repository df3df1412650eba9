"""Sessions: how long they live, and how they end."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.people import a_member, signed_in
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import open_read_connection, reading, writing
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.roles import service as roles_service
from zone.members.sign_in import flows as sign_in_flows
from zone.members.sign_in.flows import SignInAttempt
from zone.members.sign_in_sessions import jobs as sign_in_sessions_jobs
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import rules as sign_in_sessions_rules
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.operation.jobs import jobs as operation_jobs

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)


def a_session(*roles: str) -> tuple[int, str]:
    """A person with these service roles, signed in; their id and token."""
    with writing() as session:
        member = a_member(session)
        for role in roles:
            roles_service.grant_role(session, member.id, role, NOW)
        return member.id, sign_in_sessions.open_session(session, member.id, now=NOW)


def lives(token: str, now: datetime) -> bool:
    with reading() as session:
        return sign_in_sessions_queries.actor_of_token(session, token, now) is not None


@pytest.mark.parametrize(
    ("roles", "life"), [((), timedelta(days=30)), (("desk",), timedelta(hours=12))]
)
def test_a_session_lives_as_long_as_its_roles_allow(
    app: Flask, roles: tuple[str, ...], life: timedelta
) -> None:
    _, token = a_session(*roles)
    assert lives(token, NOW + life - timedelta(seconds=1))
    assert not lives(token, NOW + life)


def test_use_slides_the_end_of_a_session(app: Flask) -> None:
    _, token = a_session("desk")
    with open_read_connection() as connection:
        early = sign_in_sessions_queries.find_session(connection, token, NOW + timedelta(minutes=1))
        late = sign_in_sessions_queries.find_session(connection, token, NOW + timedelta(hours=11))
    assert early is not None
    assert late is not None
    assert (early.stale, late.stale) == (False, True), "not written at every request"
    with writing() as session:
        sign_in_sessions.note_use(session, late.session_id, NOW + timedelta(hours=11))
    assert lives(token, NOW + timedelta(hours=22))


def test_a_role_given_later_shortens_the_session_at_once(app: Flask) -> None:
    member_id, token = a_session()
    assert lives(token, NOW + timedelta(days=1))
    with writing() as session:
        roles_service.grant_role(session, member_id, "admin", NOW)
    assert not lives(token, NOW + timedelta(days=1))


def test_signing_out_ends_one_session_or_all(app: Flask) -> None:
    member_id, first = a_session()
    with writing() as session:
        second, third = (
            sign_in_sessions.open_session(session, member_id, now=NOW) for _ in range(2)
        )
        live = sign_in_sessions_queries.find_session(session.connection(), first, NOW)
        assert live is not None
        sign_in_sessions.end_session(session, live.session_id, NOW)
    assert [lives(token, NOW) for token in (first, second, third)] == [False, True, True]
    with writing() as session:
        sign_in_sessions.end_all_sessions(session, member_id, NOW)
    assert [lives(token, NOW) for token in (second, third)] == [False, False]


def test_the_token_is_nowhere_in_the_database(app: Flask) -> None:
    _, token = a_session()
    with reading() as session:
        digest = session.scalars(select(SignInSession.digest)).one()
    assert token.encode() not in digest
    assert not lives(digest.hex(), NOW)


def test_proven_affiliations_are_roles_while_they_hold(app: Flask) -> None:
    member_id, token = a_session()
    with writing() as session:
        affiliation = affiliations.add_affiliation(
            session, member_id, institution_code="laurea", role="student", study_region=None
        )
        eligibility.add_proof(
            session,
            affiliation.id,
            source="register",
            valid_from=NOW.date(),
            valid_until=NOW.date(),
            now=NOW,
            recorded_by=None,
        )
    with reading() as session:
        today = sign_in_sessions_queries.actor_of_token(session, token, NOW)
        tomorrow = sign_in_sessions_queries.actor_of_token(session, token, NOW + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert (today.roles, tomorrow.roles) == (frozenset({"student"}), frozenset())


def test_ended_sessions_expired_codes_and_attempts_are_deleted(
    app: Flask, settings: Settings
) -> None:
    member_id, live_token = a_session()
    with writing() as session:
        sign_in_sessions.open_session(session, member_id, now=NOW - timedelta(days=70))
    sign_in_flows.send_code("aino@example.org", SignInAttempt("192.0.2.1", "en"), settings, NOW)
    assert sign_in_sessions_jobs.delete_expired(settings, NOW) == 1, (
        "the session that nobody used for 70 days"
    )
    later = NOW + timedelta(minutes=61)
    assert sign_in_sessions_jobs.delete_expired(settings, later) == 1, "the code"
    assert operation_jobs.delete_old_rows(settings, later) == 3, (
        "the counts for the client, for the address, and for both"
    )
    assert lives(live_token, NOW)


def check_a_staff_session_has_an_absolute_end() -> None:
    """Check that a staff session that is used all the time ends after a day, a student's not."""
    staff, student = a_session("desk"), a_session()
    for hours in range(1, 24):
        now = NOW + timedelta(hours=hours)
        for _, token in (staff, student):
            with writing() as session:
                live = sign_in_sessions_queries.find_session(session.connection(), token, now)
                assert live is not None
                sign_in_sessions.note_use(session, live.session_id, now)
    end = NOW + sign_in_sessions_rules.LONGEST_SERVICE_SESSION
    assert lives(staff[1], end - timedelta(seconds=1))
    assert not lives(staff[1], end)
    assert lives(student[1], end)


def test_a_staff_session_has_an_absolute_end(app: Flask) -> None:
    check_a_staff_session_has_an_absolute_end()


@pytest.mark.thorough
@pytest.mark.planted_fault("a session lives as long as it is used")
def test_a_session_that_only_slides_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slide(roles: frozenset[str], _created_at: datetime, seen_at: datetime) -> datetime:
        return seen_at + sign_in_sessions_rules.session_life(roles)

    monkeypatch.setattr(sign_in_sessions_rules, "ends_at", slide)
    with pytest.raises(AssertionError):
        check_a_staff_session_has_an_absolute_end()


ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
    " Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (ANDROID, "Chrome", "Android"),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1"
            ),
            "Safari",
            "iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
            ),
            "Edge",
            "Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Firefox",
            "macOS",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Firefox",
            "Linux",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko)"
                " SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36"
            ),
            "Samsung Internet",
            "Android",
        ),
        ("curl/8.11.0", "", ""),
        ("<script>alert(1)</script>" * 99, "", ""),
    ],
)
def test_a_browser_has_a_name_that_a_person_knows(
    user_agent: str, browser: str, system: str
) -> None:
    name = sign_in_sessions_rules.browser_name(user_agent)
    assert (name.browser, name.system) == (browser, system)


@pytest.mark.engines("sqlite")
def test_people_see_where_they_are_signed_in_and_sign_out_there(app: Flask) -> None:
    with writing() as session:
        member_id, other_id = a_member(session).id, a_member(session).id
        sign_in_sessions.open_session(session, member_id, now=utc_now(), user_agent=ANDROID)
        sign_in_sessions.open_session(session, member_id, now=utc_now() - timedelta(days=31))
    here, stranger = signed_in(app, member_id), signed_in(app, other_id)
    page = here.get("/me?lang=en").text
    assert "Chrome on Android" in page
    assert "this browser" in page
    listed = here.get("/api/v1/me/sessions").get_json()["sessions"]
    assert [(row["browser"], row["current"]) for row in listed] == [("", True), ("Chrome", False)]
    phone = listed[1]["id"]
    assert stranger.delete(f"/api/v1/me/sessions/{phone}").status_code == 404
    assert stranger.post(f"/me/sessions/{phone}/end").status_code == 404
    assert here.post(f"/me/sessions/{phone}/end").location == "/me#browsers"
    assert here.delete(f"/api/v1/me/sessions/{phone}").status_code == 204, "again: no change"
    assert "Chrome on Android" not in here.get("/me?lang=en").text
    assert here.get("/api/v1/me").status_code == 200


@pytest.mark.engines("sqlite")
def test_signing_out_says_that_programs_go_on(app: Flask) -> None:
    with writing() as session:
        member_id = a_member(session).id
        roles_service.grant_role(session, member_id, "manager", utc_now())
    here, asked = signed_in(app, member_id), "/me?lang=en"
    assert "API token" not in here.get(asked).text
    expires = (utc_now() + timedelta(days=9)).isoformat()
    body = {"name": "screen", "scopes": ["bookings:read"], "expires_at": expires}
    made = here.post("/api/v1/tokens", json=body)
    assert made.status_code == 201, made.json
    assert "A program works with an API token of yours." in here.get(asked).text
    here.post("/sign-out", data={"everywhere": "1"})
    token = {"Authorization": f"Bearer {made.get_json()['token']}"}
    assert app.test_client().get("/api/v1/me/bookings", headers=token).status_code == 200


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sign-out"),
        ("POST", "/me/devices/removal"),
        ("DELETE", "/api/v1/me/session"),
        ("DELETE", "/api/v1/me/sessions"),
        ("POST", "/me/sessions/{own}/end"),
        ("DELETE", "/api/v1/me/sessions/{own}"),
    ],
)
def test_every_sign_out_clears_the_browser(app: Flask, method: str, path: str) -> None:
    with writing() as session:
        member_id = a_member(session).id
    here = signed_in(app, member_id)
    (own,) = here.get("/api/v1/me/sessions").get_json()["sessions"]
    answer = here.open(path.format(own=own["id"]), method=method)
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert "zone=;" in answer.headers["Set-Cookie"]
    if answer.location:
        assert 'role="status"' in here.get(answer.location).text
