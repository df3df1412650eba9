"""A bridge enrols once, signs on with its key, calls bridge routes only, and can be revoked."""

import uuid
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient

from firmware_bridge.wire.messages.enrol import sign_on_message
from tests.world.daytime import day_now
from tests.world.races import at_once
from tests.world.site import Journal, Site, a_staff_actor, bearer, sign_on
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges import queries as bridges_queries
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError

pytestmark = pytest.mark.engines("sqlite")

NOW = day_now()


def a_key() -> tuple[Ed25519PrivateKey, bytes]:
    key = Ed25519PrivateKey.generate()
    return key, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def a_token(site: Site) -> str:
    with writing() as session:
        return bridge_sign_on.enrolment_token(session, session.get_one(Bridge, site.bridge), NOW)


def enrol(token: str, public_key: bytes, *, after: timedelta = timedelta()) -> uuid.UUID:
    with writing() as session:
        return bridge_sign_on.enrol(
            session, token=token, public_key=public_key, now=NOW + after
        ).public_id


def challenge(bridge: uuid.UUID) -> str:
    with writing() as session:
        return bridge_sign_on.challenge(session, bridge, NOW)


def answer(
    bridge: uuid.UUID, text: str, key: Ed25519PrivateKey, *, after: timedelta = timedelta()
) -> str:
    signature = key.sign(sign_on_message(str(bridge), text))
    with writing() as session:
        return bridge_sign_on.sign_on(
            session, bridge=bridge, challenge=text, signature=signature, now=NOW + after
        )


def actor(token: str, *, after: timedelta = timedelta()) -> bool:
    with reading() as session:
        return bridge_sign_on.actor_of_bridge_token(session, token, NOW + after) is not None


def an_enrolled(site: Site) -> tuple[uuid.UUID, Ed25519PrivateKey]:
    key, raw = a_key()
    return enrol(a_token(site), raw), key


