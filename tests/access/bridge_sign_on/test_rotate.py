"""Key rotation: both keys work until the new one is first used, which ends the old one."""

import uuid
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.enrol import rotate_message, sign_on_message
from tests.world.daytime import day_now
from tests.world.races import at_once
from tests.world.site import Site, a_staff_actor
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError

NOW = day_now()
Key = Ed25519PrivateKey


def raw(key: Key) -> bytes:
    return key.public_key().public_bytes_raw()


def enrolled(site: Site, key: Key, *, other: bool = False) -> uuid.UUID:
    with writing() as session:
        bridge = session.get_one(Bridge, site.other_bridge if other else site.bridge)
        return bridge_sign_on.enrol(
            session,
            token=bridge_sign_on.enrolment_token(session, bridge, NOW),
            public_key=raw(key),
            now=NOW,
        ).public_id


def announce(site: Site, bridge: uuid.UUID, key: Key, *, signed_by: Key | None = None) -> None:
    signature = (signed_by or key).sign(rotate_message(str(bridge), raw(key)))
    with writing() as session:
        bridge_sign_on.announce_key(
            session, site.bridge, public_key=raw(key), signature=signature, now=NOW
        )


def sign_on(bridge: uuid.UUID, key: Key) -> str | None:
    """An access token, or None if the key is refused."""
    try:
        with writing() as session:
            text = bridge_sign_on.challenge(session, bridge, NOW)
        with writing() as session:
            proof = key.sign(sign_on_message(str(bridge), text))
            return bridge_sign_on.sign_on(
                session, bridge=bridge, challenge=text, signature=proof, now=NOW
            )
    except DomainError:
        return None


def opens(token: str) -> bool:
    with reading() as session:
        return bridge_sign_on.actor_of_bridge_token(session, token, NOW) is not None


def check_the_old_key_ends_with_the_first_use_of_the_new(site: Site) -> None:
    """The old key works until the new one is used, and is refused afterwards."""
    old, new = Key.generate(), Key.generate()
    bridge = enrolled(site, old)
    announce(site, bridge, new)
    announce(site, bridge, new)
    token = sign_on(bridge, old)
    assert token is not None
    fresh = sign_on(bridge, new)
    assert fresh is not None
    assert opens(fresh)
    assert not opens(token)
    assert sign_on(bridge, old) is None


def test_the_old_key_ends_with_the_first_use_of_the_new(site: Site) -> None:
    check_the_old_key_ends_with_the_first_use_of_the_new(site)


@pytest.mark.planted_fault("both keys stay valid")
def test_accepting_both_keys_for_ever_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept_both_keys(
        _session: Session, bridge: Bridge, message: bytes, signature: bytes
    ) -> bool:
        return any(
            bridge_sign_on._signed(key, message, signature)
            for key in (bridge.public_key, bridge.next_public_key)
        )

    monkeypatch.setattr(bridge_sign_on, "_signed_by_bridge", accept_both_keys)
    with pytest.raises(AssertionError):
        check_the_old_key_ends_with_the_first_use_of_the_new(site)


def test_a_new_key_must_be_proven_and_not_another_bridges(site: Site) -> None:
    old, new, others = Key.generate(), Key.generate(), Key.generate()
    bridge = enrolled(site, old)
    enrolled(site, others, other=True)
    with pytest.raises(DomainError, match="bridge_unknown"):
        announce(site, bridge, new, signed_by=old)
    with pytest.raises(DomainError, match="bridge_key_in_use"):
        announce(site, bridge, others)
    assert sign_on(bridge, new) is None


def test_announcing_the_present_key_changes_nothing(site: Site) -> None:
    old = Key.generate()
    bridge = enrolled(site, old)
    announce(site, bridge, old)
    with reading() as session:
        assert session.get_one(Bridge, site.bridge).next_public_key is None


def test_a_revoked_bridge_has_no_next_key(site: Site) -> None:
    old, new = Key.generate(), Key.generate()
    bridge = enrolled(site, old)
    announce(site, bridge, new)
    with writing() as session:
        actor = a_staff_actor(session, site, "admin")
        bridges.revoke_bridge(session, bridge, actor=actor, now=NOW)
    assert sign_on(bridge, new) is None


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_sign_ons_with_both_keys_leave_one(app: Flask, site: Site) -> None:
    old, new = Key.generate(), Key.generate()
    bridge = enrolled(site, old)
    announce(site, bridge, new)
    tries = [partial(sign_on, bridge, key) for key in (old, new, old, new)]
    at_once(app, tries)
    assert sign_on(bridge, old) is None
    assert sign_on(bridge, new) is not None


def test_a_rotation_over_http_leaves_an_audit_row(client: FlaskClient, site: Site) -> None:
    old, new = Key.generate(), Key.generate()
    bridge = enrolled(site, old)
    body = {
        "public_key": raw(new).hex(),
        "signature": new.sign(rotate_message(str(bridge), raw(new))).hex(),
    }
    headers = {"Authorization": f"Bearer {sign_on(bridge, old)}"}
    assert client.post("/api/v1/bridge/rotate", json=body).status_code == 401
    assert client.post("/api/v1/bridge/rotate", json=body, headers=headers).status_code == 204
    with reading() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "bridge.rotate")).one()
    assert (row.object_id, row.actor_id, row.before != row.after) == (str(bridge), None, True)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "bad", [{}, {"public_key": "00", "signature": "00"}, {"public_key": 5, "signature": None}, []]
)
def test_a_malformed_rotation_is_a_400(client: FlaskClient, site: Site, bad: Any) -> None:
    headers = {"Authorization": f"Bearer {sign_on(enrolled(site, key := Key.generate()), key)}"}
    assert client.post("/api/v1/bridge/rotate", json=bad, headers=headers).status_code == 400
