"""JSON API by which bridges enrol, sign on and rotate their key.

`firmware_bridge.wire` parses what bridges send; a 4xx means that the bridge sent something wrong.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Response, after_this_request, request

from firmware_bridge.wire.messages import enrol as enrol_messages
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.signature import (
    NONCE_CHARS,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    answer_message,
    digest_exchange,
    format_signature,
    write_issuers,
)
from firmware_bridge.wire.version import FIRST_WIRE, REVOKED_WIRE, SIGNED_WIRE, WIRE
from zone.access.bridge_sign_on import schemas, service
from zone.access.bridge_sign_on.errors import (
    BRIDGE_ENROLLED,
    BRIDGE_UNKNOWN,
    ENROLMENT_INVALID,
    KEY_IN_USE,
    MESSAGE_INVALID,
)
from zone.access.issuer_keys import service as issuer_keys
from zone.access.issuer_keys.queries import raw_issuers
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.web import context, problems
from zone.web.auth import current_actor, may, public
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api = Blueprint("access_bridge_sign_on", __name__, tag="bridge")

# Failed attempts of a client address in 15 minutes. A bridge may share its address with a whole
# campus: nobody there may keep it from signing on, so what succeeds is neither counted nor refused.
FAILURES: Final = Limit("bridge-sign-on", 120, service.TOKEN_LIVES)


@api.app_errorhandler(fields.MessageError)
def unreadable(error: fields.MessageError) -> Response:
    """Answer a message whose envelope is invalid; an invalid row is quarantined instead."""
    return problems.answer((MESSAGE_INVALID,), {"what": str(error)}, {})


@api.post("/bridge/enrol")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.EnrolSchema}}})
@api.response(201, schemas.EnrolledSchema)
@public
@refuses(ENROLMENT_INVALID, BRIDGE_ENROLLED, KEY_IN_USE, rate_limit.TOO_MANY_REQUESTS)
def enrol() -> Mapping[str, Any]:
    """Make a box the bridge of a one-time token, or of the code that stands for it."""
    body, now, address = read_body(), utc_now(), context.client_address(request)
    token, public_key = fields.text(body, "token"), fields.hexadecimal(body, "public_key", 32)
    # A code has few enough bits to be guessed: past the limit not even the right one works.
    with writing() as session:
        service.count_code(session, token, address, now)
    with _counting_failures(now), writing() as session:
        bridge = service.enrol(session, token=token, public_key=public_key, now=now)
        service.release_code(session, token, address, now)
        return {"bridge": bridge.public_id}


@api.post("/bridge/challenge")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.ChallengeForSchema}}})
@api.response(200, schemas.ChallengeSchema)
@public
@refuses(BRIDGE_UNKNOWN, rate_limit.TOO_MANY_REQUESTS)
def challenge() -> Mapping[str, Any]:
    """What the bridge must sign within 60 seconds."""
    body, now = read_body(), utc_now()
    bridge = read_uuid(body, "bridge")
    with _counting_failures(now), writing() as session:
        return {"challenge": service.challenge(session, bridge, now)}


@api.post("/bridge/sign-on")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.SignOnSchema}}})
@api.response(200, schemas.SignedOnSchema)
@public
@refuses(BRIDGE_UNKNOWN, rate_limit.TOO_MANY_REQUESTS)
def sign_on() -> Mapping[str, Any]:
    """An access token for 15 minutes, for a signed challenge; or that the bridge is revoked."""
    body, now = read_body(), utc_now()
    wire, bridge = enrol_messages.read_wire(body), read_uuid(body, "bridge")
    challenge = fields.text(body, "challenge")
    signature = fields.hexadecimal(body, "signature", 64)
    with _counting_failures(now), writing() as session:
        # Signed, and not a refusal: nobody on the way can make a box forget whom it lets in.
        if wire >= REVOKED_WIRE and service.is_revoked(session, bridge, challenge, signature, now):
            sign_answer(bridge, now)
            return {"revoked": True}
        token = service.sign_on(
            session, bridge=bridge, challenge=challenge, signature=signature, wire=wire, now=now
        )
    answer = {
        "access_token": token,
        "expires_in": int(service.TOKEN_LIVES.total_seconds()),
        "server_time": now.timestamp(),
    }
    if wire >= SIGNED_WIRE:
        sign_answer(bridge, now)
        issuer_keys.ensure_issuer(current_settings().keys)
        answer["issuers"] = write_issuers(raw_issuers(current_settings().keys))
    return answer if wire == FIRST_WIRE else {**answer, "wire": min(wire, WIRE)}


@api.post("/bridge/rotate")
@api.doc(requestBody={"content": {"application/json": {"schema": schemas.RotateSchema}}})
@api.response(204)
@may(Permission.BRIDGE_CALL)
@refuses(BRIDGE_UNKNOWN, KEY_IN_USE)
def rotate() -> None:
    """Take a new device key; the old one works until the new one first signs on."""
    body, now = read_body(), utc_now()
    public_key = fields.hexadecimal(body, "public_key", 32)
    signature = fields.hexadecimal(body, "signature", 64)
    with writing() as session:
        service.announce_key(
            session, current_actor().id, public_key=public_key, signature=signature, now=now
        )


def sign_answer(bridge: uuid.UUID, now: datetime) -> None:
    """Have the answer to this request signed for a bridge, if it succeeds and names a nonce."""
    nonce = request.headers.get(NONCE_HEADER, "")
    if len(nonce) != NONCE_CHARS:
        return

    @after_this_request
    def sign(response: Response) -> Response:
        if response.status_code == HTTPStatus.OK:
            query = request.query_string.decode("latin-1")
            target = f"{request.path}?{query}" if query else request.path
            exchange = digest_exchange(
                request.method, target, request.get_data(), response.get_data()
            )
            signed = issuer_keys.sign(
                current_settings().keys, answer_message(str(bridge), nonce, exchange), now
            )
            response.headers[SIGNATURE_HEADER] = format_signature(*signed)
        return response


@contextmanager
def _counting_failures(now: datetime) -> Iterator[None]:
    """Count a refusal for the client; past the limit the refusal is too_many_requests."""
    try:
        yield
    except DomainError:
        # In a transaction of its own: that of the attempt is rolled back.
        with writing() as session:
            rate_limit.count_attempt(session, FAILURES, context.client_address(request), now)
        raise


def read_body() -> Mapping[str, Any]:
    """Return the JSON object that a bridge sent.

    Raises:
        MessageError: it is not a JSON object, or nested too deep.
    """
    try:
        return fields.mapping(request.get_json(), "body")
    except RecursionError as error:
        raise fields.MessageError("body: nested too deep") from error


def read_uuid(body: Mapping[str, Any], name: str) -> uuid.UUID:
    """Return a UUID from a body.

    Raises:
        MessageError: it is missing or not a UUID.
    """
    try:
        return uuid.UUID(fields.text(body, name, longest=36))
    except ValueError as error:
        raise fields.MessageError(f"{name}: not a UUID") from error