def check_a_bridge_signs_on_beside_an_attacker(app: Flask, site: Site) -> None:
    """Check that nobody at the same address keeps a bridge from signing on, and is slowed."""
    bridge, key = an_enrolled(site)
    client = app.test_client()
    unknown = {"bridge": str(uuid.uuid4())}
    answers = [client.post("/api/v1/bridge/challenge", json=unknown) for _ in range(250)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    asked = client.post("/api/v1/bridge/challenge", json={"bridge": str(bridge)})
    assert asked.status_code == 200, asked.text
    text = asked.get_json()["challenge"]
    signature = key.sign(sign_on_message(str(bridge), text)).hex()
    body = {"bridge": str(bridge), "challenge": text, "signature": signature}
    assert client.post("/api/v1/bridge/sign-on", json=body).status_code == 200


def test_a_bridge_signs_on_beside_an_attacker(app: Flask, site: Site) -> None:
    check_a_bridge_signs_on_beside_an_attacker(app, site)


def refusal_of(call: object, *args: object, **named: object) -> str:
    with pytest.raises(DomainError) as caught:
        call(*args, **named)  # type: ignore[operator]  # any of the functions above
    return caught.value.code


def test_a_token_enrols_one_device_only(site: Site) -> None:
    token = a_token(site)
    enrol(token, a_key()[1])
    assert refusal_of(enrol, token, a_key()[1]) == "enrolment_invalid"


@pytest.mark.engines("sqlite", "postgresql")
def test_one_of_two_concurrent_enrolments_succeeds(app: Flask, site: Site) -> None:
    token = a_token(site)

    def attempt() -> str:
        try:
            return str(enrol(token, a_key()[1]))
        except DomainError as error:
            return error.code

    answers = at_once(app, [attempt] * 4)
    assert answers.count("enrolment_invalid") == 3


def test_an_unknown_expired_or_replaced_token_is_refused(site: Site) -> None:
    first = a_token(site)
    second = a_token(site)
    assert refusal_of(enrol, "guess", a_key()[1]) == "enrolment_invalid"
    assert refusal_of(enrol, first, a_key()[1]) == "enrolment_invalid"
    assert (
        refusal_of(enrol, second, a_key()[1], after=bridge_sign_on.ENROL_WITHIN)
        == "enrolment_invalid"
    )
    enrol(second, a_key()[1], after=bridge_sign_on.ENROL_WITHIN - timedelta(seconds=1))


def test_an_enrolled_bridge_gets_no_further_token(site: Site) -> None:
    an_enrolled(site)
    assert refusal_of(a_token, site) == "bridge_enrolled"


def test_one_key_serves_one_bridge(site: Site) -> None:
    _, raw = a_key()
    enrol(a_token(site), raw)
    with writing() as session:
        token = bridge_sign_on.enrolment_token(
            session, session.get_one(Bridge, site.other_bridge), NOW
        )
    assert refusal_of(enrol, token, raw) == "bridge_key_in_use"


def test_a_signed_challenge_gives_a_token_for_15_minutes(site: Site) -> None:
    bridge, key = an_enrolled(site)
    token = answer(bridge, challenge(bridge), key)
    assert actor(token)
    assert actor(token, after=timedelta(minutes=14, seconds=59))
    assert not actor(token, after=timedelta(minutes=15))
    assert not actor("guess")


def test_a_challenge_works_once_within_60_seconds_and_for_its_own_bridge(site: Site) -> None:
    bridge, key = an_enrolled(site)
    used, late = challenge(bridge), challenge(bridge)
    answer(bridge, used, key)
    assert refusal_of(answer, bridge, used, key) == "bridge_unknown"
    assert refusal_of(answer, bridge, late, key, after=timedelta(seconds=60)) == "bridge_unknown"
    assert refusal_of(answer, bridge, "made up", key) == "bridge_unknown"
    with writing() as session:
        other = bridge_sign_on.enrolment_token(
            session, session.get_one(Bridge, site.other_bridge), NOW
        )
    other_key, raw = a_key()
    assert refusal_of(answer, enrol(other, raw), challenge(bridge), other_key) == "bridge_unknown"


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_answers_to_one_challenge_give_one_token(app: Flask, site: Site) -> None:
    bridge, key = an_enrolled(site)
    text = challenge(bridge)

    def attempt() -> bool:
        try:
            return bool(answer(bridge, text, key))
        except DomainError:
            return False

    assert sorted(at_once(app, [attempt] * 3)) == [False, False, True]


def test_a_signature_of_another_key_is_refused(site: Site) -> None:
    bridge, _ = an_enrolled(site)
    assert refusal_of(answer, bridge, challenge(bridge), a_key()[0]) == "bridge_unknown"


def check_a_revoked_bridge_is_refused(site: Site) -> None:
    """Invariant 6 at the server: after a revocation both token and key are refused."""
    bridge, key = an_enrolled(site)
    token, text = answer(bridge, challenge(bridge), key), challenge(bridge)
    with writing() as session:
        bridges.revoke_bridge(session, bridge, actor=a_staff_actor(session, site, "admin"), now=NOW)
    assert not actor(token)
    assert refusal_of(answer, bridge, text, key) == "bridge_unknown"
    stranger = a_key()[0]
    assert refusal_of(answer, bridge, challenge(bridge), stranger) == "bridge_unknown"


def test_a_revoked_bridge_is_refused_with_token_and_key(site: Site) -> None:
    check_a_revoked_bridge_is_refused(site)


@pytest.mark.planted_fault("a revocation that leaves the key in force")
def test_a_revocation_that_leaves_the_key_in_force_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridges, "revoke_bridge", lambda *_args, **_named: None)
    with pytest.raises(AssertionError):
        check_a_revoked_bridge_is_refused(site)


def a_token_over_http(site: Site) -> str:
    with writing() as session:
        return bridge_sign_on.enrolment_token(
            session, session.get_one(Bridge, site.bridge), utc_now()
        )


def test_a_bridge_enrols_signs_on_and_uploads_over_http(client: FlaskClient, site: Site) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    journal = Journal(site.studio_door)
    journal.scan(5, utc_now())
    body = journal.upload().to_json()
    first = client.post("/api/v1/bridge/entries", json=body, headers=headers)
    again = client.post("/api/v1/bridge/entries", json=body, headers=headers)
    assert first.get_json() == {"stored": [1], "duplicates": [], "quarantined": []}
    assert again.get_json() == {"stored": [], "duplicates": [1], "quarantined": []}


def test_a_bridge_gets_the_site_once_and_then_only_changes(client: FlaskClient, site: Site) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    first = client.get("/api/v1/bridge/changes?after=0", headers=headers).get_json()
    assert first["snapshot"] is True
    assert {door["door"] for door in first["site"]["doors"]} == {
        str(site.studio_door),
        str(site.lobby_door),
        str(site.court_door),
    }
    known = {
        "after": first["version"],
        "epoch": first["epoch"],
        "site_digest": first["site_digest"],
    }
    second = client.get("/api/v1/bridge/changes", query_string=known, headers=headers).get_json()
    assert (second["snapshot"], second["site"], second["rows"]) == (False, None, [])


