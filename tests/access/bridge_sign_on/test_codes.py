"""The short code of an enrolment: typed with mistakes, used once, guessed by nobody."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.access.bridge_sign_on.test_bridges import NOW, a_key, enrol, refusal_of
from tests.world.races import at_once
from tests.world.site import Site
from zone.access.bridge_sign_on import service
from zone.access.bridge_sign_on.service import BridgeInvitation
from zone.access.bridges.models import Bridge
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.rate_limit.rules import Limit

pytestmark = pytest.mark.engines("sqlite")

WRONG = "0000-0000-0000"


def invited(site: Site, *, now: bool = False) -> BridgeInvitation:
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        return service.invite(session, bridge, utc_now() if now else NOW)


def posted(client: FlaskClient, token: str, key: bytes | None = None, address: str = "") -> int:
    """Send an enrolment over HTTP; return the status of its answer."""
    body = {"token": token, "public_key": (key or a_key()[1]).hex()}
    where = {"REMOTE_ADDR": address} if address else {}
    answer = client.post("/api/v1/bridge/enrol", json=body, environ_overrides=where)
    return answer.status_code


def test_a_code_is_short_random_and_easy_to_read(site: Site) -> None:
    first, second = invited(site), invited(site)
    assert first.code != second.code
    assert [len(group) for group in first.code.split("-")] == [4, 4, 4]
    assert not set(first.code) & set("ILOU")


def test_a_code_enrols_its_bridge_as_it_was_typed(site: Site) -> None:
    code = invited(site).code
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    bridge = enrol(typed, a_key()[1])
    with reading() as session:
        assert session.get_one(Bridge, site.bridge).public_id == bridge


@pytest.mark.parametrize(("first", "second"), [("code", "token"), ("token", "code")])
def test_of_code_and_token_one_enrols(site: Site, first: str, second: str) -> None:
    invitation = invited(site)
    enrol(getattr(invitation, first), a_key()[1])
    assert refusal_of(enrol, getattr(invitation, second), a_key()[1]) == "bridge_enrolled"


@pytest.mark.engines("sqlite", "postgresql")
def test_of_several_boxes_at_once_one_is_enrolled(app: Flask, site: Site) -> None:
    invitation = invited(site)

    def attempt(secret: str) -> str:
        try:
            return str(enrol(secret, a_key()[1]))
        except DomainError as error:
            return error.code

    tries = [lambda secret=secret: attempt(secret) for secret in (invitation.code,) * 2]
    tries += [lambda secret=secret: attempt(secret) for secret in (invitation.token,) * 2]
    answers = at_once(app, tries)
    refused = [one for one in answers if one in ("bridge_enrolled", "enrolment_invalid")]
    assert len(refused) == 3


def test_a_code_is_over_after_15_minutes_and_when_another_is_made(site: Site) -> None:
    late, replaced = invited(site), invited(site)
    assert refusal_of(enrol, late.code, a_key()[1]) == "enrolment_invalid"
    after = service.ENROL_WITHIN
    assert refusal_of(enrol, replaced.code, a_key()[1], after=after) == "enrolment_invalid"
    enrol(replaced.code, a_key()[1], after=after - timedelta(seconds=1))


def test_a_box_whose_answer_was_lost_gets_it_again_and_no_other_box(site: Site) -> None:
    invitation, (_, raw) = invited(site), a_key()
    bridge = enrol(invitation.code, raw)
    assert enrol(invitation.code, raw) == bridge
    assert refusal_of(enrol, invitation.code, a_key()[1]) == "enrolment_invalid"
    assert refusal_of(enrol, invitation.code, raw, after=service.ENROL_WITHIN) == (
        "enrolment_invalid"
    )


def check_codes_cannot_be_guessed(client: FlaskClient, site: Site) -> None:
    """Past the limit not even the right code enrols from that address; the QR code does."""
    invitation = invited(site, now=True)
    wrong = [posted(client, WRONG) for _ in range(service.WRONG_CODES.most + 1)]
    assert (wrong[0], wrong[-1]) == (401, 429)
    assert posted(client, invitation.code) == 429
    assert posted(client, invitation.token) == 201


def test_codes_cannot_be_guessed(client: FlaskClient, site: Site) -> None:
    check_codes_cannot_be_guessed(client, site)


@pytest.mark.planted_fault("a code is compared without a limit")
def test_a_code_that_is_compared_without_a_limit_fails_the_check(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "count_code", lambda *_: None)
    with pytest.raises(AssertionError):
        check_codes_cannot_be_guessed(client, site)


def test_wrong_codes_elsewhere_do_not_hold_up_a_box(client: FlaskClient, site: Site) -> None:
    for _ in range(service.WRONG_CODES.most + 1):
        posted(client, WRONG, address="198.51.100.7")
    assert posted(client, invited(site, now=True).code, address="198.51.100.8") == 201


def test_the_codes_that_all_addresses_may_try_are_limited(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ALL_WRONG_CODES", Limit("all", 5, service.ENROL_WITHIN))
    invitation = invited(site, now=True)
    assert [posted(client, WRONG, address=f"198.51.100.{n}") for n in range(5)] == [401] * 5
    assert posted(client, invitation.code, address="198.51.100.9") == 429
    assert posted(client, invitation.token, address="198.51.100.9") == 201


def test_codes_that_were_right_are_not_counted(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WRONG_CODES", Limit("few", 2, service.ENROL_WITHIN))
    invitation, (_, raw) = invited(site, now=True), a_key()
    assert [posted(client, invitation.code, raw) for _ in range(4)] == [201] * 4


def test_a_revoked_bridge_is_not_enrolled_again_by_its_lost_answer(site: Site) -> None:
    invitation, (_, raw) = invited(site), a_key()
    enrol(invitation.code, raw)
    with writing() as session:
        session.get_one(Bridge, site.bridge).revoked_at = NOW
    assert refusal_of(enrol, invitation.code, raw) == "enrolment_invalid"
