"""An API token acts as its owner, as far as its scopes and the owner's present roles permit."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice, product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.web.test_auth import calls
from tests.world.actors import a_caller, a_token
from tests.world.people import a_browser, a_member, signed_in
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import OPENED_BY, Permission
from zone.core.rate_limit.rules import Limit
from zone.members.roles import service as roles
from zone.members.sign_in_sessions.rules import token_digest
from zone.members.tokens import service as tokens
from zone.members.tokens.models import ApiToken
from zone.web import auth, static_files
from zone.web.auth import scope_of
from zone.web.context import settings_of
from zone.web.csrf import SAFE
from zone.web.session_cookie import name_of

pytestmark = pytest.mark.engines("sqlite")

NAMED = [("/api/v1/members/searches", "POST", "people:read")]
"""What reads by POST, so that no address of an operation names anybody."""

PUBLIC_LIST = "/api/v1/sessions"

NEW = {"name": "Timetable screen", "scopes": ["timetable:read"]}


@pytest.fixture
def manager_id(app: Flask) -> int:
    with writing() as session:
        member = a_member(session)
        roles.grant_role(session, member.id, "manager", utc_now())
        return member.id


@pytest.fixture
def manager(app: Flask, manager_id: int) -> FlaskClient:
    return signed_in(app, manager_id)


def new(**changes: Any) -> dict[str, Any]:
    return {**NEW, "expires_at": (utc_now() + timedelta(days=30)).isoformat(), **changes}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_is_shown_once_and_kept_as_a_hash(app: Flask, manager: FlaskClient) -> None:
    made = manager.post("/api/v1/tokens", json=new())
    assert made.status_code == 201
    secret = made.get_json()["token"]
    assert secret.startswith("zt_")
    listed = manager.get("/api/v1/tokens").get_json()
    assert [one["id"] for one in listed["tokens"]] == [made.get_json()["id"]]
    assert secret not in str(listed)
    with reading() as session:
        row = session.scalars(select(ApiToken)).one()
        assert secret.encode() not in row.digest
        audited = session.scalars(select(AuditRow).where(AuditRow.action == "token.make")).one()
        assert secret not in str(audited.after)
    assert a_browser(app).get("/api/v1/sessions", headers=bearer(secret)).status_code == 200


def test_a_token_acts_as_its_owner_without_an_origin(app: Flask, manager_id: int) -> None:
    program = app.test_client()
    secret = a_token(manager_id, "bookings:read", "people:write")
    assert program.get("/api/v1/me/bookings", headers=bearer(secret)).status_code == 200
    unknown = "/api/v1/members/00000000-0000-4000-8000-000000000000/proofs"
    answer = program.post(unknown, headers=bearer(secret), json={})
    assert answer.status_code == 422, "let in; only the body is missing"


def closed_to_tokens(app: Flask, secret: str) -> Iterator[str]:
    """Yield calls that a token with every scope may make although no scope opens them."""
    program = app.test_client()
    for rule, method, path in calls(app):
        # Whoever asks for a static file is not looked at.
        if scope_of(app, rule.endpoint) is None and rule.endpoint != static_files.ENDPOINT:
            answer = program.open(path, method=method, headers=bearer(secret))
            if answer.status_code != 403 or (answer.json or {}).get("code") != "scope_missing":
                yield f"{method} {path}: {answer.status_code}"


def test_an_operation_without_a_scope_is_closed_to_every_token(app: Flask, manager_id: int) -> None:
    assert list(closed_to_tokens(app, a_token(manager_id, *OPENED_BY))) == []


@pytest.mark.thorough
@pytest.mark.planted_fault("scopes are not checked")
def test_without_the_scope_check_a_token_may_call_everything(
    app: Flask, manager_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = a_token(manager_id, "timetable:read")
    monkeypatch.setattr(auth, "check_scope", lambda wanted, actor: None)
    assert len(list(islice(closed_to_tokens(app, secret), 20))) == 20


def test_each_scope_opens_its_operations_and_no_others(app: Flask, manager_id: int) -> None:
    program = app.test_client()
    secrets = {name: a_token(manager_id, name) for name in OPENED_BY}
    named = [(scope_of(app, rule.endpoint), method, path) for rule, method, path in calls(app)]
    for wanted, method, path in named:
        if wanted is None:
            continue
        assert wanted in OPENED_BY, f"{method} {path} names a scope that no token can have"
        other = next(name for name in OPENED_BY if name != wanted)
        refused = program.open(path, method=method, headers=bearer(secrets[other]))
        assert (refused.status_code, refused.get_json()["code"]) == (403, "scope_missing"), (
            f"{method} {path}"
        )
        answer = program.open(path, method=method, headers=bearer(secrets[wanted]))
        assert answer.status_code != 401, f"{method} {path}"
        assert (answer.json or {}).get("code") != "scope_missing", f"{method} {path}"


def test_every_scope_opens_something(app: Flask) -> None:
    assert {scope_of(app, rule.endpoint) for rule in app.url_map.iter_rules()} - {None} == set(
        OPENED_BY
    )


def check_what_changes_something_takes_a_scope_to_write(app: Flask) -> None:
    scopes = [(rule, method, scope_of(app, rule.endpoint)) for rule, method, _ in calls(app)]
    named = [(str(rule), method, scope) for rule, method, scope in scopes if scope is not None]
    wrong = [one for one in named if one[2].endswith(":write") == (one[1] in SAFE)]
    assert wrong == NAMED


def test_what_changes_something_takes_a_scope_to_write(app: Flask) -> None:
    check_what_changes_something_takes_a_scope_to_write(app)


@pytest.mark.planted_fault("a scope to read that cancels bookings")
def test_a_scope_to_read_that_cancels_bookings_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        app.view_functions["booking_bookings.cancel"], auth.MARK, Permission.BOOKINGS_READ
    )
    with pytest.raises(AssertionError):
        check_what_changes_something_takes_a_scope_to_write(app)


def check_a_taken_role_is_taken_from_the_token(app: Flask, member_id: int) -> None:
    """Check that a token loses at its next request what its owner may no longer do."""
    program, secret = app.test_client(), a_token(member_id, "figures:read", "bookings:read")
    assert program.get("/api/v1/targets/2021", headers=bearer(secret)).status_code in (200, 404)
    with writing() as session:
        roles.revoke_role(session, member_id, "manager", utc_now())
    refused = program.get("/api/v1/targets/2021", headers=bearer(secret))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "scope_missing")
    assert program.get("/api/v1/me/bookings", headers=bearer(secret)).status_code == 200


def test_a_role_that_is_taken_is_taken_from_the_token_at_once(app: Flask, manager_id: int) -> None:
    check_a_taken_role_is_taken_from_the_token(app, manager_id)


@pytest.mark.planted_fault("a token that keeps what it was made with")
def test_a_token_that_keeps_what_it_was_made_with_fails_the_check(
    app: Flask, manager_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    check: Any = check_a_taken_role_is_taken_from_the_token
    monkeypatch.setattr(tokens, "roles_of", lambda *_: frozenset({"manager"}))
    with pytest.raises(AssertionError):
        check(app, manager_id)


def test_a_token_gets_no_more_than_its_owner_has(app: Flask, manager: FlaskClient) -> None:
    assert manager.post("/api/v1/tokens", json=new(scopes=["figures:read"])).status_code == 201
    with writing() as session:
        desk_id = a_member(session).id
        for role in ("desk",):
            roles.grant_role(session, desk_id, role, utc_now())
    assert signed_in(app, desk_id).post("/api/v1/tokens", json=new()).status_code == 403
    with writing() as session:
        roles.grant_role(session, desk_id, "admin", utc_now())
    everything = new(scopes=sorted(OPENED_BY))
    assert signed_in(app, desk_id).post("/api/v1/tokens", json=everything).status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expires_at": "2001-01-01T00:00:00Z"}, "token_expiry_invalid"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "token_expiry_invalid"),
        ({"scopes": ["everything"]}, "invalid_input"),
        ({"scopes": []}, "invalid_input"),
        ({"owner": "somebody"}, "invalid_input"),
    ],
)
def test_a_token_outside_the_rules_is_not_made(
    manager: FlaskClient, changes: dict[str, Any], code: str
) -> None:
    answer = manager.post("/api/v1/tokens", json=new(**changes))
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert manager.get("/api/v1/tokens").get_json()["tokens"] == []


def test_a_revoked_token_is_refused_and_revoking_again_changes_nothing(
    app: Flask, manager: FlaskClient
) -> None:
    made = manager.post("/api/v1/tokens", json=new()).get_json()
    for _ in range(2):
        assert manager.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    for path in (PUBLIC_LIST, "/api/v1/me/bookings"):
        answer = app.test_client().get(path, headers=bearer(made["token"]))
        assert answer.status_code == 401, path
    with reading() as session:
        revoked = session.scalars(select(AuditRow).where(AuditRow.action == "token.revoke")).all()
    assert len(revoked) == 1


def test_another_managers_token_looks_unknown_but_an_admin_may_end_it(
    app: Flask, manager: FlaskClient
) -> None:
    made = manager.post("/api/v1/tokens", json=new()).get_json()
    address = f"/api/v1/tokens/{made['id']}"
    with writing() as session:
        other, admin = a_member(session).id, a_member(session).id
        roles.grant_role(session, other, "manager", utc_now())
        roles.grant_role(session, admin, "admin", utc_now())
    assert signed_in(app, other).delete(address).status_code == 404
    assert signed_in(app, other).get("/api/v1/tokens").get_json()["tokens"] == []
    assert signed_in(app, admin).delete(address).status_code == 204
    assert len(signed_in(app, admin).get("/api/v1/tokens").get_json()["tokens"]) == 1


def test_a_token_ends(app: Flask, manager_id: int) -> None:
    secret = a_token(manager_id, "bookings:read")
    with writing() as session:
        now = utc_now()
        session.execute(update(ApiToken).values(created_at=now - timedelta(days=2), expires_at=now))
    assert app.test_client().get("/api/v1/me/bookings", headers=bearer(secret)).status_code == 401


def test_the_last_use_is_known_to_the_hour(app: Flask, manager_id: int) -> None:
    secret, noon = a_token(manager_id, "bookings:read"), utc_now()
    for minutes, seen in ((0, 0), (59, 0), (60, 60)):
        with writing() as session:
            assert (
                tokens.actor_of_api_token(session, secret, noon + timedelta(minutes=minutes))
                is not None
            )
        with reading() as session:
            assert session.scalars(select(ApiToken.used_at)).one() == noon + timedelta(minutes=seen)


def test_a_token_is_slowed_down_wherever_it_comes_from(
    app: Flask, manager_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LIMIT", Limit("api-token", 3, timedelta(days=30)))
    program, secret = app.test_client(), a_token(manager_id, "bookings:read")
    answers = [program.get("/api/v1/me/bookings", headers=bearer(secret)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_bridge_opens_the_addresses_of_bridges_only(app: Flask) -> None:
    headers = a_caller(app, "bridge").headers
    program = app.test_client()
    for rule, method, path in calls(app):
        access = auth.access_of(app, rule.endpoint)
        answer = program.open(path, method=method, headers=headers)
        if access is Permission.BRIDGE_CALL:
            assert answer.status_code not in (401, 403), f"{method} {path}"
        elif not auth.is_open_to_guests(access):
            assert answer.status_code == 403, f"{method} {path}"


def test_the_secret_works_in_the_header_alone(app: Flask, manager_id: int) -> None:
    secret = a_token(manager_id, "bookings:read")
    program = app.test_client()
    program.set_cookie("zone", secret)
    assert program.get("/api/v1/me/bookings").status_code == 401
    assert program.get(f"/api/v1/me/bookings?token={secret}").status_code == 401


def no_live_tokens(owner: int) -> dict[str, str]:
    """Return headers that carry what is no live token, by what is wrong with each."""
    ended, revoked = a_token(owner, "timetable:read"), a_token(owner, "timetable:read")
    digests = {"expires_at": ended, "revoked_at": revoked}
    with writing() as session:
        for column, secret in digests.items():
            row = update(ApiToken).where(ApiToken.digest == token_digest(secret))
            session.execute(row.values({column: utc_now()}))
    return {
        "expired": f"Bearer {ended}",
        "revoked": f"Bearer {revoked}",
        "unknown": "Bearer zt_unknown",
        "of no bridge": "Bearer unknown",
        "empty": "Bearer",
        "in other letters": "bearer zt_unknown",
        "of another scheme": f"Token {ended}",
    }


def let_in_without_a_live_token(
    app: Flask, owner: int, *, every_case: bool = False
) -> Iterator[str]:
    """Yield the routes of the API that answer a token as if it were not there.

    Each route is called with one token, in turn, or with each of them.
    """
    program, cases = app.test_client(), no_live_tokens(owner)
    paths = [(method, path) for _, method, path in calls(app) if path.startswith("/api/")]
    of_all = product(paths, cases)
    for (method, path), case in of_all if every_case else zip(paths, cycle(cases), strict=False):
        answer = program.open(path, method=method, headers={"Authorization": cases[case]})
        if (answer.status_code, (answer.json or {}).get("code")) != (401, "sign_in_needed"):
            yield f"{method} {path}, {case}: {answer.status_code}"


def test_a_token_that_has_ended_is_refused_everywhere(app: Flask, manager_id: int) -> None:
    assert list(let_in_without_a_live_token(app, manager_id)) == []


@pytest.mark.thorough
def test_each_kind_of_token_that_has_ended_is_refused_everywhere(
    app: Flask, manager_id: int
) -> None:
    assert list(let_in_without_a_live_token(app, manager_id, every_case=True)) == []


@pytest.mark.thorough
@pytest.mark.planted_fault("a token that has ended makes a guest")
def test_an_ended_token_that_makes_a_guest_fails_the_check(
    app: Flask, manager_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.app.is_api", lambda _: False)
    assert len(list(islice(let_in_without_a_live_token(app, manager_id), 20))) == 20


def test_guests_and_ended_cookies_read_what_is_public(app: Flask) -> None:
    browser = a_browser(app)
    assert browser.get(PUBLIC_LIST).status_code == 200
    browser.set_cookie(name_of(settings_of(app)), "ended", domain="localhost")
    assert browser.get(PUBLIC_LIST).status_code == 200
    assert browser.get("/classes", headers=bearer("zt_unknown")).status_code == 200


def test_a_scheme_is_read_in_any_letters(app: Flask, manager_id: int) -> None:
    header = f"BEARER  {a_token(manager_id, 'timetable:read')}"
    program = app.test_client()
    assert program.get(PUBLIC_LIST, headers={"Authorization": header}).status_code == 200