def test_a_bridge_reports_its_backlog(client: FlaskClient, site: Site) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    for waiting in (7, 0):
        assert (
            client.get(f"/api/v1/bridge/changes?waiting={waiting}", headers=headers).status_code
            == 200
        )
        with reading() as session:
            assert session.get_one(Bridge, site.bridge).backlog == waiting


def test_a_bridge_token_opens_bridge_routes_only(client: FlaskClient, site: Site) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    assert client.get("/api/v1/me/pass", headers=headers).status_code == 403
    assert client.get("/api/v1/bridges", headers=headers).status_code == 403
    assert client.post("/api/v1/bridges", headers=headers, json={}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"), [("post", "entries"), ("get", "changes"), ("post", "ask")]
)
def test_bridge_routes_refuse_everybody_else(client: FlaskClient, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer guess"}):
        assert (
            client.open(f"/api/v1/bridge/{path}", method=method, headers=headers).status_code == 401
        )


def test_a_bridge_asks_about_its_own_doors_only(client: FlaskClient, site: Site) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    own_door = {"kid": None, "holder": 5, "door": str(site.studio_door)}
    assert client.post("/api/v1/bridge/ask", json=own_door, headers=headers).get_json() == {
        "rows": []
    }
    foreign = own_door | {"door": str(site.other_door)}
    assert client.post("/api/v1/bridge/ask", json=foreign, headers=headers).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"entries": []}', b"[" * 100_000, b'{"entries": 5}']
)
def test_an_unreadable_message_is_a_400_with_a_code(
    client: FlaskClient, site: Site, body: bytes
) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    answered = client.post(
        "/api/v1/bridge/entries", data=body, headers=headers, content_type="application/json"
    )
    assert answered.status_code == 400
    assert answered.get_json()["code"] in {"message_invalid", "bad_request"}


def test_an_upload_above_the_limit_is_refused_whole(client: FlaskClient, site: Site) -> None:
    _, headers = sign_on(client, a_token_over_http(site))
    answered = client.post(
        "/api/v1/bridge/entries", json={"entries": ["x" * 1_100_000]}, headers=headers
    )
    assert answered.status_code == 413


def test_signing_on_again_with_the_same_key_works(client: FlaskClient, site: Site) -> None:
    key, raw = a_key()
    bridge = str(enrol_now(a_token_over_http(site), raw))
    for _ in range(2):
        assert (
            client.get("/api/v1/bridge/changes", headers=bearer(client, bridge, key)).status_code
            == 200
        )


def enrol_now(token: str, raw: bytes) -> uuid.UUID:
    with writing() as session:
        return bridge_sign_on.enrol(session, token=token, public_key=raw, now=utc_now()).public_id


def test_a_sign_of_life_of_a_time_to_come_does_not_stay(site: Site) -> None:
    """The server began with local time as UTC, and was set back."""
    status = bridges.BridgeStatus()
    with writing() as session:
        bridges.store_status(session, site.bridge, status, NOW + timedelta(hours=2))
    with writing() as session:
        assert bridges.has_news(session, site.bridge, status, NOW)
        assert not bridges_queries.bridges(session, NOW)[0].online
        bridges.store_status(session, site.bridge, status, NOW)
    with reading() as session:
        bridge = session.get_one(Bridge, site.bridge)
        assert (bridge.seen_at, bridge.online_since) == (NOW, NOW)
        assert not bridges.has_news(session, site.bridge, status, NOW)


def test_after_a_silence_the_connection_starts_again(site: Site) -> None:
    moments = [0, 2, 4, 20, 22]
    for minute in moments:
        with writing() as session:
            bridges.store_status(
                session, site.bridge, bridges.BridgeStatus(), NOW + timedelta(minutes=minute)
            )
    with reading() as session:
        bridge = session.get_one(Bridge, site.bridge)
        assert bridge.online_since == NOW + timedelta(minutes=20)
        assert bridge.seen_at == NOW + timedelta(minutes=22)
        assert not bridges.has_news(
            session, site.bridge, bridges.BridgeStatus(), NOW + timedelta(minutes=22, seconds=29)
        )
        assert bridges.has_news(
            session,
            site.bridge,
            bridges.BridgeStatus(backlog=3),
            NOW + timedelta(minutes=22, seconds=1),
        )
