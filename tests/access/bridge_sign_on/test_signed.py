"""The server signs what it answers to a bridge: for that bridge, that request and that nonce."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from firmware_bridge.wire.messages.enrol import sign_on_message
from firmware_bridge.wire.messages.signature import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    answer_message,
    digest_exchange,
    is_signed,
    read_issuers,
)
from tests.world.site import Journal, Site, a_staff_actor
from zone.access.bridge_sign_on.service import enrolment_token
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.issuer_keys.service import add_issuer
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing

pytestmark = pytest.mark.engines("sqlite")

API = "/api/v1/bridge"
NONCE = "5a" * 16


class SignedBridge:
    """A bridge at work, which names a nonce with each request."""

    def __init__(self, client: FlaskClient, site: Site, wire: int = 5) -> None:
        self.client, self.key, self.wire = client, Ed25519PrivateKey.generate(), wire
        self.token = ""
        with writing() as session:
            token = enrolment_token(session, session.get_one(Bridge, site.bridge), utc_now())
        public = self.key.public_key().public_bytes_raw().hex()
        body = {"token": token, "public_key": public}
        self.bridge = str(client.post(f"{API}/enrol", json=body).get_json()["bridge"])
        self.signed_on = self.sign_on()

    def sign_on(self) -> TestResponse:
        self.token = ""
        asked = self.client.post(f"{API}/challenge", json={"bridge": self.bridge})
        challenge = asked.get_json()["challenge"]
        signature = self.key.sign(sign_on_message(self.bridge, challenge)).hex()
        proof = {"bridge": self.bridge, "challenge": challenge, "signature": signature}
        answer = self.send("POST", "/sign-on", proof | {"wire": self.wire})
        self.token = answer.get_json().get("access_token", "")
        self.issuers = read_issuers(answer.get_json().get("issuers"))
        return answer

    def send(
        self, method: str, path: str, body: Any = None, nonce: str | None = NONCE
    ) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {NONCE_HEADER: nonce} if nonce is not None else {}
        data = b"" if body is None else json.dumps(body).encode()
        self.exchange = method, API + path, data
        return self.client.open(
            API + path, method=method, data=data, headers=headers, content_type="application/json"
        )

    def is_signed(self, answer: TestResponse, bridge: str = "", nonce: str = NONCE) -> bool:
        exchange = digest_exchange(*self.exchange, answer.data)
        message = answer_message(bridge or self.bridge, nonce, exchange)
        return is_signed(answer.headers.get(SIGNATURE_HEADER), message, self.issuers)


@pytest.fixture
def bridge(client: FlaskClient, site: Site) -> SignedBridge:
    return SignedBridge(client, site)


def test_each_answer_is_signed_for_its_bridge_and_nonce(bridge: SignedBridge, site: Site) -> None:
    assert bridge.is_signed(bridge.signed_on)
    journal = Journal(site.studio_door)
    journal.scan(5, utc_now())
    question = {"kid": None, "holder": 5, "door": str(site.studio_door)}
    for asked in (
        ("GET", "/changes?after=0&epoch=&alarms=disk_full%2Cfire"),
        ("GET", "/changes"),
        ("POST", "/ask", question),
        ("POST", "/entries", journal.upload().to_json()),
    ):
        answer = bridge.send(*asked)
        assert answer.status_code == 200, answer.text
        assert bridge.is_signed(answer)
        assert not bridge.is_signed(answer, bridge="b0a1c1de-6f0a-4a5a-9c52-4e8ea3b40d99")
        assert not bridge.is_signed(answer, nonce="00" * 16)


def test_a_bridge_that_names_no_nonce_or_is_refused_gets_no_signature(
    bridge: SignedBridge, site: Site
) -> None:
    assert SIGNATURE_HEADER not in bridge.send("GET", "/changes", nonce=None).headers
    assert SIGNATURE_HEADER not in bridge.send("GET", "/changes", nonce="short").headers
    foreign = {"kid": None, "holder": 5, "door": str(site.other_door)}
    refused = bridge.send("POST", "/ask", foreign)
    assert refused.status_code == 404
    assert SIGNATURE_HEADER not in refused.headers


def test_a_bridge_of_before_gets_no_keys(client: FlaskClient, site: Site) -> None:
    assert "issuers" not in SignedBridge(client, site, wire=4).signed_on.get_json()


def test_a_new_issuer_is_named_before_it_signs(
    bridge: SignedBridge, settings: Settings, app: Flask
) -> None:
    add_issuer(settings.keys, utc_now() + timedelta(hours=2))
    assert bridge.is_signed(bridge.sign_on())
    assert set(bridge.issuers) == {1, 2}
    add_issuer(settings.keys, utc_now() - timedelta(seconds=1))
    answer = bridge.send("GET", "/changes")
    assert answer.headers[SIGNATURE_HEADER].startswith("3.")
    assert not bridge.is_signed(answer), "a key that the bridge was not told of"
    bridge.sign_on()
    assert bridge.is_signed(bridge.send("GET", "/changes"))


def test_a_bridge_hears_what_the_server_has_of_its_journal(
    bridge: SignedBridge, site: Site
) -> None:
    assert "stored" not in bridge.send("GET", "/changes").get_json()
    journal = Journal(site.studio_door)
    for _ in range(3):
        journal.scan(5, utc_now())
    upload = journal.upload().to_json()
    bridge.send("POST", "/entries", upload)
    stored = bridge.send("GET", "/changes").get_json()["stored"]
    assert stored == {"seq": 3, "head": upload["head"]}
    answer = bridge.send("GET", "/chain?after=1")
    assert bridge.is_signed(answer)
    rows = answer.get_json()["rows"]
    assert [(row["seq"], row["uuid"]) for row in rows] == [
        (entry.seq, entry.uuid) for entry in journal.rows[1:]
    ]
    assert rows[-1]["head"] == upload["head"]


def revoke(site: Site) -> None:
    with writing() as session:
        admin = a_staff_actor(session, site, "admin")
        name = session.get_one(Bridge, site.bridge).public_id
        bridges.revoke_bridge(session, name, actor=admin, now=utc_now())


def test_a_revoked_bridge_is_told_so_under_the_server_s_signature(
    client: FlaskClient, site: Site
) -> None:
    bridge = SignedBridge(client, site, wire=6)
    keys = bridge.issuers
    revoke(site)
    answer = bridge.sign_on()
    assert (answer.status_code, answer.get_json()) == (200, {"revoked": True})
    bridge.issuers = keys
    assert bridge.is_signed(answer)
    bridge.key = Ed25519PrivateKey.generate()
    assert bridge.sign_on().get_json()["code"] == "bridge_unknown", "only its box is told"


def test_a_revoked_bridge_of_an_older_version_is_refused_as_ever(
    client: FlaskClient, site: Site
) -> None:
    bridge = SignedBridge(client, site, wire=5)
    revoke(site)
    assert bridge.sign_on().get_json()["code"] == "bridge_unknown"
